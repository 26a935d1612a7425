"""Writing the holdings back as a list that :mod:`keepuntil.stores.paper.importing` reads.

What was imported comes out again, and importing it says nothing new. What custody keeps of a
box, its version and state, is no part of a list.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

from keepuntil.domain.paper import Box, Item
from keepuntil.errors import UsageError
from keepuntil.stores.paper.columns import BOX_COLUMNS, COLUMNS, ITEM_COLUMNS
from keepuntil.stores.paper.connection import PaperRegister
from keepuntil.stores.paper.holdings import holdings

_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "'")


class Language(StrEnum):
    """Of the headings."""

    ZH = "zh"
    EN = "en"


def export_list(register: PaperRegister, path: Path, *, language: Language) -> int:
    """Write every box on hand and its items to ``path``, ``.csv`` or ``.xlsx``; count the lines.

    CSV is UTF-8 with a byte order mark, by which Excel knows it. Texts that a spreadsheet
    would calculate are kept from it by an apostrophe, which importing takes away. The file
    appears when it is whole, in place of an earlier one. Raises UsageError for another
    suffix or a place that cannot be written, StoreError when the register cannot be read or
    a sheet cannot hold the lines.
    """
    write = _writer(path)
    headings = [column.zh if language is Language.ZH else column.en for column in COLUMNS]
    partial = path.with_name(f"{path.name}.partial")
    try:
        with register.reading() as connection:
            lines = _Counted(_line(box, item) for box, item in holdings(connection))
            write(partial, headings, lines)
        partial.replace(path)
    except OSError as error:
        raise UsageError(
            f"{path.name}: cannot be written ({error.strerror}); check its folder and its rights."
        ) from None
    finally:
        partial.unlink(missing_ok=True)
    return lines.count


class _Counted:
    """Lines on their way, counted as they go."""

    def __init__(self, lines: Iterable[list[str]]) -> None:
        self.count = 0
        self._lines = lines

    def __iter__(self) -> Iterator[list[str]]:
        for line in self._lines:
            self.count += 1
            yield line


def _writer(path: Path) -> Callable[[Path, Sequence[str], Iterable[list[str]]], None]:
    match path.suffix.lower():
        case ".csv":
            return _write_csv
        case ".xlsx":
            from keepuntil.stores.paper.workbooks import write_workbook

            return write_workbook
        case _:
            raise UsageError(f"{path.name}: lists are written as .csv or .xlsx; choose one.")


def _write_csv(path: Path, headings: Sequence[str], lines: Iterable[list[str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings)
        writer.writerows(lines)


def _line(box: Box, item: Item | None) -> list[str]:
    of_box = [_cell(getattr(box, column.field)) for column in BOX_COLUMNS]
    if item is None:
        return of_box + [""] * len(ITEM_COLUMNS)
    return of_box + [_cell(getattr(item, column.field)) for column in ITEM_COLUMNS]


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text
