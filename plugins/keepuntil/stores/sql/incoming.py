"""Whether anything points at the tables that did not when they were last looked at.

Resolving a declaration is dear, so it is remembered. A child table made since, with ON
DELETE CASCADE, would be taken along uncounted; so each batch asks, after its deletions and
before its commit, one cheap question whose answer changes when a foreign key comes or goes.
By then the tables are locked against new foreign keys (PostgreSQL), or the database is
(SQLite), or a foreign key that came later has cascaded nothing (MariaDB, MySQL).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from keepuntil.domain.categories import Child, SqlInstance, StoredInstance
from keepuntil.errors import StoreError, StoreMismatch
from keepuntil.stores.sql.connection import Session

Answer = tuple[tuple[object, ...], ...]
"""To be compared with another one; it says nothing by itself."""

_POSTGRESQL: Final = """
SELECT t.tgrelid::bigint, t.oid::bigint, t.tgenabled::text
FROM pg_catalog.pg_trigger t
WHERE t.tgrelid IN (SELECT to_regclass(n) FROM unnest(%s::text[]) AS n)
ORDER BY t.tgrelid, t.oid
"""
"""A foreign key is a trigger on the table it points at, found by an index of the catalog.
Triggers of other kinds answer too, which costs a second look and nothing else."""

_DICTIONARY: Final = {
    "mariadb": "information_schema.INNODB_SYS_FOREIGN",
    "mysql": "information_schema.INNODB_FOREIGN",
}
_EVERY_KEY: Final = (
    "SELECT COUNT(*), BIT_XOR(CRC32(CONCAT_WS('/', ID, FOR_NAME, REF_NAME, TYPE))), "
    "SUM(CRC32(CONCAT_WS('/', ID, FOR_NAME, REF_NAME, TYPE))) FROM {table}"
)
"""InnoDB's own dictionary, whole: its names are encoded, and the question has to be cheap."""

_KEYS_ONTO: Final = (
    "SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE "
    "WHERE {onto} ORDER BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION"
)
"""For users without the right PROCESS. It opens every table the user may see."""

_ONTO: Final = "(REFERENCED_TABLE_SCHEMA = COALESCE(%s, DATABASE()) AND REFERENCED_TABLE_NAME = %s)"


class PointedAtAnew(StoreMismatch):
    """A foreign key came or went since the layout was learnt: nothing of the batch is final."""


def of_sql(instance: StoredInstance) -> SqlInstance:
    """The instance as what it has to be here. Raises StoreMismatch."""
    if not isinstance(instance, SqlInstance):
        raise StoreMismatch(
            f"Instance {instance.id} is not a table, but its store {instance.store} is a database."
        )
    return instance


def pointing_now(session: Session, instance: SqlInstance) -> Answer:
    """What points at the instance's tables, in a form to compare. Reads only."""
    tables = [(instance.schema, instance.table), *_below(instance.schema, instance.children)]
    match session.dialect.name:
        case "postgresql":
            names = [session.named(schema, name) for schema, name in tables]
            return _rows(session, _POSTGRESQL, (names,))
        case "sqlite":
            return _rows(session, "PRAGMA schema_version", ())
        case dialect:
            try:
                return _rows(session, _EVERY_KEY.format(table=_DICTIONARY[dialect]), ())
            except StoreError:
                question = _KEYS_ONTO.format(onto=" OR ".join([_ONTO] * len(tables)))
                return _rows(session, question, tuple(part for pair in tables for part in pair))


def refuse_anew(session: Session, instance: SqlInstance, before: Answer) -> None:
    """Raise PointedAtAnew unless the same points at the tables as ``before``."""
    if pointing_now(session, instance) != before:
        raise PointedAtAnew(
            f"Instance {instance.id}: foreign keys onto its tables changed while it was being "
            f"destroyed. Nothing of the batch was destroyed."
        )


def _below(schema: str | None, children: Sequence[Child]) -> Iterator[tuple[str | None, str]]:
    for child in children:
        named, _, name = child.table.rpartition(".")
        yield named or schema, name
        yield from _below(named or schema, child.children)


def _rows(session: Session, sql: str, parameters: tuple[object, ...]) -> Answer:
    return tuple(tuple(row) for row in session.rows(sql, parameters))
