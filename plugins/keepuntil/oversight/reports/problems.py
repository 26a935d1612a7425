"""Findings in a month: found, closed, open, by class and by unit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date

from keepuntil.disposal.installation import Installation
from keepuntil.domain.ledger_words import ProblemClass
from keepuntil.oversight.ledger import Case, LedgerSummary, cases, summarise


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemTally:
    """Findings of one class in one unit."""

    problem_class: ProblemClass
    unit: str
    """Who is concerned, or the owner of the category; empty: neither is known."""
    found: int
    """In the month."""
    closed: int
    """In the month."""
    open: int
    """When the report was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problems:
    """The findings of a month: those that are open, were found in it, or closed in it."""

    tallies: tuple[ProblemTally, ...]
    summary: LedgerSummary


def problems(installation: Installation, first: date, last: date, as_of: date) -> Problems:
    """Count findings; a moment counts on its day in UTC, as in the ledger."""
    every = [case for case in cases(installation, as_of) if _concerns(case, first, last)]
    units = {rule.category: rule.owner.unit for rule in installation.schedule.rules}
    return Problems(
        tallies=tuple(_tallies(every, _unit_by(units), first, last)),
        summary=summarise(every, as_of),
    )


def _found_in(case: Case, first: date, last: date) -> bool:
    return first <= case.standing.discovered.on <= last


def _closed_in(case: Case, first: date, last: date) -> bool:
    closed_at = case.standing.closed_at
    return closed_at is not None and first <= closed_at.astimezone(UTC).date() <= last


def _concerns(case: Case, first: date, last: date) -> bool:
    inside = _found_in(case, first, last) or _closed_in(case, first, last)
    return inside or not case.standing.closed


def _unit_by(owners: dict[str, str]) -> Callable[[Case], str]:
    return lambda case: case.standing.particulars.unit or owners.get(case.category or "", "")


def _tallies(
    every: Iterable[Case], unit_of: Callable[[Case], str], first: date, last: date
) -> Iterable[ProblemTally]:
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in every:
        groups.setdefault((case.problem_class.value, unit_of(case)), []).append(case)
    order = [each.value for each in ProblemClass]
    for problem_class, unit in sorted(groups, key=lambda key: (order.index(key[0]), key[1])):
        group = groups[problem_class, unit]
        yield ProblemTally(
            problem_class=ProblemClass(problem_class),
            unit=unit,
            found=sum(_found_in(case, first, last) for case in group),
            closed=sum(_closed_in(case, first, last) for case in group),
            open=sum(not case.standing.closed for case in group),
        )
