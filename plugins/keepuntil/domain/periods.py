"""Periods of civil time, the rules by which they start, and their last day.

Days are :class:`datetime.date` in the rule's own zone; nothing here knows an hour.
The arithmetic is that of 民法典 201-202 (a convention for public-law retention): the
day of the event is not counted, the corresponding day is the last one, and where a
month has no such day the month's end stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final, Literal

import pendulum

Language = Literal["zh", "en"]

LONGEST_YEARS: Final = 200
ONE_DAY: Final = timedelta(days=1)

_UNITS: Final = "YMWD"
_MOST_DIGITS: Final = 5
_MONTH_AND_DAY: Final = re.compile(r"([0-9]{2})-([0-9]{2})")
_WORDS: Final = (("年", "year"), ("个月", "month"), ("日", "day"))


@dataclass(frozen=True, slots=True)
class Period:
    """A length of civil time. Twelve months are a year, so one meaning has one value.

    Years and months are kept apart from days because they differ in length from one
    start to the next: a period has no number of days of its own.
    """

    years: int = 0
    months: int = 0
    days: int = 0

    def __post_init__(self) -> None:
        if min(self.years, self.months, self.days) < 0:
            raise ValueError("A period is never negative.")
        years, months = divmod(self.years * 12 + self.months, 12)
        if years + self.days // 366 > LONGEST_YEARS:
            raise ValueError(
                f"A period is at most {LONGEST_YEARS} years; "
                "what is kept for longer is declared permanent."
            )
        object.__setattr__(self, "years", years)
        object.__setattr__(self, "months", months)

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ISO 8601 ``PnYnMnWnD`` (ISO 8601-1:2019, 5.5.2), whole numbers, no time part.

        Raises ValueError with a sentence that names the position, counted from 1.
        """
        if not text.startswith("P"):
            raise ValueError(f"A period starts with the letter P, for example P5Y; got {text!r}.")
        amounts = _amounts(text)
        return cls(amounts["Y"], amounts["M"], amounts["W"] * 7 + amounts["D"])

    def __str__(self) -> str:
        parts = zip((self.years, self.months, self.days), "YMD", strict=True)
        return "P" + ("".join(f"{amount}{unit}" for amount, unit in parts if amount) or "0D")

    def in_words(self, language: Language) -> str:
        """``5年`` or ``5 years``, for people."""
        amounts = (self.years, self.months, self.days)
        parts = [(n, words) for n, words in zip(amounts, _WORDS, strict=True) if n]
        if not parts:
            return "0日" if language == "zh" else "no time"
        if language == "zh":
            return "".join(f"{n}{zh}" for n, (zh, _) in parts)
        counted = [f"{n} {en}{'' if n == 1 else 's'}" for n, (_, en) in parts]
        return counted[0] if len(counted) == 1 else f"{', '.join(counted[:-1])} and {counted[-1]}"


def _amounts(text: str) -> dict[str, int]:
    amounts = dict.fromkeys(_UNITS, 0)
    digits, last_unit = "", -1
    for position, letter in enumerate(text[1:], start=2):
        if letter.isascii() and letter.isdigit():
            digits += letter
            if len(digits) > _MOST_DIGITS:
                raise ValueError(f"The number at position {position} of {text!r} is too long.")
            continue
        last_unit = _unit(text, position, letter, digits, last_unit)
        amounts[letter] = int(digits)
        digits = ""
    if digits:
        raise ValueError(f"There is no unit after the number {digits} at the end of {text!r}.")
    if last_unit < 0:
        raise ValueError(f"The period {text!r} has no number, for example P5Y.")
    return amounts


def _unit(text: str, position: int, letter: str, digits: str, last_unit: int) -> int:
    where = f"at position {position} of {text!r}"
    if letter == "T":
        raise ValueError(f"Retention counts in days: there is no time part T, found {where}.")
    if letter not in _UNITS:
        raise ValueError(f"The units are Y, M, W and D, not {letter!r} {where}.")
    if not digits:
        raise ValueError(f"There is no number before the unit {letter} {where}.")
    if (unit := _UNITS.index(letter)) <= last_unit:
        raise ValueError(f"The units come once each in the order Y, M, W, D; see {letter} {where}.")
    return unit


