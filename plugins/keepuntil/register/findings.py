"""Findings (问题): each problem once, however often it is met, and all that became of it.

The row of a finding is what is true now; :mod:`keepuntil.register.ledger` holds how it came to
be so. Both are written in one transaction, and the row is never believed against its history.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, case, select, update

from keepuntil.domain.ledger import PAYLOADS, Act, Entry, Standing, closing_act
from keepuntil.domain.ledger_folding import SYSTEM, after, met_by_a_check, standing_of
from keepuntil.domain.plain_documents import document_of, value_of
from keepuntil.domain.problems import Discovered, Opened, Particulars, Payload, Said
from keepuntil.errors import RegisterError, UsageError
from keepuntil.evidence import canonical
from keepuntil.register import ledger
from keepuntil.register.connection import Register
from keepuntil.register.inserting import dialect_insert
from keepuntil.register.ledger import Line
from keepuntil.register.tables import finding as table

KIND: Final = "finding"
"""Of a history, and of its entries in the log."""
REPORTED: Final = "reported"
"""The kind of a problem that a person has entered."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A problem as somebody, or a check, has met it."""

    kind: str
    fingerprint: str
    sentence_zh: str
    sentence_en: str
    counts: Mapping[str, int]
    at: datetime
    person: str | None = None
    """None: a check that runs by itself."""
    opened: Opened | None = None
    """What a person says of it."""


def raise_finding(register: Register, met: Met) -> int:
    """Record a problem; its number. Met again it is counted and told in the newest words.

    One that was closed is open again, and nothing of its history is lost.
    """
    with register.writing() as connection:
        closed_at = select(table.c.closed_at).where(table.c.fingerprint == met.fingerprint)
        was_closed = connection.execute(closed_at.with_for_update()).scalar() is not None
        number, seen = _count(connection, met)
        first = seen == 1
        act = Act.OPENED if first else Act.REOPENED if was_closed else Act.SEEN
        discovered = met.opened and met.opened.discovered
        payload = met.opened if first else discovered
        _append(connection, register, number, Entry(act=act, at=met.at, person=met.person), payload)
    return number


def _count(connection: Connection, met: Met) -> tuple[int, int]:
    """Write the finding's row; its number, and how often it was met."""
    fresh = {
        "kind": met.kind,
        "sentence_zh": met.sentence_zh,
        "sentence_en": met.sentence_en,
        "counts": json.dumps(dict(met.counts), sort_keys=True),
        "last_seen_at": met.at,
    }
    was_closed = case((table.c.closed_at.is_not(None), 1), else_=0)
    again = fresh | {
        "seen": table.c.seen + 1,
        "reopened": table.c.reopened + was_closed,
        "closed_at": None,
        "closed_by": None,
        "remedy": None,
    }
    first = {"fingerprint": met.fingerprint, "seen": 1, "reopened": 0, "first_seen_at": met.at}
    insert = dialect_insert(connection, table).values(**fresh, **first)
    upsert = insert.on_conflict_do_update(index_elements=[table.c.fingerprint], set_=again)
    row = connection.execute(upsert.returning(table.c.number, table.c.seen)).one()
    return row.number, row.seen


def _append(
    connection: Connection,
    register: Register,
    number: int,
    entry: Entry,
    payload: Payload | None,
    envelope: bytes | None = None,
) -> None:
    subject = f"{KIND}/{number}"
    line = Line(
        subject=subject,
        seq=ledger.next_seq(connection, subject),
        act=entry.act.value,
        person=entry.person,
        at=entry.at,
        details=None if payload is None else document_of(payload),
        envelope=envelope,
    )
    ledger.append(connection, register, line)


def seen_again(
    register: Register, number: int, discovered: Discovered, by: str, at: datetime
) -> None:
    """A person has met a problem that is known: counted, and open again if it was closed.

    Raises UsageError when there is no such finding.
    """
    with register.writing() as connection:
        row = _locked(connection, number)
        values: dict[str, Any] = {"seen": table.c.seen + 1, "last_seen_at": at}
        act = Act.SEEN
        if row.closed_at is not None:
            act = Act.REOPENED
            values |= {"reopened": table.c.reopened + 1}
            values |= {"closed_at": None, "closed_by": None, "remedy": None}
        connection.execute(update(table).where(table.c.number == number).values(**values))
        _append(connection, register, number, Entry(act=act, at=at, person=by), discovered)


