"""Instances of SQL stores that tests fill: loans with notes, vouchers with awkward keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from keepuntil.domain.categories import Child, FromColumn, SqlInstance
from keepuntil.domain.items import Key
from keepuntil.stores.sql import SqlDatabase
from sql_servers import Place
from store_contract import EVENT, KEPT


@dataclass
class LoanWorld:
    """Loans with two notes each, and a mark on every note."""

    place: Place

    instance = SqlInstance(
        id="core",
        store="core_banking",
        table="loan",
        schema=None,
        key=("id",),
        where=None,
        events=((EVENT, FromColumn(column="closed_on")),),
        record_group="file_no",
        children=(Child(table="note", children=(Child(table="mark"),)),),
    )

    def __post_init__(self) -> None:
        self.place.run(
            "CREATE TABLE loan (id BIGINT PRIMARY KEY, file_no VARCHAR(20), closed_on DATE, "
            "remark VARCHAR(50))",
            "CREATE TABLE note (id BIGINT PRIMARY KEY, loan_id BIGINT NOT NULL, "
            "FOREIGN KEY (loan_id) REFERENCES loan (id))",
            "CREATE TABLE mark (note_id BIGINT NOT NULL, no INTEGER NOT NULL, "
            "PRIMARY KEY (note_id, no), "
            "FOREIGN KEY (note_id) REFERENCES note (id) ON DELETE CASCADE)",
            "CREATE INDEX loan_closed ON loan (closed_on)",
            "CREATE INDEX note_loan ON note (loan_id)",
        )

    def store(self) -> SqlDatabase:
        return self.place.store()

    def put(self, number: int, closed_on: date | None, *, group: str | None = None) -> Key:
        self.place.fill("loan", [(number, group, closed_on, "as it was")])
        self.place.fill("note", [(2 * number, number), (2 * number + 1, number)])
        self.place.fill("mark", [(2 * number, 1), (2 * number + 1, 1)])
        return (number,)

    def keys(self) -> set[Key]:
        return {(number,) for (number,) in self.place.rows("SELECT id FROM loan")}

    def remove(self, key: Key) -> None:
        notes = f"SELECT id FROM note WHERE loan_id = {key[0]}"
        self.place.run(
            f"DELETE FROM mark WHERE note_id IN ({notes})",
            f"DELETE FROM note WHERE loan_id = {key[0]}",
            f"DELETE FROM loan WHERE id = {key[0]}",
        )

    def postpone(self, key: Key) -> bool:
        self.place.run(f"UPDATE loan SET closed_on = '{KEPT}' WHERE id = {key[0]}")
        return True

    def alter(self, key: Key) -> None:
        self.place.run(f"UPDATE loan SET remark = 'changed' WHERE id = {key[0]}")


AWKWARD = ["O'Neil", 'quo"te', "new\nline", "工行", "'; DROP TABLE voucher; --", "%s %(x)s", "a\\b"]
"""Branches of vouchers: quotes, lines, other scripts, an attack, drivers' placeholders."""


@dataclass
class VoucherWorld:
    """Vouchers named by a text and a number, with lines that have no foreign key."""

    place: Place

    instance = SqlInstance(
        id="vouchers",
        store="core_banking",
        table="voucher",
        schema=None,
        key=("branch", "no"),
        where="kind = 'V' AND branch NOT LIKE '%nobody%'",
        events=((EVENT, FromColumn(column="posted_at", zone="Asia/Shanghai")),),
        record_group=None,
        children=(Child(table="line", by=("branch", "voucher_no")),),
    )

    def __post_init__(self) -> None:
        moment = "TIMESTAMP" if self.place.kind == "postgresql" else "DATETIME"
        tail = " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin" if self.place.kind == "mariadb" else ""
        self.place.run(
            f"CREATE TABLE voucher (no INTEGER NOT NULL, branch VARCHAR(60) NOT NULL, "
            f"kind CHAR(1) NOT NULL, posted_at {moment}, remark VARCHAR(50), "
            f"PRIMARY KEY (branch, no)){tail}",
            f"CREATE TABLE line (branch VARCHAR(60) NOT NULL, voucher_no INTEGER NOT NULL, "
            f"line_no INTEGER NOT NULL, PRIMARY KEY (branch, voucher_no, line_no)){tail}",
        )
        self.place.fill("voucher", [(1, "other", "X", None, "of another category")])

    def store(self) -> SqlDatabase:
        return self.place.store()

    def put(self, number: int, closed_on: date | None, *, group: str | None = None) -> Key:
        branch = AWKWARD[number % len(AWKWARD)]
        moment = None if closed_on is None else f"{closed_on} 23:30:00"
        self.place.fill("voucher", [(number, branch, "V", moment, "as it was")])
        self.place.fill("line", [(branch, number, 1), (branch, number, 2)])
        return (branch, number)

    def keys(self) -> set[Key]:
        return set(self.place.rows("SELECT branch, no FROM voucher WHERE kind = 'V'"))

    def remove(self, key: Key) -> None:
        self.place.run(
            f"DELETE FROM line WHERE voucher_no = {key[1]}",
            f"DELETE FROM voucher WHERE no = {key[1]} AND kind = 'V'",
        )

    def postpone(self, key: Key) -> bool:
        self._set(key, f"posted_at = '{KEPT} 08:00:00'")
        return True

    def alter(self, key: Key) -> None:
        self._set(key, "remark = 'changed'")

    def _set(self, key: Key, what: str) -> None:
        self.place.run(f"UPDATE voucher SET {what} WHERE no = {key[1]} AND kind = 'V'")
