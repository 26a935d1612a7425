"""Runs and shards: one run a plan, cut the same way every time, moved on by what was observed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from keepuntil.domain.outcomes import Outcome
from keepuntil.errors import LeaseLost, PlanError, RegisterError
from keepuntil.register import Register, journal, plans, runs
from keepuntil.register.plans import PlanState
from keepuntil.register.runs import RunState
from register_world import (
    NOW,
    approve,
    finish,
    frozen,
    running,
    seconds,
    warrant,
    work,
)

LAYOUT = {"scans": [2, 2, 1], "core": [3, 3, 3, 1], "empty": []}
PHASES = [["scans"], ["core", "empty"]]


def cuts(register: Register, run_id: str, phase: int | None = None) -> list[tuple[object, ...]]:
    return [
        (one.no, one.phase, one.instance, one.first, one.last)
        for one in journal.shards(register, run_id, phase)
    ]


def test_chunks_are_cut_into_shards_phase_by_phase(register: Register) -> None:
    run_id = running(register, LAYOUT, phases=PHASES, shard_chunks=2)
    scans = [(0, 0, "scans", 0, 1), (1, 0, "scans", 2, 2)]
    core = [(2, 1, "core", 0, 1), (3, 1, "core", 2, 3)]
    assert cuts(register, run_id) == scans + core
    assert cuts(register, run_id, 0) == scans
    assert cuts(register, run_id, 1) == core
    assert journal.unfinished(register, run_id) == 7


def test_opening_a_run_again_takes_up_the_first_one(register: Register) -> None:
    stored = frozen(register, {"core": [1] * 5})
    mandate = approve(register, stored)
    phases = [[("core", 5)]]
    first = journal.open_run(register, mandate, phases, 2, "executor", NOW)
    plans.set_state(register, stored.plan.plan_id, [PlanState.APPROVED], PlanState.EXECUTING)
    again = journal.open_run(register, mandate, phases, 5, "other", NOW + timedelta(hours=1))
    assert again == first
    assert len(journal.shards(register, first)) == 3
    run = runs.load(register, first)
    assert (run.executor, run.started_at, run.state) == ("executor", NOW, RunState.RUNNING)
    assert run.warrant == mandate


@pytest.mark.parametrize("state", [PlanState.FROZEN, PlanState.REJECTED, PlanState.SUPERSEDED])
def test_plan_that_was_not_approved_does_not_run(register: Register, state: PlanState) -> None:
    stored = frozen(register, {"core": [1]})
    plans.set_state(register, stored.plan.plan_id, [PlanState.FROZEN], state)
    with pytest.raises(PlanError, match=f"is {state.value}, not approved"):
        journal.open_run(register, warrant(stored), [[("core", 1)]], 1, "executor", NOW)


def test_warrant_for_another_list_runs_nothing(register: Register) -> None:
    stored = frozen(register, {"core": [1]})
    mandate = approve(register, stored)
    forged = replace(mandate, plan_digest="sha256:" + "f" * 64)
    with pytest.raises(PlanError, match="not for a plan of this register"):
        journal.open_run(register, forged, [[("core", 1)]], 1, "executor", NOW)
    journal.open_run(register, mandate, [[("core", 1)]], 1, "executor", NOW)
    with pytest.raises(PlanError, match="another list than its run"):
        journal.open_run(register, forged, [[("core", 1)]], 1, "executor", NOW)


@pytest.mark.parametrize(
    "phases",
    [
        [],
        [[("core", 1)]],
        [[("core", 2), ("scans", 1)]],
        [[("core", 1), ("scans", 1)], [("core", 1)]],
        [[("core", 1), ("scans", 1), ("other", 1)]],
    ],
)
def test_phases_that_miss_or_repeat_a_chunk_are_refused(
    register: Register, phases: list[list[tuple[str, int]]]
) -> None:
    stored = frozen(register, {"core": [1], "scans": [1]})
    with pytest.raises(PlanError, match="do not name every chunk"):
        journal.open_run(register, approve(register, stored), phases, 1, "executor", NOW)


def test_plan_that_lists_nothing_is_not_run(register: Register) -> None:
    stored = frozen(register, {"core": []})
    with pytest.raises(PlanError, match="nothing to run"):
        journal.open_run(register, approve(register, stored), [[("core", 0)]], 1, "e", NOW)


def test_run_is_executed_only_when_every_item_came_to_an_end(register: Register) -> None:
    layout = {"core": [2, 1]}
    run_id = running(register, layout)
    stopped = journal.close_run(register, run_id, NOW, "stop file found")
    assert stopped is RunState.INCOMPLETE
    run = runs.load(register, run_id)
    assert (run.state, run.finished_at, run.stopped_by) == (stopped, NOW, "stop file found")
    mandate = run.warrant
    journal.open_run(register, mandate, [[("core", 2)]], 2, "executor", NOW)
    reopened = runs.load(register, run_id)
    assert (reopened.state, reopened.finished_at) == (RunState.RUNNING, None)
    assert reopened.stopped_by == ""
    finish(register, run_id, layout, Outcome.DESTROYED)
    assert journal.close_run(register, run_id, NOW) is RunState.EXECUTED


@pytest.mark.parametrize("end", [Outcome.FAILED, Outcome.PENDING_EXTERNAL])
def test_run_with_one_item_not_at_its_end_is_incomplete(register: Register, end: Outcome) -> None:
    run_id = running(register, {"core": [2]})
    work(register, run_id).do(0, Outcome.DESTROYED, end)
    assert journal.unfinished(register, run_id) == 0
    assert journal.close_run(register, run_id, NOW) is RunState.INCOMPLETE
    mandate = runs.load(register, run_id).warrant
    journal.open_run(register, mandate, [[("core", 1)]], 2, "executor", NOW)
    assert runs.load(register, run_id).state is RunState.RUNNING
    assert journal.close_run(register, run_id, NOW) is RunState.INCOMPLETE


@pytest.mark.parametrize(
    "end",
    [Outcome.ALREADY_ABSENT, Outcome.HELD, Outcome.NO_LONGER_DUE, Outcome.SHARED],
)
def test_every_observed_end_counts_as_executed(register: Register, end: Outcome) -> None:
    run_id = running(register, {"core": [2]})
    finish(register, run_id, {"core": [2]}, end)
    assert journal.close_run(register, run_id, NOW) is RunState.EXECUTED


def test_closing_does_not_move_a_run_back(register: Register) -> None:
    run_id = running(register, {"core": [1]})
    finish(register, run_id, {"core": [1]}, Outcome.DESTROYED)
    journal.close_run(register, run_id, NOW)
    runs.set_state(register, run_id, [RunState.EXECUTED], RunState.VERIFIED)
    assert journal.close_run(register, run_id, NOW + seconds(5)) is RunState.VERIFIED
    assert runs.load(register, run_id).finished_at == NOW
    with pytest.raises(RegisterError, match="it is verified, not executed"):
        runs.set_state(register, run_id, [RunState.EXECUTED], RunState.VERIFIED)


def test_unknown_runs_are_named(register: Register) -> None:
    for ask in (
        lambda: runs.load(register, "none"),
        lambda: runs.set_state(register, "none", [RunState.RUNNING], RunState.EXECUTED),
        lambda: journal.close_run(register, "none", NOW),
        lambda: journal.open_batches(register, "none", 0),
        lambda: journal.claim(register, "none", 0, "w", NOW, 60),
        lambda: list(journal.groups_left(register, "none", 0)),
    ):
        with pytest.raises(RegisterError, match=r"(There is no|of a) run"):
            ask()


def test_run_is_found_by_plan_or_beginning_and_listed_newest_first(register: Register) -> None:
    made = [running(register, {"core": [1]}, as_of=date(2026, 3, day)) for day in (1, 2, 3)]
    assert runs.load(register, made[0].removeprefix("run.")).run_id == made[0]
    assert runs.load(register, "loan_file.2026-03-02").run_id == made[1]
    with pytest.raises(RegisterError, match="More than one run"):
        runs.load(register, "loan_file")
    listed: list[str] = []
    while page := runs.list_runs(register, after=listed[-1] if listed else None, limit=2):
        listed += [one.run_id for one in page]
    assert listed == sorted(made, reverse=True)
    assert runs.list_runs(register, state=RunState.CERTIFIED) == []
    assert runs.list_runs(register, category="other") == []
    assert len(runs.list_runs(register, category="loan_file", state=RunState.RUNNING)) == 3


def test_shard_has_one_holder_at_a_time(register: Register) -> None:
    run_id = running(register, {"core": [1]})
    lease = journal.claim(register, run_id, 0, "w1", NOW, 60)
    assert lease is not None
    assert journal.claim(register, run_id, 0, "w2", NOW + seconds(59), 60) is None
    lease.renew(NOW + seconds(50))
    assert journal.claim(register, run_id, 0, "w2", NOW + seconds(100), 60) is None
    (shard,) = journal.shards(register, run_id)
    assert (shard.worker, shard.leased_until) == ("w1", NOW + seconds(110))
    lease.release()
    assert journal.claim(register, run_id, 0, "w2", NOW + seconds(101), 60) is not None
    (shard,) = journal.shards(register, run_id)
    assert (shard.worker, shard.claims) == ("w2", 2)


def test_expired_lease_is_taken_over_and_its_holder_shut_out(register: Register) -> None:
    run_id = running(register, {"core": [1]})
    old = journal.claim(register, run_id, 0, "w1", NOW, 60)
    new = journal.claim(register, run_id, 0, "w2", NOW + seconds(60), 60)
    assert old is not None
    assert new is not None
    with pytest.raises(LeaseLost, match="taken over shard 0"):
        old.renew(NOW + seconds(61))
    old.release()
    new.renew(NOW + seconds(62))


def test_lease_that_ran_out_unnoticed_is_renewed(register: Register) -> None:
    run_id = running(register, {"core": [1]})
    lease = journal.claim(register, run_id, 0, "w1", NOW, 60)
    assert lease is not None
    lease.renew(NOW + seconds(600))
    assert journal.claim(register, run_id, 0, "w2", NOW + seconds(601), 60) is None


def test_task_started_again_under_its_name_shuts_out_its_former_self(register: Register) -> None:
    run_id = running(register, {"core": [1]})
    former = journal.claim(register, run_id, 0, "w1", NOW, 60)
    again = journal.claim(register, run_id, 0, "w1", NOW + seconds(1), 60)
    assert former is not None
    assert again is not None
    with pytest.raises(LeaseLost):
        former.renew(NOW + seconds(2))
    again.renew(NOW + seconds(2))


def test_later_phase_waits_for_the_last_batch_of_the_earlier_one(register: Register) -> None:
    layout = {"scans": [1, 1, 1], "core": [1]}
    run_id = running(register, layout, phases=[["scans"], ["core"]], shard_chunks=2)
    assert journal.claim(register, run_id, 2, "w", NOW, 60) is None
    first = work(register, run_id, 0)
    first.do(0, Outcome.DESTROYED)
    first.do(1, Outcome.DESTROYED)
    assert journal.claim(register, run_id, 2, "w", NOW, 60) is None
    work(register, run_id, 1).do(2, Outcome.HELD)
    assert journal.claim(register, run_id, 2, "w", NOW, 60) is not None
