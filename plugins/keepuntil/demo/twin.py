"""What the night must come to, worked out beforehand without a line of Keepuntil's road.

Before anything runs, the database is copied and plain SQL, written by hand from the
rules, purges the copy. After the night every table of the bank must equal its twin,
row for row. :mod:`keepuntil.demo.leftovers` does the same for objects and files.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from keepuntil.demo import archive, planted

NOT_SENTINEL: Final = "> '1900-01-01'"

DUE: Final = {
    # Settled by the end of 2020, opened ten years before yesterday, no litigation, and any
    # dispute closed two years before yesterday.
    "loan_file": f"""
        SELECT loan_id AS id, file_no FROM loan_file
        WHERE status = 'settled'
          AND settled_on {NOT_SENTINEL} AND settled_on <= '2020-12-31'
          AND opened_on {NOT_SENTINEL} AND opened_on <= '2016-02-29'
          AND litigation_open = 0
          AND (dispute_closed_on IS NULL OR dispute_closed_on <= '2024-02-29')
    """,
    # Booked before 1 March 2016, Shanghai time, eight hours before UTC.
    "account_transaction": f"""
        SELECT rowid AS id, account_no, sequence_no FROM account_transaction
        WHERE date(booked_at, '+8 hours') {NOT_SENTINEL}
          AND date(booked_at, '+8 hours') < '2016-03-01'
    """,
    "customer_identity": f"""
        SELECT customer_no AS id FROM customer_identity
        WHERE status = 'closed'
          AND relationship_ended_on {NOT_SENTINEL} AND relationship_ended_on <= '2016-02-29'
          AND (one_off_ended_on IS NULL OR one_off_ended_on <= '2016-02-29')
    """,
    "loan_application": f"""
        SELECT application_id AS id FROM loan_application
        WHERE decision <> 'approved'
          AND coalesce(rejected_on, withdrawn_on) {NOT_SENTINEL}
          AND coalesce(rejected_on, withdrawn_on) <= '2025-08-31'
    """,
    "marketing_profile": f"""
        SELECT profile_id AS id FROM marketing_profile
        WHERE state = 'ended'
          AND coalesce(consent_withdrawn_on, '2000-01-01') {NOT_SENTINEL}
          AND (consent_withdrawn_on <= '2026-02-28' OR opted_out_on <= '2026-02-28'
               OR consent_expired_on <= '2026-02-28')
    """,
}
"""Everything whose clock has run out on the night, holds and locks aside."""

_LOCKED_LOANS: Final = f"'{archive.LOCKED_LOAN}', '{archive.LEGALLY_HELD_LOAN}'"

KEPT: Final = {
    # Bound by a hold, or the source of a scan that Object Lock keeps.
    "loan_file": f"file_no IN ('{planted.HELD_LOAN}', {_LOCKED_LOANS})",
    "account_transaction": f"account_no = {planted.INVESTIGATED_ACCOUNT}",
    "customer_identity": f"id IN {planted.HELD_IDENTITIES}",
}
"""Of these, what stays all the same."""

CHILDREN: Final = {
    "loan_file": (("loan_note", "loan_id"), ("loan_event", "loan_id")),
    "customer_identity": (
        ("identity_document", "customer_no"),
        ("customer_contact", "customer_no"),
    ),
    "loan_application": (("application_score", "application_id"),),
    "marketing_profile": (("marketing_touch", "profile_id"),),
}

TABLES: Final = (
    *("customer", "customer_identity", "identity_document", "customer_contact", "account"),
    *("account_transaction", "transaction_detail", "loan_file", "loan_note", "loan_event"),
    *("loan_application", "application_score", "marketing_profile", "marketing_touch"),
    *("complaint", "complaint_note", "complaint_attachment"),
)


def purge_copy(bank: Path, copy: Path) -> dict[str, tuple[int, int]]:
    """Copy the bank, purge the copy by hand; by table, how many due rows went and stayed."""
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(bank)) as source, closing(sqlite3.connect(copy)) as twin:
        source.backup(twin)
        counts = {table: _purge(twin, table) for table in DUE}
        twin.commit()
    return counts


def _purge(twin: sqlite3.Connection, table: str) -> tuple[int, int]:
    twin.execute(f"CREATE TEMP TABLE due AS {DUE[table]}")
    due = count_of(twin, "due")
    if table in KEPT:
        twin.execute(f"DELETE FROM due WHERE {KEPT[table]}")
    left = count_of(twin, "due")
    if table == "account_transaction":
        _purge_details(twin)
    for child, column in CHILDREN.get(table, ()):
        twin.execute(f"DELETE FROM {child} WHERE {column} IN (SELECT id FROM due)")
    twin.execute(f"DELETE FROM {table} WHERE rowid IN (SELECT id FROM due)")
    twin.execute("DROP TABLE due")
    return left, due - left


def _purge_details(twin: sqlite3.Connection) -> None:
    twin.execute(
        "DELETE FROM transaction_detail WHERE (account_no, sequence_no) IN "
        "(SELECT account_no, sequence_no FROM due)"
    )


def count_of(connection: sqlite3.Connection, rows: str) -> int:
    """How many rows a table or a subquery in parentheses has."""
    count: int = connection.execute(f"SELECT count(*) FROM {rows}").fetchone()[0]
    return count


def differences(bank: Path, copy: Path) -> list[str]:
    """Sentences on every table that is not as its twin; empty when all are."""
    return unlike_tables(bank, copy, TABLES)


def unlike_tables(database: Path, copy: Path, tables: Iterable[str]) -> list[str]:
    """Sentences on each of the tables that is not the same in both databases."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.execute("ATTACH DATABASE ? AS twin", (f"file:{copy}?mode=ro",))
        return [line for table in tables for line in _differences(connection, table)]


def _differences(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    """Rows of a table are distinct, so one difference and one count say it all."""
    extra = count_of(connection, f"(SELECT * FROM main.{table} EXCEPT SELECT * FROM twin.{table})")
    if extra:
        yield f"{table}: {extra} rows are left that had to be destroyed, or were altered."
    missing = count_of(connection, f"twin.{table}") + extra - count_of(connection, f"main.{table}")
    if missing:
        yield f"{table}: {missing} rows are gone that had to be kept."


def due_loans(bank: Path) -> set[str]:
    """File numbers of loans whose clock has run out, whatever keeps them."""
    with closing(sqlite3.connect(bank)) as connection:
        return {file_no for _, file_no in connection.execute(DUE["loan_file"])}
