"""The road of paper: the legal paths, every illegal step, and what a halt does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from custody_world import (
    VENDOR_ROAD,
    WEEDING_ROAD,
    after,
    honest,
    in_state,
    until,
    vendor_journey,
    weeding_journey,
)
from keepuntil.domain.consignments import Consignment, Destruction, State, Step, StepRecord
from keepuntil.domain.custody import TRANSITIONS, advance, possible_steps, replay
from keepuntil.domain.custody_words import STATE_WORDS, STEP_WORDS
from keepuntil.domain.treatments import Treatment
from keepuntil.errors import CustodyError

VENDOR_STATES = (
    State.SIGNED,
    State.PICKED,
    State.SEALED,
    State.HANDED_OVER,
    State.RECEIVED,
    State.COUNTED,
    State.DESTROYED,
    State.WITNESSED,
    State.VENDOR_CERTIFIED,
    State.RECONCILED,
)
WEEDING_STATES = (
    State.SIGNED,
    State.PICKED,
    State.COUNTED,
    State.DESTROYED,
    State.WITNESSED,
    State.RECONCILED,
)


@pytest.mark.parametrize(
    ("opening", "road", "states"),
    [
        (vendor_journey(), VENDOR_ROAD, VENDOR_STATES),
        (weeding_journey(), WEEDING_ROAD, WEEDING_STATES),
    ],
    ids=["vendor shreds whole boxes", "items weeded and shredded in house"],
)
def test_an_honest_journey_passes_every_state_of_its_road(
    opening: Consignment, road: tuple[Step, ...], states: tuple[State, ...]
) -> None:
    seen = []
    for step in road:
        assert step in possible_steps(opening)
        opening = after(opening, step)
        seen.append(opening.state)
    assert tuple(seen) == states


LEGAL_WITH_VENDOR = {
    State.LISTED: {Step.SIGN, Step.REPORT, Step.WITHDRAW},
    State.SIGNED: {Step.PICK, Step.REPORT, Step.WITHDRAW},
    State.PICKED: {Step.SEAL, Step.REPORT, Step.WITHDRAW},
    State.SEALED: {Step.HAND_OVER, Step.REPORT, Step.WITHDRAW},
    State.HANDED_OVER: {Step.RECEIVE, Step.REPORT, Step.WITHDRAW},
    State.RECEIVED: {Step.COUNT, Step.REPORT, Step.WITHDRAW},
    State.COUNTED: {Step.DESTROY, Step.REPORT, Step.WITHDRAW},
    State.DESTROYED: {Step.WITNESS, Step.REPORT},
    State.WITNESSED: {Step.CERTIFY, Step.REPORT},
    State.VENDOR_CERTIFIED: {Step.CERTIFY, Step.RECONCILE, Step.REPORT},
    State.HALTED: {Step.RESOLVE, Step.REPORT},
    State.RECONCILED: set(),
    State.WITHDRAWN: set(),
}
"""Written a second time, from the law's order of things."""


def blank(step: Step, like: Consignment) -> StepRecord:
    """A record of the step by the right people; what it says does not matter out of turn."""
    return replace(honest(like, Step.SIGN), step=step)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", Step)
def test_a_step_out_of_turn_is_refused_with_the_state_and_what_is_possible(
    state: State, step: Step
) -> None:
    consignment = in_state(state)
    assert consignment.state is state
    if step in LEGAL_WITH_VENDOR[state]:
        assert step in possible_steps(consignment)
        assert advance(consignment, honest(consignment, step)) != consignment
        return
    with pytest.raises(CustodyError) as refused:
        advance(consignment, blank(step, consignment))
    sentence = refused.value.sentence
    assert f"the consignment is {STATE_WORDS[state].en}; " in sentence
    assert sentence.startswith(STEP_WORDS[step].en[0].upper())
    for possible in LEGAL_WITH_VENDOR[state]:
        assert STEP_WORDS[possible].en in sentence
    if not LEGAL_WITH_VENDOR[state]:
        assert "nothing can follow any more" in sentence


