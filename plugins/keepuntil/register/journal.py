"""The write-ahead journal of runs (who may read it: anybody; what is personal in it is sealed).

    open_run, claim, open_batches, batch     the way to one batch
    Slot.intend                              durable before the store's commit
    Slot.observe                             once, after the effect
    close_run                                as the outcomes say

A crash anywhere leaves at most an intent without outcomes, never an effect without
an intent. Whoever resumes asks :func:`open_batches` what is left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, tuple_

from keepuntil.domain.outcomes import ORDER, Outcome
from keepuntil.errors import RegisterError
from keepuntil.register import columns, item_lists, runs, sealing_places
from keepuntil.register.columns import IntentColumns, OutcomeColumns
from keepuntil.register.connection import Register
from keepuntil.register.leases import Lease, Shard, claim, shards
from keepuntil.register.runs import close_run, open_run
from keepuntil.register.slots import Slot, batch, intended
from keepuntil.register.tables import intent, observation, plan, plan_instance, run, shard

__all__ = [
    "Attempt",
    "IntentColumns",
    "Lease",
    "ObservedBatch",
    "OutcomeColumns",
    "Shard",
    "Slot",
    "attempts",
    "batch",
    "claim",
    "close_run",
    "ends",
    "groups_left",
    "intended",
    "observed",
    "open_batches",
    "open_run",
    "pending",
    "pending_before",
    "shards",
    "totals",
    "unfinished",
    "waiting_since",
]

_READ_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedBatch(OutcomeColumns):
    """The outcomes of one batch as they stand."""

    seq: int
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One intent: which try at a batch, by whom, when."""

    instance: str
    seq: int
    attempt: int
    worker: str
    written_at: datetime


def open_batches(register: Register, run_id: str, shard_no: int) -> list[int]:
    """The batches of a shard without outcomes, or with items that failed or are pending, in
    order. Raises RegisterError."""
    its_range = select(shard.c.first_seq, shard.c.last_seq).where(
        shard.c.run_id == run_id, shard.c.shard_no == shard_no
    )
    seen = select(observation.c.seq).where(
        observation.c.run_id == run_id,
        observation.c.shard_no == shard_no,
        runs.all_at_an_end(),
    )
    with register.reading() as connection:
        found = connection.execute(its_range).one_or_none()
        done = set(connection.execute(seen).scalars())
    if found is None:
        raise RegisterError(f"There is no shard {shard_no} of a run '{run_id}'.")
    return [seq for seq in range(found.first_seq, found.last_seq + 1) if seq not in done]


def observed(register: Register, run_id: str, instance: str) -> Iterator[ObservedBatch]:
    """Outcomes of an instance in plan order, a few batches at a time; gaps are batches
    without outcomes."""
    last = -1
    while rows := _page(register, run_id, instance, last):
        for row in rows:
            yield _observed(row)
        last = rows[-1].seq


def _page(register: Register, run_id: str, instance: str, after: int) -> list[Row[Any]]:
    query = (
        select(
            observation.c.seq,
            observation.c.observed_at,
            observation.c.outcomes,
            observation.c.commitments,
            observation.c.part_counts,
            observation.c.part_commitments,
            observation.c.reasons,
        )
        .where(
            observation.c.run_id == run_id,
            observation.c.instance == instance,
            observation.c.seq > after,
        )
        .order_by(observation.c.seq)
        .limit(_READ_AT_ONCE)
    )
    with register.reading() as connection:
        return list(connection.execute(query))


def _observed(row: Row[Any]) -> ObservedBatch:
    fields = columns.outcome_fields(row)
    return ObservedBatch(seq=row.seq, observed_at=row.observed_at, **fields)


def totals(register: Register, run_id: str) -> dict[str, dict[Outcome, int]]:
    """How many items of each instance of the plan came to which end; zeros are written out."""
    query = (
        select(
            plan_instance.c.instance,
            *(func.sum(observation.c[outcome.value]).label(outcome.value) for outcome in ORDER),
        )
        .select_from(run)
        .join(plan_instance, plan_instance.c.plan_digest == run.c.plan_digest)
        .join(
            observation,
            (observation.c.run_id == run.c.run_id)
            & (observation.c.instance == plan_instance.c.instance),
            isouter=True,
        )
        .where(run.c.run_id == run_id)
        .group_by(plan_instance.c.instance, plan_instance.c.place)
        .order_by(plan_instance.c.place)
    )
    with register.reading() as connection:
        rows = connection.execute(query).all()
    return {
        row.instance: {outcome: int(getattr(row, outcome.value) or 0) for outcome in ORDER}
        for row in rows
    }


