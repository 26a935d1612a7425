"""Rules to DAGs. Runs at every parse and every task start, so it reads little and imports less."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, CronTriggerTimetable, TriggerRule, get_parsing_context, task

from keepuntil.errors import RuleError
from keepuntil.orchestration import tasks
from keepuntil.orchestration.connections import policies
from keepuntil.orchestration.operators import (
    AskApproval,
    AwaitAppraisal,
    Certify,
    DestroyShards,
    OpenRun,
)
from keepuntil.rules.rule_index import RuleEntry, rule_index

PREFIX: Final = "keepuntil__"
OVERDUE: Final = f"{PREFIX}overdue"
DISCOVERY: Final = f"{PREFIX}discovery"

MORNING: Final = time(8, 0)
"""When the overdue DAG runs, in the zone that most rules have."""

WEEKLY: Final = "0 3 * * 6"
"""When discovery runs, in the zone that most rules have: on Saturdays, when little else does."""

_BEGINNING: Final = (2000, 1, 1)
_ASK_AGAIN: Final = 10
"""A question put again does no harm, and one that is lost holds up the night."""

_FIRST_RETRY: Final = timedelta(minutes=1)
_LAST_RETRY: Final = timedelta(minutes=30)

_DOC: Final = """\
**{category}**: 计划 plan → 审批 approve → 销毁 destroy → 核验 verify → 证明 certify.

Every night at {at} ({zone}), approval: {approval}. A task can be cleared and run again at
any time; the register knows what was done. See also: `keepuntil forecast {category}`.
"""


def nightly(folder: Path | None = None) -> list[DAG]:
    """One DAG a rule that can be read. A worker that runs a task builds that rule's DAG only."""
    wanted = get_parsing_context().dag_id
    if wanted in (OVERDUE, DISCOVERY):
        return []
    only = wanted.removeprefix(PREFIX) if wanted else None
    return [rule_dag(rule) for rule in rule_index(folder or policies(), only).entries]


def refuse_mistakes(folder: Path | None = None) -> None:
    """Raise RuleError with every mistake of the rule files; makes no DAG.

    Called from a DAG file of its own, so that Airflow shows the mistakes as an import
    error there while the DAGs of all other rules go on.
    """
    problems = rule_index(folder or policies()).problems
    if problems:
        raise RuleError("\n".join(map(str, problems)))


def overdue(folder: Path | None = None) -> DAG:
    """The DAG that fails loudly every morning that something is overdue or did not run.

    Beside it, and whether or not it fails, what is not covered becomes findings, and open
    requests of people are answered anew where something changed.
    """
    zone = _prevailing_zone(rule_index(folder or policies()).entries)
    with DAG(
        dag_id=OVERDUE,
        schedule=CronTriggerTimetable(_every_day(MORNING), timezone=zone),
        start_date=datetime(*_BEGINNING, tzinfo=ZoneInfo(zone)),
        catchup=False,
        max_active_runs=1,
        tags=["keepuntil"],
    ) as dag:

        @task(task_id="report_backlog", retries=0)
        def report_backlog(dag_run: Any = None, data_interval_end: Any = None) -> tasks.Small:
            return tasks.report_backlog(data_interval_end or dag_run.run_after, zone)

        @task(task_id="report_coverage", retries=0)
        def report_coverage(dag_run: Any = None, data_interval_end: Any = None) -> tasks.Small:
            return tasks.report_coverage(data_interval_end or dag_run.run_after, zone)

        @task(task_id="follow_up_requests", retries=0)
        def follow_up_requests(dag_run: Any = None, data_interval_end: Any = None) -> tasks.Small:
            return tasks.follow_up_requests(data_interval_end or dag_run.run_after, zone)

        @task(task_id="report_forecast", retries=0)
        def report_forecast() -> tasks.Small:
            return tasks.report_forecast()

        report_backlog()
        report_coverage()
        follow_up_requests()
        report_forecast()
    return dag


