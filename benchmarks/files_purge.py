"""How fast a folder tree is purged with evidence, against ``find -delete``.

    python benchmarks/files_purge.py [--files 50000] [--folder-size 500] [--at FOLDER]

In each round two equal trees are made and settled on disk; one is emptied by ``find
-delete``, one by Keepuntil, and they take turns at being first. Ours means: every file found
and decided, its intent sealed with AES-256-GCM into a SQLite file that synchronises every
commit, the file compared with what was planned, unlinked, its folder synchronised, looked
at again, and its leaf committed to. Only the ratio inside one run means anything.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / part) for part in ("benchmarks", "plugins", "tests")]

from measuring import Cost, Line, cost_of, keep  # noqa: E402

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


def purge_with_find(folder: Path) -> None:
    subprocess.run(["find", str(folder), "-type", "f", "-delete"], check=True)


def destroy(world: FilesWorld, batches: list[Batch], journal: SealedJournal) -> None:
    store: FileTree = world.store()
    query = world.query(batch_items=store.facts.batch_items)
    for batch in batches:
        effect = store.destroy(query, batch, contract_warrant(), journal)
        assert set(effect.outcomes) == {Outcome.DESTROYED}
        journal.commit_leaves(batch, effect)


def find(world: FilesWorld) -> list[Batch]:
    store: FileTree = world.store()
    return batches_of(store, world.query(batch_items=store.facts.batch_items))


def measure(here: Path, files: int, folder_size: int, rounds: int) -> list[Line]:
    """Peer and ours take turns at being first, each on a tree of its own, settled on disk."""
    journal = SealedJournal.at(here / "register.db")
    peers: list[Cost] = []
    destroying: list[Cost] = []
    both: list[Cost] = []

    def peer(folder: Path) -> None:
        world = FilesWorld(folder)
        fill(world.folder, files, folder_size)
        os.sync()
        peers.append(cost_of(lambda: purge_with_find(world.folder)))

    def keepuntil(folder: Path) -> None:
        world = FilesWorld(folder)
        fill(world.folder, files, folder_size)
        os.sync()
        batches: list[Batch] = []
        found = cost_of(lambda: batches.extend(find(world)))
        destroying.append(cost_of(lambda: destroy(world, batches, journal)))
        both.append(found + destroying[-1])

    for number in range(rounds):
        for turn in (peer, keepuntil) if number % 2 == 0 else (keepuntil, peer):
            turn(here / f"{number}-{turn.__name__}")
    return [
        Line(
            work=work,
            peer="find -delete",
            unit="files",
            size=files,
            goal=goal,
            peer_costs=peers,
            our_costs=ours,
        )
        for work, goal, ours in (
            ("Files: find, decide, destroy", 1.0, both),
            ("Files: destroy alone", None, destroying),
        )
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--files", type=int, default=50_000, help="in each tree")
    options.add_argument("--folder-size", type=int, default=500)
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--results", type=Path, default=None, help="a file that lines go to")
    options.add_argument("--at", type=Path, default=None, help="a folder on the volume to measure")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.at) as name:
        lines = measure(Path(name), asked.files, asked.folder_size, asked.rounds)
        keep(asked.results, lines)


if __name__ == "__main__":
    main()
