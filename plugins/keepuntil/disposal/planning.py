"""Stage 1. Find what is due, decide each candidate, and freeze the list.

Reads only: stores are opened with their reading credential. The same data, rule
and ``as_of`` give the same plan, byte for byte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import compress

from keepuntil.disposal import changing_rules
from keepuntil.disposal.asking import asking
from keepuntil.disposal.deciding import KEPT, RESTRICTED, decided, why_not_due
from keepuntil.disposal.findings import doubts_found
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Rule, StoredInstance
from keepuntil.domain.chunks import Chunk
from keepuntil.domain.decision import Due
from keepuntil.domain.holds import Hold
from keepuntil.domain.items import Key
from keepuntil.domain.plans import InstanceTally, Plan
from keepuntil.domain.rule_effects import above
from keepuntil.errors import PlanError, StoreMismatch
from keepuntil.evidence import canonical
from keepuntil.register import holds, plans, rule_versions
from keepuntil.register.plans import Draft, StoredPlan
from keepuntil.rules.canonical import rule_document, stores_digest
from keepuntil.stores.protocol import Description, Found, Query, Store

Progress = Callable[[str, int], None]
"""Told an instance and how many more of its items were seen."""


def plan(
    installation: Installation,
    category: str,
    as_of: date,
    *,
    proposed_by: str,
    progress: Progress | None = None,
) -> StoredPlan:
    """Freeze the list of everything of a category that is due on ``as_of``.

    Nothing is changed in any store. A plan that is above the rule's limits is
    frozen too, marked, and waits for a person.

    Raises PlanError (the date is in the future, the rule is not in force), PlanBlocked (the
    rule changed, makes more due than its limits, and nobody has approved that),
    StoreMismatch (the store is not as declared), StoreUnreachable.
    """
    rule = installation.rule(category)
    _refuse_wrong_day(installation, rule, as_of)
    changing_rules.refuse_unapproved(installation, rule, as_of)
    _keep_version(installation, rule)
    in_force = tuple(holds.in_force(installation.register, category))
    # A crash before freezing leaves a draft that nobody can approve; `plans.sweep` finds it.
    with plans.begin(installation.register, category, as_of, installation.now()) as draft:
        frozen = draft.freeze(
            survey(installation, rule, as_of, draft, in_force, progress),
            proposed_by,
            installation.now(),
        )
    doubts_found(installation, frozen.plan)
    return frozen


def survey(
    installation: Installation,
    rule: Rule,
    as_of: date,
    draft: Draft,
    in_force: tuple[Hold, ...],
    progress: Progress | None = None,
) -> Plan:
    """Fill a draft from every instance and say what the plan is under these holds.

    See :func:`plan`.
    """
    survey_of = _Survey(
        installation=installation,
        rule=rule,
        as_of=as_of,
        in_force=in_force,
        draft=draft,
        progress=progress,
    )
    tallies = tuple(survey_of.tally(instance) for instance in rule.stored_instances)
    return _compose(installation, rule, as_of, in_force, tallies)


def describe(installation: Installation, rule: Rule) -> dict[str, Description]:
    """Each instance's place compared with the rule: problems and warnings. Reads only."""
    found = {}
    for instance in rule.stored_instances:
        with installation.store(instance.store, reader=True) as store:
            found[instance.id] = store.describe(rule, instance)
    return found


def _keep_version(installation: Installation, rule: Rule) -> None:
    document = rule_document(rule, installation.schedule.working_days(rule))
    rule_versions.publish(
        installation.register,
        rule.category,
        rule.digest,
        canonical.encode(document),
        installation.now(),
    )


def _refuse_wrong_day(installation: Installation, rule: Rule, as_of: date) -> None:
    today = installation.today(rule)
    if as_of > today:
        raise PlanError(
            f"{as_of} has not come yet in {rule.clock.zone}, where it is {today}. "
            "Nothing is planned ahead of its day; see: keepuntil forecast"
        )
    if as_of < rule.effective_from:
        raise PlanError(
            f"The rule {rule.category} is in force from {rule.effective_from}, not on {as_of}."
        )


