"""Spot checks (抽查): what was ordered, what was drawn, who looked and what they saw.

Nothing is ever taken back: a second look at an entry is a second check. A crash leaves
an order without a draw, which the next reading completes to the same draw.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from keepuntil.domain.sampling import CheckResult, SamplePlan, SampleVerdict
from keepuntil.errors import RegisterError, UsageError
from keepuntil.evidence import canonical
from keepuntil.register import sealing_places
from keepuntil.register.connection import Register
from keepuntil.register.finding_one import one_identifier
from keepuntil.register.inserting import insert_once
from keepuntil.register.tables import sample as table
from keepuntil.register.tables import sample_check as check_table


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledEntry:
    """One entry that was drawn."""

    leaf: int
    """Its number in the run's tree, from 0."""
    instance: str
    outcome: str
    """What the certificate says became of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """What came out, and of what."""

    head_size: int
    """The head of the log that decided, by its number of entries."""
    seed: str
    """Hex."""
    entries: tuple[SampledEntry, ...]
    """In the order in which they were drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What the sample came to, and who said that it was over."""

    verdict: SampleVerdict
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSample:
    """A sample of one certificate."""

    sample_id: str
    certificate_id: str
    plan: SamplePlan
    ordered_by: str
    ordered_at: datetime
    draw: Draw | None = None
    """None: no head of the log covers the order yet."""
    closing: Closing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCheck:
    """One look at one entry."""

    sample_id: str
    seq: int
    """From 1, in the order in which they were recorded."""
    leaf: int
    checker: str
    """Staff number or role account."""
    result: CheckResult
    note: str
    checked_at: datetime


def order(register: Register, ordered: StoredSample) -> None:
    """Keep what is to be drawn, before anybody can know what that will be."""
    row = {
        "sample_id": ordered.sample_id,
        "certificate_id": ordered.certificate_id,
        "plan": canonical.encode(ordered.plan.document).decode(),
        "ordered_by": ordered.ordered_by,
        "ordered_at": ordered.ordered_at,
    }
    with register.writing() as connection:
        if not insert_once(connection, table, row):
            raise RegisterError(f"There is a sample {ordered.sample_id} already.")


def keep_draw(register: Register, sample_id: str, draw: Draw) -> None:
    """Keep what was drawn; the first draw stands. Raises RegisterError for another one."""
    drawn = json.dumps([[one.leaf, one.instance, one.outcome] for one in draw.entries])
    values = {"head_size": draw.head_size, "seed": draw.seed, "drawn": drawn}
    with register.writing() as connection:
        connection.execute(
            update(table)
            .where(table.c.sample_id == sample_id, table.c.seed.is_(None))
            .values(**values)
        )
        kept = connection.execute(select(table).where(table.c.sample_id == sample_id)).one()
    if (kept.head_size, kept.seed, kept.drawn) != tuple(values.values()):
        raise RegisterError(f"Something else was drawn for the sample {sample_id} before.")


def add_check(register: Register, check: StoredCheck) -> StoredCheck:
    """Add a look at an entry; it gets the next number, whatever ``seq`` says.

    Raises UsageError when the sample is closed.
    """
    with register.writing() as connection:
        _refuse_closed(connection, check.sample_id)
        last = select(func.max(check_table.c.seq)).where(check_table.c.sample_id == check.sample_id)
        seq = int(connection.execute(last).scalar() or 0) + 1
        place = sealing_places.check_note(check.sample_id, seq)
        row = {
            "sample_id": check.sample_id,
            "seq": seq,
            "leaf": check.leaf,
            "checker": check.checker,
            "result": check.result.value,
            "sealed_note": register.keys.note_key.seal(check.note.encode("utf-8"), place)
            if check.note
            else None,
            "checked_at": check.checked_at,
        }
        connection.execute(check_table.insert().values(**row))
        added = select(check_table).where(
            check_table.c.sample_id == check.sample_id, check_table.c.seq == seq
        )
        return _check(register, connection.execute(added).one())


def close(register: Register, sample_id: str, closing: Closing, checked: int) -> None:
    """End a sample whose verdict rests on so many checks.

    Raises UsageError when it has ended, RegisterError when somebody looked meanwhile.
    """
    with register.writing() as connection:
        _refuse_closed(connection, sample_id)
        count = select(func.count()).where(check_table.c.sample_id == sample_id)
        if connection.execute(count).scalar() != checked:
            raise RegisterError(
                f"Somebody recorded a check of {sample_id} just now. Close it again."
            )
        connection.execute(
            update(table)
            .where(table.c.sample_id == sample_id)
            .values(verdict=closing.verdict.value, closed_by=closing.by, closed_at=closing.at)
        )


def refuse_closed(sample: StoredSample) -> None:
    """Raise UsageError when the sample has ended."""
    if sample.closing is not None:
        raise UsageError(
            f"The sample {sample.sample_id} was closed on {sample.closing.at:%Y-%m-%d}."
            " Draw another one."
        )


def _refuse_closed(connection: Connection, sample_id: str) -> None:
    # The lock keeps a check from slipping in between a count and the closing it decides.
    query = select(table).where(table.c.sample_id == sample_id).with_for_update()
    refuse_closed(_sample(connection.execute(query).one()))


def load(register: Register, name: str) -> StoredSample:
    """The sample of this identifier, or the only one that begins so. Raises RegisterError."""
    with register.reading() as connection:
        sample_id = one_identifier(
            connection, table.c.sample_id, name, what="sample", error=RegisterError
        )
        return _sample(
            connection.execute(select(table).where(table.c.sample_id == sample_id)).one()
        )


def ordered_between(register: Register, since: datetime, before: datetime) -> list[StoredSample]:
    """Samples by the moment they were ordered, the first one first."""
    query = select(table).where(table.c.ordered_at >= since, table.c.ordered_at < before)
    with register.reading() as connection:
        rows = connection.execute(query.order_by(table.c.ordered_at, table.c.sample_id)).all()
    return [_sample(row) for row in rows]


def checks(register: Register, sample_id: str) -> list[StoredCheck]:
    """Every look that was taken, the first one first."""
    query = select(check_table).where(check_table.c.sample_id == sample_id)
    with register.reading() as connection:
        rows = connection.execute(query.order_by(check_table.c.seq)).all()
    return [_check(register, row) for row in rows]


def _sample(row: Row[Any]) -> StoredSample:
    return StoredSample(
        sample_id=row.sample_id,
        certificate_id=row.certificate_id,
        plan=SamplePlan.of(json.loads(row.plan)),
        ordered_by=row.ordered_by,
        ordered_at=row.ordered_at,
        draw=None
        if row.seed is None
        else Draw(head_size=row.head_size, seed=row.seed, entries=_entries(json.loads(row.drawn))),
        closing=None
        if row.closed_at is None
        else Closing(verdict=SampleVerdict(row.verdict), by=row.closed_by, at=row.closed_at),
    )


def _entries(drawn: Sequence[tuple[int, str, str]]) -> tuple[SampledEntry, ...]:
    return tuple(
        SampledEntry(leaf=leaf, instance=instance, outcome=outcome)
        for leaf, instance, outcome in drawn
    )


def _check(register: Register, row: Row[Any]) -> StoredCheck:
    note = b""
    if row.sealed_note is not None:
        place = sealing_places.check_note(row.sample_id, row.seq)
        note = register.keys.note_key.open(row.sealed_note, place)
    return StoredCheck(
        sample_id=row.sample_id,
        seq=row.seq,
        leaf=row.leaf,
        checker=row.checker,
        result=CheckResult(row.result),
        note=note.decode("utf-8"),
        checked_at=row.checked_at,
    )
