"""Findings (问题): each problem once, however often it is met."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, select, update

from keepuntil.errors import UsageError
from keepuntil.register.connection import Register
from keepuntil.register.inserting import dialect_insert
from keepuntil.register.tables import finding as table


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A problem, in words and numbers, without personal data."""

    number: int
    kind: str
    fingerprint: str
    """Equal for the same problem met again."""
    sentence_zh: str
    sentence_en: str
    counts: Mapping[str, int]
    """As met last."""
    seen: int
    reopened: int
    """How often it came back after it was closed."""
    first_seen_at: datetime
    last_seen_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    remedy: str | None


def raise_finding(
    register: Register,
    kind: str,
    fingerprint: str,
    sentence_zh: str,
    sentence_en: str,
    counts: Mapping[str, int],
    at: datetime,
) -> None:
    """Record a problem. Met again it is counted, told in the newest words, and opened again."""
    fresh = {
        "kind": kind,
        "sentence_zh": sentence_zh,
        "sentence_en": sentence_en,
        "counts": json.dumps(dict(counts), sort_keys=True),
        "last_seen_at": at,
    }
    was_closed = case((table.c.closed_at.is_not(None), 1), else_=0)
    again = fresh | {
        "seen": table.c.seen + 1,
        "reopened": table.c.reopened + was_closed,
        "closed_at": None,
        "closed_by": None,
        "remedy": None,
    }
    first = {"fingerprint": fingerprint, "seen": 1, "reopened": 0, "first_seen_at": at}
    with register.writing() as connection:
        insert = dialect_insert(connection, table).values(**fresh, **first)
        connection.execute(
            insert.on_conflict_do_update(index_elements=[table.c.fingerprint], set_=again)
        )


def close(register: Register, number: int, by: str, remedy: str, at: datetime) -> None:
    """Close a finding with what was done about it. Raises UsageError when it is not open."""
    with register.writing() as connection:
        closed = connection.execute(
            update(table)
            .where(table.c.number == number, table.c.closed_at.is_(None))
            .values(closed_at=at, closed_by=by, remedy=remedy)
        )
        if not closed.rowcount:
            raise UsageError(f"There is no open finding {number}. `keepuntil findings` lists them.")


def open_findings(
    register: Register, *, kind: str | None = None, after: int = 0, limit: int = 100
) -> list[Finding]:
    """Findings nobody has closed, the oldest first; ``after`` is the last number already seen."""
    query = select(table).where(table.c.closed_at.is_(None), table.c.number > after)
    if kind is not None:
        query = query.where(table.c.kind == kind)
    with register.reading() as connection:
        return [
            _finding(row) for row in connection.execute(query.order_by(table.c.number).limit(limit))
        ]


def _finding(row: Row[Any]) -> Finding:
    return Finding(
        number=row.number,
        kind=row.kind,
        fingerprint=row.fingerprint,
        sentence_zh=row.sentence_zh,
        sentence_en=row.sentence_en,
        counts=json.loads(row.counts),
        seen=row.seen,
        reopened=row.reopened,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        remedy=row.remedy,
    )
