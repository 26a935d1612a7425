"""What happened in each month: stacked columns on a zero line, with what they stand for beside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from keepuntil.documents.charts.drawing import (
    FAINT,
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
    ticks,
    width_of,
)

_TOP: Final = 16
_PLOT: Final = 112
_FOOT: Final = 24
_KEY: Final = 132
"""The room to the right, where each series stands with its total."""
_LINE: Final = 13
_LABELLED: Final = 13
"""Up to so many columns each carries its own total."""
_SMALLEST_GAP: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plot:
    """Where the columns stand."""

    left: float
    right: float
    base: float
    top_value: int
    places: int

    @property
    def step(self) -> float:
        return (self.right - self.left) / max(self.places, 1)

    def middle(self, place: int) -> float:
        return self.left + self.step * (place + 0.5)

    def height(self, value: int) -> float:
        return _PLOT * value / self.top_value


def columns(months: Sequence[str], series: Sequence[Series], *, alt: str) -> Drawing:
    """A column for each month (``2026-03``); the first series stands on the zero line."""
    sums = [sum(values) for values in zip(*(one.values for one in series), strict=True)]
    marks = ticks(max(sums, default=0))
    base = _TOP + max(_PLOT, _LINE * len(series))
    plot = _Plot(
        left=width_of(f"{marks[-1]:,}") + 6,
        right=WIDTH - _KEY,
        base=base,
        top_value=marks[-1],
        places=len(months),
    )
    pieces = [
        *_grid(plot, marks),
        *_stacks(plot, series),
        *_totals(plot, sums),
        *_months(plot, months),
        *_key(plot, series),
    ]
    return drawing(pieces, width=WIDTH, height=base + _FOOT, alt=alt)


def _grid(plot: _Plot, marks: Sequence[int]) -> Iterator[str]:
    for mark in marks:
        y = plot.base - plot.height(mark)
        yield line(plot.left, y, plot.right, y, FAINT if mark else PALE)
        yield text(plot.left - 4, y + 2.6, f"{mark:,}", anchor="end", colour=QUIET)


def _stacks(plot: _Plot, series: Sequence[Series]) -> Iterator[str]:
    width = plot.step * 0.72
    for place in range(plot.places):
        y = plot.base
        for one, colour in zip(series, colours(series), strict=True):
            if height := plot.height(one.values[place]):
                y -= height
                yield box(plot.middle(place) - width / 2, y, width, height, colour)


def _totals(plot: _Plot, sums: Sequence[int]) -> Iterator[str]:
    if len(sums) > _LABELLED:
        return
    for place, value in enumerate(sums):
        if value and width_of(f"{value:,}") < plot.step * 1.6:
            y = plot.base - plot.height(value) - 3
            yield text(plot.middle(place), y, f"{value:,}", anchor="middle")


def _months(plot: _Plot, months: Sequence[str]) -> Iterator[str]:
    """The number of the month, the year below it where it begins; none runs into the next."""
    every = 1 + int((width_of("00") + _SMALLEST_GAP) // plot.step)
    for place, month in enumerate(months):
        year, _, number = month.partition("-")
        x = plot.middle(place)
        if place % every == 0:
            yield text(x, plot.base + 10, number, anchor="middle", colour=QUIET)
        # The year a picture begins in is left out where the next one needs its room.
        if number == "01" or (place == 0 and (13 - int(number)) * plot.step > width_of("00000")):
            yield text(x, plot.base + 20, year, anchor="middle", colour=QUIET)


def _key(plot: _Plot, series: Sequence[Series]) -> Iterator[str]:
    """Every series with its total, in the order of the stack, the topmost first."""
    x = plot.right + 10
    for row, (one, colour) in enumerate(reversed(list(zip(series, colours(series), strict=True)))):
        y = _TOP + _LINE * row
        total = f"{one.total:,}"
        room = WIDTH - x - 11 - width_of(total) - 4
        yield box(x, y, SMALL, SMALL, colour)
        yield text(x + 11, y + 6.6, shortened(one.name, room))
        yield text(WIDTH, y + 6.6, total, anchor="end", colour=QUIET)
