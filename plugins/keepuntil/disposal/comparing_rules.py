"""A schedule that is proposed against the one before it: which rules change, and what for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from keepuntil.disposal.assessing_changes import Side, assess
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Rule
from keepuntil.domain.rule_effects import RuleEffect
from keepuntil.errors import RuleError
from keepuntil.rules.differences import Difference, differences
from keepuntil.rules.load import Schedule, load


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRule:
    """One rule that is added, taken away or changed."""

    category: str
    differences: tuple[Difference, ...]
    """Empty where the rule is added or taken away."""
    effect: RuleEffect


def load_earlier(folder: Path, reference: str) -> Schedule:
    """The schedule of an earlier folder. Raises RuleError that says which one is at fault."""
    try:
        return load(folder)
    except RuleError as error:
        raise RuleError(f"The policies at {reference} cannot be read: {error.sentence}") from None


def changed_rules(
    installation: Installation, earlier: Schedule, as_of: date | None
) -> Iterator[ChangedRule]:
    """Every rule that is not as it was, with what that makes due or no longer due.

    ``as_of`` None: today in the rule's zone, or the day it comes into force when that lies
    ahead. Where a store of that name is still declared, it is asked as it is declared now.
    """
    proposed = installation.schedule
    asked = replace(earlier, stores={**earlier.stores, **proposed.stores})
    was = {rule.category: rule for rule in earlier.rules}
    becomes = {rule.category: rule for rule in proposed.rules}
    for category in sorted(was.keys() | becomes.keys()):
        before, after = was.get(category), becomes.get(category)
        if before is not None and after is not None and before.digest == after.digest:
            continue
        yield ChangedRule(
            category=category,
            differences=_differences(earlier, before, proposed, after),
            effect=assess(
                _side(installation.under(asked), before),
                _side(installation, after),
                as_of or _day(installation, after or before),
            ),
        )


def _side(installation: Installation, rule: Rule | None) -> Side | None:
    return None if rule is None else Side(installation=installation, rule=rule)


def _day(installation: Installation, rule: Rule | None) -> date:
    if rule is None:
        return installation.now().date()
    return max(installation.today(rule), rule.effective_from)


def _differences(
    earlier: Schedule, before: Rule | None, proposed: Schedule, after: Rule | None
) -> tuple[Difference, ...]:
    if before is None or after is None:
        return ()
    return tuple(
        differences((before, earlier.working_days(before)), (after, proposed.working_days(after)))
    )
