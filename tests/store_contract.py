"""The one suite every store passes. A store brings a :class:`World`; the laws are here.

A store's own tests subclass :class:`StoreContract` and give it a fixture::

    class TestFileTree(StoreContract):
        @pytest.fixture
        def world(self, tmp_path: Path) -> World:
            return FilesWorld(tmp_path)

The world looks at the place with its own means, never through the store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Protocol

import pytest

from keepuntil.domain.categories import (
    ApprovalKind,
    Authority,
    Disposition,
    Limits,
    Nightly,
    Obligation,
    Owner,
    Rank,
    Rule,
    StoredInstance,
    Text,
)
from keepuntil.domain.clock import Clock, Combine, Cutoffs, Trigger, Unreadable
from keepuntil.domain.decision import Decision, Doubt, Due, Keep, Undetermined
from keepuntil.domain.holds import Binding, Hold
from keepuntil.domain.items import Key, key_text
from keepuntil.domain.outcomes import Outcome
from keepuntil.domain.periods import Period, StartRule
from keepuntil.domain.plans import Warrant
from keepuntil.errors import StoreError
from keepuntil.stores.protocol import Batch, Effect, Facts, Found, Intent, LookUp, Query, Store

CATEGORY = "test_category"
EVENT = "closed"
"""The one event of the contract's rule: a date."""
AS_OF = date(2024, 6, 30)
CUTOFF = date(2019, 6, 29)
"""Closed on this day or before: due on AS_OF. Five years, from the day after."""
DUE = date(2012, 2, 29)
KEPT = date(2023, 11, 5)


class World(Protocol):
    """One instance of one store, empty at first, that a test fills and looks at."""

    instance: StoredInstance
    """Its events are ``((EVENT, …),)``."""

    def store(self) -> Store:
        """The store under test; the fixture closes it."""

    def put(self, number: int, closed_on: date | None, *, group: str | None = None) -> Key:
        """Add record ``number`` and its parts. None: an event that cannot be known.

        ``group`` may be ignored where the instance has no record group.
        """

    def keys(self) -> set[Key]:
        """What is there, seen by means other than the store."""

    def remove(self, key: Key) -> None:
        """Take the record and its parts away behind everybody's back."""

    def postpone(self, key: Key) -> bool:
        """Make the record's event ``KEPT``; False where no event can change in place."""

    def alter(self, key: Key) -> None:
        """Change what the record says, its event aside."""


def contract_rule(*instances: StoredInstance, events: Sequence[str] = (EVENT,)) -> Rule:
    """A rule of five years from the day after the event, in Chinese civil time."""
    clock = Clock(
        combine=Combine.LATEST,
        triggers=tuple(Trigger(event=event) for event in events),
        start=StartRule("event_next_day"),
        keep_at_least=Period(years=5),
        keep_at_most=None,
        delete_within=Period(days=90),
        floor=None,
        extend_while=(),
        restrict_from=None,
        zone="Asia/Shanghai",
        calendar=None,
        permanent=False,
    )
    return Rule(
        category=CATEGORY,
        title=Text(zh="测试", en="Test"),
        purpose="testing",
        subjects=("borrower",),
        owner=Owner(unit="test", contact="owner@bank.example"),
        sensitivity=None,
        effective_from=date(2020, 1, 1),
        review_by=date(2030, 1, 1),
        authorities=(Authority(cite="Test Act 1", rank=Rank.LAW, obligation=Obligation.KEEP),),
        clock=clock,
        disposition=Disposition(
            approval=ApprovalKind.NONE,
            approver_roles=(),
            cooling_off=None,
            approval_expires_after=Period(days=7),
            limits=Limits(items=10_000_000, share=Decimal(1)),
        ),
        nightly=Nightly(at=time(1), until=None, retries=0, pool=None),
        instances=instances,
        digest="sha256:" + "0" * 64,
        source="test_category.yaml",
    )


