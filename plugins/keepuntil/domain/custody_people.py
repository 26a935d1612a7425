"""Who may do what with a consignment (职责分离).

Drafter, approver, executor and witness are distinct people, and nobody whom the vendor
employs ever witnesses. Who takes part is read from the records, also from those that
ended in a halt: hands that held the paper stay hands that held the paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from keepuntil.domain.consignments import (
    VENDOR,
    Consignment,
    CustodyRule,
    Duty,
    Participant,
    Step,
    StepRecord,
)
from keepuntil.domain.custody_words import refusal

DUTY_OF: Final[Mapping[Step, Duty]] = {
    Step.SIGN: Duty.APPROVE,
    Step.PICK: Duty.CARRY,
    Step.SEAL: Duty.CARRY,
    Step.HAND_OVER: Duty.CARRY,
    Step.RECEIVE: Duty.CARRY,
    Step.COUNT: Duty.WITNESS,
    Step.DESTROY: Duty.EXECUTE,
    Step.WITNESS: Duty.WITNESS,
    Step.CERTIFY: Duty.CERTIFY,
    Step.RECONCILE: Duty.RECONCILE,
    Step.REPORT: Duty.REPORT,
    Step.RESOLVE: Duty.RESOLVE,
    Step.WITHDRAW: Duty.WITHDRAW,
}

EXCLUSIVE: Final = frozenset(
    {
        frozenset({Duty.DRAFT, Duty.APPROVE}),
        frozenset({Duty.DRAFT, Duty.EXECUTE}),
        frozenset({Duty.DRAFT, Duty.WITNESS}),
        frozenset({Duty.APPROVE, Duty.EXECUTE}),
        frozenset({Duty.APPROVE, Duty.WITNESS}),
        frozenset({Duty.EXECUTE, Duty.WITNESS}),
        frozenset({Duty.EXECUTE, Duty.RECONCILE}),
        frozenset({Duty.EXECUTE, Duty.RESOLVE}),
    }
)
"""Pairs of duties that nobody has both of, whichever came first."""

AT_LEAST: Final[Mapping[Step, int]] = {Step.HAND_OVER: 2, Step.RESOLVE: 2}
"""How many people a step needs where one is not enough; the count's number is the rule's."""

OPEN_TO_VENDOR: Final = frozenset({Step.HAND_OVER, Step.RECEIVE, Step.DESTROY, Step.REPORT})
"""Steps in which the vendor's employees may take part."""

FEWEST_WITNESSES: Final = 2

ACCOUNTING_SIGNATORIES: Final = (
    "head_of_unit",
    "head_of_archives",
    "head_of_accounting",
    "archives_officer",
    "accounting_officer",
)
"""The five who sign a list of accounting archives (会计档案管理办法 18(二))."""

ACCOUNTING_WITNESSES: Final = ("archives", "accounting")
"""The departments that witness the destruction of accounting archives on paper (18(三))."""

ELECTRONIC_ACCOUNTING_WITNESSES: Final = (*ACCOUNTING_WITNESSES, "information_systems")
"""The same for electronic accounting archives: three departments witness jointly (18(三))."""


def refuse_unfit_people(consignment: Consignment, record: StepRecord) -> None:
    """Raise CustodyError when one of the people may not take part in the step."""
    _refuse_too_few(record)
    for participant in record.by:
        _refuse_vendor(consignment, record.step, participant)
        _refuse_two_duties(consignment, record.step, participant.person)
    if record.step is Step.COUNT:
        _refuse_incomplete_witnesses(consignment.rule, record)


def lacking_witnesses(rule: CustodyRule, witnesses: Iterable[Participant]) -> str | None:
    """What a set of witnesses lacks by the rule, as half a sentence; None: nothing."""
    by_person = {each.person: each.department for each in witnesses}
    if len(by_person) < rule.witnesses:
        return f"{rule.witnesses} witnesses are needed, {len(by_person)} took part"
    absent = [each for each in rule.witness_departments if each not in by_person.values()]
    if absent:
        return f"nobody was there from {', '.join(absent)}"
    return None


def with_people(
    consignment: Consignment, record: StepRecord
) -> dict[Duty, tuple[Participant, ...]]:
    """The people of the consignment, those of the record among them."""
    duty = DUTY_OF[record.step]
    before = consignment.people.get(duty, ())
    new = tuple(each for each in record.by if each not in before)
    return {**consignment.people, duty: before + new}


def _refuse_too_few(record: StepRecord) -> None:
    people = {each.person for each in record.by}
    if len(people) < len(record.by):
        raise refusal(record.step, "one person is named twice; name each person once.")
    needed = AT_LEAST.get(record.step, 1)
    if len(people) < needed:
        raise refusal(record.step, f"it takes {needed} to sign for it; {len(people)} did.")


def _refuse_vendor(consignment: Consignment, step: Step, participant: Participant) -> None:
    known = {
        each.department == VENDOR
        for people in consignment.people.values()
        for each in people
        if each.person == participant.person
    }
    employed = participant.department == VENDOR
    if employed and step not in OPEN_TO_VENDOR:
        raise refusal(
            step,
            f"{participant.person} is the vendor's; "
            "the vendor's people carry and destroy, and never sign, witness or decide.",
        )
    if known and employed not in known:
        raise refusal(
            step,
            f"{participant.person} took part before for {_side(not employed)}, now "
            f"for {_side(employed)}; nobody changes sides on one journey.",
        )


def _side(employed: bool) -> str:
    return "the vendor" if employed else "the institution"


def _refuse_two_duties(consignment: Consignment, step: Step, person: str) -> None:
    duty = DUTY_OF[step]
    for other in Duty:
        if frozenset({duty, other}) in EXCLUSIVE and person in consignment.persons(other):
            raise refusal(
                step,
                f"{person} has a part in this consignment already ({other.value}), which "
                f"excludes this one ({duty.value}); somebody else has to do it.",
            )


def _refuse_incomplete_witnesses(rule: CustodyRule, record: StepRecord) -> None:
    if lacking := lacking_witnesses(rule, record.by):
        raise refusal(record.step, f"{lacking}; open the boxes when all of them are there.")
