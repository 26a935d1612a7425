"""What cannot be destroyed: visible, tried again within bounds, and never certified."""

from __future__ import annotations

import os

import pytest

from disposal_world import NIGHT, World
from keepuntil.disposal import certifying, executing, verifying
from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.errors import RunIncomplete, RunInterrupted, VerificationFailed
from keepuntil.register import findings, holds, journal

STUBBORN, WILLING = "A000001-2016-11-21.pdf", "A000002-2016-11-21.pdf"


@pytest.fixture
def stubborn(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A share whose server refuses to delete one file, as a read-only mount would."""
    world.issue(STUBBORN, WILLING)
    unlink = os.unlink

    def refuse(path: str | bytes, *, dir_fd: int | None = None) -> None:
        if os.fsencode(path).endswith(STUBBORN.encode()):
            raise PermissionError(1, "Operation not permitted")
        unlink(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", refuse)
    return world


def test_a_run_with_a_failed_item_is_a_failed_run(stubborn: World) -> None:
    with stubborn.open() as installation:
        plan_id = stubborn.plan(installation)
        with pytest.raises(RunIncomplete, match="1 items of the run"):
            stubborn.destroy(installation, plan_id)
        kinds = [found.kind for found in findings.open_findings(installation.register)]
    assert stubborn.left() == {STUBBORN}
    assert kinds == ["destruction_failed"]


def test_there_is_no_certificate_while_an_item_has_no_observed_end(stubborn: World) -> None:
    with stubborn.open() as installation:
        plan_id = stubborn.plan(installation)
        with pytest.raises(RunIncomplete):
            stubborn.destroy(installation, plan_id)
        run_id = f"run.{plan_id}"
        with pytest.raises(VerificationFailed):
            verifying.verify(installation, run_id, verifier="verifier")
        with pytest.raises((VerificationFailed, RunIncomplete)):
            certifying.certify(installation, run_id)


def test_what_failed_is_tried_again_and_then_certified(
    stubborn: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stubborn.open() as installation:
        plan_id = stubborn.plan(installation)
        with pytest.raises(RunIncomplete):
            stubborn.destroy(installation, plan_id)
        monkeypatch.undo()
        certificate = stubborn.certify(installation, stubborn.destroy(installation, plan_id))
    assert certificate.outcomes == {"destroyed": 2}
    assert stubborn.left() == set()


def test_a_hold_on_what_fails_lets_the_run_end_truthfully(stubborn: World) -> None:
    with stubborn.open() as installation:
        plan_id = stubborn.plan(installation)
        with pytest.raises(RunIncomplete):
            stubborn.destroy(installation, plan_id)
        exempt = Hold(
            hold_id="EXEMPT-1",
            mandate="cannot be destroyed on this volume",
            owner="operations",
            category="statement",
            instance=None,
            scope=HoldScope.PREFIX,
            value="A000001",
            placed_at=NIGHT,
            review_by=None,
        )
        holds.add(installation.register, exempt)
        certificate = stubborn.certify(installation, stubborn.destroy(installation, plan_id))
    assert certificate.outcomes == {"destroyed": 1, "held": 1}


def test_attempts_are_counted_and_bounded(stubborn: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executing, "MOST_ATTEMPTS", 3)
    with stubborn.open() as installation:
        plan_id = stubborn.plan(installation)
        for _ in range(3):
            with pytest.raises(RunIncomplete):
                stubborn.destroy(installation, plan_id)
        with pytest.raises(RunInterrupted, match="was tried 3 times"):
            stubborn.destroy(installation, plan_id)
        tried = list(journal.attempts(installation.register, f"run.{plan_id}"))
    assert [attempt.attempt for attempt in tried] == [1, 2, 3]
