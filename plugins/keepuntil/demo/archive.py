"""What lies in the scan archive: one versioned bucket with Object Lock, two categories mixed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from keepuntil.demo import planted
from keepuntil.demo.scenario import AS_OF, Scale

BUCKET: Final = "scan-archive"
LOCKED_UNTIL: Final = "2036-03-01T00:00:00Z"
UNKNOWN_LOAN: Final = "PL-777777777"
"""A scan whose loan file is in no table: nobody knows its dates, so it is kept."""

LOCKED_LOAN: Final = f"PL-{planted.LOANS_FROM + 1}"
LEGALLY_HELD_LOAN: Final = f"PL-{planted.LOANS_FROM + 11}"

_SCAN: Final = b"II*\x00" + b"\x00" * 200
_MEETING: Final = b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One object of the archive, with as many versions and what else hangs on its name."""

    key: str
    body: bytes
    versions: int = 1
    deleted: bool = False
    """A delete marker lies on top: listings do not show it, its bytes are all there."""
    uploads: int = 0
    """Multipart uploads that were begun and never finished."""
    metadata: tuple[tuple[str, str], ...] = ()
    locked_until: str | None = None
    legal_hold: bool = False


def contents(scale: Scale, seed: int) -> Iterator[Scan]:
    """Everything in the bucket, in key groups; the same for the same seed and scale."""
    random = Random(seed)
    for loan in range(1, scale.scanned_loans + 1):
        yield from _loan_scans(f"PL-{loan}", loan)
    yield from _planted_scans()
    for number in range(1, scale.recordings + 1):
        yield _recording(number, _days(random))
    yield from _planted_recordings()
    yield Scan(key="loans/README.txt", body=b"One folder for each loan file.\n")
    yield Scan(key="loans-of-the-old-system/PL-1/contract.tif", body=_SCAN)


def _loan_scans(file_no: str, serial: int) -> Iterator[Scan]:
    """File numbers are not padded, so ``PL-1`` is a prefix of ``PL-10``: names must match whole."""
    yield Scan(
        key=f"loans/{file_no}/contract.tif",
        body=_SCAN,
        versions=2 if serial % 7 == 0 else 1,
        uploads=1 if serial % 500 == 0 else 0,
    )
    if serial % 2 == 0:
        yield Scan(
            key=f"loans/{file_no}/identity.tif",
            body=_SCAN,
            deleted=serial % 50 == 0,
        )


def _planted_scans() -> Iterator[Scan]:
    first = planted.LOANS_FROM
    for number in (0, 2, 5, 6, 10, 14):
        yield Scan(key=f"loans/PL-{first + number}/contract.tif", body=_SCAN)
    yield Scan(
        key=f"loans/{LOCKED_LOAN}/contract.tif", body=_SCAN, versions=2, locked_until=LOCKED_UNTIL
    )
    yield Scan(key=f"loans/{LEGALLY_HELD_LOAN}/contract.tif", body=_SCAN, legal_hold=True)
    yield Scan(key=f"loans/{UNKNOWN_LOAN}/contract.tif", body=_SCAN)


def _days(random: Random) -> tuple[date, date]:
    """Ends of product and contract, within two years before the night."""
    ends = (AS_OF - timedelta(days=1 + int(random.random() * 730)) for _ in range(2))
    product, contract = ends
    return product, contract


def recording_key(number: int) -> str:
    return f"recordings/BR{number % 40:03d}/R-{number}.mp4"


def _recording(number: int, ends: tuple[date, date]) -> Scan:
    product, contract = ends
    return _meeting(recording_key(number), product.isoformat(), contract.isoformat())


def _meeting(key: str, product_ended: str, contract_ended: str) -> Scan:
    metadata = (("product-ended", product_ended), ("contract-ended", contract_ended))
    return Scan(key=key, body=_MEETING, metadata=tuple(pair for pair in metadata if pair[1]))


def _planted_recordings() -> Iterator[Scan]:
    yield _meeting("recordings/BR900/R-1.mp4", "2025-08-31", "2025-02-01")  # due tonight
    yield _meeting("recordings/BR900/R-10.mp4", "2025-09-01", "2025-02-01")  # due tomorrow
    yield _meeting("recordings/BR900/R-2.mp4", "2025-08-31", "")  # not computable
    yield _meeting("recordings/BR900/R-3.mp4", "2025-08-31", "end of term")  # not computable
    yield _meeting("recordings/BR900/R-4.mp4", "2025-08-31", "9999-12-31")  # not computable
    for number in range(1, 4):  # due, and bound by a hold on the branch's recordings
        yield _meeting(f"{planted.HELD_RECORDINGS}R-{number}.mp4", "2025-03-01", "2025-02-01")
    yield _meeting(
        "recordings/BR900/双录 5 “客户”.mp4", "2025-03-01", "2025-02-01"
    )  # due, awkward name
