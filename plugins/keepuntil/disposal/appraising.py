"""Appraisal (鉴定): what a list proposes to destroy is looked at, item by item where it matters.

    extend       kept until a day, with a reason (会计档案管理办法 17: re-dated and marked)
    unsettled    extracted, since a claim or debt is open (抽出立卷, 79号令 19)

Whatever is said nothing of is to be destroyed. A decision to keep binds like a hold, because
it is one: on that very item, from the moment it is entered, whatever was approved. Where a
rule has every list appraised, a panel signs what came of it: see :mod:`.appraisal_panel`.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from keepuntil.disposal.installation import Installation
from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.domain.items import Key, key_text
from keepuntil.domain.plans import Plan
from keepuntil.errors import UsageError
from keepuntil.register import holds, plans

MANDATE: Final = "appraisal"


class Opinion(StrEnum):
    """Why an item of a list is kept."""

    EXTEND = "extend"
    UNSETTLED = "unsettled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One item of a list that is kept, and why."""

    hold_id: str
    instance: str
    key: str
    """The item, as its JSON key."""
    opinion: Opinion
    reason: str
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraised:
    """What an appraisal of a list came to, in counts: the list's items and those kept."""

    plan_id: str
    listed: int
    extended: int
    unsettled: int

    @property
    def destroyed(self) -> int:
        """What is left to destroy."""
        return self.listed - self.extended - self.unsettled


def keep(
    installation: Installation,
    plan_id: str,
    instance: str,
    keys: Sequence[Key],
    *,
    opinion: Opinion,
    reason: str,
    by: str,
    until: date | None = None,
) -> list[str]:
    """Keep items of a list; the identifiers of their holds.

    ``until``: the day until which they are extended, to be looked at again then; it belongs
    to ``extend`` and to nothing else. Raises UsageError when an item is not on the list, or
    nothing is given as a reason.
    """
    _refuse_unfit(opinion, reason, until)
    plan = plans.load(installation.register, plan_id).plan
    _refuse_unlisted(installation, plan, instance, keys)
    placed = []
    for key in keys:
        hold = Hold(
            hold_id=f"A-{uuid.uuid4().hex[:12]}",
            mandate=f"{MANDATE}/{opinion}/{plan.plan_id}: {reason}",
            owner=by,
            category=plan.category,
            instance=instance,
            scope=HoldScope.KEY,
            value=key_text(key),
            placed_at=installation.now(),
            review_by=until,
        )
        holds.add(installation.register, hold)
        placed.append(hold.hold_id)
    return placed


def appraised(installation: Installation, plan_id: str) -> Appraised:
    """What the appraisal of a list came to so far; lifted decisions count no more."""
    plan = plans.load(installation.register, plan_id).plan
    counts = Counter(each.opinion for each in decisions(installation, plan).values())
    return Appraised(
        plan_id=plan.plan_id,
        listed=plan.items,
        extended=counts[Opinion.EXTEND],
        unsettled=counts[Opinion.UNSETTLED],
    )


def decisions(installation: Installation, plan: Plan) -> dict[tuple[str, str], Decision]:
    """What is kept of a list, by instance and key; of two decisions on one item the first."""
    found: dict[tuple[str, str], Decision] = {}
    for hold in holds.in_force(installation.register, plan.category):
        decision = _decision(hold, plan.plan_id)
        if decision is not None:
            found.setdefault((decision.instance, decision.key), decision)
    return found


def _decision(hold: Hold, plan_id: str) -> Decision | None:
    """The decision that a hold is; None: it is another list's, or no appraisal's at all."""
    mandate, _, reason = hold.mandate.partition(": ")
    for opinion in Opinion:
        if mandate == f"{MANDATE}/{opinion}/{plan_id}" and hold.instance is not None:
            return Decision(
                hold_id=hold.hold_id,
                instance=hold.instance,
                key=hold.value,
                opinion=opinion,
                reason=reason,
                until=hold.review_by,
            )
    return None


def _refuse_unfit(opinion: Opinion, reason: str, until: date | None) -> None:
    if not reason.strip():
        raise UsageError("An appraisal says why an item is kept: give a reason.")
    if (opinion is Opinion.EXTEND) is (until is None):
        raise UsageError(
            "An extension says until when; what is unsettled waits for its settlement and has no "
            "day. Give a day with an extension, and only there."
        )


def _refuse_unlisted(
    installation: Installation, plan: Plan, instance: str, keys: Sequence[Key]
) -> None:
    missing = set(keys)
    if not missing:
        raise UsageError("Name the items that are kept.")
    if instance not in {tally.instance for tally in plan.instances}:
        raise UsageError(f"The plan {plan.plan_id} has no instance '{instance}'.")
    for _, chunk in plans.chunks(installation.register, plan.plan_id, instance):
        missing.difference_update(chunk.keys)
        if not missing:
            return
    raise UsageError(
        f"{len(missing)} of the {len(set(keys))} items named are not on the list {plan.plan_id}; "
        f"nothing was entered."
    )
