"""What a rule reads from a file: whether it belongs, its record group, its events."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from keepuntil.domain.categories import (
    EventSource,
    FilesInstance,
    FromAge,
    FromInstance,
    FromName,
    Rule,
)
from keepuntil.domain.clock import Fact, Unreadable
from keepuntil.domain.items import Key
from keepuntil.errors import StoreMismatch
from keepuntil.stores.protocol import Facts

FIRST_GENUINE_SECOND: Final = 86_400
"""A file dated 1 January 1970 or before was dated by a program that did not know."""

FIRST_GENUINE_YEAR: Final = 1900

Measure = Callable[[str, int, Facts | None], Fact]
"""Path, time of last writing in nanoseconds, facts of the linked record: one event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """An instance's declaration, ready to be asked about millions of paths.

    Patterns must match the whole path below the instance's folder, and ``.`` in them
    matches every character: a line break in a name takes no file out of the rule.
    """

    pattern: re.Pattern[str] | None
    group: re.Pattern[str] | None
    measures: tuple[Measure, ...]
    """One for each event of the rule's clock, in its order."""
    linked: bool
    """Some events come from another instance."""

    @classmethod
    def of(cls, rule: Rule, instance: FilesInstance) -> Naming:
        """Raises StoreMismatch when the declaration asks what no file can answer."""
        declared = dict(instance.events)
        linked = any(isinstance(source, FromInstance) for source in declared.values())
        if linked and instance.record_group is None:
            raise StoreMismatch(
                f"Instance {instance.id} borrows events but has no record_group: nothing says "
                "which record a file belongs to."
            )
        group = _compiled(instance.record_group, instance, "record_group")
        if group is not None and len(group.groupindex) != 1:
            raise StoreMismatch(
                f"Instance {instance.id}: record_group must have exactly one named group, like "
                r"'(?P<file_no>[^/]+)/.*'."
            )
        zone = ZoneInfo(rule.clock.zone)
        return cls(
            pattern=_compiled(instance.pattern, instance, "pattern"),
            group=group,
            measures=tuple(
                _measure(declared.get(event), place, instance, zone)
                for place, event in enumerate(rule.clock.events)
            ),
            linked=linked,
        )

    def belongs(self, text: str) -> bool:
        """Whether a file at this path is of the instance's category."""
        return self.pattern is None or self.pattern.fullmatch(text) is not None

    def group_of(self, text: str) -> str | None:
        """The record group in a path; None where it has none that text can carry."""
        found = self.group.fullmatch(text) if self.group is not None else None
        value = found[found.lastgroup or 0] if found is not None else None
        return value if value and _is_text(value) else None

    def facts(self, text: str, mtime_ns: int, linked: Facts | None) -> Facts:
        return tuple([measure(text, mtime_ns, linked) for measure in self.measures])


def named(path: bytes) -> tuple[Key, str]:
    """The key of a path and its text for patterns.

    The key is text where the path is UTF-8, the bytes where it is not; in the text such
    bytes become lone surrogates, one each.
    """
    try:
        text = path.decode()
    except UnicodeDecodeError:
        return (path,), path.decode("utf-8", "surrogateescape")
    return (text,), text


def path_of(key: Key) -> bytes:
    """The path of a key. StoreMismatch for anything that could lead out of the folder."""
    name = key[0] if len(key) == 1 else 0
    try:
        path = name.encode() if isinstance(name, str) else name
    except UnicodeEncodeError:
        path = 0
    if not isinstance(path, bytes) or b"\0" in path:
        raise StoreMismatch("An item of the list is not the path of a file.")
    if not {b"", b".", b".."}.isdisjoint(path.split(b"/")):
        raise StoreMismatch(
            "An item of the list is a path that leaves its folder; nothing was destroyed."
        )
    return path


def civil_date(mtime_ns: int, zone: ZoneInfo) -> Fact:
    """The day a file was last written, in the rule's zone; noise when that cannot be genuine."""
    seconds = mtime_ns // 1_000_000_000
    if seconds < FIRST_GENUINE_SECOND:
        return Unreadable.UNREADABLE
    try:
        return datetime.fromtimestamp(seconds, zone).date()
    except (ValueError, OverflowError, OSError):
        return Unreadable.UNREADABLE


def date_in_name(pattern: re.Pattern[str], text: str) -> Fact:
    """The date a path carries; the last day of the month or year when it names no more."""
    found = pattern.fullmatch(text)
    if found is None:
        return None
    parts = found.groupdict()
    try:
        year = _number(parts["year"], 0)
        month = _number(parts.get("month"), 12)
        named = date(year, month, _number(parts.get("day"), monthrange(year, month)[1]))
    except ValueError:
        return Unreadable.UNREADABLE
    return named if year >= FIRST_GENUINE_YEAR else Unreadable.UNREADABLE


def _number(written: str | None, otherwise: int) -> int:
    """Digits only: int() alone would also read ``20_19`` and `` 2019``."""
    if not written:
        return otherwise
    if not written.isdecimal():
        raise ValueError
    return int(written)


def _measure(
    source: EventSource | None, place: int, instance: FilesInstance, zone: ZoneInfo
) -> Measure:
    if isinstance(source, FromAge):
        return lambda _text, mtime_ns, _linked: civil_date(mtime_ns, zone)
    if isinstance(source, FromName):
        pattern = _compiled(source.pattern, instance, "event pattern")
        if pattern is None or "year" not in pattern.groupindex:
            raise StoreMismatch(
                f"Instance {instance.id}: the pattern of an event needs a named group 'year'."
            )
        return lambda text, _mtime_ns, _linked: date_in_name(pattern, text)
    if source is None or isinstance(source, FromInstance):
        # An event this instance does not declare is the linked record's, where there is one.
        return lambda _text, _mtime_ns, linked: None if linked is None else linked[place]
    raise StoreMismatch(
        f"Instance {instance.id}: a file has a name and a time of last writing; it has no "
        "columns, tags or metadata to read an event from."
    )


def _compiled(pattern: str | None, instance: FilesInstance, what: str) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error as error:
        raise StoreMismatch(
            f"Instance {instance.id}: the {what} is no regular expression: {error}."
        ) from error


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
