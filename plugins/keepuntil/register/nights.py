"""Every nightly run of a rule, also one with nothing due: a rule that never runs must be seen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, distinct, func, select

from keepuntil.register.connection import Register
from keepuntil.register.tables import night as table


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One night of one rule."""

    category: str
    as_of: date
    result: str
    """A stable word, for example ``nothing_due``, ``certified``, ``blocked``, ``failed``."""
    statement: bytes
    """The signed statement of a night with nothing due; empty otherwise."""
    recorded_at: datetime


def record(
    register: Register,
    category: str,
    as_of: date,
    result: str,
    at: datetime,
    statement: bytes = b"",
) -> None:
    """Write down that a rule ran and how it ended. Nights are never changed."""
    row = {
        "category": category,
        "as_of": as_of,
        "result": result,
        "statement": statement,
        "recorded_at": at,
    }
    with register.writing() as connection:
        connection.execute(table.insert().values(row))


def last(register: Register, category: str, results: Collection[str] | None = None) -> Night | None:
    """The newest night of a rule, or the newest that ended in one of ``results``; None: never."""
    query = select(table).where(table.c.category == category)
    if results is not None:
        query = query.where(table.c.result.in_(results))
    newest = query.order_by(table.c.recorded_at.desc(), table.c.number.desc()).limit(1)
    with register.reading() as connection:
        row = connection.execute(newest).one_or_none()
    return None if row is None else _night(row)


def last_of_each(register: Register) -> dict[str, Night]:
    """The newest night of every rule that ever ran, by category."""
    newest = select(func.max(table.c.number)).group_by(table.c.category)
    with register.reading() as connection:
        rows = connection.execute(select(table).where(table.c.number.in_(newest)))
        return {row.category: _night(row) for row in rows}


def _night(row: Row[Any]) -> Night:
    return Night(
        category=row.category,
        as_of=row.as_of,
        result=row.result,
        statement=row.statement,
        recorded_at=row.recorded_at,
    )


def counted(
    register: Register, first: date, last: date, results: Collection[str]
) -> dict[str, int]:
    """On how many days of a span a rule's night ended in one of ``results``, by category."""
    query = (
        select(table.c.category, func.count(distinct(table.c.as_of)))
        .where(table.c.as_of.between(first, last), table.c.result.in_(results))
        .group_by(table.c.category)
    )
    with register.reading() as connection:
        return {category: int(days) for category, days in connection.execute(query)}
