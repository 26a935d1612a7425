"""The fence: batches share it, a new hold takes it alone, and it dies with its process."""

from __future__ import annotations

import fcntl
import inspect
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.errors import RegisterBusy, RegisterError
from keepuntil.evidence.sealing import SealingKey
from keepuntil.register import Register, holds
from keepuntil.register import fence as fence_module
from keepuntil.register.fence import AdvisoryFence, Confirm, Fence, fence_of
from keepuntil.register.places import Place
from register_world import CATEGORY, NOW

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"

HOLDER = """
import sys, time
from keepuntil.register.fence import fence_of
from keepuntil.register.places import Place
fence = fence_of(Place.of(sys.argv[1]))
with getattr(fence, sys.argv[2])(30):
    print("inside", flush=True)
    time.sleep(600)
"""


@contextmanager
def holder(url: str, how: str) -> Iterator[subprocess.Popen[str]]:
    """Another process inside the fence."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url, how],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PLUGINS)},
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "inside\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def fence(url: str) -> Iterator[Fence]:
    opened = fence_of(Place.of(url))
    yield opened
    opened.close()


def hold(hold_id: str = "LIT-1", value: str = "[7]") -> Hold:
    return Hold(
        hold_id=hold_id,
        mandate="district court 12",
        owner="legal",
        category=CATEGORY,
        instance=None,
        scope=HoldScope.KEY,
        value=value,
        placed_at=NOW,
        review_by=None,
    )


def test_batches_run_side_by_side(fence: Fence) -> None:
    together = threading.Barrier(3, timeout=20)

    def batch() -> None:
        with fence.shared():
            together.wait()

    threads = [threading.Thread(target=batch) for _ in range(2)]
    for thread in threads:
        thread.start()
    together.wait()
    for thread in threads:
        thread.join()
    assert not together.broken


def test_nobody_is_beside_who_holds_it_alone(fence: Fence) -> None:
    with fence.exclusive(1):
        with pytest.raises(RegisterBusy, match="not free within"), fence.shared(0.05):
            pass
        with pytest.raises(RegisterBusy), fence.exclusive(0.05):
            pass
    with fence.shared(1), pytest.raises(RegisterBusy), fence.exclusive(0.05):
        pass
    with fence.exclusive(1):
        pass


@pytest.mark.parametrize("how", ["shared", "exclusive"])
def test_killed_process_leaves_the_fence_free(fence: Fence, url: str, how: str) -> None:
    with holder(url, how) as process:
        with pytest.raises(RegisterBusy), fence.exclusive(0.1):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        with fence.exclusive(30):
            pass


def test_steady_stream_of_batches_cannot_starve_a_hold(url: str) -> None:
    inside = entered = 0
    newest = 0.0
    guard = threading.Lock()
    stop = threading.Event()

    def last_one_stays() -> bool:
        # Without a queue for the exclusive taker somebody new always comes in, the last
        # one never has to run out of patience, and the fence is never free.
        nonlocal inside
        with guard:
            if inside < 2 and time.monotonic() < newest + 3 and not stop.is_set():
                return True
            inside -= 1
            return False

    def relay() -> None:
        nonlocal inside, entered, newest
        mine = fence_of(Place.of(url))
        while not stop.is_set():
            with mine.shared(30):
                with guard:
                    inside += 1
                    entered += 1
                    newest = time.monotonic()
                while last_one_stays():
                    time.sleep(0.001)
        mine.close()

    threads = [threading.Thread(target=relay) for _ in range(3)]
    for thread in threads:
        thread.start()
    alone = fence_of(Place.of(url))
    try:
        while entered < 20:
            time.sleep(0.001)
        with alone.exclusive(15):
            pass
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        alone.close()


def waiting_for(seconds: float) -> fence_module._Wait:
    return fence_module._Wait(fence_module.BATCHES, seconds)


def test_lock_won_on_a_replaced_file_is_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "fence"
    before = fence_module._lock(path, fcntl.LOCK_EX, waiting_for(0))
    refused: list[bool] = []

    def wait_in_line() -> None:
        try:
            os.close(fence_module._lock(path, fcntl.LOCK_EX, waiting_for(1)))
        except RegisterBusy:
            refused.append(True)

    waiting = threading.Thread(target=wait_in_line)
    waiting.start()
    time.sleep(0.1)
    path.unlink()
    after = fence_module._lock(path, fcntl.LOCK_EX, waiting_for(0))
    os.close(before)
    waiting.join()
    os.close(after)
    assert refused == [True]


def test_failing_batch_frees_the_fence_and_keeps_its_own_error(fence: Fence) -> None:
    with pytest.raises(ZeroDivisionError), fence.shared():
        _ = 1 / 0
    with fence.exclusive(5):
        pass


def test_once_placing_returns_no_batch_that_missed_the_hold_is_running(
    url: str, key: SealingKey
) -> None:
    blind: set[int] = set()
    guard = threading.Lock()
    began = threading.Semaphore(0)
    stop = threading.Event()

    def worker(number: int) -> None:
        with Register.open(url, key) as register:
            while not stop.is_set():
                with register.fence().shared():
                    saw = bool(holds.in_force(register, CATEGORY))
                    with guard:
                        blind.difference_update([number] if saw else [])
                        blind.update([] if saw else [number])
                    began.release()
                    time.sleep(0.05)
                    with guard:
                        blind.discard(number)

    threads = [threading.Thread(target=worker, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    try:
        with Register.open(url, key) as register:
            for _ in range(6):
                began.acquire(timeout=20)
            holds.add(register, hold())
            with guard:
                assert blind == set()
            for _ in range(6):
                began.acquire(timeout=20)
            with guard:
                assert blind == set()
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_hold_stands_even_when_a_batch_outlasts_the_wait(register: Register, url: str) -> None:
    with holder(url, "shared") as process:
        with pytest.raises(RegisterBusy, match="LIT-1 is placed and binds every batch from now on"):
            holds.add(register, hold(), wait_seconds=0.1)
        assert holds.in_force(register) == [hold()]
        process.kill()
        process.wait()
        holds.add(register, hold(), wait_seconds=30)
    assert holds.in_force(register) == [hold()]


def confirmed_around(fence: Fence, mishap: Callable[[], object]) -> None:
    """A batch that asks before and after something happens to its lock."""
    with fence.shared() as confirm:
        confirm()
        mishap()
        confirm()
        raise AssertionError("the loss went unnoticed")


@pytest.mark.postgres
def test_batch_whose_connection_broke_hears_of_it(postgres_url: str) -> None:
    fence = fence_of(Place.of(postgres_url))

    def cut() -> None:
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks"
                " WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )

    with pytest.raises(RegisterError, match="fence was lost"):
        confirmed_around(fence, cut)
    with pytest.raises(RegisterError, match="fence was lost"), fence.shared():
        cut()
    with fence.exclusive(5):
        pass
    fence.close()


@pytest.mark.postgres
def test_pooler_that_lets_go_of_the_lock_is_noticed(postgres_url: str) -> None:
    # A pooler between transactions hands the next statement to a session that never locked.
    fence = AdvisoryFence(Place.of(postgres_url))
    with pytest.raises(RegisterError, match="fence was lost"), fence.shared() as confirm:
        unlock_all(confirm)
    with pytest.raises(RegisterError, match="fence was lost"):
        ask_after_unlocking(fence)
    fence.close()


def unlock_all(confirm: Confirm) -> None:
    held = inspect.getclosurevars(confirm).nonlocals["session"]
    held.exec_driver_sql("SELECT pg_advisory_unlock_all()")


def ask_after_unlocking(fence: Fence) -> None:
    with fence.shared() as confirm:
        unlock_all(confirm)
        confirm()
        raise AssertionError("the loss went unnoticed")


def test_batch_whose_lock_file_was_replaced_hears_of_it(sqlite_url: str) -> None:
    place = Place.of(sqlite_url)
    assert place.path is not None
    fence = fence_of(place)
    lock_file = place.path.with_name(f"{place.path.name}.fence")
    with pytest.raises(RegisterError, match="fence was lost"):
        confirmed_around(fence, lock_file.unlink)
    with pytest.raises(RegisterError, match="fence was lost"), fence.shared():
        lock_file.unlink()
    with fence.exclusive(1), pytest.raises(RegisterBusy), fence.shared(0.05):
        pass


def test_lock_files_that_cannot_be_made_are_named(tmp_path: Path) -> None:
    fence = fence_of(Place.of(f"sqlite:///{tmp_path}/gone/register.db"))
    named = pytest.raises(RegisterError, match=r"register\.db\.turnstile cannot be opened")
    with named, fence.shared():
        pass
