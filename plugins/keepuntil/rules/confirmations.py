"""What a rule rests on, and whether anybody answers for it.

Data that is gone cannot be brought back when the law turns out to say something else.
So a rule may list what would be due on the word of a text nobody here has read, and may
destroy nothing by it until its reader, or the data protection officer, says so in the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cmp_to_key
from typing import Final

from keepuntil.domain.categories import ApprovalKind, Authority, Confidence, Obligation, Rule
from keepuntil.domain.people import Person
from keepuntil.domain.periods import Period
from keepuntil.rules.document import Document
from keepuntil.rules.lint_clock import ends_before

DPO: Final = "dpo"
"""The role of people.yaml (个人信息保护负责人, PIPL 52) that confirms authorities."""


def in_doubt(rule: Rule) -> tuple[Authority, ...]:
    """The authorities that decide when the rule destroys and that nobody answers for.

    What obliges to keep decides by the longest period named, what obliges to delete by the
    shortest. ``primary`` speaks for itself. ``secondary`` does where people approve each
    plan; where the class is approved beforehand nobody would look again. An empty answer
    says that the rule may destroy.
    """
    found: list[Authority] = []
    for obligation in Obligation:
        decides = deciding(rule, obligation)
        if not any(_stands(authority, rule.disposition.approval) for authority in decides):
            found += decides
    return tuple(found)


def lint_confirmations(
    document: Document, rule: Rule, people: Sequence[Person] | None, today: date | None
) -> None:
    """Note confirmations by who may not give them, and those of a day to come."""
    for at, authority in enumerate(rule.authorities):
        confirmed, path = authority.confirmed, ("authorities", at, "confirmed")
        if confirmed is None:
            continue
        if people is not None and confirmed.by not in holders(people):
            document.note_at(
                (*path, "by"),
                f"{confirmed.by} does not hold the role '{DPO}' in people.yaml, so confirms "
                "no authority.",
            )
        if today is not None and confirmed.on > today:
            document.note_at((*path, "on"), "A confirmation is never of a day to come.")


def holders(people: Sequence[Person]) -> list[str]:
    """The ids of those who may confirm an authority."""
    return [person.id for person in people if DPO in person.roles]


def deciding(rule: Rule, obligation: Obligation) -> list[Authority]:
    """The authorities by which a rule keeps, or deletes: of periods that are named the longest
    to keep, the shortest to delete."""
    bound = [each for each in rule.authorities if each.obligation is obligation]
    periods = [each.period for each in bound if each.period is not None]
    if not periods:
        return bound
    pick = max if obligation is Obligation.KEEP else min
    governs = pick(periods, key=cmp_to_key(_compare))
    return [each for each in bound if each.period is not None and _same(each.period, governs)]


def _compare(one: Period, other: Period) -> int:
    return ends_before(other, one) - ends_before(one, other)


def _same(one: Period, other: Period) -> bool:
    return not ends_before(one, other) and not ends_before(other, one)


def _stands(authority: Authority, approval: ApprovalKind) -> bool:
    if authority.confidence is Confidence.PRIMARY or authority.answered_for:
        return True
    by_people = approval is not ApprovalKind.NONE
    return authority.confidence is Confidence.SECONDARY and by_people
