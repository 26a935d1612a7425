"""Histories: what happened to a finding or in a campaign, line after line, for ever.

There is no way here to change a line or to take one away. What people wrote is sealed: it
may say more than it should.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from keepuntil.errors import RegisterError
from keepuntil.evidence import canonical
from keepuntil.evidence.canonical import Json
from keepuntil.register import sealing_places
from keepuntil.register.connection import Register
from keepuntil.register.inserting import insert_once
from keepuntil.register.ledger_tables import ledger_entry as table


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a history."""

    subject: str
    seq: int
    """From 1, without gaps."""
    act: str
    person: str | None
    """None: a check that runs by itself."""
    at: datetime
    details: Json = None
    """What it says beside; None: nothing."""
    envelope: bytes | None = None
    """The signed line of a decision on another's work."""


def append(connection: Connection, register: Register, line: Line) -> None:
    """Add a line in the caller's transaction. Raises RegisterError when its place is taken."""
    sealed = None
    if line.details is not None:
        place = sealing_places.ledger_details(line.subject, line.seq)
        sealed = register.keys.note_key.seal(canonical.encode(line.details), place)
    row = {
        "subject": line.subject,
        "seq": line.seq,
        "act": line.act,
        "person": line.person,
        "entered_at": line.at,
        "sealed_details": sealed,
        "envelope": line.envelope,
    }
    if not insert_once(connection, table, row):
        raise RegisterError(f"Somebody wrote on {line.subject} just now. Look again, then repeat.")


def next_seq(connection: Connection, subject: str) -> int:
    """The number of the line that comes next."""
    last = select(func.max(table.c.seq)).where(table.c.subject == subject)
    return int(connection.execute(last).scalar() or 0) + 1


def lines_in(connection: Connection, register: Register, subject: str) -> list[Line]:
    """A history, read in the caller's transaction."""
    query = select(table).where(table.c.subject == subject).order_by(table.c.seq)
    return [_line(register, row) for row in connection.execute(query)]


def lines(register: Register, subject: str) -> list[Line]:
    """A history, the first line first; empty when there is none."""
    with register.reading() as connection:
        return lines_in(connection, register, subject)


def histories(register: Register, kind: str) -> Iterator[tuple[str, list[Line]]]:
    """Every history of a kind (``finding``, ``campaign``), each with its subject."""
    begins = func.substr(table.c.subject, 1, len(kind) + 1) == f"{kind}/"
    query = select(table).where(begins).order_by(table.c.subject, table.c.seq)
    with register.reading() as connection:
        rows = connection.execute(query).all()
    gathered: dict[str, list[Line]] = {}
    for row in rows:
        gathered.setdefault(row.subject, []).append(_line(register, row))
    yield from gathered.items()


def _line(register: Register, row: Row[Any]) -> Line:
    details: Json = None
    if row.sealed_details is not None:
        place = sealing_places.ledger_details(row.subject, row.seq)
        details = json.loads(register.keys.note_key.open(row.sealed_details, place))
    return Line(
        subject=row.subject,
        seq=row.seq,
        act=row.act,
        person=row.person,
        at=row.entered_at,
        details=details,
        envelope=row.envelope,
    )
