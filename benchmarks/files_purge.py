"""How fast a folder tree is purged with evidence, against ``find -delete``.

    python benchmarks/files_purge.py [--files 200000] [--folder-size 500] [--at FOLDER]

Two equal trees are made and both settled on disk. One is emptied by ``find -delete``,
the other by Keepuntil: every file found and decided, its intent sealed with AES-256-GCM
into a SQLite file that synchronises every commit, the file compared with what was
planned, unlinked, its folder synchronised, looked at again, and its leaf committed to.
Only the ratio inside one run means anything.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / part) for part in ("plugins", "tests")]

from files_world import FilesWorld  # noqa: E402
from keepuntil.domain.items import key_texts  # noqa: E402
from keepuntil.domain.outcomes import Outcome  # noqa: E402
from keepuntil.evidence.commitments import commit_parts, commit_records, salt_cells  # noqa: E402
from keepuntil.evidence.sealing import SealingKey  # noqa: E402
from keepuntil.stores.files import FileTree  # noqa: E402
from keepuntil.stores.protocol import Batch, Effect, Intent  # noqa: E402
from store_contract import batches_of, contract_warrant  # noqa: E402

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


def purge_with_find(folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run(["find", str(folder), "-type", "f", "-delete"], check=True)
    return time.perf_counter() - started


def purge_with_evidence(world: FilesWorld, journal: SealedJournal) -> tuple[float, float]:
    """Seconds to find and seconds to destroy."""
    store: FileTree = world.store()
    query = world.query(batch_items=store.facts.batch_items)
    started = time.perf_counter()
    batches = batches_of(store, query)
    found = time.perf_counter()
    for batch in batches:
        effect = store.destroy(query, batch, contract_warrant(), journal)
        assert set(effect.outcomes) == {Outcome.DESTROYED}
        journal.commit_leaves(batch, effect)
    return found - started, time.perf_counter() - found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--files", type=int, default=200_000)
    options.add_argument("--folder-size", type=int, default=500)
    options.add_argument("--at", type=Path, default=None, help="a folder on the volume to measure")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.at) as name:
        here = Path(name)
        world, other = FilesWorld(here / "ours"), here / "theirs"
        # Made in turns, so that neither tree has the better place on disk.
        fill(other, asked.files, asked.folder_size)
        fill(world.folder, asked.files, asked.folder_size)
        os.sync()
        raw = purge_with_find(other)
        os.sync()
        finding, destroying = purge_with_evidence(world, SealedJournal.at(here / "register.db"))
        shutil.rmtree(other)
    files = asked.files
    print(f"{files} files of 1 KiB, {asked.folder_size} a folder")
    print(f"find -delete             {raw:8.2f} s  {files / raw:9.0f} files/s")
    print(f"keepuntil: find          {finding:8.2f} s  {files / finding:9.0f} files/s")
    print(f"keepuntil: destroy       {destroying:8.2f} s  {files / destroying:9.0f} files/s")
    both = finding + destroying
    print(f"keepuntil: both          {both:8.2f} s  {files / both:9.0f} files/s")
    print(f"ratio, destroy alone     {raw / destroying:8.2f}")
    print(f"ratio, find and destroy  {raw / both:8.2f}  (goal: 1.0)")


if __name__ == "__main__":
    main()
