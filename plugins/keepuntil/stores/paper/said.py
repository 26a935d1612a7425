"""What earlier lines of the same list have said, without keeping the list in memory."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from types import TracebackType
from typing import Self

from keepuntil.stores.paper.lines import BoxWords

_TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -16384;
    CREATE TABLE item (barcode TEXT PRIMARY KEY, line INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE box (
        barcode TEXT PRIMARY KEY, line INTEGER NOT NULL, site TEXT, shelf TEXT, seal TEXT
    ) WITHOUT ROWID;
    BEGIN;
"""


class Said:
    """Barcodes and the lines that named them first.

    Kept in a nameless SQLite file, which goes to disk beyond a few megabytes and is gone
    with its connection.
    """

    def __init__(self) -> None:
        self._scratch = sqlite3.connect("", isolation_level=None)
        self._scratch.executescript(_TABLES)
        self._last: tuple[BoxWords, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._scratch.close()

    def item(self, barcode: str, line: int) -> int:
        """The line that named the item first; ``line`` itself when it is the first."""
        with closing(self._scratch.cursor()) as cursor:
            cursor.execute("INSERT OR IGNORE INTO item VALUES (?, ?)", (barcode, line))
            if cursor.rowcount:
                return line
            cursor.execute("SELECT line FROM item WHERE barcode = ?", (barcode,))
            return int(cursor.fetchone()[0])

    def box(self, words: BoxWords, line: int) -> tuple[BoxWords, int]:
        """What the first line that named the box said of it, and which line that was."""
        if self._last is not None and self._last[0] == words:
            return self._last
        with closing(self._scratch.cursor()) as cursor:
            row = (words.box, line, words.site, words.shelf, words.seal)
            cursor.execute("INSERT OR IGNORE INTO box VALUES (?, ?, ?, ?, ?)", row)
            if not cursor.rowcount:
                cursor.execute("SELECT * FROM box WHERE barcode = ?", (words.box,))
                row = cursor.fetchone()
        box, first, site, shelf, seal = row
        self._last = (BoxWords(box=box, site=site, shelf=shelf, seal=seal), first)
        return self._last
