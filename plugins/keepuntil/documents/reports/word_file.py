"""A manuscript as a Word file: real headings, table heads on every page, pictures with words."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, assert_never

from keepuntil.documents.reports.manuscript import (
    Column,
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
from keepuntil.documents.typesetting import pixels
from keepuntil.errors import UsageError

if TYPE_CHECKING:
    from docx.document import Document
    from docx.styles.style import ParagraphStyle
    from docx.table import Table, _Cell
    from docx.text.paragraph import Paragraph as WordParagraph

LATIN: Final = "Arial"
EAST_ASIAN: Final = "Microsoft YaHei"
"""Word asks a style for two fonts; without the second Chinese falls to whatever it finds."""

_INK, _QUIET, _ACCENT, _ALARM = "1C2733", "5B6875", "0B5C6B", "9B1C1C"
_WIDTH_MM: Final = 168
_FIGURE_MM: Final = 16
_NAMES_MM: Final = 50
_STYLES: Final = (
    ("Normal", 9.5, _INK),
    ("Title", 22, _INK),
    ("Subtitle", 11, _QUIET),
    ("Heading 1", 13, _ACCENT),
    ("Heading 2", 10.5, _INK),
    ("Caption", 8.5, _QUIET),
    ("Footer", 7, _QUIET),
    ("Header", 8, _QUIET),
)


def docx(manuscript: Manuscript) -> bytes:
    """The file. Raises UsageError when a library it takes is not installed."""
    book = _empty()
    _set_up(book, manuscript)
    book.add_paragraph(manuscript.title, style="Title")
    book.add_paragraph(manuscript.subtitle, style="Subtitle")
    for part in manuscript.parts:
        _add(book, part)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _empty() -> Document:
    try:
        import docx as library
    except ImportError:
        raise UsageError(
            "Word files cannot be written here. Install what it takes: "
            "pip install 'keepuntil[documents]'"
        ) from None
    return library.Document()


def _set_up(book: Document, manuscript: Manuscript) -> None:
    """Sheet, styles, what stands at the top and the foot of every page, whose and which it is."""
    from docx.shared import Mm

    section = book.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(21)
    section.top_margin, section.bottom_margin = Mm(22), Mm(22)
    for name, size, colour in _STYLES:
        _style(book.styles[name], size, colour, manuscript.language)
    above = section.header.paragraphs[0]
    above.text = f"{manuscript.organisation}\t\t{manuscript.number}"
    foot = section.footer.paragraphs[0]
    foot.text = f"{manuscript.rendering} {manuscript.digest}"
    _page_number(section.footer.add_paragraph(style="Footer"))
    said = book.core_properties
    said.title, said.author = f"{manuscript.title} {manuscript.number}", manuscript.organisation
    said.language, said.comments = manuscript.language, ""
    said.created = said.modified = datetime.fromisoformat(manuscript.on)


def _style(style: ParagraphStyle, size: float, colour: str, language: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    style.font.name, style.font.size = LATIN, Pt(size)
    style.font.color.rgb = RGBColor.from_string(colour)
    style.font.bold = style.font.italic = False
    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    # The template's headings follow its theme, which knows no Chinese font.
    for name in [key for key in fonts.attrib if "Theme" in key]:
        del fonts.attrib[name]
    for name in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{name}"), LATIN)
    fonts.set(qn("w:eastAsia"), EAST_ASIAN)
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), "zh-CN" if language == "zh" else "en-GB")
    spoken.set(qn("w:eastAsia"), "zh-CN")
    properties.append(spoken)


def _page_number(paragraph: WordParagraph) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)  # noqa: SLF001 the library has no fields


def _add(book: Document, part: Part) -> None:
    match part:
        case Heading(text=text, level=level):
            book.add_heading(text, level)
        case Paragraph(text=text, quiet=quiet):
            _said(book.add_paragraph(), text, colour=_QUIET if quiet else _INK)
        case Notice(text=text, alarm=alarm):
            _framed(book.add_paragraph(), text, _ALARM if alarm else _ACCENT)
        case Highlights():
            _highlights(book, part)
        case Facts(rows=rows):
            columns = (Column(title="", share=3), Column(title="", share=7))
            _filled(_table(book, len(rows), columns, ruled=False), rows, columns)
        case Grid():
            _grid(book, part)
        case Figure():
            _figure(book, part)
        case Signatures():
            _signatures(book, part)
        case _:
            assert_never(part)


def _said(
    paragraph: WordParagraph, text: str, *, colour: str = _INK, size: float | None = None
) -> None:
    from docx.shared import Pt, RGBColor

    run = paragraph.add_run(text)
    run.font.color.rgb = RGBColor.from_string(colour)
    if size is not None:
        run.font.size = Pt(size)


def _framed(paragraph: WordParagraph, text: str, colour: str) -> None:
    from docx.oxml import OxmlElement

    _said(paragraph, text)
    frame = OxmlElement("w:pBdr")
    for side in ("top", "left", "bottom", "right"):
        frame.append(_element(f"w:{side}", val="single", sz="6", space="6", color=colour))
    paragraph._p.get_or_add_pPr().append(frame)  # noqa: SLF001 the library has no frames


def _element(name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def _highlights(book: Document, part: Highlights) -> None:
    from docx.shared import Pt

    across = 5
    for first in range(0, len(part.figures), across):
        row = part.figures[first : first + across]
        table = _table(book, 1, tuple(Column(title="") for _ in range(across)), ruled=False)
        for cell, one in zip(table.rows[0].cells, row, strict=False):
            _said(cell.paragraphs[0], one.figure, size=16, colour=_ALARM if one.alarm else _INK)
            _said(cell.add_paragraph(), one.words, size=8, colour=_QUIET)
            cell.paragraphs[0].paragraph_format.space_after = Pt(0)
    book.add_paragraph()


def _grid(book: Document, grid: Grid) -> None:
    rows = [*grid.rows, *([grid.total] if grid.total is not None else [])]
    table = _table(book, 1 + len(rows), grid.columns)
    head = table.rows[0]
    head._tr.get_or_add_trPr().append(_element("w:tblHeader", val="true"))  # noqa: SLF001 the library has no such switch
    titles = [column.title for column in grid.columns]
    for cell, title, column in zip(head.cells, titles, grid.columns, strict=True):
        _cell(cell, title, column, colour=_QUIET)
    _filled(table, rows, grid.columns, first=1)
    book.add_paragraph()


def _table(book: Document, rows: int, columns: tuple[Column, ...], *, ruled: bool = True) -> Table:
    from docx.shared import Mm

    table: Table = book.add_table(rows, len(columns))
    table.autofit = False
    if ruled:
        _rule(table)
    for column, width in zip(table.columns, _widths(columns), strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)
    for row in table.rows:
        row._tr.get_or_add_trPr().append(_element("w:cantSplit", val="true"))  # noqa: SLF001 the library has no such switch
    return table


def _rule(table: Table) -> None:
    from docx.oxml import OxmlElement

    rules = OxmlElement("w:tblBorders")
    for side in ("bottom", "insideH"):
        rules.append(_element(f"w:{side}", val="single", sz="4", space="0", color="DFE4E9"))
    table._tbl.tblPr.append(rules)  # noqa: SLF001 the library has no borders


def _widths(columns: Iterable[Column]) -> list[float]:
    """In millimetres: figures take what figures need, the rest is shared out."""
    every = list(columns)
    figures = sum(column.kind is Kind.FIGURE for column in every)
    shares = sum(column.share for column in every if column.kind is not Kind.FIGURE)
    figure = (
        min(_FIGURE_MM, (_WIDTH_MM - _NAMES_MM) / max(figures, 1))
        if shares
        else (_WIDTH_MM / max(figures, 1))
    )
    rest = _WIDTH_MM - figure * figures
    return [
        figure if column.kind is Kind.FIGURE else rest * column.share / shares for column in every
    ]


def _filled(
    table: Table, rows: Iterable[tuple[str, ...]], columns: tuple[Column, ...], first: int = 0
) -> None:
    # A table's rows are looked up anew each time one asks for them; its cells are not.
    for row, line in zip(table.rows[first:], rows, strict=True):
        for cell, words, column in zip(row.cells, line, columns, strict=True):
            _cell(cell, words, column)


def _cell(cell: _Cell, words: str, column: Column, colour: str = _INK) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(1)
    if column.kind is Kind.FIGURE:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    small = column.kind is Kind.NAME or colour == _QUIET
    _said(paragraph, words, colour=colour, size=7 if small else 8)


def _figure(book: Document, figure: Figure) -> None:
    from docx.shared import Mm

    picture = figure.picture
    if figure.caption:
        book.add_paragraph(figure.caption, style="Caption").paragraph_format.keep_with_next = True
    image = pixels(picture.svg, picture.width, picture.height)
    shape = book.add_picture(io.BytesIO(image), width=Mm(_WIDTH_MM))
    shape._inline.docPr.set("descr", picture.alt)  # noqa: SLF001 the library has no alternative text


def _signatures(book: Document, part: Signatures) -> None:
    across = 2
    columns = tuple(Column(title="") for _ in range(across))
    table = _table(book, -(-len(part.roles) // across), columns, ruled=False)
    cells = [cell for row in table.rows for cell in row.cells]
    for cell, role in zip(cells, part.roles, strict=False):
        _said(cell.paragraphs[0], role)
        cell.add_paragraph("\n")
        _said(cell.add_paragraph(), "_" * 34, colour=_QUIET, size=8)
        _said(cell.add_paragraph(), part.line, colour=_QUIET, size=8)
