"""What the second reader saw of a run. Every reading is kept; the last one counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from keepuntil.errors import RegisterError
from keepuntil.register.connection import Register
from keepuntil.register.tables import run
from keepuntil.register.tables import verification as table


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """One reading: how many expectations there were, how many failed, and the document."""

    run_id: str
    verifier: str
    expectations: int
    failed: int
    document: bytes
    """Canonical JSON; counts and commitments only."""
    verified_at: datetime

    @property
    def passed(self) -> bool:
        """True when nothing expected was otherwise, and something was expected."""
        return self.expectations > 0 and self.failed == 0


def add(register: Register, verification: Verification) -> None:
    """Keep a reading. Raises RegisterError for one that expects nothing, or of no run."""
    if verification.expectations < 1 or not 0 <= verification.failed <= verification.expectations:
        raise RegisterError(
            f"A verification with {verification.failed} of {verification.expectations}"
            " expectations failed says nothing; it was not kept."
        )
    row = {
        "run_id": verification.run_id,
        "verifier": verification.verifier,
        "expectations": verification.expectations,
        "failed": verification.failed,
        "document": verification.document.decode("utf-8"),
        "verified_at": verification.verified_at,
    }
    with register.writing() as connection:
        known = select(run.c.run_id).where(run.c.run_id == verification.run_id)
        if connection.execute(known).scalar() is None:
            raise RegisterError(f"There is no run '{verification.run_id}' to verify.")
        connection.execute(table.insert().values(row))


def latest(register: Register, run_id: str) -> Verification | None:
    """The last reading of a run, or None."""
    query = select(table).where(table.c.run_id == run_id).order_by(table.c.number.desc()).limit(1)
    with register.reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Verification(
        run_id=row.run_id,
        verifier=row.verifier,
        expectations=row.expectations,
        failed=row.failed,
        document=row.document.encode("utf-8"),
        verified_at=row.verified_at,
    )
