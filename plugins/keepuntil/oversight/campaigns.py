"""Campaigns (专项排查): started from a template, given out, answered, sampled, counted.

start      put a template to places from a day on
take       give a place to somebody, answer, close
draw       a sampling pack: one sample a certificate, drawn as any other spot check
summarise  every figure that the summary report (总结报告) needs
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from keepuntil.disposal import publishing, sample_events
from keepuntil.disposal.installation import Installation
from keepuntil.domain import campaigns as course
from keepuntil.domain.campaigns import (
    Answer,
    AnswerWord,
    Campaign,
    CampaignAct,
    CampaignPayload,
    Happened,
    PackDrawn,
    PlaceGiven,
    Progress,
    Template,
)
from keepuntil.domain.categories import Text
from keepuntil.domain.ledger_words import ProblemClass
from keepuntil.domain.personal_numbers import refuse_personal
from keepuntil.domain.plain_documents import document_of, value_of
from keepuntil.errors import UsageError
from keepuntil.oversight import sampling
from keepuntil.oversight.acting import declared
from keepuntil.oversight.ledger import Case, LedgerSummary, cases, summarise
from keepuntil.oversight.sampling import Wanted
from keepuntil.register import campaigns, certificates, findings, samples
from keepuntil.register.campaigns import StoredCampaign
from keepuntil.rules.policy_files import content_of

_SHIPPED: Final = Path(__file__).with_name("campaign_templates")


def templates() -> list[str]:
    """The names of the templates that are shipped."""
    return sorted(path.stem for path in _SHIPPED.glob("*.yaml"))


def read_template(name: str) -> Template:
    """A shipped template by its name, or one of the bank's by the path of its file.

    Raises UsageError, RuleError.
    """
    path = _SHIPPED / f"{name}.yaml" if name in templates() else Path(name)
    if not path.is_file():
        raise UsageError(
            f"There is no template '{name}': name a file, or one of {', '.join(templates())}."
        )
    return value_of(Template, content_of(path), where="template")


def start(
    installation: Installation,
    template: Template,
    *,
    places: Sequence[str],
    starts_on: date,
    classes: Sequence[ProblemClass] = (),
    by: str,
) -> StoredCampaign:
    """Put a template to places; without classes, all of them. Raises UsageError, ApprovalError."""
    campaign = Campaign(
        template=template,
        places=tuple(places),
        starts_on=starts_on,
        classes=tuple(classes) or tuple(ProblemClass),
    )
    refuse_personal(document_of(campaign))
    course.refuse_unfit(campaign)
    started = StoredCampaign(
        campaign_id=f"C-{uuid.uuid4().hex[:12]}",
        campaign=campaign,
        started_by=declared(installation, by).id,
        started_at=installation.now(),
    )
    campaigns.start(installation.register, started)
    publishing.publish(installation)
    return started


def take(
    installation: Installation,
    name: str,
    act: CampaignAct,
    payload: CampaignPayload | None = None,
    *,
    by: str,
) -> Progress:
    """Add what somebody did to a campaign. Raises UsageError, ApprovalError, RegisterError."""
    refuse_personal(document_of(payload))
    declared(installation, by)
    if isinstance(payload, PlaceGiven):
        declared(installation, payload.person)
    if isinstance(payload, Answer) and payload.finding is not None:
        findings.load(installation.register, payload.finding)
    stored = campaigns.load(installation.register, name)
    happened = Happened(act=act, at=installation.now(), person=by, payload=payload)
    progress = campaigns.act(installation.register, stored.campaign_id, happened)
    publishing.publish(installation)
    return progress


def draw(
    installation: Installation, name: str, certificate: str, wanted: Wanted, *, by: str
) -> PackDrawn:
    """Draw a sample of a certificate for a campaign; once, so that nobody draws until they like it.

    Raises what :func:`keepuntil.oversight.sampling.order` raises.
    """
    declared(installation, by)
    stored = campaigns.load(installation.register, name)
    certificate_id = certificates.load(installation.register, certificate).certificate_id
    course.refuse_drawn(campaigns.progress(installation.register, stored), certificate_id)
    drawn = sampling.order(installation, certificate_id, wanted, by=by)
    pack = PackDrawn(sample_id=drawn.sample.sample_id, certificate_id=certificate_id)
    take(installation, stored.campaign_id, CampaignAct.SAMPLED, pack, by=by)
    return pack


class Moment(StrEnum):
    """Where a phase stands on a day."""

    AHEAD = "ahead"
    RUNNING = "running"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseDays:
    key: str
    title: Text
    begins_on: date
    ends_on: date
    moment: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of a questionnaire one place has answered in one class."""

    place: str
    person: str | None
    """Who answers; None: nobody was named."""
    problem_class: ProblemClass
    questions: int
    yes: int
    no: int
    not_applicable: int

    @property
    def open(self) -> int:
        """Questions without an answer."""
        return self.questions - self.yes - self.no - self.not_applicable


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """One sample of the campaign, and what it came to."""

    sample_id: str
    certificate_id: str
    drawn: int
    deviations: int
    verdict: str | None
    """None: it is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSummary:
    """Every figure of a campaign on a day: for a status, for the summary report."""

    campaign_id: str
    controller: str
    title: Text
    as_of: date
    starts_on: date
    problems_since: date | None
    places: tuple[str, ...]
    classes: tuple[ProblemClass, ...]
    phases: tuple[PhaseDays, ...]
    matrix: tuple[Share, ...]
    """Place by place, class by class."""
    questions: int
    answered: int
    unassigned: tuple[str, ...]
    packs: tuple[Pack, ...]
    findings: tuple[int, ...]
    """The problems of this campaign, by number."""
    ledger: LedgerSummary
    closed: bool


def summary(installation: Installation, name: str, today: date) -> CampaignSummary:
    """A campaign on a civil date. Raises RegisterError."""
    stored = campaigns.load(installation.register, name)
    campaign, progress = stored.campaign, campaigns.progress(installation.register, stored)
    found = cases_of(installation, campaign, progress, today)
    matrix = tuple(_matrix(campaign, progress))
    questions = sum(share.questions for share in matrix)
    return CampaignSummary(
        campaign_id=stored.campaign_id,
        controller=installation.schedule.controller,
        title=campaign.template.title,
        as_of=today,
        starts_on=campaign.starts_on,
        problems_since=campaign.template.problems_since,
        places=campaign.places,
        classes=campaign.classes,
        phases=tuple(_phases(campaign, today)),
        matrix=matrix,
        questions=questions,
        answered=questions - sum(share.open for share in matrix),
        unassigned=tuple(one for one in campaign.places if one not in progress.assigned),
        packs=tuple(_pack(installation, pack) for pack in progress.packs),
        findings=tuple(case.number for case in found),
        ledger=summarise(found, today),
        closed=progress.closed_at is not None,
    )


def cases_of(
    installation: Installation, campaign: Campaign, progress: Progress, today: date
) -> list[Case]:
    """Its problems: those that answers name, and those found in its places and on its days."""
    return [
        case
        for case in cases(installation, today)
        if case.number in progress.findings or _is_within(campaign, case)
    ]


def _is_within(campaign: Campaign, case: Case) -> bool:
    return (
        case.standing.particulars.unit in campaign.units
        and case.problem_class in campaign.classes
        and campaign.starts_on <= case.standing.discovered.on <= campaign.last_day
    )


def _phases(campaign: Campaign, today: date) -> Iterable[PhaseDays]:
    for phase in campaign.template.phases:
        begins, ends = campaign.days(phase)
        late = Moment.OVER if ends < today else Moment.RUNNING
        yield PhaseDays(
            key=phase.key,
            title=phase.title,
            begins_on=begins,
            ends_on=ends,
            moment=Moment.AHEAD if today < begins else late,
        )


def _matrix(campaign: Campaign, progress: Progress) -> Iterable[Share]:
    counted: dict[tuple[str, ProblemClass], Counter[AnswerWord | None]] = {}
    for place, question, said in progress.cells(campaign):
        words = counted.setdefault((place, question.problem_class), Counter())
        words[said.answer if said else None] += 1
    for (place, problem_class), words in counted.items():
        yield Share(
            place=place,
            person=progress.assigned.get(place),
            problem_class=problem_class,
            questions=words.total(),
            yes=words[AnswerWord.YES],
            no=words[AnswerWord.NO],
            not_applicable=words[AnswerWord.NOT_APPLICABLE],
        )


def _pack(installation: Installation, pack: PackDrawn) -> Pack:
    stored = samples.load(installation.register, pack.sample_id)
    checks = samples.checks(installation.register, pack.sample_id)
    tally = sample_events.tally_of(stored.draw, checks) if stored.draw else None
    return Pack(
        sample_id=pack.sample_id,
        certificate_id=pack.certificate_id,
        drawn=stored.plan.size,
        deviations=tally.deviations if tally else 0,
        verdict=stored.closing.verdict.value if stored.closing else None,
    )
