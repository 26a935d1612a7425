"""Rows turned into columns and keys made ready for statements, without an object a row."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final

from keepuntil.domain.items import Key
from keepuntil.errors import StoreMismatch
from keepuntil.stores.sql.layout import Columns, KeyKind

_ALLOWED: Final[dict[KeyKind, frozenset[type]]] = {
    KeyKind.WHOLE: frozenset({int}),
    KeyKind.TRUTH: frozenset({int}),
    KeyKind.TEXT: frozenset({str}),
    KeyKind.PLAIN: frozenset({str}),
    KeyKind.DECIMAL: frozenset({str}),
    KeyKind.BYTES: frozenset({bytes}),
    KeyKind.ANY: frozenset({int, str, bytes}),
}


def by_column(rows: Sequence[Sequence[Any]], width: int) -> list[Sequence[Any]]:
    """Columns of rows of ``width``. Many times cheaper than ``zip`` over thousands of rows."""
    return [list(map(itemgetter(place), rows)) for place in range(width)]


def named(columns: Sequence[Sequence[Any]]) -> list[Key]:
    """Keys from their columns. Raises StoreMismatch for what cannot name a row (SQLite)."""
    for column in columns:
        if not _ALLOWED[KeyKind.ANY].issuperset(map(type, column)):
            raise StoreMismatch(
                "A key column holds values that are neither whole numbers nor text nor bytes; "
                "mend those rows, or declare another key."
            )
    return list(zip(*columns, strict=True))


class KeyList:
    """Keys that several statements name: checked and written out once."""

    __slots__ = ("_checked", "_columns", "_whole", "keys")

    def __init__(self, keys: Sequence[Key]) -> None:
        self.keys = keys
        self._columns: list[Sequence[Any]] = []
        self._checked: tuple[KeyKind, ...] = ()
        self._whole = ""

    def __len__(self) -> int:
        return len(self.keys)

    def columns(self, columns: Columns) -> list[Sequence[Any]]:
        """The keys by columns, each of the type that its column holds. Raises StoreMismatch."""
        kinds = tuple(column.kind for column in columns)
        if kinds != self._checked:
            self._columns = self._fitting(columns)
            self._checked = kinds
        return self._columns

    def whole(self, columns: Columns) -> str:
        """The first column, whole numbers, as ``1, 2, 3``."""
        if not self._whole:
            self._whole = str(list(self.columns(columns)[0]))[1:-1]
        return self._whole

    def _fitting(self, columns: Columns) -> list[Sequence[Any]]:
        width = len(columns)
        if set(map(len, self.keys)) <= {width}:
            values = by_column(self.keys, width)
            pairs = zip(columns, values, strict=True)
            if all(_ALLOWED[column.kind].issuperset(map(type, held)) for column, held in pairs):
                return values
        names = ", ".join(column.name for column in columns)
        raise StoreMismatch(
            f"Keys on the list do not have the form of the columns {names}; the table has changed "
            f"since they were found. Make a new plan."
        )
