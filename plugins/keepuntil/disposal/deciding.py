"""Decide what a store found, item by item: the one loop planning, verifying, counting share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from keepuntil.disposal.asking import asking
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Rule, StoredInstance
from keepuntil.domain.decision import Decision, Due, Undetermined
from keepuntil.register import holds
from keepuntil.stores.protocol import Found, Query

KEPT, RESTRICTED = "kept", "restricted"


def decided(found: Found, query: Query) -> Iterator[tuple[int, Decision, tuple[str, ...]]]:
    """Place in the batch, decision (holds aside), and the holds that bind the item."""
    bound = query.binding.of_many(found.keys, found.groups)
    for place, decision in enumerate(map(query.decide, found.facts)):
        by_predicate = found.held[place] if found.held else ()
        held_by = bound[place]
        if by_predicate:
            held_by = tuple(sorted({*held_by, *by_predicate}))
        yield place, decision, held_by


def why_not_due(decision: Decision) -> str:
    """The word under which an item that is not due is counted."""
    if isinstance(decision, Undetermined):
        return decision.doubt.value
    return RESTRICTED if getattr(decision, "restricted", False) else KEPT


def due_items(
    installation: Installation, rule: Rule, instance: StoredInstance, as_of: date
) -> Iterator[tuple[Due, tuple[str, ...]]]:
    """Everything due in one instance on a day, with the holds that bind it. Reads only."""
    in_force = holds.in_force(installation.register, rule.category)
    with asking(installation, rule, instance, as_of, in_force) as (store, query):
        for found in store.find(query):
            for _, decision, held_by in decided(found, query):
                if isinstance(decision, Due):
                    yield decision, held_by


def forecast(installation: Installation, rule: Rule, until: date) -> dict[str, Counter[str]]:
    """How many items of each instance fall due in each month (``YYYY-MM``), from today's data."""
    months: dict[str, Counter[str]] = {}
    for instance in rule.stored_instances:
        counter = months.setdefault(instance.id, Counter())
        for decision, _ in due_items(installation, rule, instance, until):
            counter[f"{decision.since:%Y-%m}"] += 1
    return months
