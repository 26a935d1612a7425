"""Reading one cell: what spreadsheets did to dates and numbers is undone or refused.

Nothing is guessed. A cell that can be read in one way only is read; one that stands for "no
value" is None; everything else is :class:`Unreadable`, with what to do about it. No sentence
quotes a cell, since a cell of a list that has slipped by a column may name somebody.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeVar

from keepuntil.domain.paper import ScanStatus, Sensitivity
from keepuntil.stores.paper.columns import Column, Kind
from keepuntil.stores.paper.dates import Remarked, Unreadable, read_date

Cell = str | int | float | bool | date | datetime | time | timedelta | None
Value = str | int | date | tuple[int, int] | None

MOST_COUNTED: Final = 2_147_483_647
"""The largest count that all three databases keep."""

_BLANK: Final = frozenset({"", "-", "--", "—", "——", "/", "\\", "无", "空"})
_EXCEL_ERRORS: Final = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
)
_LARGEST_EXACT: Final = 10**15
_NOTHING_TO_DO: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:-]*")
"""Most cells by far; looking at each sign of them would take half the time of a list."""
_ROUNDED: Final = re.compile(r"\d+(\.\d+)?[eE]\+\d+")
_POINT_ZERO: Final = re.compile(r"(\d+)\.0+")
_FORCED_TEXT: Final = re.compile(r'="([^"]*)"')
_COUNTED: Final = re.compile(r"(\d+|\d{1,3}(?:,\d{3})+)(?:\.0+)? ?[册卷件页本张]?")
_YEAR: Final = re.compile(r"(\d{4})(?:\.0+)?(?:年度?)?")
_YEARS: Final = re.compile(r"(\d{4})(?:年度?)?(?: ?(?:-|–|—|~|至|到) ?(\d{4})(?:年度?)?)?")
_PERIOD: Final = re.compile(r"(?:定期|D)?(\d{1,3})年?|P(\d{1,3})Y")
_PERMANENT: Final = frozenset({"永久", "Y", "PERMANENT"})
_WITHOUT_YEARS: Final = frozenset({"长期", "短期"})

Word = TypeVar("Word", bound=StrEnum)

_SENSITIVITIES: Final = {
    **{level.value: level for level in Sensitivity},
    **{f"{level}{mark}": level for level in Sensitivity for mark in ("类", "级")},
}
_SCAN_STATUSES: Final = {
    **{status.value.upper(): status for status in ScanStatus},
    "未扫描": ScanStatus.NONE,
    "未数字化": ScanStatus.NONE,
    "否": ScanStatus.NONE,
    "已扫描": ScanStatus.SCANNED,
    "已数字化": ScanStatus.SCANNED,
    "已质检": ScanStatus.QUALITY_CHECKED,
    "QUALITY CHECKED": ScanStatus.QUALITY_CHECKED,
}


def is_blank(cell: Cell) -> bool:
    """Whether a cell says nothing: empty, or one of the signs people put for "nothing"."""
    return cell is None or (isinstance(cell, str) and _plain(cell) in _BLANK)


def reader(column: Column) -> Callable[[Cell], Value | Remarked]:
    """How cells of a column are read. The reader raises Unreadable."""
    if column.kind in (Kind.CODE, Kind.TEXT):
        read = _read_code if column.kind is Kind.CODE else _read_text

        def bounded(cell: Cell) -> Value | Remarked:
            return _bounded(read(cell), column.longest)

        return bounded
    return _READERS[column.kind]


def _bounded(found: str | Remarked | None, longest: int) -> str | Remarked | None:
    text = found.value if isinstance(found, Remarked) else found
    if isinstance(text, str) and len(text) > longest:
        raise Unreadable(f"is longer than {longest} characters")
    return found


def _plain(text: str) -> str:
    """Full-width signs made plain, runs of blanks made one."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _read_text(cell: Cell) -> str | None:
    text = _text(cell)
    if text is not None and _ROUNDED.fullmatch(text):
        raise Unreadable(
            "was rounded by a spreadsheet (1.23E+11); export the column as text from its source"
        )
    return text


def _read_code(cell: Cell) -> str | Remarked | None:
    text = _read_text(cell)
    if text is None:
        return None
    if " " in text:
        raise Unreadable("has a blank within; a barcode has none")
    if whole := _POINT_ZERO.fullmatch(text):
        return Remarked(
            whole[1], "was written as a number with decimals; leading zeros may be lost"
        )
    return text