def _refuse_mismatch(store: Store, rule: Rule, instance: StoredInstance) -> None:
    problems = store.describe(rule, instance).problems
    if problems:
        raise StoreMismatch(
            f"{rule.source}: instance {instance.id} is not as declared, so nothing of "
            f"{rule.category} is destroyed:\n" + "\n".join(f"  - {line}" for line in problems)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Survey:
    """One day of one rule, instance after instance, into one draft."""

    installation: Installation
    rule: Rule
    as_of: date
    in_force: tuple[Hold, ...]
    draft: Draft
    progress: Progress | None

    def tally(self, instance: StoredInstance) -> InstanceTally:
        """Look at everything in one instance: the due on the list, all else counted."""
        with asking(self.installation, self.rule, instance, self.as_of, self.in_force) as (
            store,
            query,
        ):
            _refuse_mismatch(store, self.rule, instance)
            tally = _Tally(
                instance=instance.id, draft=self.draft, chunk_items=store.facts.batch_items
            )
            for found in store.find(query):
                tally.add(found, query)
                if self.progress is not None:
                    self.progress(instance.id, len(found.keys) + sum(found.passed_over.values()))
            return tally.close(instance.store)


@dataclass(slots=True)
class _Tally:
    """Decides candidates, counts everything, and hands full chunks to the draft."""

    instance: str
    draft: Draft
    chunk_items: int
    counts: Counter[str] = field(default_factory=Counter)
    undetermined: Counter[str] = field(default_factory=Counter)
    oldest: date | None = None
    newest: date | None = None
    chunks: int = 0
    keys: list[Key] = field(default_factory=list)
    groups: list[str | None] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    due_on: list[int] = field(default_factory=list)

    def add(self, found: Found, query: Query) -> None:
        """Decide one batch. Every item of it ends in exactly one count."""
        for why, count in found.passed_over.items():
            self._pass_over(why, count)
        self.draft.keep_neighbours(self.instance, found.neighbours)
        if query.binding.binds_nothing and not any(found.held):
            self._add_unbound(found, query)
        else:
            self._add_one_by_one(found, query)
        self._flush(full_only=True)

    def _add_unbound(self, found: Found, query: Query) -> None:
        """No hold binds any of these: equal decisions, of which there are few, are looked at once.

        Deciders remember, so equal decisions are as a rule one object; where they are not,
        each is looked at by itself.
        """
        decisions = list(map(query.decide, found.facts))
        names = list(map(id, decisions))
        sizes = Counter(names)
        due_on: dict[int, int] = {}
        for name, decision in dict(zip(names, decisions, strict=True)).items():
            if isinstance(decision, Due):
                self._count_due(decision, sizes[name], held=False)
                due_on[name] = decision.since.toordinal()
            else:
                self._pass_over(why_not_due(decision), sizes[name])
        is_due = list(map(due_on.__contains__, names))
        self.keys += compress(found.keys, is_due)
        self.groups += compress(found.groups, is_due)
        self.marks += compress(found.marks, is_due)
        self.due_on += map(due_on.__getitem__, compress(names, is_due))
        self.held += [""] * sum(is_due)

    def _add_one_by_one(self, found: Found, query: Query) -> None:
        for place, decision, held_by in decided(found, query):
            if not isinstance(decision, Due):
                self._pass_over(why_not_due(decision), 1)
                continue
            self._count_due(decision, 1, held=bool(held_by))
            self.keys.append(found.keys[place])
            self.groups.append(found.groups[place])
            self.marks.append(found.marks[place])
            self.held.append(",".join(held_by))
            self.due_on.append(decision.since.toordinal())

    def close(self, store: str) -> InstanceTally:
        """Write the last, partial chunk and give the counts."""
        self._flush(full_only=False)
        return InstanceTally(
            instance=self.instance,
            store=store,
            total=self.counts.total() - self.counts["overdue"] + self.undetermined.total(),
            due=self.counts["due"],
            overdue=self.counts["overdue"],
            held=self.counts["held"],
            kept=self.counts[KEPT],
            restricted=self.counts[RESTRICTED],
            undetermined=dict(sorted(self.undetermined.items())),
            oldest_due_on=self.oldest,
            newest_due_on=self.newest,
            chunks=self.chunks,
            items_digest=self.draft.digest(self.instance),
        )

    def _pass_over(self, why: str, count: int) -> None:
        if why in (KEPT, RESTRICTED):
            self.counts[why] += count
        elif count:
            self.undetermined[why] += count

    def _count_due(self, decision: Due, size: int, *, held: bool) -> None:
        self.counts["held" if held else "due"] += size
        self.counts["overdue"] += size if decision.overdue and not held else 0
        if self.oldest is None or decision.since < self.oldest:
            self.oldest = decision.since
        if self.newest is None or decision.since > self.newest:
            self.newest = decision.since

    def _flush(self, *, full_only: bool) -> None:
        size = self.chunk_items
        while len(self.keys) >= (size if full_only else 1):
            chunk = Chunk(
                keys=self.keys[:size],
                groups=self.groups[:size],
                marks=self.marks[:size],
                held=self.held[:size],
                due_on=self.due_on[:size],
            )
            self.draft.append(self.instance, chunk)
            self.chunks += 1
            for column in (self.keys, self.groups, self.marks, self.held, self.due_on):
                del column[:size]


def _compose(
    installation: Installation,
    rule: Rule,
    as_of: date,
    in_force: Iterable[Hold],
    tallies: tuple[InstanceTally, ...],
) -> Plan:
    stores = stores_digest(installation.schedule.stores_of(rule))
    holds_digest = canonical.digest(sorted(hold.hold_id for hold in in_force))
    digest = canonical.digest(
        {
            "asOf": as_of.isoformat(),
            "category": rule.category,
            "holds": holds_digest,
            "instances": [tally_document(tally) for tally in tallies],
            "rule": rule.digest,
            "stores": stores,
        }
    )
    return Plan(
        plan_id=f"{rule.category}.{as_of}.{digest.removeprefix('sha256:')[:12]}",
        digest=digest,
        category=rule.category,
        as_of=as_of,
        rule_digest=rule.digest,
        stores_digest=stores,
        holds_digest=holds_digest,
        instances=tallies,
        exceeded=tuple(
            above(rule.disposition.limits, ((t.instance, t.due, t.total) for t in tallies))
        ),
    )


def tally_document(tally: InstanceTally) -> dict[str, object]:
    """A tally for canonical JSON, as plans digest it and certificates show it."""
    return {
        "chunks": tally.chunks,
        "due": tally.due,
        "held": tally.held,
        "instance": tally.instance,
        "itemsDigest": tally.items_digest,
        "kept": tally.kept,
        "newestDueOn": tally.newest_due_on and tally.newest_due_on.isoformat(),
        "oldestDueOn": tally.oldest_due_on and tally.oldest_due_on.isoformat(),
        "overdue": tally.overdue,
        "restricted": tally.restricted,
        "store": tally.store,
        "total": tally.total,
        "undetermined": dict(tally.undetermined),
    }
