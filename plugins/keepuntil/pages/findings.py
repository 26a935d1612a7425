"""Findings (问题): the list, one with all that happened, entering one; the ledger (整改台账)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, BackgroundTasks, Depends
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

from keepuntil.domain.access import Right
from keepuntil.domain.ledger_words import WORDS as LEDGER_WORDS
from keepuntil.domain.ledger_words import Discovery, ProblemClass, Status
from keepuntil.domain.problems import Discovered, Opened, Particulars
from keepuntil.errors import AccessRefused, EvidenceError
from keepuntil.oversight import acting
from keepuntil.oversight.ledger import Case, LedgerSummary, Selection, summarise
from keepuntil.oversight.ledger_lists import (
    LEDGER_COLUMNS,
    PROBLEM_COLUMNS,
    Language,
    ledger_row,
    problem_row,
    write_ledger,
    write_problem_list,
)
from keepuntil.pages.downloads import attachment
from keepuntil.pages.fields import Field, Filled, fields_of, filled, value_filled
from keepuntil.pages.finding_words import ACTS, FIELDS, KINDS, SHOWN, WORDS
from keepuntil.pages.permissions import changes, needs
from keepuntil.pages.problems import Chosen, case_seen, cases_chosen, chosen
from keepuntil.pages.remedies import Offer, offers
from keepuntil.pages.visiting import Visit
from keepuntil.register.findings import history
from keepuntil.register.ledger import Line

PAGE: Final = 50

PROBLEM: Final = tuple(
    each
    for each in fields_of(Particulars, also="problem_class description")
    if each.name != "documents"
)
"""What a person says of a problem; documents are named as evidence."""

router = APIRouter()


class Written(StrEnum):
    """As what a list is handed out."""

    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One line of a finding's history, as it is shown."""

    line: Line
    said: tuple[tuple[str, str], ...]
    """Names of fields, and what was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the template shows of one finding."""

    case: Case
    problem: Mapping[str, str]
    """By the columns of the problem list; what nobody has said is left out."""
    remedy: Mapping[str, str]
    """By the columns of the ledger."""
    history: Sequence[Happened]
    forged: str | None
    """Why its history is not to be believed, where it is not."""
    offers: Sequence[Offer]


@router.get("/findings", name="findings")
def listing(
    visit: Annotated[Visit, needs(Right.READ)],
    wanted: Annotated[Chosen, Depends(chosen)],
    before: int | None = None,
) -> HTMLResponse:
    """The findings the person may see, the newest first."""
    found = cases_chosen(visit, wanted.selection)
    shown, following = _page_of(found, before)
    return visit.page(
        "findings.html",
        cases=shown,
        total=len(found),
        next=following,
        chosen=wanted,
        may_find=visit.may(Right.FIND),
        **_choices(),
    )


@router.get("/findings/export/{written}", name="findings_export")
def export(
    visit: Annotated[Visit, needs(Right.READ)],
    wanted: Annotated[Chosen, Depends(chosen)],
    after: BackgroundTasks,
    written: Written,
) -> FileResponse:
    """The problem list (问题清单): exactly what the filtered list shows on all its pages."""
    found = cases_chosen(visit, wanted.selection)
    return _handed_out(visit, after, f"problems.{written}", found, write_problem_list)


@router.get("/findings/new", name="finding_new")
def new(visit: Annotated[Visit, needs(Right.FIND)]) -> HTMLResponse:
    """The form for a problem that somebody has found."""
    return visit.page(
        "finding_new.html",
        problem=PROBLEM,
        discovery=_discovery(),
        today=visit.installation.now().date(),
        words=WORDS,
        fields=FIELDS,
        ledger_words=LEDGER_WORDS,
    )


@router.post("/findings/new", name="finding_open")
def enter(
    visit: Annotated[Visit, changes(Right.FIND)], given: Annotated[Filled, filled]
) -> RedirectResponse:
    """Enter a problem; the same one again is counted."""
    with visit.acting("findings open", given.get("category", "")):
        if "category" in given:
            visit.refuse_unseen(given["category"])
        opened = Opened(
            particulars=value_filled(Particulars, given, where="problem"),
            discovered=_discovered(visit, given),
        )
        number = acting.report(visit.installation, opened, by=visit.person.id)
    return (
        visit.go_to("finding", number=number) if _sees(visit, number) else visit.go_to("findings")
    )


@router.post("/findings/{number}/again", name="finding_again")
def again(
    visit: Annotated[Visit, changes(Right.FIND)], number: int, given: Annotated[Filled, filled]
) -> RedirectResponse:
    """It was found once more: who found it first stands."""
    case_seen(visit, number)
    with visit.acting("findings open", f"finding/{number}"):
        opened = Opened(particulars=Particulars(), discovered=_discovered(visit, given))
        acting.report(visit.installation, opened, by=visit.person.id, same_as=number)
    return visit.go_to("finding", number=number)


