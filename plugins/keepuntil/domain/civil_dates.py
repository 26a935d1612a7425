"""From an instant to a civil date, and which dates nobody believes."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

SENTINELS: Final = (
    date(1, 1, 1),  # .NET, Go, and databases' "minus infinity"
    date(1753, 1, 1),  # the first day of SQL Server's datetime
    date(1899, 12, 30),  # day zero of OLE Automation and spreadsheets
    date(1900, 1, 1),  # the customary "no date"
    date(1970, 1, 1),  # a Unix time of zero
    date(9999, 12, 31),  # the customary "no end"
)
"""Dates that programs write where there is none. See :func:`is_sentinel` for what follows."""

LAST_UNBELIEVED_EARLY: Final = date(1900, 1, 2)
"""No event up to this day is believed: where a query needs "nothing at all", this is its cutoff."""

_NOT_BELIEVED: Final = frozenset(date(1970, 1, 1 + ahead) for ahead in (0, 1)) | {
    date(1969, 12, 31)
}
_LAST_BELIEVED: Final = date(9998, 12, 31)


def is_sentinel(day: date) -> bool:
    """Whether ``day`` stands for "no date" rather than for a day.

    Not believed are all days up to 2 January 1900, the three days around 1 January
    1970, and the year 9999. The neighbours are included because converting a sentinel
    between zones moves it by a day: midnight of 1 January 1970 in Shanghai is
    31 December 1969 in UTC. A true event of such a day keeps its record and is
    reported; a person has to look.
    """
    return day <= LAST_UNBELIEVED_EARLY or day > _LAST_BELIEVED or day in _NOT_BELIEVED


def civil_date(value: date | datetime, *, zone: str, written_in: str | None = None) -> date:
    """The civil date of ``value`` in ``zone``, the rule's own IANA zone.

    A date is taken as it stands. A date-time with an offset is converted. A date-time
    without one is read in ``written_in`` (None: it was written in ``zone``). Where the
    clocks of ``written_in`` were turned back or forward and the reading is ambiguous
    or names an hour that never was, the later date counts: late is safer than early.
    An instant outside the calendar gives ``date.min`` or ``date.max``, both sentinels.
    """
    if not isinstance(value, datetime):
        return value
    if value.utcoffset() is not None:
        return _in_zone(value, zone)
    if written_in is None or written_in == zone:
        return value.date()
    source = _zone(written_in)
    return max(_in_zone(value.replace(tzinfo=source, fold=fold), zone) for fold in (0, 1))


def _in_zone(instant: datetime, zone: str) -> date:
    try:
        return instant.astimezone(_zone(zone)).date()
    except OverflowError:
        return date.min if instant.year == date.min.year else date.max


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
