"""Instants become civil dates in the rule's zone; placeholders are not believed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.domain.civil_dates import LAST_UNBELIEVED_EARLY, SENTINELS, civil_date, is_sentinel

SHANGHAI = "Asia/Shanghai"
EARLIEST = datetime.fromisoformat("1901-01-01")
LATEST = datetime.fromisoformat("2200-01-01")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2014-12-31T15:59:59", "2014-12-31"),
        ("2014-12-31T16:00:00", "2015-01-01"),
        # Summer time, +09:00, in 1988: the day begins an hour earlier in UTC ...
        ("1988-07-01T14:59:59", "1988-07-01"),
        ("1988-07-01T15:00:00", "1988-07-02"),
        # ... and again in 1991, and neither before nor after it.
        ("1991-08-15T15:30:00", "1991-08-16"),
        ("1991-09-15T15:30:00", "1991-09-15"),
        ("1988-04-10T15:30:00", "1988-04-10"),
        ("1992-07-01T15:30:00", "1992-07-01"),
    ],
)
def test_instant_is_dated_in_the_legal_zone(instant: str, day: str) -> None:
    assert civil_date(utc(instant), zone=SHANGHAI) == date.fromisoformat(day)


def test_zone_decides_a_year() -> None:
    instant = utc("2014-12-31T16:30:00")
    assert civil_date(instant, zone=SHANGHAI) == date(2015, 1, 1)
    assert civil_date(instant, zone="UTC") == date(2014, 12, 31)


def test_naive_reading_is_converted_from_the_zone_it_was_written_in() -> None:
    reading = datetime.fromisoformat("2014-12-31T16:30")
    assert civil_date(reading, zone=SHANGHAI) == date(2014, 12, 31)
    assert civil_date(reading, zone=SHANGHAI, written_in=SHANGHAI) == date(2014, 12, 31)
    assert civil_date(reading, zone=SHANGHAI, written_in="UTC") == date(2015, 1, 1)


def test_offset_of_the_value_goes_before_the_declared_zone() -> None:
    instant = datetime(2015, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=9)))
    assert civil_date(instant, zone=SHANGHAI, written_in="America/New_York") == date(2014, 12, 31)


def test_date_is_taken_as_it_stands() -> None:
    assert civil_date(date(2015, 1, 1), zone=SHANGHAI, written_in="UTC") == date(2015, 1, 1)


@pytest.mark.parametrize(
    ("reading", "written_in", "zone"),
    [
        # Clocks in Shanghai went back from 02:00 to 01:00 on 11 September 1988.
        ("1988-09-11T01:30", SHANGHAI, "Asia/Bangkok"),
        # Clocks in New York went forward from 02:00 to 03:00 on 9 March 2025.
        ("2025-03-09T02:30", "America/New_York", "America/Phoenix"),
    ],
)
def test_hour_that_came_twice_or_never_counts_as_the_later_day(
    reading: str, written_in: str, zone: str
) -> None:
    naive = datetime.fromisoformat(reading)
    meanings = {
        civil_date(naive.replace(tzinfo=ZoneInfo(written_in), fold=fold), zone=zone)
        for fold in (0, 1)
    }
    assert len(meanings) == 2
    assert civil_date(naive, zone=zone, written_in=written_in) == max(meanings)


@given(
    st.datetimes(min_value=EARLIEST, max_value=LATEST),
    st.sampled_from([SHANGHAI, "UTC", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"]),
    st.sampled_from([SHANGHAI, "UTC", "Europe/Berlin", "Pacific/Kiritimati"]),
)
def test_naive_reading_never_dates_before_either_of_its_meanings(
    reading: datetime, written_in: str, zone: str
) -> None:
    day = civil_date(reading, zone=zone, written_in=written_in)
    assert abs(day - reading.date()) <= timedelta(days=2)
    if written_in != zone:
        for fold in (0, 1):
            instant = reading.replace(tzinfo=ZoneInfo(written_in), fold=fold)
            assert day >= civil_date(instant, zone=zone)


@pytest.mark.parametrize(
    ("instant", "zone"),
    [
        (datetime.max.replace(tzinfo=UTC), SHANGHAI),
        (datetime.min.replace(tzinfo=UTC), "America/New_York"),
    ],
)
def test_instant_outside_the_calendar_is_a_sentinel(instant: datetime, zone: str) -> None:
    assert is_sentinel(civil_date(instant, zone=zone))


@pytest.mark.parametrize("sentinel", SENTINELS)
@pytest.mark.parametrize("zone", [SHANGHAI, "UTC", "America/New_York", "Pacific/Kiritimati"])
@pytest.mark.parametrize("written_in", [SHANGHAI, "UTC", "Pacific/Pago_Pago", "Pacific/Kiritimati"])
def test_sentinel_is_known_after_any_conversion(sentinel: date, zone: str, written_in: str) -> None:
    midnight = datetime.fromisoformat(sentinel.isoformat())
    assert is_sentinel(civil_date(midnight, zone=zone, written_in=written_in))


@pytest.mark.parametrize("day", ["1969-12-31", "1970-01-01", "1970-01-02", "1900-01-02"])
def test_neighbour_of_a_sentinel_is_not_believed(day: str) -> None:
    """A Unix time of zero, read a day's width of zones apart, is any of three days."""
    assert is_sentinel(date.fromisoformat(day))


@pytest.mark.parametrize(
    "day",
    ["1900-01-03", "1950-06-01", "1969-12-30", "1970-01-03", "2026-01-01", "9998-12-31"],
)
def test_other_days_are_believed(day: str) -> None:
    assert not is_sentinel(date.fromisoformat(day))


def test_lowest_cutoff_is_below_every_believed_day() -> None:
    assert is_sentinel(LAST_UNBELIEVED_EARLY)
    assert not is_sentinel(LAST_UNBELIEVED_EARLY + timedelta(days=1))