def act(
    register: Register,
    number: int,
    entry: Entry,
    *,
    envelope: bytes | None = None,
    entries: int | None = None,
) -> Standing:
    """Add an act to a finding's history, and close the finding when that is what it does.

    ``entries`` is how many the decision was made upon. Raises UsageError and ApprovalError for
    what :func:`keepuntil.domain.ledger_folding.after` refuses, RegisterError when somebody
    wrote on it since.
    """
    with register.writing() as connection:
        _locked(connection, number)
        standing = _standing_in(connection, register, number)
        if entries is not None and standing.entries != entries:
            raise RegisterError(f"Somebody wrote on finding {number} just now. Look again.")
        standing = after(standing, entry)
        _append(connection, register, number, entry, entry.payload, envelope)
        if standing.closed_at == entry.at:
            _close(connection, number, entry)
    return standing


def gone(register: Register, fingerprint: str, why: str, at: datetime) -> None:
    """Its check has passed: close the finding when nobody has taken it up, else note it.

    Nothing happens when it is not open.
    """
    is_open = (table.c.fingerprint == fingerprint) & table.c.closed_at.is_(None)
    query = select(table.c.number).where(is_open)
    with register.reading() as connection:
        # Most checks pass every night, and then nothing is to be written.
        if connection.execute(query).scalar() is None:
            return
    with register.writing() as connection:
        number = connection.execute(query.with_for_update()).scalar()
        if number is None:
            return
        standing = _standing_in(connection, register, number)
        entry = Entry(act=closing_act(standing), at=at, person=None, payload=Said(words=why))
        if after(standing, entry).closed:
            _append(connection, register, number, entry, entry.payload)
            _close(connection, number, entry)
        elif not _noted(standing):
            _append(connection, register, number, entry, entry.payload)


def _noted(standing: Standing) -> bool:
    """Whether the newest evidence is that the check passes: it is not said every night."""
    return bool(standing.evidence) and standing.evidence[-1].by is None


def _close(connection: Connection, number: int, entry: Entry) -> None:
    words = entry.payload.words if isinstance(entry.payload, Said) else entry.act.value
    connection.execute(
        update(table)
        .where(table.c.number == number)
        .values(
            closed_at=entry.at,
            closed_by=entry.person or SYSTEM,
            # What a person concludes stays sealed in the history.
            remedy=words if entry.person is None else entry.act.value,
        )
    )


def _locked(connection: Connection, number: int) -> Row[Any]:
    query = select(table).where(table.c.number == number).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UsageError(f"There is no finding {number}. `keepuntil findings` lists them.")
    return row


def load(register: Register, number: int) -> Finding:
    """One finding. Raises UsageError when there is none of this number."""
    with register.reading() as connection:
        row = connection.execute(select(table).where(table.c.number == number)).one_or_none()
    if row is None:
        raise UsageError(f"There is no finding {number}. `keepuntil findings` lists them.")
    return _finding(row)


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


def everything(register: Register) -> list[tuple[Finding, Standing]]:
    """All findings, open and closed, each with where it stands; by number."""
    with register.reading() as connection:
        rows = connection.execute(select(table).order_by(table.c.number)).all()
    histories = dict(ledger.histories(register, KIND))
    return [
        (_finding(row), _folded(row.number, histories.get(f"{KIND}/{row.number}", [])))
        for row in rows
    ]


def history(register: Register, number: int) -> list[Line]:
    """Every line that was ever written on a finding, the first one first."""
    return ledger.lines(register, f"{KIND}/{number}")


def standing(register: Register, number: int) -> Standing:
    """Where a finding stands, by its history. Raises UsageError, RegisterError."""
    load(register, number)
    return _folded(number, history(register, number))


def _standing_in(connection: Connection, register: Register, number: int) -> Standing:
    return _folded(number, ledger.lines_in(connection, register, f"{KIND}/{number}"))


def _folded(number: int, lines: list[Line]) -> Standing:
    folded = standing_of(entry_of(line) for line in lines)
    if folded is None:
        raise RegisterError(
            f"The register lacks the history of finding {number}: somebody changed it."
        )
    return folded


def entry_of(line: Line) -> Entry:
    """A line of a finding's history as the domain knows it. Raises RegisterError."""
    act = Act(line.act)
    payload = _payload(act, line)
    return Entry(act=act, at=line.at, person=line.person, payload=payload)


def _payload(act: Act, line: Line) -> Payload | None:
    kind = PAYLOADS.get(act)
    if kind is None:
        return None
    if line.details is not None:
        return value_of(kind, line.details, where=line.act)
    if kind is Said:
        return Said(words=line.act)
    met = met_by_a_check(line.at.astimezone(UTC).date())
    return Opened(particulars=Particulars(), discovered=met) if act is Act.OPENED else met


def fingerprint_of(register: Register, opened: Opened) -> str:
    """Equal for what a person enters twice. Keyed: it tells an outsider nothing."""
    content = canonical.encode(document_of(opened.particulars))
    return f"{REPORTED}/{register.keys.digest(b'keepuntil/problem/v1' + content)}"


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
