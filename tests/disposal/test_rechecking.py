"""verify RUN --again: what was certified gone is looked for once more, by its tag alone."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result

from disposal_world import NIGHT, World
from keepuntil.cli.main import keepuntil
from keepuntil.disposal import rechecking
from keepuntil.disposal.rechecking import InstanceAgain, recheck
from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.errors import (
    EvidenceError,
    PlanError,
    RunInterrupted,
    StoreError,
    UsageError,
    VerificationFailed,
)
from keepuntil.register import findings, holds
from keepuntil.stores.files.tree import FACTS, FileTree

GONE = [f"A{number:06d}-2015-03-01.pdf" for number in range(12)]
HELD = "A000777-2015-03-01.pdf"
KEPT = "A000500-2024-03-01.pdf"


@pytest.fixture
def bank(world: World) -> World:
    """Twelve statements are due, one is held, one is young; receipts are wanted."""
    (world.policies / "evidence.yaml").write_text(
        "log: {origin: evidence.bank.example}\nreceipts: true\n"
    )
    world.issue(*GONE, HELD, KEPT)
    return world


def certified(world: World, category: str = "statement") -> str:
    with world.open() as installation:
        holds.add(
            installation.register,
            Hold(
                hold_id="LIT-1",
                mandate="2026/17",
                owner="legal",
                category="statement",
                instance=None,
                scope=HoldScope.PREFIX,
                value="A000777",
                placed_at=NIGHT,
                review_by=None,
            ),
        )
        return world.whole_road(installation, category).run_id


def looked_at(world: World, run_id: str) -> rechecking.Recheck:
    with world.open() as installation:
        return recheck(installation, run_id)


def of_share(*, there: int, back: int) -> tuple[InstanceAgain, ...]:
    return (InstanceAgain(instance="share", certified_gone=12, looked_at=there, back=back),)


def sentences(world: World) -> list[str]:
    with world.open() as installation:
        found = findings.open_findings(installation.register)
        return [one.sentence_en for one in found if one.kind == "resurrected"]


def test_what_is_still_gone_is_found_gone(bank: World) -> None:
    result = looked_at(bank, certified(bank))
    # The held one and the young one are there, and were never certified gone.
    assert result.instances == of_share(there=2, back=0)
    assert not result.redeclared
    result.refuse_if_back()
    assert sentences(bank) == []


def test_what_came_back_is_counted_told_and_never_named(bank: World) -> None:
    run_id = certified(bank)
    bank.issue(GONE[3], GONE[7], "A000003-2015-03-02.pdf")
    result = looked_at(bank, run_id)
    assert result.instances == of_share(there=5, back=2)
    with pytest.raises(VerificationFailed, match=r"2 items are there again \(2 in share\)") as told:
        result.refuse_if_back()
    (finding,) = sentences(bank)
    assert "2 items that the run" in finding
    assert "A00000" not in finding + told.value.sentence


def test_the_same_answer_comes_in_small_pieces(
    bank: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Four batches of the run, and a look at the share for the tags of each.
    few = replace(FACTS, batch_items=4)
    monkeypatch.setattr(FileTree, "facts", property(lambda _: few))
    monkeypatch.setattr(rechecking, "TAGS_AT_ONCE", 1)
    run_id = certified(bank)
    bank.issue(GONE[0], GONE[11])
    assert looked_at(bank, run_id).instances == of_share(there=4, back=2)


def test_every_instance_of_a_category_is_looked_at(bank: World) -> None:
    bank.write_loan_rule()
    bank.build_core({1: "2014-01-01", 2: "2015-01-01", 3: "2024-01-01"})
    run_id = certified(bank, "loan")
    assert looked_at(bank, run_id).back == 0
    with closing(sqlite3.connect(bank.core)) as core, core:
        core.execute("INSERT INTO loan VALUES (2, 'F2', 'x', '2015-01-01')")
    (bank.scans / "F1" / "page1.tif").parent.mkdir(exist_ok=True)
    (bank.scans / "F1" / "page1.tif").write_bytes(b"restored")
    result = looked_at(bank, run_id)
    assert {one.instance: one.back for one in result.instances} == {"core": 1, "scans": 1}
    assert {one.instance: one.certified_gone for one in result.instances} == {"core": 2, "scans": 2}


def test_a_rule_declared_anew_is_said_beside_the_answer(bank: World) -> None:
    run_id = certified(bank)
    bank.write_rule(limit=99)
    result = looked_at(bank, run_id)
    assert result.redeclared
    assert result.back == 0


def test_a_store_declared_anew_is_said_beside_the_answer(bank: World) -> None:
    run_id = certified(bank)
    moved = bank.folder / "moved"
    shutil.copytree(bank.folder / "share", moved)
    stores = bank.policies / "stores.yaml"
    stores.write_text(stores.read_text().replace(str(bank.folder / "share"), str(moved)))
    assert looked_at(bank, run_id).redeclared


def test_before_the_certificate_there_is_nothing_to_look_for(bank: World) -> None:
    with bank.open() as installation:
        run_id = bank.destroy(installation, bank.plan(installation))
        with pytest.raises(RunInterrupted, match="has no certificate yet"):
            recheck(installation, run_id)


def test_without_a_receipt_secret_nobody_can_look(bank: World) -> None:
    run_id = certified(bank)
    for secret in (bank.home / "receipts" / "statement").iterdir():
        secret.unlink()
    with pytest.raises(UsageError, match="no receipt secret"):
        looked_at(bank, run_id)


def test_a_place_that_is_declared_no_more_is_no_silent_pass(bank: World) -> None:
    run_id = certified(bank)
    rule = bank.policies / "rules" / "statement.yaml"
    rule.write_text(rule.read_text().replace("- id: share", "- id: archive"))
    with pytest.raises(PlanError, match="declares no instance share any more"):
        looked_at(bank, run_id)


def test_a_store_that_cannot_be_reached_is_no_silent_pass(bank: World) -> None:
    run_id = certified(bank)
    (bank.folder / "share").rename(bank.folder / "elsewhere")
    with pytest.raises(StoreError):
        looked_at(bank, run_id)


def test_outcomes_that_were_lost_are_no_silent_pass(bank: World) -> None:
    run_id = certified(bank)
    with closing(sqlite3.connect(bank.home / "register.db")) as register, register:
        assert register.execute("DELETE FROM observation").rowcount
    with pytest.raises(EvidenceError, match=r"Outcomes of .* are missing in share"):
        looked_at(bank, run_id)


def said(world: World, *words: str) -> Result:
    environment = {"KEEPUNTIL_HOME": str(world.home), "KEEPUNTIL_POLICIES": str(world.policies)}
    return CliRunner().invoke(keepuntil, words, env=environment)


def test_the_command_line_tells_both_answers(bank: World) -> None:
    run_id = certified(bank)
    clean = said(bank, "verify", run_id, "--again")
    assert clean.exit_code == 0, clean.output
    assert "Nothing that was certified gone has come back." in clean.output
    bank.issue(GONE[5])
    found = said(bank, "--json", "verify", run_id, "--again")
    assert isinstance(found.exception, VerificationFailed)
    (share,) = json.loads(found.output)["instances"]
    assert (share["certified_gone"], share["back"]) == (12, 1)
    assert "has come back" not in said(bank, "verify", run_id, "--again").output
