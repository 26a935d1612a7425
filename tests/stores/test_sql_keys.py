"""Keys of every type that names a row exactly: found, destroyed and re-read as the same key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from keepuntil.domain.categories import Child, FromColumn, SqlInstance
from keepuntil.domain.items import Key, key_text, parse_key
from keepuntil.domain.outcomes import Outcome
from keepuntil.errors import StoreMismatch
from keepuntil.stores.protocol import Batch
from sql_servers import Place, fresh
from store_contract import DUE, EVENT, UnwantedJournal, batches_of, contract_query, contract_warrant

PG, MARIA, LITE = "postgresql", "mariadb", "sqlite"


class AnyJournal:
    def intend(self, intent: object) -> None:
        """Nothing to remember."""


CASES: list[tuple[str, list[str], list[str], Key]] = [
    # kind, column types, a value for each as SQL, the key as it travels
    (
        PG,
        ["UUID"],
        ["'0b6c2b1e-8e0b-4c39-9d7c-0d5d6c1f2a11'"],
        ("0b6c2b1e-8e0b-4c39-9d7c-0d5d6c1f2a11",),
    ),
    (PG, ["DATE", "INTEGER"], ["'2012-02-29'", "7"], ("2012-02-29", 7)),
    (PG, ["TIMESTAMPTZ"], ["'2012-02-29 23:59:59.123456+08'"], ("2012-02-29 15:59:59.123456+00",)),
    (PG, ["TIMESTAMP"], ["'2012-02-29 23:59:59.5'"], ("2012-02-29 23:59:59.5",)),
    (PG, ["NUMERIC(20,2)"], ["12345678901234567.50"], ("12345678901234567.50",)),
    (PG, ["BYTEA"], [r"'\x00ff27'"], (b"\x00\xff'",)),
    (PG, ["CHAR(6)"], ["'ab'"], ("ab",)),
    (PG, ["TEXT", "BOOLEAN"], ["'{a,\"b\"}\\\\'", "true"], ('{a,"b"}\\\\', 1)),
    (PG, ["SMALLINT", "BIGINT"], ["-3", "9007199254740993"], (-3, 9007199254740993)),
    (PG, ["VARCHAR(20)"], ["'工行 O''Neil'"], ("工行 O'Neil",)),
    (
        MARIA,
        ["UUID"],
        ["'0b6c2b1e-8e0b-4c39-9d7c-0d5d6c1f2a11'"],
        ("0b6c2b1e-8e0b-4c39-9d7c-0d5d6c1f2a11",),
    ),
    (MARIA, ["DATE", "INTEGER"], ["'2012-02-29'", "7"], ("2012-02-29", 7)),
    (MARIA, ["DATETIME(6)"], ["'2012-02-29 23:59:59.123456'"], ("2012-02-29 23:59:59.123456",)),
    (MARIA, ["DECIMAL(20,2)"], ["12345678901234567.50"], ("12345678901234567.50",)),
    (MARIA, ["BINARY(3)"], ["x'00ff27'"], (b"\x00\xff'",)),
    (MARIA, ["VARBINARY(9)", "TINYINT(1)"], ["x'5c'", "1"], (b"\\", 1)),
    (MARIA, ["BIGINT UNSIGNED"], ["18446744073709551615"], (18446744073709551615,)),
    (MARIA, ["VARCHAR(20) CHARACTER SET utf8mb4"], ["'工行 O''Neil'"], ("工行 O'Neil",)),
    (LITE, ["TEXT", "INTEGER"], ["'O''Neil'", "7"], ("O'Neil", 7)),
    (LITE, ["BLOB"], ["x'00ff27'"], (b"\x00\xff'",)),
    (LITE, ["DATE"], ["'2012-02-29'"], ("2012-02-29",)),
    (LITE, ["DECIMAL(20)"], ["12345"], (12345,)),
]


def marked(case: tuple[str, list[str], list[str], Key]) -> object:
    marks = {PG: [pytest.mark.postgres], MARIA: [pytest.mark.mariadb], LITE: []}[case[0]]
    return pytest.param(*case, marks=marks, id=f"{case[0]} {' '.join(case[1])}")


def instance(width: int) -> SqlInstance:
    names = tuple(f"k{n}" for n in range(width))
    return SqlInstance(
        id="any",
        store="core_banking",
        table="record",
        schema=None,
        key=names,
        where=None,
        events=((EVENT, FromColumn(column="closed_on")),),
        record_group=None,
        children=(Child(table="child"),),
    )


def make(place: Place, types: Sequence[str], values: Sequence[str]) -> None:
    names = [f"k{n}" for n in range(len(types))]
    columns = ", ".join(
        f"{name} {type_} NOT NULL" for name, type_ in zip(names, types, strict=True)
    )
    listed = ", ".join(names)
    place.run(
        f"CREATE TABLE record ({columns}, closed_on DATE, PRIMARY KEY ({listed}))",
        f"CREATE TABLE child (id INTEGER, {columns}, PRIMARY KEY (id, {listed}), "
        f"FOREIGN KEY ({listed}) REFERENCES record ({listed}))",
        f"INSERT INTO record VALUES ({', '.join(values)}, '{DUE}')",
        f"INSERT INTO child VALUES (1, {', '.join(values)})",
    )


@pytest.mark.parametrize(("kind", "types", "values", "key"), map(marked, CASES))
def test_a_key_travels_as_itself(
    tmp_path: Path, kind: str, types: list[str], values: list[str], key: Key
) -> None:
    with fresh(kind, tmp_path) as place:
        make(place, types, values)
        store = place.store()
        query = contract_query(instance(len(types)))
        assert store.describe(query.rule, query.instance).problems == ()
        (batch,) = batches_of(store, query)
        assert batch.keys == [key]
        assert parse_key(key_text(key)) == key
        assert store.remains(query, [key]) == [2]
        (before,) = store.fingerprints(query, [key])
        assert before is not None
        effect = store.destroy(query, batch, contract_warrant(), AnyJournal())
        assert effect.outcomes == [Outcome.DESTROYED]
        assert effect.counts == [1]
        assert store.remains(query, [key]) == [0]
        assert store.fingerprints(query, [key]) == [None]


@pytest.mark.parametrize(
    "kind",
    [
        LITE,
        pytest.param(PG, marks=pytest.mark.postgres),
        pytest.param(MARIA, marks=pytest.mark.mariadb),
    ],
)
@pytest.mark.parametrize("key", [("7",), (7, 7), (b"7",), ("1 OR 1=1",)])
def test_a_key_of_another_form_destroys_nothing(tmp_path: Path, kind: str, key: Key) -> None:
    with fresh(kind, tmp_path) as place:
        make(place, ["BIGINT"], ["8"])
        store = place.store()
        query = contract_query(instance(1))
        batch = Batch(keys=[key], marks=[""], groups=[None], spared=[False])
        if kind == LITE and len(key) == 1:
            effect = store.destroy(query, batch, contract_warrant(), UnwantedJournal())
            assert effect.outcomes == [Outcome.ALREADY_ABSENT]
        else:
            with pytest.raises(StoreMismatch, match="Make a new plan"):
                store.destroy(query, batch, contract_warrant(), UnwantedJournal())
        assert place.one("SELECT count(*) FROM record") == 1


def test_a_sqlite_key_that_is_a_fraction_stops_the_search(tmp_path: Path) -> None:
    with fresh(LITE, tmp_path) as place:
        make(place, ["NUMERIC"], ["7.5"])
        with pytest.raises(StoreMismatch, match="key column"):
            list(place.store().find(contract_query(instance(1))))
