"""Entering what people did with a consignment: who they are, what they scanned, what they attach.

What a step may be is for :mod:`keepuntil.domain.custody` to say. Here is only what it cannot
know: the people the organisation declares, the clock, and files.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from keepuntil.disposal import custody
from keepuntil.disposal.findings import problem_found, problem_gone
from keepuntil.disposal.installation import Installation
from keepuntil.domain.consignments import (
    VENDOR,
    Consignment,
    Participant,
    Payload,
    Step,
    StepRecord,
    Vendor,
    VendorCertificate,
)
from keepuntil.domain.treatments import Treatment
from keepuntil.errors import CustodyError, UsageError

REFUSED: Final = "custody_refused"
"""The kind of finding of a step that was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One step as it is entered: whose consignment, by whom, when."""

    store: str
    consignment: str
    by: tuple[Participant, ...]
    at: datetime | None
    """Aware; None: now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedByVendor:
    """What the destruction firm's certificate says, as it was read from its file."""

    number: str
    licence: str
    licence_expires_on: date
    contract: str
    treatment: Treatment
    boxes: tuple[str, ...]
    grams: int | None
    equipment: str | None
    residue: str | None


def enter(
    installation: Installation, entry: Entry, step: Step, payload: Payload | None = None
) -> Consignment:
    """Enter a step for the list that the consignment carries.

    A step that is refused is a finding, until it has been entered after all. Raises
    CustodyError when one of the people is not declared or the step cannot be entered; see
    :func:`~keepuntil.disposal.custody.take`.
    """
    refuse_strangers(installation, entry.by, signing=step is Step.SIGN)
    now = custody.load(installation, entry.store, entry.consignment)
    record = StepRecord(
        step=step,
        plan_digest=now.plan_digest,
        at=entry.at or installation.now(),
        by=entry.by,
        payload=payload,
    )
    subject = f"{entry.consignment}/{step}"
    try:
        after = custody.take(installation, entry.store, entry.consignment, record)
    except CustodyError as refused:
        _refused(installation, subject, refused)
        raise
    problem_gone(
        installation,
        kind=REFUSED,
        subject=subject,
        why="The step was entered afterwards.",
    )
    return after


def enter_certificate(
    installation: Installation, entry: Entry, file: Path, stated: StatedByVendor
) -> Consignment:
    """Enter the vendor's certificate and keep its file among the evidence.

    The file is kept before it is spoken of: a crash leaves a file too many, never a record
    whose file is lost. A refused certificate's file is taken away again.
    """
    now = custody.load(installation, entry.store, entry.consignment)
    content = _read(file)
    digest = hashlib.sha256(content).hexdigest()
    kept = kept_certificate(installation.home, entry.consignment, digest, file.suffix.lower())
    is_new = not kept.exists()
    _keep(kept, content)
    certificate = VendorCertificate(
        sha256=digest,
        number=stated.number,
        vendor=Vendor(
            licence=stated.licence,
            licence_expires_on=stated.licence_expires_on,
            contract=stated.contract,
            # The clause is the contract's, which is named by its number.
            return_clause=now.vendor is not None and now.vendor.return_clause,
        ),
        boxes=stated.boxes,
        grams=stated.grams,
        treatment=stated.treatment,
        equipment=stated.equipment,
        residue=stated.residue,
    )
    try:
        return enter(installation, entry, Step.CERTIFY, certificate)
    except CustodyError:
        if is_new:
            kept.unlink()
            with suppress(OSError):
                kept.parent.rmdir()
        raise


def kept_certificate(home: Path, consignment: str, digest: str, suffix: str) -> Path:
    """Where a vendor's certificate is kept, under the digest that the signed step states."""
    return home / "evidence" / "custody" / consignment / f"{digest}{suffix}"


def recorded(files: Iterable[Path]) -> tuple[str, ...]:
    """The SHA-256 of each recording. The files stay with who made them: films are large, and
    show people. Raises UsageError for one that is empty or cannot be read."""
    return tuple(_digest_of(file) for file in files)


def _digest_of(file: Path) -> str:
    try:
        with file.open("rb") as recording:
            empty = not recording.read(1)
            recording.seek(0)
            digest = hashlib.file_digest(recording, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"{file.name}: cannot be read ({error.strerror}).") from None
    if empty:
        raise UsageError(f"{file.name}: is empty; name the recording itself.")
    return digest


def refuse_strangers(
    installation: Installation, people: Iterable[Participant], *, signing: bool = False
) -> None:
    """Raise CustodyError when somebody is not who people.yaml says.

    Everybody is declared there, with the unit they take part for; who signs the list has the
    role there too. The vendor's people are not, and nobody of ours goes by as the vendor's.
    """
    for each in people:
        declared = installation.schedule.person(each.person)
        if each.department == VENDOR:
            if declared is not None:
                raise CustodyError(
                    f"{each.person} is in people.yaml, so not the vendor's; name the unit."
                )
            continue
        if declared is None:
            raise CustodyError(
                f"{each.person!r} is not in people.yaml, so takes no part; have the person "
                f"declared. The vendor's people are named as ID:ROLE:{VENDOR}."
            )
        if each.department != declared.unit:
            raise CustodyError(
                f"{each.person} belongs to the unit {declared.unit} in people.yaml, not to "
                f"{each.department!r}; name that unit."
            )
        if signing and each.role not in declared.roles:
            raise CustodyError(
                f"{each.person} does not hold the role {each.role!r} in people.yaml, so cannot "
                f"sign in it."
            )


def _refused(installation: Installation, subject: str, refused: CustodyError) -> None:
    problem_found(
        installation,
        kind=REFUSED,
        subject=subject,
        zh=f"{subject} 被拒绝：{refused.sentence}",
        en=f"{subject}: {refused.sentence}",
    )


def _read(file: Path) -> bytes:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file.name}: cannot be read ({error.strerror}).") from None
    if not content:
        raise UsageError(f"{file.name}: is empty; attach the certificate itself.")
    return content


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = path.with_name(f"{path.name}.partial")
    with scratch.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
