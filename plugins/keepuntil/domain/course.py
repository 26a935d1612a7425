"""The course of one record's clock, in numbers only; :mod:`.explanation` puts it in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, NamedTuple

from keepuntil.domain.civil_dates import is_sentinel
from keepuntil.domain.clock import Clock, Combine, Fact, Trigger
from keepuntil.domain.decision import Doubt, Undetermined
from keepuntil.domain.periods import (
    ONE_DAY,
    Period,
    StartRule,
    add,
    last_day,
    latest_day,
)
from keepuntil.domain.working_days import WorkingDays

NO_TIME: Final = Period()

Happened = tuple[tuple[Trigger, date], ...]


class Run(NamedTuple):
    """One period that ran, or runs, for the record: from an event to its last day."""

    event: str
    happened_on: date
    start: StartRule
    period: Period | None
    """None: there is no minimum, and the record stays until its maximum."""
    ends_on: date


class Course(NamedTuple):
    """Everything the decision and the explanation need to know about one record."""

    runs: tuple[Run, ...]
    """Of the triggers that govern the minimum."""
    floor: Run | None
    extensions: tuple[Run, ...]
    flag: str | None
    """The flag that is true and keeps the record without an end."""
    maximum: Run | None
    retain_until: date
    due_on: date
    rolled_from: date | None
    """``due_on`` before it was moved to a working day; None: it was not moved."""
    year_unknown: bool
    """``due_on`` would have to be moved by a calendar year nobody has supplied yet."""
    delete_by: date | None
    restricted: bool


class Clockwork:
    """A clock made ready to run on many records on one day. The clock must not be permanent."""

    def __init__(self, clock: Clock, as_of: date, working_days: WorkingDays | None) -> None:
        self._clock = clock
        self._as_of = as_of
        self._working_days = working_days
        self._flags = clock.flags
        self._required = _required(clock)
        self._may_lie_ahead = _may_lie_ahead(clock)
        self._events = clock.events

    def run(self, facts: Mapping[str, Fact]) -> Course | Undetermined:
        """Follow the clock on what was read for one record."""
        if (doubt := self._first_doubt(facts)) is not None:
            return doubt
        happened = self._happened(facts)
        if not happened:
            return self._nothing_happened(facts)
        clock = self._clock
        runs = tuple(_trigger_run(clock, *each) for each in _governing(clock, happened))
        floor = _floor_run(clock, facts)
        extensions = _extension_runs(clock, facts) if clock.extend_while else ()
        prolonged = (*runs, *extensions) if floor is None else (*runs, *extensions, floor)
        maximum = _maximum_run(clock, happened)
        retain_until = max(run.ends_on for run in prolonged)
        flag = next((e.event for e in clock.extend_while if facts.get(e.event) is True), None)
        earliest = date.max if retain_until == date.max else retain_until + ONE_DAY
        rolled = self._rolled(earliest, maximum)
        if rolled is None and earliest <= self._as_of and flag is None:
            return Undetermined(Doubt.CALENDAR_YEAR_MISSING, clock.calendar or "")
        due_on = earliest if rolled is None else rolled
        outlasted = maximum is not None and self._as_of > maximum.ends_on
        return Course(
            runs=runs,
            floor=floor,
            extensions=extensions,
            flag=flag,
            maximum=maximum,
            retain_until=retain_until,
            due_on=due_on,
            rolled_from=None if due_on == earliest else earliest,
            year_unknown=rolled is None,
            delete_by=_delete_by(clock, due_on, maximum),
            restricted=outlasted or is_restricted(clock, facts, self._as_of),
        )

    def _first_doubt(self, facts: Mapping[str, Fact]) -> Undetermined | None:
        """The first event, in the clock's order, that cannot be relied upon."""
        for event in self._events:
            value = facts.get(event)
            doubt = _flag_doubt(value) if event in self._flags else self._date_doubt(event, value)
            if doubt is not None:
                return Undetermined(doubt, event)
        return None

    def _date_doubt(self, event: str, value: Fact) -> Doubt | None:
        if value is None:
            return Doubt.MISSING_TRIGGER if event in self._required else None
        if isinstance(value, bool) and event == self._clock.restrict_from:
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            return Doubt.UNREADABLE_EVENT
        if is_sentinel(value):
            return Doubt.SENTINEL_DATE
        if value > self._as_of and event not in self._may_lie_ahead:
            return Doubt.FUTURE_TRIGGER
        return None

    def _happened(self, facts: Mapping[str, Fact]) -> Happened:
        known = ((trigger, facts.get(trigger.event)) for trigger in self._clock.triggers)
        return tuple((t, day) for t, day in known if isinstance(day, date) and day <= self._as_of)

    def _nothing_happened(self, facts: Mapping[str, Fact]) -> Undetermined:
        for trigger in self._clock.triggers:
            if facts.get(trigger.event) is not None:
                return Undetermined(Doubt.FUTURE_TRIGGER, trigger.event)
        return Undetermined(Doubt.MISSING_TRIGGER, self._clock.triggers[0].event)

    def _rolled(self, due_on: date, maximum: Run | None) -> date | None:
        """``due_on`` on a working day, never past the maximum; None: the year is unknown."""
        if self._clock.calendar is None or (maximum is not None and due_on >= maximum.ends_on):
            return due_on
        if self._working_days is None:
            return None
        rolled = self._working_days.on_or_after(due_on)
        if rolled is None or maximum is None:
            return rolled
        return min(rolled, maximum.ends_on)


