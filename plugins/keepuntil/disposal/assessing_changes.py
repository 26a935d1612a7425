"""A rule as it was and as it is to be, asked of the same stores on the same day. Reads only.

Holds are the same on both sides, so what a hold binds is not counted as newly due. What
cannot be asked any more under the old rule (a table that is gone) counts as having had
nothing due: the change then looks larger than it is, never smaller.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from keepuntil.disposal.asking import asking
from keepuntil.disposal.deciding import KEPT, RESTRICTED, decided, why_not_due
from keepuntil.disposal.due_sets import DueItem, DueSets, item_digest
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import FilesInstance, Limits, Rule, SqlInstance, StoredInstance
from keepuntil.domain.decision import Due
from keepuntil.domain.rule_effects import InstanceEffect, RuleEffect, above
from keepuntil.errors import StoreMismatch
from keepuntil.register import holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two: the installation under the schedule in which the rule stands."""

    installation: Installation
    rule: Rule

    def instance(self, name: str) -> StoredInstance | None:
        return next((each for each in self.rule.stored_instances if each.id == name), None)


def assess(before: Side | None, after: Side | None, as_of: date) -> RuleEffect:
    """What the change from ``before`` to ``after`` makes due on ``as_of``; None: no such rule.

    ``as_of`` may lie ahead. Raises StoreMismatch when the new rule does not fit its
    stores, StoreUnreachable.
    """
    sides = [side for side in (after, before) if side is not None]
    names = dict.fromkeys(each.id for side in sides for each in side.rule.stored_instances)
    effects = tuple(_assess_instance(before, after, name, as_of) for name in names)
    return RuleEffect(
        category=sides[0].rule.category,
        before=None if before is None else before.rule.digest,
        after=None if after is None else after.rule.digest,
        as_of=as_of,
        instances=effects,
        exceeded=() if after is None else tuple(_above(_limits(before, after), effects)),
    )


def _limits(before: Side | None, after: Side) -> Limits:
    """The stricter of both: who shortens a period does not widen what is asked about it too."""
    new = after.rule.disposition.limits
    old = new if before is None else before.rule.disposition.limits
    return Limits(items=min(old.items, new.items), share=min(old.share, new.share))


def _above(limits: Limits, effects: tuple[InstanceEffect, ...]) -> Iterator[str]:
    counted = ((each.instance, each.newly_due, each.total) for each in effects)
    yield from above(limits, counted)


def _assess_instance(
    before: Side | None, after: Side | None, name: str, as_of: date
) -> InstanceEffect:
    was, becomes = _Pass(before, name, as_of), _Pass(after, name, as_of)
    with DueSets.empty() as sets:
        answered = _ask_old_rule(was, sets)
        becomes.refuse_mismatch()
        sets.becomes(becomes.due())
        instance = becomes.instance or was.instance
        if instance is None:
            raise StoreMismatch(f"Neither rule has an instance {name}.")
        return InstanceEffect(
            instance=name,
            store=instance.store,
            total=(becomes if becomes.instance else was).total,
            due_before=sets.size_before,
            due_after=sets.size_after,
            newly_due=sets.new_and_free,
            no_longer_due=sets.gone,
            oldest_newly_due=sets.oldest_new,
            not_computable_before=was.not_computable,
            not_computable_after=becomes.not_computable,
            answered_before=answered,
        )


def _ask_old_rule(was: _Pass, sets: DueSets) -> bool:
    """Whether the place, or the one that dates its copies, is still as the old rule says."""
    try:
        was.refuse_mismatch()
        sets.was(was.due())
    except StoreMismatch:
        sets.forget_what_was()
        was.seen.clear()
        return False
    return True


@dataclass(slots=True)
class _Pass:
    """One look through one place; counts what it passes."""

    side: Side | None
    name: str
    as_of: date
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def instance(self) -> StoredInstance | None:
        return None if self.side is None else self.side.instance(self.name)

    @property
    def total(self) -> int:
        return self.seen.total()

    @property
    def not_computable(self) -> int:
        return self.total - sum(self.seen[word] for word in ("due", KEPT, RESTRICTED))

    def _problems(self) -> tuple[str, ...]:
        side, instance = self.side, self.instance
        if side is None or instance is None:
            return ()
        if instance.store not in side.installation.schedule.stores:
            return (f"there is no store {instance.store} any more",)
        with side.installation.store(instance.store, reader=True) as store:
            return store.describe(side.rule, instance).problems

    def refuse_mismatch(self) -> None:
        """Raise StoreMismatch unless the place is as the rule declares it."""
        problems = self._problems()
        if problems:
            raise StoreMismatch(
                f"Instance {self.name} is not as declared, so nobody can say what the change "
                "makes due:\n" + "\n".join(f"  - {line}" for line in problems)
            )

    def due(self) -> Iterator[DueItem]:
        side, instance = self.side, self.instance
        if side is None or instance is None:
            return
        in_force = holds.in_force(side.installation.register, side.rule.category)
        place = _place_of(instance)
        with asking(side.installation, side.rule, instance, self.as_of, in_force) as (store, query):
            for found in store.find(query):
                self.seen.update(found.passed_over)
                for at, decision, held_by in decided(found, query):
                    if isinstance(decision, Due):
                        self.seen["due"] += 1
                        digest = item_digest(found.keys[at], place)
                        yield DueItem(digest, bool(held_by), decision.since.toordinal())
                    else:
                        self.seen[why_not_due(decision)] += 1


def _place_of(instance: StoredInstance) -> str:
    """Where a key means what it means: the same number in another table is another record."""
    if isinstance(instance, SqlInstance):
        return "\0".join((instance.store, instance.schema or "", instance.table, *instance.key))
    if isinstance(instance, FilesInstance):
        return f"{instance.store}\0{instance.under}"
    return instance.store
