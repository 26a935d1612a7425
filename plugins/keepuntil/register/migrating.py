"""Bring a register to this version; refuse one that a newer version wrote."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from keepuntil.errors import RegisterError
from keepuntil.register.engines import WRITES, make_engine, sentences
from keepuntil.register.migrations import LATEST, VERSION_TABLE
from keepuntil.register.places import POSTGRESQL, Place

_ONE_AT_A_TIME = 0x4B65_6570_4D69_6772
"""Advisory lock under which PostgreSQL registers are migrated."""


def migrate(url: str) -> None:
    """Create the register at ``url`` or bring it to this version. Safe to repeat and to race.

    A SQLite file is made readable by its owner only. The whole step is one
    transaction: a crash leaves the register as it was. Raises RegisterError.
    """
    place = Place.of(url)
    if place.path:
        _make_private_file(place.path)
    engine = make_engine(place)
    try:
        with sentences(place), engine.connect() as connection:
            if place.path:
                _use_write_ahead_log(place, connection)
            connection.execution_options(**{WRITES: True})
            with connection.begin():
                _upgrade(place, connection)
    finally:
        engine.dispose()


def refuse_other_versions(place: Place, connection: Connection) -> None:
    """Raise RegisterError unless the register is exactly of this version."""
    found = _revision(connection)
    if found is None:
        raise RegisterError(f"There is no register at {place} yet. {_HOW}")
    _refuse_newer(place, found)
    if found < LATEST:
        raise RegisterError(
            f"The register at {place} is of version {found}; this Keepuntil needs {LATEST}. {_HOW}"
        )


_HOW = "Make it, or bring it to this version, with `keepuntil init`."


def _upgrade(place: Place, connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == POSTGRESQL:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
    _refuse_newer(place, _revision(connection))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _refuse_newer(place: Place, found: str | None) -> None:
    if found is not None and found > LATEST:
        raise RegisterError(
            f"The register at {place} is of version {found}, written by a newer Keepuntil;"
            f" this one knows versions up to {LATEST}. Install the newer Keepuntil."
            " Nothing was changed."
        )


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
    return None if found is None else str(found)


def _make_private_file(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise RegisterError(f"The register cannot be made at {path}: {error.strerror}.") from None


def _use_write_ahead_log(place: Place, connection: Connection) -> None:
    # Kept in the file from now on. Cannot be changed inside a transaction, and
    # SQLAlchemy opens one, so the driver is asked directly.
    driver = connection.connection.driver_connection
    try:
        mode = driver.execute("PRAGMA journal_mode = WAL").fetchone()[0] if driver else ""
    except sqlite3.DatabaseError as error:
        raise RegisterError(
            f"The register at {place} cannot be used: {error.sqlite_errorname}."
            " Is it a SQLite database, and free of other programs?"
        ) from error
    if mode != "wal":
        raise RegisterError(
            "SQLite cannot keep a write-ahead log here (a network file system?)."
            " Put the register on a local disk, or use PostgreSQL."
        )
