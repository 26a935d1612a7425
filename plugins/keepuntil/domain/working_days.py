"""Working-day calendars as the bank supplies them: weekends, holidays, make-up working days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from keepuntil.domain.periods import ONE_DAY

_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingDays:
    """Which days are worked, for the years somebody wrote down; other years are unknown.

    No library can know the make-up weekends of a year to come, so a missing year is
    an answer of its own and never a guess.
    """

    name: str
    years: frozenset[int]
    holidays: frozenset[date]
    make_up_days: frozenset[date]
    """Saturdays and Sundays that are worked."""

    def is_working_day(self, day: date) -> bool:
        """Whether ``day`` is worked. ``day.year`` must be one of ``years``."""
        if day in self.make_up_days:
            return True
        return day.weekday() < _SATURDAY and day not in self.holidays

    def on_or_after(self, day: date) -> date | None:
        """The first working day from ``day`` on; None when a year on the way is unknown."""
        while day.year in self.years:
            if self.is_working_day(day):
                return day
            if day == date.max:
                return None
            day += ONE_DAY
        return None
