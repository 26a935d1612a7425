"""Finding the headings of a list: below a title, merged, one or two rows deep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from keepuntil.stores.paper.cells import Cell, is_blank
from keepuntil.stores.paper.columns import Column, column_named

SEARCHED_ROWS: Final = 20
"""Titles and notes above the headings are not longer than this."""

_FEWEST: Final = 2


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of one row; ``line`` counts from 1 in the file."""

    line: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Headings:
    """Which column stands where. Places count from 0."""

    depth: int
    """How many of the rows searched lie above the first line of data."""
    columns: Mapping[int, Column]
    words: Mapping[int, str]
    """Each heading as the archive wrote it."""

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(column.field for column in self.columns.values())

    @property
    def unread(self) -> tuple[str, ...]:
        """Headings that name no column of ours."""
        return tuple(word for place, word in self.words.items() if place not in self.columns)

    @property
    def twice(self) -> tuple[tuple[str, str], ...]:
        """Pairs of headings that both name the same column."""
        first: dict[str, str] = {}
        pairs = []
        for place, column in self.columns.items():
            word = self.words[place]
            if column.field in first:
                pairs.append((first[column.field], word))
            first.setdefault(column.field, word)
        return tuple(pairs)


def find_headings(rows: Sequence[Row]) -> Headings | None:
    """The headings among the first rows of a list; None when there are none.

    Headings are a row that names the box and at least one more column. Its neighbour below
    belongs to it when everything in it names a column, by itself or below its merged heading.
    """
    for place, row in enumerate(rows):
        deep = _two_deep(row, rows[place + 1]) if place + 1 < len(rows) else None
        for words, depth in ((deep, place + 2), (_one_deep(row), place + 1)):
            headings = _headings(words or {}, depth)
            if len(headings.fields) >= _FEWEST and "box" in headings.fields:
                return headings
    return None


def _headings(words: Mapping[int, str], depth: int) -> Headings:
    columns = {place: column for place, word in words.items() if (column := column_named(word))}
    return Headings(depth=depth, columns=columns, words=words)


def _one_deep(row: Row) -> dict[int, str]:
    return {place: _word(cell) for place, cell in enumerate(row.cells) if not is_blank(cell)}


def _two_deep(upper: Row, lower: Row) -> dict[int, str] | None:
    """Headings of two rows; None when the lower one does not consist of headings."""
    words: dict[int, str] = {}
    below = 0
    for place, (merged, top, bottom) in enumerate(_columns(upper, lower)):
        if bottom:
            below += 1
            found = next((w for w in (merged + bottom, bottom) if column_named(w)), None)
            if found is None:
                return None
            words[place] = found
        elif top:
            words[place] = top
    return words if below else None


def _columns(upper: Row, lower: Row) -> Iterator[tuple[str, str, str]]:
    """For each place the merged heading that covers it, its own upper and its lower word."""
    merged = ""
    for above, below in zip_longest(upper.cells, lower.cells):
        top = "" if is_blank(above) else _word(above)
        merged = top or merged
        yield merged, top, "" if is_blank(below) else _word(below)


def _word(cell: Cell) -> str:
    return " ".join(str(cell).split())
