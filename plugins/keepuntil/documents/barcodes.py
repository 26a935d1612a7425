"""Barcodes of boxes: Code 128 (ISO/IEC 15417), drawn as vectors that a printer keeps sharp.

A barcode that Code 128 cannot write, or only in bars too fine to be scanned, is drawn as a
QR code of the same text: there is no box that a form cannot name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from keepuntil.documents.typesetting import code_to_scan

MODULE: Final = 0.33
"""Width of the thinnest bar in mm where there is room: 13 mil, the usual one on boxes."""
FINEST_MODULE: Final = 0.25
"""Three dots of an office printer (300 dots an inch); finer bars flow into each other."""
QUIET: Final = 10
"""Modules that stay white on either side."""

_CODE_C, _CODE_B, _START_B, _START_C, _STOP = 99, 100, 104, 105, 106
_CHECK_MODULUS: Final = 103
_WRITABLE: Final = re.compile(r"[ -~]+")
_PAIRS: Final = re.compile(r"((?:[0-9]{2}){2,})")
"""Where two digits in one symbol save more than changing to them costs."""

_WIDTHS: Final = re.findall(
    r"[1-4]{6,7}",
    """
    212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212
    112232 122132 122231 113222 123122 123221 223211 221132 221231 213212 223112 312131
    311222 321122 321221 312212 322112 322211 212123 212321 232121 111323 131123 131321
    112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121
    313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111
    314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114
    122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212
    124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113
    114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112
    """,
)
"""Bars and gaps of each symbol, in turns, in modules (ISO/IEC 15417, table 1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A code to scan as SVG, to be printed this wide, in mm; as high as there is room."""

    svg: str
    width: float
    square: bool


def scannable(text: str, *, widest: float) -> Drawing:
    """The bars of ``text`` in at most ``widest`` mm, or a QR code where they would not fit."""
    if _WRITABLE.fullmatch(text):
        modules = widths(text)
        count = sum(modules) + 2 * QUIET
        if count * FINEST_MODULE <= widest:
            width = min(count * MODULE, widest)
            return Drawing(svg=_bars(modules, count), width=round(width, 3), square=False)
    return Drawing(svg=code_to_scan(text), width=0, square=True)


def widths(text: str) -> list[int]:
    """Bars and gaps of ``text`` in turns, in modules, from the start symbol to the stop.

    ``text`` is printable ASCII and not empty.
    """
    symbols = _symbols(text)
    check = symbols[0] + sum(place * symbol for place, symbol in enumerate(symbols))
    whole = [*symbols, check % _CHECK_MODULUS, _STOP]
    return [int(width) for symbol in whole for width in _WIDTHS[symbol]]


def _symbols(text: str) -> list[int]:
    symbols: list[int] = []
    for piece in filter(None, _PAIRS.split(text)):
        paired = _PAIRS.fullmatch(piece) is not None
        if symbols:
            symbols.append(_CODE_C if paired else _CODE_B)
        else:
            symbols.append(_START_C if paired else _START_B)
        symbols += _pairs(piece) if paired else [ord(letter) - ord(" ") for letter in piece]
    return symbols


def _pairs(digits: str) -> list[int]:
    return [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]


def _bars(modules: list[int], count: int) -> str:
    starts = accumulate(modules, initial=QUIET)
    drawn = "".join(
        f"M{start} 0h{width}v1h-{width}z"
        for place, (start, width) in enumerate(zip(starts, modules, strict=False))
        if place % 2 == 0
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{count}" height="1" '
        f'viewBox="0 0 {count} 1" preserveAspectRatio="none"><path d="{drawn}"/></svg>'
    )
