"""What the DAGs look like: a task a stage, by the rule's approval, zone, window and pool."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, TriggerRule
from airflow.serialization.serialized_objects import DagSerialization

from keepuntil.errors import RuleError
from keepuntil.orchestration import dag_factory, tasks
from keepuntil.orchestration.operators import AskApproval
from keepuntil.rules.rule_index import RuleEntry

PLAIN = RuleEntry(
    category="loan_file",
    source="rules/loan_file.yaml",
    zone="Asia/Shanghai",
    approval="none",
    approver_roles=(),
    appraised=False,
    at=time(1, 30),
    until=time(6, 0),
    retries=2,
    pool=None,
    may_borrow=False,
)
OWNER = replace(PLAIN, approval="owner", approver_roles=("data_owner",))
DUAL = replace(PLAIN, approval="dual", approver_roles=("data_owner", "records_officer"))


def road(dag: DAG) -> list[str]:
    """Task ids in order; the order of every road here is total but for the double arrows."""
    return [task.task_id for task in dag.topological_sort()]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (PLAIN, ["plan", "open_run", "destroy", "close_run", "verify", "certify"]),
        (
            OWNER,
            ["plan", "approve_data_owner", "open_run", "destroy", "close_run", "verify", "certify"],
        ),
        (
            replace(OWNER, appraised=True),
            [
                "plan",
                "await_appraisal",
                "approve_data_owner",
                "open_run",
                "destroy",
                "close_run",
                "verify",
                "certify",
            ],
        ),
        (
            replace(DUAL, may_borrow=True),
            [
                "plan",
                "approve_data_owner",
                "approve_records_officer",
                "open_run",
                "destroy_linked",
                "own_groups",
                "destroy",
                "close_run",
                "verify",
                "certify",
            ],
        ),
    ],
    ids=["none", "owner", "appraised", "dual with linked copies"],
)
def test_the_road_has_a_task_a_stage(rule: RuleEntry, expected: list[str]) -> None:
    dag = dag_factory.rule_dag(rule)
    assert road(dag) == expected
    for earlier, later in pairwise(expected):
        assert earlier in dag.get_task(later).upstream_task_ids


def approvals(dag: DAG) -> list[AskApproval]:
    return [task for task in dag.tasks if isinstance(task, AskApproval)]


def test_silence_is_never_consent() -> None:
    asked = approvals(dag_factory.rule_dag(DUAL))
    assert len(asked) == 2
    for task in asked:
        assert task.defaults is None
        assert task.response_timeout is None
        assert task.execution_timeout is None
        assert task.options == ["Approve", "Reject"]
        assert task.trigger_rule is TriggerRule.ALL_SUCCESS
    assert dag_factory.rule_dag(DUAL).dagrun_timeout is None


def test_nothing_after_an_approval_runs_without_it() -> None:
    """Only the stages after an opened run look past skipped tasks, and all of them need the run."""
    dag = dag_factory.rule_dag(replace(DUAL, may_borrow=True))
    assert dag.get_task("open_run").trigger_rule is TriggerRule.ALL_SUCCESS
    lenient = [t for t in dag.tasks if t.trigger_rule is not TriggerRule.ALL_SUCCESS]
    for task in lenient:
        assert task.trigger_rule is TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS
        assert "open_run" in {*task.upstream_task_ids, *_grandparents(dag, task)}


def _grandparents(dag: DAG, task: Any) -> set[str]:
    return {
        up for parent in task.upstream_task_ids for up in dag.get_task(parent).upstream_task_ids
    }


def test_one_night_at_a_time_and_no_catching_up() -> None:
    dag = dag_factory.rule_dag(PLAIN)
    assert dag.max_active_runs == 1
    assert not dag.catchup


def test_the_schedule_is_the_rules_time_in_the_rules_zone() -> None:
    dag = DagSerialization.deserialize_dag(
        DagSerialization.serialize_dag(dag_factory.rule_dag(PLAIN))
    )
    after = datetime(2026, 2, 28, 12, 0, tzinfo=UTC)
    interval = dag.timetable.infer_manual_data_interval(run_after=after)
    assert interval.end == after
    from airflow.timetables.base import DataInterval, TimeRestriction

    following = dag.timetable.next_dagrun_info(
        last_automated_data_interval=DataInterval.exact(after),
        restriction=TimeRestriction(earliest=None, latest=None, catchup=True),
    )
    assert following is not None
    # 01:30 in Shanghai on 1 March, and the interval ends there: as_of is that civil day.
    assert following.run_after == datetime(2026, 2, 28, 17, 30, tzinfo=UTC)
    assert following.data_interval.end == following.run_after


def test_retries_and_pool_are_the_rules() -> None:
    dag = dag_factory.rule_dag(replace(PLAIN, retries=5, pool="core_banking"))
    for task in dag.tasks:
        assert task.retries == 5
        assert task.pool == "core_banking"
        assert task.retry_exponential_backoff
    assert {task.pool for task in dag_factory.rule_dag(PLAIN).tasks} == {"default_pool"}


def test_every_rule_file_becomes_a_dag_that_airflow_can_serialize(policies: Path) -> None:
    dags = dag_factory.nightly()
    rules = sorted(path.stem for path in (policies / "rules").glob("*.yaml"))
    assert sorted(dag.dag_id for dag in dags) == [f"keepuntil__{rule}" for rule in rules]
    for dag in [*dags, dag_factory.overdue(), dag_factory.discovery()]:
        DagSerialization.serialize_dag(dag)


def test_the_morning_looks_at_the_backlog_and_at_the_coverage_apart(policies: Path) -> None:
    """A backlog that fails its task keeps no gap from being found."""
    dag = dag_factory.overdue()
    assert sorted(road(dag)) == [
        "follow_up_requests",
        "report_backlog",
        "report_coverage",
        "report_forecast",
    ]
    assert all(not task.upstream_task_ids for task in dag.tasks)


def test_a_worker_builds_the_one_dag_it_needs(
    policies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (policies / "rules" / "broken.yaml").write_text("nonsense: [")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "keepuntil__personal_loan_file")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", "plan")
    assert [dag.dag_id for dag in dag_factory.nightly()] == ["keepuntil__personal_loan_file"]
    for other in (dag_factory.OVERDUE, dag_factory.DISCOVERY):
        monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", other)
        assert dag_factory.nightly() == []


def test_discovery_runs_once_a_week_by_the_clock_of_most_rules(policies: Path) -> None:
    dag = dag_factory.discovery()
    assert dag.dag_id == "keepuntil__discovery"
    assert road(dag) == ["discover"]
    assert dag.schedule.expression == dag_factory.WEEKLY
    assert str(dag.timezone) == "Asia/Shanghai"


def test_a_broken_rule_file_is_shown_and_stops_no_other_rule(policies: Path) -> None:
    before = {dag.dag_id for dag in dag_factory.nightly()}
    dag_factory.refuse_mistakes()
    (policies / "rules" / "broken.yaml").write_text("category: [\n")
    assert {dag.dag_id for dag in dag_factory.nightly()} == before
    with pytest.raises(RuleError, match=r"broken\.yaml:\d+:\d+: "):
        dag_factory.refuse_mistakes()


@pytest.mark.parametrize("shards", [0, 1, 499, 500, 501, 1024, 1025, 50_000])
def test_however_many_shards_there_are_airflow_can_map_over_their_groups(shards: int) -> None:
    groups = tasks.grouped(range(shards))
    assert len(groups) <= tasks.MOST_GROUPS < 1024
    assert [number for group in groups for number in group] == list(range(shards))
    assert all(groups)
