"""Everything a folder of policies declares, read and found right (保存期限表)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from keepuntil.domain.categories import KnownCategory, Rule
from keepuntil.domain.discoveries import Acknowledgement
from keepuntil.domain.people import Person
from keepuntil.domain.publication import Publication
from keepuntil.domain.stores import StoreDeclaration
from keepuntil.domain.working_days import WorkingDays
from keepuntil.errors import RuleError
from keepuntil.evidence.keys import VerifyingKey
from keepuntil.rules.problems import Problem, nearest, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The rules with the stores, people and calendars they name."""

    rules: tuple[Rule, ...]
    """By category."""
    stores: Mapping[str, StoreDeclaration]
    controller: str
    """The organisation that answers for all this, as a domain name: it names the log as well."""
    people: tuple[Person, ...]
    public_keys: Mapping[str, VerifyingKey]
    """By the id of the person."""
    calendars: Mapping[str, WorkingDays]
    publication: Publication
    """How evidence reaches the outside."""
    known: tuple[KnownCategory, ...]
    """Every category that ``categories.yaml`` lists, in its order; empty without that file."""
    acknowledged: tuple[Acknowledgement, ...]
    """What ``discoveries.yaml`` says of found places, in its order; empty without that file."""
    warnings: tuple[Problem, ...]
    """What stops nothing and should be looked at."""

    def rule(self, category: str) -> Rule:
        """The rule of a category. RuleError, with the nearest word, when there is none."""
        for rule in self.rules:
            if rule.category == category:
                return rule
        known = [rule.category for rule in self.rules]
        raise RuleError(f"There is no rule for {quoted(category)}.{nearest(category, known)}")

    def person(self, person_id: str) -> Person | None:
        """The person of that id, if there is one."""
        return next((person for person in self.people if person.id == person_id), None)

    def public_key(self, person: Person) -> VerifyingKey | None:
        """The key the person signs with, if they have one."""
        return self.public_keys.get(person.id)

    def working_days(self, rule: Rule) -> WorkingDays | None:
        """The calendar the rule's clock names, if it names one."""
        return None if rule.clock.calendar is None else self.calendars[rule.clock.calendar]

    def with_version(self, version: Rule, working_days: WorkingDays | None) -> Schedule:
        """This schedule with one rule as it was in another version, its calendar included."""
        others = (rule for rule in self.rules if rule.category != version.category)
        rules = sorted((*others, version), key=lambda rule: rule.category)
        name = version.clock.calendar
        calendars = dict(self.calendars)
        if name is not None and working_days is not None:
            calendars[name] = working_days
        return replace(self, rules=tuple(rules), calendars=calendars)

    def stores_of(self, rule: Rule) -> Mapping[str, StoreDeclaration]:
        """The stores that the rule's instances are in, by name."""
        names = sorted({instance.store for instance in rule.stored_instances})
        return {name: self.stores[name] for name in names}
