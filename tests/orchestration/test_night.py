"""Whole nights through Airflow itself: its task runner, its metadata database, its API."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Container, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from disposal_world import AS_OF, World
from keepuntil.disposal import executing
from keepuntil.errors import UsageError
from keepuntil.orchestration import tasks
from keepuntil.orchestration.answering import Answer, Question
from keepuntil.orchestration.night import RuleNight, run_morning, run_night
from keepuntil.register import approvals
from keepuntil.stores.files import FileTree

pytestmark = [
    pytest.mark.airflow,
    # Airflow's own warnings are not ours to mend.
    pytest.mark.filterwarnings("ignore"),
]

PLANTED = "Zhang Planted-Name 110101199003074513"
DUE = f"A000001-2016-11-21 {PLANTED}.pdf"
ALSO_DUE = f"A000002-2015-01-01 {PLANTED}.pdf"
NOT_YET = f"A000003-2016-11-24 {PLANTED}.pdf"

ROAD = {"plan", "open_run", "destroy", "close_run", "verify", "certify"}


def nobody(question: Question) -> Answer:
    raise AssertionError(f"nobody was to be asked: {question}")


Night = Callable[..., dict[str, RuleNight]]


@pytest.fixture
def night(world: World, own_airflow: Path) -> Iterator[Night]:
    """Runs one night of the world; the metadata database is emptied of its runs afterwards."""

    def run(
        respond: Callable[[Question], Answer] = nobody, without: Container[str] = ()
    ) -> dict[str, RuleNight]:
        nights = run_night(AS_OF, airflow_home=own_airflow, respond=respond, without=without)
        return {one.category: one for one in nights}

    yield run
    with closing(sqlite3.connect(own_airflow / "airflow.db")) as metadata, metadata:
        for table in ("xcom", "task_instance", "dag_run"):
            metadata.execute(f"DELETE FROM {table}")


def everything_kept(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_night_destroys_what_is_due_and_a_second_one_nothing_more(
    world: World, night: Night, own_airflow: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    world.issue(DUE, ALSO_DUE, NOT_YET)
    first = night()["statement"]
    assert first.succeeded, first.error
    assert dict(first.tasks) == dict.fromkeys(ROAD, "success")
    assert world.left() == {NOT_YET}

    second = night()["statement"]
    assert second.succeeded
    assert second.tasks["plan"] == "success"
    assert {state for name, state in second.tasks.items() if name != "plan"} == {"skipped"}
    assert world.left() == {NOT_YET}

    # XComs, rendered fields, serialized DAGs, logs, pages, evidence, console: nothing personal.
    said = "".join(capfd.readouterr()).encode() + everything_kept(own_airflow)
    said += everything_kept(world.home / "docs") + everything_kept(world.home / "evidence")
    for planted in (PLANTED, "Planted-Name", "110101199003074513", "A000001"):
        assert planted.encode() not in said, planted


def test_a_rule_that_is_left_out_has_no_night(world: World, night: Night) -> None:
    world.issue(DUE)
    assert night(without={"statement"}) == {}
    assert world.left() == {DUE}


def xcoms(airflow_home: Path) -> list[tuple[str, str, object]]:
    with closing(sqlite3.connect(airflow_home / "airflow.db")) as metadata:
        return metadata.execute("SELECT task_id, key, value FROM xcom").fetchall()


@pytest.mark.slow
def test_tasks_hand_on_identifiers_digests_and_counts_only(
    world: World, night: Night, own_airflow: Path
) -> None:
    world.issue_many(30, year=2015)
    assert night()["statement"].succeeded
    handed = xcoms(own_airflow)
    assert {task for task, *_ in handed} >= {"plan", "open_run", "certify"}
    for task, key, value in handed:
        assert len(str(value)) < 400, (task, key)


def test_two_people_approve_the_digest_they_were_shown(world: World, night: Night) -> None:
    world.write_rule(approval="dual", roles="data_owner, records_officer")
    world.issue(DUE, NOT_YET)
    asked: list[Question] = []

    def respond(question: Question) -> Answer:
        asked.append(question)
        # First somebody who may not: E2 holds no data_owner. Then who may.
        person = ["E2", "E1", "E1", "E2"][len(asked) - 1]
        return Answer(person=person, approve=True, reason=f"seen {PLANTED}")

    done = night(respond)["statement"]
    assert done.succeeded, done.error
    assert [question.role for question in asked] == [
        "data_owner",
        "data_owner",
        "records_officer",
        "records_officer",
    ]
    assert world.left() == {NOT_YET}
    digest = asked[0].body.partition("plan digest: `")[2].partition("`")[0]
    with world.open() as installation:
        given = [approval for approval, _ in approvals.of(installation.register, digest)]
    assert {(one.person, one.role, one.via) for one in given} == {
        ("E1", "data_owner", "airflow"),
        ("E2", "records_officer", "airflow"),
    }


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_an_answer_as_quick_as_the_question_is_not_lost(
    world: World, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow writes the task's state once more after the question is open to answers."""
    from airflow.sdk.execution_time import supervisor

    at_once = supervisor.run_task_in_process

    def slowly(**arguments: Any) -> Any:
        result = at_once(**arguments)
        time.sleep(1.5)
        return result

    monkeypatch.setattr(supervisor, "run_task_in_process", slowly)
    world.write_rule(approval="owner", roles="data_owner")
    world.issue(DUE, NOT_YET)
    assert night(lambda _: Answer(person="E1", approve=True, reason="seen"))["statement"].succeeded
    assert world.left() == {NOT_YET}


