"""Tasks that wait: what they wait for, and what they remember meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.sdk import DAG
from airflow.sdk.exceptions import TaskAwaitingInput, TaskDeferred

from disposal_world import APPRAISED_BY, DEPARTMENTS, World
from keepuntil.orchestration import tasks
from keepuntil.orchestration.operators import (
    AskApproval,
    AwaitAppraisal,
    Certify,
    DestroyShards,
    OpenRun,
)
from keepuntil.register import approvals

NIGHT = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)


@dataclass
class Instance:
    """The little of a task instance that the operators use."""

    handed: dict[tuple[str, str], Any] = field(default_factory=dict)
    dag_id: str = "keepuntil__statement"
    run_id: str = "scheduled__2026-11-23"
    task_id: str = "destroy"
    map_index: int = 0
    try_number: int = 1
    id: str = "instance"

    def xcom_pull(self, *, task_ids: str, key: str = "return_value") -> Any:
        return self.handed[task_ids, key]

    def xcom_push(self, *, key: str, value: Any) -> None:
        self.handed[self.task_id, key] = value


@pytest.fixture
def dag() -> Iterator[DAG]:
    with DAG(dag_id="keepuntil__statement", schedule=None) as made:
        yield made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The questions that Airflow was given to show."""
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **question: shown.append(question))
    return shown


def answer(name: str | None, choice: str = "Approve") -> dict[str, Any]:
    return {
        "chosen_options": [choice],
        "params_input": {},
        "responded_at": datetime.now(UTC),
        "responded_by_user": name and {"id": name, "name": name},
    }


def owned(world: World) -> dict[str, Any]:
    world.write_rule(approval="owner", roles="data_owner")
    world.issue("A000001-2016-11-21.pdf")
    found = tasks.plan("statement", NIGHT)
    assert found is not None
    return found


def test_the_question_is_shown_without_a_default_and_without_an_end(
    world: World, dag: DAG, asked: list[dict[str, Any]]
) -> None:
    found = owned(world)
    task = AskApproval(task_id="approve_data_owner", role="data_owner")
    with pytest.raises(TaskAwaitingInput) as waiting:
        task.execute(
            {"ti": Instance({("plan", "return_value"): found}), "task_instance": Instance()}
        )
    (question,) = asked
    assert question["defaults"] is None
    assert found["digest"] in question["body"]
    assert waiting.value.timeout is None


def test_the_answer_is_about_the_plan_that_was_shown_whatever_was_planned_since(
    world: World, dag: DAG, asked: list[dict[str, Any]]
) -> None:
    shown = owned(world)
    instance = Instance({("plan", "return_value"): shown})
    context = {"ti": instance, "task_instance": instance}
    task = AskApproval(task_id="approve_data_owner", role="data_owner")
    with pytest.raises(TaskAwaitingInput) as waiting:
        task.execute(context)

    world.issue("A000002-2016-11-20.pdf")
    replanned = tasks.plan("statement", NIGHT)
    assert replanned is not None
    assert replanned["digest"] != shown["digest"]
    instance.handed["plan", "return_value"] = replanned

    assert waiting.value.kwargs is not None
    task.execute_complete(context, event=answer("E1"), **waiting.value.kwargs)
    with world.open() as installation:
        assert len(approvals.of(installation.register, shown["digest"])) == 1
        assert not approvals.of(installation.register, replanned["digest"])


@pytest.mark.parametrize("name", [None, "mallory", "E2"])
def test_an_answer_that_does_not_count_leaves_the_question_open(
    world: World, dag: DAG, asked: list[dict[str, Any]], name: str | None
) -> None:
    found = owned(world)
    instance = Instance({("plan", "return_value"): found})
    context = {"ti": instance, "task_instance": instance}
    task = AskApproval(task_id="approve_data_owner", role="data_owner")
    remembered = {"plan_id": found["plan_id"], "digest": found["digest"]}
    with pytest.raises(TaskAwaitingInput) as waiting:
        task.execute_complete(context, event=answer(name), **remembered)
    assert waiting.value.kwargs == remembered
    assert len(asked) == 1


