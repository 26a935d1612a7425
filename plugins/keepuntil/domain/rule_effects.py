"""What a change of a rule does to what is due, before it is carried out: counts, never records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from keepuntil.domain.categories import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceEffect:
    """One place under the rule as it was and as it is to be, on one day."""

    instance: str
    store: str
    total: int
    """Every item of the place under the new rule; under the old one where it is given up."""
    due_before: int
    due_after: int
    newly_due: int
    """Due under the new rule and not under the old one; holds aside, which nobody changes."""
    no_longer_due: int
    oldest_newly_due: date | None
    """``due_on`` of the oldest item that is newly due."""
    not_computable_before: int
    not_computable_after: int
    """Fewer than before: so many became computable."""
    answered_before: bool
    """False: the place cannot be asked under the old rule any more (a table that is gone), so
    nothing counts as due before and the change looks larger than it is, never smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEffect:
    """One change of one rule, and what it comes to in every place on ``as_of``."""

    category: str
    before: str | None
    """Digest of the rule as it was; None: there was none."""
    after: str | None
    """Digest of the rule as it is to be; None: it is taken away."""
    as_of: date
    instances: tuple[InstanceEffect, ...]
    exceeded: tuple[str, ...]
    """Which limits the newly due alone are above, the stricter of both rules'; empty: none."""

    @property
    def newly_due(self) -> int:
        return sum(each.newly_due for each in self.instances)

    @property
    def no_longer_due(self) -> int:
        return sum(each.no_longer_due for each in self.instances)

    @property
    def asks_for_approval(self) -> bool:
        """Only a change does: a rule that is new has lists of its own, with limits of their own."""
        return self.before is not None and bool(self.exceeded)


def above(limits: Limits, due: Iterable[tuple[str, int, int]]) -> Iterator[str]:
    """A sentence for each limit that is passed. ``due``: instance, due items, all its items."""
    counted = list(due)
    items = sum(count for _, count, _ in counted)
    if items > limits.items:
        yield f"{items} items are due, above the rule's limit of {limits.items} a run."
    for instance, count, total in counted:
        if total and count > limits.share * total:
            share = 100 * count / total
            yield (
                f"{count} of {total} items of {instance} are due "
                f"({share:.1f} %), above the rule's limit of {limits.share:.1%} a run."
            )
