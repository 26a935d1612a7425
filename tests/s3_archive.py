"""An archive of loan scans and letters in one locked bucket, with all that S3 can do to a key.

What is due is written in a key's date (scans) or in a tag (letters). Everything here is
done and looked at with plain boto3; the store under test is not used.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from keepuntil.stores.s3.deleting import NOT_IN_XML
from s3_servers import Place

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

PLANTED = "张三-Planted-Name"
"""Stands in keys, and may stand nowhere in what the road leaves."""

DUE_DATE, KEPT_DATE = "2012-03-01", "2023-03-01"
GOVERNANCE_DAYS, COMPLIANCE_DAYS, MIXED_DAYS = 400, 3, 40
LAPSES_AFTER_SECONDS = 20
"""Long enough for a busy server to take the lock, short enough to wait for its end."""

Fate = Literal["due", "held", "kept"]

KINDS = {
    "governance": 97,
    "compliance": 1009,
    "both locks": 499,
    "legal hold": 101,
    "lapsed": 211,
    "lifted": 223,
    "bare marker": 59,
    "bare upload": 61,
    "upload": 53,
    "marked": 17,
    "versions": 13,
}
"""What stands under every n-th key; under all others, one version."""
BODIES = {"marked": (b"1", b"22"), "versions": (b"1", b"22", b"333")}
LOCKED = ("governance", "compliance", "both locks", "legal hold")


class Part(NamedTuple):
    """One thing under a key, with what would betray that it was touched."""

    kind: Literal["version", "marker", "upload"]
    id: str
    modified: datetime
    newest: bool = True
    etag: str = ""
    size: int = 0


Listing = dict[str, frozenset[Part]]


def listing(client: S3Client, bucket: str) -> Listing:
    """Every version, marker and unfinished upload of a bucket, page by page."""
    found: dict[str, set[Part]] = {}
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for one in page.get("Versions", []):
            newest, etag, size = one["IsLatest"], one["ETag"], one["Size"]
            part = Part("version", one["VersionId"], one["LastModified"], newest, etag, size)
            found.setdefault(one["Key"], set()).add(part)
        for marker in page.get("DeleteMarkers", []):
            part = Part("marker", marker["VersionId"], marker["LastModified"], marker["IsLatest"])
            found.setdefault(marker["Key"], set()).add(part)
    for listed in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in listed.get("Uploads", []):
            part = Part("upload", upload["UploadId"], upload["Initiated"])
            found.setdefault(upload["Key"], set()).add(part)
    return {key: frozenset(parts) for key, parts in found.items()}


class Protection(NamedTuple):
    """What a version says of its own locks."""

    mode: str | None
    until: datetime | None
    legal_hold: str | None


def protections(client: S3Client, bucket: str, listed: Mapping[str, frozenset[Part]]) -> object:
    """The locks of every version of some keys, asked one by one."""

    def of(named: tuple[str, str]) -> Protection:
        head = client.head_object(Bucket=bucket, Key=named[0], VersionId=named[1])
        return Protection(
            head.get("ObjectLockMode"),
            head.get("ObjectLockRetainUntilDate"),
            head.get("ObjectLockLegalHoldStatus"),
        )

    versions = sorted((k, p.id) for k, ps in listed.items() for p in ps if p.kind == "version")
    with ThreadPoolExecutor(16) as threads:
        return dict(zip(versions, threads.map(of, versions), strict=True))


@dataclass(slots=True)
class Archive:
    """Fills a place; knows of each key what has to become of it, and why what is held is."""

    place: Place
    fates: dict[str, Fate] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    """Held keys: ``s3_legal_hold``, or the day in China on which the last lock ends."""
    lapses_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def keys(self, fate: Fate) -> set[str]:
        return {key for key, known in self.fates.items() if known == fate}

    def counts(self) -> Counter[Fate]:
        return Counter(self.fates.values())

    def fill(self, scans: int, odd: Sequence[str]) -> None:
        """``scans`` numbered scans, every tenth not due yet; odd keys; neighbours everywhere."""
        with ThreadPoolExecutor(16) as threads:
            list(threads.map(self._scan, range(scans)))
            list(threads.map(self._odd, range(len(odd)), odd))
        self._siblings()
        time.sleep(max(0.0, (self.lapses_at - datetime.now(UTC)).total_seconds() + 1))

    def _scan(self, number: int) -> None:
        kept = number % 10 == 0
        key = scan_key(number)
        kind = next((kind for kind, nth in KINDS.items() if number % nth == 0), "plain")
        self.fates[key] = "kept" if kept else "held" if kind in LOCKED else "due"
        self._put_kind(key, kind)

    def _put_kind(self, key: str, kind: str) -> None:
        if kind in (*LOCKED, "lapsed", "lifted"):
            self._put_protected(key, kind)
            return
        for body in BODIES.get(kind, (b"1",)):
            last = self.place.put(key, body)
        match kind:
            case "marked":
                self.place.delete(key)
            case "bare marker":
                self.place.delete(key)
                self._forget(key, last)
            case "upload":
                self.place.begin_upload(key)
            case "bare upload":
                self.place.begin_upload(key)
                self.place.begin_upload(key)
                self._forget(key, last)

    def _forget(self, key: str, version: str) -> None:
        self.place.client.delete_object(Bucket=self.place.bucket, Key=key, VersionId=version)

    def _put_protected(self, key: str, kind: str) -> None:
        place = self.place
        match kind:
            case "governance":
                self._lock(key, "GOVERNANCE", GOVERNANCE_DAYS)
                place.put(key, b"a free version of a locked item")
            case "compliance":
                self._lock(key, "COMPLIANCE", COMPLIANCE_DAYS)
                place.delete(key)
            case "both locks":
                self._lock(key, "COMPLIANCE", COMPLIANCE_DAYS)
                self._lock(key, "GOVERNANCE", MIXED_DAYS)
            case "legal hold":
                place.put(key, ObjectLockLegalHoldStatus="ON")
                place.begin_upload(key)
                self.reasons[key] = "s3_legal_hold"
            case "lapsed":
                until = self._lapse()
                place.put(key, ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until)
            case "lifted":
                self._lifted(key)

    def _lock(self, key: str, mode: Literal["GOVERNANCE", "COMPLIANCE"], days: int) -> None:
        until = (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)
        self.place.put(key, ObjectLockMode=mode, ObjectLockRetainUntilDate=until)
        in_china = (until + timedelta(hours=8)).date()
        self.reasons[key] = max(self.reasons.get(key, ""), f"object_lock_until:{in_china}")

    def _lapse(self) -> datetime:
        """A lock that will have ended before anything is planned."""
        soon = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=LAPSES_AFTER_SECONDS)
        self.lapses_at = max(self.lapses_at, soon)
        return soon

    def _lifted(self, key: str) -> None:
        version = self.place.put(key, ObjectLockLegalHoldStatus="ON")
        self.place.client.put_object_legal_hold(
            Bucket=self.place.bucket, Key=key, VersionId=version, LegalHold={"Status": "OFF"}
        )

    def _odd(self, number: int, odd: str) -> None:
        """The same odd name twice: due, and beside it not due."""
        fates: tuple[tuple[str, Fate], ...] = ((DUE_DATE, "due"), (KEPT_DATE, "kept"))
        for day, fate in fates:
            key = f"loans/odd/{day}/{odd}"
            self.fates[key] = fate
            self.place.put(key)
            self.place.put(key, b"again")
            if number % 2 and not NOT_IN_XML.search(key):
                self.place.begin_upload(key)

    def _siblings(self) -> None:
        """Keys that begin like due ones, end like due ones, or hold them."""
        for key in ("a/1", "a", "b/10", "c/1/x"):
            self._letter(f"letters/{key}", DUE_DATE, "due")
        for key in ("a/10", "a/1/", "a/1/x", "a/", "a/11", "a/0", "a1", "b/1", "b/100", "c/1", "c"):
            self._letter(f"letters/{key}", KEPT_DATE, "kept")
        for key in (
            "letters/a/2",  # without a tag nothing says how old it is
            f"loans/00/{DUE_DATE}0/000001.pdf",  # the date has a digit too many
            f"loans/00/2012-02-30/{PLANTED}.pdf",  # no such day
            "loans/index.pdf",
            "loans",
            "loan",
            f"loans-old/00/{DUE_DATE}/000001.pdf",
            f"loanss/00/{DUE_DATE}/000001.pdf",
            f"archive/loans/00/{DUE_DATE}/000001.pdf",
        ):
            self.fates[key] = "kept"
            self.place.put(key, b"1")
            self.place.put(key, b"22")
            self.place.begin_upload(key)

    def _letter(self, key: str, settled: str, fate: Fate) -> None:
        self.fates[key] = fate
        self.place.put(key, b"first", Tagging=f"settled={settled}")
        self.place.put(key, b"second", Tagging=f"settled={settled}")
        self.place.begin_upload(key)


def scan_key(number: int) -> str:
    day = KEPT_DATE if number % 10 == 0 else DUE_DATE
    name = f"-{PLANTED}" if number % 50 == 7 else ""
    return f"loans/{number % 97:02}/{day}/{number:06}{name}.pdf"
