"""What people asked the pages to do: a line before and a line after, and none is ever changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from keepuntil.register.connection import Register
from keepuntil.register.page_tables import act as table

ASKED = "asked"
DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One line. An ``asked`` that no other line follows was cut off in the middle."""

    number: int
    person: str
    """Their id in people.yaml."""
    verb: str
    subject: str
    """What it was done to: the identifier of a plan, never a record."""
    result: str
    """``asked``, ``done``, or the reason code of the refusal."""
    at: datetime


def record(
    register: Register, *, person: str, verb: str, subject: str, result: str, at: datetime
) -> None:
    """Write down one line."""
    row = {"person": person, "verb": verb, "subject": subject, "result": result, "at": at}
    with register.writing() as connection:
        connection.execute(table.insert().values(row))


def list_acts(register: Register, *, before: int | None = None, limit: int = 50) -> list[Act]:
    """Lines, the newest first; ``before`` is the number of the last one already seen."""
    query = select(table).order_by(table.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(table.c.number < before)
    with register.reading() as connection:
        return [
            Act(
                number=row.number,
                person=row.person,
                verb=row.verb,
                subject=row.subject,
                result=row.result,
                at=row.at,
            )
            for row in connection.execute(query)
        ]
