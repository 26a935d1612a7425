"""What the neighbourhood looked like just before a run, so that afterwards it can be compared."""

from __future__ import annotations

from typing import TypedDict

from keepuntil.disposal.asking import asking
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Rule
from keepuntil.domain.plans import Plan
from keepuntil.register import plans


class InstanceBaseline(TypedDict):
    """One instance before the run: how many items, and how they are going to be destroyed."""

    total: int | None
    method: str
    caveat_zh: str
    caveat_en: str


def take_baseline(
    installation: Installation, rule: Rule, plan: Plan
) -> dict[str, InstanceBaseline]:
    """Count every instance and fingerprint the plan's neighbours. Reads only.

    The neighbours' fingerprints are kept sealed beside the plan's list, since they
    name records; the rest is counts and words.
    """
    baseline = {}
    for instance in rule.stored_instances:
        with asking(installation, rule, instance, plan.as_of) as (store, query):
            baseline[instance.id] = InstanceBaseline(
                total=store.describe(rule, instance).total,
                method=store.facts.method,
                caveat_zh=store.facts.caveat.zh,
                caveat_en=store.facts.caveat.en,
            )
            keys = plans.neighbours(installation.register, plan.plan_id, instance.id)
            marks = store.fingerprints(query, keys)
            plans.mark_neighbours(installation.register, plan.plan_id, instance.id, marks)
    return baseline
