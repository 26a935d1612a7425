"""Runs: one a plan. What it may do, how far it came, what stopped it."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    func,
    select,
    tuple_,
    update,
)

from keepuntil.domain.outcomes import ORDER, TERMINAL
from keepuntil.domain.plans import Warrant
from keepuntil.errors import PlanError, RegisterError
from keepuntil.register.connection import Register
from keepuntil.register.finding_one import one_identifier
from keepuntil.register.inserting import insert_once
from keepuntil.register.plan_rows import PlanState
from keepuntil.register.tables import observation, plan, plan_instance, run, shard

Phases = Sequence[Sequence[tuple[str, int]]]
"""For each phase the instances it works on, each with its number of chunks."""


class RunState(StrEnum):
    """How far a run is."""

    RUNNING = "running"
    EXECUTED = "executed"
    """Every item came to an observed end."""
    INCOMPLETE = "incomplete"
    """It stopped early, or items failed or are pending."""
    VERIFIED = "verified"
    CERTIFIED = "certified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the register knows about a run."""

    run_id: str
    warrant: Warrant
    state: RunState
    executor: str
    started_at: datetime
    finished_at: datetime | None
    stopped_by: str
    """Why it stopped before its end, as a sentence; empty: it did not."""


_MAY_RUN = frozenset({PlanState.APPROVED, PlanState.EXECUTING})


def open_run(
    register: Register,
    warrant: Warrant,
    phases: Phases,
    shard_chunks: int,
    executor: str,
    at: datetime,
) -> str:
    """Start the run of a plan, or take up the one that was started before; says its identifier.

    Chunks of one instance are cut into shards of ``shard_chunks``; the first opening
    decides. Raises PlanError when the warrant is for another list, the plan was not
    approved, or the phases do not name every item of the list once.
    """
    run_id = f"run.{warrant.plan_id}"
    row = {
        "run_id": run_id,
        "plan_digest": warrant.plan_digest,
        "state": RunState.RUNNING.value,
        "executor": executor,
        "approvers": json.dumps(warrant.approvers, ensure_ascii=False),
        "approvals_digest": warrant.approvals_digest,
        "not_before": warrant.not_before,
        "not_after": warrant.not_after,
        "started_at": at,
        "stopped_by": "",
    }
    # One transaction: a crash before its end leaves no run, after it a whole one.
    with register.writing() as connection:
        if _exists(connection, run_id, warrant):
            _reopen(connection, run_id)
            return run_id
        _refuse_unfit(connection, warrant, phases)
        if insert_once(connection, run, row):
            connection.execute(shard.insert(), _shards(run_id, phases, shard_chunks))
    return run_id


def _exists(connection: Connection, run_id: str, warrant: Warrant) -> bool:
    query = select(run.c.plan_digest).where(run.c.run_id == run_id)
    found = connection.execute(query).scalar()
    if found is not None and found != warrant.plan_digest:
        raise PlanError(f"The warrant for {warrant.plan_id} is for another list than its run.")
    return found is not None


def _reopen(connection: Connection, run_id: str) -> None:
    connection.execute(
        update(run)
        .where(run.c.run_id == run_id, run.c.state == RunState.INCOMPLETE.value)
        .values(state=RunState.RUNNING.value, finished_at=None, stopped_by="")
    )


def _refuse_unfit(connection: Connection, warrant: Warrant, phases: Phases) -> None:
    query = select(plan.c.digest, plan.c.state).where(plan.c.plan_id == warrant.plan_id)
    found = connection.execute(query).one_or_none()
    if found is None or found.digest != warrant.plan_digest:
        raise PlanError(f"The warrant for {warrant.plan_id} is not for a plan of this register.")
    if PlanState(found.state) not in _MAY_RUN:
        raise PlanError(f"Plan {warrant.plan_id} is {found.state}, not approved; it may not run.")
    query = select(plan_instance.c.instance, plan_instance.c.chunks).where(
        plan_instance.c.plan_digest == warrant.plan_digest, plan_instance.c.chunks > 0
    )
    listed = sorted((row.instance, row.chunks) for row in connection.execute(query))
    if not listed:
        raise PlanError(f"Plan {warrant.plan_id} lists nothing; there is nothing to run.")
    if listed != sorted(pair for phase in phases for pair in phase if pair[1]):
        raise PlanError(f"The phases do not name every chunk of plan {warrant.plan_id} once.")


def _shards(run_id: str, phases: Phases, shard_chunks: int) -> list[dict[str, Any]]:
    cuts = [
        (phase, instance, first, min(first + shard_chunks, chunks) - 1)
        for phase, instances in enumerate(phases)
        for instance, chunks in instances
        for first in range(0, chunks, shard_chunks)
    ]
    return [
        {
            "run_id": run_id,
            "shard_no": number,
            "phase": phase,
            "instance": instance,
            "first_seq": first,
            "last_seq": last,
            "observed": 0,
            "token": 0,
        }
        for number, (phase, instance, first, last) in enumerate(cuts)
    ]


