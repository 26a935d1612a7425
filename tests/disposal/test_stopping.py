"""Runs stop between batches, say why, and go on where they were."""

from __future__ import annotations

import gc
from datetime import UTC, datetime, time

import pytest

from disposal_world import World
from keepuntil.disposal import executing
from keepuntil.disposal.stopping import in_window
from keepuntil.domain.categories import Nightly, Rule
from keepuntil.errors import ApprovalError, RunInterrupted

DUE = "A000001-2016-11-21.pdf"


def test_a_stop_file_stops_every_run_and_its_removal_lets_it_go_on(world: World) -> None:
    world.issue(DUE)
    stop = world.home / "STOP"
    stop.touch()
    with world.open() as installation:
        plan_id = world.plan(installation)
        with pytest.raises(RunInterrupted, match="STOP"):
            world.destroy(installation, plan_id)
        assert world.left() == {DUE}
        stop.unlink()
        world.destroy(installation, plan_id)
    assert world.left() == set()


def test_a_run_that_is_stopped_gives_its_shard_back(world: World) -> None:
    world.issue(DUE)
    (world.home / "STOP").touch()
    with world.open() as installation:
        plan_id = world.plan(installation)
        run_id = executing.open_run(installation, plan_id, executor="executor")
        for worker in ("one", "two"):
            with pytest.raises(RunInterrupted, match="STOP"):
                executing.destroy_shard(installation, run_id, 0, worker=worker)


def test_the_process_collects_garbage_as_before_once_a_shard_is_left(world: World) -> None:
    world.issue(DUE)
    stop = world.home / "STOP"
    stop.touch()
    usual = gc.get_threshold()
    with world.open() as installation:
        plan_id = world.plan(installation)
        run_id = executing.open_run(installation, plan_id, executor="executor")
        with pytest.raises(RunInterrupted):
            executing.destroy_shard(installation, run_id, 0, worker="worker")
        assert gc.get_threshold() == usual
        stop.unlink()
        executing.destroy_shard(installation, run_id, 0, worker="worker")
        assert gc.get_threshold() == usual


def test_an_approval_that_expires_before_the_run_destroys_nothing(world: World) -> None:
    world.write_rule(approval="dual", roles="data_owner, records_officer")
    world.issue(DUE)
    with world.open() as installation:
        plan_id = world.plan(installation)
        world.approve(installation, plan_id)
        run_id = executing.open_run(installation, plan_id, executor="executor")
        world.later(days=31)
        with pytest.raises(ApprovalError):
            executing.destroy_shard(installation, run_id, 0, worker="worker")
        assert world.left() == {DUE}
        world.approve(installation, plan_id)
        world.destroy(installation, plan_id)
    assert world.left() == set()


@pytest.mark.parametrize(
    ("opens", "closes", "hour", "expected"),
    [
        (time(1), time(6), 3, True),
        (time(1), time(6), 7, False),
        (time(22), time(6), 23, True),
        (time(22), time(6), 5, True),
        (time(22), time(6), 12, False),
        (time(1), None, 12, True),
    ],
)
def test_the_run_window_is_in_the_rules_own_zone(
    world: World, opens: time, closes: time | None, hour: int, expected: bool
) -> None:
    with world.open() as installation:
        rule = installation.rule("statement")
    nightly = Nightly(at=opens, until=closes, retries=0, pool=None)
    # Asia/Shanghai is eight hours ahead of UTC all year in 2026.
    now = datetime(2026, 11, 23, (hour - 8) % 24, 30, tzinfo=UTC)
    assert in_window(_with(rule, nightly), now) is expected


def _with(rule: Rule, nightly: Nightly) -> Rule:
    from dataclasses import replace

    return replace(rule, nightly=nightly)
