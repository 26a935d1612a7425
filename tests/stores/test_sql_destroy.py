"""Destroying: what goes is counted and named, and whoever works at the same time loses nothing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from keepuntil.domain.categories import Child, FromColumn, FromInstance, SqlInstance
from keepuntil.domain.holds import HoldScope
from keepuntil.domain.outcomes import Outcome
from keepuntil.errors import StoreBusy, StoreMismatch
from keepuntil.stores.protocol import Batch, Effect, Intent, Journal, Query
from keepuntil.stores.sql import SqlDatabase, connection, database, destroying, incoming
from keepuntil.stores.sql.connection import Session
from keepuntil.stores.sql.dialects import MySql
from sql_servers import KINDS, Place, fresh
from sql_world import LoanWorld, VoucherWorld
from store_contract import (
    DUE,
    EVENT,
    KEPT,
    UnwantedJournal,
    WitnessJournal,
    batches_of,
    contract_query,
    contract_warrant,
)
from stores.test_sql_find import predicate


@pytest.fixture(params=KINDS)
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    monkeypatch.setattr(connection, "LOCK_PATIENCE_SECONDS", 1)
    monkeypatch.setattr(destroying, "ATTEMPTS", 3)
    with fresh(request.param, tmp_path) as fresh_place:
        yield fresh_place


@pytest.fixture
def world(place: Place) -> LoanWorld:
    return LoanWorld(place)


@dataclass
class Interrupting:
    """A journal that does something at the last moment before the commit."""

    deed: Callable[[], object]
    intents: list[Intent] = field(default_factory=list)

    def intend(self, intent: Intent) -> None:
        self.intents.append(intent)
        self.deed()


def only_batch(store: SqlDatabase, query: Query) -> Batch:
    (batch,) = batches_of(store, query)
    return batch


def destroyed(store: SqlDatabase, query: Query, batch: Batch, journal: Journal) -> Effect:
    return store.destroy(query, batch, contract_warrant(), journal)


@contextmanager
def transaction(place: Place) -> Iterator[sa.Connection]:
    """Somebody else's transaction; the test ends it."""
    with place.engine.connect() as somebody:
        try:
            yield somebody
        finally:
            somebody.rollback()


def later(seconds: float, deed: Callable[[], object]) -> threading.Timer:
    timer = threading.Timer(seconds, deed)
    timer.start()
    return timer


@pytest.mark.parametrize("held", [True, False])
def test_a_row_that_a_slow_attempt_may_be_deleting_is_not_judged_until_it_ends(
    world: LoanWorld, held: bool
) -> None:
    """Its intent is written and its transaction open: whether the row goes is not decided."""
    world.put(1, DUE)
    store = world.store()
    query = contract_query(world.instance)
    first = only_batch(store, query)
    second = replace(first, spared=[held])
    resumed: list[Outcome | str] = []

    def resume() -> None:
        other = world.store()
        intent = Intent(present=bytearray([1]), parts=[""], counts=[0])
        try:
            effect = destroyed(other, query, replace(second, earlier=intent), UnwantedJournal())
        except StoreBusy:
            resumed.append("busy")
        else:
            resumed.append(effect.outcomes[0])

    slow = Interrupting(resume)
    effect = destroyed(store, query, first, slow)
    assert resumed[0] in ("busy", Outcome.FAILED)
    assert world.keys() == set()
    after = replace(second, earlier=slow.intents[0])
    assert destroyed(store, query, after, UnwantedJournal()) == effect


# What goes with a record


def test_children_at_every_depth_are_named_in_the_evidence(world: LoanWorld) -> None:
    world.put(7, DUE)
    world.put(8, KEPT)
    store = world.store()
    query = contract_query(world.instance)
    effect = destroyed(store, query, only_batch(store, query), WitnessJournal(world))
    assert effect.parts == ['{"mark":[[14,1],[15,1]],"note":[[14],[15]]}']
    assert effect.counts == [4]
    assert world.place.one("SELECT count(*) FROM note") == 2
    assert world.place.one("SELECT count(*) FROM mark") == 2


