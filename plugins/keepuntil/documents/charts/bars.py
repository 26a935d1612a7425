"""One line each: a bar from a zero line, stacked where it is made of several things."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from keepuntil.documents.charts.drawing import (
    PALE,
    QUIET,
    SMALL,
    WIDTH,
    Drawing,
    Series,
    box,
    colours,
    drawing,
    line,
    shortened,
    text,
    width_of,
)

_ROW: Final = 17
_BAR: Final = 11
_WIDEST_NAME: Final = 150
_KEY_GAP: Final = 14


def bars(names: Sequence[str], series: Sequence[Series], *, alt: str) -> Drawing:
    """A bar for each name with its sum; where there are several series, also what each is."""
    sums = [sum(values) for values in zip(*(one.values for one in series), strict=True)]
    left = min(max(map(width_of, names), default=0), _WIDEST_NAME) + 8
    room = WIDTH - left - width_of(f"{max(sums, default=0):,}") - 6
    scale = room / max(*sums, 1)
    top = 20 if len(series) > 1 else 4
    pieces = list(_key(series, left)) if len(series) > 1 else []
    for row, (name, total) in enumerate(zip(names, sums, strict=True)):
        y = top + _ROW * row
        pieces.append(text(left - 6, y + 8.4, shortened(name, _WIDEST_NAME), anchor="end"))
        pieces += _bar(left, y, scale, [one.values[row] for one in series], colours(series))
        pieces.append(text(left + scale * total + 4, y + 8.4, f"{total:,}"))
    bottom = top + _ROW * len(names)
    pieces.append(line(left, top - 2, left, bottom - 2, PALE))
    return drawing(pieces, width=WIDTH, height=bottom, alt=alt)


def _bar(
    left: float, y: float, scale: float, values: Sequence[int], shades: Sequence[str]
) -> Iterator[str]:
    x = left
    for value, colour in zip(values, shades, strict=True):
        if value:
            yield box(x, y, scale * value, _BAR, colour)
            x += scale * value


def _key(series: Sequence[Series], left: float) -> Iterator[str]:
    """What each part of a bar stands for, in the order of the parts."""
    x = left
    for one, colour in zip(series, colours(series), strict=True):
        yield box(x, 2, SMALL, SMALL, colour)
        yield text(x + 11, 8.6, one.name, colour=QUIET)
        x += 11 + width_of(one.name) + _KEY_GAP
