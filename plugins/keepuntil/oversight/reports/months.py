"""Months: which days they have, which come before and after, ``2026-03`` on pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from keepuntil.errors import UsageError

_IN_A_YEAR = 12


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One month of the civil calendar."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Month:
        """The month a day lies in."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """The month of ``2026-03``. Raises UsageError."""
        try:
            return cls.of(date.fromisoformat(f"{text}-01"))
        except ValueError:
            raise UsageError(f"{text!r} is no month like 2026-02.") from None

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    def after(self, months: int) -> Month:
        """So many months later; earlier when negative."""
        years, number = divmod(self.year * _IN_A_YEAR + self.number - 1 + months, _IN_A_YEAR)
        return Month(years, number + 1)

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        return self.after(1).first - timedelta(days=1)
