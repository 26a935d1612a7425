"""From what a store read to what may happen: the one place where a date decides.

Pure and total: every answer carries its reason, and ignorance never destroys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from keepuntil.domain.categories import Rule
from keepuntil.domain.clock import Clock, Cutoffs, Endless, Fact, Reckoning
from keepuntil.domain.decision import Decision, Undetermined
from keepuntil.domain.working_days import WorkingDays


def reckon(
    rule: Rule, facts: Mapping[str, Fact], *, as_of: date, working_days: WorkingDays | None = None
) -> Reckoning | Endless | Undetermined:
    """The dates of one record with the steps that led there."""
    raise NotImplementedError


def decide(
    rule: Rule,
    facts: Mapping[str, Fact],
    *,
    as_of: date,
    working_days: WorkingDays | None = None,
    held_by: Sequence[str] = (),
) -> Decision:
    """What may happen to one record on ``as_of``."""
    raise NotImplementedError


def decider(
    rule: Rule, as_of: date, working_days: WorkingDays | None = None
) -> Callable[[tuple[Fact, ...]], Decision]:
    """:func:`decide` for facts in the order of ``rule.clock.events``; remembers what it has seen."""
    raise NotImplementedError


def cutoffs(clock: Clock, as_of: date) -> Cutoffs:
    """A necessary condition for being due on ``as_of``, for a store's query."""
    raise NotImplementedError
