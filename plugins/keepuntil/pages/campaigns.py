"""Campaigns (专项排查): how far each place is, answering for one, its problems and samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, BackgroundTasks, Form
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

from keepuntil.domain.access import Right, sees_unit
from keepuntil.domain.campaigns import Answer, AnswerWord, Campaign, CampaignAct, Question
from keepuntil.domain.ledger_words import WORDS as LEDGER_WORDS
from keepuntil.errors import AccessRefused
from keepuntil.oversight import campaigns as running
from keepuntil.oversight.campaigns import CampaignSummary, Share
from keepuntil.oversight.ledger import Case, Selection
from keepuntil.oversight.reports import writing
from keepuntil.oversight.reports.campaign import campaign as report_of
from keepuntil.oversight.reports.campaign_manuscript import manuscript
from keepuntil.pages.campaign_words import ANSWERS, MOMENTS, VERDICTS, WORDS
from keepuntil.pages.downloads import attachment
from keepuntil.pages.finding_words import KINDS
from keepuntil.pages.finding_words import WORDS as FINDING_WORDS
from keepuntil.pages.permissions import changes, needs
from keepuntil.pages.problems import cases_chosen
from keepuntil.pages.visiting import Visit
from keepuntil.register import campaigns
from keepuntil.register.campaigns import StoredCampaign

PAGE: Final = 50

router = APIRouter()


class Written(StrEnum):
    """As what the summary report is handed out."""

    PDF = "pdf"
    DOCX = "docx"
    HTML = "html"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question to one place the person answers for."""

    place: str
    question: Question
    said: Answer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the template shows of one campaign: of the places the person may see."""

    summary: CampaignSummary
    shares: Sequence[Share]
    mine: Sequence[Asked]
    """Questions to places that were given to the person."""
    cases: Sequence[Case]
    whole: bool
    """No place of it is hidden from the person."""

    @property
    def questions(self) -> int:
        return sum(share.questions for share in self.shares)

    @property
    def answered(self) -> int:
        return self.questions - sum(share.open for share in self.shares)


@router.get("/campaigns", name="campaigns")
def listing(visit: Annotated[Visit, needs(Right.READ)], after: str = "") -> HTMLResponse:
    """The campaigns in which the person may see a place."""
    found = [
        each
        for each in campaigns.everything(visit.installation.register)
        if _places(visit, each.campaign) and each.campaign_id > after
    ]
    return visit.page(
        "campaigns.html",
        campaigns=found[:PAGE],
        next=found[PAGE - 1].campaign_id if len(found) > PAGE else None,
        words=WORDS,
    )


@router.get("/campaigns/{campaign_id}", name="campaign")
def campaign(visit: Annotated[Visit, needs(Right.READ)], campaign_id: str) -> HTMLResponse:
    """One campaign: phases, place by place and class by class, problems, samples."""
    return visit.page("campaign.html", view=_view(visit, campaign_id), **_words())


@router.post("/campaigns/{campaign_id}/answer", name="campaign_answer")
def answer(
    visit: Annotated[Visit, changes(Right.FIND)],
    campaign_id: str,
    place: Annotated[str, Form(max_length=200)] = "",
    question: Annotated[str, Form(max_length=200)] = "",
    answer: Annotated[AnswerWord, Form()] = AnswerWord.YES,
    note: Annotated[str, Form(max_length=2000)] = "",
    finding: Annotated[int | None, Form(ge=1)] = None,
) -> RedirectResponse:
    """Answer for a place, as whoever it was given to; answered again, the newest counts."""
    stored = _seen(visit, campaign_id)
    with visit.acting("campaign answer", stored.campaign_id):
        said = Answer(
            place=place,
            question=question,
            answer=answer,
            note=note.strip() or None,
            finding=finding,
        )
        running.take(
            visit.installation,
            stored.campaign_id,
            CampaignAct.ANSWERED,
            said,
            by=visit.person.id,
        )
    return visit.go_to("campaign", campaign_id=stored.campaign_id)


@router.get("/campaigns/{campaign_id}/export/{written}", name="campaign_report")
def report(
    visit: Annotated[Visit, needs(Right.READ)],
    campaign_id: str,
    after: BackgroundTasks,
    written: Written,
) -> FileResponse:
    """The summary report (总结报告). It is of every place, so for those who see every unit."""
    stored = _seen(visit, campaign_id)
    if not visit.everywhere:
        raise AccessRefused("The report is of every place: those who see every unit may take it.")
    found = report_of(visit.installation, stored.campaign_id, visit.installation.now().date())
    return attachment(
        after,
        f"{stored.campaign_id}.{written}",
        lambda path: writing.write(found, manuscript, visit.language, path),
    )


def _words() -> dict[str, Any]:
    return {
        # The list of findings has its own, and no phrase has two meanings.
        "words": {**FINDING_WORDS, **WORDS},
        "ledger_words": LEDGER_WORDS,
        "kinds": KINDS,
        "answer_words": ANSWERS,
        "moments": MOMENTS,
        "verdicts": VERDICTS,
        "exports": tuple(Written),
    }


def _places(visit: Visit, of: Campaign) -> frozenset[str]:
    """Its places that the person may see."""
    return frozenset(
        place
        for place in of.places
        if visit.everywhere or sees_unit(visit.person, place.partition("/")[0])
    )


def _seen(visit: Visit, campaign_id: str) -> StoredCampaign:
    """Raises RegisterError, AccessRefused."""
    stored = campaigns.load(visit.installation.register, campaign_id)
    assigned = campaigns.progress(visit.installation.register, stored).assigned
    if not _places(visit, stored.campaign) and visit.person.id not in assigned.values():
        raise AccessRefused(f"{visit.person.id} may see no place of {stored.campaign_id}.")
    return stored


def _view(visit: Visit, campaign_id: str) -> View:
    stored = _seen(visit, campaign_id)
    summary = running.summary(
        visit.installation, stored.campaign_id, visit.installation.now().date()
    )
    places = _places(visit, stored.campaign)
    numbers = frozenset(summary.findings)
    return View(
        summary=summary,
        shares=[
            share
            for share in summary.matrix
            if share.place in places or share.person == visit.person.id
        ],
        mine=_mine(visit, stored) if not summary.closed and visit.may(Right.FIND) else (),
        cases=cases_chosen(visit, Selection(numbers=numbers)),
        whole=visit.everywhere,
    )


def _mine(visit: Visit, stored: StoredCampaign) -> list[Asked]:
    progress = campaigns.progress(visit.installation.register, stored)
    return [
        Asked(place=place, question=question, said=said)
        for place, question, said in progress.cells(stored.campaign)
        if progress.assigned.get(place) == visit.person.id
    ]
