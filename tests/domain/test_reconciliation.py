"""Counting what left, arrived, went and was certified, from the records alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from custody_world import (
    PICKER,
    VENDOR_ROAD,
    WEEDING_ROAD,
    after,
    certificate,
    honest,
    lines_of,
    record,
    scanning,
    until,
    vendor_journey,
    weeding_journey,
)
from keepuntil.domain.consignments import Consignment, State, Step, Withdrawal
from keepuntil.domain.custody import advance
from keepuntil.domain.reconciliation import End, ItemEnd, Total, differences, ends, totals


def certified() -> Consignment:
    return until(vendor_journey(), Step.RECONCILE)


def without(consignment: Consignment, *items: str) -> Consignment:
    payload = Withdrawal(reason="A hold was placed.", items=items)
    return advance(consignment, record(consignment, Step.WITHDRAW, PICKER, payload=payload))


def test_an_honest_journey_has_no_difference() -> None:
    assert differences(certified()) == ()
    assert differences(until(weeding_journey(), Step.RECONCILE)) == ()


@pytest.mark.parametrize("stage", ["picked", "sent", "received", "counted", "destroyed"])
def test_one_item_too_few_at_any_point_is_a_difference_of_its_box(stage: str) -> None:
    consignment = certified()
    short = replace(consignment.tallies["B1"], **{stage: ("a1", "a2")})
    (difference,) = differences(consignment.with_tallies({"B1": short}))
    assert difference.box == "B1"
    assert f"{stage} 2" in difference.sentence


def test_the_same_number_of_other_items_is_a_difference_too() -> None:
    consignment = certified()
    swapped = replace(consignment.tallies["B1"], received=("a1", "a2", "zz"))
    assert [each.box for each in differences(consignment.with_tallies({"B1": swapped}))] == ["B1"]


def test_paper_that_never_left_is_not_missed_on_the_lorry() -> None:
    consignment = until(weeding_journey(), Step.RECONCILE)
    assert not consignment.tallies["W1"].sent
    assert differences(consignment) == ()
    short = replace(consignment.tallies["W1"], destroyed=("m1",))
    (difference,) = differences(consignment.with_tallies({"W1": short}))
    assert "times" not in difference.sentence


@pytest.mark.parametrize(
    ("boxes", "differing"),
    [
        (("B1", "B2"), "B3"),
        (("B1", "B2", "B3", "B3"), "B3"),
        (("B1", "B2", "B3", "B9"), "B9"),
    ],
    ids=["one too few", "one twice", "one too many"],
)
def test_a_certificate_that_differs_in_one_box_is_a_difference(
    boxes: tuple[str, ...], differing: str
) -> None:
    consignment = certified()
    stated = replace(certificate(consignment), boxes=boxes)
    (difference,) = differences(replace(consignment, certificate=stated))
    assert difference.box == differing


def test_a_box_swapped_for_another_is_not_set_off() -> None:
    consignment = certified()
    stated = replace(certificate(consignment), boxes=("B1", "B2", "B9"))
    found = differences(replace(consignment, certificate=stated))
    assert [each.box for each in found] == ["B3", "B9"]


def test_no_certificate_at_all_is_a_difference_of_every_box() -> None:
    found = differences(replace(certified(), certificate=None))
    assert [each.box for each in found] == ["B1", "B2", "B3"]


def test_a_withdrawn_box_that_the_vendor_certifies_is_a_difference() -> None:
    consignment = without(until(vendor_journey(), Step.COUNT), "c1")
    ended = after(consignment, Step.COUNT, Step.DESTROY, Step.WITNESS, Step.CERTIFY)
    stated = replace(certificate(ended), boxes=("B1", "B2", "B3"), grams=None)
    (difference,) = differences(replace(ended, certificate=stated))
    assert difference.box == "B3"


def test_a_gram_is_a_difference() -> None:
    consignment = certified()
    stated = replace(certificate(consignment), grams=2999)
    (difference,) = differences(replace(consignment, certificate=stated))
    assert difference.box is None
    assert "3000 g" in difference.sentence
    assert "2999 g" in difference.sentence


def test_a_weight_nobody_stated_or_measured_is_no_difference() -> None:
    consignment = certified()
    silent = replace(certificate(consignment), grams=None)
    assert differences(replace(consignment, certificate=silent)) == ()
    unweighed = replace(consignment.tallies["B1"], grams=None)
    assert differences(consignment.with_tallies({"B1": unweighed})) == ()


def test_totals_are_those_of_the_list_at_every_point() -> None:
    counted = totals(certified())
    whole = Total(boxes=3, items=6, grams=3000)
    assert counted.listed == counted.picked == counted.sent == counted.received == whole
    assert counted.counted == counted.destroyed == counted.certified == whole
    assert counted.withdrawn == Total(boxes=0, items=0, grams=0)


def test_totals_of_points_not_reached_are_nothing() -> None:
    begun = totals(until(vendor_journey(), Step.SEAL))
    nothing = Total(boxes=0, items=0, grams=0)
    assert begun.sent == begun.received == begun.counted == begun.destroyed == nothing
    assert begun.certified == Total(boxes=0, items=0, grams=None)
    assert begun.listed == begun.picked == Total(boxes=3, items=6, grams=None)


def test_a_weight_is_known_while_every_box_is_what_was_weighed() -> None:
    received = until(vendor_journey(), Step.COUNT)
    box_out = without(received, "c1")
    assert totals(box_out).withdrawn == Total(boxes=1, items=1, grams=1000)
    ended = after(box_out, Step.COUNT, Step.DESTROY)
    assert totals(ended).destroyed == Total(boxes=2, items=5, grams=2000)
    opened_box = after(without(received, "a1"), Step.COUNT, Step.DESTROY)
    assert totals(opened_box).destroyed == Total(boxes=3, items=5, grams=None)


def test_the_certified_items_are_those_of_the_boxes_the_vendor_names() -> None:
    consignment = certified()
    stated = replace(certificate(consignment), boxes=("B1", "B9"), grams=77)
    assert totals(replace(consignment, certificate=stated)).certified == Total(
        boxes=2, items=3, grams=77
    )


def test_an_item_is_pending_until_everything_is_reconciled() -> None:
    consignment = vendor_journey()
    for step in VENDOR_ROAD:
        pending = ItemEnd(end=End.PENDING, pending_in=consignment.state)
        assert ends(consignment) == dict.fromkeys(("a1", "a2", "a3", "b1", "b2", "c1"), pending)
        consignment = after(consignment, step)
    assert consignment.state is State.RECONCILED
    gone = ItemEnd(end=End.DESTROYED, pending_in=None)
    assert set(ends(consignment).values()) == {gone}


def test_an_item_that_no_record_destroyed_is_never_called_destroyed() -> None:
    consignment = after(vendor_journey(), *VENDOR_ROAD)
    short = replace(consignment.tallies["B2"], destroyed=("b1",))
    found = ends(consignment.with_tallies({"B2": short}))
    assert found["b2"] == ItemEnd(end=End.PENDING, pending_in=State.RECONCILED)
    assert found["b1"] == ItemEnd(end=End.DESTROYED, pending_in=None)


def test_a_withdrawn_item_has_its_end_at_once_and_keeps_it() -> None:
    consignment = without(weeding_journey(), "n2")
    out = ItemEnd(end=End.WITHDRAWN, pending_in=None)
    assert ends(consignment)["n2"] == out
    ended = after(consignment, *WEEDING_ROAD)
    assert ends(ended) == {
        **dict.fromkeys(("m1", "m2", "n1", "n3"), ItemEnd(end=End.DESTROYED, pending_in=None)),
        "n2": out,
    }


def test_weights_are_those_of_the_hand_over() -> None:
    consignment = until(vendor_journey(), Step.HAND_OVER)
    weighing = honest(consignment, Step.HAND_OVER)
    lines = lines_of(weighing).values()
    heavier = tuple(replace(line, grams=100 + place) for place, line in enumerate(lines))
    assert totals(advance(consignment, scanning(weighing, *heavier))).sent.grams == 303