def decide(facts: Facts) -> Decision:
    """A decision small enough to be seen through; the real one has its own tests."""
    (closed_on,) = facts
    if closed_on is None:
        return Undetermined(Doubt.MISSING_TRIGGER, EVENT)
    if isinstance(closed_on, Unreadable | bool):
        return Undetermined(Doubt.UNREADABLE_EVENT, EVENT)
    if closed_on > AS_OF:
        return Undetermined(Doubt.FUTURE_TRIGGER, EVENT)
    if closed_on > CUTOFF:
        return Keep(until=closed_on + timedelta(days=5 * 365))
    return Due(since=closed_on, delete_by=None, overdue=False)


def contract_query(
    instance: StoredInstance,
    *,
    holds: Sequence[Hold] = (),
    batch_items: int = 7,
    linked: LookUp | None = None,
) -> Query:
    return Query(
        rule=contract_rule(instance),
        instance=instance,
        as_of=AS_OF,
        cutoffs=Cutoffs(latest=((EVENT, CUTOFF),), any_trigger=False),
        binding=Binding(holds, category=CATEGORY, instance=instance.id),
        batch_items=batch_items,
        decide=decide,
        linked=linked,
    )


def contract_warrant(*, category: str = CATEGORY, as_of: date = AS_OF) -> Warrant:
    return Warrant(
        plan_id=f"{category}.{as_of}.000000000000",
        plan_digest="sha256:" + "1" * 64,
        category=category,
        as_of=as_of,
        approvers=("owner",),
        approvals_digest="sha256:" + "2" * 64,
        not_before=datetime(2024, 6, 30, tzinfo=UTC),
        not_after=datetime(2024, 7, 30, tzinfo=UTC),
    )


@dataclass
class WitnessJournal:
    """Remembers every intent, and what was there when it was written."""

    world: World
    intents: list[Intent] = field(default_factory=list)
    seen: list[set[Key]] = field(default_factory=list)

    def intend(self, intent: Intent) -> None:
        self.seen.append(self.world.keys())
        self.intents.append(
            Intent(
                present=bytearray(intent.present),
                parts=list(intent.parts),
                counts=list(intent.counts),
            )
        )


class JournalRefusedError(RuntimeError):
    """The register could not be written."""


class RefusingJournal:
    """Cannot write: nothing may be destroyed."""

    def intend(self, intent: Intent) -> None:
        raise JournalRefusedError


class UnwantedJournal:
    """Nothing would become final, so nobody may ask for an intent."""

    def intend(self, intent: Intent) -> None:
        pytest.fail("an intent was journaled although nothing would be destroyed")


def due_in(found: Found, query: Query) -> list[int]:
    """Places of the items of a batch that are due."""
    return [i for i, facts in enumerate(found.facts) if isinstance(query.decide(facts), Due)]


def batches_of(store: Store, query: Query) -> list[Batch]:
    """The due items of an instance as the caller would batch them, holds ignored."""
    batches = []
    for found in store.find(query):
        places = due_in(found, query)
        if places:
            batches.append(
                Batch(
                    keys=[found.keys[i] for i in places],
                    marks=[found.marks[i] for i in places],
                    groups=[found.groups[i] for i in places],
                    spared=[False] * len(places),
                )
            )
    return batches


def destroy_all(store: Store, query: Query, world: World) -> list[tuple[Batch, Effect]]:
    journal = WitnessJournal(world)
    return [
        (batch, store.destroy(query, batch, contract_warrant(), journal))
        for batch in batches_of(store, query)
    ]


def _present(store: Store, query: Query) -> set[Key]:
    """Every key that is there, also of what the table holds of other categories."""
    return {key for batch in store.present(query) for key in batch}