def _text(cell: Cell) -> str | None:
    match cell:
        case None:
            return None
        case str():
            return _of_text(cell)
        case bool() | datetime() | date() | time() | timedelta():
            raise Unreadable(
                "was turned into a date or a truth value by a spreadsheet; "
                "format the column as text and enter it again"
            )
        case _:
            return _of_number(cell)


def _of_text(cell: str) -> str | None:
    """``="007"`` and ``'007`` are how people keep a spreadsheet from making numbers of text."""
    if _NOTHING_TO_DO.fullmatch(cell):
        return cell
    forced = _FORCED_TEXT.fullmatch(cell.strip())
    text = _plain(forced[1] if forced else cell)
    if text.startswith("="):
        raise Unreadable("holds a formula; export values only")
    text = text.removeprefix("'").lstrip()
    if text in _BLANK:
        return None
    if text in _EXCEL_ERRORS:
        raise Unreadable("holds an error of a formula; mend the formula or enter the value")
    if not text.isprintable() and any(map(_is_unseen, text)):
        raise Unreadable("holds a control character or one that cannot be seen; remove it")
    return text


def _is_unseen(character: str) -> bool:
    """Not printable, and none of the rare characters that fonts keep for private use."""
    return not character.isprintable() and unicodedata.category(character) != "Co"


def _of_number(cell: float) -> str:
    if abs(cell) >= _LARGEST_EXACT:
        raise Unreadable(
            "is a number of more than 15 digits, of which a spreadsheet has lost the last; "
            "export the column as text from its source"
        )
    return str(int(cell)) if float(cell).is_integer() else repr(cell)


def _read_count(cell: Cell) -> int | None:
    return _number(cell, _COUNTED, "is not a whole number; write 12")


def _read_year(cell: Cell) -> int | None:
    return _number(cell, _YEAR, "is not a year of four digits; write 2014")


def _number(cell: Cell, form: re.Pattern[str], advice: str) -> int | None:
    text = _text(cell)
    if text is None:
        return None
    found = form.fullmatch(text)
    if found is None or (number := int(found[1].replace(",", ""))) > MOST_COUNTED:
        raise Unreadable(advice)
    return number


@lru_cache(maxsize=4096, typed=True)
def _read_years(cell: Cell) -> tuple[int, int] | None:
    text = _text(cell)
    if text is None:
        return None
    found = _YEARS.fullmatch(text)
    if found is None:
        raise Unreadable("is neither a year nor two; write 2014 or 2014-2016")
    return int(found[1]), int(found[2] or found[1])


@lru_cache(maxsize=4096, typed=True)
def _read_period(cell: Cell) -> str | Remarked | None:
    text = _text(cell)
    if text is None:
        return None
    if text.upper() in _PERMANENT:
        return "permanent"
    if text in _WITHOUT_YEARS:
        return Remarked(None, "says no number of years and is kept as unknown")
    found = _PERIOD.fullmatch(text.upper())
    if found is None:
        raise Unreadable("is not a period; write 永久, 30年 or P30Y")
    return f"P{int(found[1] or found[2])}Y"


def _word_of(words: Mapping[str, Word], advice: str) -> Callable[[Cell], Word | None]:
    def read(cell: Cell) -> Word | None:
        text = _text(cell)
        if text is None:
            return None
        if (word := words.get(text.upper())) is None:
            raise Unreadable(advice)
        return word

    return read


def _read_date(cell: Cell) -> date | Remarked | None:
    if cell is None or isinstance(cell, bool):
        return None if cell is None else _refused_truth()
    if isinstance(cell, str):
        text = _of_text(cell)
        return None if text is None else read_date(text)
    return read_date(cell)


def _refused_truth() -> date:
    raise Unreadable("is a truth value; write a date, 2014-03-05")


_READERS: Final[Mapping[Kind, Callable[[Cell], Value | Remarked]]] = {
    Kind.COUNT: _read_count,
    Kind.YEAR: _read_year,
    Kind.YEARS: _read_years,
    Kind.PERIOD: _read_period,
    Kind.SENSITIVITY: _word_of(_SENSITIVITIES, "is no level; write C1, C2 or C3"),
    Kind.SCAN_STATUS: _word_of(
        _SCAN_STATUSES, "is no status; write none, scanned or quality_checked"
    ),
    Kind.DATE: _read_date,
}
