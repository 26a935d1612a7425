"""Every table of a database as its catalogue knows it: columns that can hold text, about how
many rows, by what rows are found. No table is opened for this."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final

from keepuntil.stores.sql.connection import Session

_POSTGRESQL: Final = """
SELECT n.nspname, c.relname, n.nspname = current_schema(),
       CASE WHEN c.relkind = 'p' THEN tree.rows ELSE c.reltuples END::bigint,
       tree.pages,
       a.attname, COALESCE(b.typname, t.typname), COALESCE(b.typcategory, t.typcategory)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
CROSS JOIN LATERAL (
  SELECT sum(greatest(leaf.reltuples, 0)) AS rows, sum(leaf.relpages) AS pages
  FROM pg_catalog.pg_partition_tree(c.oid) part
  JOIN pg_catalog.pg_class leaf ON leaf.oid = part.relid WHERE part.isleaf
) tree
WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname, c.relname, a.attnum
"""
_MARIADB: Final = """
SELECT t.TABLE_SCHEMA, t.TABLE_NAME, t.TABLE_SCHEMA = DATABASE(), t.TABLE_ROWS, NULL,
       c.COLUMN_NAME, c.DATA_TYPE, c.COLUMN_KEY
FROM information_schema.TABLES t
JOIN information_schema.COLUMNS c
  ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME
WHERE t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')
  AND (t.TABLE_SCHEMA = DATABASE() OR t.TABLE_SCHEMA = %s)
ORDER BY t.TABLE_SCHEMA, t.TABLE_NAME, c.ORDINAL_POSITION
"""
_MARIADB_KEYS: Final = """
SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM information_schema.STATISTICS
WHERE INDEX_NAME = 'PRIMARY' AND SEQ_IN_INDEX = 1
  AND (TABLE_SCHEMA = DATABASE() OR TABLE_SCHEMA = %s)
"""
_SQLITE: Final = """
SELECT NULL, m.name, 1, NULL, NULL, p.name, p.type, m.sql
FROM sqlite_master m, pragma_table_info(m.name) p
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
  AND m.sql NOT LIKE 'CREATE VIRTUAL %'
ORDER BY m.name, p.cid
"""

_TEXTS: Final = frozenset(("json", "jsonb", "xml", "hstore"))
_LISTS: Final = frozenset(("_text", "_varchar", "_bpchar", "_json", "_jsonb", "_int8", "_numeric"))
_WIDE_NUMBERS: Final = frozenset(("int8", "numeric", "bigint", "decimal"))
_WHOLE: Final = frozenset(("tinyint", "smallint", "mediumint", "int", "bigint"))
_DAYS: Final = frozenset(("date", "timestamp", "timestamptz", "datetime"))
_MARIADB_TEXTS: Final = frozenset(
    ("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "json")
)
_ROW_NUMBERS: Final = ("rowid", "_rowid_", "oid")
_WITHOUT_ROW_NUMBER: Final = re.compile(r"\)[^)]*\bWITHOUT\s+ROWID\b[^)]*$", re.IGNORECASE)
_NO_TEXT: Final = re.compile(r"BLOB|REAL|FLOA|DOUB|BOOL", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A table, a partitioned table as a whole, or a materialised view."""

    schema: str | None
    name: str
    current: bool
    """It is found without naming its schema."""
    rows: int | None
    """As the catalogue estimates it; None: it does not."""
    pages: int | None
    """Of all partitions together; None: to be asked of the table itself."""
    columns: tuple[str, ...]
    """Those that may hold text or long numbers, in their order."""
    key: str | None = None
    """Rows are found by it without reading others: a row number, or the primary key's first."""
    whole_key: bool = False
    """The key is a whole number, so places between its ends can be made up."""


def tables(session: Session, beside: str | None) -> list[Listed]:
    """Every table, by schema and name. ``beside``: on MariaDB, one more database to list."""
    match session.dialect.name:
        case "postgresql":
            return list(_grouped(session.rows(_POSTGRESQL), _postgresql_holds))
        case "sqlite":
            rows = session.rows(_SQLITE)
            made = {
                row[1]: (row[7], [each[5] for each in rows if each[1] == row[1]]) for row in rows
            }
            return [_numbered(table, *made[table.name]) for table in _grouped(rows, _sqlite_holds)]
        case _:
            keys = {tuple(row[:2]): row[2] for row in session.rows(_MARIADB_KEYS, (beside,))}
            rows = session.rows(_MARIADB, (beside,))
            types = {(row[0], row[1], row[5]): row[6] for row in rows}
            return [_keyed(table, keys, types) for table in _grouped(rows, _mariadb_holds)]


def _grouped(rows: Sequence[Sequence[Any]], holds: Callable[[str, str], bool]) -> Iterator[Listed]:
    for (schema, name), group in groupby(rows, key=lambda row: tuple(row[:2])):
        columns = list(group)
        current, estimate, pages = columns[0][2:5]
        yield Listed(
            schema=schema,
            name=name,
            current=bool(current),
            rows=None if estimate is None or estimate < 0 else int(estimate),
            pages=None if pages is None else int(pages),
            columns=tuple(column[5] for column in columns if holds(*column[6:8])),
        )


def _postgresql_holds(type_: str, category: str) -> bool:
    return category == "S" or type_ in _TEXTS | _LISTS | _WIDE_NUMBERS | _DAYS


def _mariadb_holds(type_: str, _key: str) -> bool:
    return type_.lower() in _MARIADB_TEXTS | _WIDE_NUMBERS | _DAYS


def _sqlite_holds(type_: str, _sql: str) -> bool:
    # A type is a hint there: what was declared a number may hold text.
    return not _NO_TEXT.search(type_)


def _numbered(table: Listed, sql: str, names: Sequence[str]) -> Listed:
    taken = {name.lower() for name in names}
    free = next((name for name in _ROW_NUMBERS if name not in taken), None)
    if free is None or _WITHOUT_ROW_NUMBER.search(sql):
        return table
    return _with_key(table, free, whole=True)


def _keyed(table: Listed, keys: Mapping[Any, str], types: Mapping[Any, str]) -> Listed:
    key = keys.get((table.schema, table.name))
    if key is None:
        return table
    return _with_key(table, key, whole=types[table.schema, table.name, key].lower() in _WHOLE)


def _with_key(table: Listed, key: str, *, whole: bool) -> Listed:
    return replace(table, key=key, whole_key=whole)