class StoreContract:
    """Subclass this with a ``world`` fixture."""

    @pytest.fixture
    def store(self, world: World) -> Iterator[Store]:
        store = world.store()
        yield store
        store.close()

    # What it says of itself

    def test_facts_are_usable_in_evidence(self, store: Store) -> None:
        assert store.facts.kind
        assert store.facts.method.isascii()
        assert store.facts.batch_items > 0
        assert store.facts.caveat.en
        assert store.facts.caveat.zh

    def test_a_place_as_declared_has_no_problems(self, world: World, store: Store) -> None:
        for number in range(3):
            world.put(number, DUE)
        description = store.describe(contract_rule(world.instance), world.instance)
        assert description.problems == ()
        assert description.total in (3, None)

    def test_an_empty_place_is_described_and_found_empty(self, world: World, store: Store) -> None:
        assert store.describe(contract_rule(world.instance), world.instance).problems == ()
        found = list(store.find(contract_query(world.instance)))
        assert sum(len(f.keys) + sum(f.passed_over.values()) for f in found) == 0

    # Finding

    def test_every_item_is_handed_out_or_counted(self, world: World, store: Store) -> None:
        due = {world.put(n, DUE + timedelta(days=n)) for n in range(0, 40, 2)}
        for n in range(1, 41, 2):
            world.put(n, KEPT)
        for n in range(50, 53):
            world.put(n, None)
        query = contract_query(world.instance)
        found = list(store.find(query))
        handed = [key for f in found for key in f.keys]
        assert len(handed) == len(set(handed))
        assert {f.keys[i] for f in found for i in due_in(f, query)} == due
        passed = Counter[str]()
        for f in found:
            passed.update(f.passed_over)
        assert len(handed) + passed.total() == len(world.keys()) == 43
        self._counts_agree(found, query, passed)

    def _counts_agree(self, found: Sequence[Found], query: Query, passed: Counter[str]) -> None:
        decided = [query.decide(facts) for f in found for facts in f.facts]
        kept = sum(isinstance(d, Keep) for d in decided) + passed["kept"]
        unknown = sum(isinstance(d, Undetermined) for d in decided)
        unknown += sum(passed[doubt] for doubt in Doubt)
        assert (kept, unknown) == (20, 3)

    def test_items_come_in_bounded_batches(self, world: World, store: Store) -> None:
        for n in range(23):
            world.put(n, DUE)
        found = list(store.find(contract_query(world.instance, batch_items=5)))
        assert max(len(f.keys) for f in found) <= 5
        for f in found:
            assert len(f.keys) == len(f.facts) == len(f.groups) == len(f.marks) == len(f.held)

    def test_the_same_data_gives_the_same_list_in_the_same_order(
        self, world: World, store: Store
    ) -> None:
        for n in (9, 3, 11, 1, 10, 2, 100, 20):
            world.put(n, DUE)
        query = contract_query(world.instance, batch_items=3)
        again = contract_query(world.instance, batch_items=50)
        once = [(k, m) for f in store.find(query) for k, m in zip(f.keys, f.marks, strict=True)]
        twice = [(k, m) for f in store.find(again) for k, m in zip(f.keys, f.marks, strict=True)]
        assert once == twice
        assert len(once) == 8

    def test_finding_changes_nothing(self, world: World, store: Store) -> None:
        keys = {world.put(n, DUE) for n in range(5)}
        before = store.fingerprints(contract_query(world.instance), sorted(keys))
        list(store.find(contract_query(world.instance)))
        assert world.keys() == keys
        assert store.fingerprints(contract_query(world.instance), sorted(keys)) == before

    def test_neighbours_are_kept_items(self, world: World, store: Store) -> None:
        due = {world.put(n, DUE) for n in range(4)}
        kept = {world.put(n, KEPT) for n in range(4, 8)}
        neighbours = {
            key for f in store.find(contract_query(world.instance)) for key in f.neighbours
        }
        assert neighbours
        assert neighbours <= kept
        assert not neighbours & due

    # Destroying

    def test_exactly_the_due_items_are_destroyed(self, world: World, store: Store) -> None:
        due = {world.put(n, DUE) for n in range(0, 30, 3)}
        others = {world.put(n, KEPT if n % 3 == 1 else None) for n in range(30) if n % 3}
        query = contract_query(world.instance)
        effects = destroy_all(store, query, world)
        assert {key for batch, _ in effects for key in batch.keys} == due
        outcomes = Counter(outcome for _, effect in effects for outcome in effect.outcomes)
        assert outcomes == {Outcome.DESTROYED: len(due)}
        assert world.keys() == others

    def test_doing_it_again_finds_nothing_more(self, world: World, store: Store) -> None:
        world.put(1, DUE)
        world.put(2, KEPT)
        query = contract_query(world.instance)
        destroy_all(store, query, world)
        assert batches_of(store, query) == []

    def test_spared_items_are_not_touched(self, world: World, store: Store) -> None:
        keys = sorted((world.put(n, DUE) for n in range(4)), key=key_text)
        query = contract_query(world.instance)
        (batch,) = batches_of(store, query)
        batch.spared[1] = batch.spared[2] = True
        spared = {batch.keys[1], batch.keys[2]}
        effect = store.destroy(query, batch, contract_warrant(), WitnessJournal(world))
        assert world.keys() == spared
        assert [effect.outcomes[i] for i in (1, 2)] == [Outcome.HELD, Outcome.HELD]
        assert set(batch.keys) == set(keys)

    def test_the_intent_is_written_once_and_before_anything_is_final(
        self, world: World, store: Store
    ) -> None:
        keys = {world.put(n, DUE) for n in range(5)}
        query = contract_query(world.instance)
        (batch,) = batches_of(store, query)
        journal = WitnessJournal(world)
        effect = store.destroy(query, batch, contract_warrant(), journal)
        (intent,) = journal.intents
        assert journal.seen == [keys]
        assert list(intent.present) == [1] * 5
        assert (intent.parts, intent.counts) == (effect.parts, effect.counts)
        assert [bool(parts) for parts in intent.parts] == [count > 0 for count in intent.counts]

    def test_without_a_written_intent_nothing_is_destroyed(
        self, world: World, store: Store
    ) -> None:
        keys = {world.put(n, DUE) for n in range(5)}
        query = contract_query(world.instance)
        (batch,) = batches_of(store, query)
        with pytest.raises(JournalRefusedError):
            store.destroy(query, batch, contract_warrant(), RefusingJournal())
        assert world.keys() == keys

    def test_no_intent_is_asked_for_when_nothing_would_be_destroyed(
        self, world: World, store: Store
    ) -> None:
        keys = [world.put(n, DUE) for n in range(3)]
        query = contract_query(world.instance)
        (batch,) = batches_of(store, query)
        batch.spared[:] = [key != keys[0] for key in batch.keys]
        world.remove(keys[0])
        effect = store.destroy(query, batch, contract_warrant(), UnwantedJournal())
        assert Counter(effect.outcomes) == {Outcome.ALREADY_ABSENT: 1, Outcome.HELD: 2}
        assert world.keys() == set(keys[1:])

    def test_an_item_that_went_away_by_itself_is_already_absent(
        self, world: World, store: Store
    ) -> None:
        keys = [world.put(n, DUE) for n in range(3)]
        query = contract_query(world.instance)
        (batch,) = batches_of(store, query)
        world.remove(keys[1])
        effect = store.destroy(query, batch, contract_warrant(), WitnessJournal(world))
        by_key = dict(zip(batch.keys, effect.outcomes, strict=True))
        assert by_key == {
            keys[0]: Outcome.DESTROYED,
            keys[1]: Outcome.ALREADY_ABSENT,
            keys[2]: Outcome.DESTROYED,
        }
        assert effect.counts[batch.keys.index(keys[1])] == 0

    def test_an_item_no_longer_due_stays(self, world: World, store: Store) -> None:
        keys = [world.put(n, DUE) for n in range(3)]
        query = contract_query(world.instance)
        (batch,) = batches_of(store, query)
        if not world.postpone(keys[1]):
            pytest.skip("events of this kind of item cannot change in place")
        effect = store.destroy(query, batch, contract_warrant(), WitnessJournal(world))
        assert effect.outcomes[batch.keys.index(keys[1])] is Outcome.NO_LONGER_DUE
        assert world.keys() == {keys[1]}

    def test_interrupted_after_the_deed_resumes_as_destroyed(
        self, world: World, store: Store
    ) -> None:
        for n in range(4):
            world.put(n, DUE)
        query = contract_query(world.instance)
        (batch,) = batches_of(store, query)
        journal = WitnessJournal(world)
        first = store.destroy(query, batch, contract_warrant(), journal)
        again = replace(batch, earlier=journal.intents[0])
        second = store.destroy(query, again, contract_warrant(), UnwantedJournal())
        assert second == first

    def test_interrupted_before_the_deed_resumes_as_destroyed(
        self, world: World, store: Store
    ) -> None:
        keys = [world.put(n, DUE) for n in range(4)]
        query = contract_query(world.instance)
        (batch,) = batches_of(store, query)
        intent = Intent(present=bytearray([1] * 4), parts=[""] * 4, counts=[0] * 4)
        again = replace(batch, earlier=intent)
        effect = store.destroy(query, again, contract_warrant(), WitnessJournal(world))
        assert effect.outcomes == [Outcome.DESTROYED] * 4
        assert not world.keys() & set(keys)

    def test_a_second_interruption_forgets_nothing_of_the_first(
        self, world: World, store: Store
    ) -> None:
        for n in range(4):
            world.put(n, DUE)
        query = contract_query(world.instance)
        (batch,) = batches_of(store, query)
        journal = WitnessJournal(world)
        half = replace(batch, spared=[False, False, True, True])
        store.destroy(query, half, contract_warrant(), journal)
        rest = replace(batch, earlier=journal.intents[0])
        effect = store.destroy(query, rest, contract_warrant(), journal)
        assert effect.outcomes == [Outcome.DESTROYED] * 4
        second = journal.intents[1]
        assert list(second.present) == [1] * 4
        assert second.parts[:2] == journal.intents[0].parts[:2]
        assert (second.parts, second.counts) == (effect.parts, effect.counts)

    def test_destroyed_before_the_hold_came_stays_destroyed_on_resume(
        self, world: World, store: Store
    ) -> None:
        """Killed after the deed; what a hold placed since still finds is held, untouched."""
        for n in range(4):
            world.put(n, DUE)
        query = contract_query(world.instance)
        (batch,) = batches_of(store, query)
        journal = WitnessJournal(world)
        half = replace(batch, spared=[False, True, False, True])
        first = store.destroy(query, half, contract_warrant(), journal)
        states = store.fingerprints(query, batch.keys)
        (intent,) = journal.intents
        all_under_our_hands = replace(intent, present=bytearray([1] * 4))
        again = replace(batch, spared=[True] * 4, earlier=all_under_our_hands)
        second = store.destroy(query, again, contract_warrant(), UnwantedJournal())
        assert second.outcomes == [
            Outcome.DESTROYED,
            Outcome.HELD,
            Outcome.DESTROYED,
            Outcome.HELD,
        ]
        assert (second.parts, second.counts) == (first.parts, first.counts)
        assert store.fingerprints(query, batch.keys) == states

    def test_a_resume_that_spares_some_and_destroys_others_names_all_that_is_gone(
        self, world: World, store: Store
    ) -> None:
        for n in range(4):
            world.put(n, DUE)
        query = contract_query(world.instance)
        (batch,) = batches_of(store, query)
        journal = WitnessJournal(world)
        half = replace(batch, spared=[False, False, True, True])
        first = store.destroy(query, half, contract_warrant(), journal)
        again = replace(batch, spared=[True, False, False, True], earlier=journal.intents[0])
        second = store.destroy(query, again, contract_warrant(), journal)
        assert second.outcomes == [Outcome.DESTROYED] * 3 + [Outcome.HELD]
        assert second.parts[:2] == first.parts[:2]
        assert list(journal.intents[1].present) == [1, 1, 1, 0]
        assert world.keys() == {batch.keys[3]}

    def test_absent_and_never_under_our_hands_stays_already_absent_on_resume(
        self, world: World, store: Store
    ) -> None:
        keys = [world.put(n, DUE) for n in range(2)]
        query = contract_query(world.instance)
        (batch,) = batches_of(store, query)
        for key in keys:
            world.remove(key)
        intent = Intent(present=bytearray([0, 1]), parts=["", ""], counts=[0, 0])
        again = replace(batch, earlier=intent)
        effect = store.destroy(query, again, contract_warrant(), UnwantedJournal())
        assert effect.outcomes == [Outcome.ALREADY_ABSENT, Outcome.DESTROYED]

    @pytest.mark.parametrize(
        "warrant",
        [contract_warrant(category="another"), contract_warrant(as_of=date(2024, 6, 29))],
        ids=["another category", "another day"],
    )
    def test_a_warrant_for_something_else_destroys_nothing(
        self, world: World, store: Store, warrant: Warrant
    ) -> None:
        keys = {world.put(n, DUE) for n in range(2)}
        query = contract_query(world.instance)
        (batch,) = batches_of(store, query)
        with pytest.raises(StoreError):
            store.destroy(query, batch, warrant, UnwantedJournal())
        assert world.keys() == keys

    # Re-reading

    def test_remains_counts_what_is_left(self, world: World, store: Store) -> None:
        gone, stays = world.put(1, DUE), world.put(2, KEPT)
        query = contract_query(world.instance)
        before = store.remains(query, [gone, stays])
        destroy_all(store, query, world)
        after = store.remains(query, [gone, stays])
        assert before[0] > 0
        assert after == [0, before[1]]
        assert before[1] > 0

    def test_nothing_remains_below_what_an_effect_names(self, world: World, store: Store) -> None:
        for n in range(3):
            world.put(n, DUE)
        world.put(4, KEPT)
        query = contract_query(world.instance)
        ((batch, effect),) = destroy_all(store, query, world)
        assert store.remains(query, batch.keys, effect.parts) == [0, 0, 0]

    def test_a_fingerprint_tells_untouched_from_altered_and_absent(
        self, world: World, store: Store
    ) -> None:
        untouched, altered, absent = (world.put(n, KEPT) for n in (1, 2, 3))
        query = contract_query(world.instance)
        keys = [absent, altered, untouched]
        before = store.fingerprints(query, keys)
        world.alter(altered)
        world.remove(absent)
        after = store.fingerprints(query, keys)
        assert after[0] is None
        assert None not in before
        assert after[1] != before[1]
        assert after[2] == before[2]

    def test_everything_present_is_listed_once_whatever_its_dates(
        self, world: World, store: Store
    ) -> None:
        """Whatever is due, kept or without a date counts, in batches, and changes nothing."""
        query = contract_query(world.instance, batch_items=3)
        others = _present(store, query)
        for n in range(20):
            world.put(n, (DUE, KEPT, None)[n % 3])
        before = world.keys()
        batches = list(store.present(query))
        assert max(map(len, batches)) <= 3
        listed = [key for batch in batches for key in batch]
        assert len(listed) == len(set(listed))
        assert set(listed) - others == world.keys() == before

    def test_what_was_destroyed_is_present_no_more_until_it_comes_back(
        self, world: World, store: Store
    ) -> None:
        query = contract_query(world.instance)
        others = _present(store, query)
        back = world.put(1, DUE)
        world.put(2, DUE)
        kept = world.put(3, KEPT)
        destroy_all(store, query, world)
        assert _present(store, query) - others == {kept}
        assert world.put(1, DUE) == back
        assert _present(store, query) - others == {kept, back}

    def test_no_pause_is_asked_for_on_a_quiet_store(self, store: Store) -> None:
        assert store.pressure() is None
