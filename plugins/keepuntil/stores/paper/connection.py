"""The register of paper: its connections, its transactions, its faults as sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from keepuntil.errors import StoreBusy, StoreError
from keepuntil.stores.sql.connection import driven
from keepuntil.stores.sql.faults import classified, sentence_of

PATIENCE_SECONDS: Final = 30
"""How long a statement on SQLite waits for another writer."""

_WRITES: Final = "keepuntil_writes"

_TAKEN: Final = frozenset(
    {"SQLSTATE 23505", "error 1062", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"}
)
"""A key that was free when we looked and is not any more."""


PaperSession = Connection
"""One transaction of a register of paper."""


@dataclass(frozen=True, slots=True)
class PaperRegister:
    """One register of paper. ``name`` is the store's in stores.yaml, for sentences."""

    name: str
    engine: Engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that reads. Raises StoreError, in a sentence."""
        with self._sentences(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at its end, or undone when an error leaves it.

        Raises StoreBusy when another writer came first, and StoreError, in a sentence.
        """
        writing = self.engine.execution_options(**{_WRITES: True})
        with self._sentences(), writing.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give back connections."""
        self.engine.dispose()

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if classified(error)[1] in _TAKEN:
                raise StoreBusy(
                    f"Somebody else wrote to the register of paper {self.name} at the same time; "
                    f"nothing of this step was written. Try again."
                ) from None
            raise sentence_of(self.name, error) from None


def open_register(name: str, url: str) -> PaperRegister:
    """The register behind a URL: ``sqlite:///FILE``, ``postgresql://…``, ``mariadb://…``.

    No connection is made yet. Raises StoreError when the URL cannot be used; the URL itself
    is a secret and is never repeated.
    """
    address, extra = driven(name, url)
    options = {} if address.get_backend_name() == "sqlite" else {"pool_pre_ping": True}
    try:
        engine = create_engine(address, hide_parameters=True, **options)
    except ImportError:
        raise StoreError(
            f"The driver for the store {name} is not installed: pip install 'keepuntil[{extra}]'"
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return PaperRegister(name, engine)


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    if not isinstance(connection, sqlite3.Connection):
        raise TypeError(f"expected a sqlite3 connection, got {type(connection).__name__}")
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA busy_timeout = {PATIENCE_SECONDS * 1000}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: one that has read first would fail without waiting.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
