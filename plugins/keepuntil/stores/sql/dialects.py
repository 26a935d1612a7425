"""Where SQLite, PostgreSQL, MariaDB and MySQL differ. Values, no connections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Protocol

from keepuntil.domain.items import Key
from keepuntil.errors import StoreMismatch
from keepuntil.stores.sql.layout import Column, Columns, Event, EventKind, KeyKind

Parameters = tuple[object, ...]

SLACK: Final = timedelta(days=3)
"""A date-time up to this long after midnight UTC of the cutoff is still handed out and then
decided: no pair of zones is further apart, so no due row is missed."""

_ALLOWED: Final[dict[KeyKind, frozenset[type]]] = {
    KeyKind.WHOLE: frozenset({int}),
    KeyKind.TRUTH: frozenset({int}),
    KeyKind.TEXT: frozenset({str}),
    KeyKind.PLAIN: frozenset({str}),
    KeyKind.DECIMAL: frozenset({str}),
    KeyKind.BYTES: frozenset({bytes}),
    KeyKind.ANY: frozenset({int, str, bytes}),
}


class Dialect(Protocol):
    """What statements need to know about the database they are for."""

    name: str
    returning: bool
    """``DELETE … RETURNING`` says what it deleted."""
    columnar: bool
    """Whole columns come back as arrays, which costs the reader no object a row."""
    for_update: str
    """Ends a SELECT that locks its rows, leaving out what others have locked."""
    for_update_waiting: str
    """The same, waiting for others as long as the session allows."""
    batch_items: int

    def verbatim(self, sql: str) -> str:
        """A person's SQL, so that the driver takes none of it for a placeholder."""

    def among(self, columns: Columns, keys: Sequence[Key]) -> tuple[str, Parameters]:
        """The condition that ``columns`` are one of ``keys``, and its parameters."""

    def most_keys(self, columns: Columns) -> int:
        """How many keys one statement may name."""

    def read_key(self, column: Column) -> str:
        """The expression that gives a key column as int, str or bytes."""

    def read_event(self, event: Event) -> str:
        """The expression that gives an event as text or a whole number."""

    def text_of(self, column: Column) -> str:
        """The expression that gives a column as text."""

    def whole_row(self, alias: str) -> str:
        """The expression that gives everything a row says."""

    def not_after(self, event: Event, cutoff: date) -> str:
        """True for every value whose civil date, in any zone, is ``cutoff`` or before."""


def checked(columns: Columns, keys: Sequence[Key]) -> list[tuple[int | str | bytes, ...]]:
    """The keys turned into columns, each of the type its column holds. Raises StoreMismatch."""
    by_column = list(zip(*keys, strict=True))
    fits = len(by_column) == len(columns) and all(
        set(map(type, values)) <= _ALLOWED[column.kind]
        for column, values in zip(columns, by_column, strict=True)
    )
    if keys and not fits:
        names = ", ".join(column.name for column in columns)
        raise StoreMismatch(
            f"Keys on the list do not have the form of the columns {names}; the table has changed "
            f"since they were found. Make a new plan."
        )
    return by_column


def names_of(columns: Columns) -> str:
    return ", ".join(column.sql for column in columns)


def row_of(columns: Columns) -> str:
    return columns[0].sql if len(columns) == 1 else f"({names_of(columns)})"


def _day_after(cutoff: date) -> str:
    slack = min(SLACK, date.max - cutoff)
    return (cutoff + slack).isoformat()


class Sqlite:
    """SQLite 3.35 or later: one writer at a time, so nothing is locked row by row."""

    name = "sqlite"
    returning = True
    columnar = False
    for_update = ""
    for_update_waiting = ""
    batch_items = 5_000

    _MOST_VARIABLES: Final = 32_000

    def verbatim(self, sql: str) -> str:
        return sql

    def among(self, columns: Columns, keys: Sequence[Key]) -> tuple[str, Parameters]:
        checked(columns, keys)
        if len(columns) == 1:
            marks = ",".join("?" * len(keys))
            return f"{columns[0].sql} IN ({marks})", tuple(key[0] for key in keys)
        row = f"({','.join('?' * len(columns))})"
        rows = ",".join([row] * len(keys))
        return f"{row_of(columns)} IN (VALUES {rows})", tuple(part for key in keys for part in key)

    def most_keys(self, columns: Columns) -> int:
        return self._MOST_VARIABLES // len(columns)

    def read_key(self, column: Column) -> str:
        return column.sql

    def read_event(self, event: Event) -> str:
        return f"({event.sql})"

    def text_of(self, column: Column) -> str:
        return f"CAST({column.sql} AS TEXT)"

    def whole_row(self, alias: str) -> str:
        return f"{alias}.*"

    def not_after(self, event: Event, cutoff: date) -> str:
        # A column declared DATE may well hold date-times: types bind nobody here.
        return f"({event.sql}) < '{_day_after(cutoff)}'"


