"""What is due, as sets that can be compared: digests of keys in a temporary database on disk.

Memory stays flat however many items there are, and nothing personal is written: a digest
of 16 bytes an item, in a file without a name that is gone when it is closed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from hashlib import blake2b
from typing import NamedTuple

from keepuntil.domain.items import Key, key_text


class DueItem(NamedTuple):
    """One item of a set."""

    item: bytes
    held: bool
    since: int
    """Ordinal of its ``due_on``; 0 where nobody asks."""


class DueSets:
    """Two sets of due items, ``before`` and ``after``."""

    def __init__(self, scratch: sqlite3.Connection) -> None:
        self._scratch = scratch
        for name in ("before", "after"):
            scratch.execute(
                f"CREATE TABLE {name} (item BLOB PRIMARY KEY, held INT, since INT) WITHOUT ROWID"
            )

    @classmethod
    @contextmanager
    def empty(cls) -> Iterator[DueSets]:
        # An empty name is SQLite's own temporary file, deleted when it is closed.
        with closing(sqlite3.connect("")) as scratch:
            yield cls(scratch)

    def was(self, items: Iterable[DueItem]) -> None:
        """Add to the first set."""
        self._scratch.executemany("INSERT OR IGNORE INTO before VALUES (?, ?, ?)", items)

    def forget_what_was(self) -> None:
        """Empty the first set again."""
        self._scratch.execute("DELETE FROM before")

    def becomes(self, items: Iterable[DueItem]) -> None:
        """Add to the second set."""
        self._scratch.executemany("INSERT OR IGNORE INTO after VALUES (?, ?, ?)", items)

    @property
    def size_before(self) -> int:
        return self._count("before")

    @property
    def size_after(self) -> int:
        return self._count("after")

    @property
    def gone(self) -> int:
        """In the first set and not in the second."""
        return self._count("before WHERE item NOT IN (SELECT item FROM after)")

    @property
    def newly_held(self) -> int:
        """In both, and held in the second only."""
        return self._count("before JOIN after USING (item) WHERE after.held AND NOT before.held")

    @property
    def new_and_free(self) -> int:
        """In the second set only, and not held there."""
        return self._count(_NEW_AND_FREE)

    @property
    def oldest_new(self) -> date | None:
        """Since when the oldest of those is due."""
        (since,) = self._scratch.execute(f"SELECT min(since) FROM {_NEW_AND_FREE}").fetchone()  # noqa: S608 our own
        return None if since is None else date.fromordinal(since)

    def _count(self, where: str) -> int:
        (count,) = self._scratch.execute(f"SELECT count(*) FROM {where}").fetchone()  # noqa: S608 our own
        return int(count)


_NEW_AND_FREE = "after WHERE NOT held AND item NOT IN (SELECT item FROM before)"


def item_digest(key: Key, place: str = "") -> bytes:
    """Tells items apart within a place; ``place`` tells places apart where they may differ."""
    return blake2b(
        f"{place}{key_text(key)}".encode("utf-8", "surrogatepass"), digest_size=16
    ).digest()
