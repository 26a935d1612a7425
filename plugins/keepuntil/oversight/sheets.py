"""Tables as files that people open: XLSX, CSV, JSON. What is text stays text."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from keepuntil.errors import UsageError

if TYPE_CHECKING:
    from openpyxl import Workbook

_HEADING: Final = "EEF1F4"
_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "'")

Line = Sequence[tuple[str, str | None]]
"""Cells: a text, and the colour behind it; None: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table."""

    name: str
    headings: Sequence[str]
    widths: Sequence[int]
    lines: Iterable[Line]


def write_workbook(path: Path, sheets: Iterable[Sheet]) -> None:
    """Write an XLSX file. Raises UsageError when openpyxl is not installed."""
    try:
        from openpyxl import Workbook
    except ModuleNotFoundError:
        raise UsageError(
            "A workbook needs openpyxl: install keepuntil[paper], or choose another format."
        ) from None
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        _add(book, sheet)
    book.save(path)


def _add(book: Workbook, sheet: Sheet) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    page = book.create_sheet(sheet.name)
    page.freeze_panes = "A2"
    page.page_setup.orientation = "landscape"
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = "1:1"
    for column, (heading, width) in enumerate(
        zip(sheet.headings, sheet.widths, strict=True), start=1
    ):
        cell = page.cell(1, column, heading)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor=_HEADING)
        page.column_dimensions[get_column_letter(column)].width = width
    for at, line in enumerate(sheet.lines, start=2):
        for column, (text, colour) in enumerate(line, start=1):
            cell = page.cell(at, column)
            cell.value = text
            # What begins with = is a text here, and no formula.
            cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if colour is not None:
                cell.fill = PatternFill("solid", fgColor=colour)


def write_list(
    path: Path, name: str, rows: Sequence[Mapping[str, str]], *, headings: Mapping[str, str]
) -> None:
    """Write a list by its suffix: ``.xlsx``, ``.csv`` or ``.json``.

    ``headings`` are what people read above each field; JSON keeps the fields' own names. The
    file appears when it is whole. Raises UsageError for another suffix or a place that cannot
    be written.
    """
    suffix = path.suffix.lower()
    if suffix not in {".xlsx", ".csv", ".json"}:
        raise UsageError(f"{path.name}: name a file that ends in .xlsx, .csv or .json.")
    partial = path.with_name(f".{path.stem}.partial{suffix}")
    try:
        if suffix == ".xlsx":
            write_workbook(partial, [_sheet(name, rows, headings)])
        else:
            text = _csv(rows, headings) if suffix == ".csv" else _json(rows)
            # Excel knows UTF-8 by a byte order mark.
            partial.write_text(text, encoding="utf-8-sig" if suffix == ".csv" else "utf-8")
        partial.replace(path)
    except OSError as error:
        raise UsageError(
            f"{path.name}: cannot be written ({error.strerror}); check its folder and its rights."
        ) from None
    finally:
        partial.unlink(missing_ok=True)


def _sheet(name: str, rows: Sequence[Mapping[str, str]], headings: Mapping[str, str]) -> Sheet:
    return Sheet(
        name=name,
        headings=tuple(headings.values()),
        widths=tuple(_width(rows, field, heading) for field, heading in headings.items()),
        lines=[[(row[field], None) for field in headings] for row in rows],
    )


def _width(rows: Sequence[Mapping[str, str]], field: str, heading: str) -> int:
    """As wide as it has to be, within reason; a Chinese character takes two."""
    longest = max((len(row[field]) for row in rows), default=0)
    return min(max(2 * len(heading) + 2, longest + 2), 48)


def _csv(rows: Sequence[Mapping[str, str]], headings: Mapping[str, str]) -> str:
    """Texts that a spreadsheet would calculate are kept from it by an apostrophe."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(headings.values())
    for row in rows:
        lines.writerow(_inert(row[field]) for field in headings)
    return out.getvalue()


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def _json(rows: Sequence[Mapping[str, str]]) -> str:
    return json.dumps(list(rows), ensure_ascii=False, indent=2) + "\n"
