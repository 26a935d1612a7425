"""The log as the register holds it: entries in order, and one checkpoint of each size.

Here an entry is accepted; once :func:`append` has returned, it keeps its number.
Publishing comes later and is repeated until it is whole. A checkpoint is kept here
before anybody sees it, and the size is its key: whatever crashes or races, there are
never two checkpoints of one size.

What an attacker gains who can write here: he can drop or exchange entries that no
published checkpoint covers yet. What is covered he cannot change unseen by anybody
who holds a checkpoint.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select, text

from keepuntil.errors import RegisterError
from keepuntil.evidence import base64_text
from keepuntil.evidence import entries as log_entries
from keepuntil.evidence.envelope import Envelope
from keepuntil.evidence.note import Checkpoint, Note
from keepuntil.register.connection import Register
from keepuntil.register.fence import Confirm
from keepuntil.register.inserting import insert_once
from keepuntil.register.places import POSTGRESQL
from keepuntil.register.tables import log_entry as entry_table
from keepuntil.register.tables import log_head as head_table

PUBLISHER_WAITS_SECONDS: Final = 120.0
_APPENDING: Final = 0x4B65_6570_4170_7064
"""Advisory lock under which numbers are given out and heads kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """An entry as accepted."""

    index: int
    """The number of its leaf, from 0."""
    kind: str
    subject: str
    statement: str
    """Hex SHA-256 of what the envelope signs."""
    envelope: bytes
    entry: bytes
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHead:
    """A checkpoint as signed, and what others attested to it since."""

    size: int
    checkpoint: bytes
    """The signed note with the log's own signatures, to the byte."""
    signed_at: datetime
    cosigned: bytes | None = None
    """The same note with witnesses' signatures as well."""
    tokens: tuple[bytes, ...] = ()
    """RFC 3161 time-stamp tokens over the checkpoint."""

    @property
    def shown(self) -> bytes:
        """The best there is to publish."""
        return self.cosigned or self.checkpoint

    @property
    def claim(self) -> Checkpoint:
        """What the checkpoint says."""
        return Checkpoint.parse(Note.parse(self.checkpoint).text)


def append(
    register: Register, kind: str, subject: str, envelope: bytes, entry: bytes, at: datetime
) -> int:
    """Accept an entry; its number. What was accepted under kind and subject before stands.

    A crash leaves all of it or nothing; repeat it. Raises EvidenceError when the
    entry does not speak of the envelope, RegisterError when the very same statement
    was accepted as something else.
    """
    with register.writing() as connection:
        return append_within(connection, kind, subject, envelope, entry, at)


def append_within(
    connection: Connection, kind: str, subject: str, envelope: bytes, entry: bytes, at: datetime
) -> int:
    """:func:`append` inside a writing transaction of the caller: both happen, or neither.

    Whoever appends after it waits for that transaction, so let it end soon.
    """
    parsed = Envelope.parse(envelope)
    log_entries.parse(entry).confirm(parsed)
    _one_at_a_time(connection)
    query = select(entry_table.c.position).where(
        entry_table.c.kind == kind, entry_table.c.subject == subject
    )
    earlier: int | None = connection.execute(query).scalar()
    if earlier is not None:
        return earlier
    index = _size(connection)
    row = {
        "position": index,
        "kind": kind,
        "subject": subject,
        "statement": log_entries.statement_digest(parsed).hex(),
        "envelope": envelope,
        "entry": entry,
        "recorded_at": at,
    }
    if not insert_once(connection, entry_table, row):
        raise RegisterError(
            f"The very same statement is in the log already, and not as {kind} {subject}."
            " A statement is logged once; say in it what it is about."
        )
    return index


def size(register: Register) -> int:
    """How many entries were accepted."""
    with register.reading() as connection:
        return _size(connection)


def find(register: Register, kind: str, subject: str) -> LogEntry | None:
    """The entry accepted under kind and subject."""
    query = select(entry_table).where(entry_table.c.kind == kind, entry_table.c.subject == subject)
    with register.reading() as connection:
        row = connection.execute(query).one_or_none()
        return None if row is None else _entry(row)


def find_statement(register: Register, statement: str) -> LogEntry | None:
    """The entry of a statement, by the hex SHA-256 of what its envelope signs."""
    query = select(entry_table).where(entry_table.c.statement == statement)
    with register.reading() as connection:
        row = connection.execute(query).one_or_none()
        return None if row is None else _entry(row)


def entries(register: Register, start: int, stop: int) -> list[LogEntry]:
    """The entries of these numbers, in order. Raises RegisterError when one is missing."""
    query = select(entry_table).where(
        entry_table.c.position >= start, entry_table.c.position < stop
    )
    with register.reading() as connection:
        rows = connection.execute(query.order_by(entry_table.c.position))
        found = [_entry(row) for row in rows]
    if [one.index for one in found] != list(range(start, stop)):
        raise RegisterError(
            f"The register lacks entries of the log between {start} and {stop - 1}; somebody"
            " removed them, or it was restored from a backup. Nothing was published."
        )
    return found


