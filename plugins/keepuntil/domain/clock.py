"""The clock of a rule: from events to ``retain_until``, ``due_on`` and ``delete_by``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum

from keepuntil.domain.periods import CALENDAR_YEAR, Period, StartRule, YearStart


class Unreadable(Enum):
    """An event is present but cannot be understood as a date or flag: no reason to delete."""

    UNREADABLE = "unreadable"


Fact = date | bool | Unreadable | None
"""What a store read for one event: a civil date in the rule's zone, a flag, nothing, or noise."""


class Combine(StrEnum):
    """How several trigger events become one clock.

    latest: runs from the last of them, and all that are not optional must have happened.
    earliest: runs from the first that happened (consent withdrawn, account closed).
    all_of: each has its own period; the longest end governs, and all must have happened.
    """

    LATEST = "latest"
    EARLIEST = "earliest"
    ALL_OF = "all_of"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One event the period runs from. ``start`` and ``keep_at_least`` override for ``all_of``."""

    event: str
    optional: bool = False
    """Absence means it never happened for this record, not that it is unknown."""
    start: StartRule | None = None
    keep_at_least: Period | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """Total custody never shorter than ``period`` from ``event`` (DA/T 98-2023)."""

    event: str
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """Keeps a record longer.

    Without ``plus``: ``event`` is a flag, and while it is true the record is kept.
    With ``plus``: ``event`` is a date, and the record is kept until that date plus the period.
    """

    event: str
    plus: Period | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How long a category is kept (期限计算): permanent, or with a minimum, a maximum, or both."""

    combine: Combine
    triggers: tuple[Trigger, ...]
    start: StartRule
    keep_at_least: Period | None
    keep_at_most: Period | None
    """Counted from the trigger like the minimum; ``delete_by`` is never later than this."""
    delete_within: Period | None
    """``delete_by`` = ``due_on`` + this."""
    floor: Floor | None
    extend_while: tuple[Extension, ...]
    restrict_from: str | None
    """Event from which the record is kept but not otherwise processed (PIPL 47, last paragraph)."""
    zone: str
    calendar: str | None
    """Working-day calendar: ``due_on`` rolls forward to a working day. Maximums never roll."""
    permanent: bool
    fiscal_year_starts: YearStart = CALENDAR_YEAR
    """First day of the fiscal year, for ``fiscal_year_after``."""

    @property
    def flags(self) -> frozenset[str]:
        """Events read as true or false; all others are read as civil dates."""
        return frozenset(e.event for e in self.extend_while if e.plus is None)

    @property
    def events(self) -> tuple[str, ...]:
        """Every event the clock reads, in a fixed order: the order of fact tuples."""
        names = [t.event for t in self.triggers]
        if self.floor is not None:
            names.append(self.floor.event)
        names.extend(e.event for e in self.extend_while)
        if self.restrict_from is not None:
            names.append(self.restrict_from)
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoffs:
    """A necessary condition for being due, cheap enough to push into a store's query.

    Each event may be at most its date; ``any_trigger`` says one of the triggers is
    enough (``earliest``). Every record that is due on the day satisfies it; one that
    satisfies it is still decided one by one.
    """

    latest: tuple[tuple[str, date], ...]
    any_trigger: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the explanation, in both languages, with the authority it rests on."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """The dates of one record under one clock, with the steps that led there.

    ``retain_until`` is the last day it must be kept, ``due_on`` the first day it may
    be destroyed, ``delete_by`` the last day it may exist (None: no maximum, no SLA).
    """

    retain_until: date
    due_on: date
    delete_by: date | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endless:
    """No end can be named today: the category is permanent, or a flag extends the clock."""

    while_event: str | None
    """The flag that is true; None: permanent."""
    steps: tuple[Step, ...]
