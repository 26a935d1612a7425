"""Engines for both databases, and their complaints as sentences."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from keepuntil.errors import RegisterBusy, RegisterError
from keepuntil.register.places import Place

PATIENCE_SECONDS = 30
"""How long a statement waits for another process's lock before it gives up."""

WRITES = "keepuntil_writes"
"""Execution option of a connection that is going to write."""

_BUSY = frozenset({"40001", "40P01", "55P03", "57014"})
_UNREACHABLE = frozenset({"57P01", "57P02", "57P03", "53300"})
_FULL = frozenset({"53100", "SQLITE_FULL"})
_READ_ONLY = frozenset({"25006", "42501", "SQLITE_PERM"})


def make_engine(place: Place, **options: Any) -> Engine:
    """An engine for the register. Parameters never show in messages: they may be sealed keys."""
    if place.path:
        engine = create_engine(place.url, hide_parameters=True, **options)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        place.url,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 10, "application_name": "keepuntil register"},
        **options,
    )
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


class ForkSafeEngine:
    """An engine that a forked child makes anew.

    Sockets and SQLite handles must not be used on both sides of a fork; the child
    keeps the inherited ones unused and open, since closing them would speak on the
    parent's session.
    """

    def __init__(self, make: Callable[[], Engine]) -> None:
        self._make = make
        self._inherited: list[Engine] = []
        self._process = os.getpid()
        self._engine = make()

    def get(self) -> Engine:
        """The engine of this process."""
        if self._process != os.getpid():
            self._inherited.append(self._engine)
            self._engine = self._make()
            self._process = os.getpid()
        return self._engine

    def close(self) -> None:
        """Give back this process's connections."""
        self.get().dispose()


@contextmanager
def sentences(place: Place) -> Iterator[None]:
    """Turn what a database or its driver says into RegisterError or RegisterBusy."""
    try:
        yield
    except PoolTimeout as error:
        raise RegisterBusy(
            f"No connection to the register at {place} became free within"
            f" {PATIENCE_SECONDS} seconds; nothing was written. Try again later."
        ) from error
    except DBAPIError as error:
        raise _translated(place, error) from error
    except StatementError as error:
        # A value the caller got wrong, found while binding it: his error, not the database's.
        raise (error.orig or error) from None


def code_of(error: DBAPIError) -> str:
    """SQLSTATE or the name of SQLite's result code; "" when the connection itself failed."""
    found = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return str(found or "")


def _translated(place: Place, error: DBAPIError) -> RegisterError:
    code = code_of(error)
    if code in _BUSY or code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return RegisterBusy(
            f"The register at {place} was held by another process for too long ({code});"
            " nothing of this step was written. Try again later."
        )
    if code in _FULL:
        return RegisterError(f"The register at {place} has no room left on its disk; make room.")
    if code in _READ_ONLY or code.startswith("SQLITE_READONLY"):
        return RegisterError(f"The register at {place} may not be written by this user ({code}).")
    if code == "" or code in _UNREACHABLE or code.startswith(("08", "28", "3D", "SQLITE_CANTOPEN")):
        return RegisterError(
            f"The register at {place} cannot be reached: {_first_line(error)}."
            " Check its address, the user and whether the server runs."
        )
    return RegisterError(f"The register at {place} refused a statement ({code}).")


def _first_line(error: DBAPIError) -> str:
    # Connection failures name host, user and database, and no value of a row.
    return str(error.orig).strip().partition("\n")[0].rstrip(". ")


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    if not isinstance(connection, sqlite3.Connection):
        raise TypeError(f"expected a sqlite3 connection, got {type(connection).__name__}")
    # The driver's own idea of when a transaction begins is switched off; see _begin_sqlite.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {PATIENCE_SECONDS * 1000}")
    connection.execute("PRAGMA foreign_keys = ON")
    # An intent must survive a power cut: in WAL mode only FULL syncs at each commit.
    connection.execute("PRAGMA synchronous = FULL")
    # A deleted key must not live on in free pages.
    connection.execute("PRAGMA secure_delete = ON")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the write lock at once: a transaction that read first and is
    # upgraded later fails without waiting when another one wrote in between.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgresql(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = '{PATIENCE_SECONDS}s'")
    # An intent must survive a crash of the server, whatever the database's default is.
    cursor.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )
    cursor.close()
    connection.commit()