def is_restricted(clock: Clock, facts: Mapping[str, Fact], as_of: date) -> bool:
    """Whether the purpose has ended: kept, but not otherwise processed (PIPL 47)."""
    if clock.restrict_from is None:
        return False
    since = facts.get(clock.restrict_from)
    return since is True or (type(since) is date and since <= as_of)


def minimum_end(clock: Clock, trigger: Trigger, day: date) -> date:
    """The last day a trigger of ``day`` makes the record stay. Monotone in ``day``.

    Without a minimum the record stays until its maximum, less ``delete_within`` to
    destroy it in: "at most five years" is no licence to destroy on the second day.
    """
    period = trigger.keep_at_least or clock.keep_at_least
    if period is not None:
        return last_day(day, trigger.start or clock.start, period, clock.fiscal_year_starts)
    latest = _maximum_end(clock, day)
    within = clock.delete_within or NO_TIME
    due_on = latest_day(latest, lambda candidate: add(candidate, within) <= latest)
    first_free = max(day, due_on or day)
    return first_free - ONE_DAY if first_free > date.min else first_free


def _maximum_end(clock: Clock, day: date) -> date:
    return last_day(day, clock.start, clock.keep_at_most or NO_TIME, clock.fiscal_year_starts)


def _flag_doubt(value: Fact) -> Doubt | None:
    if value is None:
        return Doubt.UNKNOWN_FLAG
    return None if isinstance(value, bool) else Doubt.UNREADABLE_EVENT


def _required(clock: Clock) -> frozenset[str]:
    needed = {clock.floor.event} if clock.floor is not None else set()
    if clock.combine is not Combine.EARLIEST:
        needed.update(trigger.event for trigger in clock.triggers if not trigger.optional)
    return frozenset(needed)


def _may_lie_ahead(clock: Clock) -> frozenset[str]:
    """A consent's expiry, or the end of a purpose, is often known beforehand; nothing else is."""
    ahead = {clock.restrict_from} if clock.restrict_from is not None else set()
    triggers = {trigger.event for trigger in clock.triggers}
    ahead = ahead | triggers if clock.combine is Combine.EARLIEST else ahead - triggers
    ahead -= {extension.event for extension in clock.extend_while}
    return frozenset(ahead - ({clock.floor.event} if clock.floor is not None else set()))


def _governing(clock: Clock, happened: Happened) -> Happened:
    match clock.combine:
        case Combine.LATEST:
            return (max(happened, key=_day),)
        case Combine.EARLIEST:
            return (min(happened, key=_day),)
        case Combine.ALL_OF:
            return happened


def _day(pair: tuple[Trigger, date]) -> date:
    return pair[1]


def _trigger_run(clock: Clock, trigger: Trigger, day: date) -> Run:
    return Run(
        event=trigger.event,
        happened_on=day,
        start=trigger.start or clock.start,
        period=trigger.keep_at_least or clock.keep_at_least,
        ends_on=minimum_end(clock, trigger, day),
    )


def _civil_run(event: str, day: date, period: Period) -> Run:
    start = StartRule.EVENT_NEXT_DAY
    return Run(event, day, start, period, last_day(day, start, period))


def _floor_run(clock: Clock, facts: Mapping[str, Fact]) -> Run | None:
    if clock.floor is None or not isinstance(day := facts.get(clock.floor.event), date):
        return None
    return _civil_run(clock.floor.event, day, clock.floor.period)


def _extension_runs(clock: Clock, facts: Mapping[str, Fact]) -> tuple[Run, ...]:
    return tuple(
        _civil_run(extension.event, day, extension.plus)
        for extension in clock.extend_while
        if extension.plus is not None and isinstance(day := facts.get(extension.event), date)
    )


def _maximum_run(clock: Clock, happened: Happened) -> Run | None:
    if clock.keep_at_most is None:
        return None
    pick = min if clock.combine is Combine.EARLIEST else max
    trigger, day = pick(happened, key=_day)
    return Run(
        event=trigger.event,
        happened_on=day,
        start=clock.start,
        period=clock.keep_at_most,
        ends_on=_maximum_end(clock, day),
    )


def _delete_by(clock: Clock, due_on: date, maximum: Run | None) -> date | None:
    ends = []
    if clock.delete_within is not None:
        ends.append(add(due_on, clock.delete_within))
    if maximum is not None:
        ends.append(maximum.ends_on)
    return min(ends, default=None)
