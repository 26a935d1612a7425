"""Who looked at one person's records, and who took a list of records out. Only ever added to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from keepuntil.errors import RegisterError
from keepuntil.register.accountability_tables import record_read as table
from keepuntil.register.connection import Register


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRead:
    """One look."""

    read_id: str
    reader: str
    """Staff number or role account."""
    verb: str
    category: str
    """The category that was read; ``""``: every category."""
    commitment: str
    """Keyed digest of whose records, or of the list that was taken."""
    items: int | None
    """How many a list has; None: no list."""
    read_at: datetime


def add(register: Register, read: RecordRead) -> None:
    """Keep one look. Durable when it returns."""
    row = {
        "read_id": read.read_id,
        "reader": read.reader,
        "verb": read.verb,
        "category": read.category,
        "commitment": read.commitment,
        "items": read.items,
        "read_at": read.read_at,
    }
    with register.writing() as connection:
        connection.execute(table.insert().values(**row))


def load(register: Register, read_id: str) -> RecordRead:
    """One look. Raises RegisterError."""
    with register.reading() as connection:
        row = connection.execute(select(table).where(table.c.read_id == read_id)).one_or_none()
    if row is None:
        raise RegisterError(f"There is no read {read_id}.")
    return _read(row)


def of_subject(register: Register, commitment: str) -> list[RecordRead]:
    """Every look at the records behind a commitment, the first one first."""
    query = select(table).where(table.c.commitment == commitment)
    with register.reading() as connection:
        rows = connection.execute(query.order_by(table.c.read_at, table.c.read_id)).all()
    return [_read(row) for row in rows]


def _read(row: Row[Any]) -> RecordRead:
    return RecordRead(
        read_id=row.read_id,
        reader=row.reader,
        verb=row.verb,
        category=row.category,
        commitment=row.commitment,
        items=row.items,
        read_at=row.read_at,
    )