def close_run(register: Register, run_id: str, at: datetime, stopped_by: str = "") -> RunState:
    """Write down how the run ended, as its outcomes say, not as anybody claims.

    It is ``executed`` when every item of every batch came to an observed end, else
    ``incomplete``. A run further on stays where it is. Raises RegisterError.
    """
    with register.writing() as connection:
        state = _state_by_outcomes(connection, run_id)
        moving = [RunState.RUNNING.value, RunState.INCOMPLETE.value]
        connection.execute(
            update(run)
            .where(run.c.run_id == run_id, run.c.state.in_(moving))
            .values(state=state.value, finished_at=at, stopped_by=stopped_by)
        )
        found = connection.execute(select(run.c.state).where(run.c.run_id == run_id)).scalar()
    if found is None:
        raise RegisterError(f"There is no run '{run_id}'.")
    return RunState(found)


def _state_by_outcomes(connection: Connection, run_id: str) -> RunState:
    done = unfinished(connection, run_id) == 0 and not_at_an_end(connection, run_id) == 0
    return RunState.EXECUTED if done else RunState.INCOMPLETE


def unfinished(connection: Connection, run_id: str) -> int:
    """Batches without outcomes."""
    left = func.sum(shard.c.last_seq - shard.c.first_seq + 1 - shard.c.observed)
    return int(connection.execute(select(left).where(shard.c.run_id == run_id)).scalar() or 0)


def all_at_an_end() -> ColumnElement[bool]:
    """Of a batch: no item failed or is pending."""
    return and_(
        *(observation.c[outcome.value] == 0 for outcome in ORDER if outcome not in TERMINAL)
    )


def not_at_an_end(connection: Connection, run_id: str) -> int:
    """Items whose outcome is not an end (failed, pending)."""
    open_ends = [observation.c[outcome.value] for outcome in ORDER if outcome not in TERMINAL]
    query = select(*(func.sum(column) for column in open_ends)).where(
        observation.c.run_id == run_id
    )
    return sum(int(total or 0) for total in connection.execute(query).one())


def set_state(
    register: Register, run_id: str, from_states: Collection[RunState], to_state: RunState
) -> None:
    """Move a run on, if it is still in one of ``from_states``. Raises RegisterError otherwise."""
    mine = run.c.run_id == run_id
    with register.writing() as connection:
        moved = connection.execute(
            update(run)
            .where(mine, run.c.state.in_([state.value for state in from_states]))
            .values(state=to_state.value)
        )
        if moved.rowcount:
            return
        found = connection.execute(select(run.c.state).where(mine)).scalar()
    if found is None:
        raise RegisterError(f"There is no run '{run_id}'.")
    expected = " or ".join(sorted(state.value for state in from_states))
    raise RegisterError(
        f"Run {run_id} cannot become {to_state.value}: it is {found}, not {expected}."
    )


def load(register: Register, name: str) -> Run:
    """The run of this identifier or plan, or the only one that begins so.

    Raises RegisterError when there is none or more than one.
    """
    with register.reading() as connection:
        run_id = one_identifier(
            connection,
            run.c.run_id,
            name if name.startswith("run.") else f"run.{name}",
            what="run",
            error=RegisterError,
        )
        return _run(connection.execute(_all().where(run.c.run_id == run_id)).one())


def list_runs(
    register: Register,
    *,
    category: str | None = None,
    state: RunState | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[Run]:
    """Runs, the newest first; ``after`` is the identifier of the last one already seen."""
    query = _all().order_by(run.c.started_at.desc(), run.c.run_id.desc()).limit(limit)
    if category is not None:
        query = query.where(plan.c.category == category)
    if state is not None:
        query = query.where(run.c.state == state.value)
    if after is not None:
        seen = select(run.c.started_at).where(run.c.run_id == after).scalar_subquery()
        query = query.where(tuple_(run.c.started_at, run.c.run_id) < tuple_(seen, after))
    with register.reading() as connection:
        return [_run(row) for row in connection.execute(query)]


def _all() -> Select[Any]:
    return select(run, plan.c.plan_id, plan.c.category, plan.c.as_of).join(
        plan, plan.c.digest == run.c.plan_digest
    )


def _run(row: Row[Any]) -> Run:
    warrant = Warrant(
        plan_id=row.plan_id,
        plan_digest=row.plan_digest,
        category=row.category,
        as_of=row.as_of,
        approvers=tuple(json.loads(row.approvers)),
        approvals_digest=row.approvals_digest,
        not_before=row.not_before,
        not_after=row.not_after,
    )
    return Run(
        run_id=row.run_id,
        warrant=warrant,
        state=RunState(row.state),
        executor=row.executor,
        started_at=row.started_at,
        finished_at=row.finished_at,
        stopped_by=row.stopped_by,
    )
