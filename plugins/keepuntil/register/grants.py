"""What database roles may do with a PostgreSQL register: least privilege, as statements.

    administrator   owns the tables: migrations, and these grants
    worker          the road: reads and adds; changes and deletes only what is named here
    auditor         reads; no sealed column, no wrapped key, and writes nothing

A table that is not named here is append-only for the worker: new ones are safe unsaid.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import postgresql

from keepuntil.errors import UsageError
from keepuntil.register.connection import Register
from keepuntil.register.migrations import VERSION_TABLE
from keepuntil.register.tables import metadata

SCRUB: Final = "scrub_list_key"
_WRAPPED: Final = "wrapped"
_SEALED: Final = "sealed_"

CHANGED: Final[Mapping[str, tuple[str, ...]]] = {
    "certificate": ("token",),
    "finding": (
        *("kind", "sentence_zh", "sentence_en", "counts", "seen", "reopened", "last_seen_at"),
        *("closed_at", "closed_by", "remedy"),
    ),
    "forecast": ("as_of", "months"),
    "hold": ("lifted_by", "lifted_at", "sealed_lift_reason"),
    "intent": ("sealed_columns",),
    "item_list": ("destroyed_at",),
    "list_key": ("wrapped",),
    "log_head": ("cosigned", "tokens"),
    "observation": (),
    "plan": ("state",),
    "run": ("state", "finished_at", "stopped_by"),
    "sample": ("head_size", "seed", "drawn", "verdict", "closed_by", "closed_at"),
    "shard": ("observed", "token", "worker", "leased_until"),
    "subject_request": ("sealed_subject", "closed_at", "closed_by", "closed_because"),
    "surroundings": ("sealed_neighbours", "total", "method", "caveat_zh", "caveat_en"),
}
"""Tables in which the worker changes rows, and the columns it changes; none named: any."""

DELETED: Final = frozenset({"coverage", "item_chunk", "item_list", "list_key", "surroundings"})
"""Tables in which the worker deletes rows: a list ends with its certificate."""


class DatabaseRole(StrEnum):
    """A role of the database server, which one or several logins are members of."""

    ADMINISTRATOR = "administrator"
    WORKER = "worker"
    AUDITOR = "auditor"


def statements(register: Register, roles: Collection[DatabaseRole], prefix: str) -> list[str]:
    """The statements for these roles, in order; each name is ``prefix`` and the role.

    They take back what was given before, so that they may be run again. Raises UsageError
    for a register in SQLite, where whoever may write the file may do everything.
    """
    if register.place.path:
        raise UsageError(
            f"The register at {register.place} is a SQLite file: its permissions (0600) are "
            "all there is. Roles with fewer rights take a register in PostgreSQL."
        )
    with register.reading() as connection:
        schema = str(connection.execute(select(func.current_schema())).scalar_one())
        sequences = _sequences(connection)
    write = _Writer(schema, sequences)
    return [each for role in roles for each in write.of(role, prefix + role.value)]


def readable(table: Table) -> tuple[str, ...]:
    """The columns of a table that hold nothing sealed; none where it keeps wrapped keys."""
    if _WRAPPED in table.columns:
        return ()
    return tuple(c.name for c in table.columns if not c.name.startswith(_SEALED))


def _sequences(connection: Connection) -> list[str]:
    """The sequences behind numbered rows."""
    found = []
    for table in metadata.sorted_tables:
        for column in table.primary_key:
            name = func.pg_get_serial_sequence(func.quote_ident(table.name), column.name)
            found.append(connection.execute(select(name)).scalar())
    return sorted(str(name) for name in found if name is not None)


class _Writer:
    """Writes statements for one schema."""

    def __init__(self, schema: str, sequences: Collection[str]) -> None:
        self._quote = postgresql.dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]
        self._schema = self._quote(schema)
        self._sequences = sequences

    def of(self, role: DatabaseRole, name: str) -> list[str]:
        """What a role is given."""
        kinds = {
            DatabaseRole.ADMINISTRATOR: self._administrator,
            DatabaseRole.WORKER: self._worker,
            DatabaseRole.AUDITOR: self._auditor,
        }
        return list(kinds[role](self._quote(name)))

    def _administrator(self, to: str) -> Iterator[str]:
        yield f"REVOKE CREATE ON SCHEMA {self._schema} FROM PUBLIC"
        yield f"GRANT USAGE, CREATE ON SCHEMA {self._schema} TO {to}"
        for name in (*(table.name for table in metadata.sorted_tables), VERSION_TABLE):
            yield f"ALTER TABLE {self._in_schema(name)} OWNER TO {to}"
        yield f"ALTER FUNCTION {self._in_schema(SCRUB)}() OWNER TO {to}"

    def _worker(self, to: str) -> Iterator[str]:
        yield from self._afresh(to)
        yield f"GRANT SELECT ON {self._in_schema(VERSION_TABLE)} TO {to}"
        for table in metadata.sorted_tables:
            here = self._in_schema(table.name)
            yield f"GRANT SELECT, INSERT ON {here} TO {to}"
            if table.name in CHANGED:
                yield f"GRANT UPDATE{self._columns(CHANGED[table.name])} ON {here} TO {to}"
            if table.name in DELETED:
                yield f"GRANT DELETE ON {here} TO {to}"
        for sequence in self._sequences:
            yield f"GRANT USAGE ON SEQUENCE {sequence} TO {to}"
        yield f"GRANT EXECUTE ON FUNCTION {self._in_schema(SCRUB)}() TO {to}"

    def _auditor(self, to: str) -> Iterator[str]:
        yield from self._afresh(to)
        yield f"GRANT SELECT ON {self._in_schema(VERSION_TABLE)} TO {to}"
        for table in metadata.sorted_tables:
            clear = readable(table)
            whole = len(clear) == len(table.columns)
            if clear:
                columns = "" if whole else self._columns(clear)
                yield f"GRANT SELECT{columns} ON {self._in_schema(table.name)} TO {to}"

    def _afresh(self, to: str) -> Iterator[str]:
        yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {self._schema} FROM {to}"
        yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {self._schema} FROM {to}"
        yield f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {self._schema} FROM {to}"
        yield f"GRANT USAGE ON SCHEMA {self._schema} TO {to}"

    def _columns(self, names: Collection[str]) -> str:
        return f" ({', '.join(self._quote(name) for name in names)})" if names else ""

    def _in_schema(self, name: str) -> str:
        return f"{self._schema}.{self._quote(name)}"