# Slow because it interrupts Airflow's own session, which the next night in this process may meet.
@pytest.mark.slow
def test_answers_that_never_count_end_the_night_and_destroy_nothing(
    world: World, night: Night
) -> None:
    world.write_rule(approval="owner", roles="data_owner")
    world.issue(DUE)
    with pytest.raises(UsageError, match="no answer counted"):
        night(lambda _: Answer(person="mallory", approve=True, reason=""))
    assert world.left() == {DUE}


@pytest.mark.slow
def test_a_rejection_destroys_nothing(world: World, night: Night) -> None:
    world.write_rule(approval="dual", roles="data_owner, records_officer")
    world.issue(DUE)

    def respond(question: Question) -> Answer:
        assert question.role == "data_owner"
        return Answer(person="E1", approve=False, reason="litigation is expected")

    done = night(respond)["statement"]
    assert {name for name, state in done.tasks.items() if state == "success"} == {
        "plan",
        "approve_data_owner",
    }
    assert set(done.tasks.values()) == {"success", "skipped"}
    assert world.left() == {DUE}


def test_a_failed_item_fails_the_night_visibly(
    world: World, night: Night, own_airflow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.issue(DUE, ALSO_DUE)
    unlink = os.unlink

    def refuses(path: Any, **more: Any) -> None:
        if os.fsencode(path) == DUE.encode():
            raise PermissionError(1, "Operation not permitted")
        unlink(path, **more)

    monkeypatch.setattr(os, "unlink", refuses)
    done = night()["statement"]
    assert not done.succeeded
    assert done.tasks["close_run"] == "failed"
    assert done.tasks["certify"] == "upstream_failed"
    assert done.error is not None
    assert done.error.startswith("1 items of the run")
    morning = run_morning(AS_OF, airflow_home=own_airflow)
    assert not morning.succeeded
    assert "it has never run to the end" in str(morning.error)


@pytest.mark.slow
def test_scans_are_destroyed_before_the_rows_that_date_them(
    world: World, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    (world.policies / "rules" / "statement.yaml").unlink()
    world.write_loan_rule()
    world.build_core({1: "2015-05-05", 2: "2022-01-01"})
    order: list[str] = []
    destroy = tasks.destroy

    def noted(category: str, run_id: str, shards: Any, worker: str) -> Any:
        order.append(worker.split("/")[2])
        return destroy(category, run_id, shards, worker)

    monkeypatch.setattr(tasks, "destroy", noted)

    def respond(question: Question) -> Answer:
        person = {"data_owner": "E1", "records_officer": "E2"}[question.role]
        return Answer(person=person, approve=True, reason="")

    done = night(respond)["loan"]
    assert done.succeeded, done.error
    assert order == ["destroy_linked", "destroy"]
    assert world.loans_left() == {2}
    assert not (world.scans / "F1" / "page1.tif").exists()


@pytest.mark.slow
def test_more_shards_than_mapped_tasks_are_grouped(
    world: World, night: Night, own_airflow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executing, "SHARD_CHUNKS", 1)
    monkeypatch.setattr(FileTree, "facts", replace(FileTree.facts, batch_items=4))
    monkeypatch.setattr(tasks, "MOST_GROUPS", 3)
    world.issue_many(30, year=2015)
    done = night()["statement"]
    assert done.succeeded, done.error
    with closing(sqlite3.connect(own_airflow / "airflow.db")) as metadata:
        (mapped,) = metadata.execute(
            "SELECT COUNT(*) FROM task_instance WHERE task_id = 'destroy'"
        ).fetchone()
    assert mapped == 3
    assert world.left() == set()
