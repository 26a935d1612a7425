"""Tonight at a glance, from what the register holds: no store is asked.

What is due, held, overdue and not computable is what each rule's newest list counted, on the
day it was made; what falls due later is the forecast that was counted last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from keepuntil.disposal import approving
from keepuntil.disposal.forecasting import MONTHS_AHEAD
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import ApprovalKind, Rule
from keepuntil.domain.periods import Period, add
from keepuntil.errors import KeepuntilError
from keepuntil.register import forecasts, nights, plans
from keepuntil.register.forecasts import Forecast
from keepuntil.register.nights import Night
from keepuntil.register.plans import PlanState, StoredPlan

MOST_WAITING = 20


class Standing(StrEnum):
    """How far a rule's newest list has come."""

    NEVER = "never"
    """There is no list yet."""
    QUIET = "quiet"
    """Nothing on it may be destroyed."""
    WAITING = "waiting"
    APPROVED = "approved"
    RUNNING = "running"
    UNVERIFIED = "unverified"
    UNCERTIFIED = "uncertified"
    CERTIFIED = "certified"
    REJECTED = "rejected"


_STANDINGS: Mapping[PlanState, Standing] = {
    PlanState.FROZEN: Standing.WAITING,
    PlanState.APPROVED: Standing.APPROVED,
    PlanState.EXECUTING: Standing.RUNNING,
    PlanState.EXECUTED: Standing.UNVERIFIED,
    PlanState.VERIFIED: Standing.UNCERTIFIED,
    PlanState.CERTIFIED: Standing.CERTIFIED,
    PlanState.REJECTED: Standing.REJECTED,
    PlanState.SUPERSEDED: Standing.NEVER,
}

_GONE = frozenset({Standing.UNVERIFIED, Standing.UNCERTIFIED, Standing.CERTIFIED})
"""Of what was due on these lists nothing is left to be destroyed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One rule tonight."""

    rule: Rule
    listed: StoredPlan | None
    """Its newest list."""
    night: Night | None
    """Its newest night that ended well."""
    standing: Standing

    @property
    def due(self) -> int:
        """On the newest list and not gone yet."""
        return self._left(self.listed.plan.due) if self.listed else 0

    @property
    def overdue(self) -> int:
        """Of these, past their last day."""
        tallies = self.listed.plan.instances if self.listed else ()
        return self._left(sum(tally.overdue for tally in tallies))

    @property
    def held(self) -> int:
        """Due, and bound by a hold when the list was made."""
        return self.listed.plan.held if self.listed else 0

    @property
    def undetermined(self) -> int:
        """Not computable, so kept."""
        return self.listed.plan.undetermined if self.listed else 0

    @property
    def alarming(self) -> bool:
        """Whether somebody should look at it."""
        return bool(self.overdue or self.undetermined) or self.standing in (
            Standing.WAITING,
            Standing.NEVER,
        )

    def _left(self, count: int) -> int:
        return 0 if self.standing in _GONE else count


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A list that waits for people: for each role that has yet to decide, who could."""

    listed: StoredPlan
    rule: Rule
    roles: tuple[tuple[str, tuple[str, ...]], ...]
    void: str | None
    """Why no decision can be given any more; None: one can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What falls due, by month and category, over the next two years."""

    months: tuple[str, ...]
    """``YYYY-MM``, the month of ``counted_from`` first."""
    by_category: Mapping[str, tuple[int, ...]]
    """One figure a month; what is due from before is in the first. Only who has any."""
    counted_from: date | None
    """The oldest day any of it was counted; None: nothing was counted."""
    uncounted: tuple[str, ...]
    """Categories without a forecast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tonight:
    """Everything somebody looks at first."""

    lines: tuple[Line, ...]
    """A rule each, by category."""
    awaited: tuple[Awaited, ...]
    ahead: Ahead


def tonight(installation: Installation, rules: Collection[Rule]) -> Tonight:
    """What stands tonight for these rules. Reads the register only."""
    listed = {each.plan.category: each for each in plans.latest(installation.register)}
    ran = nights.last_of_each(installation.register)
    lines = tuple(_line(rule, listed.get(rule.category), ran.get(rule.category)) for rule in rules)
    waiting = [line for line in lines if line.standing is Standing.WAITING]
    return Tonight(
        lines=lines,
        awaited=tuple(
            awaited(installation, line.rule, line.listed)
            for line in waiting[:MOST_WAITING]
            if line.listed is not None
        ),
        ahead=_ahead(installation, rules),
    )


def _line(rule: Rule, listed: StoredPlan | None, night: Night | None) -> Line:
    return Line(rule=rule, listed=listed, night=night, standing=standing_of(rule, listed))


def standing_of(rule: Rule, listed: StoredPlan | None) -> Standing:
    """How far a list has come. Where all that is due is held there is nothing to decide."""
    if listed is None:
        return Standing.NEVER
    if listed.state is PlanState.FROZEN and not listed.plan.due:
        return Standing.QUIET
    if listed.state is PlanState.FROZEN and _needs_nobody(rule, listed):
        return Standing.APPROVED
    return _STANDINGS[listed.state]


def _needs_nobody(rule: Rule, listed: StoredPlan) -> bool:
    """A class that is approved beforehand, within its limits."""
    return rule.disposition.approval is ApprovalKind.NONE and not listed.plan.exceeded


def _missing(installation: Installation, listed: StoredPlan) -> tuple[list[str], str | None]:
    try:
        return approving.roles_missing(installation, listed.plan.plan_id), None
    except KeepuntilError as error:
        return [], error.sentence


def awaited(installation: Installation, rule: Rule, listed: StoredPlan) -> Awaited:
    """For whom a list waits. A list that is void waits for nobody, and says so."""
    roles: list[str] = []
    void: str | None = None
    if listed.plan.due and not _needs_nobody(rule, listed):
        roles, void = _missing(installation, listed)
    people = installation.schedule.people
    return Awaited(
        listed=listed,
        rule=rule,
        roles=tuple(
            (role, tuple(p.id for p in people if role in p.roles and p.id != listed.proposed_by))
            for role in roles
        ),
        void=void,
    )


def _ahead(installation: Installation, rules: Collection[Rule]) -> Ahead:
    wanted = {rule.category for rule in rules}
    kept = [each for each in forecasts.all_kept(installation.register) if each.category in wanted]
    counted_from = min((each.as_of for each in kept), default=None)
    months = _months(counted_from) if counted_from else ()
    sums = {each.category: _by_month(each, months) for each in kept}
    return Ahead(
        months=months,
        by_category={category: figures for category, figures in sums.items() if any(figures)},
        counted_from=counted_from,
        uncounted=tuple(sorted(wanted - {each.category for each in kept})),
    )


def _months(first: date) -> tuple[str, ...]:
    begin = first.replace(day=1)
    return tuple(f"{add(begin, Period(0, n, 0)):%Y-%m}" for n in range(MONTHS_AHEAD + 1))


def _by_month(forecast: Forecast, months: tuple[str, ...]) -> tuple[int, ...]:
    counted: Counter[str] = Counter()
    for month, count in _counts(forecast):
        counted[max(month, months[0])] += count
    return tuple(counted[month] for month in months)


def _counts(forecast: Forecast) -> Iterable[tuple[str, int]]:
    return (pair for instance in forecast.months.values() for pair in instance.items())
