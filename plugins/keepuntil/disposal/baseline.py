"""What the neighbourhood looked like just before a run, so that afterwards it can be compared."""

from __future__ import annotations

from keepuntil.disposal.asking import asking
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Rule
from keepuntil.domain.plans import Plan
from keepuntil.register import surroundings
from keepuntil.register.surroundings import Baseline


def take_baseline(installation: Installation, rule: Rule, plan: Plan) -> None:
    """Count every instance, fingerprint the plan's neighbours, note how it is destroyed.

    Reads stores only; what names records is kept sealed beside the plan's list.
    """
    register = installation.register
    for instance in rule.stored_instances:
        with asking(installation, rule, instance, plan.as_of) as (store, query):
            keys = [key for key, _ in surroundings.neighbours(register, plan.plan_id, instance.id)]
            marks = store.fingerprints(query, keys)
            baseline = Baseline(
                total=store.describe(rule, instance).total,
                method=store.facts.method,
                caveat_zh=store.facts.caveat.zh,
                caveat_en=store.facts.caveat.en,
            )
        marked = list(zip(keys, marks, strict=True))
        surroundings.set_baseline(register, plan.plan_id, instance.id, baseline, marked)
