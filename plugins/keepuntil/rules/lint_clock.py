"""The clock against itself and against the authorities it rests on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from keepuntil.domain.categories import ApprovalKind, Authority, Confidence, Obligation, Rank, Rule
from keepuntil.domain.clock import Clock, Combine
from keepuntil.domain.periods import ONE_DAY, Period, StartRule, add
from keepuntil.rules.document import Document, Path

BINDING: Final = frozenset({Rank.LAW, Rank.ADMIN_REG, Rank.DEPT_RULE, Rank.NORMATIVE})
"""Ranks whose minimum no rule may undercut; standards and own rules are only compared."""

ABOVE_DEPARTMENTAL: Final = frozenset({Rank.LAW, Rank.ADMIN_REG})
"""法律、行政法规: the ranks that PIPL 19 and 47 except by themselves."""

_LEAP_CYCLE: Final = [date(2023, 1, 1) + timedelta(days=day) for day in range(1461)]
_ONE_YEAR: Final = Period(years=1)
_YEAR_OF_DAYS: Final = 365


def lint_clock(document: Document, rule: Rule) -> None:
    """Note contradictions within the clock, and between it and the rule's authorities."""
    clock = rule.clock
    _triggers(document, clock)
    _flags_are_no_dates(document, clock)
    _room_between(document, clock)
    _years_in_days(document, clock)
    _kept_for_a_reason(document, rule)
    for at, authority in enumerate(rule.authorities):
        path = ("authorities", at)
        _trust(document, path, rule, authority)
        if authority.period is not None and not clock.permanent:
            if authority.obligation is Obligation.KEEP:
                _not_shorter(document, path, clock, authority, authority.period)
            else:
                _not_longer(document, path, clock, authority, authority.period)


def ends_before(one: Period, other: Period) -> bool:
    """Whether ``one`` ends before ``other`` for at least one day of a leap-year cycle."""
    if one.days == other.days == 0 or one.years == one.months == other.years == other.months == 0:
        return (one.years, one.months, one.days) < (other.years, other.months, other.days)
    return any(add(day, one) < add(day, other) for day in _LEAP_CYCLE)


def minima(clock: Clock) -> list[Period]:
    """The minimum of each trigger that has one; nothing for a clock with a maximum only."""
    own = (trigger.keep_at_least or clock.keep_at_least for trigger in clock.triggers)
    return [period for period in own if period is not None]


def _triggers(document: Document, clock: Clock) -> None:
    for at, trigger in enumerate(clock.triggers):
        path = ("clock", "triggers", "events", at)
        earlier = clock.triggers[:at]
        # With all_of one event may run under two laws, each with its own start and minimum.
        all_of = clock.combine is Combine.ALL_OF
        if trigger in earlier if all_of else trigger.event in [one.event for one in earlier]:
            document.note_at(path, f"The trigger '{trigger.event}' is named twice.")
        own = trigger.start is not None or trigger.keep_at_least is not None
        if own and not all_of:
            document.note_at(path, "A trigger has its own start or minimum with all_of only.")
        if trigger.optional and clock.combine is Combine.EARLIEST:
            document.note_at(path, "With earliest every trigger is optional; leave the word out.")
        start, period = trigger.start or clock.start, trigger.keep_at_least or clock.keep_at_least
        short = period is not None and ends_before(period, _ONE_YEAR)
        if start is StartRule.YEAR_OF_EVENT and short:
            document.note_at(
                ("clock",),
                "Less than a year, counted from the event's own year, may be no time at all.",
            )
    if clock.combine is Combine.ALL_OF and clock.keep_at_most is not None:
        document.note_at_key(
            ("clock", "keep_at_most"),
            "With all_of nobody knows from which trigger 'keep_at_most' counts; say delete_within.",
        )


def _flags_are_no_dates(document: Document, clock: Clock) -> None:
    dates = {trigger.event for trigger in clock.triggers}
    dates |= {extension.event for extension in clock.extend_while if extension.plus is not None}
    dates |= {clock.floor.event} if clock.floor is not None else set()
    for at, extension in enumerate(clock.extend_while):
        if extension.plus is None and extension.event in dates:
            document.note_at(
                ("clock", "extend_while", at),
                f"'{extension.event}' is a date elsewhere in this clock, and here a flag (true or "
                "false); to prolong by a date write {event: …, plus: …}.",
            )


