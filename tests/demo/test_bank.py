"""The synthetic bank: whole, repeatable, and awkward where it was meant to be."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from keepuntil.demo import bank, planted, twin
from keepuntil.demo.scenario import FULL, SEED, SMALL


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_foreign_keys_hold(small_bank: Path) -> None:
    assert rows(small_bank, "PRAGMA foreign_key_check") == []
    assert len(rows(small_bank, "SELECT * FROM pragma_foreign_key_list('loan_note')")) == 1


def test_every_foreign_key_and_trigger_is_indexed(small_bank: Path) -> None:
    for (table,) in rows(small_bank, "SELECT name FROM sqlite_master WHERE type = 'table'"):
        keys = rows(small_bank, f"SELECT \"from\" FROM pragma_foreign_key_list('{table}')")
        indexed = rows(
            small_bank,
            f"SELECT i.name FROM pragma_index_list('{table}') l JOIN pragma_index_info(l.name) i",
        )
        own = rows(small_bank, f"SELECT name FROM pragma_table_info('{table}') WHERE pk > 0")
        assert set(keys) <= set(indexed) | set(own), table


def test_the_same_seed_makes_the_same_rows(tmp_path: Path, small_bank: Path) -> None:
    again = tmp_path / "again.db"
    bank.build(again, SMALL, SEED)
    for table in twin.TABLES:
        assert rows(again, f"SELECT * FROM {table}") == rows(small_bank, f"SELECT * FROM {table}")
    other = tmp_path / "other.db"
    bank.build(other, SMALL, SEED + 1)
    query = "SELECT full_name FROM customer_identity"
    assert rows(other, query) != rows(small_bank, query)


def test_the_full_bank_is_as_large_as_promised() -> None:
    assert FULL.customers >= 200_000


@pytest.mark.parametrize(
    ("table", "column", "first", "due"),
    [
        ("loan_file", "loan_id", planted.LOANS_FROM, {0, 1, 3, 11, 14}),
        ("loan_application", "application_id", planted.APPLICATIONS_FROM, {0, 1, 2, 3}),
        ("customer_identity", "customer_no", planted.IDENTITIES_FROM, {0, 6, 7}),
        ("marketing_profile", "profile_id", planted.PROFILES_FROM, {0}),
    ],
)
def test_of_the_planted_records_exactly_these_are_due(
    small_bank: Path, table: str, column: str, first: int, due: set[int]
) -> None:
    found = rows(
        small_bank, f"SELECT d.id - {first} FROM ({twin.DUE[table]}) d WHERE d.id >= {first}"
    )
    assert {number for (number,) in found} == due
    assert rows(small_bank, f"SELECT count(*) FROM {table} WHERE {column} >= {first}") > [
        (len(due),)
    ]


def test_of_the_planted_transactions_the_leap_day_in_shanghai_is_the_last_one_due(
    small_bank: Path,
) -> None:
    query = f"SELECT sequence_no FROM ({twin.DUE['account_transaction']}) WHERE account_no = "
    assert rows(small_bank, query + str(planted.TRANSACTIONS_ACCOUNT)) == [(1,), (2,), (3,)]
    assert len(rows(small_bank, query + str(planted.INVESTIGATED_ACCOUNT))) == 40


def test_the_twin_is_the_bank_less_what_is_due(tmp_path: Path, small_bank: Path) -> None:
    copy = tmp_path / "twin.db"
    counts = twin.purge_copy(small_bank, copy)
    assert twin.differences(copy, copy) == []
    assert counts["loan_file"][1] == 3
    for table, (gone, _) in counts.items():
        before = rows(small_bank, f"SELECT count(*) FROM {table}")[0][0]
        assert rows(copy, f"SELECT count(*) FROM {table}") == [(before - gone,)]
    assert rows(copy, "PRAGMA foreign_key_check") == []


@pytest.mark.parametrize(
    ("table", "statement", "said"),
    [
        ("complaint_note", "DELETE FROM complaint_note WHERE note_id = 7", "1 rows are gone"),
        (
            "account",
            "UPDATE account SET opened_on = '1999-01-01' WHERE rowid = 6000000007",
            "altered",
        ),
        ("complaint", "INSERT INTO complaint VALUES (99999, 1, NULL, '')", "1 rows are left"),
    ],
)
def test_one_wrong_row_is_seen(
    tmp_path: Path, small_bank: Path, table: str, statement: str, said: str
) -> None:
    copy, wrong = tmp_path / "twin.db", tmp_path / "wrong.db"
    twin.purge_copy(small_bank, copy)
    shutil.copy(copy, wrong)
    with closing(sqlite3.connect(wrong)) as connection:
        connection.execute(statement)
        connection.commit()
    found = twin.differences(wrong, copy)
    assert {line.split(":")[0] for line in found} == {table}
    assert any(said in line for line in found)