def test_a_record_without_children_has_empty_parts(world: LoanWorld) -> None:
    world.place.fill("loan", [(1, None, DUE, "alone")])
    store = world.store()
    query = contract_query(world.instance)
    effect = destroyed(store, query, only_batch(store, query), WitnessJournal(world))
    assert (effect.parts, effect.counts) == ([""], [0])


def test_a_row_that_hangs_on_a_record_by_two_ways_is_counted_once(place: Place) -> None:
    place.run(
        "CREATE TABLE loan (id BIGINT PRIMARY KEY, closed_on DATE)",
        "CREATE TABLE note (id BIGINT PRIMARY KEY, loan_id BIGINT, "
        "FOREIGN KEY (loan_id) REFERENCES loan (id))",
        "CREATE TABLE mark (id BIGINT PRIMARY KEY, note_id BIGINT, loan_id BIGINT, "
        "FOREIGN KEY (note_id) REFERENCES note (id), "
        "FOREIGN KEY (loan_id) REFERENCES loan (id))",
        "CREATE TABLE stamp (id BIGINT PRIMARY KEY, mark_id BIGINT, "
        "FOREIGN KEY (mark_id) REFERENCES mark (id))",
    )
    place.fill("loan", [(1, DUE), (2, KEPT)])
    place.fill("note", [(10, 1), (20, 2)])
    place.fill("mark", [(100, 10, 1), (101, None, 1), (102, 10, None), (200, 20, 2)])
    place.fill("stamp", [(1000, 100), (1001, 101), (2000, 200)])
    mark = Child(table="mark", children=(Child(table="stamp"),))
    instance = SqlInstance(
        id="core",
        store="core_banking",
        table="loan",
        schema=None,
        key=("id",),
        where=None,
        events=((EVENT, FromColumn(column="closed_on")),),
        record_group=None,
        children=(Child(table="note", children=(mark,)), mark),
    )
    store = place.store()
    query = contract_query(instance)
    effect = destroyed(store, query, only_batch(store, query), Interrupting(lambda: None))
    assert [json.loads(parts) for parts in effect.parts] == [
        {"mark": [[100], [101], [102]], "note": [[10]], "stamp": [[1000], [1001]]}
    ]
    assert place.rows("SELECT id FROM stamp") == [(2000,)]
    assert place.rows("SELECT id FROM mark") == [(200,)]


def test_children_may_point_at_another_unique_column(place: Place) -> None:
    place.run(
        "CREATE TABLE account (id BIGINT PRIMARY KEY, no VARCHAR(9) UNIQUE, closed_on DATE)",
        "CREATE TABLE booking (id BIGINT PRIMARY KEY, account_no VARCHAR(9), "
        "FOREIGN KEY (account_no) REFERENCES account (no))",
    )
    place.fill("account", [(1, "A1", DUE), (2, None, DUE), (3, "A3", KEPT)])
    place.fill("booking", [(10, "A1"), (11, "A1"), (30, "A3")])
    instance = SqlInstance(
        id="core",
        store="core_banking",
        table="account",
        schema=None,
        key=("id",),
        where=None,
        events=((EVENT, FromColumn(column="closed_on")),),
        record_group=None,
        children=(Child(table="booking"),),
    )
    store = place.store()
    query = contract_query(instance)
    batch = only_batch(store, query)
    assert store.remains(query, batch.keys) == [3, 1]
    effect = destroyed(store, query, batch, Interrupting(lambda: None))
    assert effect.parts == ['{"booking":[[10],[11]]}', ""]
    assert place.rows("SELECT id FROM booking") == [(30,)]


def test_a_batch_larger_than_one_statement_may_name_goes_whole(tmp_path: Path) -> None:
    with fresh("sqlite", tmp_path) as place:
        world = VoucherWorld(place)
        size = 17_000
        place.fill("voucher", [(n, "b", "V", "2012-01-01", "") for n in range(size)])
        place.fill("line", [("b", n, 1) for n in range(size)])
        store = place.store()
        query = contract_query(world.instance, batch_items=size)
        effect = destroyed(store, query, only_batch(store, query), WitnessJournal(world))
        assert effect.outcomes == [Outcome.DESTROYED] * size
        assert sum(effect.counts) == size
        assert world.keys() == set()


