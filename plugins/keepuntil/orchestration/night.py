"""One whole night through Airflow itself, in one process: for the demonstration and for tests.

Airflow's own task runner, API and metadata database do the work (``dag.test``), rule
after rule; people's answers go through Airflow's REST API, each with that person's
own token. Production runs the same DAGs with a scheduler and workers.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from keepuntil.errors import UsageError
from keepuntil.orchestration.legal_day import instant_of_night

if TYPE_CHECKING:
    from keepuntil.orchestration.answering import Respond
    from keepuntil.rules.rule_index import RuleEntry

PLUGINS: Final = Path(__file__).resolve().parents[2]
DAGS: Final = PLUGINS.parent / "dags"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNight:
    """What one rule's DAG run came to."""

    category: str
    succeeded: bool
    tasks: Mapping[str, str]
    """Airflow's state of each task; a mapped one by its worst."""
    error: str | None
    """The sentence of the first task that failed."""


def airflow_environment(home: Path, people: Iterable[str] = ()) -> dict[str, str]:
    """The environment in which Airflow lives in ``home`` and finds our DAGs and plugin.

    ``people`` may log in to its pages and answer there. Set it before Airflow is
    imported, or give it to ``airflow standalone``.
    """
    users = ",".join(f"{person}:op" for person in people)
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PLUGINS),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"admin:admin{',' if users else ''}{users}",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
    }


def run_night(
    as_of: date,
    *,
    airflow_home: Path,
    respond: Respond,
    on_rule: Callable[[RuleNight], None] | None = None,
    without: Container[str] = (),
) -> tuple[RuleNight, ...]:
    """Run every rule's DAG for the night of ``as_of``, as the rules' own times order them.

    The installation and the policies are those of ``KEEPUNTIL_HOME`` and
    ``KEEPUNTIL_POLICIES``. ``respond`` is asked for each approval; ``on_rule`` hears of
    each rule as it ends. Categories in ``without`` are left out: paper makes a night wait
    for people, longer than one process can. Raises UsageError when Airflow already lives
    elsewhere in this process.
    """
    prepare(airflow_home)
    from keepuntil.orchestration.answering import answering
    from keepuntil.orchestration.connections import policies
    from keepuntil.rules.rule_index import rule_index

    entries = sorted(rule_index(policies()).entries, key=lambda entry: (entry.at, entry.category))
    nights = []
    with answering(respond if any(entry.approver_roles for entry in entries) else None):
        for entry in entries:
            if entry.category in without:
                continue
            night = _run_rule(entry, as_of)
            nights.append(night)
            if on_rule is not None:
                on_rule(night)
    return tuple(nights)


def run_morning(as_of: date, *, airflow_home: Path) -> RuleNight:
    """Run the DAG that says what was left undone, as on the morning of ``as_of``."""
    prepare(airflow_home)
    from keepuntil.orchestration.dag_factory import MORNING, overdue

    dag = overdue()
    return _run(dag, "overdue", instant_of_night(as_of, MORNING, str(dag.timezone)))


def prepare(airflow_home: Path) -> None:
    """Give this process an Airflow of its own in ``airflow_home``, with a metadata database."""
    home = airflow_home.absolute()
    if "airflow" not in sys.modules:
        home.mkdir(parents=True, exist_ok=True)
        os.environ |= airflow_environment(home) | {"AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"}
    from airflow.configuration import AIRFLOW_HOME

    if Path(AIRFLOW_HOME) != home:
        raise UsageError(
            f"Airflow lives in {AIRFLOW_HOME} in this process, so the night cannot run in {home}. "
            "Start it in a process of its own."
        )
    from airflow.utils.db import initdb

    if not (home / ".prepared").exists():
        initdb()
        (home / ".prepared").touch()


def _run_rule(entry: RuleEntry, as_of: date) -> RuleNight:
    from keepuntil.orchestration.dag_factory import rule_dag

    instant = instant_of_night(as_of, entry.at, entry.zone)
    return _run(rule_dag(entry), entry.category, instant)


def _run(dag: Any, category: str, instant: Any) -> RuleNight:
    with _heard_failures() as failures:
        finished = dag.test(logical_date=instant)
    return RuleNight(
        category=category,
        succeeded=str(finished.state) == "success",
        tasks=_states(finished.get_task_instances()),
        error=failures[0] if failures else None,
    )


def _states(instances: Iterable[Any]) -> dict[str, str]:
    states: dict[str, str] = {}
    for instance in sorted(instances, key=lambda one: str(one.state) == "failed"):
        states[instance.task_id] = str(instance.state)
    return states


@contextmanager
def _heard_failures() -> Iterator[list[str]]:
    """The sentences of tasks that fail meanwhile, through Airflow's own listeners."""
    from airflow.listeners import hookimpl
    from airflow.sdk.listener import get_listener_manager

    sentences: list[str] = []

    class Listener:
        @hookimpl
        def on_task_instance_failed(self, error: object) -> None:
            sentences.append(str(error))

    listener = Listener()
    get_listener_manager().add_listener(listener)
    try:
        yield sentences
    finally:
        get_listener_manager().pm.unregister(listener)