@router.get("/findings/{number}", name="finding")
def finding(visit: Annotated[Visit, needs(Right.READ)], number: int) -> HTMLResponse:
    """One finding: what is known, what is done about it, all that happened, what comes next."""
    return visit.page(
        "finding.html",
        view=_view(visit, case_seen(visit, number)),
        ruled={rule.category for rule in visit.rules},
        may_find=visit.may(Right.FIND),
        discovery=_discovery(),
        today=visit.installation.now().date(),
        problem_columns=PROBLEM_COLUMNS,
        ledger_columns=LEDGER_COLUMNS,
        acts=ACTS,
        fields=FIELDS,
        **_choices(),
    )


@router.get("/ledger", name="ledger")
def ledger(
    visit: Annotated[Visit, needs(Right.READ)],
    wanted: Annotated[Chosen, Depends(chosen)],
    before: int | None = None,
) -> HTMLResponse:
    """The remedies, by whom and until when, and what is late."""
    found = cases_chosen(visit, _of_ledger(wanted))
    shown, following = _page_of([case for case in found if case.standing.work], before)
    return visit.page(
        "ledger.html",
        cases=shown,
        next=following,
        figures=_figures(summarise(found, visit.installation.now().date())),
        chosen=wanted,
        **_choices(),
    )


@router.get("/ledger/export/{written}", name="ledger_export")
def ledger_export(
    visit: Annotated[Visit, needs(Right.READ)],
    wanted: Annotated[Chosen, Depends(chosen)],
    after: BackgroundTasks,
    written: Written,
) -> FileResponse:
    """The ledger as a file: a row for each finding of the filtered list that has a remedy."""
    found = cases_chosen(visit, _of_ledger(wanted))
    return _handed_out(visit, after, f"ledger.{written}", found, write_ledger)


def _of_ledger(wanted: Chosen) -> Selection:
    """As on the command line, a ledger has closed findings too."""
    return replace(wanted.selection, closed=None)


def _handed_out(
    visit: Visit,
    after: BackgroundTasks,
    name: str,
    found: Sequence[Case],
    write: Callable[[Path, Sequence[Case], Language], None],
) -> FileResponse:
    return attachment(after, name, lambda path: write(path, found, Language(visit.language)))


def _choices() -> dict[str, Any]:
    return {
        "words": WORDS,
        "ledger_words": LEDGER_WORDS,
        "kinds": KINDS,
        "shown": SHOWN,
        "classes": tuple(ProblemClass),
        "statuses": tuple(Status),
        "exports": tuple(Written),
    }


def _page_of(found: Sequence[Case], before: int | None) -> tuple[Sequence[Case], int | None]:
    """One page, the newest first, and the number that the next one comes before."""
    ahead = [case for case in found if before is None or case.number < before]
    return ahead[:PAGE], ahead[PAGE - 1].number if len(ahead) > PAGE else None


def _figures(counted: LedgerSummary) -> tuple[tuple[str, int, str], ...]:
    """Name, count, and how loud it is."""
    return (
        ("found", counted.total.found, "plain"),
        ("fixed", counted.total.fixed, "good"),
        ("open", counted.total.open, "plain"),
        ("late", counted.overdue, "alarm" if counted.overdue else "good"),
        ("reopened", counted.reopened, "plain"),
    )


def _discovery() -> tuple[Field, ...]:
    made = fields_of(Discovered)
    people = tuple(each for each in Discovery if each is not Discovery.SYSTEM)
    return tuple(
        replace(each, name=f"found_{each.name}", choices=people if each.choices else ())
        for each in made
        if each.name != "by"
    )


def _discovered(visit: Visit, given: Filled) -> Discovered:
    """Found by whoever enters it, unless they say who."""
    said = {
        name: given[f"found_{name}"] for name in ("on", "how", "by") if f"found_{name}" in given
    }
    return value_filled(Discovered, {"by": visit.person.id} | said, where="found")


def _sees(visit: Visit, number: int) -> bool:
    try:
        case_seen(visit, number)
    except AccessRefused:
        return False
    return True


def _view(visit: Visit, case: Case) -> View:
    language, work = Language(visit.language), case.standing.work
    try:
        lines, forged = acting.verified(visit.installation, case.number), None
    except EvidenceError as error:
        lines, forged = history(visit.installation.register, case.number), error.sentence
    return View(
        case=case,
        problem=_told(problem_row(case, language)),
        remedy=_told(ledger_row(case, work, language)) if work else {},
        history=[Happened(line=line, said=tuple(_said(line.details))) for line in lines],
        forged=forged,
        offers=offers(visit, case),
    )


def _told(row: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in row.items() if text and name != "problem_id"}


def _said(details: object, name: str = "") -> Iterator[tuple[str, str]]:
    """What a line says, field by field, however deep."""
    if isinstance(details, dict):
        for inner, value in details.items():
            yield from _said(value, inner)
    elif isinstance(details, list):
        for value in details:
            yield from _said(value, name)
    elif details is not None:
        yield name, str(details)
