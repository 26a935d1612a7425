"""Workbooks (XLSX): values only, read and written as a stream. The one file with openpyxl."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from keepuntil.errors import StoreError
from keepuntil.stores.paper.cells import Cell
from keepuntil.stores.paper.headings import SEARCHED_ROWS, Headings, Row, find_headings

if TYPE_CHECKING:
    from openpyxl import Workbook

MOST_PARTS: Final = 2_000
MOST_BYTES: Final = 1 << 30
"""Unpacked size of a workbook; a million lines of 22 columns take half of it."""
MOST_SHARED_BYTES: Final = 1 << 26
"""Unpacked size of the table of texts, the only part that is held in memory."""
MOST_COLUMNS: Final = 100
SLIPPED_COLUMNS: Final = 5
"""How far beyond the last heading a row is read, to see cells that have slipped."""
MOST_ROWS: Final = 1_048_576
"""Excel's own bound. A row that says it lies further down is no row of Excel's."""

_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,  # xml.etree.ElementTree.ParseError is one
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    EOFError,
    NotImplementedError,
)
"""What openpyxl and the standard library raise on bytes that are not what they say."""


def only_list(file: IO[bytes], name: str) -> tuple[Iterator[Row], tuple[str, ...]]:
    """The rows of the one sheet that is a list, and notes on the sheets that are none.

    Raises StoreError; also while reading, where the workbook is damaged.
    """
    _refuse_dangerous(file, name)
    book = _open(file, name)
    with _sentences(name):
        sheets = [(sheet, _headings(sheet)) for sheet in book.worksheets]
        lists = [each for each in sheets if each[1] is not None]
        # Where no sheet is a list the first is read, and its missing headings are reported.
        sheet, headings = (lists or sheets)[0]
    if len(lists) > 1:
        raise StoreError(
            f"{name}: {len(lists)} sheets are lists of boxes; leave one list in the workbook."
        )
    others = len(sheets) - 1
    notes = (f"{others} more sheets are no lists and were not read.",) if others else ()
    return _rows(sheet, _width(headings), name), notes


def _refuse_dangerous(file: IO[bytes], name: str) -> None:
    """Bounds are checked on what the archive's directory says; zipfile reads no byte beyond."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except _DAMAGE:
        raise _damaged(name) from None
    if any(part.filename.casefold().endswith("vbaproject.bin") for part in parts):
        raise StoreError(f"{name}: holds macros; save it as .xlsx, which has none.")
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise StoreError(f"{name}: is no workbook of Excel's; save the list as .xlsx or CSV.")
    shared = sum(part.file_size for part in parts if "sharedstrings" in part.filename.casefold())
    whole = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or whole > MOST_BYTES or shared > MOST_SHARED_BYTES:
        raise StoreError(
            f"{name}: is too large to be read as a workbook; save the list as CSV UTF-8."
        )


def _open(file: IO[bytes], name: str) -> Workbook:
    from openpyxl import load_workbook
    from openpyxl.utils.datetime import MAC_EPOCH

    file.seek(0)
    with _sentences(name):
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    if book.epoch == MAC_EPOCH:
        raise StoreError(
            f"{name}: counts its days from 1904; save the list as CSV UTF-8 with written dates."
        )
    return book


def _headings(sheet: Any) -> Headings | None:
    return find_headings(list(islice(_cells(sheet, MOST_COLUMNS), SEARCHED_ROWS)))


def _width(headings: Headings | None) -> int:
    if headings is None:
        return MOST_COLUMNS
    return max(headings.words) + 1 + SLIPPED_COLUMNS


def _rows(sheet: Any, width: int, name: str) -> Iterator[Row]:
    cells = _cells(sheet, width)
    while True:
        # Not across the yield: what is caught and silenced here is openpyxl's, not the reader's.
        with _sentences(name):
            row = next(cells, None)
        if row is None:
            return
        if row.line > MOST_ROWS:
            raise StoreError(f"{name}: says that it has more rows than Excel can hold.")
        yield row


def _cells(sheet: Any, width: int) -> Iterator[Row]:
    # What a sheet says of its own extent may be less than it holds; rows would be lost.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(min_row=1, max_col=width)
    for line, cells in enumerate(rows, start=1):
        yield Row(line, [_cell(cell) for cell in cells])


def _cell(cell: Any) -> Cell:
    """A number shown with leading zeros by its format is the text that people see."""
    value: Cell = cell.value
    if type(value) is int and value >= 0:
        shown: str = cell.number_format
        if len(shown) > 1 and not shown.strip("0"):
            return str(value).zfill(len(shown))
    return value


@contextmanager
def _sentences(name: str) -> Iterator[None]:
    """Damage as a sentence of ours. openpyxl's warnings are about looks, or come as #VALUE!."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except _DAMAGE:
        raise _damaged(name) from None


def _damaged(name: str) -> StoreError:
    return StoreError(f"{name}: is damaged and cannot be read to its end; save it anew.")


def write_workbook(path: Path, headings: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    """One sheet of texts, with headings that stay in sight; no text may begin with ``=``.

    Raises StoreError when there are more lines than a sheet can hold.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("list")
    sheet.freeze_panes = "A2"
    sheet.append(headings)
    try:
        for count, line in enumerate(lines, start=2):
            if count > MOST_ROWS:
                raise StoreError(
                    f"A sheet holds {MOST_ROWS:,} lines and the list has more; write it as CSV."
                )
            sheet.append(line)
    finally:
        # A sheet left open complains when it is collected, long after whoever left it.
        sheet.close()
    book.save(path)