# Checked again in the act


def test_a_hold_by_predicate_wins_in_the_act(world: LoanWorld) -> None:
    for number in (1, 2, 3):
        world.put(number, DUE)
    store = world.store()
    batch = only_batch(store, contract_query(world.instance))
    world.place.run("UPDATE loan SET remark = NULL WHERE id = 3")
    hold = predicate("H1", "remark <> 'as it was' OR id = 2")
    query = contract_query(world.instance, holds=[hold])
    effect = destroyed(store, query, batch, WitnessJournal(world))
    assert effect.outcomes == [Outcome.DESTROYED, Outcome.HELD, Outcome.HELD]
    assert effect.reasons == {1: "hold:H1", 2: "hold:H1"}
    assert world.keys() == {(2,), (3,)}


def test_a_hold_that_cannot_be_asked_destroys_nothing(world: LoanWorld) -> None:
    world.put(1, DUE)
    store = world.store()
    batch = only_batch(store, contract_query(world.instance))
    query = contract_query(world.instance, holds=[predicate("H1", "no_such_column = '622202'")])
    with pytest.raises(StoreMismatch) as caught:
        destroyed(store, query, batch, UnwantedJournal())
    assert "622202" not in caught.value.sentence
    assert world.keys() == {(1,)}


def test_why_an_item_is_no_longer_due_is_said(world: LoanWorld) -> None:
    for number in (1, 2, 3):
        world.put(number, DUE)
    store = world.store()
    query = contract_query(world.instance)
    batch = only_batch(store, query)
    world.postpone((1,))
    world.place.run("UPDATE loan SET closed_on = NULL WHERE id = 2")
    world.place.run("UPDATE loan SET remark = 'another category' WHERE id = 3")
    narrowed = replace(query, instance=replace(world.instance, where="remark = 'as it was'"))
    narrowed = replace(narrowed, rule=replace(query.rule, digest="sha256:" + "3" * 64))
    effect = destroyed(store, narrowed, batch, UnwantedJournal())
    assert effect.outcomes == [Outcome.NO_LONGER_DUE] * 3
    assert effect.reasons == {0: "kept", 1: "missing_trigger", 2: "not_in_category"}
    assert len(world.keys()) == 3


def test_a_row_that_moved_to_another_record_stays_and_that_records_hold_binds(
    world: LoanWorld,
) -> None:
    for number in (1, 2, 3):
        world.put(number, DUE, group="F1")
    store = world.store()
    batch = only_batch(store, contract_query(world.instance))
    world.place.run(
        "UPDATE loan SET file_no = 'F2' WHERE id = 2", "UPDATE loan SET file_no = 'F3' WHERE id = 3"
    )
    hold = replace(predicate("H1", "F3"), scope=HoldScope.RECORD_GROUP)
    query = contract_query(world.instance, holds=[hold])
    effect = destroyed(store, query, batch, WitnessJournal(world))
    assert effect.outcomes == [Outcome.DESTROYED, Outcome.NO_LONGER_DUE, Outcome.HELD]
    assert effect.reasons == {1: "record_group_changed", 2: "hold:H1"}


def test_a_linked_row_whose_source_is_gone_stays(place: Place) -> None:
    world = LoanWorld(place)
    for number in (1, 2):
        world.put(number, DUE, group=f"F{number}")
    instance = replace(world.instance, events=((EVENT, FromInstance(instance="core")),))
    query = contract_query(instance, linked=lambda groups: {"F1": (DUE,)} if "F1" in groups else {})
    store = place.store()
    batch = Batch(keys=[(1,), (2,)], marks=["", ""], groups=["F1", "F2"], spared=[False, False])
    effect = destroyed(store, query, batch, WitnessJournal(world))
    assert effect.outcomes == [Outcome.DESTROYED, Outcome.NO_LONGER_DUE]
    assert effect.reasons == {1: "no_linked_record"}


# Others at work


