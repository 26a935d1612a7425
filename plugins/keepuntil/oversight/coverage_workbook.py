"""The coverage matrix as a workbook (XLSX): the matrix, the gaps, the deletion classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from keepuntil.domain.categories import Text
from keepuntil.errors import UsageError
from keepuntil.oversight.cells import State
from keepuntil.oversight.coverage import COLUMNS, Coverage
from keepuntil.oversight.coverage_page import STARTS, UNKNOWN
from keepuntil.oversight.gaps import FORMS, LABELS

if TYPE_CHECKING:
    from openpyxl import Workbook

_COLOURS: Final = {State.GAP: "FDECEA", State.ABSENT: "F2F4F6"}
_HEADING: Final = "EEF1F4"

Line = Sequence[tuple[str, State]]


def write(coverage: Coverage, path: Path) -> None:
    """Write the workbook. Raises UsageError when openpyxl is not installed."""
    try:
        from openpyxl import Workbook
    except ModuleNotFoundError:
        raise UsageError(
            "A workbook needs openpyxl: install keepuntil[paper], or choose html or json."
        ) from None
    book = Workbook()
    book.remove(book.worksheets[0])
    _sheet(
        book, "覆盖 coverage", _MATRIX, (24, 26, 16, 30, 30, 28, 36, 28, 22, 22), _rows(coverage)
    )
    _sheet(book, "缺口 gaps", _GAPS, (22, 34, 60, 60), _gaps(coverage))
    _sheet(book, "分类 classes", _CLASSES, (34, 14, 60), _classes(coverage))
    book.save(path)


_MATRIX: Final = (
    "category",
    "类别 Title",
    "形式 Form",
    *(f"{w.zh} {w.en}" for w in COLUMNS.values()),
)
_GAPS: Final = ("问题 Gap", "位置 Where", "说明", "What")
_CLASSES: Final = ("起算 Start", "期限 Period", "类别 Categories")


def _rows(coverage: Coverage) -> Iterator[Line]:
    for row in coverage.rows:
        form = FORMS[row.form] if row.form else UNKNOWN
        named = (row.category, _both(row.title), _both(form))
        cells = ((_both(cell.words), cell.state) for cell in row.cells)
        yield (*((text, row.state) for text in named), *cells)


def _gaps(coverage: Coverage) -> Iterator[Line]:
    for gap in coverage.gaps:
        yield _plain(_both(LABELS[gap.code]), gap.where, gap.sentence.zh, gap.sentence.en)


def _classes(coverage: Coverage) -> Iterator[Line]:
    for each in coverage.classes:
        yield _plain(_both(STARTS[each.start]), each.length, "\n".join(each.categories))


def _plain(*texts: str) -> Line:
    return [(text, State.COVERED) for text in texts]


def _both(text: Text) -> str:
    return f"{text.zh}\n{text.en}"


def _sheet(
    book: Workbook,
    name: str,
    headings: Sequence[str],
    widths: Sequence[int],
    lines: Iterable[Line],
) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"
    for column, (heading, width) in enumerate(zip(headings, widths, strict=True), start=1):
        cell = sheet.cell(1, column, heading)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor=_HEADING)
        sheet.column_dimensions[get_column_letter(column)].width = width
    for at, line in enumerate(lines, start=2):
        for column, (text, state) in enumerate(line, start=1):
            cell = sheet.cell(at, column)
            cell.value = text
            # What begins with = is a text here, and no formula.
            cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if state in _COLOURS:
                cell.fill = PatternFill("solid", fgColor=_COLOURS[state])
