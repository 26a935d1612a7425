"""Paper keeps the contract of every store, and what is paper's alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.domain.outcomes import Outcome
from keepuntil.stores.paper.shelves import PaperShelves
from keepuntil.stores.protocol import Batch, Effect, Intent, Store
from paper_world import PaperWorld, PromptPeople
from store_contract import (
    AS_OF,
    CATEGORY,
    DUE,
    KEPT,
    StoreContract,
    UnwantedJournal,
    WitnessJournal,
    World,
    batches_of,
    contract_query,
    contract_rule,
    contract_warrant,
)


class TestPaper(StoreContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        return PaperWorld(tmp_path)

    def test_absent_and_never_under_our_hands_stays_already_absent_on_resume(
        self, world: World, store: Store
    ) -> None:
        """Paper knows better than the contract asks: without an order nobody carried it out."""
        keys = [world.put(number, DUE) for number in range(2)]
        query = contract_query(world.instance)
        (batch,) = batches_of(store, query)
        for key in keys:
            world.remove(key)
        intended = Intent(present=bytearray([0, 1]), parts=["", ""], counts=[0, 0])
        again = replace(batch, earlier=intended)
        effect = store.destroy(query, again, contract_warrant(), UnwantedJournal())
        assert effect.outcomes == [Outcome.ALREADY_ABSENT] * 2


@pytest.fixture
def world(tmp_path: Path) -> PaperWorld:
    return PaperWorld(tmp_path)


@pytest.fixture
def shelves(world: PaperWorld) -> Iterator[PaperShelves]:
    store = world.shelves()
    yield store
    store.close()


def destroyed(world: PaperWorld, store: PaperShelves, batch: Batch) -> Effect:
    query = contract_query(world.instance)
    return store.destroy(query, batch, contract_warrant(), WitnessJournal(world))


def only_batch(world: PaperWorld, store: PaperShelves) -> Batch:
    (batch,) = batches_of(store, contract_query(world.instance))
    return batch


def released(world: PaperWorld, store: PaperShelves) -> Batch:
    """One item that is due, and was released."""
    world.put(1, DUE)
    batch = only_batch(world, store)
    destroyed(world, store, batch)
    return batch


def people(world: PaperWorld, store: PaperShelves) -> PromptPeople:
    return PromptPeople(store, world.url)


def test_what_may_go_is_released_and_pending_and_still_there(
    world: PaperWorld, shelves: PaperShelves
) -> None:
    keys = {world.put(number, DUE) for number in range(3)}
    effect = destroyed(world, shelves, only_batch(world, shelves))
    assert effect.outcomes == [Outcome.PENDING_EXTERNAL] * 3
    assert set(effect.reasons.values()) == {"custody:ordered"}
    assert world.keys() == keys
    assert set(world.orders().values()) == {"ordered"}


def test_asked_again_while_people_are_at_it_nothing_is_intended_twice(
    world: PaperWorld, shelves: PaperShelves
) -> None:
    batch = released(world, shelves)
    query = contract_query(world.instance)
    again = shelves.destroy(query, batch, contract_warrant(), UnwantedJournal())
    assert again.outcomes == [Outcome.PENDING_EXTERNAL]


def test_only_what_custody_saw_destroyed_is_struck_off(
    world: PaperWorld, shelves: PaperShelves
) -> None:
    batch = released(world, shelves)
    people(world, shelves).carry_out(contract_warrant().plan_id)
    late = world.put(2, DUE)
    effect = destroyed(world, shelves, batch)
    assert effect.outcomes == [Outcome.DESTROYED]
    assert world.keys() == {late}


def test_a_hold_before_the_picking_withdraws_the_order(
    world: PaperWorld, shelves: PaperShelves
) -> None:
    batch = released(world, shelves)
    batch.spared = [True]
    assert destroyed(world, shelves, batch).outcomes == [Outcome.HELD]
    assert set(world.orders().values()) == {"withdrawn"}


def test_a_hold_after_the_shredder_cannot_undo_what_was_witnessed(
    world: PaperWorld, shelves: PaperShelves
) -> None:
    batch = released(world, shelves)
    people(world, shelves).carry_out(contract_warrant().plan_id)
    batch.spared = [True]
    assert destroyed(world, shelves, batch).outcomes == [Outcome.DESTROYED]


def test_what_was_withdrawn_is_released_anew_once_it_is_free(
    world: PaperWorld, shelves: PaperShelves
) -> None:
    batch = released(world, shelves)
    batch.spared = [True]
    destroyed(world, shelves, batch)
    batch.spared = [False]
    assert destroyed(world, shelves, batch).outcomes == [Outcome.PENDING_EXTERNAL]
    assert set(world.orders().values()) == {"ordered"}


def test_a_row_that_vanishes_while_its_paper_is_in_custody_fails(
    world: PaperWorld, shelves: PaperShelves
) -> None:
    key = world.put(1, DUE)
    batch = only_batch(world, shelves)
    destroyed(world, shelves, batch)
    world.remove(key)
    effect = destroyed(world, shelves, batch)
    assert effect.outcomes == [Outcome.FAILED]
    assert effect.reasons == {0: "custody:struck_off_by_somebody"}


def test_an_item_that_another_plan_released_is_not_released_again(
    world: PaperWorld, shelves: PaperShelves
) -> None:
    batch = released(world, shelves)
    query = contract_query(world.instance)
    tomorrow = contract_warrant(as_of=AS_OF)
    other = type(tomorrow)(
        **{name: getattr(tomorrow, name) for name in tomorrow.__dataclass_fields__}
        | {"plan_id": "test_category.2024-07-01.111111111111"}
    )
    effect = shelves.destroy(query, batch, other, UnwantedJournal())
    assert effect.outcomes == [Outcome.FAILED]
    assert effect.reasons == {0: "custody:released_by_another_plan"}


def test_due_items_of_a_box_that_waits_are_shared_until_its_day(
    world: PaperWorld, shelves: PaperShelves
) -> None:
    world.put(1, DUE)
    world.put(2, KEPT)
    world.wait("B0000", AS_OF)
    effect = destroyed(world, shelves, only_batch(world, shelves))
    assert effect.outcomes == [Outcome.SHARED]
    assert effect.reasons == {0: f"mixed_box_until:{AS_OF}"}
    assert world.orders() == {}


def test_the_day_after_its_wait_ended_a_box_waits_no_longer(
    world: PaperWorld, shelves: PaperShelves
) -> None:
    world.put(1, DUE)
    world.wait("B0000", AS_OF - timedelta(days=1))
    effect = destroyed(world, shelves, only_batch(world, shelves))
    assert effect.outcomes == [Outcome.PENDING_EXTERNAL]


def test_a_hold_by_condition_keeps_an_item_on_its_shelf(
    world: PaperWorld, shelves: PaperShelves
) -> None:
    world.put(1, DUE)
    hold = Hold(
        hold_id="H1",
        mandate="court order 7",
        owner="legal",
        category=CATEGORY,
        instance=None,
        scope=HoldScope.PREDICATE,
        value="pages > 100",
        placed_at=datetime(2024, 6, 1, tzinfo=UTC),
        review_by=None,
    )
    batch = only_batch(world, shelves)
    query = contract_query(world.instance, holds=[hold])
    effect = shelves.destroy(query, batch, contract_warrant(), UnwantedJournal())
    assert effect.outcomes == [Outcome.HELD]  # nobody knows how many pages it has
    assert effect.reasons == {0: "hold:H1"}


def test_a_series_with_quotes_in_its_name_is_only_a_name(tmp_path: Path) -> None:
    world = PaperWorld(tmp_path)
    world.put(1, date(2012, 1, 1))
    odd = type(world.instance)(
        **{n: getattr(world.instance, n) for n in world.instance.__dataclass_fields__}
        | {"series": "x' OR '1'='1"}
    )
    store = world.shelves()
    assert store.describe(contract_rule(odd), odd).total == 0
    store.close()