def discovery(folder: Path | None = None) -> DAG:
    """The DAG that looks for personal data no rule claims, and fails when something is new."""
    zone = _prevailing_zone(rule_index(folder or policies()).entries)
    with DAG(
        dag_id=DISCOVERY,
        schedule=CronTriggerTimetable(WEEKLY, timezone=zone),
        start_date=datetime(*_BEGINNING, tzinfo=ZoneInfo(zone)),
        catchup=False,
        max_active_runs=1,
        tags=["keepuntil"],
    ) as dag:

        @task(task_id="discover", retries=0)
        def discover(dag_run: Any = None, data_interval_end: Any = None) -> tasks.Small:
            return tasks.report_discoveries(data_interval_end or dag_run.run_after, zone)

        discover()
    return dag


def rule_dag(rule: RuleEntry) -> DAG:
    """The road of one rule, a task a stage."""
    with DAG(
        dag_id=f"{PREFIX}{rule.category}",
        schedule=CronTriggerTimetable(_every_day(rule.at), timezone=rule.zone),
        start_date=datetime(*_BEGINNING, tzinfo=ZoneInfo(rule.zone)),
        catchup=False,
        max_active_runs=1,
        default_args=_default_args(rule),
        doc_md=_DOC.format(
            category=rule.category, at=f"{rule.at:%H:%M}", zone=rule.zone, approval=rule.approval
        ),
        tags=["keepuntil", f"approval:{rule.approval}"],
    ) as dag:
        _road(rule)
    return dag


def _default_args(rule: RuleEntry) -> dict[str, Any]:
    return {
        "retries": rule.retries,
        "retry_delay": _FIRST_RETRY,
        "retry_exponential_backoff": True,
        "max_retry_delay": _LAST_RETRY,
    } | ({"pool": rule.pool} if rule.pool else {})


def _road(rule: RuleEntry) -> None:
    category = rule.category

    @task.short_circuit(task_id="plan")
    def plan(dag_run: Any = None, data_interval_end: Any = None) -> tasks.Small | None:
        return tasks.plan(category, data_interval_end or dag_run.run_after)

    step: Any = plan()
    if rule.appraised:
        appraised = AwaitAppraisal(task_id="await_appraisal")
        step >> appraised
        step = appraised
    for role in rule.approver_roles:
        asked = AskApproval(task_id=f"approve_{role}", role=role, retries=_ASK_AGAIN)
        step >> asked
        step = asked
    opened = OpenRun(
        task_id="open_run", phase=tasks.LINKED_PHASE if rule.may_borrow else tasks.OWN_PHASE
    )
    step >> opened
    destroyed = _destroy(rule, opened)
    closed = close_run()
    [opened, destroyed] >> closed
    closed >> verify() >> Certify(task_id="certify")


def _destroy(rule: RuleEntry, opened: OpenRun) -> Any:
    """Mapped over groups of shards: linked copies first, since their rows date them."""
    if not rule.may_borrow:
        return _mapped(rule, "destroy", opened.output)
    linked = _mapped(rule, "destroy_linked", opened.output)
    own = own_groups()
    [opened, linked] >> own
    return _mapped(rule, "destroy", own)


def _mapped(rule: RuleEntry, task_id: str, groups: Any) -> Any:
    return DestroyShards.partial(
        task_id=task_id,
        category=rule.category,
        trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
    ).expand(shards=groups)


# A list that is empty because all its shards are done leaves its mapped task skipped, which
# must not skip what comes after; a rejected or quiet night skips all of these alike.
@task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
def own_groups(ti: Any = None) -> list[list[int]]:
    """The groups of the second phase, once the first is over."""
    return tasks.groups(_run_id(ti), tasks.OWN_PHASE)


@task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
def close_run(ti: Any = None) -> tasks.Small:
    """Nothing is left to do, and nothing failed."""
    return tasks.close_run(_run_id(ti))


@task
def verify(ti: Any = None) -> tasks.Small:
    """A second reader confirms it."""
    return tasks.verify(_run_id(ti))


def _run_id(ti: Any) -> str:
    return str(ti.xcom_pull(task_ids="open_run", key="run_id"))


def _every_day(at: time) -> str:
    return f"{at.minute} {at.hour} * * *"


def _prevailing_zone(rules: Iterable[RuleEntry]) -> str:
    zones = [rule.zone for rule in rules] or ["UTC"]
    return max(sorted(set(zones)), key=zones.count)