class StartRule(StrEnum):
    """Which day is day one. Rules off by one from each other, hence never a default.

    event_next_day: 民法典 201: the day of the event is not counted; the corresponding
        day of the end month is the last day.
    year_of_event: 当年计起: the calendar year of the event is the first year.
    fiscal_year_after: 会计年度终了后的第一天: day one is the first day of the fiscal
        year after the event's.
    next_january_1: DA/T 98: day one is 1 January of the year after the event.
    """

    EVENT_NEXT_DAY = "event_next_day"
    YEAR_OF_EVENT = "year_of_event"
    FISCAL_YEAR_AFTER = "fiscal_year_after"
    NEXT_JANUARY_1 = "next_january_1"


@dataclass(frozen=True, slots=True)
class YearStart:
    """The day of the year on which a fiscal year begins; it exists in every year."""

    month: int = 1
    day: int = 1

    def __post_init__(self) -> None:
        # 2001 is no leap year: 29 February cannot begin a fiscal year.
        date(2001, self.month, self.day)

    @classmethod
    def parse(cls, text: str) -> YearStart:
        """Read ``MM-DD``. Raises ValueError with a sentence."""
        if (written := _MONTH_AND_DAY.fullmatch(text)) is not None:
            try:
                return cls(int(written[1]), int(written[2]))
            except ValueError:
                pass
        raise ValueError(
            "A fiscal year starts on a day that every year has, written MM-DD, "
            f"for example 04-01; got {text!r}."
        )

    def __str__(self) -> str:
        return f"{self.month:02d}-{self.day:02d}"


CALENDAR_YEAR: Final = YearStart()


@lru_cache(maxsize=1 << 16)
def add(day: date, period: Period) -> date:
    """The corresponding day, or the end of a month that has none; ``date.max`` beyond the calendar.

    One addition of years, months and days together: adding them one after the other
    clamps twice and comes out early.
    """
    try:
        end = pendulum.date(day.year, day.month, day.day).add(
            years=period.years, months=period.months, days=period.days
        )
    except (ValueError, OverflowError):
        return date.max
    return date(end.year, end.month, end.day)


def first_day(trigger: date, start: StartRule, year_start: YearStart = CALENDAR_YEAR) -> date:
    """Day one of a period that starts by ``start``; ``date.max`` beyond the calendar."""
    match start:
        case StartRule.EVENT_NEXT_DAY:
            return date.max if trigger == date.max else trigger + ONE_DAY
        case StartRule.YEAR_OF_EVENT:
            return date(trigger.year, 1, 1)
        case StartRule.NEXT_JANUARY_1:
            return _year_starting_after(trigger, CALENDAR_YEAR)
        case StartRule.FISCAL_YEAR_AFTER:
            return _year_starting_after(trigger, year_start)


def _year_starting_after(day: date, year_start: YearStart) -> date:
    start = date(day.year, year_start.month, year_start.day)
    if start > day:
        return start
    return start.replace(year=day.year + 1) if day.year < date.max.year else date.max


def last_day(
    trigger: date, start: StartRule, period: Period, year_start: YearStart = CALENDAR_YEAR
) -> date:
    """The last day of a period that runs from ``trigger``: disposal is the day after.

    Never before the trigger, monotone in it, and ``date.max`` beyond the calendar.
    """
    if start is StartRule.EVENT_NEXT_DAY:
        return add(trigger, period)
    end = add(first_day(trigger, start, year_start), period)
    if end == date.max:
        return end
    return end - ONE_DAY if end > trigger else trigger


def latest_expired_trigger(
    as_of: date, start: StartRule, period: Period, year_start: YearStart = CALENDAR_YEAR
) -> date | None:
    """The latest trigger whose period is over on ``as_of`` (``last_day`` < ``as_of``), or None.

    ``as_of`` minus the period is no substitute: for P3Y2M10D that is early on about
    one day in twenty.
    """
    return latest_day(as_of, lambda day: last_day(day, start, period, year_start) < as_of)


def latest_day(upper: date, holds: Callable[[date], bool]) -> date | None:
    """The latest day up to ``upper`` for which ``holds`` is true, by bisection, or None.

    ``holds`` must be true up to some day and false after it.
    """
    if holds(upper):
        return upper
    if not holds(date.min):
        return None
    low, high = date.min.toordinal(), upper.toordinal()
    while high - low > 1:
        middle = (low + high) // 2
        if holds(date.fromordinal(middle)):
            low = middle
        else:
            high = middle
    return date.fromordinal(low)
