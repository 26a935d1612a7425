"""A fresh register on each database, over a real connection."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, make_url

from keepuntil.evidence.sealing import SealingKey
from keepuntil.register import Register, migrate
from keepuntil.register.tables import metadata

LOCAL = "postgresql://postgres@127.0.0.1:5432/postgres"


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server where databases may be made: configured, local, or embedded."""
    configured = os.environ.get("KEEPUNTIL_TEST_POSTGRES")
    if configured:
        yield configured
    elif _answers(LOCAL):
        yield LOCAL
    else:
        pgserver = pytest.importorskip("pgserver", reason="no PostgreSQL and no embedded one")
        server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


@contextmanager
def _database(server: str) -> Iterator[str]:
    """A database of our own, without tables; dropped at the end."""
    name = f"ku_register_{uuid.uuid4().hex[:12]}"
    plain = make_url(server).set(drivername="postgresql")
    with psycopg.connect(_text(plain), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload, unused-ignore]
        try:
            yield _text(plain.set(database=name))
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[call-overload, unused-ignore]


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> Iterator[str]:
    with _database(postgres_server) as address:
        migrate(address)
        yield address


@pytest.fixture
def another_postgres(postgres_server: str) -> Iterator[str]:
    """A database without tables, for one test."""
    with _database(postgres_server) as address:
        yield address


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("register") / "empty.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    shutil.copy(migrated_sqlite, tmp_path / "register.db")
    return f"sqlite:///{tmp_path / 'register.db'}"


@pytest.fixture
def postgres_url(migrated_postgres: str) -> str:
    with psycopg.connect(migrated_postgres) as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(f"DELETE FROM {table.name}")  # type: ignore[call-overload, unused-ignore]
    return migrated_postgres


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty register, migrated, on each database in turn."""
    address: str = request.getfixturevalue(f"{request.param}_url")
    return address


@pytest.fixture
def key() -> SealingKey:
    return SealingKey.fresh()


@pytest.fixture
def register(url: str, key: SealingKey) -> Iterator[Register]:
    with Register.open(url, key) as opened:
        yield opened
