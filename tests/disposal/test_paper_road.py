"""The road of paper from the list to the certificate, with people doing what custody asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from custody_world import honest
from disposal_world import LOAN_RULE, World
from keepuntil.disposal import custody, publishing
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.released_boxes import boxes_waiting
from keepuntil.domain.consignments import Resolution, State, Step, Withdrawal
from keepuntil.errors import (
    ApprovalError,
    CustodyError,
    EvidenceError,
    RunIncomplete,
    RunPending,
    UsageError,
)
from keepuntil.evidence import statement
from keepuntil.evidence.envelope import Envelope
from keepuntil.register import certificates, findings, holds, log, runs
from paper_centre import DUE, FIRM, KEPT, STORE, Centre, build_centre, next_step


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Centre:
    return build_centre(World(tmp_path).build(), monkeypatch)


def test_paper_is_certified_once_people_have_destroyed_it(centre: Centre) -> None:
    for number in range(8):
        centre.paper.put(number, DUE)
    kept = centre.paper.put(8, KEPT)
    with centre.open() as installation:
        run_id = centre.released(installation)
        journey = centre.all_steps(installation, centre.journey(installation, run_id))
        assert set(journey.boxes) == {"B0000", "B0001"}
        report = centre.go_on(installation, run_id)
        assert report.outcomes == {"paper": {"destroyed": 8}}
        certificate = centre.world.certify(installation, run_id)
        assert certificate.outcomes == {"destroyed": 8}
        (account,) = custody_of(installation, certificate.certificate_id)
    assert account["state"] == "reconciled"
    assert account["totals"] == {
        "listed": {"boxes": 2, "items": 8},
        "withdrawn": {"boxes": 0, "items": 0},
        "sent": {"boxes": 2, "items": 8},
        "received": {"boxes": 2, "items": 8},
        "counted": {"boxes": 2, "items": 8},
        "destroyed": {"boxes": 2, "items": 8},
        "certified": {"boxes": 2, "items": 8},
    }
    assert centre.paper.keys() == {kept}
    assert centre.paper.boxes() == {"B0000": "destroyed", "B0001": "destroyed", "B0002": "shelved"}


def custody_of(installation: Installation, certificate_id: str) -> list[dict[str, Any]]:
    """What the signed certificate says of journeys."""
    stored = certificates.load(installation.register, certificate_id)
    said = statement.parse(Envelope.parse(stored.payload.strip()).payload)
    found: Any = said.predicate["custody"]
    return list(found)


def test_there_is_no_certificate_while_paper_is_on_its_way(centre: Centre) -> None:
    centre.paper.put(1, DUE)
    with centre.open() as installation:
        run_id = centre.released(installation)
        journey = centre.journey(installation, run_id)
        while journey.state is not State.VENDOR_CERTIFIED:
            with pytest.raises(RunPending, match="1 items of the run"):
                centre.go_on(installation, run_id)
            journey = centre.step(installation, journey, next_step(journey))
        with pytest.raises(RunPending):
            centre.go_on(installation, run_id)
        centre.step(installation, journey, Step.RECONCILE)
        assert centre.go_on(installation, run_id).outcomes == {"paper": {"destroyed": 1}}


def test_a_mixed_box_stays_unless_it_is_weeded(centre: Centre) -> None:
    centre.paper.put(0, DUE)
    stays = centre.paper.put(1, KEPT)
    with centre.open() as installation:
        run_id = centre.released(installation)
        (line,) = boxes_waiting(installation, run_id)
        assert line.mixed
        with pytest.raises(CustodyError, match="No box may go"):
            centre.journey(installation, run_id)
        journey = centre.journey(installation, run_id, weed=("B0000",))
        centre.all_steps(installation, journey)
        centre.go_on(installation, run_id)
    assert centre.paper.keys() == {stays}
    assert centre.paper.versions() == {"B0000": 2}


def test_a_hold_in_a_box_keeps_the_whole_box_on_its_shelf(centre: Centre) -> None:
    held = centre.paper.put(0, DUE)
    centre.paper.put(1, DUE)
    with centre.open() as installation:
        run_id = centre.released(installation)
        centre.hold(installation, str(held[0]))
        (line,) = boxes_waiting(installation, run_id)
        assert line.held == ("H-1",)
        with pytest.raises(CustodyError, match="No box may go"):
            centre.journey(installation, run_id)


def test_a_hold_of_another_category_keeps_a_mixed_box_closed(centre: Centre) -> None:
    rules = centre.world.policies / "rules"
    other = (rules / "voucher.yaml").read_text()
    (rules / "ledger.yaml").write_text(
        other.replace("category: voucher", "category: ledger").replace("series: PL", "series: ZB")
    )
    centre.paper.put(0, DUE)
    neighbour = str(centre.paper.put(1, KEPT)[0])
    centre.paper.move_to_series(neighbour, "ZB")
    with centre.open() as installation:
        run_id = centre.released(installation)
        (line,) = boxes_waiting(installation, run_id)
        assert line.held == ()
        opened = centre.journey(installation, run_id, weed=("B0000",))
        signed = centre.step(installation, opened, Step.SIGN)
        centre.hold(installation, neighbour, category="ledger")
        with pytest.raises(CustodyError, match="hold H-1 keeps and stays closed"):
            centre.step(installation, signed, Step.PICK)
        out = Withdrawal(reason="H-1", boxes=("B0000",))
        centre.take(installation, signed, replace(honest(signed, Step.WITHDRAW), payload=out))
        centre.go_on_pending(installation, run_id)
        (line,) = boxes_waiting(installation, run_id)
        assert line.held == ("H-1",)
        with pytest.raises(CustodyError, match="H-1 keeps; it stays closed"):
            centre.journey(installation, run_id, weed=("B0000",))
    assert len(centre.paper.keys()) == 2


@pytest.mark.parametrize("before", [Step.PICK, Step.SEAL, Step.HAND_OVER, Step.COUNT, Step.DESTROY])
def test_a_hold_stops_a_box_at_its_next_step(centre: Centre, before: Step) -> None:
    held = centre.paper.put(0, DUE)
    centre.paper.put(1, DUE)
    with centre.open() as installation:
        run_id = centre.released(installation)
        journey = centre.journey(installation, run_id)
        while next_step(journey) is not before:
            journey = centre.step(installation, journey, next_step(journey))
        centre.hold(installation, str(held[0]))
        with pytest.raises(CustodyError, match="Box B0000 holds something that the hold H-1 keeps"):
            centre.step(installation, journey, before)
        assert custody.load(installation, STORE, journey.consignment) == journey
        out = Withdrawal(reason="H-1", boxes=("B0000",))
        record = replace(honest(journey, Step.WITHDRAW), payload=out)
        assert centre.take(installation, journey, record).state is State.WITHDRAWN
    assert len(centre.paper.keys()) == 2
    assert set(centre.paper.orders().values()) == {"withdrawn"}
    assert centre.paper.boxes() == {"B0000": "shelved"}


def test_what_a_count_misses_halts_and_is_a_finding(centre: Centre) -> None:
    for number in range(3):
        centre.paper.put(number, DUE)
    with centre.open() as installation:
        run_id = centre.released(installation)
        journey = centre.journey(installation, run_id)
        while next_step(journey) is not Step.COUNT:
            journey = centre.step(installation, journey, next_step(journey))
        record = honest(journey, Step.COUNT)
        lines = [replace(line, items=line.items[1:]) for line in record.payload.lines]  # type: ignore[union-attr]
        record = replace(record, payload=replace(record.payload, lines=tuple(lines)))  # type: ignore[type-var]
        halted = centre.take(installation, journey, record)
        assert halted.state is State.HALTED
        kinds = {found.kind for found in findings.open_findings(installation.register)}
        assert "custody_item_missing" in kinds
        with pytest.raises(CustodyError):
            centre.step(installation, halted, Step.DESTROY)
        missing = str(min(centre.paper.keys())[0])
        said = Resolution(incident=0, reason="Not in the box.", items=(missing,))
        record = replace(honest(halted, Step.RESOLVE), payload=said)
        on = centre.take(installation, halted, record)
        centre.all_steps(installation, on)
        # The missing folder was withdrawn: it is released anew, and nobody certifies it away.
        with pytest.raises(RunPending):
            centre.go_on(installation, run_id)
    assert centre.paper.keys() == {(missing,)}


def test_every_step_stands_in_the_log_without_barcodes(centre: Centre) -> None:
    centre.paper.put(1, DUE)
    with centre.open() as installation:
        run_id = centre.released(installation)
        journey = centre.all_steps(installation, centre.journey(installation, run_id))
        subjects = [f"{journey.consignment}/{seq}" for seq in range(10)]
        found = [log.find(installation.register, publishing.CUSTODY, name) for name in subjects]
        assert None not in found
        for each in found:
            assert each is not None
            said = Envelope.parse(each.envelope.strip()).payload
            assert journey.consignment.encode() in said
            assert b"I000001" not in said
            assert b"B0000" not in said


def test_nothing_is_certified_that_no_signed_step_brought_to_its_end(centre: Centre) -> None:
    centre.paper.put(1, DUE)
    with centre.open() as installation:
        run_id = centre.released(installation)
        centre.paper.claim_destroyed()
        assert centre.go_on(installation, run_id).outcomes == {"paper": {"destroyed": 1}}
        with pytest.raises(EvidenceError, match="no signed step of custody says so"):
            centre.world.certify(installation, run_id)


def test_a_journey_whose_last_steps_were_cut_off_certifies_nothing(centre: Centre) -> None:
    centre.paper.put(1, DUE)
    with centre.open() as installation:
        run_id = centre.released(installation)
        centre.all_steps(installation, centre.journey(installation, run_id))
        centre.go_on(installation, run_id)
        centre.paper.cut_last_step()
        with pytest.raises(EvidenceError, match="no signed step of custody says so"):
            centre.world.certify(installation, run_id)


def test_a_box_that_was_filled_up_since_it_was_listed_stays(centre: Centre) -> None:
    centre.paper.put(0, DUE)
    with centre.open() as installation:
        run_id = centre.released(installation)
        journey = centre.journey(installation, run_id)
        journey = centre.step(installation, journey, Step.SIGN)
        centre.paper.put(1, KEPT)
        with pytest.raises(CustodyError, match="Box B0000 was listed as a whole, and 1 items"):
            centre.step(installation, journey, Step.PICK)


def test_a_changed_line_is_refused(centre: Centre) -> None:
    centre.paper.put(1, DUE)
    with centre.open() as installation:
        run_id = centre.released(installation)
        journey = centre.journey(installation, run_id)
        centre.step(installation, journey, Step.SIGN)
        centre.paper.alter_step(0)
        with pytest.raises(EvidenceError):
            custody.load(installation, STORE, journey.consignment)


def test_a_step_moved_to_another_place_is_refused(centre: Centre) -> None:
    centre.paper.put(1, DUE)
    with centre.open() as installation:
        run_id = centre.released(installation)
        journey = centre.journey(installation, run_id)
        journey = centre.step(installation, journey, Step.SIGN)
        centre.step(installation, journey, Step.PICK)
        centre.paper.swap_steps()
        with pytest.raises(EvidenceError, match="signed for another place"):
            custody.load(installation, STORE, journey.consignment)


def test_an_expired_licence_blocks_the_picking(centre: Centre) -> None:
    centre.paper.put(1, DUE)
    late = replace(FIRM, licence_expires_on=date(2026, 1, 1))
    with centre.open() as installation:
        run_id = centre.released(installation)
        journey = centre.journey(installation, run_id, vendor=late)
        journey = centre.step(installation, journey, Step.SIGN)
        with pytest.raises(CustodyError, match="licence LIC-7 expired"):
            centre.step(installation, journey, Step.PICK)


def test_a_step_that_has_not_happened_yet_is_refused(centre: Centre) -> None:
    centre.paper.put(1, DUE)
    with centre.open() as installation:
        run_id = centre.released(installation)
        journey = centre.journey(installation, run_id)
        early = replace(honest(journey, Step.SIGN), at=installation.now() + timedelta(minutes=10))
        with pytest.raises(CustodyError, match="has not come yet"):
            centre.take(installation, journey, early)


def test_what_is_in_custody_is_concluded_after_the_approval_ran_out(centre: Centre) -> None:
    centre.paper.put(1, DUE)
    with centre.open() as installation:
        run_id = centre.released(installation)
        journey = centre.journey(installation, run_id)
        journey = centre.step(installation, journey, Step.SIGN)
        journey = centre.step(installation, journey, Step.PICK)
        centre.world.later(days=90)
        centre.all_steps(installation, journey)
        assert centre.go_on(installation, run_id).outcomes == {"paper": {"destroyed": 1}}


def test_nothing_leaves_its_shelf_after_the_approval_ran_out(centre: Centre) -> None:
    centre.paper.put(1, DUE)
    with centre.open() as installation:
        run_id = centre.released(installation)
        journey = centre.journey(installation, run_id)
        journey = centre.step(installation, journey, Step.SIGN)
        centre.world.later(days=90)
        with pytest.raises(ApprovalError, match="lacks the approval of data_owner"):
            centre.step(installation, journey, Step.PICK)


def test_nothing_is_released_anew_after_the_approval_ran_out(centre: Centre) -> None:
    item = centre.paper.put(1, DUE)
    centre.paper.put(5, DUE)
    with centre.open() as installation:
        run_id = centre.released(installation)
        centre.hold(installation, str(item[0]))
        with pytest.raises(RunPending):
            centre.go_on(installation, run_id)
        assert centre.paper.orders() == {"I000001": "withdrawn", "I000005": "ordered"}
        holds.lift(
            installation.register, "H-1", by="legal", reason="settled", at=installation.now()
        )
        centre.world.later(days=90)
        with pytest.raises(RunIncomplete):
            centre.go_on(installation, run_id)
    assert centre.paper.orders() == {"I000001": "withdrawn", "I000005": "ordered"}


def test_a_box_is_on_one_journey_at_a_time(centre: Centre) -> None:
    centre.paper.put(1, DUE)
    with centre.open() as installation:
        run_id = centre.released(installation)
        centre.journey(installation, run_id)
        with pytest.raises(CustodyError, match="No box may go"):
            centre.journey(installation, run_id)


def test_a_journey_nobody_opened_is_named(centre: Centre) -> None:
    with centre.open() as installation, pytest.raises(UsageError, match="no consignment"):
        custody.load(installation, STORE, "run.x.paper.1")


def test_rows_stay_while_their_paper_is_in_peoples_hands(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = centre.world
    monkeypatch.setenv("KU_TEST_CORE", f"sqlite:///{world.core}")
    rules = world.policies / "rules"
    (rules / "voucher.yaml").unlink()
    (rules / "loan.yaml").write_text(
        LOAN_RULE
        + "  - {id: paper, store: records_centre, series: PL, method: {shred: P-4},\n"
        + "     events: {settled: {from: core}}, signatories: [head_of_unit, head_of_archives,\n"
        + "     head_of_accounting, archives_officer, accounting_officer]}\n"
    )
    world.build_core({1: "2012-01-01", 2: "2024-01-01"})
    centre.paper.put(1, None, group="F1")
    with centre.open() as installation:
        plan_id = world.plan(installation, "loan")
        world.approve(installation, plan_id)
        with pytest.raises(RunPending, match="1 items of the run"):
            world.destroy(installation, plan_id)
        assert world.loans_left() == {1, 2}
        run_id = runs.load(installation.register, plan_id).run_id
        centre.all_steps(installation, centre.journey(installation, run_id))
        world.destroy(installation, plan_id)
        assert world.loans_left() == {2}
        assert world.certify(installation, run_id).outcomes == {"destroyed": 3}


def test_the_night_after_plans_nothing_that_is_on_its_way(centre: Centre) -> None:
    centre.paper.put(1, DUE)
    with centre.open() as installation:
        centre.released(installation)
        centre.world.later(days=1)
        other = centre.paper.put(5, DUE)
        plan_id = centre.approved(installation)
        with pytest.raises(RunIncomplete):
            centre.world.destroy(installation, plan_id)
    assert centre.paper.orders() == {"I000001": "ordered", str(other[0]): "ordered"}
