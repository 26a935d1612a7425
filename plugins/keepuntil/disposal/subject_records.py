"""Everything the rules know of one person: each copy, what is decided of it, what binds it.

Whose a copy is, an instance says by its ``subject``: a column, or a pattern over the name.
Copies that do not say so are found by the record groups of the rows that do. What a rule
does not make findable is named, never passed over in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

from keepuntil.disposal.asking import asking
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Rule, SqlInstance, StoredInstance, reached, subject_of
from keepuntil.domain.clock import Cutoffs, Fact
from keepuntil.domain.decision import Decision, Doubt, Due, Undetermined
from keepuntil.domain.items import Key
from keepuntil.register import holds
from keepuntil.stores.protocol import Facts, Found, Query, Store

_EVERYTHING = Cutoffs(latest=(), any_trigger=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCopy:
    """One copy, on one day. The key is the store's own name for it."""

    rule: Rule
    instance: StoredInstance
    key: Key
    group: str | None
    facts: tuple[tuple[str, Fact], ...]
    """By event; empty where another instance lends them and has no such record."""
    decision: Decision
    """Holds aside."""
    held_by: tuple[str, ...]


def findable(rule: Rule) -> bool:
    """Whether any instance of the rule says whose its copies are."""
    return any(subject_of(each) is not None for each in rule.stored_instances)


def unreached(rule: Rule) -> tuple[StoredInstance, ...]:
    """Instances in which one person's copies cannot be told from others'."""
    if not findable(rule):
        return rule.stored_instances
    return tuple(each for each in rule.stored_instances if not reached(each))


def copies_of(
    installation: Installation, rule: Rule, subject: str, as_of: date
) -> Iterator[FoundCopy]:
    """Every copy of a person's records in the places of one rule. Reads only.

    Rows are found by an index where there is one; objects and files are all listed.
    Raises StoreMismatch, StoreUnreachable.
    """
    groups: set[str] = set()
    for instance in rule.stored_instances:
        if subject_of(instance) is not None:
            for copy in _of_subject(installation, rule, instance, subject, as_of):
                groups |= {copy.group} if copy.group is not None else set()
                yield copy
    for instance in rule.stored_instances:
        if groups and subject_of(instance) is None and reached(instance):
            yield from _of_groups(installation, rule, instance, frozenset(groups), as_of)


def _of_subject(
    installation: Installation, rule: Rule, instance: StoredInstance, subject: str, as_of: date
) -> Iterator[FoundCopy]:
    pattern = re.compile(subject_of(instance) or "")
    by_name = not isinstance(instance, SqlInstance)
    with everything(installation, rule, instance, as_of) as (store, query):
        for copy in decided_copies(store, replace(query, subject=subject)):
            if not by_name or _subject_in(pattern, copy.key) == subject:
                yield copy


def _subject_in(pattern: re.Pattern[str], key: Key) -> str | None:
    """As stores read a record group out of a name: the whole name has to match."""
    (name,) = key
    found = pattern.fullmatch(name) if isinstance(name, str) else None
    return found[found.lastgroup or 0] if found is not None else None


def _of_groups(
    installation: Installation,
    rule: Rule,
    instance: StoredInstance,
    groups: frozenset[str],
    as_of: date,
) -> Iterator[FoundCopy]:
    with everything(installation, rule, instance, as_of) as (store, query):
        for copy in decided_copies(store, replace(query, groups=groups)):
            if copy.group in groups:
                yield copy


@contextmanager
def everything(
    installation: Installation, rule: Rule, instance: StoredInstance, as_of: date
) -> Iterator[tuple[Store, Query]]:
    """The question that makes a store hand out every copy, due or not; see `decided_copies`."""
    in_force = holds.in_force(installation.register, rule.category)
    with asking(installation, rule, instance, as_of, in_force) as (store, query):
        yield store, replace(query, cutoffs=_EVERYTHING)


def decided_copies(store: Store, query: Query) -> Iterator[FoundCopy]:
    """Each copy with what the rule says of it, holds beside. Reads only."""
    always = Due(since=query.as_of, delete_by=None, overdue=False)
    for found in store.find(replace(query, decide=lambda _: always)):
        yield from _decided(found, query)


def _decided(found: Found, query: Query) -> Iterator[FoundCopy]:
    bound = query.binding.of_many(found.keys, found.groups)
    events = query.rule.clock.events
    for place, key in enumerate(found.keys):
        by_condition = found.held[place] if found.held else ()
        facts = found.facts[place]
        yield FoundCopy(
            rule=query.rule,
            instance=query.instance,
            key=key,
            group=found.groups[place],
            facts=tuple(zip(events, facts, strict=True)) if facts else (),
            decision=_decision(query, facts),
            held_by=tuple(sorted({*bound[place], *by_condition})),
        )


def _decision(query: Query, facts: Facts) -> Decision:
    if not facts and query.rule.clock.events:
        return Undetermined(Doubt.NO_LINKED_RECORD, "")
    return query.decide(facts)
