"""Fresh databases for tests, on every server that answers; each is dropped afterwards.

PostgreSQL: ``KEEPUNTIL_TEST_POSTGRES`` (a URL of an administrator), else the server on
127.0.0.1:5432, else the embedded one of the package ``pgserver``. MariaDB:
``KEEPUNTIL_TEST_MARIADB``, else the server on 127.0.0.1:3306, else the test is skipped.
"""

from __future__ import annotations

import atexit
import os
import socket
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from keepuntil.domain.stores import Reference, ReferenceKind, SqlStore
from keepuntil.stores.sql import SqlDatabase

KINDS = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.postgres),
    pytest.param("mariadb", marks=pytest.mark.mariadb),
]
"""For ``@pytest.mark.parametrize``."""


@dataclass
class Place:
    """One fresh database, looked at with its own connections."""

    kind: str
    url: sa.URL
    engine: sa.Engine = field(init=False)
    stores: list[SqlDatabase] = field(default_factory=list)
    """Opened by the test; closed with the place."""

    def __post_init__(self) -> None:
        self.engine = sa.create_engine(self.url)
        if self.kind == "sqlite":
            sa.event.listen(self.engine, "connect", _checks_foreign_keys)

    @property
    def text(self) -> str:
        return self.url.render_as_string(hide_password=False)

    def run(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(self._verbatim(statement))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(self._verbatim(sql))]

    def _verbatim(self, sql: str) -> str:
        return sql if self.kind == "sqlite" else sql.replace("%", "%%")

    def one(self, sql: str) -> Any:
        return self.rows(sql)[0][0]

    def fill(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        if not rows:
            return
        names = ", ".join(f":c{i}" for i in range(len(rows[0])))
        statement = sa.text(f"INSERT INTO {table} VALUES ({names})")
        with self.engine.begin() as connection:
            connection.execute(statement, [{f"c{i}": v for i, v in enumerate(row)} for row in rows])

    def declaration(self, *, zone: str | None = None, lag: int | None = None) -> SqlStore:
        return SqlStore(
            name="core_banking",
            url=Reference(kind=ReferenceKind.ENV, name="CORE_BANKING_URL"),
            reader=None,
            zone=zone,
            replica_lag_limit_seconds=lag,
        )

    def store(self, *, zone: str | None = None, user: str | None = None) -> SqlDatabase:
        """The store under test at this place."""
        url = self.url if user is None else self.url.set(username=user)
        store = SqlDatabase(self.declaration(zone=zone), url.render_as_string(hide_password=False))
        self.stores.append(store)
        return store

    def close(self) -> None:
        for store in self.stores:
            store.close()
        self.engine.dispose()


def _checks_foreign_keys(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA foreign_keys=ON")


@contextmanager
def fresh(kind: str, folder: Path) -> Iterator[Place]:
    """A new, empty place of that kind: a file, a schema of its own, a database of its own."""
    if kind == "sqlite":
        file = folder / f"bank_{uuid.uuid4().hex[:8]}.db"
        file.touch()
        place = Place("sqlite", sa.make_url(f"sqlite:///{file}"))
        yield place
        place.close()
        return
    database = _database(kind)
    name = f"fresh_{uuid.uuid4().hex[:12]}"
    administrator = sa.create_engine(database, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with administrator.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    if kind == "postgresql":
        url = database.update_query_dict({"options": f"-csearch_path={name}"})
    else:
        url = database.set(database=name)
    place = Place(kind, url)
    try:
        yield place
    finally:
        place.close()
        with administrator.connect() as connection:
            cascade = " CASCADE" if kind == "postgresql" else ""
            connection.exec_driver_sql(f"DROP SCHEMA {name}{cascade}")


@cache
def _database(kind: str) -> sa.URL:
    """One database a test process, in which each test has a schema; MariaDB knows no difference."""
    if kind == "mariadb":
        return mariadb_server()
    server = postgres_server()
    name = f"ku_sql_test_{uuid.uuid4().hex[:12]}"
    administrator = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with administrator.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")

    def drop() -> None:
        with administrator.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")

    atexit.register(drop)
    return server.set(database=name)


@cache
def postgres_server() -> sa.URL:
    """An administrator's URL of a PostgreSQL server."""
    if given := os.environ.get("KEEPUNTIL_TEST_POSTGRES"):
        return sa.make_url(given).set(drivername="postgresql+psycopg")
    if _answers(5432):
        return sa.make_url("postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
    pgserver = pytest.importorskip(
        "pgserver", reason="no PostgreSQL on 127.0.0.1:5432 and no embedded one (pgserver)"
    )
    folder = tempfile.mkdtemp(prefix="keepuntil_pg_")
    server = pgserver.get_server(folder, cleanup_mode="delete")
    return sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")


@cache
def mariadb_server() -> sa.URL:
    """An administrator's URL of a MariaDB or MySQL server; skips the test without one."""
    if given := os.environ.get("KEEPUNTIL_TEST_MARIADB"):
        return sa.make_url(given).set(drivername="mariadb+pymysql")
    if _answers(3306):
        return sa.make_url("mariadb+pymysql://root@127.0.0.1:3306/mysql")
    pytest.skip("no MariaDB on 127.0.0.1:3306; set KEEPUNTIL_TEST_MARIADB to a URL of one")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
