"""Pictures made on the server: figures and days as inline SVG. Colours stand in the style sheet.

Each picture has its text beside it in the page; nothing is said by colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from markupsafe import Markup

SHADES: Final = 6
"""Categories with a shade of their own; the smallest share the last."""

_WIDTH, _HEIGHT = 1100, 260
_LEFT, _BOTTOM, _TOP = 72, 36, 14
_EVERY: Final = 3
"""Months between two labels: a quarter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One shade of the stacked bars."""

    name: str
    figures: tuple[int, ...]
    shade: int

    @property
    def total(self) -> int:
        return sum(self.figures)


def bands(by_name: Mapping[str, Sequence[int]], others: str) -> list[Band]:
    """The largest first, each in a shade; what is left together under one name."""
    ordered = sorted(by_name.items(), key=lambda pair: (-sum(pair[1]), pair[0]))
    alone = ordered if len(ordered) <= SHADES else ordered[: SHADES - 1]
    found = [Band(name=n, figures=tuple(f), shade=at) for at, (n, f) in enumerate(alone)]
    rest = [figures for _, figures in ordered[len(alone) :]]
    if rest:
        summed = tuple(map(sum, zip(*rest, strict=True)))
        found.append(Band(name=others, figures=summed, shade=SHADES - 1))
    return found


def bars(months: Sequence[str], stacked: Sequence[Band], title: str) -> Markup:
    """Months from left to right, the bands of each on top of one another."""
    tops = [sum(band.figures[at] for band in stacked) for at in range(len(months))]
    scale = _round_up(max(tops, default=0))
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(
        _WIDTH,
        _HEIGHT,
        title,
        Markup("").join([*_grid(scale), *_columns(months, stacked, scale), *_labels(months)]),
    )


def _round_up(most: int) -> int:
    """The next figure that people count in: 1, 2 or 5 and noughts."""
    step = 1
    while True:
        for first in (1, 2, 5):
            if first * step >= most:
                return first * step
        step *= 10


def _grid(scale: int) -> Iterator[Markup]:
    parts = min(scale, 4 if scale % 4 == 0 else 5 if scale % 5 == 0 else 2)
    for part in range(parts + 1):
        value, y = scale * part // parts, _y(scale * part / parts, scale)
        yield Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
            _LEFT, _WIDTH, y, y
        )
        yield Markup('<text class="axis" x="{}" y="{}" text-anchor="end">{}</text>').format(
            _LEFT - 8, y + 4, f"{value:,}"
        )


def _columns(months: Sequence[str], stacked: Sequence[Band], scale: int) -> Iterator[Markup]:
    wide = _step(months) * 0.72
    for at, month in enumerate(months):
        below = 0
        for band in stacked:
            count = band.figures[at]
            if not count:
                continue
            top, bottom = _y(below + count, scale), _y(below, scale)
            below += count
            yield Markup(
                '<rect class="shade{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">'
                "<title>{} · {}: {}</title></rect>"
            ).format(
                band.shade,
                _x(at, months),
                top,
                wide,
                max(bottom - top, 1),
                month,
                band.name,
                f"{count:,}",
            )


def _labels(months: Sequence[str]) -> Iterator[Markup]:
    for at in range(0, len(months) - 1, _EVERY):
        yield Markup('<text class="axis" x="{:.1f}" y="{}">{}</text>').format(
            _x(at, months), _HEIGHT - 10, months[at]
        )


def _step(months: Sequence[str]) -> float:
    return (_WIDTH - _LEFT) / max(len(months), 1)


def _x(at: int, months: Sequence[str]) -> float:
    return _LEFT + _step(months) * at + _step(months) * 0.14


def _y(value: float, scale: int) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / max(scale, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A day on a time line."""

    on: date
    name: str
    kind: str
    """``event``, ``kept``, ``due`` or ``gone``: a shade, and a shape of its own."""


_LINE: Final = 74
_EDGE: Final = 90


def time_line(marks: Sequence[Mark], title: str) -> Markup:
    """Days along a line: kept up to ``kept``, may go from ``due`` on, has to by ``gone``."""
    first, last = marks[0].on, max(mark.on for mark in marks)
    span = max((last - first) / timedelta(days=1), 1)

    def place(day: date) -> float:
        return _EDGE + (_WIDTH - 2 * _EDGE) * ((day - first) / timedelta(days=1)) / span

    pieces = [*_stretches(marks, place)]
    for at, mark in enumerate(marks):
        pieces.append(_mark(mark, place(mark.on), above=at % 2 == 0))
    return Markup(
        '<svg class="chart line" viewBox="0 0 {} 150" role="img" aria-label="{}">{}</svg>'
    ).format(_WIDTH, title, Markup("").join(pieces))


def _stretches(marks: Sequence[Mark], place: Callable[[date], float]) -> Iterator[Markup]:
    for before, after in pairwise(marks):
        yield Markup('<line class="stretch {}" x1="{:.1f}" x2="{:.1f}" y1="{}" y2="{}"/>').format(
            after.kind, place(before.on), place(after.on), _LINE, _LINE
        )


def _mark(mark: Mark, x: float, *, above: bool) -> Markup:
    y = 34 if above else 116
    return Markup(
        '<circle class="mark {}" cx="{:.1f}" cy="{}" r="7"/>'
        '<text class="name" x="{:.1f}" y="{}" text-anchor="middle">{}</text>'
        '<text class="axis" x="{:.1f}" y="{}" text-anchor="middle">{}</text>'
    ).format(mark.kind, x, _LINE, x, y, mark.name, x, y + 17, mark.on)