def _room_between(document: Document, clock: Clock) -> None:
    at_most = clock.keep_at_most
    if at_most is None:
        if clock.delete_within is None and not clock.permanent:
            document.warn_at(
                ("clock",),
                "There is no delete_within and no keep_at_most: nothing is ever overdue.",
            )
        return
    for minimum in minima(clock):
        if not ends_before(minimum, at_most):
            document.note_at_key(
                ("clock", "keep_at_most"),
                f"The minimum ({minimum}) leaves no day before the maximum ({at_most}) is over. "
                "If two laws pull apart, split the data by purpose into two categories.",
            )
    if not minima(clock) and clock.delete_within and ends_before(at_most, clock.delete_within):
        document.note_at_key(
            ("clock", "delete_within"), "'delete_within' is longer than 'keep_at_most' itself."
        )
    if clock.floor is not None and not ends_before(clock.floor.period, at_most):
        triggers = [trigger.event for trigger in clock.triggers]
        if clock.floor.event in triggers:
            document.note_at_key(("clock", "floor"), "The floor leaves no day before the maximum.")


def _years_in_days(document: Document, clock: Clock) -> None:
    for key in ("keep_at_least", "keep_at_most"):
        period: Period | None = getattr(clock, key)
        if period is None or period.years or period.months or not period.days:
            continue
        years, rest = divmod(period.days, _YEAR_OF_DAYS)
        if years and rest == 0:
            document.warn_at(
                ("clock", key), f"{period} ends before P{years}Y does when a leap day lies between."
            )


def _kept_for_a_reason(document: Document, rule: Rule) -> None:
    periods = minima(rule.clock)
    if not rule.clock.permanent and not any(period != Period() for period in periods):
        return
    keep = [each for each in rule.authorities if each.obligation is Obligation.KEEP]
    if not keep:
        document.note_at_key(
            ("authorities",),
            "The clock keeps the data, and no authority has the obligation 'keep'.",
        )
    elif not any(each.rank in ABOVE_DEPARTMENTAL or each.necessity_memo for each in keep):
        document.note_at_key(
            ("authorities",),
            "The keep period rests on nothing above a departmental rule, so PIPL 19 asks why it is "
            "necessary: give a necessity_memo beside the authority.",
        )


def _trust(document: Document, path: Path, rule: Rule, authority: Authority) -> None:
    if authority.confidence is Confidence.PRIMARY or authority.confirmed is not None:
        return
    if authority.confidence is Confidence.UNVERIFIED:
        document.warn_at(path, f"Nobody has verified '{authority.cite}'.")
        if rule.disposition.approval is ApprovalKind.NONE:
            document.note_at_key(
                ("disposition", "approval"),
                f"No run goes without a person while '{authority.cite}' is unverified: "
                "say owner or dual, verify it, or have it confirmed.",
            )
    else:
        document.warn_at(path, f"'{authority.cite}' was read at second hand, not in its own text.")


def _not_shorter(
    document: Document, path: Path, clock: Clock, authority: Authority, period: Period
) -> None:
    # With all_of every period has to be over, so one that is long enough is enough.
    kept_for = minima(clock)
    if any(not ends_before(minimum, period) for minimum in kept_for):
        return
    kept = f"keeps for {max(kept_for, key=_length)}" if kept_for else "has no minimum"
    sentence = f"'{authority.cite}' obliges to keep for {period}, and the clock {kept}."
    if authority.rank in BINDING:
        document.note_at((*path, "period"), sentence)
    else:
        document.warn_at((*path, "period"), sentence)


def _not_longer(
    document: Document, path: Path, clock: Clock, authority: Authority, period: Period
) -> None:
    too_long = [minimum for minimum in minima(clock) if ends_before(period, minimum)]
    if too_long:
        document.note_at(
            (*path, "period"),
            f"'{authority.cite}' obliges to delete within {period}, and the clock keeps for "
            f"{too_long[0]}: split the data by purpose into two categories.",
        )
    elif not _gone_within(clock, period):
        document.warn_at(
            (*path, "period"),
            f"'{authority.cite}' obliges to delete within {period}; the clock lets it stay longer.",
        )


def _gone_within(clock: Clock, period: Period) -> bool:
    if clock.keep_at_most is not None:
        return not ends_before(period, clock.keep_at_most)
    if clock.delete_within is None:
        return False
    within = clock.delete_within
    return all(
        add(add(day, minimum) + ONE_DAY, within) <= add(day, period)
        for minimum in minima(clock)
        for day in _LEAP_CYCLE
    )


def _length(period: Period) -> date:
    return add(_LEAP_CYCLE[0], period)
