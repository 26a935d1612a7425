"""A records centre at work: every verb of paper, and every mishap stopped at its step."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from keepuntil.cli.paper_options import TREATMENTS
from keepuntil.cli.paper_verbs import paper
from keepuntil.domain.consignments import Step
from keepuntil.domain.custody_words import STATE_WORDS
from keepuntil.domain.treatments import Treatment
from records_centre import (
    CARRIER,
    DRAFTER,
    DUE,
    KEPT,
    LICENCE,
    OUR_SHREDDER,
    RESOLVERS,
    SHREDDER,
    SIGNERS,
    STORE,
    WITNESSES,
    Desk,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Desk:
    return Desk.build(tmp_path, monkeypatch, capsys)


def stocked(desk: Desk, due: int = 6) -> str:
    """Items that are due, four a box, released by a run."""
    for number in range(due):
        desk.paper.put(number, DUE)
    desk.vendor_known()
    return desk.released()


def test_an_afternoon_from_the_list_to_the_certificate(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk.folder / "centre.db").touch()
    monkeypatch.setenv("KU_TEST_PAPER", f"sqlite:///{desk.folder / 'centre.db'}")
    desk.paper_verb("journeys").refused("Make them with: keepuntil paper init", code=2)
    assert "is ready" in desk.paper_verb("init").fine().out
    assert "is ready" in desk.paper_verb("init").fine().out
    lines = ["库房,盒号,条码,门类,closed_on"]
    lines += [f"一号库,H1,I{n},PL,2012-12-31" for n in range(3)]
    lines += ["一号库,H2,I3,PL,2012/12/31", "一号库,H2,I4,PL,2024年12月31日"]
    said = desk.paper_verb("import", desk.scanner("清册.csv", *lines, encoding="gbk")).fine()
    assert "2 boxes and 5 items added" in said.out
    run_id = desk.released()
    shown = desk.keepuntil("paper", "boxes", run_id).fine().out
    assert "goes as a whole" in shown
    assert "weed it, or have it wait" in shown
    desk.vendor_known()
    desk.opens(run_id, "--vendor", "shred-co", "--weed", "H2")
    desk.carried_until("")
    assert desk.state() == "reconciled"
    shown = desk.paper_verb("show", desk.consignment).fine().out
    assert "│ H1  │    3 │        │      3 │ T-H1 │    3 │  1000 │       3 │" in shown
    assert "│ H2  │    1 │ yes    │      1 │ T-H2 │    1 │  1000 │       1 │" in shown
    assert f"keepuntil run {run_id.removeprefix('run.')}" in shown
    desk.keepuntil("run", run_id, "--executor", "executor", "--yes").fine()
    certified = desk.keepuntil("--json", "verify", run_id, "--verifier", "verifier").fine()
    assert certified.document["outcomes"] == {"destroyed": 4}
    assert desk.findings() == []
    list_of_the_rest = desk.folder / "rest.csv"
    desk.paper_verb("export", str(list_of_the_rest), "--language", "en").fine()
    written = list_of_the_rest.read_text(encoding="utf-8-sig")
    assert "I4" in written
    assert "I3" not in written


def test_our_own_shredder_needs_neither_seals_nor_a_vendor(desk: Desk) -> None:
    desk.opens(stocked(desk))
    desk.carried_until("", vendor=False)
    shown = desk.paper_verb("show", desk.consignment).fine().out
    assert "reconciled 已核对" in shown
    assert "the institution itself" in shown
    assert "counted" in shown
    assert "arrived" not in shown


def test_a_list_that_differs_is_refused_unless_it_amends(desk: Desk) -> None:
    heading = "box,site,item,series,closed_on"
    first = desk.scanner("first.csv", heading, "B1,S,X1,PL,2012-12-31")
    desk.paper_verb("import", first).fine()
    later = desk.scanner("later.csv", heading, "B1,S,X1,PL,2013-12-31")
    desk.paper_verb("import", later).refused("with another closed_on", code=4)
    said = desk.paper_verb("import", later, "--amend").fine().out
    assert "later.csv:2: Changed what the register said: closed_on." in said
    assert "1 amended" in said


def test_forms_are_written_as_the_journey_stands(desk: Desk) -> None:
    desk.opens(stocked(desk))
    folder = desk.folder / "forms"
    listed = desk.paper_verb("forms", desk.consignment, str(folder)).fine().out
    assert {path.name.partition(".")[0] for path in folder.iterdir()} == {
        *("appraisal_opinion", "destruction_list", "witness_record", "box_labels"),
    }
    assert all(str(path) in listed for path in folder.iterdir())
    desk.carried_until("", vendor=False)
    desk.paper_verb("forms", desk.consignment, str(folder)).fine()
    certificates = sorted(path.name for path in folder.glob("destruction_certificate.*"))
    assert certificates == ["destruction_certificate.en.pdf", "destruction_certificate.zh.pdf"]


def test_a_list_that_is_wrong_is_told_line_by_line_and_taken_in_not_at_all(desk: Desk) -> None:
    file = desk.scanner("list.csv", "box,site,item,series", "B1,S,X1,PL", "B1,S,X1,PL", "B2,S,,PL")
    desk.paper_verb("import", file).refused("list.csv:3:", "nothing was imported", code=4)
    assert desk.paper.boxes() == {}


def test_a_list_may_be_told_its_site_and_its_series(desk: Desk) -> None:
    file = desk.scanner("list.csv", "box,item", "B1,X1")
    said = desk.paper_verb("import", file, "--site", "centre", "--series", "PL").fine()
    assert "1 items added" in said.out


def test_names_that_people_copy_are_whole_in_a_narrow_terminal(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "36")
    run_id = stocked(desk)
    listed = desk.keepuntil("paper", "boxes", run_id).out
    assert "│ B0000 │" in listed
    assert "…" not in listed
    desk.opens(run_id, "--vendor", "shred-co")
    desk.carried_until("receive")
    assert "│ T-B0000 │" in desk.paper_verb("show", desk.consignment).out
    assert desk.consignment in desk.paper_verb("journeys").out


def test_a_store_that_is_no_paper_is_refused(desk: Desk) -> None:
    desk.keepuntil("paper", "init", "core").refused("no register of paper 'core'", code=2)


# Mishaps: each is stopped at its step, and the findings say so.


def test_a_missing_folder_halts_the_count(desk: Desk) -> None:
    desk.opens(stocked(desk), "--vendor", "shred-co")
    desk.carried_until("count")
    scans = desk.counts(without="I000003")
    desk.step("count", "--scans", scans, by=WITNESSES).refused(
        "halted 已中止, before that received 已接收",
        "Box B0000, 4 listed: 1 missing",
        "about I000003",
        f"keepuntil paper resolve {STORE}",
    )
    ((kind, sentence),) = desk.findings()
    assert kind == "custody_item_missing"
    assert "I000003" not in sentence
    desk.honest("destroy").refused("the consignment is halted")
    resolved = ("--incident", "0", "--reason", "It is not in the box.")
    desk.step("resolve", *resolved, "--withdraw-item", "I000003", by=RESOLVERS).fine()
    desk.carried_until_the_end_from("count")
    assert desk.paper.orders()["I000003"] == "withdrawn"


def test_a_broken_seal_halts_the_arrival(desk: Desk) -> None:
    desk.opens(stocked(desk), "--vendor", "shred-co")
    desk.carried_until("receive")
    words = ("--box", "B0000:T-B0000", "--box", "B0001:T-OTHER")
    desk.step("receive", *words, by=(SHREDDER,)).refused(
        "Box B0001 should bear the seal T-B0001 and bears the seal T-OTHER"
    )
    assert [kind for kind, _ in desk.findings()] == ["custody_seal_broken"]
    words = ("--incident", "0", "--reason", "Counted, all there.", "--new-seal", "B0001=T-NEW")
    desk.step("resolve", *words, by=RESOLVERS[:1]).refused("it takes 2 to sign for it")
    desk.step("resolve", *words, by=RESOLVERS).fine()
    desk.carried_until_the_end_from("receive")


def test_a_hold_placed_after_the_signatures_stops_the_picking(desk: Desk) -> None:
    desk.opens(stocked(desk), "--vendor", "shred-co")
    desk.carried_until("pick")
    placed = ("--mandate", "court order 17", "--owner", "legal", "--key", '["I000005"]')
    desk.keepuntil("hold", "add", "voucher", *placed).fine()
    desk.honest("pick").refused("Box B0001 holds something that the hold H-")
    ((kind, sentence),) = desk.findings()
    assert kind == "custody_refused"
    assert f"{desk.consignment}/pick: Box B0001 holds" in sentence
    desk.step("withdraw", "--reason", "court order 17", "--box", "B0001", by=(CARRIER,)).fine()
    desk.carried_until_the_end_from("pick")
    assert desk.findings() == []
    assert desk.paper.orders()["I000005"] == "withdrawn"


def test_an_item_weeded_twice_stops_the_picking(desk: Desk) -> None:
    for number in (0, 1):
        desk.paper.put(number, DUE)
    desk.paper.put(2, KEPT)
    desk.opens(desk.released(), "--weed", "B0000")
    desk.carried_until("pick")
    file = desk.scanner("pick.csv", "box,item", "B0000,I000000", "B0000,I000001", "B0000,I000000")
    desk.step("pick", "--scans", file, by=(CARRIER,)).refused(
        "item 3 scanned at box B0000 was weeded already"
    )
    assert [kind for kind, _ in desk.findings()] == ["custody_refused"]
    assert desk.state() == "signed"


def test_a_box_that_is_half_weeded_is_still_awaited(desk: Desk) -> None:
    for number in (0, 1):
        desk.paper.put(number, DUE)
    desk.paper.put(2, KEPT)
    desk.opens(desk.released(), "--weed", "B0000")
    desk.carried_until("pick")
    for item, state in (("I000001", "signed"), ("I000000", "picked")):
        file = desk.scanner("pick.csv", "box,item", f"B0000,{item}")
        desk.step("pick", "--scans", file, by=(CARRIER,)).fine()
        assert (desk.state(), desk.asked()["awaited"]) == (state, ["B0000"])


def test_a_certificate_with_a_box_too_few_halts_the_reconciliation(desk: Desk) -> None:
    desk.opens(stocked(desk), "--vendor", "shred-co")
    desk.carried_until("certify")
    desk.certified("B0000").fine()
    desk.honest("reconcile").refused("Box B0001", "certified 0 times")
    assert [kind for kind, _ in desk.findings()] == ["custody_unreconciled"]
    words = ("--incident", "0", "--reason", "The vendor sends a corrected certificate.")
    desk.step("resolve", *words, by=RESOLVERS).fine()
    desk.certified("B0000", "B0001").fine()
    desk.honest("reconcile").fine()


def test_a_box_that_the_vendor_certifies_twice_halts_the_reconciliation(desk: Desk) -> None:
    desk.opens(stocked(desk), "--vendor", "shred-co")
    desk.carried_until("certify")
    desk.certified("B0000", "B0001", "B0001").fine()
    desk.honest("reconcile").refused("Box B0001", "certified 2 times")


def test_a_witness_who_is_also_the_executor_stops_the_destruction(desk: Desk) -> None:
    desk.opens(stocked(desk))
    desk.carried_until("destroy", vendor=False)
    words = ("--all", "--treatment", "P-5", "--yes")
    desk.step("destroy", *words, by=WITNESSES[:1]).refused("A4 has a part in this consignment")
    assert [kind for kind, _ in desk.findings()] == ["custody_refused"]
    desk.honest("destroy").fine()
    assert desk.findings() == []


def test_a_report_halts_whatever_comes_next(desk: Desk) -> None:
    desk.opens(stocked(desk))
    words = ("--sentence", "The crate's lid was found open.", "--box", "B0000")
    desk.step("report", *words, by=(CARRIER,)).refused("The crate's lid was found open.")
    listed = desk.paper_verb("journeys").fine().out
    assert "halted 已中止, before that listed 已列册" in listed


def test_everything_withdrawn_ends_the_journey(desk: Desk) -> None:
    desk.opens(stocked(desk))
    words = ("--reason", "Listed by mistake.", "--box", "B0000", "--item", "I000004")
    desk.step("withdraw", *words, by=(CARRIER,)).fine()
    words = ("--reason", "Listed by mistake.", "--item", "I000005")
    said = desk.step("withdraw", *words, by=(CARRIER,)).fine().out
    assert "withdrawn 已撤出" in said
    assert "next" not in said


# Who may be who.


@pytest.mark.parametrize(
    ("by", "sentence"),
    [
        ("E9:clerk:archives", "'E9' is not in people.yaml"),
        ("A3:clerk:audit", "A3 belongs to the unit archives"),
        ("A3:clerk:vendor", "A3 is in people.yaml, so not the vendor's"),
        ("A3:head_of_archives:archives", "A3 does not hold the role 'head_of_archives'"),
        ("D9:head_of_archives:vendor", "D9 is the vendor's"),
    ],
)
def test_who_is_not_who_they_say_signs_nothing(desk: Desk, by: str, sentence: str) -> None:
    desk.opens(stocked(desk))
    desk.step("sign", by=(by,)).refused(sentence)
    assert desk.state() == "listed"


def test_a_stranger_drafts_nothing(desk: Desk) -> None:
    opening = ("paper", "open", stocked(desk), "paper", "--by", "E9:clerk:archives")
    desk.keepuntil(*opening).refused("'E9' is not in people.yaml")
    assert "There is no consignment" in desk.paper_verb("journeys").out


def test_one_signature_of_two_leaves_the_other_awaited(desk: Desk) -> None:
    desk.opens(stocked(desk))
    said = desk.step("sign", by=SIGNERS[:1]).fine().out
    assert "listed 已列册" in said
    assert desk.asked()["awaited"] == ["head_of_accounting"]


def test_a_step_may_be_entered_later_than_it_was_done_but_not_before(desk: Desk) -> None:
    desk.opens(stocked(desk))
    desk.step("sign", "--at", "2026-01-02T10:00+08:00", by=SIGNERS).fine()
    assert desk.asked()["consignment"]["last_at"] == "2026-01-02T10:00:00+08:00"
    desk.step("pick", "--box", "B0000", "--at", "2099-01-02T10:00+08:00", by=(CARRIER,)).refused(
        "which has not come yet"
    )


# Opening a consignment.


@pytest.mark.parametrize(
    ("words", "sentence", "code"),
    [
        (["--weed", "B0009"], "released nothing in box B0009", 13),
        (["--only", "B0009"], "released nothing in box B0009", 13),
        (["--weed", "B0000"], "Box B0000 goes as a whole", 13),
        (["--only", "B0002"], "Box B0002 is mixed: 1 of its 2 items are released", 13),
        (["--only", "B0001"], "Box B0001 holds something", 13),
        (["--vendor", "nobody"], "knows no vendor 'nobody'; known are shred-co", 2),
    ],
)
def test_a_box_that_cannot_go_is_not_left_out_unsaid(
    desk: Desk, words: list[str], sentence: str, code: int
) -> None:
    for number in (0, 4, 8):
        desk.paper.put(number, DUE)
    desk.paper.put(9, KEPT)
    desk.vendor_known()
    run_id = desk.released()
    placed = ("--mandate", "court order 17", "--owner", "legal", "--key", '["I000004"]')
    desk.keepuntil("hold", "add", "voucher", *placed).fine()
    opening = ("paper", "open", run_id, "paper", "--by", DRAFTER)
    desk.keepuntil(*opening, *words).refused(sentence, code=code)
    assert "stays, closed" in desk.keepuntil("paper", "boxes", run_id).out
    assert list(desk.opens(run_id).document["consignment"]["boxes"]) == ["B0000"]


def test_a_vendor_without_a_return_clause_is_given_nothing(desk: Desk) -> None:
    run_id = stocked(desk)
    said = desk.paper_verb("vendor", "shred-co", *LICENCE, "--no-return-clause").fine()
    assert "return-or-destroy clause" in said.out
    opening = ("paper", "open", run_id, "paper", "--by", DRAFTER, "--vendor", "shred-co")
    desk.keepuntil(*opening).refused("has no return-or-destroy clause")
    desk.paper_verb("vendor", "shred-co", *LICENCE).refused("--return-clause", code=2)


@pytest.mark.parametrize("wrong", ["--licence", "--contract"])
def test_a_vendor_is_written_down_with_all_its_papers(desk: Desk, wrong: str) -> None:
    papers = [*LICENCE, "--return-clause"]
    papers[papers.index(wrong) + 1] = " "
    desk.paper_verb("vendor", "shred-co", *papers).refused("1 to 200 characters", code=2)


def test_an_expired_licence_stops_the_picking(desk: Desk) -> None:
    run_id = stocked(desk)
    papers = ("--licence", "LIC-6", "--expires", "2020-01-01", "--contract", "C-6")
    desk.paper_verb("vendor", "old-co", *papers, "--return-clause").fine()
    desk.opens(run_id, "--vendor", "old-co")
    desk.carried_until("pick")
    desk.honest("pick").refused("licence LIC-6 expired on 2020-01-01")


# Waiting.


def test_a_mixed_box_waits_and_its_due_items_are_shared(desk: Desk) -> None:
    desk.paper.put(0, DUE)
    desk.paper.put(1, KEPT)
    run_id = desk.released()
    words = ("B0000", "--until", "2199-01-01", "--reason", "Its last item is due soon.")
    desk.paper_verb("wait", *words).fine()
    assert "waits until 2199-01-01" in desk.keepuntil("paper", "boxes", run_id).out
    said = desk.keepuntil("--json", "run", run_id, "--executor", "executor", "--yes").fine()
    assert said.document["outcomes"]["paper"]["shared"] == 1


@pytest.mark.parametrize(
    ("box", "until", "reason", "sentence", "code"),
    [
        ("B0009", "2199-01-01", "r", "has no box B0009", 2),
        ("B0000", "2199-01-01", "r", "Box B0000 is not mixed", 13),
        ("B0001", "2020-01-01", "r", "2020-01-01 is no day to wait for", 2),
        ("B0001", "2199-01-01", " ", "Say why the box waits", 2),
        ("B0001", "2199-01-01", "r" * 201, "1 to 200 characters", 2),
        ("B0002", "2199-01-01", "r", "Box B0002 is on a journey", 13),
    ],
)
def test_a_wait_that_makes_no_sense_is_refused(
    desk: Desk, box: str, until: str, reason: str, sentence: str, code: int
) -> None:
    for number in (0, 4, 8):
        desk.paper.put(number, DUE)
    for number in (5, 9):
        desk.paper.put(number, KEPT)
    desk.opens(desk.released(), "--weed", "B0002", "--only", "B0002")
    words = (box, "--until", until, "--reason", reason)
    desk.paper_verb("wait", *words).refused(sentence, code=code)


# What is scanned, said and attached.


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["box,item", "B1,1.23E+11"], "scan.csv:2: The barcode (条码) was rounded"),
        (["box,item", "B1,123.0"], "scan.csv:2: The barcode (条码) was written as a number"),
        (["box,item", ",I1"], "scan.csv:2: The box (盒号) is missing"),
        (["box,item", "B1,I1", "B1,"], "scan.csv:3: The box stands on line 2 already"),
        (["box,seal,item", "B1,Z1,I1", "B1,Z2,I2"], "scan.csv:3: The seal of the box is another"),
        (["box,grams,item", "B1,7,I1", "B1,8,I2"], "scan.csv:3: The weight of the box is another"),
        (["box,grams", "B1,heavy"], "scan.csv:2: The grams (重量) is not a whole number"),
        (["box,item", "B1,I1,I2"], "scan.csv:2: There is a cell without a heading"),
        (["box,item"], "no line below the headings"),
        (["item,seal", "I1,Z1"], "scan.csv:1: the first line has to name the columns"),
        (["box,盒号", "B1,B1"], "each once"),
        (["box,name", "B1,x"], "1 columns are none that a scan has"),
    ],
)
def test_a_scan_that_cannot_be_read_is_told_by_its_line(
    desk: Desk, lines: list[str], sentence: str
) -> None:
    desk.opens(stocked(desk))
    desk.carried_until("pick")
    file = desk.scanner("scan.csv", *lines)
    desk.step("pick", "--scans", file, by=(CARRIER,)).refused(sentence, code=4)
    assert desk.findings() == []


def test_a_scan_that_is_no_text_is_refused(desk: Desk) -> None:
    desk.opens(stocked(desk))
    desk.carried_until("pick")
    path = desk.folder / "scan.csv"
    path.write_bytes(b"box,item\n\xff\xff\xff")
    desk.step("pick", "--scans", str(path), by=(CARRIER,)).refused(
        "neither in UTF-8 nor in GB18030", code=4
    )


def test_a_scanner_may_name_the_box_first_and_then_its_items(desk: Desk) -> None:
    desk.opens(stocked(desk), "--vendor", "shred-co")
    desk.carried_until("count")
    lines = ["箱号;封签号;条码;重量（克）"]
    for box, items in (("B0000", range(4)), ("B0001", range(4, 6))):
        lines += [f"{box};T-{box};;", *(f"{box};;I{item:06d};" for item in items)]
    file = desk.scanner("count.csv", *lines, encoding="gb18030")
    desk.step("count", "--scans", file, by=WITNESSES).fine()
    assert desk.state() == "counted"


def test_boxes_of_a_destruction_are_scanned_one_line_a_box(desk: Desk) -> None:
    desk.opens(stocked(desk))
    desk.carried_until("destroy", vendor=False)
    words = ("--treatment", "P-5", "--yes")
    items = desk.scanner("gone.csv", "box,item", "B0000,I000000")
    desk.step("destroy", "--scans", items, *words, by=(OUR_SHREDDER,)).refused(
        "gone.csv:2: An item is named", code=4
    )
    file = desk.scanner("gone.csv", "盒号", "B0000")
    said = desk.step("destroy", "--scans", file, *words, by=(OUR_SHREDDER,)).fine().out
    assert "This records that 1 boxes with 4 items were destroyed by P-5: B0000." in said
    assert desk.asked()["awaited"] == ["B0001"]
    people = ("--by", OUR_SHREDDER)
    said = desk.keepuntil(
        "--json", "paper", "destroy", STORE, desk.consignment, "--box", "B0001", *words, *people
    ).fine()
    assert said.document["awaited"] == ["A4", "F2"]
    assert "This records that 1 boxes with 2 items" in said.err
    assert desk.state() == "destroyed"


def test_a_destruction_is_asked_about_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.opens(stocked(desk))
    desk.carried_until("destroy", vendor=False)
    (desk.folder / "no").write_text("n\n")
    with (desk.folder / "no").open() as answer:
        monkeypatch.setattr(sys, "stdin", answer)
        said = desk.step("destroy", "--all", "--treatment", "P-5", by=(OUR_SHREDDER,))
    assert (said.code, desk.state()) == (7, "counted")


@pytest.mark.parametrize(
    ("verb", "words", "sentence"),
    [
        ("pick", [], "either --scans FILE or --box"),
        ("pick", ["--box", ":Z1"], "BOX:SEAL:GRAMS"),
        ("pick", ["--box", "B1:Z1:heavy"], "BOX:SEAL:GRAMS"),
        ("pick", ["--box", "B1:Z1:5:6"], "BOX:SEAL:GRAMS"),
        ("sign", ["--by", "A1:archives"], "ID:ROLE:DEPARTMENT"),
        ("sign", ["--by", "A1::archives"], "ID:ROLE:DEPARTMENT"),
        ("sign", ["--at", "2026-11-23T14:05"], "with its offset"),
        ("sign", ["--at", "noon"], "with its offset"),
        ("destroy", ["--treatment", "P-5", "--all", "--box", "B1"], "--all, or --scans"),
        ("destroy", ["--treatment", "P-5"], "either --scans FILE or --box"),
        ("destroy", ["--treatment", "P-9", "--all"], "P-9"),
        ("withdraw", ["--reason", "r", "--new-seal", "B1"], "BOX=SEAL"),
    ],
)
def test_words_that_cannot_be_read_are_refused_in_a_sentence(
    desk: Desk, verb: str, words: list[str], sentence: str
) -> None:
    desk.consignment = "run.x.paper.1"
    desk.step(verb, *words, by=(CARRIER,)).refused(sentence, code=2)


def test_the_vendors_certificate_is_kept_under_its_digest(desk: Desk) -> None:
    desk.opens(stocked(desk), "--vendor", "shred-co")
    desk.carried_until("certify")
    desk.certified("B0000", "B0001").fine()
    content = (desk.folder / "vendor.pdf").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    kept = desk.world.home / "evidence" / "custody" / desk.consignment / f"{digest}.pdf"
    assert kept.read_bytes() == content
    assert desk.asked()["consignment"]["certificate"]["sha256"] == digest


def test_a_refused_certificate_leaves_no_file(desk: Desk) -> None:
    desk.opens(stocked(desk), "--vendor", "shred-co")
    desk.carried_until("destroy")
    desk.certified("B0000", "B0001").refused("the consignment is counted")
    assert list((desk.world.home / "evidence" / "custody").iterdir()) == []


def test_an_empty_certificate_is_refused(desk: Desk) -> None:
    desk.opens(stocked(desk), "--vendor", "shred-co")
    (desk.folder / "empty.pdf").touch()
    words = ("--file", str(desk.folder / "empty.pdf"), "--number", "DC-19", *LICENCE)
    desk.step("certify", *words, "--treatment", "P-5", "--box", "B0000", by=(CARRIER,)).refused(
        "empty.pdf: is empty", code=2
    )


# The command line itself.


def test_every_step_has_a_verb_and_every_treatment_a_word() -> None:
    assert {step.value.replace("_", "") for step in Step} <= set(paper.commands)
    assert list(TREATMENTS.choices) == list(Treatment)


def test_journeys_are_listed_by_run_and_in_json(desk: Desk) -> None:
    run_id = stocked(desk)
    desk.opens(run_id, "--only", "B0000")
    first = desk.consignment
    desk.opens(run_id)
    (one, two) = desk.keepuntil("--json", "paper", "journeys", STORE, run_id).fine().document
    assert [one["consignment"], two["consignment"]] == [first, desk.consignment]
    assert (one["state"], one["boxes"]) == ("listed", 1)
    desk.paper_verb("show", "run.x.paper.1").refused("There is no consignment", code=2)


def test_the_page_on_paper_names_every_verb_and_every_state() -> None:
    page = (ROOT / "docs" / "paper.md").read_text(encoding="utf-8")
    assert [verb for verb in paper.commands if f"keepuntil paper {verb} " not in page] == []
    assert [w for w in STATE_WORDS.values() if f"| {w.zh} {w.en} |" not in page] == []


def test_a_halted_journey_is_an_exit_code_for_scripts(desk: Desk) -> None:
    desk.opens(stocked(desk))
    entry = "from keepuntil.cli.main import main; main()"
    words = ("--json", "paper", "report", STORE, desk.consignment)
    said = subprocess.run(
        [sys.executable, "-c", entry, *words, "--by", CARRIER, "--sentence", "Wet."],
        env=os.environ
        | {
            "KEEPUNTIL_HOME": str(desk.world.home),
            "KEEPUNTIL_POLICIES": str(desk.world.policies),
            "PYTHONPATH": str(ROOT / "plugins"),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert said.returncode == 13, said.stderr
    assert json.loads(said.stdout)["open_incidents"] == [0]
