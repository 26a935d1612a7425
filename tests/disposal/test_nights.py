"""A backlog is never dropped: what is overdue, and what did not run, is the first figure."""

from __future__ import annotations

import base64
import json

from disposal_world import AS_OF, World
from keepuntil.disposal import nights
from keepuntil.disposal.deciding import forecast
from keepuntil.disposal.statements import NOTHING_DUE
from keepuntil.register import findings

LONG_OVERDUE = "A000001-2015-01-01.pdf"
DUE = "A000002-2016-11-21.pdf"
DUE_NEXT_MONTH = "A000003-2016-12-10.pdf"


def test_what_is_past_its_date_is_overdue_until_it_is_gone(world: World) -> None:
    world.issue(LONG_OVERDUE, DUE, DUE_NEXT_MONTH)
    with world.open() as installation:
        (before,) = nights.backlog(installation, AS_OF)
        world.whole_road(installation)
        (after,) = nights.backlog(installation, AS_OF)
    assert (before.due, before.overdue) == (2, 1)
    assert before.alarming
    assert (after.due, after.overdue) == (0, 0)


def test_a_rule_that_never_ran_is_a_finding(world: World) -> None:
    with world.open() as installation:
        (line,) = nights.backlog(installation, AS_OF)
        kinds = [found.kind for found in findings.open_findings(installation.register)]
    assert line.alarming
    assert "overdue" in kinds


def test_a_quiet_night_is_signed_and_counts_as_run(world: World) -> None:
    world.issue(DUE_NEXT_MONTH)
    with world.open() as installation:
        statement = nights.state_nothing_due(installation, world.plan(installation))
        (line,) = nights.backlog(installation, AS_OF)
    envelope = json.loads(statement.read_bytes())
    said = json.loads(base64.b64decode(envelope["payload"]))
    assert not line.alarming
    assert said["predicateType"] == NOTHING_DUE
    assert said["predicate"]["plan"]["instances"][0]["kept"] == 1


def test_nights_missed_are_counted(world: World) -> None:
    with world.open() as installation:
        nights.state_nothing_due(installation, world.plan(installation))
        world.later(days=5)
        (line,) = nights.backlog(installation, AS_OF.replace(day=28))
    assert line.nights_missed == 5
    assert line.alarming


def test_the_forecast_says_what_falls_due_in_which_month(world: World) -> None:
    world.issue(LONG_OVERDUE, DUE, DUE_NEXT_MONTH)
    with world.open() as installation:
        rule = installation.rule("statement")
        months = forecast(installation, rule, AS_OF.replace(year=2027))
    assert months == {"share": {"2025-01": 1, "2026-11": 1, "2026-12": 1}}
