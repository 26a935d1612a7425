"""Killed anywhere, a batch resumes to what it would have been: outcomes, parts and tree."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from files_world import FilesWorld, outcomes_of
from keepuntil.domain.items import Key
from keepuntil.stores.protocol import Batch, Effect, Intent

UNLINKS = 8
FOLDERS = 3

LEFT = {
    "0/shared": "shared",
    "1/gone": "already_absent",
    "2/spared": "held",
}

POINTS = [
    *[(call, number, side) for call in ("intend",) for number in (1,) for side in ("at", "past")],
    *[("unlink", number, side) for number in range(1, UNLINKS + 1) for side in ("at", "past")],
    *[("fsync", number, side) for number in range(1, FOLDERS + 1) for side in ("at", "past")],
]


class FileJournal:
    """One intent, durable in a file, as the register's journal is in a database."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def intend(self, intent: Intent) -> None:
        packed = json.dumps([list(intent.present), intent.parts, intent.counts])
        draft = self.path.with_suffix(".draft")
        draft.write_text(packed)
        draft.rename(self.path)

    def written(self) -> Intent | None:
        if not self.path.exists():
            return None
        present, parts, counts = json.loads(self.path.read_text())
        return Intent(present=bytearray(present), parts=parts, counts=counts)


@dataclass
class KilledAt:
    """Ends this process, without any goodbye, at or just past the n-th of some calls."""

    number: int
    side: str
    calls: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def around(self, call: Callable[..., None]) -> Callable[..., None]:
        def wrapped(*arguments: object, **options: object) -> None:
            with self.lock:
                self.calls += 1
                mine = self.calls == self.number
            if mine and self.side == "at":
                os.kill(os.getpid(), signal.SIGKILL)
            call(*arguments, **options)
            if mine:
                os.kill(os.getpid(), signal.SIGKILL)

        return wrapped


def prepare(folder: Path) -> tuple[FilesWorld, Batch, dict[Key, str]]:
    """A batch with every kind of item in it, and the parts its destruction must name."""
    world = FilesWorld(folder)
    for number in range(UNLINKS):
        world.write(f"{number % FOLDERS}/{number}.pdf", text=b"x" * number)
    for path in LEFT:
        world.write(path)
    world.write("1/kept", None)
    (world.root / "second_name").hardlink_to(world.folder / "0/shared")
    batch = world.batch()
    batch.spared[batch.keys.index(("2/spared",))] = True
    parts = {}
    for key in batch.keys:
        status = world.path(key).stat()
        left = str(key[0]) in LEFT
        parts[key] = "" if left else f'{{"file":[[{status.st_size},{status.st_ino}]]}}'
    world.remove(("1/gone",))
    return world, batch, parts


def run_killed(
    world: FilesWorld, batch: Batch, journal: FileJournal, point: tuple[str, int, str]
) -> bool:
    """Destroy in a process of its own that is killed on the way; False when it got through."""
    call, number, side = point
    child = os.fork()
    if not child:
        killed = KilledAt(number, side)
        if call == "intend":
            journal.intend = killed.around(journal.intend)  # type: ignore[method-assign]
        else:
            setattr(os, call, killed.around(getattr(os, call)))
        world.destroy(batch, journal)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def check(world: FilesWorld, batch: Batch, effect: Effect, parts: dict[Key, str]) -> None:
    """Everything an uninterrupted run leaves behind."""
    assert outcomes_of(batch, effect) == {
        key: LEFT.get(str(key[0]), "destroyed") for key in batch.keys
    }
    assert dict(zip(batch.keys, effect.parts, strict=True)) == parts
    assert effect.counts == [int(bool(part)) for part in effect.parts]
    assert effect.reasons == {batch.keys.index(("0/shared",)): "hard_links"}
    assert world.keys() == {("0/shared",), ("1/kept",), ("2/spared",)}


def test_uninterrupted(tmp_path: Path) -> None:
    world, batch, parts = prepare(tmp_path)
    check(world, batch, world.destroy(batch), parts)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: "-".join(map(str, point)))
def test_killed_once_it_resumes_to_the_same_end(
    tmp_path: Path, point: tuple[str, int, str]
) -> None:
    world, batch, parts = prepare(tmp_path / "world")
    journal = FileJournal(tmp_path / "intent")
    assert run_killed(world, batch, journal, point)
    batch.earlier = journal.written()
    check(world, batch, world.destroy(batch, journal), parts)


@pytest.mark.parametrize("first", range(1, UNLINKS, 2))
@pytest.mark.parametrize("second", ["intend", "unlink", "fsync"])
def test_killed_twice_it_forgets_nothing_of_the_first_time(
    tmp_path: Path, first: int, second: str
) -> None:
    """A journal that keeps the latest intent only must be enough."""
    world, batch, parts = prepare(tmp_path / "world")
    journal = FileJournal(tmp_path / "intent")
    assert run_killed(world, batch, journal, ("unlink", first, "past"))
    batch.earlier = journal.written()
    assert run_killed(world, batch, journal, (second, 1, "past"))
    batch.earlier = journal.written()
    check(world, batch, world.destroy(batch, journal), parts)


def test_there_are_more_than_twenty_points(tmp_path: Path) -> None:
    """And past the last of each kind nothing is left to kill."""
    assert len(POINTS) > 20
    for call, last in (("unlink", UNLINKS), ("fsync", FOLDERS), ("intend", 1)):
        world, batch, parts = prepare(tmp_path / call)
        journal = FileJournal(tmp_path / f"{call}-intent")
        assert not run_killed(world, batch, journal, (call, last + 1, "at"))
        batch.earlier = journal.written()
        check(world, batch, world.destroy(batch, journal), parts)
