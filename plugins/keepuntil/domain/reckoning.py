"""From what a store read to what may happen: the one place where a date decides.

Pure and total: every answer carries its reason, and ignorance never destroys.

Order of the answers: an event that cannot be relied upon makes the record
undetermined; a flag that is true keeps it without an end; before ``due_on`` it is
kept; from then on it is due, or held.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from keepuntil.domain.categories import Rule
from keepuntil.domain.civil_dates import LAST_UNBELIEVED_EARLY
from keepuntil.domain.clock import Clock, Combine, Cutoffs, Endless, Fact, Reckoning, Trigger
from keepuntil.domain.course import Clockwork, Course, is_restricted, minimum_end
from keepuntil.domain.decision import Decision, Due, Held, Keep, Undetermined
from keepuntil.domain.explanation import endless_steps, steps
from keepuntil.domain.periods import ONE_DAY, StartRule, latest_day, latest_expired_trigger
from keepuntil.domain.working_days import WorkingDays

MOST_REMEMBERED: Final = 200_000
"""Answers one decider keeps before it starts afresh, so that memory stays bounded."""


def reckon(
    rule: Rule, facts: Mapping[str, Fact], *, as_of: date, working_days: WorkingDays | None = None
) -> Reckoning | Endless | Undetermined:
    """The dates of one record, with the steps and authorities that led there.

    ``facts`` names events of ``rule.clock.events``; one left out counts as not read.
    ``working_days`` is the calendar that ``rule.clock.calendar`` names.
    """
    if rule.clock.permanent:
        return Endless(while_event=None, steps=endless_steps(rule, None))
    course = Clockwork(rule.clock, as_of, working_days).run(facts)
    if isinstance(course, Undetermined):
        return course
    if course.flag is not None:
        return Endless(while_event=course.flag, steps=endless_steps(rule, course))
    return Reckoning(
        retain_until=course.retain_until,
        due_on=course.due_on,
        delete_by=course.delete_by,
        steps=steps(rule, course),
    )


def decide(
    rule: Rule,
    facts: Mapping[str, Fact],
    *,
    as_of: date,
    working_days: WorkingDays | None = None,
    held_by: Sequence[str] = (),
) -> Decision:
    """What may happen to one record on ``as_of``, a day in the rule's own zone.

    ``held_by`` are the identifiers of the holds that bind it. Before the rule is in
    force nothing is due.
    """
    if rule.clock.permanent:
        return Keep(until=None, restricted=is_restricted(rule.clock, facts, as_of))
    course = Clockwork(rule.clock, as_of, working_days).run(facts)
    return _decision(rule, course, as_of, held_by)


def decider(
    rule: Rule, as_of: date, working_days: WorkingDays | None = None
) -> Callable[[tuple[Fact, ...]], Decision]:
    """:func:`decide`, holds aside, for facts in the order of ``rule.clock.events``.

    Remembers what it has seen: ten million records have few distinct dates.
    """
    return _Remembered(rule, as_of, working_days).__getitem__


class _Remembered(dict[tuple[Fact, ...], Decision]):
    """A dictionary, so that an answer already known costs one look-up and no call."""

    def __init__(self, rule: Rule, as_of: date, working_days: WorkingDays | None) -> None:
        super().__init__()
        self._rule = rule
        self._as_of = as_of
        self._events = rule.clock.events
        self._clockwork = Clockwork(rule.clock, as_of, working_days)

    def __missing__(self, values: tuple[Fact, ...]) -> Decision:
        facts = dict(zip(self._events, values, strict=True))
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        answer = self[values] = self._answer(facts)
        return answer

    def _answer(self, facts: Mapping[str, Fact]) -> Decision:
        clock = self._rule.clock
        if clock.permanent:
            return Keep(until=None, restricted=is_restricted(clock, facts, self._as_of))
        return _decision(self._rule, self._clockwork.run(facts), self._as_of, ())


def _decision(
    rule: Rule, course: Course | Undetermined, as_of: date, held_by: Sequence[str]
) -> Decision:
    if isinstance(course, Undetermined):
        return course
    if course.flag is not None:
        return Keep(until=None, restricted=course.restricted)
    if as_of <= course.retain_until or as_of < course.due_on:
        kept_until = max(course.retain_until, course.due_on - ONE_DAY)
        return Keep(until=kept_until, restricted=course.restricted)
    if as_of < rule.effective_from:
        return Keep(until=rule.effective_from - ONE_DAY, restricted=course.restricted)
    if held_by:
        return Held(by=tuple(sorted(set(held_by))))
    overdue = course.delete_by is not None and as_of > course.delete_by
    return Due(since=course.due_on, delete_by=course.delete_by, overdue=overdue)


def cutoffs(clock: Clock, as_of: date) -> Cutoffs:
    """A necessary condition for being due on ``as_of``, for a store's query.

    Names only events that a due record must have. Where any one of several triggers
    is enough, those are the triggers, and nothing else is named.
    """
    required = tuple(trigger for trigger in clock.triggers if not trigger.optional)
    if clock.combine is Combine.EARLIEST or not required:
        return Cutoffs(
            latest=tuple((t.event, _cutoff(clock, t, as_of)) for t in clock.triggers),
            any_trigger=True,
        )
    latest: dict[str, date] = {}
    for trigger in required:
        cutoff = _cutoff(clock, trigger, as_of)
        latest[trigger.event] = min(latest.get(trigger.event, cutoff), cutoff)
    if clock.floor is not None:
        expired = latest_expired_trigger(as_of, StartRule.EVENT_NEXT_DAY, clock.floor.period)
        event = clock.floor.event
        floor = _believable(expired)
        latest[event] = min(latest.get(event, floor), floor)
    return Cutoffs(latest=tuple(latest.items()), any_trigger=False)


def _cutoff(clock: Clock, trigger: Trigger, as_of: date) -> date:
    if clock.permanent:
        return LAST_UNBELIEVED_EARLY
    return _believable(latest_day(as_of, lambda day: minimum_end(clock, trigger, day) < as_of))


def _believable(expired: date | None) -> date:
    """Never a day so early that turning it into an instant would leave the calendar."""
    return max(expired or LAST_UNBELIEVED_EARLY, LAST_UNBELIEVED_EARLY)
