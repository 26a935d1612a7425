"""What was found wrong with certificates later. A certificate itself is never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from keepuntil.evidence import canonical
from keepuntil.register.connection import Register
from keepuntil.register.inserting import insert_once
from keepuntil.register.tables import correction as table


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCorrection:
    """A signed correction or revocation of one certificate."""

    certificate_id: str
    kind: str
    envelope: bytes
    corrected_at: datetime

    @property
    def digest(self) -> str:
        """``sha256:<hex>`` of the signed line."""
        return canonical.digest_of_bytes(self.envelope)


def add(register: Register, correction: StoredCorrection) -> None:
    """Keep a correction; the same line twice counts once. Raises RegisterError."""
    row = {
        "digest": correction.digest,
        "certificate_id": correction.certificate_id,
        "kind": correction.kind,
        "envelope": correction.envelope,
        "corrected_at": correction.corrected_at,
    }
    with register.writing() as connection:
        insert_once(connection, table, row)


def of(register: Register, certificate_id: str) -> list[StoredCorrection]:
    """The corrections of a certificate, the first one first."""
    query = select(table).where(table.c.certificate_id == certificate_id)
    with register.reading() as connection:
        rows = connection.execute(query.order_by(table.c.corrected_at, table.c.digest))
        return [
            StoredCorrection(
                certificate_id=row.certificate_id,
                kind=row.kind,
                envelope=row.envelope,
                corrected_at=row.corrected_at,
            )
            for row in rows
        ]
