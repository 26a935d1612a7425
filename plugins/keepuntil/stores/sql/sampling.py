"""A few rows of each table that no rule claims, found without reading the rest.

PostgreSQL picks whole pages (``TABLESAMPLE SYSTEM``); elsewhere rows are looked up at places
spread between the first and the last key, or from both ends of it. Each table is read in a
transaction of its own, which writes nothing, waits for no lock and is given up after seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from keepuntil.domain.categories import Child, SqlInstance, StoredInstance
from keepuntil.domain.personal_data.judging import LONGEST_VALUE, Field
from keepuntil.domain.personal_data.masking import masked_name
from keepuntil.errors import StoreError, StoreUnreachable
from keepuntil.stores.excerpts import MOST_VALUES, inside, spread
from keepuntil.stores.protocol import Sampled
from keepuntil.stores.sql.catalog import Listed, tables
from keepuntil.stores.sql.connection import Database, Session

_PATIENCE: Final = 10
_LOCK_PATIENCE: Final = 1
"""Seconds until a statement, and until the wait for a lock, is given up."""

_FEW_PAGES: Final = 64
"""Of a table of so few pages the first rows are taken."""
_PAGES: Final = 20
_MOST_ROWS: Final = 4_000
"""Rows of the chosen pages that are fetched before they are thinned out."""
_SEED: Final = 11643
"""The same pages every week, so that a finding does not come and go."""

_PROBES: Final = 20
_ROWS_A_PROBE: Final = MOST_VALUES // _PROBES

_GUARDS: Final = {
    "postgresql": (
        f"SET LOCAL statement_timeout = '{_PATIENCE}s'",
        f"SET LOCAL lock_timeout = '{_LOCK_PATIENCE}s'",
    ),
    "mariadb": (
        f"SET SESSION max_statement_time = {_PATIENCE}, lock_wait_timeout = {_LOCK_PATIENCE}",
    ),
    "mysql": (
        f"SET SESSION max_execution_time = {_PATIENCE}000, lock_wait_timeout = {_LOCK_PATIENCE}",
    ),
    "sqlite": (),
}


def unclaimed(database: Database, instances: Sequence[StoredInstance]) -> Iterator[Sampled]:
    """One sample for each column of the tables that none of the instances claims."""
    claims = list(_claims(instances))
    beside = next((schema for schema, _ in claims if schema is not None), None)
    with database.reading() as session:
        listed = tables(session, beside)
    for table in listed:
        if not any(_same(table, schema, name) for schema, name in claims):
            yield from _sampled(database, table)


def _claims(instances: Sequence[StoredInstance]) -> Iterator[tuple[str | None, str]]:
    for instance in instances:
        if isinstance(instance, SqlInstance):
            yield instance.schema, instance.table
            yield from _below(instance.schema, instance.children)


def _below(schema: str | None, children: Sequence[Child]) -> Iterator[tuple[str | None, str]]:
    for child in children:
        named, _, table = child.table.rpartition(".")
        yield named or schema, table
        yield from _below(named or schema, child.children)


def _same(table: Listed, schema: str | None, name: str) -> bool:
    here = table.current if schema is None else table.schema == schema
    return here and table.name.lower() == name.lower()


def _sampled(database: Database, table: Listed) -> Iterator[Sampled]:
    where = masked_name(table.name if table.current else f"{table.schema}.{table.name}")
    try:
        with database.reading() as session:
            for statement in _GUARDS[session.dialect.name]:
                session.execute(statement)
            items, rows = _rows(session, table) if table.columns else (table.rows, [])
    except StoreUnreachable:
        raise
    except StoreError as error:
        yield Sampled(where=where, items=table.rows, unread=error.sentence)
        return
    for place, name in enumerate(table.columns):
        values = tuple(_text(row[place]) for row in rows if row[place] is not None)
        yield Sampled(
            where=f"{where}.{masked_name(name)}",
            items=items,
            fields=inside(Field(name=name, values=values)),
        )


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _rows(session: Session, table: Listed) -> tuple[int | None, Sequence[Sequence[Any]]]:
    """About how many rows there are, and some of them."""
    name = session.quoted(table.schema, table.name)
    wanted = ", ".join(_expression(session, column) for column in table.columns)
    if session.dialect.name == "postgresql":
        return _by_pages(session, table, f"SELECT {wanted} FROM {name}")
    if table.key is None:
        return _from_the_start(session, table, f"SELECT {wanted} FROM {name}")
    return _by_key(session, table, name, wanted)


def _expression(session: Session, column: str) -> str:
    quoted = session.quoted(None, column)
    match session.dialect.name:
        case "postgresql":
            return f"left({quoted}::text, {LONGEST_VALUE})"
        case "sqlite":
            # As bytes: what is no valid text there would make the whole statement fail.
            return f"CAST(substr({quoted}, 1, {LONGEST_VALUE}) AS BLOB)"
        case _:
            return f"LEFT(CAST({quoted} AS CHAR), {LONGEST_VALUE})"


def _by_pages(
    session: Session, table: Listed, select: str
) -> tuple[int | None, Sequence[Sequence[Any]]]:
    pages = _pages(session, table) if table.pages is None else table.pages
    if pages > _FEW_PAGES:
        share = 100 * _PAGES / pages
        rows = session.rows(
            f"{select} TABLESAMPLE SYSTEM ({share:.8f}) REPEATABLE ({_SEED}) LIMIT {_MOST_ROWS}"
        )
        if rows:
            # Never analysed: as dense everywhere as on the pages that were read.
            items = table.rows if table.rows is not None else len(rows) * pages // _PAGES
            return items, spread(rows, MOST_VALUES)
    return _from_the_start(session, table, select)


_SIZE: Final = """
SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::bigint
"""


def _pages(session: Session, table: Listed) -> int:
    # Not asked for all tables at once: it waits for whoever has locked one of them.
    ((pages,),) = session.rows(_SIZE, (session.named(table.schema, table.name),))
    return int(pages)


def _from_the_start(
    session: Session, table: Listed, select: str
) -> tuple[int | None, Sequence[Sequence[Any]]]:
    rows = session.rows(f"{select} LIMIT {MOST_VALUES}")
    return (len(rows) if len(rows) < MOST_VALUES else table.rows), rows


def _by_key(
    session: Session, table: Listed, name: str, wanted: str
) -> tuple[int | None, Sequence[Sequence[Any]]]:
    key = session.quoted(None, table.key or "")
    # Apart: together in one SELECT they would be looked for row by row.
    ends = (f"(SELECT {which}({key}) FROM {name})" for which in ("MIN", "MAX"))
    ((first, last),) = session.rows(f"SELECT {', '.join(ends)}")
    if first is None:
        return 0, []
    select = f"SELECT {key} AS probed, {wanted} FROM {name}"
    if table.whole_key:
        span = last - first + 1
        starts = dict.fromkeys(first + span * place // _PROBES for place in range(_PROBES))
        pieces = [
            f"{select} WHERE {key} >= {start} ORDER BY {key} LIMIT {_ROWS_A_PROBE}"
            for start in starts
        ]
        items = span if table.rows is None else table.rows
    else:
        half = MOST_VALUES // 2
        pieces = [f"{select} ORDER BY {key} {way} LIMIT {half}" for way in ("ASC", "DESC")]
        items = table.rows
    # Where keys are sparse, several probes meet the same rows.
    together = " UNION ALL ".join(
        f"SELECT * FROM ({piece}) AS piece_{place}" for place, piece in enumerate(pieces)
    )
    rows = {row[0]: row[1:] for row in session.rows(together)}
    return items, list(rows.values())
