"""What goes wrong between the shelf and the shredder, and the step at which it is stopped."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from custody_world import (
    FIRM,
    IN_HOUSE,
    PICKER,
    RESOLVERS,
    SHANGHAI,
    after,
    certificate,
    destroying,
    honest,
    lines_of,
    record,
    scanning,
    until,
    vendor_journey,
    weeding_journey,
)
from keepuntil.domain.consignments import (
    Consignment,
    IncidentKind,
    Payload,
    Report,
    Resolution,
    Scan,
    State,
    Step,
    Vendor,
    VendorCertificate,
    Withdrawal,
)
from keepuntil.domain.custody import advance
from keepuntil.domain.treatments import SATISFIES, Treatment, is_enough
from keepuntil.errors import CustodyError


def met(consignment: Consignment) -> list[tuple[IncidentKind, str | None, tuple[str, ...]]]:
    """The incidents of a halted consignment."""
    assert consignment.state is State.HALTED
    return [(each.kind, each.box, each.items) for each in consignment.incidents]


def resolved(consignment: Consignment, **changes: object) -> Consignment:
    """After two people have resolved the first open incident."""
    resolution = Resolution(
        incident=consignment.open_incidents[0],
        reason="Looked into.",
        **changes,  # type: ignore[arg-type]
    )
    return advance(consignment, record(consignment, Step.RESOLVE, *RESOLVERS, payload=resolution))


def withdrawing(consignment: Consignment, **named: object) -> Consignment:
    payload = Withdrawal(reason="A hold was placed.", **named)  # type: ignore[arg-type]
    return advance(consignment, record(consignment, Step.WITHDRAW, PICKER, payload=payload))


# Picking.


def test_a_box_that_is_not_on_the_list_is_not_picked() -> None:
    consignment = until(vendor_journey(), Step.PICK)
    picks = honest(consignment, Step.PICK)
    with pytest.raises(CustodyError, match="Picking is refused: box B9 is not on the list"):
        advance(consignment, scanning(picks, Scan(box="B9")))


def test_a_box_is_picked_once() -> None:
    consignment = until(vendor_journey(), Step.PICK)
    once = advance(consignment, scanning(honest(consignment, Step.PICK), Scan(box="B2")))
    assert once.state is State.SIGNED
    with pytest.raises(CustodyError, match="box B2 was picked already"):
        advance(once, scanning(honest(once, Step.PICK), Scan(box="B2")))


def test_a_box_is_scanned_once_in_a_record() -> None:
    consignment = until(vendor_journey(), Step.PICK)
    picks = honest(consignment, Step.PICK)
    with pytest.raises(CustodyError, match="box B2 was scanned 2 times"):
        advance(consignment, scanning(picks, Scan(box="B2"), Scan(box="B2")))


@pytest.mark.parametrize(
    "step", [Step.PICK, Step.SEAL, Step.HAND_OVER, Step.RECEIVE, Step.COUNT, Step.DESTROY]
)
def test_a_step_without_a_box_is_refused(step: Step) -> None:
    consignment = until(vendor_journey(), step)
    for empty in (
        scanning(honest(consignment, step)),
        replace(honest(consignment, step), payload=None),
    ):
        with pytest.raises(CustodyError, match=r"no box (was scanned|is named)"):
            advance(consignment, empty)


def test_nothing_is_taken_out_of_a_box_that_goes_as_a_whole() -> None:
    consignment = until(vendor_journey(), Step.PICK)
    picks = honest(consignment, Step.PICK)
    with pytest.raises(CustodyError, match="box B2 goes as a whole"):
        advance(consignment, scanning(picks, Scan(box="B2", items=("b1",))))


def test_a_seal_on_the_shelf_that_differs_halts_the_picking() -> None:
    consignment = until(vendor_journey(), Step.PICK)
    halted = advance(
        consignment, scanning(honest(consignment, Step.PICK), Scan(box="B1", seal="Z2"))
    )
    assert met(halted) == [(IncidentKind.SEAL_BROKEN, "B1", ())]
    assert "should bear the seal Z1 and bears the seal Z2" in halted.incidents[0].sentence
    assert halted.tallies == consignment.tallies
    resumed = resolved(halted, seals=(("B1", "Z3"),))
    assert resumed.state is State.SIGNED
    assert after(resumed, Step.PICK, Step.SEAL).state is State.SEALED


def test_a_box_whose_shelf_seal_is_not_read_halts_the_picking() -> None:
    consignment = until(vendor_journey(), Step.PICK)
    halted = advance(consignment, scanning(honest(consignment, Step.PICK), Scan(box="B1")))
    assert met(halted) == [(IncidentKind.SEAL_BROKEN, "B1", ())]
    assert "should bear the seal Z1 and bears no seal" in halted.incidents[0].sentence


def test_an_item_weeded_twice_is_refused() -> None:
    consignment = until(weeding_journey(), Step.PICK)
    picks = honest(consignment, Step.PICK)
    once = advance(consignment, scanning(picks, Scan(box="W2", items=("n1", "n2"))))
    for items in (("n3", "n1"), ("n3", "n3")):
        with pytest.raises(CustodyError, match="item 2 scanned at box W2 was weeded already"):
            advance(once, scanning(honest(once, Step.PICK), Scan(box="W2", items=items)))


def test_an_item_that_is_not_due_goes_back_into_its_box() -> None:
    consignment = until(weeding_journey(), Step.PICK)
    picks = honest(consignment, Step.PICK)
    with pytest.raises(CustodyError, match="item 1 scanned at box W2 is not to be destroyed"):
        advance(consignment, scanning(picks, Scan(box="W2", items=("m1",))))


def test_a_mixed_box_is_weeded_and_not_taken() -> None:
    consignment = until(weeding_journey(), Step.PICK)
    picks = honest(consignment, Step.PICK)
    with pytest.raises(CustodyError, match="box W2 stays; scan the items"):
        advance(consignment, scanning(picks, Scan(box="W2")))


def test_a_box_is_weeded_in_several_goes_and_shows_its_seal_at_the_first() -> None:
    consignment = until(weeding_journey(), Step.PICK)
    picks = honest(consignment, Step.PICK)
    for scan in (
        Scan(box="W1", seal="Z9", items=("m2",)),
        Scan(box="W2", items=("n1", "n2", "n3")),
        Scan(box="W1", items=("m1",)),
    ):
        assert consignment.state is State.SIGNED
        consignment = advance(consignment, scanning(picks, scan))
    assert consignment.state is State.PICKED
    unread = advance(
        until(weeding_journey(), Step.PICK), scanning(picks, Scan(box="W1", items=("m1",)))
    )
    assert met(unread) == [(IncidentKind.SEAL_BROKEN, "W1", ())]


@pytest.mark.parametrize("step", [Step.PICK, Step.HAND_OVER])
def test_an_expired_licence_stops_the_pick_up(step: Step) -> None:
    consignment = until(vendor_journey(), step)
    expired = replace(FIRM, licence_expires_on=date(2026, 3, 1))
    with pytest.raises(CustodyError, match="licence LIC-7 expired on 2026-03-01"):
        advance(replace(consignment, vendor=expired), honest(consignment, step))


def test_a_licence_is_good_on_its_last_day_in_the_rules_zone() -> None:
    last_day = replace(FIRM, licence_expires_on=date(2026, 3, 2))
    consignment = until(vendor_journey(vendor=last_day), Step.PICK)
    picks = honest(consignment, Step.PICK)
    late = datetime(2026, 3, 2, 23, 59, tzinfo=SHANGHAI)
    assert advance(consignment, replace(picks, at=late)).state is State.PICKED
    with pytest.raises(CustodyError, match="expired on 2026-03-02"):
        advance(consignment, replace(picks, at=late + timedelta(minutes=1)))


# Sealing, hand-over, arrival.


def test_every_box_is_sealed_with_a_number_of_its_own() -> None:
    consignment = until(vendor_journey(), Step.SEAL)
    sealing = honest(consignment, Step.SEAL)
    with pytest.raises(CustodyError, match="box B2 has no seal number"):
        advance(consignment, scanning(sealing, Scan(box="B2")))
    with pytest.raises(CustodyError, match="the seal of box B2 is on box B1 too"):
        advance(consignment, scanning(sealing, Scan(box="B1", seal="T"), Scan(box="B2", seal="T")))
    once = advance(consignment, scanning(sealing, Scan(box="B1", seal="T")))
    assert once.state is State.PICKED
    with pytest.raises(CustodyError, match="the seal of box B3 is on box B1 too"):
        advance(once, scanning(sealing, Scan(box="B3", seal="T")))


@pytest.mark.parametrize("step", [Step.HAND_OVER, Step.RECEIVE])
def test_a_broken_seal_a_missing_box_and_a_box_too_many_halt_the_journey(step: Step) -> None:
    consignment = until(vendor_journey(), step)
    honestly = honest(consignment, step)
    first, second, _ = lines_of(honestly).values()
    halted = advance(
        consignment, scanning(honestly, replace(first, seal="X"), second, Scan(box="B9"))
    )
    assert met(halted) == [
        (IncidentKind.BOX_MISSING, "B3", ()),
        (IncidentKind.SEAL_BROKEN, "B1", ()),
        (IncidentKind.BOX_BEYOND_LIST, "B9", ()),
    ]
    assert halted.tallies == consignment.tallies


def test_a_seal_replaced_after_a_recount_is_the_one_that_is_looked_for() -> None:
    consignment = until(vendor_journey(), Step.RECEIVE)
    honestly = honest(consignment, Step.RECEIVE)
    first, *others = lines_of(honestly).values()
    halted = advance(consignment, scanning(honestly, replace(first, seal="X"), *others))
    resumed = resolved(halted, seals=(("B1", "T-new"),))
    assert resumed.state is State.HANDED_OVER
    again = advance(resumed, scanning(honest(resumed, Step.RECEIVE), first, *others))
    assert again.open_incidents == (1,)
    assert after(resumed, Step.RECEIVE).state is State.RECEIVED


def test_a_box_that_stays_out_is_withdrawn_and_the_rest_goes_on() -> None:
    consignment = until(vendor_journey(), Step.RECEIVE)
    honestly = honest(consignment, Step.RECEIVE)
    _, *arrived = lines_of(honestly).values()
    resumed = resolved(advance(consignment, scanning(honestly, *arrived)), boxes=("B1",))
    assert resumed.remaining_boxes == ("B2", "B3")
    turned_up = advance(
        resumed, scanning(honest(resumed, Step.RECEIVE), *lines_of(honestly).values())
    )
    assert met(turned_up)[1:] == [(IncidentKind.BOX_BEYOND_LIST, "B1", ())]
    ended = after(
        resumed, Step.RECEIVE, Step.COUNT, Step.DESTROY, Step.WITNESS, Step.CERTIFY, Step.RECONCILE
    )
    assert ended.state is State.RECONCILED


# The count.


@pytest.mark.parametrize(
    ("items", "kind", "differing"),
    [
        (("a1", "a3"), IncidentKind.ITEM_MISSING, ("a2",)),
        (("a1", "a2", "a3", "zz"), IncidentKind.ITEM_BEYOND_LIST, ("zz",)),
        (("a1", "a2", "a3", "a2"), IncidentKind.ITEM_COUNTED_TWICE, ("a2",)),
    ],
)
def test_a_count_that_differs_by_one_folder_halts_before_the_destruction(
    items: tuple[str, ...], kind: IncidentKind, differing: tuple[str, ...]
) -> None:
    consignment = until(vendor_journey(), Step.COUNT)
    counts = honest(consignment, Step.COUNT)
    line = replace(lines_of(counts)["B1"], items=items)
    halted = advance(consignment, scanning(counts, line))
    assert met(halted) == [(kind, "B1", differing)]
    assert not any(item in halted.incidents[0].sentence for item in items)
    with pytest.raises(CustodyError, match="Destruction is refused: the consignment is halted"):
        advance(halted, honest(until(vendor_journey(), Step.DESTROY), Step.DESTROY))
    assert resolved(halted).state is State.RECEIVED


def test_a_missing_folder_that_stays_out_is_withdrawn_and_never_called_destroyed() -> None:
    consignment = until(vendor_journey(), Step.COUNT)
    counts = honest(consignment, Step.COUNT)
    line = replace(lines_of(counts)["B1"], items=("a1", "a3"))
    resumed = resolved(advance(consignment, scanning(counts, line)), items=("a2",))
    ended = after(resumed, Step.COUNT, Step.DESTROY)
    assert ended.tallies["B1"].destroyed == ("a1", "a3")


def test_a_seal_broken_after_the_arrival_halts_the_count() -> None:
    consignment = until(vendor_journey(), Step.COUNT)
    counts = honest(consignment, Step.COUNT)
    line = replace(lines_of(counts)["B1"], seal=None)
    assert met(advance(consignment, scanning(counts, line))) == [
        (IncidentKind.SEAL_BROKEN, "B1", ())
    ]


def test_a_whole_box_that_never_leaves_bears_its_shelf_seal_at_the_count() -> None:
    consignment = until(vendor_journey(rule=IN_HOUSE, vendor=None), Step.COUNT)
    counts = honest(consignment, Step.COUNT)
    sealed = Scan(box="B1", seal="Z1", items=("a1", "a2", "a3"))
    assert advance(consignment, scanning(counts, sealed)).tallies["B1"].counted
    halted = advance(consignment, scanning(counts, replace(sealed, seal=None)))
    assert met(halted) == [(IncidentKind.SEAL_BROKEN, "B1", ())]


def test_weeded_items_bear_no_seal_at_the_count() -> None:
    consignment = until(weeding_journey(), Step.COUNT)
    counts = honest(consignment, Step.COUNT)
    weeded = Scan(box="W1", items=("m1", "m2"))
    assert advance(consignment, scanning(counts, weeded)).tallies["W1"].counted


def test_a_box_beyond_the_list_halts_the_count() -> None:
    consignment = until(vendor_journey(), Step.COUNT)
    halted = advance(consignment, scanning(honest(consignment, Step.COUNT), Scan(box="B9")))
    assert met(halted) == [(IncidentKind.BOX_BEYOND_LIST, "B9", ())]


def test_boxes_are_counted_one_by_one_each_once_and_all_before_anything_goes() -> None:
    consignment = until(vendor_journey(), Step.COUNT)
    counts = honest(consignment, Step.COUNT)
    first = scanning(counts, lines_of(counts)["B1"])
    once = advance(consignment, first)
    assert once.state is State.RECEIVED
    with pytest.raises(CustodyError, match="box B1 was counted already"):
        advance(once, first)
    with pytest.raises(CustodyError, match="Destruction is refused: the consignment is received"):
        advance(once, destroying(once, "B1", treatment=Treatment.P5))


# The destruction.


def test_a_destruction_names_its_boxes() -> None:
    consignment = until(vendor_journey(), Step.DESTROY)
    with pytest.raises(CustodyError, match="no box is named"):
        advance(consignment, destroying(consignment, treatment=Treatment.P5))


def test_a_box_that_is_not_on_the_journey_is_not_destroyed() -> None:
    consignment = until(vendor_journey(), Step.DESTROY)
    with pytest.raises(CustodyError, match="box B9 is not on this journey"):
        advance(consignment, destroying(consignment, "B9", treatment=Treatment.P5))


def test_boxes_are_destroyed_in_several_goes_each_once() -> None:
    consignment = until(vendor_journey(), Step.DESTROY)
    once = advance(consignment, destroying(consignment, "B1", treatment=Treatment.P5))
    assert once.state is State.COUNTED
    for boxes in (("B1",), ("B2", "B2")):
        with pytest.raises(CustodyError, match=f"box {boxes[0]} was destroyed already"):
            advance(once, destroying(once, *boxes, treatment=Treatment.P5))
    assert after(once, Step.DESTROY).state is State.DESTROYED


def test_a_treatment_weaker_than_the_rule_asks_for_halts_and_is_done_again() -> None:
    consignment = until(vendor_journey(), Step.DESTROY)
    halted = advance(consignment, destroying(consignment, "B1", "B2", "B3", treatment=Treatment.P3))
    assert met(halted) == [(IncidentKind.TREATMENT_TOO_WEAK, None, ())]
    assert after(resolved(halted), Step.DESTROY).state is State.DESTROYED


def test_a_finer_shred_satisfies_a_coarser_and_nothing_else_does() -> None:
    shreds = [each for each in Treatment if each.startswith("P-")]
    assert [each.value for each in shreds] == [f"P-{level}" for level in range(1, 8)]
    for done in shreds:
        for asked in shreds:
            assert is_enough(done, [asked]) == (done >= asked)
    for other in (Treatment.PULPING, Treatment.INCINERATION):
        assert SATISFIES[other] == {other}
        assert not any(is_enough(shred, [other]) for shred in shreds)
    assert is_enough(Treatment.PULPING, [Treatment.P5, Treatment.PULPING])


# The vendor's certificate.


def certifying(consignment: Consignment, payload: Payload | None) -> Consignment:
    return advance(consignment, replace(honest(consignment, Step.CERTIFY), payload=payload))


def certified() -> tuple[Consignment, VendorCertificate]:
    consignment = until(vendor_journey(), Step.CERTIFY)
    return consignment, certificate(consignment)


@pytest.mark.parametrize(
    ("stated", "sentence"),
    [
        (replace(FIRM, licence="LIC-8"), "names licence LIC-8 and contract C-2026-01"),
        (replace(FIRM, contract="C-1"), "names licence LIC-7 and contract C-1"),
        (replace(FIRM, return_clause=False), "no return-or-destroy clause"),
    ],
)
def test_a_certificate_of_another_vendor_or_contract_is_refused(
    stated: Vendor, sentence: str
) -> None:
    consignment, good = certified()
    with pytest.raises(CustodyError, match=sentence):
        certifying(consignment, replace(good, vendor=stated))


def test_a_certificate_has_a_number_and_the_digest_of_its_file() -> None:
    consignment, good = certified()
    for bad in (
        replace(good, number=""),
        replace(good, sha256="AB" * 32),
        replace(good, sha256=""),
    ):
        with pytest.raises(CustodyError, match="needs its number and the SHA-256"):
            certifying(consignment, bad)
    with pytest.raises(CustodyError, match="there is no certificate"):
        certifying(consignment, None)


def test_a_certificate_of_too_weak_a_treatment_or_an_expired_licence_halts() -> None:
    consignment, good = certified()
    expired = replace(FIRM, licence_expires_on=date(2026, 3, 1))
    halted = certifying(consignment, replace(good, treatment=Treatment.P2, vendor=expired))
    assert met(halted) == [
        (IncidentKind.LICENCE_EXPIRED, None, ()),
        (IncidentKind.TREATMENT_TOO_WEAK, None, ()),
    ]
    assert halted.certificate is None
    good_that_day = replace(FIRM, licence_expires_on=date(2026, 3, 2))
    assert (
        certifying(consignment, replace(good, vendor=good_that_day)).state is State.VENDOR_CERTIFIED
    )


def test_a_vendors_certificate_with_one_box_too_few_halts_until_a_corrected_one_comes() -> None:
    consignment, good = certified()
    short = certifying(consignment, replace(good, boxes=("B1", "B3"), grams=None))
    halted = after(short, Step.RECONCILE)
    assert met(halted) == [(IncidentKind.UNRECONCILED, "B2", ())]
    assert "certified 0 times" in halted.incidents[0].sentence
    resumed = resolved(halted)
    assert resumed.state is State.VENDOR_CERTIFIED
    assert after(resumed, Step.RECONCILE).state is State.HALTED
    assert after(resumed, Step.CERTIFY, Step.RECONCILE).state is State.RECONCILED


# Reports, resolutions, withdrawals.


def test_a_report_says_what_was_seen_of_a_box_of_the_list() -> None:
    consignment = until(vendor_journey(), Step.DESTROY)
    for payload, sentence in (
        (Report(sentence=" "), "it says nothing"),
        (None, "it says nothing"),
        (Report(sentence="Wet.", box="B9"), "box B9 is not on the list"),
    ):
        with pytest.raises(CustodyError, match=sentence):
            advance(consignment, record(consignment, Step.REPORT, PICKER, payload=payload))
    wet = record(consignment, Step.REPORT, PICKER, payload=Report(sentence="Wet.", box="B1"))
    assert met(advance(consignment, wet)) == [(IncidentKind.REPORTED, "B1", ())]


@pytest.mark.parametrize(
    ("resolution", "sentence"),
    [
        (None, "there is no reason"),
        (Resolution(incident=0, reason=" "), "there is no reason"),
        (Resolution(incident=1, reason="So."), "incident 1 is not open; open are 0"),
        (Resolution(incident=0, reason="So.", boxes=("B9",)), "box B9 is not on this journey"),
        (Resolution(incident=0, reason="So.", items=("zz",)), "item 1 named is not on this"),
        (Resolution(incident=0, reason="So.", items=("a1",)), "box B1 is destroyed"),
        (Resolution(incident=0, reason="So.", boxes=("B1",)), "box B1 is destroyed"),
        (Resolution(incident=0, reason="So.", seals=(("B9", "T"),)), "box B9 is not on this"),
        (Resolution(incident=0, reason="So.", seals=(("B2", ""),)), "box B2 is not a new one"),
        (Resolution(incident=0, reason="So.", seals=(("B2", "T-B3"),)), "not a new one"),
        (Resolution(incident=0, reason="So.", seals=(("B2", "Z1"),)), "not a new one"),
        (
            Resolution(incident=0, reason="So.", seals=(("B2", "Q"), ("B3", "Q"))),
            "box B3 is not a new one",
        ),
    ],
)
def test_a_resolution_that_says_nothing_true_is_refused(
    resolution: Resolution | None, sentence: str
) -> None:
    counted = until(vendor_journey(), Step.DESTROY)
    half = advance(counted, destroying(counted, "B1", treatment=Treatment.P5))
    halted = after(half, Step.REPORT)
    with pytest.raises(CustodyError, match=f"Resolving an incident is refused: .*{sentence}"):
        advance(halted, record(halted, Step.RESOLVE, *RESOLVERS, payload=resolution))


def test_an_incident_is_resolved_once() -> None:
    halted = after(vendor_journey(), Step.REPORT, Step.REPORT, Step.RESOLVE)
    again = Resolution(incident=0, reason="Again.")
    with pytest.raises(CustodyError, match="incident 0 is not open; open are 1"):
        advance(halted, record(halted, Step.RESOLVE, *RESOLVERS, payload=again))


def test_a_box_under_a_hold_is_withdrawn_between_signing_and_picking() -> None:
    consignment = withdrawing(until(vendor_journey(), Step.PICK), boxes=("B2",))
    assert consignment.state is State.SIGNED
    with pytest.raises(CustodyError, match="box B2 was withdrawn; put it back on its shelf"):
        advance(consignment, scanning(honest(consignment, Step.PICK), Scan(box="B2")))
    assert after(consignment, Step.PICK).state is State.PICKED


def test_a_withdrawn_item_found_in_a_box_halts_the_count() -> None:
    consignment = withdrawing(until(vendor_journey(), Step.COUNT), items=("b1",))
    counts = honest(consignment, Step.COUNT)
    line = replace(lines_of(counts)["B2"], items=("b1", "b2"))
    assert met(advance(consignment, scanning(counts, line))) == [
        (IncidentKind.ITEM_BEYOND_LIST, "B2", ("b1",))
    ]


def test_a_withdrawn_item_is_not_weeded() -> None:
    consignment = withdrawing(until(weeding_journey(), Step.PICK), items=("n1",))
    picks = honest(consignment, Step.PICK)
    with pytest.raises(CustodyError, match="item 1 scanned at box W2 is not to be destroyed"):
        advance(consignment, scanning(picks, Scan(box="W2", items=("n1",))))


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ({}, "nothing is named"),
        ({"boxes": ("B9",)}, "box B9 is not on this journey"),
        ({"boxes": ("B3",)}, "box B3 is not on this journey"),
        ({"items": ("c1",)}, "item 1 named is not on this journey"),
    ],
)
def test_a_withdrawal_names_what_is_still_on_the_journey(
    named: dict[str, object], sentence: str
) -> None:
    consignment = withdrawing(vendor_journey(), boxes=("B3",))
    with pytest.raises(CustodyError, match=sentence):
        withdrawing(consignment, **named)


def test_a_withdrawal_has_a_reason() -> None:
    consignment = vendor_journey()
    for payload in (None, Withdrawal(reason="", boxes=("B1",))):
        with pytest.raises(CustodyError, match="Withdrawal is refused: there is no reason"):
            advance(consignment, record(consignment, Step.WITHDRAW, PICKER, payload=payload))


def test_the_seal_cut_to_take_an_item_out_is_replaced_with_the_withdrawal() -> None:
    consignment = until(vendor_journey(), Step.HAND_OVER)
    opened_box = withdrawing(consignment, items=("a1",), seals=(("B1", "T-again"),))
    assert opened_box.seal_of("B1") == "T-again"
    assert after(opened_box, Step.HAND_OVER).state is State.HANDED_OVER


@pytest.mark.parametrize(
    ("step", "state"),
    [
        (Step.PICK, State.PICKED),
        (Step.SEAL, State.SEALED),
        (Step.COUNT, State.COUNTED),
        (Step.DESTROY, State.DESTROYED),
    ],
)
@pytest.mark.parametrize("through_an_incident", [False, True])
def test_taking_out_the_last_undone_box_completes_the_step(
    step: Step, state: State, through_an_incident: bool
) -> None:
    consignment = until(vendor_journey(), step)
    whole = honest(consignment, step)
    if step is Step.DESTROY:
        part = destroying(consignment, "B1", "B2", treatment=Treatment.P5)
    else:
        part = scanning(whole, *(lines_of(whole)[box] for box in ("B1", "B2")))
    waiting = advance(consignment, part)
    assert waiting.state is consignment.state
    if through_an_incident:
        assert resolved(after(waiting, Step.REPORT), boxes=("B3",)).state is state
    else:
        assert withdrawing(waiting, boxes=("B3",)).state is state


def test_a_consignment_of_which_nothing_is_left_is_withdrawn() -> None:
    consignment = until(vendor_journey(), Step.RECEIVE)
    assert withdrawing(consignment, boxes=("B1", "B2", "B3")).state is State.WITHDRAWN
    halted = after(consignment, Step.REPORT, Step.REPORT)
    out = resolved(halted, boxes=("B1", "B2", "B3"))
    assert out.state is State.HALTED
    assert resolved(out).state is State.WITHDRAWN