def test_a_row_that_changes_while_it_waits_for_us_is_decided_on_what_it_says_then(
    world: LoanWorld,
) -> None:
    if world.place.kind == "sqlite":
        pytest.skip("SQLite has one writer at a time; see the next test")
    for number in (1, 2):
        world.put(number, DUE)
    store = world.store()
    query = contract_query(world.instance)
    batch = only_batch(store, query)
    with transaction(world.place) as somebody:
        somebody.exec_driver_sql(f"UPDATE loan SET closed_on = '{KEPT}' WHERE id = 1")
        timer = later(0.05, somebody.commit)
        effect = destroyed(store, query, batch, WitnessJournal(world))
        timer.join()
    assert effect.outcomes == [Outcome.NO_LONGER_DUE, Outcome.DESTROYED]


def test_rows_locked_to_the_end_are_failures_and_the_others_go(world: LoanWorld) -> None:
    for number in (1, 2, 3):
        world.put(number, DUE)
    store = world.store()
    query = contract_query(world.instance)
    batch = only_batch(store, query)
    with transaction(world.place) as somebody:
        somebody.exec_driver_sql("UPDATE loan SET remark = 'mine' WHERE id = 2")
        if world.place.kind == "sqlite":
            with pytest.raises(StoreBusy):
                destroyed(store, query, batch, UnwantedJournal())
            return
        effect = destroyed(store, query, batch, Interrupting(lambda: None))
    assert effect.outcomes == [Outcome.DESTROYED, Outcome.FAILED, Outcome.DESTROYED]
    assert effect.reasons == {1: "row_locked"}
    assert world.keys() == {(2,)}


def test_locked_children_give_the_batch_back_untouched(world: LoanWorld) -> None:
    for number in (1, 2):
        world.put(number, DUE)
    store = world.store()
    query = contract_query(world.instance)
    batch = only_batch(store, query)
    with transaction(world.place) as somebody:
        somebody.exec_driver_sql("UPDATE mark SET no = 5 WHERE note_id = 2")
        with pytest.raises(StoreBusy):
            destroyed(store, query, batch, UnwantedJournal())
    assert world.keys() == {(1,), (2,)}
    assert world.place.one("SELECT count(*) FROM mark") == 4


def test_a_child_that_is_being_added_is_waited_for_and_counted(world: LoanWorld) -> None:
    if world.place.kind == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    world.put(1, DUE)
    store = world.store()
    query = contract_query(world.instance)
    batch = only_batch(store, query)
    with transaction(world.place) as somebody:
        somebody.exec_driver_sql("INSERT INTO note VALUES (99, 1)")
        timer = later(0.05, somebody.commit)
        effect = destroyed(store, query, batch, Interrupting(lambda: None))
        timer.join()
    assert json.loads(effect.parts[0])["note"] == [[2], [3], [99]]
    assert world.place.one("SELECT count(*) FROM note") == 0


@pytest.mark.parametrize(
    "late", ["INSERT INTO note VALUES (99, 1)", "INSERT INTO mark VALUES (2, 99)"]
)
def test_a_child_that_comes_too_late_is_refused_not_cascaded_away(
    world: LoanWorld, late: str
) -> None:
    world.put(1, DUE)
    store = world.store()
    query = contract_query(world.instance)
    batch = only_batch(store, query)
    with ThreadPoolExecutor(1) as pool:
        attempts: list[Any] = []

        def add_a_child() -> None:
            attempts.append(pool.submit(world.place.run, late))
            time.sleep(0.2)
            assert not attempts[0].done() or attempts[0].exception()

        effect = destroyed(store, query, batch, Interrupting(add_a_child))
        with pytest.raises(DBAPIError):
            attempts[0].result()
    assert effect.counts == [4]
    assert world.place.one("SELECT count(*) FROM note") == 0
    assert world.place.one("SELECT count(*) FROM mark") == 0


