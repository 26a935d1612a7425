"""What may be done about one finding now, and doing it: the acts of ``keepuntil remedy``.

Decisions are vouched for by the installation's approvals key, as approvals of lists are; that
they are a second person's is held below (``domain/ledger_folding.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from keepuntil.disposal.installation import Installation
from keepuntil.domain.access import Right
from keepuntil.domain.ledger import PAYLOADS, TRANSITIONS, Act
from keepuntil.domain.ledger_words import EvidenceKind
from keepuntil.domain.problems import Evidence, Particulars
from keepuntil.errors import AccessRefused, UsageError
from keepuntil.oversight import acting, closing_evidence
from keepuntil.oversight.ledger import Case
from keepuntil.pages.fields import Field, Filled, fields_of, filled, value_filled
from keepuntil.pages.permissions import changes
from keepuntil.pages.problems import case_seen
from keepuntil.pages.visiting import Visit

WORK: Final = (
    Act.REMEDY_SET,
    Act.STARTED,
    Act.MILESTONE_REACHED,
    Act.REPORTED_DONE,
    Act.EXTENSION_ASKED,
    Act.ASSIGNED,
    Act.DESCRIBED,
    Act.REGULATOR_ANSWERED,
)
"""Of those who work on it, in the order in which they are offered."""

JUDGEMENTS: Final = (
    Act.ACCEPTED,
    Act.REJECTED,
    Act.EXTENSION_APPROVED,
    Act.EXTENSION_REFUSED,
    Act.REVIEWED,
    Act.HELD_TO_ACCOUNT,
)
"""Of the second person."""

_ON_EXTENSION: Final = frozenset({Act.EXTENSION_APPROVED, Act.EXTENSION_REFUSED})

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A form on a finding's page."""

    act: Act
    path: str
    fields: tuple[Field, ...]


def offers(visit: Visit, case: Case) -> list[Offer]:
    """What the person may do to the finding as it stands."""
    return [
        *(_offer("work", act) for act in WORK if visit.may(Right.FIND) and _fits(case, act)),
        *_evidence_offered(visit, case),
        *(_offer("decision", a) for a in JUDGEMENTS if visit.may(Right.ACCEPT) and _fits(case, a)),
    ]


def _fits(case: Case, act: Act) -> bool:
    """Whether it has a place now; who may not do it all the same is told so when they try."""
    work = case.standing.work
    if act in _ON_EXTENSION and (work is None or work.waiting is None):
        return False
    return case.standing.state in TRANSITIONS[act]


def _offer(path: str, act: Act) -> Offer:
    payload = PAYLOADS.get(act)
    fields = () if payload is None else fields_of(payload)
    if payload is Particulars:
        fields = tuple(each for each in fields if each.name != "documents")
    return Offer(act=act, path=f"{path}/{act}", fields=fields)


def _evidence_offered(visit: Visit, case: Case) -> list[Offer]:
    if not visit.may(Right.FIND) or not _fits(case, Act.EVIDENCE_ATTACHED):
        return []
    return [Offer(act=Act.EVIDENCE_ATTACHED, path="evidence", fields=_EVIDENCE)]


_EVIDENCE: Final = (
    Field(name="kind", kind="choice", required=True, choices=tuple(EvidenceKind)),
    Field(name="reference", kind="text", required=False),
    Field(name="title", kind="text", required=False),
)


@router.post("/findings/{number}/work/{act}", name="remedy_work")
def work(
    visit: Annotated[Visit, changes(Right.FIND)],
    number: int,
    act: Act,
    given: Annotated[Filled, filled],
) -> RedirectResponse:
    """Say what is done about it, and how far it is."""
    return _take(visit, number, act, WORK, given)


@router.post("/findings/{number}/decision/{act}", name="remedy_decision")
def decide(
    visit: Annotated[Visit, changes(Right.ACCEPT)],
    number: int,
    act: Act,
    given: Annotated[Filled, filled],
) -> RedirectResponse:
    """Judge another's work: nobody who had a part in it."""
    return _take(visit, number, act, JUDGEMENTS, given)


@router.post("/findings/{number}/evidence", name="remedy_evidence")
def evidence(
    visit: Annotated[Visit, changes(Right.FIND)], number: int, given: Annotated[Filled, filled]
) -> RedirectResponse:
    """Attach what shows that it is put right; a sentence alone does not."""
    case_seen(visit, number)
    with visit.acting("remedy evidence", f"finding/{number}"):
        attached = _judged(visit, number, given)
        acting.take(
            visit.installation,
            number,
            Act.EVIDENCE_ATTACHED,
            attached,
            by=visit.person.id,
            via="pages",
        )
    return visit.go_to("finding", number=number)


def _take(
    visit: Visit, number: int, act: Act, offered: tuple[Act, ...], given: Filled
) -> RedirectResponse:
    case_seen(visit, number)
    if act not in offered:
        raise AccessRefused(f"'{act}' is not done in this way.")
    with visit.acting(f"remedy {act}", f"finding/{number}"):
        payload = PAYLOADS.get(act)
        said = None if payload is None else value_filled(payload, given, where=act.value)
        acting.take(visit.installation, number, act, said, by=visit.person.id, via="pages")
    return visit.go_to("finding", number=number)


def _judged(visit: Visit, number: int, given: Filled) -> Evidence:
    installation, reference = visit.installation, given.get("reference", "")
    kind = given.get("kind", "")
    if kind == EvidenceKind.CHECK:
        return closing_evidence.check(installation, number)
    if kind == EvidenceKind.DOCUMENT:
        digest = reference.removeprefix("sha256:").lower()
        return closing_evidence.document(given.get("title", ""), sha256=digest)
    if kind not in _NAMED or not reference:
        raise UsageError("Name a certificate or a sample, a document with its SHA-256, or a check.")
    return _NAMED[kind](installation, number, reference)


_NAMED: Final[Mapping[str, Callable[[Installation, int, str], Evidence]]] = {
    EvidenceKind.CERTIFICATE: closing_evidence.certificate,
    EvidenceKind.SAMPLE: closing_evidence.sample,
}
