"""What each task does, with a real installation and real stores, Airflow aside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from disposal_world import AS_OF, World
from keepuntil.disposal import stopping
from keepuntil.orchestration import tasks
from keepuntil.orchestration.legal_day import instant_of_night, next_opening
from keepuntil.register import approvals, findings, journal, plans

ROOT = Path(__file__).resolve().parents[2]
NIGHT = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)  # 01:00 on 23 November in Shanghai
DUE = "A000001-2016-11-21 Zhang Planted.pdf"
NOT_YET = "A000002-2016-11-24.pdf"


def said_by(name: str | None, choice: str = "Approve", **params: object) -> dict[str, Any]:
    """An answer as Airflow hands it to the task."""
    return {
        "chosen_options": [choice],
        "params_input": params,
        "responded_at": datetime.now(UTC),
        "responded_by_user": None if name is None else {"id": f"id-of-{name}", "name": name},
        "timedout": False,
    }


def planned(world: World) -> dict[str, Any]:
    found = tasks.plan("statement", NIGHT)
    assert found is not None
    return found


def dual(world: World, **more: Any) -> dict[str, Any]:
    world.write_rule(approval="dual", roles="data_owner, records_officer", **more)
    world.issue(DUE, NOT_YET)
    return planned(world)


def test_the_plan_is_of_the_civil_day_in_the_rules_zone(world: World) -> None:
    world.issue(DUE, NOT_YET)
    found = planned(world)
    assert found["plan_id"].startswith(f"statement.{AS_OF}.")
    assert found["due"] == 1


def test_what_a_plan_hands_on_is_identifiers_digests_and_counts(world: World) -> None:
    world.issue(DUE)
    found = planned(world)
    assert {key: type(value) for key, value in found.items()} == {
        "plan_id": str,
        "digest": str,
        "due": int,
        "held": int,
        "not_computable": int,
    }
    assert "Planted" not in repr(found)


def test_a_quiet_night_is_stated_and_signed(world: World) -> None:
    world.issue(NOT_YET)
    assert tasks.plan("statement", NIGHT) is None
    assert list((world.home / "evidence" / "statement").rglob("nothing-due.*"))


def test_a_run_for_a_day_that_has_not_come_is_refused_for_good(world: World) -> None:
    ahead = datetime.now(UTC) + timedelta(days=2)
    with pytest.raises(AirflowFailException, match="has not come yet"):
        tasks.plan("statement", ahead)


def test_a_backfill_plans_what_was_due_then(world: World) -> None:
    world.issue("A000001-2015-01-01.pdf", DUE)
    then = instant_of_night(AS_OF.replace(year=2025, month=6), datetime.min.time(), "Asia/Shanghai")
    earlier = tasks.plan("statement", then)
    assert earlier is not None
    assert earlier["due"] == 1
    assert planned(world)["due"] == 2


def test_the_question_shows_counts_limits_and_the_digest_and_no_record(world: World) -> None:
    found = dual(world, limit=1, share=1)
    request = tasks.request_approval(found["plan_id"], "data_owner")
    assert request is not None
    assert request.digest == found["digest"]
    for word in (
        found["digest"],
        found["plan_id"],
        "above the rule's limit",
        "| 1 |",
        "2026-11-22",
    ):
        assert word in request.body
    assert "Planted" not in request.subject + request.body


def test_an_answer_is_bound_to_the_digest_and_to_who_gave_it(world: World) -> None:
    found = dual(world)
    tasks.record_answer(found["plan_id"], found["digest"], "data_owner", said_by("E1"))
    with world.open() as installation:
        ((approval, _),) = approvals.of(installation.register, found["digest"])
    assert (approval.person, approval.role, approval.via) == ("E1", "data_owner", "airflow")
    assert approval.plan_digest == found["digest"]


def test_an_answer_to_another_digest_decides_nothing(world: World) -> None:
    found = dual(world)
    with pytest.raises(AirflowFailException, match="not the one that was shown"):
        tasks.record_answer(found["plan_id"], "sha256:" + "0" * 64, "data_owner", said_by("E1"))
    with world.open() as installation:
        assert not approvals.of(installation.register, found["digest"])


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (said_by("E2"), "does not hold the role"),
        (said_by("mallory"), "not in people.yaml"),
        (said_by(None), "silence is not consent"),
        (said_by("E1") | {"timedout": True}, "silence is not consent"),
        # Auth managers that count their users could have given anyone the id E1.
        (said_by("mallory") | {"responded_by_user": {"id": "E1", "name": "m"}}, "people.yaml"),
    ],
    ids=["wrong role", "stranger", "nobody", "timeout", "id of another"],
)
def test_an_answer_by_who_may_not_counts_for_nothing(
    world: World, event: dict[str, Any], why: str
) -> None:
    found = dual(world)
    with pytest.raises(tasks.NotCounted, match=why):
        tasks.record_answer(found["plan_id"], found["digest"], "data_owner", event)
    with world.open() as installation:
        assert not approvals.of(installation.register, found["digest"])
    with pytest.raises(AirflowFailException, match="lacks the approval"):
        tasks.open_run(found["plan_id"])


def test_one_person_is_not_two(world: World) -> None:
    found = dual(world)
    tasks.record_answer(found["plan_id"], found["digest"], "data_owner", said_by("E3"))
    with pytest.raises(tasks.NotCounted, match="E3 has decided on this plan"):
        tasks.record_answer(found["plan_id"], found["digest"], "records_officer", said_by("E3"))


def test_above_the_limits_a_yes_needs_the_tick(world: World) -> None:
    found = dual(world, limit=1, share=1)
    with pytest.raises(tasks.NotCounted, match="accept"):
        tasks.record_answer(found["plan_id"], found["digest"], "data_owner", said_by("E1"))
    for person, role in (("E1", "data_owner"), ("E2", "records_officer")):
        ticked = said_by(person, accepts_exceeded=True)
        tasks.record_answer(found["plan_id"], found["digest"], role, ticked)
    assert isinstance(tasks.open_run(found["plan_id"]), str)


def test_a_rejected_plan_is_never_run(world: World) -> None:
    found = dual(world)
    answer = tasks.record_answer(
        found["plan_id"], found["digest"], "data_owner", said_by("E1", "Reject", reason="not yet")
    )
    assert answer["verdict"] == "reject"
    with pytest.raises(AirflowFailException, match="rejected"):
        tasks.open_run(found["plan_id"])


def test_a_role_that_decided_on_the_command_line_is_not_asked_again(world: World) -> None:
    found = dual(world)
    with world.open() as installation:
        world.approve(installation, found["plan_id"], ("E1", "data_owner"))
    assert tasks.request_approval(found["plan_id"], "data_owner") is None
    assert tasks.request_approval(found["plan_id"], "records_officer") is not None


def test_a_plan_that_cools_off_says_until_when(world: World) -> None:
    world.write_rule(approval="owner", roles="data_owner", cooling_off="P2D")
    world.issue(DUE)
    found = planned(world)
    tasks.record_answer(found["plan_id"], found["digest"], "data_owner", said_by("E1"))
    ends = tasks.open_run(found["plan_id"])
    assert isinstance(ends, datetime)
    assert timedelta(days=1) < ends - datetime.now(UTC) <= timedelta(days=2)
    assert world.left() == {DUE}


def opened(world: World) -> str:
    run_id = tasks.open_run(planned(world)["plan_id"])
    assert isinstance(run_id, str)
    return run_id


def test_outside_its_window_a_task_waits_for_the_next_one(world: World) -> None:
    clock = datetime.now(UTC).astimezone(tz=_zone())
    opens, closes = clock + timedelta(hours=2), clock + timedelta(hours=3)
    rule = world.policies / "rules" / "statement.yaml"
    window = f'nightly: {{at: "{opens:%H:%M}", until: "{closes:%H:%M}", retries: 1}}'
    rule.write_text(rule.read_text().replace('nightly: {at: "01:00", retries: 1}', window))
    world.issue(DUE)
    until = tasks.destroy("statement", opened(world), [0], "worker")
    assert until == next_opening(
        datetime.now(UTC), opens.time().replace(second=0, microsecond=0), "Asia/Shanghai"
    )
    assert world.left() == {DUE}


def _zone() -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo("Asia/Shanghai")


def test_the_stop_file_fails_the_task_and_may_be_retried(world: World) -> None:
    world.issue(DUE)
    run_id = opened(world)
    (world.home / stopping.STOP_FILE).touch()
    with pytest.raises(AirflowException, match="STOP") as stopped:
        tasks.destroy("statement", run_id, [0], "worker")
    assert not isinstance(stopped.value, AirflowFailException)
    (world.home / stopping.STOP_FILE).unlink()
    assert tasks.destroy("statement", run_id, [0], "worker") is None
    assert world.left() == set()


KILLED = """
import sys
from keepuntil.orchestration import tasks
tasks.destroy("statement", sys.argv[1], [0], "worker")
"""


def test_a_destroy_task_that_was_killed_is_taken_up_by_its_own_retry(world: World) -> None:
    names = world.issue_many(12_000, year=2015)
    run_id = opened(world)
    task = subprocess.Popen([sys.executable, "-c", KILLED, run_id], cwd=ROOT / "plugins")
    deadline = time.monotonic() + 120
    while len(world.left()) == len(names):
        assert task.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.kill(task.pid, signal.SIGKILL)
    task.wait()
    assert world.left()
    with pytest.raises(AirflowException, match="another worker"):
        tasks.destroy("statement", run_id, [0], "somebody else")
    assert tasks.destroy("statement", run_id, [0], "worker") is None
    assert tasks.close_run(run_id) == {"run_id": run_id, "destroyed": 12_000}
    assert world.left() == set()


def test_every_task_may_be_repeated(world: World) -> None:
    world.issue(DUE, NOT_YET)
    assert planned(world) == planned(world)
    run_id = opened(world)
    assert opened(world) == run_id
    for _ in range(2):
        for group in tasks.groups(run_id, tasks.OWN_PHASE) or [[0]]:
            tasks.destroy("statement", run_id, group, "worker")
    closed = [tasks.close_run(run_id) for _ in range(2)]
    assert closed[0] == closed[1]
    tasks.verify(run_id)
    assert tasks.certify(run_id) == tasks.certify(run_id)
    assert world.left() == {NOT_YET}


def test_failed_items_fail_the_task_for_good(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.issue(DUE, "A000009-2016-11-21.pdf")
    run_id = opened(world)
    unlink = os.unlink

    def refuses(path: Any, **more: Any) -> None:
        if os.fsencode(path) == DUE.encode():
            raise PermissionError(1, "Operation not permitted")
        unlink(path, **more)

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", refuses)
        tasks.destroy("statement", run_id, [0], "worker")
        with pytest.raises(AirflowFailException, match="1 items of the run") as failed:
            tasks.close_run(run_id)
    assert "Planted" not in str(failed.value)
    # What failed is still to do: clearing the destroy task tries it again.
    assert tasks.groups(run_id, tasks.OWN_PHASE) == [[0]]
    tasks.destroy("statement", run_id, [0], "worker")
    assert tasks.close_run(run_id) == {"run_id": run_id, "destroyed": 2}


def test_the_coverage_task_makes_findings_of_gaps_and_does_not_fail(world: World) -> None:
    assert tasks.report_coverage(NIGHT, "Asia/Shanghai") == {"rows": 5, "gaps": 2}
    with world.open() as installation:
        raised = findings.open_findings(installation.register)
    assert [found.fingerprint for found in raised] == [
        "never_run/statement",
        "store_unclaimed/core",
    ]


def test_the_requests_task_answers_what_is_open_and_writes_its_letters(world: World) -> None:
    from keepuntil.disposal import erasure_requests

    rule = world.policies / "rules" / "statement.yaml"
    subject = "    subject: {from_name: '(?P<account>A[0-9]+)-.*'}\n"
    rule.write_text(rule.read_text() + subject)
    kept = world.statements / "A000003-2024-01-01.pdf"
    kept.write_bytes(b"statement")
    with world.open() as installation:
        erasure_requests.receive(
            installation, "A000003", regime="pipl", received_on=date(2026, 1, 1), by="clerk"
        )
    assert tasks.follow_up_requests(NIGHT, "Asia/Shanghai") == {"answered": 0}
    kept.rename(kept.with_name("A000003-2025-01-01.pdf"))
    assert tasks.follow_up_requests(NIGHT, "Asia/Shanghai") == {"answered": 1}
    assert len(list((world.home / "requests").rglob("answer-2.*.pdf"))) == 2


def test_the_discovery_task_fails_when_something_is_new_and_only_then(world: World) -> None:
    world.core.touch()
    assert tasks.report_discoveries(NIGHT, "Asia/Shanghai")["unclaimed"] == 0
    leads = "\n".join(f"u{number}@example.cn" for number in range(9))
    old = world.folder / "share" / "old"
    old.mkdir()
    (old / "leads.txt").write_text(leads)
    with pytest.raises(
        AirflowException, match="statements/old/ seems to hold personal data"
    ) as said:
        tasks.report_discoveries(NIGHT, "Asia/Shanghai")
    assert "@example.cn" not in str(said.value)
    assert tasks.report_discoveries(NIGHT, "Asia/Shanghai")["unclaimed"] == 1


def test_the_backlog_task_fails_loudly_and_says_why(world: World) -> None:
    world.issue(DUE, "A000009-2010-01-01.pdf")
    with pytest.raises(AirflowException, match="statement: 1 items are overdue; it has never run"):
        tasks.report_backlog(NIGHT, "Asia/Shanghai")
    run_id = opened(world)
    tasks.destroy("statement", run_id, [0], "worker")
    tasks.close_run(run_id)
    tasks.verify(run_id)
    tasks.certify(run_id)
    assert tasks.report_backlog(NIGHT, "Asia/Shanghai") == {"rules": 1}


def test_planner_executor_and_verifier_are_three(world: World) -> None:
    assert len({tasks.PLANNER, tasks.EXECUTOR, tasks.VERIFIER}) == 3
    world.issue(DUE)
    found = planned(world)
    run_id = opened(world)
    with world.open() as installation:
        assert plans.load(installation.register, found["plan_id"]).proposed_by == tasks.PLANNER
        assert journal.unfinished(installation.register, run_id) == 1


def test_a_list_that_has_its_certificate_is_not_gone_through_again(world: World) -> None:
    """A file with a second link stays, is due on the same day again, and makes the same list."""
    world.issue(DUE)
    os.link(world.statements / DUE, world.folder / "second-link")
    run_id = tasks.open_run(planned(world)["plan_id"])
    assert isinstance(run_id, str)
    tasks.destroy("statement", run_id, [0], "worker")
    tasks.close_run(run_id)
    tasks.verify(run_id)
    tasks.certify(run_id)
    assert tasks.plan("statement", NIGHT) is None
    assert world.left() == {DUE}
