"""A report before it has a format: headings, sentences, tables, pictures, places to sign.

Everything is text in one language, never markup; figures are written out already, so that
every format says the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from keepuntil.documents.charts.drawing import Drawing
from keepuntil.documents.typesetting import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """``level`` 1 is a chapter, 2 a part of it."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    text: str
    quiet: bool = False
    """An explanation, not a statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What must not be read past."""

    text: str
    alarm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlight:
    """One figure that people look for first."""

    figure: str
    words: str
    alarm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlights:
    figures: tuple[Highlight, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Name and value, line by line."""

    rows: tuple[tuple[str, str], ...]


class Kind(StrEnum):
    """What stands in a column."""

    WORDS = "words"
    NAME = "name"
    """An identifier: long, without spaces, to be copied."""
    FIGURE = "figure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    title: str
    kind: Kind = Kind.WORDS
    share: int = 1
    """Of the width that columns of figures leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table; its head is repeated on every page."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    picture: Drawing
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """Places to sign, by what each signs as."""

    roles: tuple[str, ...]
    line: str
    """What has to be written: name, signature, date."""


Part = Heading | Paragraph | Notice | Highlights | Facts | Grid | Figure | Signatures


@dataclass(frozen=True, slots=True, kw_only=True)
class Manuscript:
    """One report in one language."""

    language: Language
    title: str
    subtitle: str
    organisation: str
    number: str
    on: str
    """``YYYY-MM-DD``: the day it is about."""
    digest: str
    """``sha256:<hex>`` of the figures it renders."""
    rendering: str
    """The sentence before the digest."""
    parts: tuple[Part, ...]


def table_or(
    nothing: str, columns: Sequence[Column], rows: Sequence[Sequence[str]]
) -> Grid | Paragraph:
    """A table, or a sentence where there would be an empty one."""
    if not rows:
        return Paragraph(text=nothing)
    return Grid(columns=tuple(columns), rows=tuple(tuple(row) for row in rows))


def counted(values: Mapping[str, int]) -> str:
    """Names with their counts, in one line."""
    return " · ".join(f"{name} {count:,}" for name, count in values.items())
