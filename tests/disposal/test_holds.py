"""A hold always lands and always wins, whatever was approved before."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from disposal_world import NIGHT, World
from keepuntil.disposal import executing
from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.register import holds, plans
from keepuntil.stores.files import FileTree


def hold(scope: HoldScope, value: str, name: str = "LIT-1") -> Hold:
    return Hold(
        hold_id=name,
        mandate="court order 17",
        owner="legal",
        category="statement",
        instance=None,
        scope=scope,
        value=value,
        placed_at=NIGHT,
        review_by=None,
    )


FIRST, SECOND = "A000001-2016-11-21.pdf", "A000002-2016-11-21.pdf"


@pytest.mark.parametrize(
    ("scope", "value"),
    [
        (HoldScope.KEY, f'["{FIRST}"]'),
        (HoldScope.RECORD_GROUP, "A000001"),
        (HoldScope.PREFIX, "A000001"),
    ],
)
@pytest.mark.parametrize("when", ["before planning", "after approval"])
def test_a_hold_wins_over_the_clock_and_over_approvals(
    world: World, scope: HoldScope, value: str, when: str
) -> None:
    world.issue(FIRST, SECOND)
    with world.open() as installation:
        if when == "before planning":
            holds.add(installation.register, hold(scope, value))
        plan_id = world.plan(installation)
        if when == "after approval":
            holds.add(installation.register, hold(scope, value))
        certificate = world.certify(installation, world.destroy(installation, plan_id))
    assert world.left() == {FIRST}
    assert certificate.outcomes == {"destroyed": 1, "held": 1}


def test_several_holds_bind_one_record_until_all_are_lifted(world: World) -> None:
    world.issue(FIRST)
    with world.open() as installation:
        holds.add(installation.register, hold(HoldScope.PREFIX, "A000001", "LIT-1"))
        holds.add(installation.register, hold(HoldScope.RECORD_GROUP, "A000001", "LIT-2"))
        holds.lift(installation.register, "LIT-1", by="legal", reason="settled", at=NIGHT)
        world.certify(installation, world.destroy(installation, world.plan(installation)))
        assert world.left() == {FIRST}
        holds.lift(installation.register, "LIT-2", by="legal", reason="settled", at=NIGHT)
        world.certify(installation, world.destroy(installation, world.plan(installation)))
    assert world.left() == set()


def test_once_hold_add_has_returned_nothing_it_covers_is_destroyed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hold placed while a run is in the middle of its batches."""
    names = world.issue_many(200, year=2015)
    original = FileTree.destroy

    def slowly(self: FileTree, *args: object, **kwargs: object) -> object:
        time.sleep(0.05)
        return original(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(FileTree, "destroy", slowly)
    made = FileTree.__init__

    def small(self: FileTree, *args: object, **kwargs: object) -> None:
        made(self, *args, **kwargs)  # type: ignore[arg-type]
        self.facts = replace(self.facts, batch_items=10)

    monkeypatch.setattr(FileTree, "__init__", small)
    with world.open() as installation:
        plan_id = world.plan(installation)
        run_id = executing.open_run(installation, plan_id, executor="executor")
        worker = threading.Thread(
            target=executing.destroy_shard,
            args=(installation, run_id, executing.shards(installation, run_id, 1)[0]),
            kwargs={"worker": "worker"},
        )
        worker.start()
        while len(world.left()) > 180:
            time.sleep(0.01)
        holds.add(installation.register, hold(HoldScope.CATEGORY, ""))
        left_when_it_returned = world.left()
        worker.join()
    assert world.left() == left_when_it_returned
    assert 0 < len(left_when_it_returned) < len(names)


def test_a_hold_by_predicate_on_a_row_keeps_its_scans_too(world: World) -> None:
    world.write_loan_rule()
    world.build_core({1: "2015-05-05", 2: "2015-05-05"})
    with world.open() as installation:
        held = replace(hold(HoldScope.PREDICATE, "file_no = 'F1'"), category="loan")
        holds.add(installation.register, held)
        certificate = world.whole_road(installation, "loan")
    assert world.loans_left() == {1}
    assert (world.scans / "F1" / "page1.tif").exists()
    assert not (world.scans / "F2" / "page1.tif").exists()
    assert certificate.outcomes == {"destroyed": 2, "held": 1}


@pytest.mark.parametrize("when", ["before planning", "after approval"])
def test_a_hold_by_predicate_binds_every_file_that_nobody_can_ask(world: World, when: str) -> None:
    world.issue(FIRST, SECOND)
    with world.open() as installation:
        if when == "before planning":
            holds.add(installation.register, hold(HoldScope.PREDICATE, "account = 'A000001'"))
        plan_id = world.plan(installation)
        if when == "after approval":
            holds.add(installation.register, hold(HoldScope.PREDICATE, "account = 'A000001'"))
            certificate = world.certify(installation, world.destroy(installation, plan_id))
            assert certificate.outcomes == {"held": 2}
        else:
            assert plans.load(installation.register, plan_id).plan.held == 2
    assert world.left() == {FIRST, SECOND}
