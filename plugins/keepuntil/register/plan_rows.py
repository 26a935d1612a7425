"""Plans to rows and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select

from keepuntil.domain.plans import InstanceTally, Plan
from keepuntil.register.tables import item_list, plan, plan_instance


class PlanState(StrEnum):
    """Where on the road a plan is."""

    FROZEN = "frozen"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXECUTING = "executing"
    EXECUTED = "executed"
    VERIFIED = "verified"
    CERTIFIED = "certified"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan:
    """A plan and what the register knows about it."""

    plan: Plan
    proposed_by: str
    frozen_at: datetime
    state: PlanState
    item_list_destroyed_at: datetime | None
    """When the key to the item list was deleted; None: the list can be read."""


def row_of(document: Plan) -> dict[str, Any]:
    """The columns of table ``plan`` that the document itself decides."""
    return {
        "digest": document.digest,
        "plan_id": document.plan_id,
        "category": document.category,
        "as_of": document.as_of,
        "rule_digest": document.rule_digest,
        "stores_digest": document.stores_digest,
        "holds_digest": document.holds_digest,
        "exceeded": json.dumps(document.exceeded, ensure_ascii=False),
    }


def instance_rows(document: Plan) -> list[dict[str, Any]]:
    """The rows of table ``plan_instance``, in the plan's order."""
    return [
        _tally_columns(tally) | {"plan_digest": document.digest, "place": place}
        for place, tally in enumerate(document.instances)
    ]


_PLAIN = (
    "instance",
    "store",
    "total",
    "due",
    "overdue",
    "held",
    "kept",
    "restricted",
    "oldest_due_on",
    "newest_due_on",
    "chunks",
    "items_digest",
)


def _tally_columns(tally: InstanceTally) -> dict[str, Any]:
    undetermined = json.dumps(dict(tally.undetermined), sort_keys=True)
    return {name: getattr(tally, name) for name in _PLAIN} | {"undetermined": undetermined}


def _tally(row: Row[Any]) -> InstanceTally:
    columns = {name: getattr(row, name) for name in _PLAIN}
    return InstanceTally(**columns, undetermined=json.loads(row.undetermined))


def read(connection: Connection, digests: Sequence[str]) -> list[StoredPlan]:
    """The plans of these digests, in this order; unknown ones are left out."""
    query = (
        select(plan, item_list.c.destroyed_at)
        .join(item_list, plan.c.list_id == item_list.c.list_id)
        .where(plan.c.digest.in_(digests))
    )
    rows = {row.digest: row for row in connection.execute(query)}
    tallies = _tallies(connection, digests)
    return [_stored(rows[digest], tallies[digest]) for digest in digests if digest in rows]


def _tallies(connection: Connection, digests: Iterable[str]) -> Mapping[str, list[InstanceTally]]:
    found: dict[str, list[InstanceTally]] = {digest: [] for digest in digests}
    query = (
        select(plan_instance)
        .where(plan_instance.c.plan_digest.in_(found))
        .order_by(plan_instance.c.plan_digest, plan_instance.c.place)
    )
    for row in connection.execute(query):
        found[row.plan_digest].append(_tally(row))
    return found


def _stored(row: Row[Any], tallies: list[InstanceTally]) -> StoredPlan:
    document = Plan(
        plan_id=row.plan_id,
        digest=row.digest,
        category=row.category,
        as_of=row.as_of,
        rule_digest=row.rule_digest,
        stores_digest=row.stores_digest,
        holds_digest=row.holds_digest,
        instances=tuple(tallies),
        exceeded=tuple(json.loads(row.exceeded)),
    )
    return StoredPlan(
        plan=document,
        proposed_by=row.proposed_by,
        frozen_at=row.frozen_at,
        state=PlanState(row.state),
        item_list_destroyed_at=row.destroyed_at,
    )
