"""Who was refused what, for want of an access role. Rows are added and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from keepuntil.register.connection import Register
from keepuntil.register.tables import refusal as table


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One refusal, without personal data: a login is not kept, since it may be a name."""

    person: str | None
    """Their id in people.yaml; None: none of the people declared."""
    right: str
    """The word of the right that was lacking."""
    refused_at: datetime


def add(register: Register, refusal: Refusal) -> None:
    """Write a refusal down; durable when this returns. Raises RegisterError."""
    row = {
        "person": refusal.person,
        "refused_right": refusal.right,
        "refused_at": refusal.refused_at,
    }
    with register.writing() as connection:
        connection.execute(insert(table).values(**row))


def newest(register: Register, limit: int) -> list[Refusal]:
    """The last refusals, the newest first."""
    with register.reading() as connection:
        rows = connection.execute(select(table).order_by(table.c.number.desc()).limit(limit))
        return [
            Refusal(person=row.person, right=row.refused_right, refused_at=row.refused_at)
            for row in rows
        ]
