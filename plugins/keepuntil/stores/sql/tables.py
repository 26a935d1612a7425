"""One table as the database knows it: columns, what is unique, what is indexed."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import NoSuchTableError, SAWarning
from sqlalchemy.types import TypeEngine

from keepuntil.stores.sql.connection import Session, in_our_words
from keepuntil.stores.sql.layout import Column, KeyKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table that exists. Column names are as the database spells them."""

    schema: str | None
    name: str
    sql: str
    types: Mapping[str, TypeEngine[Any]]
    empty_allowed: frozenset[str]
    primary: tuple[str, ...]
    unique: tuple[frozenset[str], ...]
    """Sets of columns that no two rows share, the primary key included."""
    indexed: tuple[tuple[str, ...], ...]
    """Columns of each index over the whole table, in its order."""

    def names_rows(self, columns: Sequence[str]) -> bool:
        """Whether the columns tell every row from every other."""
        return any(unique <= set(columns) for unique in self.unique)

    def finds_by(self, columns: Sequence[str]) -> bool:
        """Whether some index begins with exactly these columns, in any order."""
        wanted = set(columns)
        return any(set(index[: len(wanted)]) == wanted for index in self.indexed)

    def own_key(self) -> tuple[str, ...] | None:
        """The columns by which a row is named in the evidence."""
        if self.primary:
            return self.primary
        for unique in sorted(self.unique, key=sorted):
            if not unique & self.empty_allowed:
                return tuple(name for name in self.types if name in unique)
        return None


def nearest(word: str, words: Sequence[str]) -> str:
    """``; did you mean loan_file?`` or nothing."""
    matches = get_close_matches(word, words, n=1)
    return f"; did you mean {matches[0]}?" if matches else ""


def table_names(session: Session, schema: str | None) -> list[str]:
    inspector = sa.inspect(session.connection)
    return in_our_words(session.store, lambda: inspector.get_table_names(schema=schema))


def read_table(session: Session, schema: str | None, name: str) -> Table | None:
    """The table, or None when there is none of that name."""
    return in_our_words(session.store, lambda: _reflected(session, schema, name))


def _reflected(session: Session, schema: str | None, name: str) -> Table | None:
    with warnings.catch_warnings():
        # SQLAlchemy warns of column types it does not know; those are judged when used.
        warnings.simplefilter("ignore", SAWarning)
        inspector = sa.inspect(session.connection)
        try:
            columns = inspector.get_columns(name, schema=schema)
        except NoSuchTableError:
            return None
        primary = inspector.get_pk_constraint(name, schema=schema)["constrained_columns"]
        constraints = inspector.get_unique_constraints(name, schema=schema)
        # SQLite keeps its unique constraints as indexes it made itself; the others ignore the word.
        indexes = inspector.get_indexes(name, schema=schema, include_auto_indexes=True)
    whole = [index for index in indexes if not _is_partial(index)]
    unique = [
        primary,
        *(constraint["column_names"] for constraint in constraints),
        *(_columns_of(index) for index in whole if index["unique"]),
    ]
    return Table(
        schema=schema,
        name=name,
        sql=session.quoted(schema, name),
        types={column["name"]: column["type"] for column in columns},
        empty_allowed=frozenset(c["name"] for c in columns if c["nullable"]),
        primary=tuple(primary),
        unique=tuple(frozenset(names) for names in unique if names),
        indexed=(tuple(primary), *(_columns_of(index) for index in whole)),
    )


def _is_partial(index: Mapping[str, Any]) -> bool:
    options = index.get("dialect_options", {})
    return any(key.endswith("_where") and value is not None for key, value in options.items())


def _columns_of(index: Mapping[str, Any]) -> tuple[str, ...]:
    """An expression in an index stands under no column's name."""
    return tuple(name if name is not None else "" for name in index["column_names"])


def key_column(session: Session, table: Table, name: str) -> Column | None:
    """The column as part of a key; None when its type cannot name a row exactly."""
    answer = _kind_of(table.types[name])
    if answer is None:
        return None
    kind, cast = answer
    if session.dialect.name == "sqlite":
        kind = KeyKind.ANY
    return Column(name=name, sql=session.quoted(None, name), kind=kind, cast=cast)


def _kind_of(type_: TypeEngine[Any]) -> tuple[KeyKind, str] | None:
    """The kind, and the PostgreSQL type to cast arrays to: never one with a length."""
    if isinstance(type_, postgresql.DOMAIN):
        return _kind_of(type_.data_type)
    if isinstance(type_, postgresql.ENUM):
        name = type_.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
        return KeyKind.TEXT, str(name)
    if isinstance(type_, sa.DateTime):
        return KeyKind.PLAIN, "timestamptz" if type_.timezone else "timestamp"
    for family, kind, cast in _FAMILIES:
        if isinstance(type_, family):
            return kind, cast
    return None


_FAMILIES: Final[tuple[tuple[type, KeyKind, str], ...]] = (
    (sa.Boolean, KeyKind.TRUTH, "boolean"),
    (sa.Integer, KeyKind.WHOLE, "bigint"),
    (sa.Numeric, KeyKind.DECIMAL, "numeric"),
    (sa.Uuid, KeyKind.PLAIN, "uuid"),
    (sa.Date, KeyKind.PLAIN, "date"),
    (sa.LargeBinary, KeyKind.BYTES, "bytea"),
    (sa.BINARY, KeyKind.BYTES, "bytea"),
    (sa.VARBINARY, KeyKind.BYTES, "bytea"),
    (postgresql.CITEXT, KeyKind.TEXT, "citext"),
    (sa.CHAR, KeyKind.TEXT, "bpchar"),
    (sa.String, KeyKind.TEXT, "text"),
)
"""Types that name a row exactly. Floating point does not; neither do JSON, arrays, ranges."""


_VERSIONED: Final = """
SELECT TABLE_TYPE FROM information_schema.TABLES
WHERE TABLE_SCHEMA = COALESCE(%s, DATABASE()) AND TABLE_NAME = %s
"""


def objection_to_keeping(session: Session, table: Table) -> str | None:
    """What would make a deleted row stay readable in the same table, or None."""
    if session.dialect.name != "mariadb":
        return None
    rows = session.rows(_VERSIONED, (table.schema, table.name))
    if any(kind == "SYSTEM VERSIONED" for (kind,) in rows):
        return (
            "has system versioning: deleted rows stay in its history. Drop the versioning, or "
            "let a rule of its own delete the history"
        )
    return None
