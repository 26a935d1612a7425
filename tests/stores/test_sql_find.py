"""Finding: no due row missed, no other handed out uncounted, and nothing written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepuntil.domain.categories import (
    EventSource,
    FromColumn,
    FromExpression,
    FromInstance,
    Rule,
    SqlInstance,
)
from keepuntil.domain.clock import Combine, Cutoffs, Extension, Trigger, Unreadable
from keepuntil.domain.decision import Doubt, Due
from keepuntil.domain.holds import Binding, Hold, HoldScope
from keepuntil.domain.items import Key
from keepuntil.domain.reckoning import cutoffs, decider
from keepuntil.errors import StoreMismatch
from keepuntil.stores.protocol import Facts, Query
from keepuntil.stores.sql import SqlDatabase
from sql_servers import KINDS, Place, fresh
from sql_world import LoanWorld
from store_contract import (
    AS_OF,
    CATEGORY,
    CUTOFF,
    DUE,
    EVENT,
    KEPT,
    batches_of,
    contract_query,
    contract_rule,
    contract_warrant,
)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with fresh(request.param, tmp_path) as fresh_place:
        yield fresh_place


def account(*events: tuple[str, EventSource]) -> SqlInstance:
    return SqlInstance(
        id="accounts",
        store="core_banking",
        table="account",
        schema=None,
        key=("id",),
        where=None,
        events=events,
        record_group="file_no",
        children=(),
    )


def real_query(rule: Rule, instance: SqlInstance) -> Query:
    """A query as the planner makes it, with the real arithmetic."""
    return Query(
        rule=rule,
        instance=instance,
        as_of=AS_OF,
        cutoffs=cutoffs(rule.clock, AS_OF),
        binding=Binding((), category=rule.category, instance=instance.id),
        batch_items=100,
        decide=decider(rule, AS_OF),
    )


def seen(store: SqlDatabase, query: Query) -> tuple[dict[Key, Facts], Counter[str]]:
    """What was handed out, and the counts of what was not."""
    handed: dict[Key, Facts] = {}
    passed: Counter[str] = Counter()
    for found in store.find(query):
        handed.update(zip(found.keys, found.facts, strict=True))
        passed.update(found.passed_over)
    return handed, passed


def due(handed: Mapping[Key, Facts], query: Query) -> set[Key]:
    return {key for key, facts in handed.items() if isinstance(query.decide(facts), Due)}


def facts_of(
    place: Place,
    column_type: str,
    values: Sequence[object],
    source: EventSource,
    zone: str | None = None,
) -> list[object]:
    """What each value, put into a column of that type, is read as."""
    place.run(f"CREATE TABLE account (id BIGINT PRIMARY KEY, file_no VARCHAR(9), v {column_type})")
    place.fill("account", [(n, None, value) for n, value in enumerate(values)])
    instance = account((EVENT, source))
    store = place.store(zone=zone)
    query = replace(contract_query(instance), cutoffs=Cutoffs(latest=(), any_trigger=False))
    handed, _ = seen(store, query)
    store.close()
    return [handed[(n,)][0] for n in range(len(values))]


# Reading events

UNREADABLE = Unreadable.UNREADABLE


def test_text_is_read_strictly_as_a_date(place: Place) -> None:
    values = [
        "2019-04-02",
        "2019-4-2",
        "20190402",
        "2019-02-30",
        "",
        "n/a",
        "0000-00-00",
        None,
        "2019-04-02 23:59:59+08:00",
        "2019-04-02T23:59:59Z",
        " 2019-04-02",
        "２０１９-04-02",
    ]
    tail = " CHARACTER SET utf8mb4" if place.kind == "mariadb" else ""
    read = facts_of(place, f"VARCHAR(40){tail}", values, FromColumn(column="v"))
    day = date(2019, 4, 2)
    noise = [UNREADABLE] * 6
    assert read == [day, *noise, None, day, date(2019, 4, 3), UNREADABLE, UNREADABLE]


def test_a_date_time_without_a_zone_means_what_was_declared(place: Place) -> None:
    moment = "TIMESTAMP" if place.kind == "postgresql" else "DATETIME"
    values = ["2019-06-29 15:59:59", "2019-06-29 16:00:00", "2019-06-30 00:00:00"]
    in_utc = FromColumn(column="v", zone="UTC")
    assert facts_of(place, moment, values, in_utc) == [
        date(2019, 6, 29),
        date(2019, 6, 30),
        date(2019, 6, 30),
    ]


def test_the_stores_zone_holds_where_the_event_names_none(place: Place) -> None:
    moment = "TIMESTAMP" if place.kind == "postgresql" else "DATETIME"
    values = ["2019-06-29 23:59:59", "2019-06-30 00:00:00"]
    read = facts_of(place, moment, values, FromColumn(column="v"), zone="Asia/Shanghai")
    assert read == [date(2019, 6, 29), date(2019, 6, 30)]


def test_an_instant_becomes_the_civil_date_of_the_rules_zone(place: Place) -> None:
    kinds = {"postgresql": "TIMESTAMPTZ", "mariadb": "TIMESTAMP NULL", "sqlite": "TEXT"}
    offset = {"postgresql": "+00", "mariadb": "", "sqlite": "+00:00"}[place.kind]
    values = [f"2019-06-29 15:59:59{offset}", f"2019-06-29 16:00:00{offset}"]
    if place.kind == "mariadb":
        # The test's own connection writes in the server's zone; make that UTC.
        sa.event.listen(
            place.engine, "connect", lambda c, _: c.cursor().execute("SET time_zone = '+00:00'")
        )
    read = facts_of(place, kinds[place.kind], values, FromColumn(column="v"))
    assert read == [date(2019, 6, 29), date(2019, 6, 30)]


@pytest.mark.postgres
def test_infinite_and_ancient_dates_are_unreadable_not_fatal(tmp_path: Path) -> None:
    with fresh("postgresql", tmp_path) as place:
        values = ["infinity", "-infinity", "0044-03-15 BC", "10000-01-01", "2019-04-02"]
        place.run("CREATE TABLE account (id BIGINT PRIMARY KEY, file_no TEXT, v DATE)")
        place.run(*(f"INSERT INTO account VALUES ({n}, NULL, '{v}')" for n, v in enumerate(values)))
        store = place.store()
        query = contract_query(account((EVENT, FromColumn(column="v"))))
        handed, passed = seen(store, query)
        assert due(handed, query) == {(4,)}
        assert len(handed) + passed.total() == 5
        assert passed[Doubt.UNREADABLE_EVENT] == 2


@pytest.mark.mariadb
def test_a_zero_date_is_unreadable_not_fatal(tmp_path: Path) -> None:
    with fresh("mariadb", tmp_path) as place:
        place.run(
            "CREATE TABLE account (id BIGINT PRIMARY KEY, file_no VARCHAR(9), v DATE)",
            "SET STATEMENT sql_mode='' FOR INSERT INTO account VALUES (1, NULL, '0000-00-00')",
            "INSERT INTO account VALUES (2, NULL, '2019-04-02')",
        )
        query = contract_query(account((EVENT, FromColumn(column="v"))))
        handed, _ = seen(place.store(), query)
        assert handed[(1,)] == (UNREADABLE,)
        assert due(handed, query) == {(2,)}


def test_sqlites_numbers_are_no_dates(tmp_path: Path) -> None:
    with fresh("sqlite", tmp_path) as place:
        read = facts_of(place, "", [1561766400, 15617.5, "2019-06-29"], FromColumn(column="v"))
        assert read == [UNREADABLE, UNREADABLE, date(2019, 6, 29)]


def test_events_may_be_expressions(place: Place) -> None:
    later = {
        "sqlite": "date(granted_on, '+' || months || ' months')",
        "postgresql": "granted_on + months * interval '1 month'",
        "mariadb": "granted_on + INTERVAL months MONTH",
    }[place.kind]
    place.run(
        "CREATE TABLE account (id BIGINT PRIMARY KEY, file_no VARCHAR(9), granted_on DATE, "
        "months INTEGER)"
    )
    place.fill(
        "account",
        [(1, None, date(2012, 1, 15), 13), (2, None, date(2018, 6, 30), 24), (3, None, None, 12)],
    )
    query = contract_query(account((EVENT, FromExpression(sql=later, zone="Asia/Shanghai"))))
    handed, passed = seen(place.store(), query)
    assert handed == {(1,): (date(2013, 2, 15),)}
    assert passed == {"kept": 1, Doubt.MISSING_TRIGGER.value: 1}


def test_a_placeholder_of_the_driver_in_a_persons_sql_is_only_text(place: Place) -> None:
    world = LoanWorld(place)
    world.put(1, DUE)
    place.run("UPDATE loan SET remark = '100%s'")
    instance = replace(world.instance, where="remark LIKE '100%s' AND '%(x)s %% :y ?' <> ''")
    assert due(seen(place.store(), contract_query(instance))[0], contract_query(instance)) == {(1,)}


# Counting


def flagged_rule(instance: SqlInstance) -> Rule:
    rule = contract_rule(instance)
    clock = replace(
        rule.clock,
        extend_while=(Extension(event="litigation"),),
        restrict_from="objected",
    )
    return replace(rule, clock=clock)


def test_every_row_is_counted_under_its_own_reason(place: Place) -> None:
    place.run(
        "CREATE TABLE account (id BIGINT PRIMARY KEY, file_no VARCHAR(9), closed_on DATE, "
        "litigation SMALLINT, objected DATE)"
    )
    rows = [
        (1, None, DUE, 0, None),
        (2, None, DUE, 1, None),
        (3, None, DUE, None, None),
        (4, None, DUE, 7, None),
        (5, None, KEPT, 0, None),
        (6, None, KEPT, 0, KEPT),
        (7, None, None, 0, None),
        (8, None, date(1900, 1, 1), 0, None),
        (9, None, date(9999, 12, 31), 0, None),
        (10, None, date(2025, 1, 1), 0, None),
    ]
    place.fill("account", rows)
    instance = account(
        (EVENT, FromColumn(column="closed_on")),
        ("litigation", FromColumn(column="litigation")),
        ("objected", FromColumn(column="objected")),
    )
    query = real_query(flagged_rule(instance), instance)
    handed, passed = seen(place.store(), query)
    assert due(handed, query) == {(1,)}
    assert set(handed) == {(1,), (2,), (3,), (4,), (8,)}
    assert handed[(2,)][1] is True
    assert handed[(4,)][1] is UNREADABLE
    assert passed == {
        "kept": 1,
        "restricted": 1,
        Doubt.MISSING_TRIGGER.value: 1,
        Doubt.SENTINEL_DATE.value: 1,
        Doubt.FUTURE_TRIGGER.value: 1,
    }


DAYS = st.none() | st.sampled_from([CUTOFF, DUE, KEPT, AS_OF, date(1900, 1, 1), date(2030, 1, 1)])
DAYS |= st.dates(date(2015, 1, 1), date(2024, 12, 31))


@pytest.mark.parametrize("combine", [Combine.LATEST, Combine.EARLIEST, Combine.ALL_OF])
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=st.lists(st.tuples(DAYS, DAYS), max_size=12), optional=st.booleans())
def test_what_the_database_is_asked_misses_no_due_row(
    tmp_path: Path, combine: Combine, rows: list[tuple[date | None, date | None]], optional: bool
) -> None:
    with fresh("sqlite", tmp_path) as place:
        place.run("CREATE TABLE account (id BIGINT PRIMARY KEY, file_no TEXT, a DATE, b DATE)")
        place.fill("account", [(n, None, *row) for n, row in enumerate(rows)])
        instance = account(("a", FromColumn(column="a")), ("b", FromColumn(column="b")))
        rule = contract_rule(instance)
        triggers = (Trigger(event="a"), Trigger(event="b", optional=optional))
        rule = replace(rule, clock=replace(rule.clock, combine=combine, triggers=triggers))
        query = real_query(rule, instance)
        store = place.store()
        handed, passed = seen(store, query)
        store.close()
        truly = {(n,) for n, row in enumerate(rows) if isinstance(query.decide(row), Due)}
        assert due(handed, query) == truly
        assert len(handed) + passed.total() == len(rows)


# Holds by predicate


def predicate(hold_id: str, value: str) -> Hold:
    return Hold(
        hold_id=hold_id,
        mandate="court order 7",
        owner="legal",
        category=CATEGORY,
        instance=None,
        scope=HoldScope.PREDICATE,
        value=value,
        placed_at=datetime(2024, 1, 1, tzinfo=UTC),
        review_by=None,
    )


def test_holds_by_predicate_are_named_for_each_row_and_doubt_binds(place: Place) -> None:
    world = LoanWorld(place)
    for number in (1, 2, 3):
        world.put(number, DUE)
    place.run("UPDATE loan SET remark = NULL WHERE id = 3")
    holds = [predicate("H1", "remark = 'as it was' AND id < 2"), predicate("H2", "id = 1")]
    query = contract_query(world.instance, holds=holds)
    held = {
        key: names
        for found in place.store().find(query)
        for key, names in zip(found.keys, found.held, strict=True)
    }
    assert held == {(1,): ("H1", "H2"), (2,): (), (3,): ()}
    doubtful = contract_query(world.instance, holds=[predicate("H3", "remark = 'elsewhere'")])
    (batch,) = (found for found in place.store().find(doubtful) if found.keys)
    assert batch.held == [(), (), ("H3",)]


@pytest.mark.parametrize("value", ["no_such_column = 1", "1=1; DELETE FROM note", "("])
def test_a_hold_that_cannot_be_asked_stops_everything(place: Place, value: str) -> None:
    world = LoanWorld(place)
    world.put(1, DUE)
    with pytest.raises(StoreMismatch):
        list(place.store().find(contract_query(world.instance, holds=[predicate("H1", value)])))


# Linked instances


def test_rows_may_take_their_dates_from_another_instance(place: Place) -> None:
    place.run("CREATE TABLE account (id BIGINT PRIMARY KEY, file_no VARCHAR(9))")
    place.fill("account", [(1, "F1"), (2, "F2"), (3, "F3"), (4, None)])
    known = {"F1": (DUE,), "F2": (KEPT,)}
    instance = account((EVENT, FromInstance(instance="core")))
    query = contract_query(
        instance, linked=lambda groups: {g: known[g] for g in groups if g in known}
    )
    store = place.store()
    handed, passed = seen(store, query)
    assert handed == {(1,): (DUE,)}
    assert passed == {"kept": 1, Doubt.NO_LINKED_RECORD.value: 2}
    assert [n for found in store.find(query) for n in found.neighbours] == [(2,)]


def test_a_group_of_several_rows_lends_its_latest_date_and_any_doubt(place: Place) -> None:
    place.run(
        "CREATE TABLE account (id BIGINT PRIMARY KEY, file_no INTEGER, closed_on DATE, "
        "litigation SMALLINT)"
    )
    place.fill(
        "account",
        [
            (1, 10, DUE, 0),
            (2, 10, KEPT, 0),
            (3, 20, DUE, 0),
            (4, 20, None, 1),
            (5, 30, DUE, None),
            (6, 30, DUE, 0),
            (7, 40, DUE, 9),
            (8, 40, DUE, None),
        ],
    )
    instance = account(
        (EVENT, FromColumn(column="closed_on")), ("litigation", FromColumn(column="litigation"))
    )
    rule = flagged_rule(instance)
    query = replace(real_query(rule, instance))
    lent = place.store().look_up(query, ["10", "20", "30", "40", "50", "x'; --", "10 "])
    assert lent == {
        "10": (KEPT, False, None),
        "20": (None, True, None),
        "30": (DUE, None, None),
        "40": (DUE, UNREADABLE, None),
    }


def test_an_instance_without_record_group_lends_nothing(place: Place) -> None:
    place.run("CREATE TABLE account (id BIGINT PRIMARY KEY, closed_on DATE)")
    instance = replace(account((EVENT, FromColumn(column="closed_on"))), record_group=None)
    with pytest.raises(StoreMismatch):
        place.store().look_up(contract_query(instance), ["10"])


# One state of the data, and no way to write


def test_the_whole_answer_is_of_one_moment(place: Place) -> None:
    if place.kind == "sqlite":
        place.run("PRAGMA journal_mode=WAL")
    world = LoanWorld(place)
    for number in range(30):
        world.put(number, DUE)
    answer = place.store().find(contract_query(world.instance, batch_items=5))
    first = next(found for found in answer if found.keys)
    place.run("DELETE FROM mark", "DELETE FROM note", "DELETE FROM loan WHERE id > 20")
    place.fill("loan", [(100, None, DUE, "new")])
    handed = first.keys + [key for found in answer for key in found.keys]
    assert handed == [(number,) for number in range(30)]


def test_finding_runs_in_a_transaction_that_cannot_write(place: Place) -> None:
    LoanWorld(place)
    store = place.store()
    with store._database.reading() as session, pytest.raises(Exception, match=r"reads? only|read"):
        session.execute("DELETE FROM loan")


@pytest.mark.postgres
def test_a_credential_that_can_only_read_suffices_for_planning_and_not_for_destroying(
    tmp_path: Path,
) -> None:
    with fresh("postgresql", tmp_path) as place:
        world = LoanWorld(place)
        world.put(1, DUE)
        schema = place.one("SELECT current_schema()")
        reader = f"reader_of_{schema}"
        place.run(
            f"CREATE ROLE {reader} LOGIN",
            f"GRANT USAGE ON SCHEMA {schema} TO {reader}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader}",
        )
        try:
            store = place.store(user=reader)
            query = contract_query(world.instance)
            assert store.describe(query.rule, world.instance).problems == ()
            (batch,) = batches_of(store, query)
            assert store.remains(query, batch.keys) == [5]
            assert store.fingerprints(query, batch.keys) != [None]
            with pytest.raises(Exception, match="denies its user a right"):
                store.destroy(query, batch, contract_warrant(), journal=pytest.fail)  # type: ignore[arg-type]
            store.close()
            assert world.keys() == {(1,)}
        finally:
            place.run(f"DROP OWNED BY {reader}", f"DROP ROLE {reader}")


@pytest.mark.postgres
def test_a_row_policy_is_an_error_never_fewer_rows(tmp_path: Path) -> None:
    with fresh("postgresql", tmp_path) as place:
        world = LoanWorld(place)
        world.put(1, DUE)
        schema = place.one("SELECT current_schema()")
        reader = f"reader_of_{schema}"
        place.run(
            f"CREATE ROLE {reader} LOGIN",
            f"GRANT USAGE ON SCHEMA {schema} TO {reader}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader}",
            "ALTER TABLE loan ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY hidden ON loan USING (false)",
        )
        try:
            store = place.store(user=reader)
            with pytest.raises(Exception, match="denies its user a right"):
                list(store.find(contract_query(world.instance)))
            store.close()
        finally:
            place.run(f"DROP OWNED BY {reader}", f"DROP ROLE {reader}")
