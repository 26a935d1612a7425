"""The fence between batches in flight and a hold that has just been placed.

A batch runs inside :meth:`Fence.shared`. Placing a hold commits the hold first and
then takes :meth:`Fence.exclusive`, which waits for every batch that began before.
So a batch either began after the commit, and reads the hold, or has ended when
placing returns. Newcomers queue behind a waiting exclusive taker, so a steady
stream of batches cannot starve it. Locks die with the process that held them.

What an attacker gains who can write here: with the lock files or the database's
advisory locks he can stop batches and delay holds; he cannot make one pass the other.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from keepuntil.errors import RegisterBusy, RegisterError
from keepuntil.register.engines import ForkSafeEngine, code_of, make_engine, sentences
from keepuntil.register.places import Place

HOLD_WAITS_SECONDS: Final = 60.0
BATCH_WAITS_SECONDS: Final = 600.0

Confirm = Callable[[], None]
"""Raises RegisterError when the shared fence is no longer held. To be called right
before a batch becomes final, since a lost network connection loses the lock unheard."""


class Fence(Protocol):
    """Shared by batches, exclusive to who must know that none is running."""

    def shared(self, wait_seconds: float = BATCH_WAITS_SECONDS) -> AbstractContextManager[Confirm]:
        """Run one batch inside. Raises RegisterBusy when the wait was too long, and
        RegisterError at the end of the block when the fence was lost meanwhile."""

    def exclusive(self, wait_seconds: float = HOLD_WAITS_SECONDS) -> AbstractContextManager[None]:
        """Entered once no batch is running. Raises RegisterBusy when the wait was too long."""

    def close(self) -> None:
        """Give back connections."""


def fence_of(place: Place) -> Fence:
    """The fence that belongs to a register: every process that opens it shares one."""
    return FileFence(place.path) if place.path else AdvisoryFence(place)


def _too_long(wait_seconds: float) -> RegisterBusy:
    return RegisterBusy(
        f"The fence of the register was not free within {wait_seconds:g} seconds:"
        " a batch is still running or a hold is waiting for one. Try again later."
    )


def _lost() -> RegisterError:
    return RegisterError(
        "The fence was lost while a batch ran (the connection to the register broke, or its lock"
        " files were replaced). A hold placed meanwhile could not wait for this batch."
        " Look at the holds placed in the last minutes before resuming the run."
    )


class FileFence:
    """Two lock files beside a SQLite register.

    Everybody passes the turnstile; who wants the fence alone stays in it while he
    waits, so that nobody new gets in. ``flock`` belongs to the open file, so threads
    of one process exclude one another as well, and the kernel drops it with the process.
    """

    def __init__(self, database: Path) -> None:
        self._turnstile = database.with_name(f"{database.name}.turnstile")
        self._fence = database.with_name(f"{database.name}.fence")

    @contextmanager
    def shared(self, wait_seconds: float = BATCH_WAITS_SECONDS) -> Iterator[Confirm]:
        deadline = time.monotonic() + wait_seconds
        with _locked(self._turnstile, fcntl.LOCK_EX, deadline, wait_seconds):
            descriptor = _lock(self._fence, fcntl.LOCK_SH, deadline, wait_seconds)

        def confirm() -> None:
            if not _is_at(descriptor, self._fence):
                raise _lost()

        try:
            yield confirm
            confirm()
        finally:
            os.close(descriptor)

    @contextmanager
    def exclusive(self, wait_seconds: float = HOLD_WAITS_SECONDS) -> Iterator[None]:
        deadline = time.monotonic() + wait_seconds
        with (
            _locked(self._turnstile, fcntl.LOCK_EX, deadline, wait_seconds),
            _locked(self._fence, fcntl.LOCK_EX, deadline, wait_seconds),
        ):
            yield

    def close(self) -> None:
        """Nothing stays open between uses."""


_PAUSE_SECONDS = 0.005


@contextmanager
def _locked(path: Path, how: int, deadline: float, wait_seconds: float) -> Iterator[int]:
    descriptor = _lock(path, how, deadline, wait_seconds)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(path: Path, how: int, deadline: float, wait_seconds: float) -> int:
    while True:
        descriptor = _open(path)
        try:
            _wait_for(descriptor, how, deadline, wait_seconds)
        except BaseException:
            os.close(descriptor)
            raise
        # A lock on a file that was replaced meanwhile excludes nobody.
        if _is_at(descriptor, path):
            return descriptor
        os.close(descriptor)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise RegisterError(f"The lock file {path} cannot be opened: {error.strerror}.") from None


def _wait_for(descriptor: int, how: int, deadline: float, wait_seconds: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise _too_long(wait_seconds) from None
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    mine = os.fstat(descriptor)
    return (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino)


_FENCE_KEY = 0x4B65_6570_466E_6365
_GAVE_UP = frozenset({"55P03", "57014"})
_HELD = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    " AND granted AND mode = 'ShareLock' AND objsubid = 1"
    " AND classid::bigint = :high AND objid::bigint = :low"
)
_PATIENCE = text("SELECT set_config('lock_timeout', :patience, false)")
_NO_TIMEOUTS = (
    "SELECT set_config(name, '0', false) FROM pg_settings"
    " WHERE name IN ('statement_timeout', 'idle_session_timeout')"
)


class AdvisoryFence:
    """One session advisory lock of a PostgreSQL register, on sessions of its own.

    PostgreSQL's lock queue is first come, first served. The sessions must be real
    ones: a pooler that shares them between transactions would let go of the lock,
    which :data:`Confirm` notices.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._engine = ForkSafeEngine(lambda: _session_engine(place))

    @contextmanager
    def shared(self, wait_seconds: float = BATCH_WAITS_SECONDS) -> Iterator[Confirm]:
        with self._held("pg_advisory_lock_shared", wait_seconds) as session:

            def confirm() -> None:
                key = {"high": _FENCE_KEY >> 32, "low": _FENCE_KEY & 0xFFFF_FFFF}
                with _or_lost():
                    if not session.execute(_HELD, key).scalar():
                        raise _lost()

            yield confirm

    @contextmanager
    def exclusive(self, wait_seconds: float = HOLD_WAITS_SECONDS) -> Iterator[None]:
        with self._held("pg_advisory_lock", wait_seconds):
            yield

    def close(self) -> None:
        self._engine.close()

    @contextmanager
    def _held(self, lock: str, wait_seconds: float) -> Iterator[Connection]:
        with self._session() as session:
            try:
                self._take(session, lock, wait_seconds)
                yield session
            except BaseException:
                # Ending the session is the one way that surely lets go of the lock.
                session.invalidate()
                raise
            unlock = lock.replace("_lock", "_unlock")
            with _or_lost():
                if not session.execute(
                    text(f"SELECT {unlock}(:key)"), {"key": _FENCE_KEY}
                ).scalar():
                    raise _lost()

    @contextmanager
    def _session(self) -> Iterator[Connection]:
        with sentences(self._place):
            session = self._engine.get().connect()
        try:
            yield session
        finally:
            session.close()

    def _take(self, session: Connection, lock: str, wait_seconds: float) -> None:
        patience = {"patience": f"{max(1, round(wait_seconds * 1000))}ms"}
        with sentences(self._place):
            try:
                session.execute(_PATIENCE, patience)
                session.execute(text(f"SELECT {lock}(:key)"), {"key": _FENCE_KEY})
            except DBAPIError as error:
                if code_of(error) in _GAVE_UP:
                    raise _too_long(wait_seconds) from None
                raise


def _session_engine(place: Place) -> Engine:
    engine = make_engine(
        place, isolation_level="AUTOCOMMIT", max_overflow=-1, pool_reset_on_return=None
    )
    event.listen(engine, "connect", _switch_off_timeouts)
    return engine


def _switch_off_timeouts(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # A server that ends idle sessions would let go of the fence during a long batch.
    cursor = connection.cursor()
    cursor.execute(_NO_TIMEOUTS)
    cursor.close()
    connection.commit()


@contextmanager
def _or_lost() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _lost() from error
