"""Tonight: what waits for people, and what only seems to."""

from __future__ import annotations

from pathlib import Path

import pytest

from disposal_world import World
from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.oversight.tonight import Standing, tonight
from keepuntil.register import holds

DUE = "A000001-2016-11-21.pdf"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name in ("KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KU_TEST_CORE", f"sqlite:///{tmp_path / 'core.db'}")
    built = World(tmp_path).build()
    built.issue(DUE)
    return built


def standing(world: World, *, hold: bool = False) -> tuple[Standing, int]:
    """How the list of the statements stands, and how many lists wait."""
    with world.open() as installation:
        if hold:
            holds.add(installation.register, everything(world))
        world.plan(installation)
        found = tonight(installation, installation.schedule.rules)
    return found.lines[0].standing, len(found.awaited)


def everything(world: World) -> Hold:
    return Hold(
        hold_id="H1",
        mandate="court order 17",
        owner="legal",
        category="statement",
        instance=None,
        scope=HoldScope.CATEGORY,
        value="",
        placed_at=world.moment,
        review_by=None,
    )


def test_a_class_approved_beforehand_waits_for_nobody_within_its_limits(world: World) -> None:
    assert standing(world) == (Standing.APPROVED, 0)


def test_above_its_limits_it_waits_for_a_person(world: World) -> None:
    world.issue("A000002-2016-11-21.pdf")
    world.write_rule(limit=1)
    assert standing(world) == (Standing.WAITING, 1)


def test_a_list_of_which_everything_is_held_waits_for_nobody(world: World) -> None:
    world.write_rule(approval="dual", roles="data_owner, records_officer")
    assert standing(world, hold=True) == (Standing.QUIET, 0)
