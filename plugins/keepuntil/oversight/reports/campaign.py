"""The summary report of a campaign (总结报告): its figures and annexes, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Text
from keepuntil.domain.ledger import Work
from keepuntil.domain.ledger_words import ProblemClass, Risk, Status
from keepuntil.oversight import campaigns
from keepuntil.oversight.campaigns import CampaignSummary
from keepuntil.oversight.ledger import Case, Selection, cases


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProblem:
    """One line of the problem list."""

    number: int
    problem_class: ProblemClass
    unit: str
    description: Text
    found_on: date
    before_regulator: bool | None
    risk: Risk | None
    status: Status
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRemedy:
    """One line of the ledger."""

    number: int
    goal: str
    unit: str
    due_on: date
    percent: int
    status: Status
    closed: bool
    policy_change: str | None
    system_change: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignReport:
    """A campaign on one day. People stand in it by staff number or role account at most."""

    summary: CampaignSummary
    problems: tuple[ListedProblem, ...]
    remedies: tuple[ListedRemedy, ...]


def campaign(installation: Installation, name: str, as_of: date) -> CampaignReport:
    """The report of a campaign, by its identifier, on a civil date. Raises RegisterError."""
    summary = campaigns.summary(installation, name, as_of)
    numbers = frozenset(summary.findings)
    found = cases(installation, as_of, Selection(numbers=numbers)) if numbers else []
    return CampaignReport(
        summary=summary,
        problems=tuple(_problem(case) for case in found),
        remedies=tuple(
            _remedy(case, case.standing.work) for case in found if case.standing.work is not None
        ),
    )


def _problem(case: Case) -> ListedProblem:
    said, standing = case.standing.particulars, case.standing
    zh, en = case.finding.sentence_zh, case.finding.sentence_en
    return ListedProblem(
        number=case.number,
        problem_class=case.problem_class,
        unit=said.unit or "",
        description=Text(zh=said.description or zh, en=said.description or en),
        found_on=standing.discovered.on,
        before_regulator=standing.before_regulator,
        risk=said.risk,
        status=case.status,
        closed=standing.closed,
    )


def _remedy(case: Case, work: Work) -> ListedRemedy:
    remedy = work.remedy
    return ListedRemedy(
        number=case.number,
        goal=remedy.goal,
        unit=remedy.unit,
        due_on=work.due_on,
        percent=work.percent,
        status=case.status,
        closed=case.standing.closed,
        policy_change=remedy.policy_change,
        system_change=remedy.system_change,
    )