def test_a_timeout_is_an_error_and_no_yes(world: World, dag: DAG) -> None:
    found = owned(world)
    task = AskApproval(task_id="approve_data_owner", role="data_owner")
    with pytest.raises(hitl.HITLTimeoutError):
        task.execute_complete(
            {"ti": Instance()},
            event={"error": "too late", "error_type": "timeout"},
            plan_id=found["plan_id"],
            digest=found["digest"],
        )


def test_cooling_off_holds_no_worker_and_ends_when_it_should(world: World, dag: DAG) -> None:
    world.write_rule(approval="owner", roles="data_owner", cooling_off="P2D")
    world.issue("A000001-2016-11-21.pdf")
    found = tasks.plan("statement", NIGHT)
    assert found is not None
    with world.open() as installation:
        world.moment = datetime.now(UTC)
        world.approve(installation, found["plan_id"], ("E1", "data_owner"))
    instance = Instance({("plan", "return_value"): found}, task_id="open_run")
    with pytest.raises(TaskDeferred) as deferred:
        OpenRun(task_id="open_run", phase=1).execute({"ti": instance})
    moment = deferred.value.trigger.moment
    assert abs(moment - world.moment - timedelta(days=2)) < timedelta(minutes=1)
    assert deferred.value.method_name == "resume"
    assert deferred.value.timeout is None


def test_a_closed_window_holds_no_worker(dag: DAG, monkeypatch: pytest.MonkeyPatch) -> None:
    opens = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    monkeypatch.setattr(tasks, "destroy", lambda *_: opens)
    task = DestroyShards(task_id="destroy", category="statement", shards=[0])
    with pytest.raises(TaskDeferred) as deferred:
        task.execute({"ti": Instance({("open_run", "run_id"): "run"})})
    assert deferred.value.trigger.moment == opens
    monkeypatch.setattr(tasks, "destroy", lambda *_: None)
    task.resume({"ti": Instance({("open_run", "run_id"): "run"})}, event=opens)


def test_a_task_keeps_its_workers_name_over_its_tries_and_shares_it_with_no_other(
    dag: DAG, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    monkeypatch.setattr(tasks, "destroy", lambda *given: names.append(given[-1]))
    task = DestroyShards(task_id="destroy", category="statement", shards=[0])
    handed = {("open_run", "run_id"): "run"}
    for instance in (
        Instance(handed),
        Instance(handed, try_number=2),
        Instance(handed, map_index=1),
        Instance(handed, run_id="scheduled__2026-11-24"),
        Instance(handed, task_id="destroy_linked"),
    ):
        task.execute({"ti": instance})
    assert names[0] == names[1]
    assert len(set(names)) == 4


def test_the_night_waits_for_the_panel_and_holds_no_worker(world: World, dag: DAG) -> None:
    world.write_rule(appraised_by=APPRAISED_BY)
    world.issue("A000001-2016-11-21.pdf")
    found = tasks.plan("statement", NIGHT)
    assert found is not None
    context = {"ti": Instance(handed={("plan", "return_value"): found})}
    waits = AwaitAppraisal(task_id="await_appraisal", dag=dag)
    with pytest.raises(TaskDeferred) as deferred:
        waits.execute(context)
    assert deferred.value.method_name == "resume"
    assert deferred.value.timeout is None
    with world.open() as installation:
        world.appraise(installation, str(found["plan_id"]))
    waits.resume(context)


def test_the_night_waits_for_its_witnesses_and_holds_no_worker(world: World, dag: DAG) -> None:
    world.write_rule(witness_departments=DEPARTMENTS)
    world.issue("A000001-2016-11-21.pdf")
    with world.open() as installation:
        run_id = world.destroy(installation, world.plan(installation))
    tasks.verify(run_id)
    context = {"ti": Instance(handed={("open_run", "run_id"): run_id})}
    certify = Certify(task_id="certify", dag=dag)
    with pytest.raises(TaskDeferred) as deferred:
        certify.execute(context)
    assert deferred.value.method_name == "resume"
    with world.open() as installation:
        world.attest(installation, run_id)
    assert certify.resume(context)["certificate_id"] == f"DC-{run_id.removeprefix('run.')}"
