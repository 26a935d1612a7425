"""Where SQLite, PostgreSQL, MariaDB and MySQL differ. Values, no connections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any, Final, Protocol

from keepuntil.stores.sql.columnar import KeyList
from keepuntil.stores.sql.layout import Column, Columns, Event, EventKind, KeyKind

Parameters = tuple[object, ...]

SLACK: Final = timedelta(days=3)
"""A date-time up to this long after midnight UTC of the cutoff is still handed out and then
decided: no pair of zones is further apart, so no due row is missed."""


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

    def streaming(self, connection: Any) -> Any:
        """A cursor of the driver that leaves the result with the server."""

    def verbatim(self, sql: str) -> str:
        """A person's SQL, so that the driver takes none of it for a placeholder."""

    def among(self, columns: Columns, keys: KeyList) -> tuple[str, Parameters]:
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

    def streaming(self, connection: Any) -> Any:
        return connection.cursor()

    def verbatim(self, sql: str) -> str:
        return sql

    def among(self, columns: Columns, keys: KeyList) -> tuple[str, Parameters]:
        values = keys.columns(columns)
        if len(columns) == 1:
            return _question_marks(columns[0], values[0])
        # Row values open no index range: alone they read the whole table for every batch.
        # The leading column does, so a batch reads what begins like its keys.
        leading, given = _question_marks(columns[0], tuple(dict.fromkeys(values[0])))
        row = f"({','.join('?' * len(columns))})"
        rows = ",".join([row] * len(keys))
        bound = tuple(chain.from_iterable(keys.keys))
        return f"{leading} AND {row_of(columns)} IN (VALUES {rows})", given + bound

    def most_keys(self, columns: Columns) -> int:
        named = len(columns) if len(columns) == 1 else len(columns) + 1  # the leading one twice
        return self._MOST_VARIABLES // named

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

    def streaming(self, connection: Any) -> Any:
        return connection.cursor(name="keepuntil")

    def verbatim(self, sql: str) -> str:
        return sql.replace("%", "%%")

    def among(self, columns: Columns, keys: KeyList) -> tuple[str, Parameters]:
        values = keys.columns(columns)
        if len(columns) == 1:
            (column,) = columns
            # A text is ten times cheaper than handing the driver a list of integers.
            whole = column.kind is KeyKind.WHOLE
            array = f"{{{keys.whole(columns)}}}" if whole else _array(column, values[0])
            return f"{column.sql} = ANY(%s::{column.cast}[])", (array,)
        arrays = tuple(_array(column, held) for column, held in zip(columns, values, strict=True))
        lists = ", ".join(f"%s::{column.cast}[]" for column in columns)
        return f"{row_of(columns)} IN (SELECT * FROM unnest({lists}))", arrays

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

    def streaming(self, connection: Any) -> Any:
        from pymysql.cursors import SSCursor

        return connection.cursor(SSCursor)

    def verbatim(self, sql: str) -> str:
        return sql.replace("%", "%%")

    def among(self, columns: Columns, keys: KeyList) -> tuple[str, Parameters]:
        values = keys.columns(columns)
        if len(columns) == 1:
            (column,) = columns
            if column.kind is KeyKind.WHOLE:
                return f"{column.sql} IN ({keys.whole(columns)})", ()
            return _one_of(column, values[0])
        # Row constructors do not open an index range here; the leading column does.
        leading, given = _one_of(columns[0], tuple(dict.fromkeys(values[0])))
        row = f"({','.join(['%s'] * len(columns))})"
        rows = ",".join([row] * len(keys))
        bound = tuple(
            _bound(column, part)
            for key in keys.keys
            for column, part in zip(columns, key, strict=True)
        )
        return f"{leading} AND {row_of(columns)} IN ({rows})", given + bound

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


def _question_marks(column: Column, values: Sequence[int | str | bytes]) -> tuple[str, Parameters]:
    return f"{column.sql} IN ({','.join('?' * len(values))})", tuple(values)


def _one_of(column: Column, values: Sequence[int | str | bytes]) -> tuple[str, Parameters]:
    marks = ",".join(["%s"] * len(values))
    return f"{column.sql} IN ({marks})", tuple(_bound(column, value) for value in values)


def _array(column: Column, values: Sequence[int | str | bytes]) -> object:
    """A list that psycopg makes an array of, in a type that the cast understands."""
    if column.kind is KeyKind.TRUTH:
        return [bool(value) for value in values]
    return list(values)
