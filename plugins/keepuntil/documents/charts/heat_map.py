"""Rows × columns of cells: a colour for the glance, a mark in words for everybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from keepuntil.documents.charts.drawing import (
    QUIET,
    WIDTH,
    Drawing,
    box,
    drawing,
    shortened,
    text,
    width_of,
)


class Heat(StrEnum):
    """How a cell stands."""

    GOOD = "good"
    BAD = "bad"
    WORSE = "worse"
    NONE = "none"
    """There is nothing to say."""


_COLOURS: Final = {
    Heat.GOOD: ("#d8ece4", "#14573f"),
    Heat.BAD: ("#f3d3a6", "#6b3f00"),
    Heat.WORSE: ("#b5443f", "#ffffff"),
    Heat.NONE: ("#f2f4f6", "#8b959f"),
}
"""Of a cell and of its mark."""

_ROW: Final = 17
_HEAD: Final = 16
_WIDEST_NAME: Final = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatCell:
    heat: Heat
    mark: str


def heat_map(
    columns: Sequence[str], rows: Sequence[tuple[str, Sequence[HeatCell]]], *, alt: str
) -> Drawing:
    """One line for each row, named at its left; every cell says its mark."""
    left = min(max((width_of(name) for name, _ in rows), default=0), _WIDEST_NAME) + 8
    step = (WIDTH - left) / max(len(columns), 1)
    pieces = [
        text(left + step * (at + 0.5), 9, shortened(name, step), anchor="middle", colour=QUIET)
        for at, name in enumerate(columns)
    ]
    for place, (name, cells) in enumerate(rows):
        y = _HEAD + _ROW * place
        pieces.append(text(left - 6, y + 11, shortened(name, _WIDEST_NAME), anchor="end"))
        pieces += _cells(left, y, step, cells)
    return drawing(pieces, width=WIDTH, height=_HEAD + _ROW * len(rows), alt=alt)


def _cells(left: float, y: float, step: float, cells: Sequence[HeatCell]) -> Iterator[str]:
    for at, cell in enumerate(cells):
        fill, ink = _COLOURS[cell.heat]
        yield box(left + step * at, y, step, _ROW - 1, fill)
        middle = left + step * (at + 0.5)
        yield text(middle, y + 11, shortened(cell.mark, step - 4), anchor="middle", colour=ink)
