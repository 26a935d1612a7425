"""Inserts that two processes may race for: exactly one of them makes the row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, literal
from sqlalchemy.dialects import postgresql, sqlite

from keepuntil.register.places import SQLITE


def insert_once(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert the row unless one with the same key stands already; True when it is new."""
    insert = dialect_insert(connection, table).values(**values).on_conflict_do_nothing()
    # A row comes back only when it is new; drivers do not agree on the row count here.
    return connection.execute(insert.returning(literal(True))).scalar() is not None


def dialect_insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """The insert that knows ``ON CONFLICT``, which both databases spell alike."""
    if connection.dialect.name == SQLITE:
        return sqlite.insert(table)
    return postgresql.insert(table)
