"""Tables that no rule claims are sampled: bounded, repeatable, and without waiting for anybody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

import labelled_fields as made
from keepuntil.domain.categories import Child, FromColumn, SqlInstance
from keepuntil.domain.personal_data.judging import judge
from keepuntil.domain.personal_data.kinds import Kind
from keepuntil.stores.protocol import Sampled
from keepuntil.stores.sql import connection as sql_connection
from sql_servers import Place, fresh

SERVERS = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.postgres),
    pytest.param("mariadb", marks=pytest.mark.mariadb),
]


@pytest.fixture(params=SERVERS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with fresh(request.param, tmp_path) as opened:
        yield opened


def instance(table: str, *children: Child, schema: str | None = None) -> SqlInstance:
    return SqlInstance(
        id="rows",
        store="core_banking",
        table=table,
        schema=schema,
        key=("id",),
        where=None,
        events=(("closed", FromColumn(column="closed_on")),),
        record_group=None,
        children=children,
    )


def found(place: Place, *claimed: SqlInstance) -> dict[str, set[Kind]]:
    """What is seen in each column, where anything is."""
    return {
        each.where: kinds
        for each in place.store().unclaimed(claimed)
        if (kinds := {s.kind for field in each.fields for s in judge(field)})
    }


def people(place: Place, table: str, rows: int) -> None:
    random = Random(table)
    place.run(
        f"CREATE TABLE {table} (id BIGINT PRIMARY KEY, zjhm VARCHAR(30), tel_1 BIGINT, "
        "remark VARCHAR(200), closed_on DATE)"
    )
    place.fill(
        table,
        [
            (
                number,
                made.citizen_id(random),
                int(made.mobile(random)),
                f"wrote to {made.email(random)}",
                None,
            )
            for number in range(rows)
        ],
    )


SEEN = {"zjhm": {Kind.CITIZEN_ID}, "tel_1": {Kind.MOBILE}, "remark": {Kind.EMAIL}}


def test_columns_of_unclaimed_tables_are_judged_and_those_of_claimed_ones_are_not(
    place: Place,
) -> None:
    people(place, "lead", 60)
    people(place, "customer", 60)
    people(place, "contact", 60)
    people(place, "note", 60)
    claimed = instance("customer", Child(table="contact", children=(Child(table="note"),)))
    assert found(place, claimed) == {f"lead.{name}": kinds for name, kinds in SEEN.items()}


def test_what_holds_nobody_is_not_found(place: Place) -> None:
    random = Random(7)
    place.run(
        "CREATE TABLE ledger (id BIGINT PRIMARY KEY, order_no VARCHAR(30), trace VARCHAR(40), "
        "amount NUMERIC(15, 2), ref BIGINT, note VARCHAR(100))"
    )
    rows = [
        (number, made.order_of_16(random), made.uuid(random), number, 13800130000 + number, "paid")
        for number in range(300)
    ]
    place.fill("ledger", rows)
    assert found(place) == {}


def test_json_is_judged_by_its_keys(place: Place) -> None:
    kind = {"postgresql": "JSONB", "mariadb": "JSON", "sqlite": "TEXT"}[place.kind]
    place.run(f"CREATE TABLE event (id BIGINT PRIMARY KEY, payload {kind})")
    random = Random(8)
    for number in range(9):
        text = f'{{"who": {{"sjhm": "{made.mobile(random)}"}}, "amount": {number}}}'
        place.run(f"INSERT INTO event VALUES ({number}, '{text}')")
    assert found(place) == {"event.payload": {Kind.MOBILE}}


def test_an_empty_table_is_judged_by_its_names(place: Place) -> None:
    people(place, "lead", 0)
    assert found(place) == {"lead.zjhm": {Kind.CITIZEN_ID}}
    assert {each.items for each in place.store().unclaimed([])} == {0}


def test_tables_without_a_key_or_with_one_of_text_are_sampled_too(place: Place) -> None:
    random = Random(9)
    place.run(
        "CREATE TABLE heap (mail VARCHAR(60))",
        "CREATE TABLE named (code VARCHAR(20) PRIMARY KEY, mail VARCHAR(60))",
    )
    place.fill("heap", [(made.email(random),) for _ in range(500)])
    place.fill("named", [(f"K{number:05}", made.email(random)) for number in range(500)])
    assert found(place) == {"heap.mail": {Kind.EMAIL}, "named.mail": {Kind.EMAIL}}


def test_what_stands_at_the_end_of_a_large_table_only_is_seen(place: Place) -> None:
    place.run("CREATE TABLE ledger (id BIGINT PRIMARY KEY, c1 VARCHAR(60), c2 VARCHAR(200))")
    random = Random(10)
    rows = [
        (number, None if number < 16_000 else made.email(random), "x" * 190)
        for number in range(20_000)
    ]
    place.fill("ledger", rows)
    assert found(place) == {"ledger.c1": {Kind.EMAIL}}


def test_the_same_data_give_the_same_sample(place: Place) -> None:
    people(place, "lead", 5_000)
    first, again = (list(place.store().unclaimed([])) for _ in range(2))
    assert first == again


def sampled(place: Place) -> list[Sampled]:
    return list(place.store().unclaimed([]))


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every statement a session is given."""
    seen: list[str] = []
    rows = sql_connection.Session.rows

    def spy(self: Any, sql: str, parameters: Any = ()) -> Any:
        seen.append(sql)
        return rows(self, sql, parameters)

    monkeypatch.setattr(sql_connection.Session, "rows", spy)
    yield seen
    monkeypatch.undo()


