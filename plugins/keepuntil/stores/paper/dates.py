"""Dates as spreadsheets and people leave them. A civil date comes out, or nothing does.

A list knows no zone: its dates are those of the site, as somebody wrote them. Hence a time
of day is refused: midnight of one zone is the day before in another, and nobody can tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from keepuntil.domain.civil_dates import is_sentinel

FIRST_RELIABLE: Final = date(1900, 3, 1)
"""Excel counts a 29 February 1900 that never was; its earlier dates are off by a day, or not."""

_DAY_ZERO: Final = date(1899, 12, 30)
# A bare 2014 is a year and not a day of 1905: only numbers that can be nothing else are days.
_FIRST_BARE: Final = (date(1950, 1, 1) - _DAY_ZERO).days
_LAST_BARE: Final = (date(2099, 12, 31) - _DAY_ZERO).days

_YEAR_FIRST: Final = re.compile(
    r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日?|(\d{2})(\d{2}))"
    r"(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?"
)
_TIMED: Final = re.compile(r".*\d{1,2}:\d{2}.*")
_POINT_ZERO: Final = re.compile(r"(\d+)\.0+")
_YEAR_SHORT: Final = re.compile(r"\d{1,2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?")
_YEAR_LAST: Final = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{4}")

_TIMED_ADVICE: Final = "has a time of day; write the civil date alone, 2014-03-05"


class Unreadable(Exception):
    """A cell that cannot be read in exactly one way; the message ends a sentence."""


@dataclass(frozen=True, slots=True)
class Remarked:
    """A value, and what has to be said about how it was read; ``why`` ends a sentence."""

    value: str | date | None
    why: str


@lru_cache(maxsize=65_536, typed=True)
def read_date(cell: str | float | date | time | timedelta) -> date | Remarked:
    """The civil date in a cell: text with the year first, a date, or Excel's serial number.

    A date nobody believes (1900-01-01, 9999-12-31) is unknown. Raises Unreadable.
    """
    match cell:
        case str():
            return _of_text(cell)
        case datetime():
            return _of_spreadsheet(_midnight(cell))
        case date():
            return _of_spreadsheet(cell)
        case int() | float():
            return _of_number(cell)
        case _:
            return _unknown("is a time without a day")


def _of_number(number: float) -> date | Remarked:
    """20140305, or the number of a day that has lost its format."""
    if not float(number).is_integer():
        raise Unreadable(_TIMED_ADVICE)
    return _of_text(str(int(number)))


def _of_text(text: str) -> date | Remarked:
    if whole := _POINT_ZERO.fullmatch(text):
        return _of_text(whole[1])
    if found := _YEAR_FIRST.fullmatch(text):
        year, _, *parts = found.groups()
        month, day = (part for part in parts if part)
        return _believed(_on_calendar(int(year), int(month), int(day)))
    if text.isdecimal() and _FIRST_BARE <= int(text) <= _LAST_BARE:
        day = _DAY_ZERO + timedelta(days=int(text))
        return Remarked(day, "was read as Excel's number of a day, counted from 1900")
    raise Unreadable(_advice(text))


def _advice(text: str) -> str:
    if _TIMED.fullmatch(text):
        return _TIMED_ADVICE
    if _YEAR_SHORT.fullmatch(text):
        return "has a year of two digits; write four, 2014-03-05"
    if _YEAR_LAST.fullmatch(text):
        return "does not say which is the month; write the year first, 2014-03-05"
    return "is not a date; write 2014-03-05"


def _on_calendar(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Unreadable("is no day of the calendar; look it up in the file") from None


def _midnight(moment: datetime) -> date:
    if moment.time() != time.min or moment.tzinfo is not None:
        raise Unreadable(_TIMED_ADVICE)
    return moment.date()


def _of_spreadsheet(day: date) -> date | Remarked:
    if day < FIRST_RELIABLE:
        return _unknown("lies before 1 March 1900, where Excel counts a day too many,")
    return _believed(day)


def _believed(day: date) -> date | Remarked:
    return _unknown("stands for no date") if is_sentinel(day) else day


def _unknown(what: str) -> Remarked:
    return Remarked(None, f"{what} and is kept as unknown")
