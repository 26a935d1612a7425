"""A pause is asked for when a replica is behind; a limit that watches nothing is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keepuntil.stores.sql import SqlDatabase, pressure
from sql_servers import KINDS, Place, fresh
from sql_world import LoanWorld
from store_contract import contract_rule


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with fresh(request.param, tmp_path) as fresh_place:
        yield fresh_place


class Dialect:
    def __init__(self, name: str) -> None:
        self.name = name


class Replicated:
    """A session that answers as a primary, or a replica, would."""

    def __init__(self, name: str, rows: list[Any]) -> None:
        self.dialect = Dialect(name)
        self.answer = rows

    def rows(self, sql: str) -> list[Any]:
        return self.answer

    def named_rows(self, sql: str) -> list[Any]:
        return self.answer


def limited(place: Place, seconds: int | None) -> SqlDatabase:
    store = SqlDatabase(place.declaration(lag=seconds), place.text)
    place.stores.append(store)
    return store


def asked(place: Place, session: Replicated) -> str | None:
    return pressure.pressure(session, place.declaration(lag=30))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], None),
        ([("a", "streaming", None)], None),
        ([("a", "streaming", 2.5), ("b", "streaming", 30.0)], None),
        ([("a", "streaming", 2.5), ("b", "streaming", 31.0)], "31 seconds behind"),
        ([("a", "streaming", 1.0), ("b", None, None)], "hide how far behind"),
    ],
)
def test_the_slowest_replica_of_postgresql_counts(
    tmp_path: Path, rows: list[Any], said: str | None
) -> None:
    with fresh("sqlite", tmp_path) as place:
        answer = asked(place, Replicated("postgresql", rows))
        assert answer is None if said is None else said in (answer or "")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"Seconds_Behind_Master": 3}], None),
        ([{"Seconds_Behind_Source": 31}], "31 seconds behind"),
        ([{"Seconds_Behind_Master": None}], "hide how far behind"),
    ],
)
def test_a_replica_of_mariadb_speaks_for_itself(
    tmp_path: Path, rows: list[Any], said: str | None
) -> None:
    with fresh("sqlite", tmp_path) as place:
        answer = asked(place, Replicated("mariadb", rows))
        assert answer is None if said is None else said in (answer or "")


def test_a_server_without_replicas_asks_for_no_pause(place: Place) -> None:
    assert limited(place, 30).pressure() is None
    assert limited(place, None).pressure() is None


def test_a_limit_that_watches_nothing_is_a_problem(place: Place) -> None:
    instance = LoanWorld(place).instance
    description = limited(place, 30).describe(contract_rule(instance), instance)
    if place.kind == "mariadb":
        (problem,) = description.problems
        assert "leave out replica_lag_limit_seconds" in problem
    else:
        assert description.problems == ()
