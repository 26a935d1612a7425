"""The coverage matrix as a workbook (XLSX): the matrix, the gaps, the deletion classes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from keepuntil.domain.categories import Text
from keepuntil.oversight.cells import State
from keepuntil.oversight.coverage import COLUMNS, Coverage
from keepuntil.oversight.coverage_page import STARTS, UNKNOWN
from keepuntil.oversight.gaps import FORMS, LABELS
from keepuntil.oversight.sheets import Line, Sheet, write_workbook

_COLOURS: Final = {State.GAP: "FDECEA", State.ABSENT: "F2F4F6"}


def write(coverage: Coverage, path: Path) -> None:
    """Write the workbook. Raises UsageError when openpyxl is not installed."""
    write_workbook(
        path,
        (
            Sheet(
                name="覆盖 coverage",
                headings=_MATRIX,
                widths=(24, 26, 16, 30, 30, 28, 36, 28, 22, 22),
                lines=_rows(coverage),
            ),
            Sheet(name="缺口 gaps", headings=_GAPS, widths=(22, 34, 60, 60), lines=_gaps(coverage)),
            Sheet(
                name="分类 classes",
                headings=_CLASSES,
                widths=(34, 14, 60),
                lines=_classes(coverage),
            ),
        ),
    )


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
        cells = ((_both(cell.words), _COLOURS.get(cell.state)) for cell in row.cells)
        yield (*((text, _COLOURS.get(row.state)) for text in named), *cells)


def _gaps(coverage: Coverage) -> Iterator[Line]:
    for gap in coverage.gaps:
        yield _plain(_both(LABELS[gap.code]), gap.where, gap.sentence.zh, gap.sentence.en)


def _classes(coverage: Coverage) -> Iterator[Line]:
    for each in coverage.classes:
        yield _plain(_both(STARTS[each.start]), each.length, "\n".join(each.categories))


def _plain(*texts: str) -> Line:
    return [(text, None) for text in texts]


def _both(text: Text) -> str:
    return f"{text.zh}\n{text.en}"
