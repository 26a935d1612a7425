"""Periods, start rules and the bisection, against arithmetic written a second time."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.domain.periods import (
    Period,
    StartRule,
    YearStart,
    add,
    first_day,
    last_day,
    latest_day,
    latest_expired_trigger,
)

MIXED = Period.parse("P3Y2M10D")
DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 12, 31))
PERIODS = st.builds(
    Period, st.integers(0, 60), st.integers(0, 40), st.one_of(st.just(0), st.integers(0, 900))
)
YEAR_STARTS = st.sampled_from([YearStart(), YearStart(4, 1), YearStart(3, 1), YearStart(12, 31)])


def added(day: date, period: Period) -> date:
    """The corresponding day, computed with the standard library alone."""
    months = day.year * 12 + day.month - 1 + period.years * 12 + period.months
    year, month = months // 12, months % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return date(year, month, min(day.day, last)) + timedelta(days=period.days)


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("P5Y", Period(5)),
        ("P6M", Period(0, 6)),
        ("P18M", Period(1, 6)),
        ("P2W", Period(0, 0, 14)),
        ("P3Y2M10D", Period(3, 2, 10)),
        ("P1Y2M3W4D", Period(1, 2, 25)),
        ("P0D", Period()),
        ("P03650D", Period(0, 0, 3650)),
    ],
)
def test_period_is_read_as_iso_8601(text: str, period: Period) -> None:
    assert Period.parse(text) == period


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "A period starts with the letter P, for example P5Y; got ''."),
        ("5Y", "A period starts with the letter P, for example P5Y; got '5Y'."),
        ("p5y", "A period starts with the letter P, for example P5Y; got 'p5y'."),
        ("P", "The period 'P' has no number, for example P5Y."),
        ("P5", "There is no unit after the number 5 at the end of 'P5'."),
        ("PY", "There is no number before the unit Y at position 2 of 'PY'."),
        ("P5X", "The units are Y, M, W and D, not 'X' at position 3 of 'P5X'."),
        ("P-5Y", "The units are Y, M, W and D, not '-' at position 2 of 'P-5Y'."),
        ("P1.5Y", "The units are Y, M, W and D, not '.' at position 3 of 'P1.5Y'."),
        ("P5Y ", "The units are Y, M, W and D, not ' ' at position 4 of 'P5Y '."),
        ("P٥Y", "The units are Y, M, W and D, not '٥' at position 2 of 'P٥Y'."),
        (
            "P1M2Y",
            "The units come once each in the order Y, M, W, D; see Y at position 5 of 'P1M2Y'.",
        ),
        (
            "P1Y2Y",
            "The units come once each in the order Y, M, W, D; see Y at position 5 of 'P1Y2Y'.",
        ),
        (
            "PT5H",
            "Retention counts in days: there is no time part T, found at position 2 of 'PT5H'.",
        ),
        ("P999999D", "The number at position 7 of 'P999999D' is too long."),
        (
            "P201Y",
            "A period is at most 200 years; what is kept for longer is declared permanent.",
        ),
    ],
)
def test_wrong_period_is_refused_with_its_position(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        Period.parse(text)
    assert str(refused.value) == sentence


@given(PERIODS)
def test_period_is_written_so_that_it_reads_the_same(period: Period) -> None:
    assert Period.parse(str(period)) == period


@given(st.text(max_size=12))
def test_any_text_is_a_period_or_a_sentence(text: str) -> None:
    sentence = "."
    try:
        Period.parse(text)
    except ValueError as error:
        sentence = str(error)
    assert sentence.endswith(".")


def test_twelve_months_are_a_year() -> None:
    assert Period.parse("P12M") == Period.parse("P1Y")
    assert hash(Period(0, 12)) == hash(Period(1))


def test_negative_period_does_not_exist() -> None:
    with pytest.raises(ValueError, match=r"never negative"):
        Period(0, -1)


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("P5Y", "5年", "5 years"),
        ("P1Y", "1年", "1 year"),
        ("P6M", "6个月", "6 months"),
        ("P3Y2M10D", "3年2个月10日", "3 years, 2 months and 10 days"),
        ("P1M1D", "1个月1日", "1 month and 1 day"),
        ("P0D", "0日", "no time"),
    ],
)
def test_period_in_words(text: str, zh: str, en: str) -> None:
    period = Period.parse(text)
    assert (period.in_words("zh"), period.in_words("en")) == (zh, en)


@given(DAYS, PERIODS)
def test_addition_is_one_step_of_civil_arithmetic(day: date, period: Period) -> None:
    end = add(day, period)
    assert end == added(day, period)
    assert type(end) is date


def test_years_and_months_are_added_together() -> None:
    """One after the other would clamp twice and end on the 28th, a day early."""
    assert add(date(2024, 2, 29), Period(1, 1)) == date(2025, 3, 29)


@pytest.mark.parametrize("period", ["P10Y", "P120M", "P200Y", "P70000D"])
def test_beyond_the_calendar_there_is_no_end(period: str) -> None:
    assert add(date(9995, 6, 1), Period.parse(period)) == date.max
    for start in StartRule:
        assert last_day(date(9995, 6, 1), start, Period.parse(period)) == date.max


@pytest.mark.parametrize("start", StartRule)
@pytest.mark.parametrize("trigger", [date.min, date.max, date(9999, 1, 1)])
def test_edges_of_the_calendar_are_answered(start: StartRule, trigger: date) -> None:
    assert last_day(trigger, start, Period(), YearStart(4, 1)) >= trigger
    assert first_day(trigger, start, YearStart(4, 1))


@pytest.mark.parametrize(
    ("start", "year_start", "trigger", "day_one", "last"),
    [
        ("event_next_day", "01-01", "2015-03-01", "2015-03-02", "2020-03-01"),
        ("event_next_day", "01-01", "2024-02-29", "2024-03-01", "2029-02-28"),
        ("year_of_event", "01-01", "2015-03-01", "2015-01-01", "2019-12-31"),
        ("year_of_event", "01-01", "2015-12-31", "2015-01-01", "2019-12-31"),
        ("next_january_1", "01-01", "2015-01-01", "2016-01-01", "2020-12-31"),
        ("next_january_1", "01-01", "2015-12-31", "2016-01-01", "2020-12-31"),
        ("fiscal_year_after", "01-01", "2015-12-31", "2016-01-01", "2020-12-31"),
        ("fiscal_year_after", "01-01", "2016-01-01", "2017-01-01", "2021-12-31"),
        ("fiscal_year_after", "04-01", "2015-03-31", "2015-04-01", "2020-03-31"),
        ("fiscal_year_after", "04-01", "2015-04-01", "2016-04-01", "2021-03-31"),
        # A fiscal year that ends in February ends on the 29th when there is one.
        ("fiscal_year_after", "03-01", "2018-06-01", "2019-03-01", "2024-02-29"),
    ],
)
def test_start_rules(start: str, year_start: str, trigger: str, day_one: str, last: str) -> None:
    day, rule, fiscal = date.fromisoformat(trigger), StartRule(start), YearStart.parse(year_start)
    assert first_day(day, rule, fiscal) == date.fromisoformat(day_one)
    assert last_day(day, rule, Period(5), fiscal) == date.fromisoformat(last)


def test_next_january_ignores_the_fiscal_year() -> None:
    april = YearStart(4, 1)
    assert first_day(date(2015, 2, 1), StartRule.NEXT_JANUARY_1, april) == date(2016, 1, 1)


@given(DAYS, DAYS, st.sampled_from(StartRule), PERIODS, YEAR_STARTS)
def test_later_trigger_never_ends_earlier(
    one: date, other: date, start: StartRule, period: Period, year_start: YearStart
) -> None:
    earlier, later = sorted((one, other))
    ends = [last_day(day, start, period, year_start) for day in (earlier, later)]
    assert ends[0] <= ends[1]
    assert ends[0] >= earlier


@pytest.mark.parametrize("text", ["02-29", "13-01", "00-10", "4-1", "04/01", "04-31", "", "٠٤-٠١"])
def test_fiscal_year_starts_on_a_day_that_every_year_has(text: str) -> None:
    with pytest.raises(ValueError, match="MM-DD"):
        YearStart.parse(text)


@pytest.mark.parametrize("period", [MIXED, Period.parse("P5Y"), Period.parse("P1M1D"), Period()])
@pytest.mark.parametrize("start", StartRule)
def test_bisection_equals_trying_every_day(period: Period, start: StartRule) -> None:
    year_start = YearStart(4, 1)
    first = date(2015, 1, 1)
    triggers = [first + timedelta(days=n) for n in range(5000)]
    ends = [last_day(day, start, period, year_start) for day in triggers]
    for as_of in triggers[2600::7]:
        expired = [day for day, end in zip(triggers, ends, strict=True) if end < as_of]
        assert latest_expired_trigger(as_of, start, period, year_start) == max(expired)


def test_subtracting_the_period_would_destroy_early() -> None:
    """The reason for the bisection: on some days the shortcut calls a running trigger expired."""
    early = 0
    for n in range(2195):
        as_of = pendulum.date(2020, 1, 1).add(days=n)
        shortcut = as_of.subtract(years=MIXED.years, months=MIXED.months, days=MIXED.days + 1)
        early += last_day(shortcut, StartRule.EVENT_NEXT_DAY, MIXED) >= as_of
    assert early > 20


@given(DAYS, st.sampled_from(StartRule), PERIODS, YEAR_STARTS)
def test_cutoff_is_the_last_expired_day(
    as_of: date, start: StartRule, period: Period, year_start: YearStart
) -> None:
    cutoff = latest_expired_trigger(as_of, start, period, year_start)
    assert cutoff is not None
    assert last_day(cutoff, start, period, year_start) < as_of
    assert last_day(cutoff + timedelta(days=1), start, period, year_start) >= as_of


def test_nothing_has_expired_when_the_period_is_longer_than_history() -> None:
    as_of = date(100, 1, 1)
    assert latest_expired_trigger(as_of, StartRule.EVENT_NEXT_DAY, Period(200)) is None


def test_search_ends_at_its_upper_bound() -> None:
    assert latest_day(date(2020, 1, 1), lambda _: True) == date(2020, 1, 1)
    assert latest_day(date(2020, 1, 1), lambda _: False) is None