def test_a_child_added_where_no_foreign_key_refuses_it_is_seen_before_the_commit(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place.kind == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    world = VoucherWorld(place)
    key = world.put(3, DUE)
    store = place.store()
    query = contract_query(world.instance)
    batch = only_batch(store, query)
    came: list[str] = []
    changed = Session.changed

    def raced(session: Session, sql: str, parameters: tuple[object, ...] = ()) -> int:
        if "voucher" in sql.partition("WHERE")[0] and not came:
            came.append(sql)
            place.fill("line", [(key[0], key[1], 77)])
        return changed(session, sql, parameters)

    monkeypatch.setattr(Session, "changed", raced)
    effect = destroyed(store, query, batch, WitnessJournal(world))
    assert came
    assert effect.counts == [3]
    assert place.one("SELECT count(*) FROM line") == 0


def test_a_deadlock_is_tried_again(world: LoanWorld) -> None:
    if world.place.kind == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    world.put(1, DUE)
    store = world.store()
    query = contract_query(world.instance)
    batch = only_batch(store, query)
    with transaction(world.place) as somebody:
        somebody.exec_driver_sql("UPDATE note SET loan_id = 1 WHERE id = 2")

        def cross() -> None:
            # The batch holds the loan and waits for the note; we hold the note.
            try:
                somebody.exec_driver_sql("UPDATE loan SET remark = 'crossed' WHERE id = 1")
                somebody.commit()
            except DBAPIError:
                somebody.rollback()

        timer = later(0.2, cross)
        effect = destroyed(store, query, batch, WitnessJournal(world))
        timer.join()
    assert effect.outcomes == [Outcome.DESTROYED]
    assert world.keys() == set()


def test_two_workers_on_the_same_batch_destroy_it_once(world: LoanWorld) -> None:
    for number in range(40):
        world.put(number, DUE)
    store = world.store()
    query = contract_query(world.instance, batch_items=100)
    batch = only_batch(store, query)
    with ThreadPoolExecutor(2) as pool:
        effects = list(
            pool.map(lambda _: destroyed(store, query, batch, Interrupting(lambda: None)), range(2))
        )
    for outcomes in zip(*(effect.outcomes for effect in effects), strict=True):
        assert outcomes.count(Outcome.DESTROYED) == 1
        assert set(outcomes) <= {Outcome.DESTROYED, Outcome.ALREADY_ABSENT, Outcome.FAILED}
    assert world.keys() == set()


def test_a_connection_lost_at_the_commit_leaves_it_to_the_resume(world: LoanWorld) -> None:
    if world.place.kind == "sqlite":
        pytest.skip("SQLite has no connection to lose")
    world.put(1, DUE)
    store = world.store()
    query = contract_query(world.instance)
    batch = only_batch(store, query)

    def cut() -> None:
        if world.place.kind == "postgresql":
            world.place.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE state = 'idle in transaction' AND datname = current_database() "
                "AND backend_xid IS NOT NULL"
            )
        else:
            ours = world.place.rows(
                "SELECT p.id FROM information_schema.innodb_trx t "
                "JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id "
                "WHERE t.trx_rows_modified > 0 AND p.db = DATABASE()"
            )
            for (thread,) in ours:
                world.place.run(f"KILL {thread}")
        time.sleep(0.2)

    journal = Interrupting(cut)
    with pytest.raises(StoreBusy, match="not confirmed"):
        destroyed(store, query, batch, journal)
    assert world.keys() == {(1,)}
    again = replace(batch, earlier=journal.intents[0])
    effect = destroyed(store, query, again, WitnessJournal(world))
    assert effect.outcomes == [Outcome.DESTROYED]
    assert effect.counts == [4]


# A database that does not do as it is told


def test_a_trigger_that_keeps_rows_is_noticed(world: LoanWorld) -> None:
    if world.place.kind == "mariadb":
        pytest.skip("triggers of MariaDB cannot keep a row from being deleted")
    world.put(1, DUE)
    world.place.run(_KEEP_SQLITE if world.place.kind == "sqlite" else _KEEP_POSTGRESQL)
    store = world.store()
    query = contract_query(world.instance)
    with pytest.raises(StoreMismatch, match="a trigger or rule keeps rows"):
        destroyed(store, query, only_batch(store, query), UnwantedJournal())
    assert world.keys() == {(1,)}
    assert world.place.one("SELECT count(*) FROM note") == 2


