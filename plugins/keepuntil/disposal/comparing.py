"""What changed in the stores since a plan was frozen: for people before they approve or run it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from keepuntil.disposal.asking import asking
from keepuntil.disposal.deciding import decided
from keepuntil.disposal.due_sets import DueItem, DueSets, item_digest
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Rule, StoredInstance
from keepuntil.domain.decision import Due
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

    Memory stays flat. Raises PlanError when the list has been destroyed.
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
    with DueSets.empty() as sets:
        sets.was(_listed(installation, plan, instance.id))
        sets.becomes(_due_now(installation, rule, instance, plan))
        return Difference(
            instance=instance.id,
            on_list=sets.size_before,
            no_longer_due=sets.gone,
            newly_held=sets.newly_held,
            newly_due=sets.new_and_free,
        )


def _listed(installation: Installation, plan: Plan, instance: str) -> Iterator[DueItem]:
    for _, chunk in plans.chunks(installation.register, plan.plan_id, instance):
        for key, held, since in zip(chunk.keys, chunk.held, chunk.due_on, strict=True):
            yield DueItem(item_digest(key), bool(held), since)


def _due_now(
    installation: Installation, rule: Rule, instance: StoredInstance, plan: Plan
) -> Iterator[DueItem]:
    in_force = holds.in_force(installation.register, rule.category)
    with asking(installation, rule, instance, plan.as_of, in_force) as (store, query):
        for found in store.find(query):
            for place, decision, held_by in decided(found, query):
                if isinstance(decision, Due):
                    digest = item_digest(found.keys[place])
                    yield DueItem(digest, bool(held_by), decision.since.toordinal())
