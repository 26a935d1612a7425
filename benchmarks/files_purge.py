"""How fast a folder tree is purged with evidence, against ``find -delete``.

    python benchmarks/files_purge.py [--files 200000] [--folder-size 500] [--at FOLDER]

Four equal trees are made in turns and settled on disk, each of half the files. Two are
emptied by ``find -delete`` and two by Keepuntil, in the order find, ours, ours, find, so
that a disk that grows slower or faster favours neither. Ours means: every file found and
decided, its intent sealed with AES-256-GCM into a SQLite file that synchronises every
commit, the file compared with what was planned, unlinked, its folder synchronised, looked
at again, and its leaf committed to. Only the ratio inside one run means anything.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / part) for part in ("plugins", "tests")]

from files_world import FilesWorld  # noqa: E402
from keepuntil.domain.items import key_texts  # noqa: E402
from keepuntil.domain.outcomes import Outcome  # noqa: E402
from keepuntil.evidence.commitments import commit_parts, commit_records, salt_cells  # noqa: E402
from keepuntil.evidence.sealing import SealingKey  # noqa: E402
from keepuntil.stores.files import FileTree  # noqa: E402
from keepuntil.stores.protocol import Batch, Effect, Intent  # noqa: E402
from store_contract import batches_of, contract_warrant  # noqa: E402

T = TypeVar("T")

LONG_AGO = 1_330_000_000


@dataclass
class SealedJournal:
    """Intents and leaves of each batch, sealed, in a SQLite file."""

    database: sqlite3.Connection
    key: SealingKey = field(default_factory=SealingKey.fresh)
    run_key: bytes = field(default_factory=lambda: os.urandom(32))
    batches: int = 0
    items: int = 0

    @classmethod
    def at(cls, path: Path) -> SealedJournal:
        database = sqlite3.connect(path, isolation_level=None)
        database.execute("pragma journal_mode=wal")
        database.execute("pragma synchronous=full")
        database.execute("create table intent (batch integer primary key, sealed blob)")
        database.execute("create table leaf (batch integer primary key, digests blob)")
        return cls(database)

    def intend(self, intent: Intent) -> None:
        packed = json.dumps([list(intent.present), intent.parts, intent.counts]).encode()
        sealed = self.key.seal(packed, b"intent %d" % self.batches)
        self.database.execute("insert into intent values (?, ?)", (self.batches, sealed))

    def commit_leaves(self, batch: Batch, effect: Effect) -> None:
        cells = salt_cells(self.run_key, self.items, len(batch.keys))
        records = commit_records(cells, [f'{{"key":{text}}}' for text in key_texts(batch.keys)])
        parts = commit_parts(cells, effect.parts)
        leaves = b"".join(
            sha256(records[at : at + 32] + parts[at : at + 32]).digest()
            for at in range(0, len(records), 32)
        )
        self.database.execute("insert into leaf values (?, ?)", (self.batches, leaves))
        self.batches += 1
        self.items += len(batch.keys)


def fill(folder: Path, files: int, folder_size: int) -> None:
    for first in range(0, files, folder_size):
        below = folder / f"{first // folder_size:05d}"
        below.mkdir(parents=True)
        for number in range(first, min(files, first + folder_size)):
            path = below / f"statement-{number:08d}.pdf"
            path.write_bytes(b"%PDF" + bytes(1020))
            os.utime(path, (LONG_AGO + number, LONG_AGO + number))


@dataclass(frozen=True)
class Cost:
    """What something took: seconds on the clock, and of processors (kernel included)."""

    seconds: float
    processor: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.seconds + other.seconds, self.processor + other.processor)


class Stopwatch:
    def __init__(self) -> None:
        self._began = self._now()

    def lap(self) -> Cost:
        seconds, processor = self._now()
        began, self._began = self._began, (seconds, processor)
        return Cost(seconds - began[0], processor - began[1])

    def _now(self) -> tuple[float, float]:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return time.perf_counter(), sum(one.ru_utime + one.ru_stime for one in used)


def purge_with_find(folder: Path) -> Cost:
    watch = Stopwatch()
    subprocess.run(["find", str(folder), "-type", "f", "-delete"], check=True)
    return watch.lap()


def purge_with_evidence(world: FilesWorld, journal: SealedJournal) -> tuple[Cost, Cost]:
    """What finding cost and what destroying cost."""
    store: FileTree = world.store()
    query = world.query(batch_items=store.facts.batch_items)
    watch = Stopwatch()
    batches = batches_of(store, query)
    finding = watch.lap()
    for batch in batches:
        effect = store.destroy(query, batch, contract_warrant(), journal)
        assert set(effect.outcomes) == {Outcome.DESTROYED}
        journal.commit_leaves(batch, effect)
    return finding, watch.lap()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--files", type=int, default=200_000)
    options.add_argument("--folder-size", type=int, default=500)
    options.add_argument("--at", type=Path, default=None, help="a folder on the volume to measure")
    asked = options.parse_args()
    half = asked.files // 2
    with tempfile.TemporaryDirectory(dir=asked.at) as name:
        here = Path(name)
        worlds = [FilesWorld(here / f"{turn}") for turn in range(4)]
        for world in worlds:
            fill(world.folder, half, asked.folder_size)
        journal = SealedJournal.at(here / "register.db")
        raw = settled(lambda: purge_with_find(worlds[0].folder))
        first = settled(lambda: purge_with_evidence(worlds[1], journal))
        second = settled(lambda: purge_with_evidence(worlds[2], journal))
        raw += settled(lambda: purge_with_find(worlds[3].folder))
    report(2 * half, asked.folder_size, raw, first[0] + second[0], first[1] + second[1])


def settled(purge: Callable[[], T]) -> T:
    """Begin with nothing left to write for the disk."""
    os.sync()
    return purge()


def report(files: int, folder_size: int, raw: Cost, finding: Cost, destroying: Cost) -> None:
    print(f"{files} files of 1 KiB, {folder_size} a folder")
    print(f"{'':27} {'seconds':>9} {'files/s':>9} {'ratio':>6} {'processor s':>12} {'ratio':>6}")
    for name, cost in (
        ("find -delete", raw),
        ("keepuntil: find and decide", finding),
        ("keepuntil: destroy", destroying),
        ("keepuntil: both (goal 1.0)", finding + destroying),
    ):
        print(
            f"{name:27} {cost.seconds:9.2f} {files / cost.seconds:9.0f} "
            f"{raw.seconds / cost.seconds:6.2f} {cost.processor:12.2f} "
            f"{raw.processor / cost.processor:6.2f}"
        )


if __name__ == "__main__":
    main()
