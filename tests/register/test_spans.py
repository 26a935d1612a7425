"""What nights of a span came to: added up on each database, and no list counted twice."""

from __future__ import annotations

from datetime import timedelta

import register_world as world
from keepuntil.domain.outcomes import Outcome
from keepuntil.register import Register, spans
from register_world import TODAY

LAYOUT = {"core": [3, 2], "scans": [4]}
TOMORROW = TODAY + timedelta(days=1)


def test_ends_are_added_up_by_place_over_the_nights_of_the_span(register: Register) -> None:
    for day, name in ((TODAY, "a"), (TOMORROW, "b"), (TODAY + timedelta(days=40), "c")):
        run_id = world.running(register, LAYOUT, as_of=day, name=name)
        world.finish(register, run_id, LAYOUT, Outcome.DESTROYED)
    found = {one.instance: one for one in spans.ends(register, TODAY, TOMORROW)}
    assert found["core"].outcomes[Outcome.DESTROYED] == 10
    assert found["scans"].outcomes[Outcome.DESTROYED] == 8
    assert (found["core"].category, found["core"].store) == (world.CATEGORY, "core_store")


def test_the_last_list_is_the_newest_and_one_also_when_two_are_as_new(register: Register) -> None:
    world.frozen(register, {"core": [3]}, name="a")
    world.frozen(register, {"core": [5]}, name="b")
    later = world.frozen(register, {"core": [2]}, name="c", at=world.NOW + timedelta(hours=1))
    world.frozen(register, {"core": [1]}, as_of=TOMORROW, name="d")
    (one,) = spans.last_lists(register, TODAY, TODAY)
    assert (one.due, one.as_of, one.outcomes) == (2, later.plan.as_of, None)
    assert one.undetermined == {"missing_trigger": 2}


def test_of_two_lists_frozen_at_once_one_is_the_last(register: Register) -> None:
    world.frozen(register, {"core": [3]}, name="a")
    world.frozen(register, {"core": [5]}, name="b")
    assert len(spans.last_lists(register, TODAY, TODAY)) == 1


def test_the_last_list_tells_what_its_own_run_made_of_it(register: Register) -> None:
    run_id = world.running(register, LAYOUT)
    world.finish(register, run_id, LAYOUT, Outcome.HELD)
    found = {one.instance: one for one in spans.last_lists(register, TODAY, TODAY)}
    assert found["core"].outcomes is not None
    assert found["core"].outcomes[Outcome.HELD] == 5
    assert found["scans"].outcomes is not None
    assert found["scans"].outcomes[Outcome.HELD] == 4


def test_nights_outside_the_span_are_not_in_it(register: Register) -> None:
    world.frozen(register, LAYOUT)
    assert spans.last_lists(register, TOMORROW, TOMORROW) == []
    assert spans.ends(register, TOMORROW, TOMORROW) == []
    assert spans.certificates(register, TODAY, TOMORROW) == []