_KEEP_SQLITE = (
    "CREATE TRIGGER keep BEFORE DELETE ON loan BEGIN "
    "UPDATE loan SET remark = 'gone' WHERE id = old.id; SELECT RAISE(IGNORE); END"
)
_KEEP_POSTGRESQL = (
    "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN UPDATE loan SET remark = 'gone' WHERE id = old.id; RETURN NULL; END $$; "
    "CREATE TRIGGER keep BEFORE DELETE ON loan FOR EACH ROW EXECUTE FUNCTION keep()"
)


def test_a_child_nobody_knew_of_keeps_its_record_and_gives_away_no_value(
    world: LoanWorld,
) -> None:
    world.put(622202, DUE)
    store = world.store()
    query = contract_query(world.instance)
    batch = only_batch(store, query)
    world.place.run(
        "CREATE TABLE late (id BIGINT PRIMARY KEY, loan_id BIGINT, "
        "FOREIGN KEY (loan_id) REFERENCES loan (id))",
        "INSERT INTO late VALUES (1, 622202)",
    )
    with pytest.raises(StoreMismatch, match="still point at") as caught:
        destroyed(store, query, batch, UnwantedJournal())
    assert "622202" not in caught.value.sentence
    assert world.keys() == {(622202,)}


@pytest.mark.postgres
def test_a_check_put_off_to_the_commit_is_made_before_the_intent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fresh("postgresql", tmp_path) as place:
        world = LoanWorld(place)
        world.put(1, DUE)
        store = world.store()
        query = contract_query(world.instance)
        place.run(
            "ALTER TABLE note ALTER CONSTRAINT note_loan_id_fkey DEFERRABLE INITIALLY DEFERRED"
        )
        batch = only_batch(store, query)
        place.run(
            "CREATE TABLE late (id BIGINT PRIMARY KEY, loan_id BIGINT REFERENCES loan (id) "
            "DEFERRABLE INITIALLY DEFERRED)",
            "INSERT INTO late VALUES (1, 1)",
        )
        # The table is noticed first; what is tested here is what lies behind that.
        monkeypatch.setattr(destroying, "refuse_anew", lambda *_: None)
        with pytest.raises(StoreMismatch, match="still point at"):
            destroyed(store, query, batch, UnwantedJournal())
        assert world.keys() == {(1,)}


# Spellings


CARD = SqlInstance(
    id="cards",
    store="core_banking",
    table="card",
    schema=None,
    key=("no",),
    where=None,
    events=((EVENT, FromColumn(column="closed_on")),),
    record_group=None,
    children=(Child(table="use_of"),),
)


def cards(place: Place) -> None:
    kind = {
        "sqlite": "TEXT COLLATE NOCASE",
        "mariadb": "VARCHAR(20) COLLATE utf8mb4_general_ci",
        "postgresql": "VARCHAR(20) COLLATE blind",
    }[place.kind]
    if place.kind == "postgresql":
        place.run(
            "CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', "
            "deterministic = false)"
        )
    place.run(
        f"CREATE TABLE card (no {kind} PRIMARY KEY, closed_on DATE)",
        f"CREATE TABLE use_of (id BIGINT PRIMARY KEY, no {kind}, "
        f"FOREIGN KEY (no) REFERENCES card (no))",
    )


def test_children_that_spell_their_parent_otherwise_are_counted_as_its_own(place: Place) -> None:
    cards(place)
    place.fill("card", [("Abc", DUE), ("Xyz", KEPT)])
    place.fill("use_of", [(1, "Abc"), (2, "aBC"), (3, "xyz")])
    store = place.store()
    query = contract_query(CARD)
    batch = only_batch(store, query)
    assert store.remains(query, [("Abc",), ("Xyz",)]) == [3, 2]
    effect = destroyed(store, query, batch, Interrupting(lambda: None))
    assert effect.parts == ['{"use_of":[[1],[2]]}']
    assert place.rows("SELECT id FROM use_of") == [(3,)]


def test_a_row_of_another_spelling_is_another_row(place: Place) -> None:
    cards(place)
    place.fill("card", [("Abc", DUE)])
    store = place.store()
    query = contract_query(CARD)
    batch = only_batch(store, query)
    place.run("DELETE FROM card")
    place.fill("card", [("ABC", DUE)])
    effect = destroyed(store, query, batch, UnwantedJournal())
    assert effect.outcomes == [Outcome.ALREADY_ABSENT]
    assert place.rows("SELECT no FROM card") == [("ABC",)]


