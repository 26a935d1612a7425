"""A worker sleeps through its lease after its intent: its successor still says what is true."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import pytest

from disposal_world import World
from keepuntil.disposal import executing
from keepuntil.disposal.installation import Installation
from keepuntil.domain.outcomes import Outcome
from keepuntil.errors import KeepuntilError, LeaseLost, RunInterrupted
from keepuntil.register import journal
from keepuntil.register.slots import Slot

ITEMS = 30


class Sleeper:
    """The first worker: it sleeps once its first intent is written, until it is woken."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asleep, self.woken = threading.Event(), threading.Event()
        self.ended: list[BaseException | None] = []
        intend = Slot.intend
        me: list[threading.Thread] = []

        def and_sleep(slot: Slot, intended: object, now: datetime) -> None:
            intend(slot, intended, now)  # type: ignore[arg-type]
            if threading.current_thread() is me[0] and not self.asleep.is_set():
                self.asleep.set()
                assert self.woken.wait(120)

        monkeypatch.setattr(Slot, "intend", and_sleep)
        self._me = me

    def start(self, work: Callable[[], object]) -> None:
        def end() -> None:
            try:
                work()
            except KeepuntilError as error:
                self.ended.append(error)
            else:
                self.ended.append(None)

        self._me.append(threading.Thread(target=end))
        self._me[0].start()
        assert self.asleep.wait(120)

    def wake(self) -> BaseException | None:
        self.woken.set()
        self._me[0].join(120)
        (ended,) = self.ended
        return ended


def totals(installation: Installation, run_id: str, instance: str) -> dict[Outcome, int]:
    found = journal.totals(installation.register, run_id)[instance]
    return {outcome: count for outcome, count in found.items() if count}


@pytest.fixture
def sleeper(monkeypatch: pytest.MonkeyPatch) -> Sleeper:
    return Sleeper(monkeypatch)


def test_of_files_the_successor_destroys_and_the_sleeper_says_nothing(
    world: World, sleeper: Sleeper
) -> None:
    world.issue_many(ITEMS, year=2015)
    with world.open() as installation:
        run_id = executing.open_run(installation, world.plan(installation), executor="executor")
        destroy = executing.destroy_shard
        sleeper.start(lambda: destroy(installation, run_id, 0, worker="sleeper"))
        with pytest.raises(RunInterrupted, match="another worker"):
            destroy(installation, run_id, 0, worker="successor")
        world.later(minutes=11)
        destroy(installation, run_id, 0, worker="successor")
        assert isinstance(sleeper.wake(), LeaseLost)
        assert totals(installation, run_id, "share") == {Outcome.DESTROYED: ITEMS}
        assert executing.close_run(installation, run_id).outcomes
    assert world.left() == set()


def test_of_rows_nothing_is_judged_until_the_sleeper_has_ended(
    world: World, sleeper: Sleeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keepuntil.stores.sql.connection.LOCK_PATIENCE_SECONDS", 1)
    world.write_loan_rule()
    world.build_core(dict.fromkeys(range(1, ITEMS + 1), "2015-05-05"))
    for scan in world.scans.glob("*/*"):
        scan.unlink()
    with world.open() as installation:
        plan_id = world.plan(installation, "loan")
        world.approve(installation, plan_id)
        run_id = executing.open_run(installation, plan_id, executor="executor")
        destroy = executing.destroy_shard
        sleeper.start(lambda: destroy(installation, run_id, 0, worker="sleeper"))
        world.later(minutes=11)
        with pytest.raises(KeepuntilError, match="busy"):
            destroy(installation, run_id, 0, worker="successor")
        assert totals(installation, run_id, "core") == {}
        assert isinstance(sleeper.wake(), LeaseLost)
        assert world.loans_left() == set()
        destroy(installation, run_id, 0, worker="successor")
        assert totals(installation, run_id, "core") == {Outcome.DESTROYED: ITEMS}


def test_a_shard_that_was_claimed_before_the_intent_makes_nothing_final(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.issue_many(ITEMS, year=2015)
    intend = Slot.intend
    with world.open() as installation:
        run_id = executing.open_run(installation, world.plan(installation), executor="executor")

        def too_late(slot: Slot, intended: object, now: datetime) -> None:
            world.later(minutes=11)
            taken = journal.claim(installation.register, run_id, 0, "other", world.moment, 60)
            assert taken is not None
            intend(slot, intended, now)  # type: ignore[arg-type]

        monkeypatch.setattr(Slot, "intend", too_late)
        with pytest.raises(LeaseLost):
            executing.destroy_shard(installation, run_id, 0, worker="worker")
    assert len(world.left()) == ITEMS


def test_the_lease_runs_anew_from_the_intent(world: World, sleeper: Sleeper) -> None:
    world.issue_many(ITEMS, year=2015)
    with world.open() as installation, pytest.MonkeyPatch.context() as patch:
        run_id = executing.open_run(installation, world.plan(installation), executor="executor")
        look = executing.Batch

        def after_nine_minutes(**columns: object) -> object:
            world.later(minutes=9)
            return look(**columns)  # type: ignore[arg-type]

        patch.setattr(executing, "Batch", after_nine_minutes)
        sleeper.start(lambda: executing.destroy_shard(installation, run_id, 0, worker="sleeper"))
        world.later(minutes=9)
        register = installation.register
        assert journal.claim(register, run_id, 0, "successor", world.moment, 60) is None
        assert sleeper.wake() is None
    assert world.left() == set()
