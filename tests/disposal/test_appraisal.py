"""A decision about one item of a list binds, whatever is approved for the rest."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from disposal_world import World
from keepuntil.disposal import appraising
from keepuntil.disposal.appraising import Opinion
from keepuntil.errors import UsageError
from keepuntil.register import holds, journal

KEPT = ("A000001-2012-03-01.pdf",)
GOES = ("A000002-2012-03-01.pdf",)
UNTIL = date(2031, 12, 31)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path).build()
    world.issue("A000001-2012-03-01.pdf", "A000002-2012-03-01.pdf")
    return world


def test_an_item_that_a_reviewer_keeps_is_not_destroyed(world: World) -> None:
    with world.open() as installation:
        plan_id = world.plan(installation)
        appraising.keep(
            installation,
            plan_id,
            "share",
            [KEPT],
            opinion=Opinion.EXTEND,
            reason="a law suit is expected",
            by="E2",
            until=UNTIL,
        )
        run_id = world.destroy(installation, plan_id)
        assert world.left() == {"A000001-2012-03-01.pdf"}
        ((end, reason),) = [
            found for found in journal.ends(installation.register, run_id)["share"] if found[1]
        ]
        assert (end, reason.partition("-")[0]) == ("held", "hold:A")
        assert world.certify(installation, run_id).outcomes == {"destroyed": 1, "held": 1}


def test_the_next_list_shows_what_an_appraisal_kept_as_held(world: World) -> None:
    with world.open() as installation:
        plan_id = world.plan(installation)
        appraising.keep(
            installation,
            plan_id,
            "share",
            [KEPT],
            opinion=Opinion.UNSETTLED,
            reason="the loan is in dispute",
            by="E2",
        )
        found = appraising.appraised(installation, plan_id)
        assert (found.listed, found.unsettled, found.extended, found.destroyed) == (2, 1, 0, 1)
        (hold,) = holds.in_force(installation.register, "statement")
        assert hold.review_by is None
        assert hold.mandate.startswith(f"appraisal/unsettled/{plan_id}:")


@pytest.mark.parametrize(
    ("keys", "opinion", "until", "reason", "sentence"),
    [
        ([KEPT], Opinion.EXTEND, None, "why", "says until when"),
        ([KEPT], Opinion.UNSETTLED, UNTIL, "why", "says until when"),
        ([KEPT], Opinion.EXTEND, UNTIL, " ", "give a reason"),
        ([], Opinion.EXTEND, UNTIL, "why", "Name the items"),
        ([KEPT, ("x",)], Opinion.EXTEND, UNTIL, "why", "1 of the 2 items named are not on"),
    ],
)
def test_an_appraisal_that_says_too_little_enters_nothing(
    world: World,
    keys: list[tuple[str, ...]],
    opinion: Opinion,
    until: date | None,
    reason: str,
    sentence: str,
) -> None:
    with world.open() as installation:
        plan_id = world.plan(installation)
        with pytest.raises(UsageError, match=sentence):
            appraising.keep(
                installation,
                plan_id,
                "share",
                keys,
                opinion=opinion,
                reason=reason,
                by="E2",
                until=until,
            )
        assert holds.in_force(installation.register, "statement") == []


def test_a_place_that_is_not_on_the_list_is_named(world: World) -> None:
    with world.open() as installation:
        plan_id = world.plan(installation)
        with pytest.raises(UsageError, match="no instance 'shed'"):
            appraising.keep(
                installation,
                plan_id,
                "shed",
                [GOES],
                opinion=Opinion.UNSETTLED,
                reason="why",
                by="E2",
            )
