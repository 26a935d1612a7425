"""The open register: short transactions, one fence, the keys in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, func, select

from keepuntil.errors import RegisterBusy, RegisterError
from keepuntil.evidence.sealing import SealingKey
from keepuntil.register import installation
from keepuntil.register.engines import WRITES, ForkSafeEngine, make_engine, sentences
from keepuntil.register.fence import LOG, Fence, fence_of
from keepuntil.register.installation import Installation
from keepuntil.register.migrating import refuse_other_versions
from keepuntil.register.places import Place


class Register:
    """An open register. Use it from any thread; a forked child may go on using it."""

    def __init__(self, place: Place, engine: ForkSafeEngine) -> None:
        self.place = place
        self._engine = engine
        self._fence = fence_of(place)
        self._log_fence = fence_of(place, LOG)
        self._installation: Installation | None = None

    @classmethod
    def open(cls, url: str, installation_key: SealingKey) -> Self:
        """Connect, check the version, and unlock the register's keys.

        The first opening gives a new register its keys. Raises RegisterError when
        it is missing, unreachable, of another version, or another installation's.
        """
        place = Place.of(url)
        if place.path and not place.path.is_file():
            raise RegisterError(
                f"There is no register at {place} yet. Make it with `keepuntil init`."
            )
        register = cls(place, ForkSafeEngine(lambda: make_engine(place)))
        try:
            register._unlock(installation_key)
        except BaseException:
            register.close()
            raise
        return register

    def _unlock(self, key: SealingKey) -> None:
        with self.reading() as connection:
            refuse_other_versions(self.place, connection)
            wrapped = installation.wrapped_keys(connection)
        if not installation.is_complete(wrapped):
            # A crash here leaves none of the keys, or those of whoever was first.
            with self.writing() as connection:
                installation.make_missing(connection, key)
                wrapped = installation.wrapped_keys(connection)
        self._installation = installation.unlock(wrapped, key)

    @property
    def keys(self) -> Installation:
        """What opens the sealed columns."""
        if self._installation is None:
            raise RegisterError("The register is closed.")
        return self._installation

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A short transaction that only reads. Raises RegisterError, RegisterBusy."""
        with (
            sentences(self.place),
            self._engine.get().connect() as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: durable when the block ends, nothing of it when it raises."""
        with sentences(self.place), self._engine.get().connect() as connection:
            connection.execution_options(**{WRITES: True})
            with connection.begin():
                yield connection

    def scrub(self) -> None:
        """Drop the remains of deleted keys from the files of the database itself.

        SQLite: the write-ahead log is copied back and cut to nothing (deleted cells
        were overwritten already). PostgreSQL: the small table of list keys is written
        anew, by a function of its owner's, since whoever works here need not own it.
        Copies in backups and archived logs age out with those.
        Raises RegisterBusy when somebody is still reading; nothing is lost, call again.
        """
        with sentences(self.place), self._engine.get().connect() as connection:
            if self.place.path:
                _empty_write_ahead_log(self.place, connection)
            else:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.execute(select(func.scrub_list_key()))

    def fence(self) -> Fence:
        """What batches share and a new hold takes alone."""
        return self._fence

    def log_fence(self) -> Fence:
        """What the one writer of the log takes alone while it publishes."""
        return self._log_fence

    def close(self) -> None:
        """Give back connections and forget the keys."""
        self._installation = None
        self._engine.close()
        self._fence.close()
        self._log_fence.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()


def _empty_write_ahead_log(place: Place, connection: Connection) -> None:
    # Not possible inside a transaction, and SQLAlchemy opens one: ask the driver.
    driver = connection.connection.driver_connection
    busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] if driver else 1
    if busy:
        raise RegisterBusy(
            f"Another process is reading the register at {place}, so deleted keys may still"
            " stand in its write-ahead log. Try again later."
        )
