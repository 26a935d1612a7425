"""Signed lines under appraisals and witnessed destruction, in the order they came.

What a line says is not this module's business: whoever reads it opens it again.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from keepuntil.domain.signatures import Act
from keepuntil.evidence import canonical
from keepuntil.register.connection import Register
from keepuntil.register.inserting import insert_once
from keepuntil.register.signature_tables import signature as table


def add(register: Register, act: Act, subject: str, line: bytes, at: datetime) -> None:
    """Keep a signed line; the same line twice counts once. The caller has checked it."""
    row = {
        "act": act.value,
        "subject": subject,
        "envelope_digest": canonical.digest_of_bytes(line),
        "signed_at": at,
        "envelope": line,
    }
    with register.writing() as connection:
        insert_once(connection, table, row)


def of(register: Register, act: Act, subject: str) -> list[bytes]:
    """Every line of one kind about one list or run, first to last."""
    query = select(table.c.envelope).where(table.c.act == act.value, table.c.subject == subject)
    with register.reading() as connection:
        return [bytes(line) for line in connection.scalars(query.order_by(table.c.number))]
