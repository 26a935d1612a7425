"""A night whose rule has paper waits for people, for weeks if need be, and never takes a worker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException

from disposal_world import World
from keepuntil.disposal.installation import Installation
from keepuntil.orchestration import tasks
from keepuntil.orchestration.operators import DestroyShards
from keepuntil.register import findings, runs
from paper_centre import DUE, Centre, build_centre

NIGHT = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)  # 01:00 on 23 November in Shanghai


@pytest.fixture
def centre(world: World, monkeypatch: pytest.MonkeyPatch) -> Centre:
    return build_centre(world, monkeypatch)


def opened(centre: Centre) -> str:
    """The night's run of the paper rule, approved and opened by the tasks themselves."""
    centre.paper.put(1, DUE)
    found = tasks.plan("voucher", NIGHT)
    assert found is not None
    plan_id = str(found["plan_id"])
    with centre.open() as installation:
        centre.world.approve(installation, plan_id, ("E1", "data_owner"))
    run_id = tasks.open_run(plan_id)
    assert isinstance(run_id, str)
    return run_id


def people_do_it(centre: Centre, installation: Installation, run_id: str) -> None:
    journey = centre.journey(installation, run_id)
    centre.all_steps(installation, journey)


def test_the_night_looks_again_until_people_are_done(centre: Centre) -> None:
    run_id = opened(centre)
    before = datetime.now(UTC)
    again = tasks.destroy("voucher", run_id, [0], "worker")
    assert again is not None
    assert timedelta(0) < again - before <= tasks.LOOK_AGAIN + timedelta(minutes=1)
    with centre.open() as installation:
        people_do_it(centre, installation, run_id)
    assert tasks.destroy("voucher", run_id, [0], "worker") is None
    assert tasks.close_run(run_id)["destroyed"] == 1


def test_waiting_for_people_defers_the_task_and_holds_no_worker(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = opened(centre)
    operator = DestroyShards(task_id="destroy", category="voucher", shards=[0])
    waits: list[dict[str, Any]] = []

    def defer(**how: Any) -> None:
        waits.append(how)
        raise StopIteration

    monkeypatch.setattr(operator, "defer", defer)

    class Task:
        dag_id, run_id, task_id, map_index = "d", "r", "destroy", 0

        def xcom_pull(self, **_: object) -> str:
            return run_id

    with pytest.raises(StopIteration):
        operator.execute({"ti": Task()})
    (how,) = waits
    assert how["method_name"] == "resume"
    assert how.get("timeout") is None


def test_paper_that_waits_is_a_finding_and_then_an_alarm(centre: Centre) -> None:
    run_id = opened(centre)
    tasks.destroy("voucher", run_id, [0], "worker")
    with centre.open() as installation:
        since = runs.load(installation.register, run_id).started_at
    for days, kinds, late in ((10, False, False), (20, True, False), (40, True, True)):
        said = ""
        try:
            tasks.report_backlog(since + timedelta(days=days), "Asia/Shanghai")
        except AirflowException as alarm:
            said = str(alarm)
        with centre.open() as installation:
            found = {each.kind for each in findings.open_findings(installation.register)}
        assert ("custody_waiting" in found) is kinds
        assert ("1 items of paper are late" in said) is late
