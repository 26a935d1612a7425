"""Which civil day a run is about, and when a window opens: always in the rule's own zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def as_of(instant: datetime, zone: str) -> date:
    """The civil date in ``zone`` at the instant a DAG run stands for.

    Airflow keeps instants in UTC: 17:00 there is already tomorrow in Shanghai. Raises
    ValueError for an instant without a zone, which would mean the host's.
    """
    if instant.tzinfo is None:
        raise ValueError("The instant of a DAG run must carry its zone.")
    return instant.astimezone(ZoneInfo(zone)).date()


def instant_of_night(day: date, at: time, zone: str) -> datetime:
    """The instant (UTC) when the clocks of ``zone`` show ``at`` on ``day``.

    A time that summer time skips is taken after the gap; one it repeats, the first time.
    """
    return datetime.combine(day, at, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def next_opening(now: datetime, at: time, zone: str) -> datetime:
    """The next instant (UTC), after ``now``, when the clocks of ``zone`` show ``at``."""
    today = as_of(now, zone)
    opening = instant_of_night(today, at, zone)
    if opening > now:
        return opening
    return instant_of_night(today + timedelta(days=1), at, zone)
