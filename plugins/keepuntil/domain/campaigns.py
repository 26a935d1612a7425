"""A campaign (专项排查): a questionnaire put to every place, and what came of it.

    Template   phases, relative to a start, and questions; shipped, or written by a bank
    Campaign   a template put to places, from a day on
    after      the progress once something has happened; folding everything gives today's

Pure: whom a place was given to is checked here, who may act at all before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from keepuntil.domain.categories import Text
from keepuntil.domain.ledger_words import ProblemClass
from keepuntil.domain.periods import Period, add
from keepuntil.errors import ApprovalError, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One phase; first and last day lie that long after the start of the campaign."""

    key: str
    title: Text
    begins: str
    """ISO 8601, like ``P1M``."""
    ends: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that should be so. Whoever answers no has found a problem."""

    key: str
    problem_class: ProblemClass
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    title: Text
    phases: tuple[Phase, ...]
    questions: tuple[Question, ...]
    problems_since: date | None = None
    """What went wrong from this day on is looked for; None: the place's own choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A template put to places. A place is a unit, or ``unit/line`` for one business line."""

    template: Template
    places: tuple[str, ...]
    starts_on: date
    classes: tuple[ProblemClass, ...] = tuple(ProblemClass)

    @property
    def questions(self) -> tuple[Question, ...]:
        """Those of the classes that are looked at."""
        return tuple(one for one in self.template.questions if one.problem_class in self.classes)

    @property
    def units(self) -> frozenset[str]:
        return frozenset(place.partition("/")[0] for place in self.places)

    def days(self, phase: Phase) -> tuple[date, date]:
        """First and last day of a phase."""
        begins, ends = Period.parse(phase.begins), Period.parse(phase.ends)
        return add(self.starts_on, begins), add(self.starts_on, ends)

    @property
    def last_day(self) -> date:
        return max(self.days(phase)[1] for phase in self.template.phases)


class AnswerWord(StrEnum):
    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"


class CampaignAct(StrEnum):
    """What may happen in a campaign. The words stand in the log and never change."""

    STARTED = "started"
    ASSIGNED = "assigned"
    ANSWERED = "answered"
    SAMPLED = "sampled"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceGiven:
    """Somebody answers for a place from now on."""

    place: str
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    place: str
    question: str
    answer: AnswerWord
    note: str | None = None
    finding: int | None = None
    """The problem behind a no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackDrawn:
    """A sample of one certificate was drawn for the campaign."""

    sample_id: str
    certificate_id: str


CampaignPayload = PlaceGiven | Answer | PackDrawn

PAYLOADS: Final[Mapping[CampaignAct, type[CampaignPayload]]] = {
    CampaignAct.ASSIGNED: PlaceGiven,
    CampaignAct.ANSWERED: Answer,
    CampaignAct.SAMPLED: PackDrawn,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One line of a campaign's history."""

    act: CampaignAct
    at: datetime
    person: str
    payload: CampaignPayload | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a campaign is. The newest answer to a question counts; all stay in its history."""

    assigned: Mapping[str, str] = field(default_factory=dict)
    """Who answers for a place."""
    answers: Mapping[tuple[str, str], Answer] = field(default_factory=dict)
    """By place and question."""
    packs: tuple[PackDrawn, ...] = ()
    closed_at: datetime | None = None

    def cells(self, campaign: Campaign) -> Iterator[tuple[str, Question, Answer | None]]:
        """Every question to every place, with its answer; None: not answered yet."""
        for place in campaign.places:
            for question in campaign.questions:
                yield place, question, self.answers.get((place, question.key))

    @property
    def findings(self) -> frozenset[int]:
        """The problems that answers name."""
        named = (answer.finding for answer in self.answers.values())
        return frozenset(number for number in named if number is not None)


def refuse_unfit(campaign: Campaign) -> None:
    """Raise UsageError for a campaign that asks nobody or nothing, or has a phase that is none."""
    if not campaign.places or not campaign.questions or not campaign.template.phases:
        raise UsageError("A campaign has at least one place, one question and one phase.")
    for what, names in (
        ("place", campaign.places),
        ("question", [one.key for one in campaign.template.questions]),
        ("phase", [one.key for one in campaign.template.phases]),
    ):
        if len(set(names)) < len(names):
            raise UsageError(f"A {what} of the campaign stands there twice.")
    for phase in campaign.template.phases:
        begins, ends = campaign.days(phase)
        if ends < begins:
            raise UsageError(f"The phase '{phase.key}' would end before it begins.")


def after(campaign: Campaign, progress: Progress, happened: Happened) -> Progress:
    """The progress once something has happened.

    Raises UsageError for what has no place, ApprovalError when somebody else answers for it.
    """
    if progress.closed_at is not None:
        raise UsageError(f"The campaign was closed on {progress.closed_at:%Y-%m-%d}.")
    match happened.act, happened.payload:
        case CampaignAct.STARTED, None:
            return progress
        case CampaignAct.ASSIGNED, PlaceGiven() as given:
            _refuse_other_place(campaign, given.place)
            return replace(progress, assigned={**progress.assigned, given.place: given.person})
        case CampaignAct.ANSWERED, Answer() as answer:
            _refuse_answer(campaign, progress, answer, happened.person)
            key = (answer.place, answer.question)
            return replace(progress, answers={**progress.answers, key: answer})
        case CampaignAct.SAMPLED, PackDrawn() as pack:
            refuse_drawn(progress, pack.certificate_id)
            return replace(progress, packs=(*progress.packs, pack))
        case CampaignAct.CLOSED, None:
            _refuse_unanswered(campaign, progress)
            return replace(progress, closed_at=happened.at)
    raise UsageError(f"'{happened.act}' does not come with what was given.")


def progress_of(campaign: Campaign, everything: Iterable[Happened]) -> Progress:
    """How far a campaign is after all that happened."""
    progress = Progress()
    for happened in everything:
        progress = after(campaign, progress, happened)
    return progress


def refuse_drawn(progress: Progress, certificate_id: str) -> None:
    """Raise UsageError where a certificate was sampled: nobody draws until they like it."""
    for pack in progress.packs:
        if pack.certificate_id == certificate_id:
            raise UsageError(f"{certificate_id} was sampled for this campaign: {pack.sample_id}.")


def _refuse_other_place(campaign: Campaign, place: str) -> None:
    if place not in campaign.places:
        raise UsageError(
            f"'{place}' is no place of this campaign. There are: {', '.join(campaign.places)}."
        )


def _refuse_answer(campaign: Campaign, progress: Progress, answer: Answer, person: str) -> None:
    _refuse_other_place(campaign, answer.place)
    keys = [question.key for question in campaign.questions]
    if answer.question not in keys:
        raise UsageError(f"'{answer.question}' is no question here: {', '.join(keys)}.")
    if progress.assigned.get(answer.place) != person:
        raise ApprovalError(
            f"{person} does not answer for {answer.place}: it is given to "
            f"{progress.assigned.get(answer.place, 'nobody yet')} (keepuntil campaign assign)."
        )
    if answer.answer is AnswerWord.NO and answer.finding is None:
        raise UsageError(
            "A no is a problem: enter it (keepuntil findings open), and name it with --finding."
        )
    if answer.answer is AnswerWord.NOT_APPLICABLE and answer.note is None:
        raise UsageError("Say with --note why the question is not for this place.")


def _refuse_unanswered(campaign: Campaign, progress: Progress) -> None:
    left = [(place, question) for place, question, said in progress.cells(campaign) if said is None]
    if left:
        place, question = left[0]
        raise UsageError(
            f"{len(left)} questions are not answered; the next is '{question.key}' at {place}."
        )
