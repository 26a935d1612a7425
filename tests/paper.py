"""Pages as a stranger's programs see them: poppler's, and zbar's for the codes."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from stock_tools import program

_WORD = re.compile(r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>')


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word and where it stands on its page, in points from the upper left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: Word) -> bool:
        """Whether the two are printed over each other, by more than a hair."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return wide > 1 and high > 0.6 * min(self.bottom - self.top, other.bottom - other.top)


def said(name: str, *arguments: object) -> str:
    """What a program of poppler prints."""
    command = [program(name, "poppler-utils"), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def texts(pdf: Path) -> list[str]:
    """The text of each page, in reading order."""
    return said("pdftotext", pdf, "-").split("\f")[:-1]


def run_together(text: str) -> str:
    """Text without its line breaks and spaces: Chinese breaks anywhere."""
    return "".join(text.split())


def fonts(pdf: Path) -> list[list[str]]:
    """One line of ``pdffonts`` for each font: name, then embedded, subset, unicode and so on."""
    return [line.split() for line in said("pdffonts", pdf).splitlines()[2:]]


def words(pdf: Path) -> Iterator[list[Word]]:
    """Every word of each page with its place."""
    for page in said("pdftotext", "-bbox", pdf, "-").split("<page ")[1:]:
        yield [
            Word(text=text, left=float(a), top=float(b), right=float(c), bottom=float(d))
            for a, b, c, d, text in _WORD.findall(page)
        ]


def overlapping(page: list[Word]) -> list[tuple[str, str]]:
    """Pairs of words that are printed over each other."""
    return [(one.text, other.text) for one, other in combinations(page, 2) if one.covers(other)]


def codes(pdf: Path, scratch: Path, *, dots: int = 150) -> list[list[str]]:
    """What a scanner reads on each page, printed with this many dots an inch."""
    zbarimg = program("zbarimg", "zbar-tools")
    said("pdftoppm", "-gray", "-r", dots, pdf, scratch / pdf.stem)
    return [
        subprocess.run(
            [zbarimg, "--quiet", "--raw", str(image)], check=False, capture_output=True, text=True
        ).stdout.splitlines()
        for image in sorted(scratch.glob(f"{pdf.stem}-*.pgm"))
    ]
