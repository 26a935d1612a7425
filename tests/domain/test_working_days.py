"""Working days are what somebody wrote down, and a year nobody wrote down is unknown."""

from __future__ import annotations

from datetime import date

from keepuntil.domain.working_days import WorkingDays

DAYS = WorkingDays(
    name="cn",
    years=frozenset({2026}),
    holidays=frozenset({date(2026, 1, 1), date(2026, 1, 2)}),
    make_up_days=frozenset({date(2026, 1, 4)}),
)


def test_make_up_sunday_is_worked() -> None:
    assert DAYS.on_or_after(date(2026, 1, 1)) == date(2026, 1, 4)


def test_weekend_is_not_worked() -> None:
    assert DAYS.on_or_after(date(2026, 1, 10)) == date(2026, 1, 12)


def test_working_day_stays_where_it_is() -> None:
    assert DAYS.on_or_after(date(2026, 1, 5)) == date(2026, 1, 5)


def test_unknown_year_is_unknown() -> None:
    assert DAYS.on_or_after(date(2025, 12, 31)) is None
    assert DAYS.on_or_after(date(2027, 1, 4)) is None


def test_end_of_the_calendar_is_unknown() -> None:
    last = WorkingDays(
        name="end",
        years=frozenset({9999}),
        holidays=frozenset({date.max}),
        make_up_days=frozenset(),
    )
    assert last.on_or_after(date.max) is None