# MySQL, whose DELETE does not say what it deleted


@pytest.mark.mariadb
@pytest.mark.parametrize("make", [LoanWorld, VoucherWorld])
def test_without_returning_children_are_locked_named_and_compared(
    tmp_path: Path, make: type[LoanWorld] | type[VoucherWorld]
) -> None:
    with fresh("mariadb", tmp_path) as place:
        world = make(place)
        for number in range(5):
            world.put(number, DUE)
        store = place.store()
        store._database._dialect = MySql()
        query = contract_query(world.instance)
        effect = destroyed(store, query, only_batch(store, query), WitnessJournal(world))
        assert effect.outcomes == [Outcome.DESTROYED] * 5
        assert all(effect.counts)
        assert world.keys() == set()


# Tables that change while they are being destroyed


def cascading_child(place: Place, below: str) -> None:
    place.run(
        f"CREATE TABLE secret (id BIGINT PRIMARY KEY, of_id BIGINT, "
        f"FOREIGN KEY (of_id) REFERENCES {below} (id) ON DELETE CASCADE)"
    )


@pytest.mark.parametrize("below", ["loan", "note"])
def test_a_cascading_child_made_between_two_batches_stops_the_second(
    world: LoanWorld, below: str
) -> None:
    world.put(1, DUE)
    world.put(2, DUE)
    store = world.store()
    query = contract_query(world.instance, batch_items=1)
    first, second = batches_of(store, query)
    destroyed(store, query, first, WitnessJournal(world))
    cascading_child(world.place, below)
    world.place.fill("secret", [(100, 2 if below == "loan" else 4)])
    with pytest.raises(StoreMismatch, match="secret"):
        destroyed(store, query, second, UnwantedJournal())
    assert world.keys() == {(2,)}
    assert world.place.one("SELECT count(*) FROM secret") == 1


def test_a_foreign_key_that_comes_and_goes_elsewhere_stops_nothing(world: LoanWorld) -> None:
    world.put(1, DUE)
    world.put(2, DUE)
    store = world.store()
    query = contract_query(world.instance, batch_items=1)
    first, second = batches_of(store, query)
    destroyed(store, query, first, WitnessJournal(world))
    world.place.run("CREATE TABLE other (id BIGINT PRIMARY KEY)")
    cascading_child(world.place, "other")
    assert destroyed(store, query, second, WitnessJournal(world)).outcomes == [Outcome.DESTROYED]


def test_tables_that_keep_changing_give_the_batch_back(
    world: LoanWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put(1, DUE)
    store = world.store()
    query = contract_query(world.instance)
    batch = only_batch(store, query)
    answers = iter(range(100))
    for module in (incoming, database):
        monkeypatch.setattr(module, "pointing_now", lambda *_: ((next(answers),),))
    with pytest.raises(StoreBusy, match="keep changing"):
        destroyed(store, query, batch, UnwantedJournal())
    assert world.keys() == {(1,)}


@pytest.mark.mariadb
def test_it_stops_the_second_for_a_user_who_may_not_see_the_servers_dictionary(
    tmp_path: Path,
) -> None:
    with fresh("mariadb", tmp_path) as place:
        world = LoanWorld(place)
        world.put(1, DUE)
        world.put(2, DUE)
        user = f"ku_{place.url.database}"[:32]
        place.run(
            f"CREATE USER {user} IDENTIFIED BY 'x'",
            f"GRANT SELECT, DELETE, REFERENCES ON `{place.url.database}`.* TO {user}",
        )
        try:
            url = place.url.set(username=user, password="x")
            store = SqlDatabase(place.store()._declaration, url.render_as_string(False))
            query = contract_query(world.instance, batch_items=1)
            first, second = batches_of(store, query)
            destroyed(store, query, first, WitnessJournal(world))
            cascading_child(place, "loan")
            with pytest.raises(StoreMismatch, match="secret"):
                destroyed(store, query, second, UnwantedJournal())
            store.close()
        finally:
            place.run(f"DROP USER {user}")
        assert world.keys() == {(2,)}
