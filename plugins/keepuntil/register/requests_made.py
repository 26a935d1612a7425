"""What people asked for (个人信息主体请求), what they were told, and when it was over.

Whose records a request is about stands sealed while the request is open, so that it can be
followed up; when it is closed that is forgotten, and a keyed commitment remains.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from keepuntil.errors import RegisterError, UsageError
from keepuntil.evidence import canonical
from keepuntil.register import sealing_places
from keepuntil.register.accountability_tables import request_answer as answer_table
from keepuntil.register.accountability_tables import subject_request as table
from keepuntil.register.connection import Register
from keepuntil.register.finding_one import one_identifier
from keepuntil.register.inserting import insert_once

_COMMITMENT = b"keepuntil/subject/v1\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """The end of a request."""

    at: datetime
    by: str
    because: str
    """A code where it ended by itself, else a person's sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRequest:
    """One request of one person."""

    request_id: str
    kind: str
    regime: str
    received_on: date
    answer_by: date
    commitment: str
    entered_by: str
    entered_at: datetime
    closing: Closing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """What was said on one day: counts, days and laws, nobody's records."""

    request_id: str
    seq: int
    """From 1."""
    as_of: date
    document: Mapping[str, Any]
    answered_at: datetime


def commitment_of(register: Register, subject: str) -> str:
    """``hmac-sha256:<hex>``: the same person again here, and nobody to an outsider."""
    return register.keys.digest(_COMMITMENT + subject.encode("utf-8"))


def receive(register: Register, request: StoredRequest, subject: str) -> None:
    """Keep a request. Raises RegisterError when there is one of that identifier."""
    row = {
        "request_id": request.request_id,
        "kind": request.kind,
        "regime": request.regime,
        "received_on": request.received_on,
        "answer_by": request.answer_by,
        "commitment": request.commitment,
        "sealed_subject": register.keys.request_key.seal(
            subject.encode("utf-8"), sealing_places.request_subject(request.request_id)
        ),
        "entered_by": request.entered_by,
        "entered_at": request.entered_at,
    }
    with register.writing() as connection:
        if not insert_once(connection, table, row):
            raise RegisterError(f"There is a request {request.request_id} already.")


def load(register: Register, name: str) -> StoredRequest:
    """The request of this identifier, or the only one that begins so. Raises RegisterError."""
    with register.reading() as connection:
        request_id = one_identifier(
            connection, table.c.request_id, name, what="request", error=RegisterError
        )
        row = connection.execute(select(table).where(table.c.request_id == request_id)).one()
    return _request(row)


def all_of(register: Register, *, open_only: bool = False) -> list[StoredRequest]:
    """Requests, by the day they have to be answered by."""
    query = select(table).order_by(table.c.answer_by, table.c.request_id)
    if open_only:
        query = query.where(table.c.closed_at.is_(None))
    with register.reading() as connection:
        return [_request(row) for row in connection.execute(query)]


def subject_of(register: Register, request_id: str) -> str:
    """Whose records an open request is about. Raises UsageError when it is closed."""
    query = select(table.c.sealed_subject).where(table.c.request_id == request_id)
    with register.reading() as connection:
        sealed = connection.execute(query).scalar()
    if sealed is None:
        raise UsageError(f"The request {request_id} is closed; whose it was is forgotten.")
    place = sealing_places.request_subject(request_id)
    return register.keys.request_key.open(bytes(sealed), place).decode("utf-8")


def answer(
    register: Register, request_id: str, as_of: date, document: Mapping[str, object], at: datetime
) -> StoredAnswer:
    """Add what was said; it gets the next number. Raises UsageError when the request is closed."""
    with register.writing() as connection:
        _refuse_closed(connection, request_id)
        last = select(func.max(answer_table.c.seq)).where(answer_table.c.request_id == request_id)
        seq = int(connection.execute(last).scalar() or 0) + 1
        row = {
            "request_id": request_id,
            "seq": seq,
            "as_of": as_of,
            "document": canonical.encode(document).decode(),
            "answered_at": at,
        }
        connection.execute(answer_table.insert().values(**row))
    return answers(register, request_id)[seq - 1]


def answers(register: Register, request_id: str) -> list[StoredAnswer]:
    """Everything that was said, the first one first."""
    query = select(answer_table).where(answer_table.c.request_id == request_id)
    with register.reading() as connection:
        rows = connection.execute(query.order_by(answer_table.c.seq)).all()
    return [
        StoredAnswer(
            request_id=row.request_id,
            seq=row.seq,
            as_of=row.as_of,
            document=json.loads(row.document),
            answered_at=row.answered_at,
        )
        for row in rows
    ]


def close(register: Register, request_id: str, closing: Closing) -> None:
    """End a request and forget whose it was. Raises UsageError when it has ended."""
    with register.writing() as connection:
        sealed = _refuse_closed(connection, request_id)
        mine = table.c.request_id == request_id
        # Overwritten where it stands before it goes.
        connection.execute(update(table).where(mine).values(sealed_subject=bytes(len(sealed))))
        connection.execute(
            update(table)
            .where(mine)
            .values(
                sealed_subject=None,
                closed_at=closing.at,
                closed_by=closing.by,
                closed_because=closing.because,
            )
        )


def closing_of(request: StoredRequest) -> Closing:
    """How it ended. Raises RegisterError while it is open."""
    if request.closing is None:
        raise RegisterError(f"The request {request.request_id} is open.")
    return request.closing


def _refuse_closed(connection: Connection, request_id: str) -> bytes:
    query = select(table.c.sealed_subject, table.c.closed_at).where(
        table.c.request_id == request_id
    )
    row = connection.execute(query.with_for_update()).one()
    if row.closed_at is not None:
        raise UsageError(f"The request {request_id} was closed on {row.closed_at:%Y-%m-%d}.")
    return bytes(row.sealed_subject)


def _request(row: Row[Any]) -> StoredRequest:
    return StoredRequest(
        request_id=row.request_id,
        kind=row.kind,
        regime=row.regime,
        received_on=row.received_on,
        answer_by=row.answer_by,
        commitment=row.commitment,
        entered_by=row.entered_by,
        entered_at=row.entered_at,
        closing=None
        if row.closed_at is None
        else Closing(at=row.closed_at, by=row.closed_by, because=row.closed_because),
    )