def ends(register: Register, run_id: str) -> dict[str, Counter[tuple[Outcome, str]]]:
    """How many items of each instance came to which end, and by which reason; empty: none."""
    found = {
        instance: Counter({(outcome, ""): count for outcome, count in counts.items()})
        for instance, counts in totals(register, run_id).items()
    }
    query = select(observation.c.instance, observation.c.outcomes, observation.c.reasons).where(
        observation.c.run_id == run_id, observation.c.reasons != columns.pack_reasons({})
    )
    with register.reading() as connection:
        for row in connection.execute(query):
            counts = found[row.instance]
            for place, reason in columns.unpack_reasons(row.reasons).items():
                outcome = ORDER[row.outcomes[place]]
                counts[outcome, reason] += 1
                counts[outcome, ""] -= 1
    return {instance: +counts for instance, counts in found.items()}


def unfinished(register: Register, run_id: str) -> int:
    """Batches of a run without outcomes."""
    with register.reading() as connection:
        return runs.unfinished(connection, run_id)


def pending(register: Register, run_id: str, shard_no: int) -> int:
    """Items of a shard that people have yet to carry out."""
    query = select(func.sum(observation.c.pending_external)).where(
        observation.c.run_id == run_id, observation.c.shard_no == shard_no
    )
    with register.reading() as connection:
        return int(connection.execute(query).scalar() or 0)


def pending_before(register: Register, run_id: str, phase: int) -> int:
    """Items of earlier phases that people have yet to carry out."""
    query = (
        select(func.sum(observation.c.pending_external))
        .select_from(observation)
        .join(
            shard,
            (shard.c.run_id == observation.c.run_id) & (shard.c.shard_no == observation.c.shard_no),
        )
        .where(observation.c.run_id == run_id, shard.c.phase < phase)
    )
    with register.reading() as connection:
        return int(connection.execute(query).scalar() or 0)


def waiting_since(register: Register, category: str) -> tuple[int, datetime | None]:
    """Items of a category that people have yet to carry out, and when the oldest of their runs
    began; None: there are none."""
    query = (
        select(func.sum(observation.c.pending_external), func.min(run.c.started_at))
        .select_from(observation)
        .join(run, run.c.run_id == observation.c.run_id)
        .join(plan, plan.c.digest == run.c.plan_digest)
        .where(plan.c.category == category, observation.c.pending_external > 0)
    )
    with register.reading() as connection:
        items, since = connection.execute(query).one()
    return int(items or 0), since


def attempts(register: Register, run_id: str, more_than: int = 0) -> Iterator[Attempt]:
    """The history of intents, by instance, batch and attempt, also after the list's end.

    ``more_than`` leaves out the attempts up to that one: 1 shows the repeated ones.
    """
    position = ("", -1, 0)
    while rows := _attempts_after(register, run_id, more_than, position):
        for row in rows:
            yield Attempt(
                instance=row.instance,
                seq=row.seq,
                attempt=row.attempt,
                worker=row.worker,
                written_at=row.written_at,
            )
        position = (rows[-1].instance, rows[-1].seq, rows[-1].attempt)


def _attempts_after(
    register: Register, run_id: str, more_than: int, position: tuple[str, int, int]
) -> list[Row[Any]]:
    place = (intent.c.instance, intent.c.seq, intent.c.attempt)
    query = (
        select(*place, intent.c.worker, intent.c.written_at)
        .where(
            intent.c.run_id == run_id,
            intent.c.attempt > more_than,
            tuple_(*place) > tuple_(*position),
        )
        .order_by(*place)
        .limit(500)
    )
    with register.reading() as connection:
        return list(connection.execute(query))


def groups_left(register: Register, run_id: str, phase: int) -> Iterator[str]:
    """Record groups that a phase's batches left behind, batch by batch; one may come twice.

    Raises PlanError when the item list, whose key opens them, was destroyed.
    """
    with register.reading() as connection:
        query = (
            select(plan.c.plan_id)
            .join(run, run.c.plan_digest == plan.c.digest)
            .where(run.c.run_id == run_id)
        )
        plan_id = connection.execute(query).scalar()
        if plan_id is None:
            raise RegisterError(f"There is no run '{run_id}'.")
        keys = item_lists.keys_of_plan(register, connection, plan_id)
    position = ("", -1)
    while rows := _groups_after(register, run_id, phase, position):
        for row in rows:
            place = sealing_places.groups_left(run_id, row.instance, row.seq)
            yield from columns.unpack_groups(keys.data_key.open(row.sealed_groups_left, place))
        position = (rows[-1].instance, rows[-1].seq)


def _groups_after(
    register: Register, run_id: str, phase: int, position: tuple[str, int]
) -> list[Row[Any]]:
    place = (observation.c.instance, observation.c.seq)
    its_shard = (shard.c.run_id == observation.c.run_id) & (
        shard.c.shard_no == observation.c.shard_no
    )
    query = (
        select(*place, observation.c.sealed_groups_left)
        .join(shard, its_shard)
        .where(
            observation.c.run_id == run_id,
            shard.c.phase == phase,
            observation.c.sealed_groups_left.is_not(None),
            tuple_(*place) > tuple_(*position),
        )
        .order_by(*place)
        .limit(_READ_AT_ONCE)
    )
    with register.reading() as connection:
        return list(connection.execute(query))
