"""The second reader finds rows that were left below rows which are gone, at any depth."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from keepuntil.domain.categories import Child, FromColumn, SqlInstance
from sql_servers import KINDS, Place, fresh
from store_contract import DUE, EVENT, KEPT, contract_query

INSTANCE = SqlInstance(
    id="core",
    store="core_banking",
    table="deal",
    schema=None,
    key=("branch", "no"),
    where=None,
    events=((EVENT, FromColumn(column="closed_on")),),
    record_group=None,
    children=(
        Child(
            table="paper",
            by=("branch", "deal_no"),
            children=(
                Child(
                    table="page", by=("paper_id",), children=(Child(table="line", by=("page_id",)),)
                ),
            ),
        ),
    ),
)
"""Nothing here has a foreign key: the declaration alone says what hangs on what."""


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with fresh(request.param, tmp_path) as fresh_place:
        fresh_place.run(
            "CREATE TABLE deal (branch VARCHAR(9), no INTEGER, closed_on DATE, "
            "PRIMARY KEY (branch, no))",
            "CREATE TABLE paper (id BIGINT PRIMARY KEY, branch VARCHAR(9), deal_no INTEGER)",
            "CREATE TABLE page (id BIGINT PRIMARY KEY, paper_id BIGINT)",
            "CREATE TABLE line (id BIGINT PRIMARY KEY, page_id BIGINT)",
        )
        fresh_place.fill("deal", [("B", 1, DUE), ("B", 2, DUE), ("B", 3, KEPT)])
        yield fresh_place


GONE = [("B", 1), ("B", 2)]
NAMED = ['{"line":[[311]],"page":[[31],[32]],"paper":[[21],[22]]}', ""]
"""What the intents say went with each."""


def remains(place: Place, parts: list[str]) -> list[int]:
    place.run("DELETE FROM deal WHERE no < 3")
    return place.store().remains(contract_query(INSTANCE), list(GONE), parts)


def test_a_row_two_tables_below_is_found_though_the_row_between_is_gone(place: Place) -> None:
    place.fill("page", [(31, 21), (39, 99)])
    assert remains(place, NAMED) == [1, 0]


def test_a_row_three_tables_below_is_found_though_both_between_are_gone(place: Place) -> None:
    place.fill("line", [(311, 31), (312, 32), (399, 39)])
    assert remains(place, NAMED) == [2, 0]


def test_a_row_directly_below_is_found_by_the_key_alone(place: Place) -> None:
    place.fill("paper", [(23, "B", 2)])
    place.fill("page", [(33, 23)])
    assert remains(place, ["", ""]) == [0, 2]


def test_children_of_a_row_that_came_since_under_an_old_key_are_no_orphans(place: Place) -> None:
    place.fill("paper", [(21, "B", 3)])
    place.fill("page", [(35, 21)])
    assert remains(place, NAMED) == [0, 0]


def test_nothing_left_is_nothing_found(place: Place) -> None:
    place.fill("page", [(39, 99), (40, None)])
    assert remains(place, NAMED) == [0, 0]


def test_rows_that_name_the_key_in_another_order_are_found_by_it(tmp_path: Path) -> None:
    with fresh("sqlite", tmp_path) as place:
        place.run(
            "CREATE TABLE deal (branch VARCHAR(9), no INTEGER, closed_on DATE, "
            "PRIMARY KEY (branch, no), UNIQUE (no, branch))",
            "CREATE TABLE paper (id BIGINT PRIMARY KEY, deal_no INTEGER, of_branch VARCHAR(9), "
            "FOREIGN KEY (deal_no, of_branch) REFERENCES deal (no, branch))",
        )
        place.fill("deal", [("B", 1, DUE)])
        place.fill("paper", [(21, 1, "B")])
        instance = replace(INSTANCE, children=(Child(table="paper"),))
        with closing(sqlite3.connect(str(place.url.database))) as careless:
            # Whoever does not ask SQLite for its foreign keys does not get them.
            careless.execute("DELETE FROM deal")
            careless.commit()
        assert place.store().remains(contract_query(instance), [("B", 1)]) == [1]
