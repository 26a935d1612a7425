"""What may happen to a box follows from every item in it; a hold wins, then ignorance."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.domain.decision import Decision, Doubt, Due, Held, Keep, Undetermined
from keepuntil.domain.paper import (
    BoxBlocked,
    BoxDue,
    BoxMixed,
    BoxNotYet,
    BoxUndetermined,
    Content,
    box_verdict,
)

EARLY = Due(since=date(2025, 1, 1), delete_by=date(2025, 4, 1), overdue=True)
LATE = Due(since=date(2026, 1, 1), delete_by=date(2026, 4, 1), overdue=False)
OPEN = Due(since=date(2020, 1, 1), delete_by=None, overdue=False)
KEPT = Keep(until=date(2030, 12, 31))
LONGER = Keep(until=date(2034, 12, 31))
ENDLESS = Keep(until=None)
HELD = Held(by=("H-2", "H-1"))
UNKNOWN = Undetermined(doubt=Doubt.MISSING_TRIGGER, event="loan_settled")


def box(*decisions: Decision) -> list[Content]:
    return [Content(item=f"I-{n}", decision=d) for n, d in enumerate(decisions, start=1)]


def test_a_box_is_due_when_its_last_item_is() -> None:
    verdict = box_verdict(box(EARLY, LATE, OPEN))
    assert verdict == BoxDue(on=date(2026, 1, 1), delete_by=date(2025, 4, 1))


def test_a_box_whose_rules_name_no_end_has_none() -> None:
    assert box_verdict(box(OPEN)) == BoxDue(on=date(2020, 1, 1), delete_by=None)


def test_a_mixed_box_names_the_due_items_and_how_long_waiting_would_take() -> None:
    verdict = box_verdict(box(KEPT, LATE, LONGER, EARLY))
    assert verdict == BoxMixed(
        due=("I-2", "I-4"), last_on=date(2035, 1, 1), delete_by=date(2025, 4, 1)
    )


def test_waiting_for_an_item_without_an_end_has_no_date() -> None:
    assert box_verdict(box(LATE, ENDLESS, KEPT)) == BoxMixed(
        due=("I-1",), last_on=None, delete_by=date(2026, 4, 1)
    )


def test_a_box_with_nothing_due_waits_for_its_last_item() -> None:
    assert box_verdict(box(KEPT, LONGER)) == BoxNotYet(on=date(2035, 1, 1))
    assert box_verdict(box(KEPT, ENDLESS)) == BoxNotYet(on=None)
    assert box_verdict(box(Keep(until=date.max))) == BoxNotYet(on=date.max)


def test_one_held_item_blocks_the_whole_box() -> None:
    assert box_verdict(box(LATE, HELD, UNKNOWN, KEPT)) == BoxBlocked(holds=("H-1", "H-2"))


def test_a_hold_on_an_item_that_is_not_due_blocks_its_box() -> None:
    contents = [*box(LATE), Content(item="I-9", decision=KEPT, held_by=("H-7",))]
    assert box_verdict(contents) == BoxBlocked(holds=("H-7",))


def test_an_item_nobody_can_date_stops_the_box() -> None:
    assert box_verdict(box(LATE, UNKNOWN, KEPT)) == BoxUndetermined(
        doubts=(("I-2", Doubt.MISSING_TRIGGER),)
    )


def test_a_box_without_items_has_no_verdict() -> None:
    with pytest.raises(ValueError, match="without items"):
        box_verdict([])


days = st.dates(min_value=date(2000, 1, 1), max_value=date(2050, 1, 1))
decisions = st.one_of(
    st.builds(Due, since=days, delete_by=st.none() | days, overdue=st.booleans()),
    st.builds(Keep, until=st.none() | days),
    st.just(HELD),
    st.just(UNKNOWN),
)
contents_of_a_box = st.lists(
    st.builds(
        Content,
        item=st.uuids().map(str),
        decision=decisions,
        held_by=st.sampled_from([(), (), (), ("H-5",)]),
    ),
    min_size=1,
    max_size=6,
)


@given(contents_of_a_box)
def test_a_box_goes_whole_only_when_each_item_may(contents: list[Content]) -> None:
    every_item_may = all(isinstance(c.decision, Due) and not c.held_by for c in contents)
    assert isinstance(box_verdict(contents), BoxDue) == every_item_may


@given(contents_of_a_box)
def test_the_order_of_a_box_decides_nothing(contents: list[Content]) -> None:
    there, back = box_verdict(contents), box_verdict(contents[::-1])
    assert type(there) is type(back)
    match there, back:
        case BoxMixed(), BoxMixed():
            assert set(there.due) == set(back.due)
            assert (there.last_on, there.delete_by) == (back.last_on, back.delete_by)
        case BoxUndetermined(), BoxUndetermined():
            assert set(there.doubts) == set(back.doubts)
        case _:
            assert there == back


@given(contents_of_a_box, days)
def test_another_item_never_makes_a_box_due_earlier(contents: list[Content], day: date) -> None:
    before = box_verdict(contents)
    added = Content(item="new", decision=Due(since=day, delete_by=None, overdue=False))
    after = box_verdict([*contents, added])
    if isinstance(before, BoxDue):
        assert isinstance(after, BoxDue)
        assert after.on == max(before.on, day)
    kept = Content(item="new", decision=Keep(until=day + timedelta(days=1)))
    assert not isinstance(box_verdict([*contents, kept]), BoxDue)
