"""The pieces of a picture: text, boxes, lines, and how wide a text is."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

WIDTH: Final = 476
"""Points between the margins of an upright A4 sheet."""
SMALL: Final = 7.5
INK: Final = "#1c2733"
QUIET: Final = "#5b6875"
FAINT: Final = "#dfe4e9"
PALE: Final = "#b8c1ca"

SERIES: Final = ("#0b5c6b", "#edbb5f", "#7fa9cb", "#c0596f", "#5d8233", "#8f7fb8", "#9aa3ab")
"""Told apart by people of every colour vision and in grey: their lightness differs too."""

_FONTS: Final = "Noto Sans SC, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"
_WIDE: Final = {"W", "F"}

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture, how large it is in points, and the same in words for who cannot see it."""

    svg: str
    width: float
    height: float
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One kind of thing that is counted, place by place."""

    name: str
    values: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.values)


def drawing(pieces: Iterable[str], *, width: float, height: float, alt: str) -> Drawing:
    """One picture out of its pieces."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_number(width)} {_number(height)}"'
        f' role="img" aria-label="{escape(alt)}" font-family="{_FONTS}" font-size="{SMALL}"'
        f' fill="{INK}">{"".join(pieces)}</svg>'
    )
    return Drawing(svg=svg, width=width, height=height, alt=alt)


def text(
    x: float,
    y: float,
    words: str,
    *,
    anchor: Anchor = "start",
    colour: str = INK,
    size: float = SMALL,
) -> str:
    """Words whose base line is at ``y``."""
    return (
        f'<text x="{_number(x)}" y="{_number(y)}" text-anchor="{anchor}" fill="{colour}"'
        f' font-size="{_number(size)}">{escape(words)}</text>'
    )


def box(x: float, y: float, width: float, height: float, colour: str) -> str:
    """A filled box, set off from its neighbours by a thin white edge."""
    return (
        f'<rect x="{_number(x)}" y="{_number(y)}" width="{_number(width)}"'
        f' height="{_number(height)}" fill="{colour}" stroke="#ffffff" stroke-width="0.5"/>'
    )


def line(x1: float, y1: float, x2: float, y2: float, colour: str = FAINT) -> str:
    """A hair line."""
    return (
        f'<line x1="{_number(x1)}" y1="{_number(y1)}" x2="{_number(x2)}" y2="{_number(y2)}"'
        f' stroke="{colour}" stroke-width="0.6"/>'
    )


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def width_of(words: str, size: float = SMALL) -> float:
    """About how wide words are; a Chinese character is as wide as it is high."""
    wide = sum(unicodedata.east_asian_width(letter) in _WIDE for letter in words)
    return size * (wide + 0.54 * (len(words) - wide))


def shortened(words: str, room: float) -> str:
    """The words, or as many of them as fit, with a mark that some are missing."""
    if width_of(words) <= room:
        return words
    kept = words
    while kept and width_of(f"{kept}…") > room:
        kept = kept[:-1]
    return f"{kept}…"


def ticks(largest: int) -> list[int]:
    """Three to six round numbers from 0 to at least the largest value."""
    if largest <= 0:
        return [0, 1]
    rough = max(largest / 4, 1)
    power = 10 ** (len(str(int(rough))) - 1)
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= rough)
    return list(range(0, largest + step, step))


def colours(series: Sequence[Series]) -> list[str]:
    """A colour each, in order; beyond the last they are all grey."""
    return [SERIES[min(place, len(SERIES) - 1)] for place in range(len(series))]
