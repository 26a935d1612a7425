"""Which tables point at a table, in every schema, as the catalog knows it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Final

from keepuntil.stores.sql.connection import Session

_POSTGRESQL: Final = """
SELECT n.nspname, c.relname, k.conname, k.condeferrable, a.attname, r.attname
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS pair(here, there, place)
JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.here
JOIN pg_catalog.pg_attribute r ON r.attrelid = k.confrelid AND r.attnum = pair.there
WHERE k.contype = 'f' AND k.confrelid = %s::regclass
  AND NOT (k.conparentid <> 0 AND c.relispartition)
ORDER BY n.nspname, c.relname, k.conname, pair.place
"""

_MARIADB: Final = """
SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, 0, COLUMN_NAME, REFERENCED_COLUMN_NAME
FROM information_schema.KEY_COLUMN_USAGE
WHERE REFERENCED_TABLE_SCHEMA = COALESCE(%s, DATABASE()) AND REFERENCED_TABLE_NAME = %s
ORDER BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION
"""

_SQLITE: Final = """
SELECT NULL, m.name, f.id, 0, f."from", f."to"
FROM sqlite_master m, pragma_foreign_key_list(m.name) f
WHERE m.type = 'table' AND lower(f."table") = lower(?)
ORDER BY m.name, f.id, f.seq
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """``table (columns)`` points at the ``refs`` of the table that was asked about."""

    schema: str | None
    table: str
    columns: tuple[str, ...]
    refs: tuple[str, ...] | None
    """None: its primary key, as SQLite lets one say."""
    deferrable: bool


def pointing_at(session: Session, schema: str | None, table: str) -> tuple[ForeignKey, ...]:
    """Every foreign key onto the table that the user may see, in a fixed order."""
    rows = session.rows(*_question(session, schema, table))
    found = []
    for (where, name, _), group in groupby(rows, key=lambda row: tuple(row[:3])):
        pairs = list(group)
        refs = tuple(pair[5] for pair in pairs)
        found.append(
            ForeignKey(
                schema=where,
                table=name,
                columns=tuple(pair[4] for pair in pairs),
                refs=None if None in refs else refs,
                deferrable=bool(pairs[0][3]),
            )
        )
    return tuple(found)


def _question(
    session: Session, schema: str | None, table: str
) -> tuple[str, tuple[str | None, ...]]:
    match session.dialect.name:
        case "postgresql":
            return _POSTGRESQL, (session.named(schema, table),)
        case "sqlite":
            return _SQLITE, (table,)
        case _:
            return _MARIADB, (schema, table)
