"""Evidence: certificates and the tour through one, the log, and checking what is handed in."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, BackgroundTasks, UploadFile
from fastapi.responses import FileResponse, HTMLResponse

from keepuntil.disposal import archives, publishing
from keepuntil.disposal.bundled_tree import BundledTree
from keepuntil.disposal.certifying import outcomes_of
from keepuntil.disposal.checking_certificates import Verdict
from keepuntil.disposal.checking_here import check_here
from keepuntil.domain.access import Right
from keepuntil.errors import EvidenceError
from keepuntil.evidence import envelope, statement
from keepuntil.evidence.canonical import Json
from keepuntil.evidence.leaves import LeafEntry
from keepuntil.evidence.receipt import Shown
from keepuntil.pages.downloads import attachment
from keepuntil.pages.evidence_words import ENDS, KINDS, STEPS, WORDS
from keepuntil.pages.permissions import checks, needs
from keepuntil.pages.visiting import Visit
from keepuntil.register import acts, certificates, corrections, log, runs
from keepuntil.register.certificates import StoredCertificate
from keepuntil.register.corrections import StoredCorrection
from keepuntil.register.log import LogEntry

PAGE: Final = 50
LARGEST_UNPACKED: Final = 512 << 20
"""What an uploaded archive may unpack to; larger bundles are checked with ``keepuntil``."""

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One certificate in the list."""

    certificate: StoredCertificate
    category: str
    outcomes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """One certificate: what it says, down to its items and up to the law."""

    certificate: StoredCertificate
    said: Mapping[str, Any]
    zone: str
    """The rule's, or UTC where the rule is gone."""
    announced: LogEntry | None
    logged: LogEntry | None
    corrections: Sequence[StoredCorrection]
    first: int
    """The number of the first item shown."""
    items: Sequence[LeafEntry]
    size: int
    lacking: str | None
    """Why no items are shown: the bundle is not where it was written."""

    @property
    def next(self) -> int | None:
        """The number of the next page's first item."""
        following = self.first + len(self.items)
        return following if self.items and following < self.size else None


@router.get("/evidence", name="evidence")
def listing(visit: Annotated[Visit, needs(Right.READ)], after: str = "") -> HTMLResponse:
    """The certificates the person may see, the newest first, and where to hand evidence in."""
    found = certificates.list_certificates(
        visit.installation.register,
        categories=visit.categories,
        after=after or None,
        limit=PAGE + 1,
    )
    return visit.page(
        "evidence.html",
        listed=[_listed(each) for each in found[:PAGE]],
        next=found[PAGE - 1].certificate_id if len(found) > PAGE else None,
        rules={rule.category: rule for rule in visit.rules},
        words=WORDS,
        ends=ENDS,
    )


@router.post("/evidence/verify", name="verify")
def verify(visit: Annotated[Visit, checks(Right.READ)], evidence: UploadFile) -> HTMLResponse:
    """Check a bundle or a receipt that somebody drops here. Nothing of it is kept."""
    with tempfile.TemporaryDirectory(prefix="keepuntil-upload-") as folder:
        # A name of ours: what the browser calls the file is nobody's path here.
        path = Path(folder) / "evidence"
        with path.open("wb") as file:
            shutil.copyfileobj(evidence.file, file)
        return _checked(visit, path)


@router.get("/evidence/log", name="log")
def log_page(visit: Annotated[Visit, needs(Right.READ)], before: int | None = None) -> HTMLResponse:
    """The log's newest entries, and the head that covers them."""
    register = visit.installation.register
    stop = log.size(register) if before is None else min(max(before, 0), log.size(register))
    start = max(stop - PAGE, 0)
    entries = list(reversed(log.entries(register, start, stop)))
    return visit.page(
        "log.html",
        entries=entries,
        seen=_seen_of(visit, entries),
        next=start or None,
        head=log.head(register),
        origin=publishing.published_log(visit.installation).origin,
        words=WORDS,
        kinds=KINDS,
    )


@router.get("/evidence/acts", name="acts")
def acts_page(
    visit: Annotated[Visit, needs(Right.READ)], before: int | None = None
) -> HTMLResponse:
    """What people asked these pages to do, the newest first."""
    found = acts.list_acts(visit.installation.register, before=before, limit=PAGE + 1)
    return visit.page(
        "acts.html",
        acts=found[:PAGE],
        next=found[PAGE - 1].number if len(found) > PAGE else None,
        words=WORDS,
    )