def head(register: Register) -> LogHead | None:
    """The newest checkpoint that was signed; None: none yet."""
    query = select(head_table).order_by(head_table.c.size.desc()).limit(1)
    with register.reading() as connection:
        row = connection.execute(query).one_or_none()
        return None if row is None else _head(row)


def heads(register: Register, *, after: int = 0) -> list[LogHead]:
    """Every checkpoint of more than ``after`` entries, the smallest first."""
    query = select(head_table).where(head_table.c.size > after).order_by(head_table.c.size)
    with register.reading() as connection:
        return [_head(row) for row in connection.execute(query)]


def head_of_size(register: Register, size: int) -> LogHead | None:
    """The checkpoint of so many entries, where one was signed."""
    with register.reading() as connection:
        row = connection.execute(_of_size(size)).one_or_none()
        return None if row is None else _head(row)


def keep_head(register: Register, checkpoint: bytes, at: datetime) -> LogHead:
    """Keep a signed checkpoint before anybody sees it; what stands for its size already wins.

    Publish what comes back, not what went in. Raises RegisterError when it is of
    another log, of more entries than were accepted, or of fewer than one signed before.
    """
    claim = Checkpoint.parse(Note.parse(checkpoint).text)
    row = {"size": claim.size, "checkpoint": checkpoint, "signed_at": at, "tokens": "[]"}
    with register.writing() as connection:
        _one_at_a_time(connection)
        _refuse_backwards(connection, claim)
        insert_once(connection, head_table, row)
        return _head(connection.execute(_of_size(claim.size)).one())


def _refuse_backwards(connection: Connection, claim: Checkpoint) -> None:
    accepted = _size(connection)
    if not 0 < claim.size <= accepted:
        raise RegisterError(
            f"A checkpoint of {claim.size} entries cannot be kept: {accepted} were accepted."
        )
    newest = select(head_table).order_by(head_table.c.size.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    if row is None:
        return
    last = _head(row)
    if last.size > claim.size:
        raise RegisterError(
            f"A checkpoint of {last.size} entries was signed already; a log never goes back"
            f" to {claim.size}."
        )
    if last.claim.origin != claim.origin:
        raise RegisterError(
            f"This register's log is {last.claim.origin}; it cannot go on under another name."
        )


def add_cosigned(register: Register, size: int, note: bytes) -> LogHead:
    """Keep a checkpoint with witnesses' signatures beside the one the log signed.

    Raises RegisterError unless it is that checkpoint with more signatures.
    """
    with register.writing() as connection:
        head = _standing(connection, size)
        own, more = Note.parse(head.checkpoint), Note.parse(note)
        if own.text != more.text or not set(own.signatures) <= set(more.signatures):
            raise RegisterError(
                f"What the witnesses gave back is not the checkpoint of {size} entries that"
                " the log signed."
            )
        connection.execute(
            head_table.update().where(head_table.c.size == size).values(cosigned=note)
        )
        return _standing(connection, size)


def add_token(register: Register, size: int, token: bytes) -> LogHead:
    """Keep one more time-stamp token over a checkpoint. Raises RegisterError if it is unknown."""
    with register.writing() as connection:
        head = _standing(connection, size)
        if token not in head.tokens:
            tokens = _packed((*head.tokens, token))
            connection.execute(
                head_table.update().where(head_table.c.size == size).values(tokens=tokens)
            )
        return _standing(connection, size)


@contextmanager
def writer(register: Register, wait_seconds: float = PUBLISHER_WAITS_SECONDS) -> Iterator[Confirm]:
    """Be the one who publishes. Appending goes on meanwhile.

    Gives what raises RegisterError once the lock is no longer held. Raises
    RegisterBusy when another process published for longer than the wait.
    """
    with register.log_fence().exclusive(wait_seconds) as confirm:
        yield confirm


def _one_at_a_time(connection: Connection) -> None:
    # SQLite: a writing transaction begins with the write lock already.
    if connection.dialect.name == POSTGRESQL:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _APPENDING})


def _size(connection: Connection) -> int:
    last = connection.execute(select(func.max(entry_table.c.position))).scalar()
    return 0 if last is None else int(last) + 1


def _of_size(size: int) -> Any:
    return select(head_table).where(head_table.c.size == size)


def _standing(connection: Connection, size: int) -> LogHead:
    row = connection.execute(_of_size(size)).one_or_none()
    if row is None:
        raise RegisterError(f"No checkpoint of {size} entries was signed.")
    return _head(row)


def _entry(row: Row[Any]) -> LogEntry:
    return LogEntry(
        index=row.position,
        kind=row.kind,
        subject=row.subject,
        statement=row.statement,
        envelope=row.envelope,
        entry=row.entry,
        recorded_at=row.recorded_at,
    )


def _head(row: Row[Any]) -> LogHead:
    return LogHead(
        size=row.size,
        checkpoint=row.checkpoint,
        signed_at=row.signed_at,
        cosigned=row.cosigned,
        tokens=tuple(
            base64_text.decode(one, "a time-stamp token") for one in json.loads(row.tokens)
        ),
    )


def _packed(tokens: Sequence[bytes]) -> str:
    return json.dumps([base64_text.encode(one) for one in tokens])
