"""An instance's declaration, ready to be asked about millions of keys."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from keepuntil.domain.categories import (
    EventSource,
    FromAge,
    FromInstance,
    FromMetadata,
    FromName,
    FromTag,
    Rule,
    S3Instance,
)
from keepuntil.domain.civil_dates import civil_date
from keepuntil.domain.clock import Fact, Unreadable
from keepuntil.errors import StoreMismatch
from keepuntil.stores.protocol import Facts
from keepuntil.stores.s3.states import KeyState

Notes = Mapping[str, str]
"""Tags or metadata of one object, by name."""

_FLAGS: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One item with everything its events may be read from."""

    state: KeyState
    tags: Notes | Unreadable
    metadata: Notes | Unreadable
    linked: Facts | None


Measure = Callable[[Seen], Fact]
"""Reads one event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the rule says of an S3 instance.

    Patterns must match the whole key, and ``.`` in them matches every character: a line
    break in a key takes no object out of the rule.
    """

    prefix: str
    pattern: re.Pattern[str] | None
    group: re.Pattern[str] | None
    measures: tuple[Measure, ...]
    """One for each event of the rule's clock, in its order."""
    linked: bool
    reads_tags: bool
    reads_metadata: bool

    @classmethod
    def of(cls, rule: Rule, instance: S3Instance) -> Declared:
        """Raises StoreMismatch when the declaration asks what no object can answer."""
        sources = dict(instance.events)
        kinds = {type(source) for source in sources.values()}
        group = _compiled(instance, instance.record_group, "record_group")
        if group is not None and len(group.groupindex) != 1:
            raise StoreMismatch(
                f"Instance {instance.id}: record_group must have exactly one named group, like "
                "'loans/(?P<file_no>[^/]+)/.*'."
            )
        if FromInstance in kinds and group is None:
            raise StoreMismatch(
                f"Instance {instance.id} borrows events but has no record_group: nothing says "
                "which record an object belongs to."
            )
        return cls(
            prefix=instance.prefix,
            pattern=_compiled(instance, instance.pattern, "pattern"),
            group=group,
            measures=tuple(
                _measure(rule, instance, event, place, sources.get(event))
                for place, event in enumerate(rule.clock.events)
            ),
            linked=FromInstance in kinds,
            reads_tags=FromTag in kinds,
            reads_metadata=FromMetadata in kinds,
        )

    def belongs(self, key: str) -> bool:
        """Whether the key is of the instance's category."""
        in_place = key.startswith(self.prefix)
        return in_place and (self.pattern is None or self.pattern.fullmatch(key) is not None)

    def group_of(self, key: str) -> str | None:
        """The record group in the key, if it has one."""
        found = self.group.fullmatch(key) if self.group is not None else None
        return (found[found.lastgroup or 0] or None) if found is not None else None

    def facts(self, seen: Seen) -> Facts:
        """One fact an event of the clock."""
        return tuple(measure(seen) for measure in self.measures)


def noted(notes: Notes | Unreadable, name: str, *, zone: str, flag: bool) -> Fact:
    """One event out of tags or metadata."""
    if isinstance(notes, Unreadable):
        return notes
    return written_down(notes.get(name), zone=zone, flag=flag)


def written_down(text: str | None, *, zone: str, flag: bool) -> Fact:
    """A tag's or metadata's value: a date, a date-time with its offset, or true or false.

    A date-time without an offset could be of any zone, so it is unreadable.
    """
    if text is None:
        return None
    if flag:
        return _FLAGS.get(text.strip().lower(), Unreadable.UNREADABLE)
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        pass
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        return Unreadable.UNREADABLE
    if instant.utcoffset() is None:
        return Unreadable.UNREADABLE
    return civil_date(instant, zone=zone)


def date_in_key(pattern: re.Pattern[str], key: str) -> Fact:
    """The date a key carries; the last day of the month or year when it names no more."""
    found = pattern.fullmatch(key)
    if found is None:
        return None
    named = found.groupdict()
    written = (named["year"] or "", named.get("month") or "12", named.get("day") or "")
    if len(written[0]) != len("2024") or not all(part.isdecimal() for part in written if part):
        return Unreadable.UNREADABLE
    year, month = int(written[0]), int(written[1])
    try:
        return date(year, month, int(written[2] or monthrange(year, month)[1]))
    except ValueError:
        return Unreadable.UNREADABLE


def _measure(
    rule: Rule, instance: S3Instance, event: str, place: int, source: EventSource | None
) -> Measure:
    zone, flag = rule.clock.zone, event in _flags(rule)
    match source:
        case FromAge():
            return lambda seen: civil_date(seen.state.written, zone=zone)
        case FromTag(tag=tag):
            return lambda seen: noted(seen.tags, tag, zone=zone, flag=flag)
        case FromMetadata(name=name):
            # Names of metadata travel as HTTP headers, which have no case.
            lower = name.lower()
            return lambda seen: noted(seen.metadata, lower, zone=zone, flag=flag)
        case FromName():
            pattern = _date_pattern(instance, source)
            return lambda seen: date_in_key(pattern, seen.state.key)
        case FromInstance() | None:
            # An event this instance does not declare is the linked record's, where there is one.
            return lambda seen: None if seen.linked is None else seen.linked[place]
        case _:
            raise StoreMismatch(
                f"Instance {instance.id}: the event {event} is read from a column, but an object "
                "has a key, an age, tags and metadata only."
            )


def _flags(rule: Rule) -> frozenset[str]:
    """Events that are true or false, not dates."""
    return frozenset(e.event for e in rule.clock.extend_while if e.plus is None)


def _date_pattern(instance: S3Instance, source: FromName) -> re.Pattern[str]:
    pattern = _compiled(instance, source.pattern, "event pattern")
    if pattern is None or "year" not in pattern.groupindex:
        raise StoreMismatch(
            f"Instance {instance.id}: the pattern of an event needs a named group 'year'."
        )
    return pattern


def _compiled(instance: S3Instance, pattern: str | None, what: str) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error as error:
        raise StoreMismatch(
            f"Instance {instance.id}: the {what} is no regular expression: {error}."
        ) from error
