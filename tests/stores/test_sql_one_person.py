"""Rows of one person: all of theirs, due or not, on every database, and of nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from keepuntil.domain.items import Key
from keepuntil.errors import StoreMismatch
from keepuntil.stores.protocol import Query
from sql_servers import KINDS, fresh
from sql_world import LoanWorld
from store_contract import DUE, KEPT, contract_query


@pytest.fixture(params=KINDS)
def loans(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LoanWorld]:
    with fresh(request.param, tmp_path) as place:
        world = LoanWorld(place)
        world.put(1, DUE, group="C1")
        world.put(2, KEPT, group="C1")
        world.put(3, None, group="C1")
        world.put(4, DUE, group="c1")
        world.put(5, DUE, group="C2")
        yield world


def found(loans: LoanWorld, query: Query) -> list[Key]:
    batches = list(loans.store().find(query))
    assert all(len(b.keys) == len(b.facts) == len(b.groups) == len(b.held) for b in batches)
    return [key for batch in batches for key in batch.keys]


def test_all_rows_of_a_subject_are_found_due_or_not_and_of_nobody_alike(loans: LoanWorld) -> None:
    query = contract_query(replace(loans.instance, subject="file_no"))
    assert found(loans, replace(query, subject="C1")) == [(1,), (2,), (3,)]
    assert found(loans, replace(query, subject="c1")) == [(4,)]
    assert found(loans, replace(query, subject="C1 ")) == []
    assert found(loans, replace(query, subject="' OR 1=1 --")) == []


def test_a_subject_may_be_a_number(loans: LoanWorld) -> None:
    query = contract_query(replace(loans.instance, subject="id"))
    assert found(loans, replace(query, subject="2")) == [(2,)]
    assert found(loans, replace(query, subject="02")) == []
    assert found(loans, replace(query, subject="two")) == []


def test_rows_of_record_groups_are_found_where_there_is_no_subject(loans: LoanWorld) -> None:
    query = contract_query(loans.instance)
    asked = frozenset({"C1", "C2", "C9"})
    assert found(loans, replace(query, groups=asked)) == [(1,), (2,), (3,), (5,)]
    assert found(loans, replace(query, groups=frozenset())) == []


def test_a_table_that_tells_nobody_apart_is_refused(loans: LoanWorld) -> None:
    query = contract_query(replace(loans.instance, record_group=None))
    with pytest.raises(StoreMismatch, match="cannot be told from others"):
        found(loans, replace(query, subject="C1"))


def test_a_subject_column_that_is_not_there_is_a_problem_and_an_index_is_asked_for(
    loans: LoanWorld,
) -> None:
    rule = contract_query(loans.instance).rule
    described = loans.store().describe(rule, replace(loans.instance, subject="customer"))
    assert any("subject: customer does not exist" in each for each in described.problems)
    described = loans.store().describe(rule, replace(loans.instance, subject="file_no"))
    assert any("answering one person" in each for each in described.warnings)
