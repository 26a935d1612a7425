"""What stood around a plan's items just before its run: totals, methods, kept neighbours.

Neighbours name records, so they are sealed under the list's data key and end with it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from keepuntil.domain.items import Key, key_text, parse_key
from keepuntil.register import item_lists, sealing_places
from keepuntil.register.connection import Register
from keepuntil.register.item_lists import ListKeys
from keepuntil.register.tables import plan, surroundings

Marked = list[tuple[Key, str | None]]
"""Kept items with the digest of their state; None: not looked at yet, or absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """One instance just before the run, and how its items are destroyed."""

    total: int | None
    """Items in it; None: not cheap to count there."""
    method: str
    caveat_zh: str
    caveat_en: str


def write_neighbours(connection: Connection, keys: ListKeys, instance: str, marked: Marked) -> None:
    """Begin an instance's row, in the transaction that freezes its plan."""
    row = {
        "list_id": keys.list_id,
        "instance": instance,
        "sealed_neighbours": _seal(keys, instance, marked),
        "method": "",
        "caveat_zh": "",
        "caveat_en": "",
    }
    connection.execute(surroundings.insert().values(row))


def neighbours(register: Register, plan_id: str, instance: str) -> Marked:
    """The kept items beside a plan's, with their marks. Raises PlanError after the list's end."""
    with register.reading() as connection:
        keys = item_lists.keys_of_plan(register, connection, plan_id)
        sealed = connection.execute(
            select(surroundings.c.sealed_neighbours).where(
                surroundings.c.list_id == keys.list_id, surroundings.c.instance == instance
            )
        ).scalar()
    if sealed is None:
        return []
    place = sealing_places.neighbours(keys.list_id, instance)
    document = json.loads(keys.data_key.open(sealed, place))
    return [(parse_key(key), mark) for key, mark in document]


def set_baseline(
    register: Register, plan_id: str, instance: str, baseline: Baseline, marked: Marked
) -> None:
    """Write how an instance is just before the run; the last one before it counts."""
    with register.writing() as connection:
        keys = item_lists.keys_of_plan(register, connection, plan_id)
        connection.execute(
            update(surroundings)
            .where(surroundings.c.list_id == keys.list_id, surroundings.c.instance == instance)
            .values(
                sealed_neighbours=_seal(keys, instance, marked),
                total=baseline.total,
                method=baseline.method,
                caveat_zh=baseline.caveat_zh,
                caveat_en=baseline.caveat_en,
            )
        )


def baselines(register: Register, plan_id: str) -> dict[str, Baseline]:
    """How each instance was just before the run."""
    query = (
        select(surroundings)
        .join(plan, plan.c.list_id == surroundings.c.list_id)
        .where(plan.c.plan_id == plan_id)
        .order_by(surroundings.c.instance)
    )
    with register.reading() as connection:
        return {
            row.instance: Baseline(
                total=row.total,
                method=row.method,
                caveat_zh=row.caveat_zh,
                caveat_en=row.caveat_en,
            )
            for row in connection.execute(query)
        }


def _seal(keys: ListKeys, instance: str, marked: Marked) -> bytes:
    document = json.dumps([(key_text(key), mark) for key, mark in marked])
    place = sealing_places.neighbours(keys.list_id, instance)
    return keys.data_key.seal(document.encode("ascii"), place)
