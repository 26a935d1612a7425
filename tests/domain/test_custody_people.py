"""Who may do what with a consignment, and who may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from custody_world import (
    CLERK_AT_SHREDDER,
    DRAFTER,
    DRIVER,
    FIRM,
    IN_HOUSE,
    OPERATOR,
    PICKER,
    RESOLVERS,
    SIGNERS,
    WITH_VENDOR,
    WITNESSES,
    after,
    destroying,
    honest,
    lines_of,
    person,
    record,
    scanning,
    until,
    vendor_journey,
    weeding_journey,
)
from keepuntil.domain.consignments import (
    VENDOR,
    Consignment,
    CustodyRule,
    Duty,
    Participant,
    State,
    Step,
)
from keepuntil.domain.custody import advance, opened
from keepuntil.domain.custody_people import (
    ACCOUNTING_SIGNATORIES,
    ELECTRONIC_ACCOUNTING_WITNESSES,
    refuse_unfit_people,
)
from keepuntil.domain.treatments import Treatment
from keepuntil.errors import CustodyError


def by(consignment: Consignment, step: Step, *people: Participant) -> Consignment:
    """The consignment after an honest record, signed by these people instead."""
    return advance(consignment, replace(honest(consignment, step), by=people))


def test_five_people_sign_a_list_of_accounting_archives_one_by_one() -> None:
    consignment = vendor_journey()
    assert len(ACCOUNTING_SIGNATORIES) == 5
    for signer in SIGNERS:
        assert consignment.state is State.LISTED
        consignment = by(consignment, Step.SIGN, signer)
    assert consignment.state is State.SIGNED


def test_a_role_the_rule_does_not_ask_for_cannot_sign() -> None:
    with pytest.raises(CustodyError, match=r"asks for head_of_unit, .*, not for 'clerk'"):
        by(vendor_journey(), Step.SIGN, PICKER)


def test_a_role_signs_once() -> None:
    consignment = by(vendor_journey(), Step.SIGN, SIGNERS[0])
    with pytest.raises(CustodyError, match="head_of_unit has signed already"):
        by(consignment, Step.SIGN, replace(SIGNERS[0], person="s099"))


def test_two_people_cannot_sign_for_one_role_in_one_record() -> None:
    with pytest.raises(CustodyError, match="head_of_unit has signed already"):
        by(vendor_journey(), Step.SIGN, SIGNERS[0], replace(SIGNERS[0], person="s099"))


def test_one_person_cannot_sign_in_two_roles() -> None:
    consignment = by(vendor_journey(), Step.SIGN, SIGNERS[0])
    with pytest.raises(CustodyError, match="s010 has signed in another role"):
        by(consignment, Step.SIGN, replace(SIGNERS[1], person=SIGNERS[0].person))


def test_the_drafter_cannot_approve() -> None:
    with pytest.raises(CustodyError, match=r"s001 has a part .* \(draft\)"):
        by(vendor_journey(), Step.SIGN, replace(DRAFTER, role="archives_officer"))


@pytest.mark.parametrize("earlier", [DRAFTER, SIGNERS[0]], ids=["drafter", "approver"])
@pytest.mark.parametrize("step", [Step.COUNT, Step.DESTROY])
def test_drafter_and_approver_neither_witness_nor_destroy(earlier: Participant, step: Step) -> None:
    consignment = until(weeding_journey(), step)
    others = (WITNESSES[1],) if step is Step.COUNT else ()
    with pytest.raises(CustodyError, match=f"{earlier.person} has a part"):
        by(consignment, step, earlier, *others)


def test_a_witness_cannot_be_the_executor() -> None:
    consignment = until(weeding_journey(), Step.DESTROY)
    with pytest.raises(CustodyError, match=r"Destruction is refused: s040 .* \(witness\)"):
        by(consignment, Step.DESTROY, WITNESSES[0])


def test_the_executor_cannot_sign_as_a_witness() -> None:
    consignment = until(weeding_journey(), Step.WITNESS)
    with pytest.raises(CustodyError, match=r"signature is refused: s032 .* \(execute\)"):
        by(consignment, Step.WITNESS, CLERK_AT_SHREDDER)


def test_the_executor_does_not_reconcile() -> None:
    consignment = until(weeding_journey(), Step.RECONCILE)
    with pytest.raises(CustodyError, match="s032 has a part"):
        by(consignment, Step.RECONCILE, CLERK_AT_SHREDDER)


def test_the_executor_does_not_resolve_an_incident() -> None:
    consignment = after(until(weeding_journey(), Step.WITNESS), Step.REPORT)
    with pytest.raises(CustodyError, match="s032 has a part"):
        by(consignment, Step.RESOLVE, CLERK_AT_SHREDDER, RESOLVERS[0])


def test_who_resolved_an_incident_does_not_destroy() -> None:
    consignment = after(until(weeding_journey(), Step.DESTROY), Step.REPORT, Step.RESOLVE)
    with pytest.raises(CustodyError, match=r"s050 .* \(resolve\)"):
        by(consignment, Step.DESTROY, RESOLVERS[0])


STEP_OF = {
    Duty.APPROVE: Step.SIGN,
    Duty.EXECUTE: Step.DESTROY,
    Duty.WITNESS: Step.WITNESS,
    Duty.RECONCILE: Step.RECONCILE,
    Duty.RESOLVE: Step.RESOLVE,
}


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (Duty.DRAFT, Duty.APPROVE),
        (Duty.DRAFT, Duty.EXECUTE),
        (Duty.DRAFT, Duty.WITNESS),
        (Duty.APPROVE, Duty.EXECUTE),
        (Duty.APPROVE, Duty.WITNESS),
        (Duty.EXECUTE, Duty.APPROVE),
        (Duty.EXECUTE, Duty.WITNESS),
        (Duty.EXECUTE, Duty.RECONCILE),
        (Duty.EXECUTE, Duty.RESOLVE),
        (Duty.WITNESS, Duty.APPROVE),
        (Duty.WITNESS, Duty.EXECUTE),
        (Duty.RECONCILE, Duty.EXECUTE),
        (Duty.RESOLVE, Duty.EXECUTE),
    ],
)
def test_duties_exclude_each_other_whichever_came_first(earlier: Duty, later: Duty) -> None:
    consignment = replace(weeding_journey(), people={earlier: (person(60),)})
    crowd = (person(60), *WITNESSES)
    attempt = record(consignment, STEP_OF[later], *crowd)
    with pytest.raises(CustodyError, match=rf"s060 has a part .* \({earlier}\).*\({later}\)"):
        refuse_unfit_people(consignment, attempt)
    refuse_unfit_people(replace(consignment, people={}), attempt)


def test_one_person_alone_resolves_nothing() -> None:
    consignment = after(vendor_journey(), Step.REPORT)
    with pytest.raises(CustodyError, match="it takes 2 to sign for it; 1 did"):
        by(consignment, Step.RESOLVE, RESOLVERS[0])


def test_one_person_alone_hands_nothing_over() -> None:
    consignment = until(vendor_journey(), Step.HAND_OVER)
    with pytest.raises(CustodyError, match="The hand-over is refused: it takes 2"):
        by(consignment, Step.HAND_OVER, PICKER)


def test_one_person_named_twice_is_not_two_people() -> None:
    consignment = until(vendor_journey(), Step.HAND_OVER)
    with pytest.raises(CustodyError, match="named twice"):
        by(consignment, Step.HAND_OVER, PICKER, replace(PICKER, role="driver"))


def test_a_step_nobody_signs_is_refused() -> None:
    consignment = until(vendor_journey(), Step.RECEIVE)
    with pytest.raises(CustodyError, match="it takes 1 to sign for it; 0 did"):
        by(consignment, Step.RECEIVE)


@pytest.mark.parametrize("step", [Step.PICK, Step.SEAL, Step.COUNT, Step.CERTIFY, Step.RECONCILE])
def test_the_vendors_people_carry_and_destroy_and_do_nothing_else(step: Step) -> None:
    consignment = until(vendor_journey(), step)
    with pytest.raises(CustodyError, match="s039 is the vendor's"):
        by(consignment, step, WITNESSES[1], person(39, department=VENDOR))


def test_a_vendors_employee_does_not_witness_in_another_departments_name() -> None:
    consignment = until(vendor_journey(), Step.COUNT)
    disguised = replace(DRIVER, department="archives")
    with pytest.raises(CustodyError, match="before for the vendor, now for the institution"):
        by(consignment, Step.COUNT, disguised, WITNESSES[1])


def test_who_took_part_for_the_institution_does_not_destroy_for_the_vendor() -> None:
    consignment = until(vendor_journey(), Step.DESTROY)
    with pytest.raises(CustodyError, match="before for the institution, now for the vendor"):
        by(consignment, Step.DESTROY, replace(PICKER, department=VENDOR))


def test_fewer_witnesses_than_the_rule_asks_for_cannot_count() -> None:
    consignment = until(vendor_journey(), Step.COUNT)
    with pytest.raises(CustodyError, match="2 witnesses are needed, 1 took part"):
        by(consignment, Step.COUNT, WITNESSES[0])


def test_a_department_that_has_to_witness_cannot_be_absent() -> None:
    consignment = until(vendor_journey(), Step.COUNT)
    with pytest.raises(CustodyError, match="nobody was there from accounting"):
        by(consignment, Step.COUNT, WITNESSES[0], person(42))


def test_electronic_accounting_archives_need_a_third_witness_from_information_systems() -> None:
    rule = replace(IN_HOUSE, witnesses=3, witness_departments=ELECTRONIC_ACCOUNTING_WITNESSES)
    opening = weeding_journey()
    consignment = after(replace(opening, rule=rule), Step.SIGN, Step.PICK)
    with pytest.raises(CustodyError, match="nobody was there from information_systems"):
        by(consignment, Step.COUNT, *WITNESSES, person(42))
    third = person(43, department="information_systems")
    counted = by(consignment, Step.COUNT, *WITNESSES, third)
    destroyed = after(counted, Step.DESTROY)
    two_signed = by(destroyed, Step.WITNESS, *WITNESSES)
    assert two_signed.state is State.DESTROYED
    assert by(two_signed, Step.WITNESS, third).state is State.WITNESSED


def test_who_did_not_count_cannot_say_that_it_was_destroyed() -> None:
    consignment = until(vendor_journey(), Step.WITNESS)
    with pytest.raises(CustodyError, match="s042 did not count before the destruction"):
        by(consignment, Step.WITNESS, person(42))


def test_a_witness_signs_once_and_all_that_are_needed_sign() -> None:
    consignment = by(until(vendor_journey(), Step.WITNESS), Step.WITNESS, WITNESSES[0])
    assert consignment.state is State.DESTROYED
    with pytest.raises(CustodyError, match="s040 has signed already"):
        by(consignment, Step.WITNESS, WITNESSES[0])
    assert by(consignment, Step.WITNESS, WITNESSES[1]).state is State.WITNESSED


def test_witnesses_sign_only_for_boxes_that_they_counted() -> None:
    received = until(vendor_journey(), Step.COUNT)
    counts = honest(received, Step.COUNT)
    first = scanning(counts, lines_of(counts)["B1"])
    second_team = (person(44), person(45, department="accounting"))
    counted = by(advance(received, first), Step.COUNT, *second_team)
    destroyed = after(counted, Step.DESTROY)
    assert destroyed.state is State.DESTROYED
    half = by(destroyed, Step.WITNESS, *WITNESSES)
    assert half.state is State.DESTROYED
    assert by(half, Step.WITNESS, *second_team).state is State.WITNESSED


def test_hands_that_destroyed_stay_executors_when_the_step_ended_in_a_halt() -> None:
    consignment = until(weeding_journey(), Step.DESTROY)
    weak = destroying(consignment, "W1", "W2", treatment=Treatment.P3)
    halted = advance(consignment, weak)
    assert halted.state is State.HALTED
    with pytest.raises(CustodyError, match=r"s032 .* \(execute\)"):
        by(halted, Step.RESOLVE, CLERK_AT_SHREDDER, RESOLVERS[0])


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (replace(WITH_VENDOR, signatories=()), "no signatories"),
        (replace(WITH_VENDOR, signatories=("a", "a")), "or one twice"),
        (replace(WITH_VENDOR, witnesses=1), "number of witnesses is 1; make it 2"),
        (replace(WITH_VENDOR, treatments=()), "no way to destroy"),
    ],
)
def test_a_rule_lets_nothing_pass_by_being_empty(rule: CustodyRule, sentence: str) -> None:
    with pytest.raises(CustodyError, match=sentence):
        vendor_journey(rule=rule)


def test_a_contract_without_a_return_clause_is_refused_before_anything_is_listed() -> None:
    with pytest.raises(CustodyError, match="C-2026-01 has no return-or-destroy clause"):
        vendor_journey(vendor=replace(FIRM, return_clause=False))


def test_a_list_is_not_empty_and_names_each_box_and_item_once() -> None:
    first, second, third = vendor_journey().boxes.values()
    wrong = {
        "The list has no box": (),
        "Box B1 has no item": (replace(first, items=()),),
        "Box B1 is on the list 2 times": (first, replace(first, items=("z",))),
        "An item of box B2 is on the list twice": (first, replace(second, items=("a1",))),
        "An item of box B3 is on the list twice": (replace(third, items=("c1", "c1")),),
    }
    for sentence, boxes in wrong.items():
        with pytest.raises(CustodyError, match=sentence):
            opened(
                consignment="V-2",
                plan_digest="sha256:list",
                rule=WITH_VENDOR,
                vendor=FIRM,
                boxes=boxes,
                drafted_by=DRAFTER,
            )


def test_anyone_who_sees_a_mishap_may_report_it() -> None:
    consignment = until(vendor_journey(), Step.DESTROY)
    said = honest(consignment, Step.REPORT).payload
    assert advance(consignment, record(consignment, Step.REPORT, DRIVER, payload=said)).incidents


def test_who_took_part_is_kept_once_a_duty_in_the_order_of_signing() -> None:
    consignment = until(vendor_journey(), Step.CERTIFY)
    assert consignment.people == {
        Duty.DRAFT: (DRAFTER,),
        Duty.APPROVE: SIGNERS,
        Duty.CARRY: (PICKER, DRIVER, OPERATOR),
        Duty.WITNESS: WITNESSES,
        Duty.EXECUTE: (OPERATOR,),
    }