@router.get("/evidence/{certificate_id}", name="certificate")
def certificate(
    visit: Annotated[Visit, needs(Right.READ)], certificate_id: str, first: int = 0
) -> HTMLResponse:
    """The tour: from one certificate down to each item's commitment and up to the law."""
    tour = _tour(visit, certificate_id, max(first, 0))
    return visit.page("certificate.html", tour=tour, words=WORDS, ends=ENDS)


@router.get("/evidence/{certificate_id}/check", name="check")
def check(visit: Annotated[Visit, needs(Right.READ)], certificate_id: str) -> HTMLResponse:
    """Check the bundle as it lies on the server's disk."""
    return _checked(visit, _bundle(_seen(visit, certificate_id)))


@router.get("/evidence/{certificate_id}/bundle.zip", name="bundle")
def bundle(
    visit: Annotated[Visit, needs(Right.READ)], certificate_id: str, after: BackgroundTasks
) -> FileResponse:
    """The bundle to take along and check elsewhere."""
    stored = _seen(visit, certificate_id)
    folder = _bundle(stored)
    name = f"{stored.certificate_id}.zip"
    return attachment(after, name, lambda path: archives.pack(folder, path))


def _seen(visit: Visit, certificate_id: str) -> StoredCertificate:
    """Raises RegisterError, AccessRefused."""
    register = visit.installation.register
    stored = certificates.load(register, certificate_id)
    visit.refuse_unseen(runs.load(register, stored.run_id).warrant.category)
    return stored


def _seen_of(visit: Visit, entries: Sequence[LogEntry]) -> frozenset[str]:
    """The certificates among log entries that the person may look at."""
    named = [each.subject for each in entries if each.kind == publishing.CERTIFICATE]
    categories = visit.categories
    if categories is None:
        return frozenset(named)
    return certificates.among(visit.installation.register, named, categories=categories)


def _bundle(stored: StoredCertificate) -> Path:
    path = Path(stored.path)
    if not path.is_dir():
        raise EvidenceError(f"The bundle of {stored.certificate_id} is not on this server.")
    return path


def _checked(visit: Visit, evidence: Path) -> HTMLResponse:
    found, refused = None, None
    try:
        found = check_here(visit.installation, evidence, largest=LARGEST_UNPACKED)
    except EvidenceError as error:
        refused = error.sentence
    holds = isinstance(found, Shown) or (isinstance(found, Verdict) and found.holds)
    return visit.page(
        "verdict.html",
        holds=holds,
        verdict=found if isinstance(found, Verdict) else None,
        receipt=found if isinstance(found, Shown) else None,
        refused=refused,
        words=WORDS,
        steps=STEPS,
        ends=ENDS,
    )


def _listed(stored: StoredCertificate) -> Listed:
    said = _predicate(stored)
    return Listed(
        certificate=stored,
        category=said["category"]["category"],
        outcomes=outcomes_of(stored),
    )


def _predicate(stored: StoredCertificate) -> Mapping[str, Any]:
    payload = envelope.Envelope.parse(stored.payload.strip()).payload
    said: Mapping[str, Json] = statement.parse(payload).predicate
    return said


def _tour(visit: Visit, certificate_id: str, first: int) -> Tour:
    stored = _seen(visit, certificate_id)
    register = visit.installation.register
    said, zones = _predicate(stored), {r.category: r.clock.zone for r in visit.rules}
    items, size, lacking = _items(stored, first)
    return Tour(
        certificate=stored,
        said=said,
        zone=zones.get(said["category"]["category"], "UTC"),
        announced=log.find(register, publishing.INTENT, stored.run_id),
        logged=log.find(register, publishing.CERTIFICATE, stored.certificate_id),
        corrections=corrections.of(register, stored.certificate_id),
        first=first,
        items=items,
        size=size,
        lacking=lacking,
    )


def _items(stored: StoredCertificate, first: int) -> tuple[Sequence[LeafEntry], int, str | None]:
    try:
        with BundledTree.open(_bundle(stored)) as tree:
            return tree.leaves(first, PAGE), tree.size, None
    except EvidenceError as error:
        return (), 0, error.sentence
