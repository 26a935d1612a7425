"""What changed in the stores since a plan was frozen: for people before they approve or run it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b

from keepuntil.disposal.asking import asking
from keepuntil.disposal.deciding import decided
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Rule, StoredInstance
from keepuntil.domain.decision import Due
from keepuntil.domain.items import Key, key_text
from keepuntil.domain.plans import Plan
from keepuntil.errors import PlanError
from keepuntil.register import holds, plans


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One instance of a plan against the store as it is now."""

    instance: str
    on_list: int
    no_longer_due: int
    """On the list, but not due (or not there) any more: they would be kept."""
    newly_held: int
    """On the list as due, but bound by a hold now."""
    newly_due: int
    """Due now and not on the list: they wait for the next plan."""


def compare(installation: Installation, plan_id: str) -> list[Difference]:
    """Ask every store again what is due and compare it with the sealed list. Reads only.

    Memory stays flat: the comparison is done in a temporary database on disk that
    holds digests of keys only. Raises PlanError when the list has been destroyed.
    """
    stored = plans.load(installation.register, plan_id)
    if stored.item_list_destroyed_at is not None:
        raise PlanError(
            f"The list of {stored.plan.plan_id} was destroyed at "
            f"{stored.item_list_destroyed_at:%Y-%m-%d %H:%M}, after its certificate."
        )
    rule = installation.rule(stored.plan.category)
    return [_compare(installation, rule, i, stored.plan) for i in rule.stored_instances]


def _compare(
    installation: Installation, rule: Rule, instance: StoredInstance, plan: Plan
) -> Difference:
    # An empty name is SQLite's own temporary file, deleted when it is closed.
    with closing(sqlite3.connect("")) as scratch:
        scratch.execute("CREATE TABLE listed (item BLOB PRIMARY KEY, held INT) WITHOUT ROWID")
        scratch.execute("CREATE TABLE due (item BLOB PRIMARY KEY, held INT) WITHOUT ROWID")
        _fill(scratch, "listed", _listed(installation, plan, instance.id))
        _fill(scratch, "due", _due_now(installation, rule, instance, plan))
        return Difference(
            instance=instance.id,
            on_list=_count(scratch, "listed"),
            no_longer_due=_count(scratch, "listed WHERE item NOT IN (SELECT item FROM due)"),
            newly_held=_count(
                scratch, "listed JOIN due USING (item) WHERE due.held AND NOT listed.held"
            ),
            newly_due=_count(
                scratch, "due WHERE NOT held AND item NOT IN (SELECT item FROM listed)"
            ),
        )


def _listed(installation: Installation, plan: Plan, instance: str) -> Iterator[tuple[bytes, bool]]:
    for _, chunk in plans.chunks(installation.register, plan.plan_id, instance):
        for key, held in zip(chunk.keys, chunk.held, strict=True):
            yield _digest(key), bool(held)


def _due_now(
    installation: Installation, rule: Rule, instance: StoredInstance, plan: Plan
) -> Iterator[tuple[bytes, bool]]:
    in_force = holds.in_force(installation.register, rule.category)
    with asking(installation, rule, instance, plan.as_of, in_force) as (store, query):
        for found in store.find(query):
            for place, decision, held_by in decided(found, query):
                if isinstance(decision, Due):
                    yield _digest(found.keys[place]), bool(held_by)


def _fill(scratch: sqlite3.Connection, table: str, rows: Iterable[tuple[bytes, bool]]) -> None:
    scratch.executemany(f"INSERT OR IGNORE INTO {table} VALUES (?, ?)", rows)  # noqa: S608 our own


def _count(scratch: sqlite3.Connection, where: str) -> int:
    (count,) = scratch.execute(f"SELECT count(*) FROM {where}").fetchone()  # noqa: S608 our own
    return int(count)


def _digest(key: Key) -> bytes:
    return blake2b(key_text(key).encode("ascii"), digest_size=16).digest()
