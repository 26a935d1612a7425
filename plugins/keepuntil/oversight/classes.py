"""Deletion classes: which periods are in use, and from which start each of them runs.

The idea is that of ISO/IEC 27555: few standard periods times few kinds of start serve
many categories, and who has to look after the rules can still survey them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from keepuntil.domain.categories import Rule
from keepuntil.domain.clock import Clock
from keepuntil.domain.periods import Period, StartRule


class Bound(StrEnum):
    """Which side of the period a class is named for."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionClass:
    """The categories that are kept for one period from one kind of start."""

    start: StartRule | None = None
    """None: permanent, which has no start and no period."""
    period: Period | None = None
    bound: Bound
    categories: tuple[str, ...]

    @property
    def length(self) -> str:
        """``≥P5Y``, ``≤P15D`` or ``permanent``."""
        if self.period is None:
            return Bound.PERMANENT.value
        return f"{'≥' if self.bound is Bound.AT_LEAST else '≤'}{self.period}"


_Kind = tuple[StartRule | None, Bound, Period | None]


def deletion_classes(rules: Iterable[Rule]) -> tuple[DeletionClass, ...]:
    """The classes in use, the shortest period first. A category whose triggers have periods of
    their own (``all_of``) is in a class for each."""
    members: dict[_Kind, list[str]] = {}
    for rule in rules:
        for kind in dict.fromkeys(_kinds(rule.clock)):
            members.setdefault(kind, []).append(rule.category)
    return tuple(
        DeletionClass(start=start, bound=bound, period=period, categories=tuple(members[kind]))
        for kind in sorted(members, key=_by_length)
        for start, bound, period in [kind]
    )


def distinct_periods(classes: Iterable[DeletionClass]) -> int:
    """How many different periods somebody has to know; permanent is one of them."""
    return len({each.length for each in classes})


def _kinds(clock: Clock) -> Iterator[_Kind]:
    if clock.permanent:
        yield None, Bound.PERMANENT, None
        return
    for trigger in clock.triggers:
        start, least = trigger.start or clock.start, trigger.keep_at_least or clock.keep_at_least
        if least is not None:
            yield start, Bound.AT_LEAST, least
        else:
            yield start, Bound.AT_MOST, clock.keep_at_most


def _by_length(kind: _Kind) -> tuple[object, ...]:
    start, bound, period = kind
    if period is None:
        return (True, 0, 0, 0, "", "")
    return (False, period.years, period.months, period.days, bound.value, str(start))
