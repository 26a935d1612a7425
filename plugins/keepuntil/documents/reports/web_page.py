"""A manuscript as one HTML file: no script, nothing fetched, printable on A4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files
from typing import Final, assert_never

from keepuntil.documents.reports.manuscript import (
    Facts,
    Figure,
    Grid,
    Heading,
    Highlights,
    Kind,
    Manuscript,
    Notice,
    Paragraph,
    Part,
    Signatures,
)

_FIGURE_PERCENT: Final = 8


def page(manuscript: Manuscript) -> str:
    """The whole document."""
    said = manuscript
    return "\n".join(
        [
            f'<!doctype html>\n<html lang="{said.language}">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(said.title)} {escape(said.number)}</title>",
            f"<style>\n{_style()}</style>\n</head>\n<body>",
            *_above(said),
            "<main>",
            *("".join(_part(part)) for part in said.parts),
            f"</main>\n<footer>{escape(said.rendering)}<br>",
            f'<span class="name">{escape(said.digest)}</span></footer>\n</body>\n</html>\n',
        ]
    )


def _style() -> str:
    return (files("keepuntil.documents") / "templates" / "report.css").read_text("utf-8")


def _above(said: Manuscript) -> Iterator[str]:
    yield '<header><div class="above">'
    yield f"<span>{escape(said.organisation)}</span><span>{escape(said.number)}</span></div>"
    yield f"<h1>{escape(said.title)}</h1>"
    yield f'<p class="subtitle">{escape(said.subtitle)}</p></header>'


def _part(part: Part) -> Iterable[str]:
    said: Iterable[str]
    match part:
        case Heading(text=text, level=level):
            said = [f"<h{level + 1}>{escape(text)}</h{level + 1}>"]
        case Paragraph(text=text, quiet=quiet):
            said = [f'<p class="{"quiet" * quiet}">{escape(text)}</p>']
        case Notice(text=text, alarm=alarm):
            said = [f'<p class="notice{" alarm" * alarm}">{escape(text)}</p>']
        case Highlights():
            said = _highlights(part)
        case Facts():
            said = _facts(part)
        case Grid():
            said = _grid(part)
        case Figure(picture=picture, caption=caption):
            shown = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
            said = [f"<figure>{shown}{picture.svg}</figure>"]
        case Signatures():
            said = _signatures(part)
        case _:
            assert_never(part)
    return said


def _facts(part: Facts) -> Iterator[str]:
    yield "<dl>"
    for name, value in part.rows:
        yield f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
    yield "</dl>"


def _highlights(part: Highlights) -> Iterator[str]:
    yield '<div class="highlights">'
    for one in part.figures:
        kind = ' class="alarm"' if one.alarm else ""
        yield f"<div{kind}><b>{escape(one.figure)}</b>{escape(one.words)}</div>"
    yield "</div>"


def _grid(grid: Grid) -> Iterator[str]:
    classes = [
        "" if column.kind is Kind.WORDS else f' class="{column.kind}"' for column in grid.columns
    ]
    titles = zip(classes, grid.columns, strict=True)
    head = "".join(f'<th scope="col"{_of(c)}>{escape(column.title)}</th>' for c, column in titles)
    yield f'<div class="scroll"><table>{_widths(grid)}<thead><tr>{head}</tr></thead><tbody>'
    yield from (_row(row, classes) for row in grid.rows)
    if grid.total is not None:
        # Not in a foot: that would be printed on every page, as if it were the page's sum.
        yield _row(grid.total, classes, ' class="total"')
    yield "</tbody></table></div>"


def _widths(grid: Grid) -> str:
    """Figures take what they need; the rest is shared out as the columns say."""
    shares = sum(column.share for column in grid.columns if column.kind is not Kind.FIGURE)
    figures = sum(column.kind is Kind.FIGURE for column in grid.columns)
    room = max(100 - _FIGURE_PERCENT * figures, 40)
    return "".join(
        "<col>"
        if column.kind is Kind.FIGURE
        else f'<col style="width: {room * column.share // shares}%">'
        for column in grid.columns
    )


def _of(kind: str) -> str:
    """A heading stands over its figures, and is no identifier itself."""
    return kind if "figure" in kind else ""


def _row(row: Iterable[str], classes: Iterable[str], kind: str = "") -> str:
    cells = zip(row, classes, strict=True)
    return f"<tr{kind}>{''.join(f'<td{kind}>{escape(words)}</td>' for words, kind in cells)}</tr>"


def _signatures(part: Signatures) -> Iterator[str]:
    yield '<div class="signatures">'
    for role in part.roles:
        yield f"<div>{escape(role)}<small>{escape(part.line)}</small></div>"
    yield "</div>"
