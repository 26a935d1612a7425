"""Plans: drafted, frozen, read again, and their item lists destroyed at the end."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, func, select, tuple_, update

from keepuntil.errors import PlanError
from keepuntil.register import item_lists, plan_rows
from keepuntil.register.connection import Register
from keepuntil.register.drafts import Draft, begin, sweep
from keepuntil.register.finding_one import one_identifier
from keepuntil.register.item_lists import chunk, chunks, first_items, items_digest
from keepuntil.register.plan_rows import PlanState, StoredPlan
from keepuntil.register.tables import plan

__all__ = [
    "Draft",
    "PlanState",
    "StoredPlan",
    "begin",
    "chunk",
    "chunks",
    "first_items",
    "items_digest",
    "latest",
    "list_plans",
    "load",
    "run_key",
    "set_state",
    "shred",
    "sweep",
]

_NEEDS_NO_LIST = frozenset({PlanState.REJECTED, PlanState.CERTIFIED, PlanState.SUPERSEDED})


def load(register: Register, name: str) -> StoredPlan:
    """The plan of this identifier or digest, or the only one whose identifier begins so.

    Raises PlanError when there is none or more than one.
    """
    with register.reading() as connection:
        plan_id = one_identifier(
            connection,
            plan.c.plan_id,
            name,
            what="plan",
            error=PlanError,
            aliases=(plan.c.digest,),
        )
        digest = connection.execute(select(plan.c.digest).where(plan.c.plan_id == plan_id))
        return plan_rows.read(connection, [str(digest.scalar_one())])[0]


def list_plans(
    register: Register,
    *,
    category: str | None = None,
    categories: Collection[str] | None = None,
    state: PlanState | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[StoredPlan]:
    """Plans, the newest first; ``after`` is the identifier of the last one already seen.

    ``categories``: of these only, for somebody who may not see the others.
    """
    query = _newest(category, state, after).limit(limit)
    if categories is not None:
        query = query.where(plan.c.category.in_(categories))
    with register.reading() as connection:
        return plan_rows.read(connection, connection.execute(query).scalars().all())


def latest(register: Register) -> list[StoredPlan]:
    """The plan of each category that was frozen last, by category."""
    newest = (
        select(plan.c.category, func.max(plan.c.frozen_at).label("at"))
        .group_by(plan.c.category)
        .subquery()
    )
    query = (
        select(plan.c.category, plan.c.digest)
        .join(newest, (plan.c.category == newest.c.category) & (plan.c.frozen_at == newest.c.at))
        .order_by(plan.c.category, plan.c.plan_id)
    )
    with register.reading() as connection:
        found = {row.category: row.digest for row in connection.execute(query)}
        return plan_rows.read(connection, list(found.values()))


def _newest(category: str | None, state: PlanState | None, after: str | None) -> Select[str]:
    query = select(plan.c.digest).order_by(plan.c.frozen_at.desc(), plan.c.plan_id.desc())
    if category is not None:
        query = query.where(plan.c.category == category)
    if state is not None:
        query = query.where(plan.c.state == state.value)
    if after is not None:
        seen = select(plan.c.frozen_at).where(plan.c.plan_id == after).scalar_subquery()
        query = query.where(tuple_(plan.c.frozen_at, plan.c.plan_id) < tuple_(seen, after))
    return query


def set_state(
    register: Register, plan_id: str, from_states: Collection[PlanState], to_state: PlanState
) -> None:
    """Move a plan on, if it is still in one of ``from_states``; two movers cannot both win.

    Raises PlanError otherwise.
    """
    mine = plan.c.plan_id == plan_id
    with register.writing() as connection:
        moved = connection.execute(
            update(plan)
            .where(mine, plan.c.state.in_([state.value for state in from_states]))
            .values(state=to_state.value)
        )
        if moved.rowcount:
            return
        found = connection.execute(select(plan.c.state).where(mine)).scalar()
    if found is None:
        raise PlanError(f"There is no plan '{plan_id}'.")
    expected = " or ".join(sorted(state.value for state in from_states))
    raise PlanError(
        f"Plan {plan_id} cannot become {to_state.value}: it is {found}, not {expected}."
    )


def run_key(register: Register, plan_id: str) -> bytes:
    """The 32 bytes that salt the commitments of the plan's run. Raises PlanError."""
    with register.reading() as connection:
        query = select(plan.c.list_id).where(plan.c.plan_id == plan_id)
        list_id = connection.execute(query).scalar()
        if list_id is None:
            raise PlanError(f"There is no plan '{plan_id}'.")
        key = item_lists.find_key(register, connection, list_id, item_lists.RUN)
    if key is None:
        raise PlanError(f"The run key of plan {plan_id} was destroyed.")
    return key.key


def shred(register: Register, plan_id: str, at: datetime) -> None:
    """Destroy the item list of a plan that nobody needs any more, with its data key and
    everything its run sealed under it. The run key stays. Safe to repeat.

    Raises PlanError while the plan still waits for approval, execution or a
    certificate; RegisterBusy when remains could not be dropped yet.
    """
    with register.reading() as connection:
        query = select(plan.c.list_id, plan.c.state).where(plan.c.plan_id == plan_id)
        row = connection.execute(query).one_or_none()
    if row is None:
        raise PlanError(f"There is no plan '{plan_id}'.")
    if PlanState(row.state) not in _NEEDS_NO_LIST:
        raise PlanError(f"Plan {plan_id} is {row.state}; its item list is still needed.")
    item_lists.destroy(register, row.list_id, at)