def test_no_statement_reads_a_whole_table(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    people(place, "lead", 20_000)
    if place.kind == "postgresql":
        place.run("ANALYZE lead")
    with statements(monkeypatch) as seen:
        columns = sampled(place)
    asked = [sql for sql in seen if "FROM" in sql and "lead" in sql]
    assert asked
    assert all(0 < len(each.fields[0].values) <= 200 for each in columns if "zjhm" in each.where)
    for sql in asked:
        assert whole_table_not_read(place, sql), sql


def whole_table_not_read(place: Place, sql: str) -> bool:
    match place.kind:
        case "postgresql":
            plan = "\n".join(str(row[0]) for row in place.rows(f"EXPLAIN {sql}"))
            return "Sample Scan" in plan and "Seq Scan" not in plan
        case "sqlite":
            plan = [str(row[3]) for row in place.rows(f"EXPLAIN QUERY PLAN {sql}")]
            reads = [step for step in plan if "lead" in step]
            return bool(reads) and all(step.startswith("SEARCH") for step in reads)
        case _:
            steps = [row for row in place.rows(f"EXPLAIN {sql}") if row[2] == "lead"]
            return all(row[3] == "range" for row in steps)


@pytest.mark.parametrize("kind", SERVERS[1:])
def test_a_locked_table_is_told_and_the_others_are_looked_at(kind: str, tmp_path: Path) -> None:
    with fresh(kind, tmp_path) as place:
        people(place, "lead", 20)
        people(place, "locked", 20)
        with place.engine.connect() as connection:
            lock = {
                "postgresql": "LOCK TABLE locked IN ACCESS EXCLUSIVE MODE",
                "mariadb": "LOCK TABLES locked WRITE",
            }[kind]
            connection.exec_driver_sql(lock)
            columns = sampled(place)
            if kind == "mariadb":
                connection.exec_driver_sql("UNLOCK TABLES")
        unread = [each for each in columns if each.unread is not None]
        assert [each.where for each in unread] == ["locked"]
        assert unread[0].unread is not None
        assert "is busy" in unread[0].unread
        assert {each.where for each in columns if each.unread is None} >= {"lead.zjhm"}


@pytest.mark.postgres
def test_other_schemas_partitions_and_materialised_views_are_places_too(tmp_path: Path) -> None:
    with fresh("postgresql", tmp_path) as place:
        other = f"beside_{place.one('SELECT current_schema()')}"
        random = Random(11)
        place.run(
            f"CREATE SCHEMA {other}",
            f"CREATE TABLE {other}.staff (id BIGINT PRIMARY KEY, mail TEXT)",
            "CREATE TABLE part (id BIGINT, mail TEXT) PARTITION BY RANGE (id)",
            "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100)",
            "CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (100) TO (200)",
        )
        place.fill(f"{other}.staff", [(n, made.email(random)) for n in range(20)])
        place.fill("part", [(n, made.email(random)) for n in range(200)])
        place.run("CREATE MATERIALIZED VIEW copied AS SELECT mail FROM part")
        try:
            assert found(place, instance("part")) == {
                f"{other}.staff.mail": {Kind.EMAIL},
                "copied.mail": {Kind.EMAIL},
            }
            assert set(found(place, instance("staff", schema=other))) == {
                "part.mail",
                "copied.mail",
            }
        finally:
            place.run(f"DROP SCHEMA {other} CASCADE")


def test_sqlite_text_that_is_no_text_is_read_all_the_same(tmp_path: Path) -> None:
    with fresh("sqlite", tmp_path) as place:
        place.run(
            "CREATE TABLE mixed (note TEXT)",
            "INSERT INTO mixed VALUES (CAST(x'ff80fe' AS TEXT))",
            "INSERT INTO mixed VALUES ('someone@example.com')",
            "CREATE TABLE bare (code TEXT PRIMARY KEY, email TEXT) WITHOUT ROWID",
            "INSERT INTO bare VALUES ('a', 'someone@example.com')",
        )
        assert found(place) == {"mixed.note": {Kind.EMAIL}, "bare.email": {Kind.EMAIL}}
