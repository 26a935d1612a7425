"""What receipts can be made from after a run's list is gone, and for how long.

    <home>/receipts/<category>/<run>.<certified on>.secret

One file a run: the run key, wrapped by the installation's key, then a lookup tag for each
item in leaf order. Kept only where ``evidence.yaml`` asks for receipts. The files are a
data category like any other: ``retention_policies/rules/receipt_secret.yaml`` says when
they go, and the road destroys them. From then on the commitments that nobody was given a
receipt for are random numbers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final

from keepuntil.disposal.installation import Installation
from keepuntil.errors import EvidenceError, UsageError
from keepuntil.evidence.lookup import TAG_BYTES
from keepuntil.evidence.sealing import KEY_BYTES, OVERHEAD_BYTES, SealingKey
from keepuntil.register import plans
from keepuntil.register.runs import Run

_WRAPPED: Final = KEY_BYTES + OVERHEAD_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptSecret:
    """One run's secret, opened."""

    path: Path
    run_key: bytes = field(repr=False)
    items: int

    @contextmanager
    def tags(self) -> Iterator[BinaryIO]:
        """The packed tags, in leaf order."""
        with self.path.open("rb") as file:
            file.seek(_WRAPPED)
            yield file


@contextmanager
def writing_tags(installation: Installation, run: Run) -> Iterator[BinaryIO | None]:
    """Where the tags of a run go while its intent is computed; None: no receipts are wanted.

    A repeated attempt begins anew.
    """
    if not installation.schedule.publication.receipts:
        yield None
        return
    path = _draft(installation, run)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file


def keep(installation: Installation, run: Run, certified_on: date) -> Path | None:
    """Put the run key before the tags and give the file its name and date. Safe to repeat.

    None where no tags were written. Called before the register forgets the run key.
    """
    draft, final = _draft(installation, run), _final(installation, run, certified_on)
    if final.exists() or not draft.exists():
        return final if final.exists() else None
    run_key = SealingKey(plans.run_key(installation.register, run.warrant.plan_id))
    wrapped = installation.register.keys.key.wrap(run_key, _purpose(run.run_id))
    scratch = final.with_suffix(".partial")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with draft.open("rb") as source, os.fdopen(descriptor, "wb") as target:
        target.write(wrapped)
        while piece := source.read(1 << 20):
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())
    scratch.rename(final)
    draft.unlink()
    return final


def open_secret(installation: Installation, category: str, run_id: str) -> ReceiptSecret:
    """The secret of a certified run.

    Raises UsageError when none was kept or it has been destroyed, EvidenceError when the
    file was altered.
    """
    found = sorted(_folder(installation, category).glob(f"{run_id}.*.secret"))
    if not found:
        raise UsageError(
            f"Of the run {run_id} there is no receipt secret: none was kept (evidence.yaml says "
            "'receipts: true' where they are), or its own retention has ended. Its commitments "
            "cannot be opened any more."
        )
    path = found[0]
    with path.open("rb") as file:
        wrapped = file.read(_WRAPPED)
    items, rest = divmod(path.stat().st_size - _WRAPPED, TAG_BYTES)
    if items <= 0 or rest:
        raise EvidenceError(f"The receipt secret of {run_id} is damaged.")
    key = installation.register.keys.key.unwrap(wrapped, _purpose(run_id))
    return ReceiptSecret(path=path, run_key=key.key, items=items)


def tag_text(instance: str, key_text: str) -> str:
    """What an item's tag is over: instance and key, as one line of JSON each."""
    return f'["{instance}",{key_text}]'


def _folder(installation: Installation, category: str) -> Path:
    return installation.home / "receipts" / category


def _draft(installation: Installation, run: Run) -> Path:
    return _folder(installation, run.warrant.category) / f".{run.run_id}.tags"


def _final(installation: Installation, run: Run, certified_on: date) -> Path:
    return _folder(installation, run.warrant.category) / f"{run.run_id}.{certified_on}.secret"


def _purpose(run_id: str) -> str:
    return f"receipt secret of {run_id}"
