"""Findings with all that became of them, chosen and counted: what lists and reports are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from keepuntil.disposal.installation import Installation
from keepuntil.domain.ledger import Standing, status
from keepuntil.domain.ledger_words import Discovery, ProblemClass, Status
from keepuntil.oversight.problem_places import category_of, class_of, form_of_finding
from keepuntil.register import findings
from keepuntil.register.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One finding on one day."""

    finding: Finding
    standing: Standing
    problem_class: ProblemClass
    category: str | None
    form: str | None
    status: Status
    """Overdue computed for the day."""

    @property
    def number(self) -> int:
        return self.finding.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which findings are wanted; None: any."""

    kind: str | None = None
    problem_class: ProblemClass | None = None
    unit: str | None = None
    status: Status | None = None
    closed: bool | None = None
    numbers: frozenset[int] | None = None
    found_from: date | None = None
    found_to: date | None = None

    def takes(self, case: Case) -> bool:
        """Whether a finding is one of those."""
        said = case.standing.particulars
        on = case.standing.discovered.on
        return (
            self.kind in {None, case.finding.kind}
            and self.problem_class in {None, case.problem_class}
            and self.unit in {None, said.unit}
            and self.status in {None, case.status}
            and self.closed in {None, case.standing.closed}
            and (self.numbers is None or case.number in self.numbers)
            and (self.found_from is None or self.found_from <= on)
            and (self.found_to is None or on <= self.found_to)
        )


EVERYTHING = Selection()


def cases(installation: Installation, today: date, selection: Selection = EVERYTHING) -> list[Case]:
    """The findings that are wanted, by number, as they stand on a civil date."""
    every = (
        case_of(installation, finding, standing, today)
        for finding, standing in findings.everything(installation.register)
    )
    return [case for case in every if selection.takes(case)]


def case_of(installation: Installation, finding: Finding, standing: Standing, today: date) -> Case:
    """One finding on one day."""
    return Case(
        finding=finding,
        standing=standing,
        problem_class=class_of(finding, standing),
        category=category_of(installation, finding, standing),
        form=form_of_finding(finding, standing),
        status=status(standing, today),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """So many were found, of which so many are closed and so many open."""

    found: int
    fixed: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSummary:
    """All figures that a report gives of problems and remedies. Texts are codes or units.

    Clients and records are added up over problems: one client in two problems counts twice.
    """

    as_of: date
    total: Tally
    by_class: Mapping[str, Tally]
    """Every class, also one without a problem."""
    by_unit: Mapping[str, Tally]
    """``""``: nobody has said which."""
    by_discovery: Mapping[str, Tally]
    by_risk: Mapping[str, Tally]
    by_status: Mapping[str, int]
    """Every status of the ledger, overdue computed."""
    by_root_level: Mapping[str, int]
    by_root_kind: Mapping[str, int]
    clients: int
    records: int
    leaked: int
    crime_suspected: int
    fixed_at_once: int
    overdue: int
    extensions: int
    """Approved."""
    reopened: int
    """Findings that came back after they were closed."""
    held_to_account: int
    """Decisions on people (问责), over all problems."""
    policy_changes: int
    system_changes: int
    similar_checked: int
    before_regulator: int
    """Known here before a regulator raised them."""
    after_regulator: int
    """Raised by a regulator first."""
    unknown_to_regulator: int
    """No regulator has raised them."""


def summarise(found: Iterable[Case], today: date) -> LedgerSummary:
    """Count findings, as they stand on a civil date."""
    every = list(found)
    said = [case.standing.particulars for case in every]
    works = [case.standing.work for case in every if case.standing.work is not None]
    remedies = [work.remedy for work in works]
    before = Counter(case.standing.before_regulator for case in every)
    return LedgerSummary(
        as_of=today,
        total=_tally(every),
        by_class=_by(every, lambda case: case.problem_class, ProblemClass),
        by_unit=_by(every, lambda case: case.standing.particulars.unit),
        by_discovery=_by(every, lambda case: case.standing.discovered.how, Discovery),
        by_risk=_by(every, lambda case: case.standing.particulars.risk),
        by_status={each.value: sum(case.status is each for case in every) for each in Status},
        by_root_level=_count(each.root_level for each in said),
        by_root_kind=_count(each.root_kind for each in said),
        clients=sum(each.clients or 0 for each in said),
        records=sum(records_of(case) for case in every),
        leaked=sum(bool(each.leaked) for each in said),
        crime_suspected=sum(bool(each.crime_suspected) for each in said),
        fixed_at_once=sum(bool(each.fixed_at_once) for each in said),
        overdue=sum(case.status is Status.OVERDUE for case in every),
        extensions=sum(asked.approved is True for work in works for asked in work.asked),
        reopened=sum(case.standing.reopened > 0 for case in every),
        held_to_account=sum(len(case.standing.accountability) for case in every),
        policy_changes=sum(remedy.policy_change is not None for remedy in remedies),
        system_changes=sum(remedy.system_change is not None for remedy in remedies),
        similar_checked=sum(bool(remedy.similar_checked) for remedy in remedies),
        before_regulator=before[True],
        after_regulator=before[False],
        unknown_to_regulator=before[None],
    )


def records_of(case: Case) -> int:
    """How many records it is about: as a person said, else as its check counted last."""
    said = case.standing.particulars.records
    return case.finding.counts.get("items", 0) if said is None else said


def _by(
    every: list[Case], of: Callable[[Case], str | None], always: Iterable[str] = ()
) -> dict[str, Tally]:
    groups: dict[str, list[Case]] = {str(word): [] for word in always}
    for case in every:
        groups.setdefault(str(of(case) or ""), []).append(case)
    return {name: _tally(group) for name, group in groups.items()}


def _count(words: Iterable[str | None]) -> dict[str, int]:
    return dict(sorted(Counter(str(word) for word in words if word is not None).items()))


def _tally(every: list[Case]) -> Tally:
    fixed = sum(case.standing.closed for case in every)
    return Tally(found=len(every), fixed=fixed, open=len(every) - fixed)