class PostgreSql:
    """PostgreSQL 13 or later, through psycopg 3."""

    name = "postgresql"
    returning = True
    columnar = True
    for_update = " FOR UPDATE SKIP LOCKED"
    for_update_waiting = " FOR UPDATE"
    batch_items = 5_000

    def verbatim(self, sql: str) -> str:
        return sql.replace("%", "%%")

    def among(self, columns: Columns, keys: Sequence[Key]) -> tuple[str, Parameters]:
        by_column = checked(columns, keys)
        arrays = tuple(
            self._array(column, values) for column, values in zip(columns, by_column, strict=True)
        )
        if len(columns) == 1:
            return f"{columns[0].sql} = ANY(%s::{columns[0].cast}[])", arrays
        lists = ", ".join(f"%s::{column.cast}[]" for column in columns)
        return f"{row_of(columns)} IN (SELECT * FROM unnest({lists}))", arrays

    @staticmethod
    def _array(column: Column, values: Sequence[int | str | bytes]) -> object:
        if column.kind is KeyKind.WHOLE:
            # Ten times cheaper than handing the driver a list of integers.
            return "{" + ",".join(map(str, values)) + "}"
        if column.kind is KeyKind.TRUTH:
            return [bool(value) for value in values]
        return list(values)

    def most_keys(self, columns: Columns) -> int:
        return 1_000_000 // len(columns)

    def read_key(self, column: Column) -> str:
        match column.kind:
            case KeyKind.WHOLE | KeyKind.BYTES:
                return column.sql
            case KeyKind.TRUTH:
                return f"{column.sql}::int"
            case _:
                return f"{column.sql}::text"

    def read_event(self, event: Event) -> str:
        return f"({event.sql})::text"

    def text_of(self, column: Column) -> str:
        return f"{column.sql}::text"

    def whole_row(self, alias: str) -> str:
        return f"{alias}::text"

    def not_after(self, event: Event, cutoff: date) -> str:
        match event.kind:
            case EventKind.DATE:
                return f"({event.sql}) <= DATE '{cutoff.isoformat()}'"
            case EventKind.NAIVE:
                return f"({event.sql}) < TIMESTAMP '{_day_after(cutoff)} 00:00:00'"
            case EventKind.INSTANT:
                return f"({event.sql}) < TIMESTAMPTZ '{_day_after(cutoff)} 00:00:00+00'"
            case _:
                return f"(({event.sql}) COLLATE \"C\") < '{_day_after(cutoff)}'"


class MariaDb:
    """MariaDB 10.6 or later, through pymysql."""

    name = "mariadb"
    returning = True
    columnar = False
    for_update = " FOR UPDATE SKIP LOCKED"
    for_update_waiting = " FOR UPDATE"
    batch_items = 5_000

    def verbatim(self, sql: str) -> str:
        return sql.replace("%", "%%")

    def among(self, columns: Columns, keys: Sequence[Key]) -> tuple[str, Parameters]:
        by_column = checked(columns, keys)
        if len(columns) == 1:
            return self._one_of(columns[0], by_column[0])
        # Row constructors do not open an index range here; the leading column does.
        leading, given = self._one_of(columns[0], tuple(dict.fromkeys(by_column[0])))
        row = f"({','.join(['%s'] * len(columns))})"
        rows = ",".join([row] * len(keys))
        bound = tuple(
            _bound(column, part) for key in keys for column, part in zip(columns, key, strict=True)
        )
        return f"{leading} AND {row_of(columns)} IN ({rows})", given + bound

    @staticmethod
    def _one_of(column: Column, values: Sequence[int | str | bytes]) -> tuple[str, Parameters]:
        if column.kind is KeyKind.WHOLE:
            return f"{column.sql} IN ({','.join(map(str, values))})", ()
        marks = ",".join(["%s"] * len(values))
        return f"{column.sql} IN ({marks})", tuple(_bound(column, value) for value in values)

    def most_keys(self, columns: Columns) -> int:
        return 50_000 // len(columns)

    def read_key(self, column: Column) -> str:
        if column.kind in (KeyKind.PLAIN, KeyKind.DECIMAL):
            return f"CAST({column.sql} AS CHAR)"
        return column.sql

    def read_event(self, event: Event) -> str:
        if event.kind is EventKind.FLAG:
            return f"({event.sql})"
        return f"CAST(({event.sql}) AS CHAR)"

    def text_of(self, column: Column) -> str:
        return f"CAST({column.sql} AS CHAR)"

    def whole_row(self, alias: str) -> str:
        return f"{alias}.*"

    def not_after(self, event: Event, cutoff: date) -> str:
        match event.kind:
            case EventKind.DATE:
                return f"({event.sql}) <= DATE '{cutoff.isoformat()}'"
            case EventKind.NAIVE | EventKind.INSTANT:
                return f"({event.sql}) < TIMESTAMP '{_day_after(cutoff)} 00:00:00'"
            case _:
                return f"CAST(({event.sql}) AS BINARY) < '{_day_after(cutoff)}'"


class MySql(MariaDb):
    """MySQL 8.0.1 or later: as MariaDB, but a DELETE does not say what it deleted."""

    name = "mysql"
    returning = False


def _bound(column: Column, value: int | str | bytes) -> object:
    """A DECIMAL compared with text would be compared as a float."""
    return Decimal(value) if column.kind is KeyKind.DECIMAL and isinstance(value, str) else value