@pytest.mark.parametrize(
    ("before", "step"),
    [
        (Step.COUNT, Step.SEAL),
        (Step.RECONCILE, Step.CERTIFY),
    ],
)
def test_paper_that_never_leaves_is_not_sealed_and_needs_no_vendors_certificate(
    before: Step, step: Step
) -> None:
    consignment = until(weeding_journey(), before)
    assert (consignment.state, step) in TRANSITIONS
    with pytest.raises(CustodyError, match="possible now"):
        advance(consignment, blank(step, consignment))


def test_a_vendors_boxes_cannot_be_reconciled_without_the_vendors_certificate() -> None:
    consignment = until(vendor_journey(), Step.CERTIFY)
    with pytest.raises(CustodyError, match=r"Reconciliation is refused: .* witnessed"):
        advance(consignment, honest(consignment, Step.RECONCILE))


def test_boxes_that_leave_cannot_be_counted_before_they_were_sealed_and_received() -> None:
    consignment = until(vendor_journey(), Step.SEAL)
    with pytest.raises(CustodyError, match=r"The count is refused: .* picked"):
        advance(consignment, honest(consignment, Step.COUNT))


@pytest.mark.parametrize("state", State)
def test_every_state_and_step_has_a_word_in_both_languages(state: State) -> None:
    assert STATE_WORDS[state].zh
    assert STATE_WORDS[state].en
    assert all(STEP_WORDS[step].zh and STEP_WORDS[step].en for step in Step)


def test_a_record_signed_for_another_list_is_refused() -> None:
    consignment = vendor_journey()
    other = replace(honest(consignment, Step.SIGN), plan_digest="sha256:other")
    with pytest.raises(CustodyError, match="another list than that of V-1"):
        advance(consignment, other)


def test_a_time_without_a_zone_is_refused() -> None:
    consignment = vendor_journey()
    signing = honest(consignment, Step.SIGN)
    with pytest.raises(CustodyError, match="no zone"):
        advance(consignment, replace(signing, at=signing.at.replace(tzinfo=None)))


def test_a_record_dated_before_the_last_one_is_refused() -> None:
    consignment = after(vendor_journey(), Step.SIGN)
    picking = honest(consignment, Step.PICK)
    with pytest.raises(CustodyError, match="before the step entered last"):
        advance(consignment, replace(picking, at=picking.at - timedelta(hours=1)))


@pytest.mark.parametrize("step", VENDOR_ROAD[:-1])
def test_a_reported_incident_halts_and_its_resolution_goes_back_to_where_it_stood(
    step: Step,
) -> None:
    before = until(vendor_journey(), step)
    halted = after(before, Step.REPORT)
    assert halted.state is State.HALTED
    assert halted.incidents[0].sentence == "The crate's lid was found open."
    resumed = after(halted, Step.RESOLVE)
    assert resumed.state is before.state
    assert resumed.incidents[0].resolved == "Looked into."


def test_a_second_incident_keeps_it_halted_until_both_are_resolved() -> None:
    halted = after(vendor_journey(), Step.SIGN, Step.REPORT, Step.REPORT)
    once = after(halted, Step.RESOLVE)
    assert once.state is State.HALTED
    assert after(once, Step.RESOLVE).state is State.SIGNED


def test_replay_of_the_records_gives_the_same_consignment() -> None:
    opening, records = vendor_journey(), []
    consignment = opening
    for step in VENDOR_ROAD:
        records.append(honest(consignment, step))
        consignment = advance(consignment, records[-1])
    assert replay(opening, records) == consignment
    assert replay(opening, records[:-1]) != consignment


@pytest.mark.parametrize("step", [Step.SIGN, Step.WITNESS, Step.RECONCILE])
def test_a_signature_carries_nothing_beside_who_and_when(step: Step) -> None:
    consignment = until(vendor_journey(), step)
    destruction = Destruction(boxes=("B1",), treatment=Treatment.P5)
    with pytest.raises(CustodyError, match="carries more than who signed and when"):
        advance(consignment, replace(honest(consignment, step), payload=destruction))
