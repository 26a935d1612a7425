"""A plan made again by the rule and under the holds it was made under, and compared.

The same data, rule, holds and day give the same digest. What has been destroyed or changed
in the stores since gives another one, and so does a store declared otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

from keepuntil.disposal.changing_rules import archived, under_version
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.planning import Progress, survey
from keepuntil.domain.holds import Hold
from keepuntil.domain.plans import Plan
from keepuntil.register import holds, plans
from keepuntil.register.plans import StoredPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A plan as it was frozen, and as it comes out today."""

    frozen: Plan
    again: Plan

    @property
    def same(self) -> bool:
        return self.frozen.digest == self.again.digest

    @property
    def differing(self) -> tuple[str, ...]:
        """What is not as it was: instances by name, ``stores.yaml``, ``holds``."""
        was = {tally.instance: tally for tally in self.frozen.instances}
        found = [tally.instance for tally in self.again.instances if was[tally.instance] != tally]
        if self.frozen.stores_digest != self.again.stores_digest:
            found.append("stores.yaml")
        if self.frozen.holds_digest != self.again.holds_digest:
            found.append("holds")
        return tuple(found)


def replay(installation: Installation, name: str, progress: Progress | None = None) -> Replay:
    """Make a past plan again from today's data; nothing of it is kept. Reads stores only.

    Raises PlanError when there is no such plan, RuleError when its rule cannot be read any
    more, StoreMismatch, StoreUnreachable.
    """
    stored = plans.load(installation.register, name)
    plan = stored.plan
    side = under_version(installation, archived(installation, plan.rule_digest))
    in_force = _in_force_when_frozen(installation, stored)
    # Never frozen, so it is discarded at the end of the block.
    with plans.begin(installation.register, plan.category, plan.as_of, installation.now()) as draft:
        again = survey(side.installation, side.rule, plan.as_of, draft, in_force, progress)
    return Replay(frozen=plan, again=again)


def _in_force_when_frozen(installation: Installation, stored: StoredPlan) -> tuple[Hold, ...]:
    """Holds as the plan saw them, in the order in which it saw them."""
    bound = [
        record.hold
        for record in holds.history(installation.register, stored.plan.category)
        if record.hold.placed_at <= stored.frozen_at
        and (record.lifted_at is None or record.lifted_at > stored.frozen_at)
    ]
    return tuple(sorted(bound, key=lambda hold: hold.hold_id))
