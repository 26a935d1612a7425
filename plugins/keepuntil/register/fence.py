"""Locks that every process with the register open shares: fences.

:data:`BATCHES` stands between batches in flight and a hold that has just been placed.

A batch runs inside :meth:`Fence.shared`. Placing a hold commits the hold first and
then takes :meth:`Fence.exclusive`, which waits for every batch that began before.
So a batch either began after the commit, and reads the hold, or has ended when
placing returns. Newcomers queue behind a waiting exclusive taker, so a steady
stream of batches cannot starve it. Locks die with the process that held them.

:data:`LOG` is taken alone by who publishes the log, so that one at a time does.

What an attacker gains who can write here: with the lock files or the database's
advisory locks he can stop batches and delay holds; he cannot make one pass the other.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a fence is for: where its locks are, and what is said when it is not had."""

    advisory_key: int
    turnstile: str
    file: str
    taken: str
    lost: str

    def too_long(self, wait_seconds: float) -> RegisterBusy:
        """For who waited in vain."""
        return RegisterBusy(f"{self.taken} It was not free within {wait_seconds:g} seconds.")

    def was_lost(self) -> RegisterError:
        """For who held it and holds it no more."""
        return RegisterError(self.lost)


BATCHES: Final = Purpose(
    advisory_key=0x4B65_6570_466E_6365,
    turnstile="turnstile",
    file="fence",
    taken=(
        "The fence of the register is taken: a batch is still running or a hold is waiting"
        " for one. Try again later."
    ),
    lost=(
        "The fence was lost while a batch ran (the connection to the register broke, or its lock"
        " files were replaced). A hold placed meanwhile could not wait for this batch."
        " Look at the holds placed in the last minutes before resuming the run."
    ),
)
LOG: Final = Purpose(
    advisory_key=0x4B65_6570_4C6F_6721,
    turnstile="log-turnstile",
    file="log-writer",
    taken="Another process is publishing the log. Nothing is lost; try again later.",
    lost=(
        "The lock of the log's one writer was lost (the connection to the register broke, or its"
        " lock files were replaced). What was signed is kept; publish again to complete it."
    ),
)

Confirm = Callable[[], None]
"""Raises RegisterError when the shared fence is no longer held. To be called right
before a batch becomes final, since a lost network connection loses the lock unheard."""


class Fence(Protocol):
    """Shared by batches, exclusive to who must know that none is running."""

    def shared(self, wait_seconds: float = BATCH_WAITS_SECONDS) -> AbstractContextManager[Confirm]:
        """Run one batch inside. Raises RegisterBusy when the wait was too long, and
        RegisterError at the end of the block when the fence was lost meanwhile."""

    def exclusive(
        self, wait_seconds: float = HOLD_WAITS_SECONDS
    ) -> AbstractContextManager[Confirm]:
        """Entered once nobody else is inside. Raises RegisterBusy when the wait was too long."""

    def close(self) -> None:
        """Give back connections."""


def fence_of(place: Place, purpose: Purpose = BATCHES) -> Fence:
    """A fence of a register: every process that opens it shares one for each purpose."""
    return FileFence(place.path, purpose) if place.path else AdvisoryFence(place, purpose)


class FileFence:
    """Two lock files beside a SQLite register.

    Everybody passes the turnstile; who wants the fence alone stays in it while he
    waits, so that nobody new gets in. ``flock`` belongs to the open file, so threads
    of one process exclude one another as well, and the kernel drops it with the process.
    """

    def __init__(self, database: Path, purpose: Purpose = BATCHES) -> None:
        self._purpose = purpose
        self._turnstile = database.with_name(f"{database.name}.{purpose.turnstile}")
        self._fence = database.with_name(f"{database.name}.{purpose.file}")

    @contextmanager
    def shared(self, wait_seconds: float = BATCH_WAITS_SECONDS) -> Iterator[Confirm]:
        wait = _Wait(self._purpose, wait_seconds)
        with _locked(self._turnstile, fcntl.LOCK_EX, wait):
            descriptor = _lock(self._fence, fcntl.LOCK_SH, wait)
        try:
            confirm = self._confirm(descriptor)
            yield confirm
            confirm()
        finally:
            os.close(descriptor)

    @contextmanager
    def exclusive(self, wait_seconds: float = HOLD_WAITS_SECONDS) -> Iterator[Confirm]:
        wait = _Wait(self._purpose, wait_seconds)
        with (
            _locked(self._turnstile, fcntl.LOCK_EX, wait),
            _locked(self._fence, fcntl.LOCK_EX, wait) as descriptor,
        ):
            yield self._confirm(descriptor)

    def _confirm(self, descriptor: int) -> Confirm:
        def confirm() -> None:
            if not _is_at(descriptor, self._fence):
                raise self._purpose.was_lost()

        return confirm

    def close(self) -> None:
        """Nothing stays open between uses."""


_PAUSE_SECONDS = 0.005


class _Wait:
    """How long there is to wait, over all locks of one entry."""

    def __init__(self, purpose: Purpose, seconds: float) -> None:
        self.purpose = purpose
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds

    def once_more(self) -> None:
        """Pause before the next attempt. Raises RegisterBusy when there is none."""
        if time.monotonic() >= self._deadline:
            raise self.purpose.too_long(self._seconds) from None
        time.sleep(_PAUSE_SECONDS)


@contextmanager
def _locked(path: Path, how: int, wait: _Wait) -> Iterator[int]:
    descriptor = _lock(path, how, wait)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(path: Path, how: int, wait: _Wait) -> int:
    while True:
        descriptor = _open(path)
        try:
            _wait_for(descriptor, how, wait)
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


def _wait_for(descriptor: int, how: int, wait: _Wait) -> None:
    while True:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            wait.once_more()
        else:
            return


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    mine = os.fstat(descriptor)
    return (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino)


_GAVE_UP = frozenset({"55P03", "57014"})
_HELD = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    " AND granted AND mode = :mode AND objsubid = 1"
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

    def __init__(self, place: Place, purpose: Purpose = BATCHES) -> None:
        self._place = place
        self._purpose = purpose
        self._engine = ForkSafeEngine(lambda: _session_engine(place))

    @contextmanager
    def shared(self, wait_seconds: float = BATCH_WAITS_SECONDS) -> Iterator[Confirm]:
        with self._held("pg_advisory_lock_shared", wait_seconds) as session:
            yield self._confirm(session, "ShareLock")

    @contextmanager
    def exclusive(self, wait_seconds: float = HOLD_WAITS_SECONDS) -> Iterator[Confirm]:
        with self._held("pg_advisory_lock", wait_seconds) as session:
            yield self._confirm(session, "ExclusiveLock")

    def _confirm(self, session: Connection, mode: str) -> Confirm:
        key = self._purpose.advisory_key
        where = {"high": key >> 32, "low": key & 0xFFFF_FFFF, "mode": mode}

        def confirm() -> None:
            with self._or_lost():
                if not session.execute(_HELD, where).scalar():
                    raise self._purpose.was_lost()

        return confirm

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
            key = {"key": self._purpose.advisory_key}
            with self._or_lost():
                if not session.execute(text(f"SELECT {unlock}(:key)"), key).scalar():
                    raise self._purpose.was_lost()

    @contextmanager
    def _or_lost(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self._purpose.was_lost() from error

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
                key = {"key": self._purpose.advisory_key}
                session.execute(text(f"SELECT {lock}(:key)"), key)
            except DBAPIError as error:
                if code_of(error) in _GAVE_UP:
                    raise self._purpose.too_long(wait_seconds) from None
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
