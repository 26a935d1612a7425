"""The civil day of a run and the opening of a window, over zones and summer time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.orchestration.legal_day import as_of, instant_of_night, next_opening

ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "UTC"]


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        # 01:30 in Shanghai is still yesterday in UTC.
        ("2026-02-28T17:30:00+00:00", "Asia/Shanghai", date(2026, 3, 1)),
        ("2026-02-28T15:59:59+00:00", "Asia/Shanghai", date(2026, 2, 28)),
        ("2026-02-28T17:30:00+00:00", "America/New_York", date(2026, 2, 28)),
        # The night summer time begins and the night it ends.
        ("2026-03-28T23:30:00+00:00", "Europe/Berlin", date(2026, 3, 29)),
        ("2026-10-24T22:30:00+00:00", "Europe/Berlin", date(2026, 10, 25)),
        ("2026-10-25T22:30:00+00:00", "Europe/Berlin", date(2026, 10, 25)),
        # Shanghai had summer time from 1986 to 1991: 15:30 UTC was 00:30 there.
        ("1988-07-01T15:30:00+00:00", "Asia/Shanghai", date(1988, 7, 2)),
        ("2026-07-01T15:30:00+00:00", "Asia/Shanghai", date(2026, 7, 1)),
        ("2026-12-31T10:00:00+00:00", "Pacific/Kiritimati", date(2027, 1, 1)),
    ],
)
def test_the_day_is_the_civil_day_of_the_rules_zone(instant: str, zone: str, day: date) -> None:
    assert as_of(datetime.fromisoformat(instant), zone) == day


def test_an_instant_without_a_zone_is_refused_and_never_taken_for_the_hosts() -> None:
    with pytest.raises(ValueError, match="zone"):
        as_of(datetime(2026, 3, 1, 1, 30), "Asia/Shanghai")  # noqa: DTZ001 - the point


@given(
    day=st.dates(date(1980, 1, 1), date(2100, 1, 1)),
    at=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
)
def test_a_scheduled_night_is_about_the_day_it_was_scheduled_on(
    day: date, at: time, zone: str
) -> None:
    assert as_of(instant_of_night(day, at, zone), zone) == day


@given(
    now=st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    at=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
)
def test_the_next_opening_is_ahead_and_less_than_two_days_away(
    now: datetime, at: time, zone: str
) -> None:
    opening = next_opening(now, at, zone)
    assert now < opening <= now + timedelta(hours=26)
    shown = opening.astimezone(ZoneInfo(zone)).time()
    gap = (
        opening.astimezone(ZoneInfo(zone)).utcoffset()
        != (opening - timedelta(hours=2)).astimezone(ZoneInfo(zone)).utcoffset()
    )
    assert shown == at or gap


def test_the_window_of_a_night_that_skips_its_hour_opens_after_the_gap() -> None:
    before = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
    assert next_opening(before, time(2, 30), "Europe/Berlin") == datetime(
        2026, 3, 29, 1, 30, tzinfo=UTC
    )
