"""A person asks for erasure: an answer at once, a letter, and another one whenever it changes.

A request destroys nothing by itself and hurries nothing: it asks when the rules let its
records go, and comes back until they are gone. Whose it is lies sealed until it is closed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from keepuntil.disposal import answering_people, paper
from keepuntil.disposal.accountability_events import DESTROYED, NOTHING_FOUND
from keepuntil.disposal.answering_people import Answer, Ended, answer_of
from keepuntil.disposal.installation import Installation
from keepuntil.documents.request_letter import LetterAbout, request_letter
from keepuntil.documents.typesetting import LANGUAGES
from keepuntil.domain.requests_of_people import REGIMES, RequestKind
from keepuntil.domain.working_days import WorkingDays
from keepuntil.errors import UsageError
from keepuntil.evidence import canonical, key_files
from keepuntil.register import certificates, requests_made
from keepuntil.register.requests_made import Closing, StoredAnswer, StoredRequest

_LONGEST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A request with the last thing that was said."""

    request: StoredRequest
    stored: StoredAnswer
    answer: Answer


def receive(
    installation: Installation, subject: str, *, regime: str, received_on: date, by: str
) -> Answered:
    """Enter a request and answer it. ``subject`` is how the rules' stores know the person.

    Raises UsageError (no identifier, a day to come, nothing can be searched), StoreMismatch,
    StoreUnreachable; then the request stands, and the next follow-up answers it.
    """
    today = installation.now().date()
    _refuse_unfit(installation, subject, received_on, today)
    request = StoredRequest(
        request_id=f"REQ-{today.year}-{secrets.token_hex(4)}",
        kind=RequestKind.ERASE.value,
        regime=regime,
        received_on=received_on,
        answer_by=REGIMES[regime].answer_by(received_on, _calendar(installation)),
        commitment=requests_made.commitment_of(installation.register, subject),
        entered_by=by,
        entered_at=installation.now(),
    )
    requests_made.receive(installation.register, request, subject)
    return _answer(installation, request, None, by=by, verb="request erase")


def _refuse_unfit(installation: Installation, subject: str, received_on: date, today: date) -> None:
    if not subject or len(subject) > _LONGEST or "\n" in subject:
        raise UsageError(
            f"A person is named by one identifier, in one line of at most {_LONGEST} characters."
        )
    if received_on > today:
        raise UsageError(f"A request cannot have been received on {received_on}: it is {today}.")
    answering_people.refuse_nothing_to_search(installation)


def _calendar(installation: Installation) -> WorkingDays | None:
    """The organisation's calendar, where it has one and only one."""
    calendars = list(installation.schedule.calendars.values())
    return calendars[0] if len(calendars) == 1 else None


def follow_up(installation: Installation, as_of: date | None, *, by: str) -> list[Answered]:
    """Look again at every open request; those of which there is something new to say.

    ``as_of`` None: today, in each rule's own zone.
    What is all gone and certified is closed, and whose it was is forgotten.
    """
    found = []
    for request in requests_made.all_of(installation.register, open_only=True):
        before = requests_made.answers(installation.register, request.request_id)
        answered = _answer(installation, request, as_of, by=by, verb="request due")
        if not before or answered.stored.seq > before[-1].seq:
            found.append(answered)
    return found


def close(installation: Installation, name: str, *, by: str, because: str) -> StoredRequest:
    """End a request for a reason of one's own. Raises UsageError when it has ended."""
    request = requests_made.load(installation.register, name)
    _close(installation, request, by, because)
    return requests_made.load(installation.register, request.request_id)


def _answer(
    installation: Installation, request: StoredRequest, as_of: date | None, *, by: str, verb: str
) -> Answered:
    register = installation.register
    said = answering_people.answer(
        installation,
        requests_made.subject_of(register, request.request_id),
        received_on=request.received_on,
        as_of=as_of,
        by=by,
        verb=verb,
    )
    earlier = requests_made.answers(register, request.request_id)
    said = _with_endings(installation, request, said, earlier)
    if earlier and canonical.digest(earlier[-1].document) == canonical.digest(said.document):
        stored = earlier[-1]
    else:
        day = as_of or installation.now().date()
        stored = requests_made.answer(
            register, request.request_id, day, said.document, installation.now()
        )
    # Also after a crash that left the last answer standing and the request open.
    because = _why_over(said, earlier)
    if because is not None:
        _close(installation, request, by, because)
    return Answered(
        request=requests_made.load(register, request.request_id), stored=stored, answer=said
    )


def _had(earlier: list[StoredAnswer]) -> set[str]:
    """The categories in which records were found at any time."""
    return {line.category for each in earlier for line in answer_of(each.document).lines}


def _with_endings(
    installation: Installation,
    request: StoredRequest,
    said: Answer,
    earlier: list[StoredAnswer],
) -> Answer:
    """The answer with the certificate of each category in which nothing is left.

    It is the newest one when that was first seen, and stays: later nights are not this person's.
    """
    before = answer_of(earlier[-1].document).ended if earlier else ()
    known = {each.category: each for each in before}
    found = []
    for category in sorted(_had(earlier) - {line.category for line in said.lines}):
        issued = certificates.of_category(installation.register, category, request.entered_at)
        if category in known:
            found.append(known[category])
        elif issued:
            found.append(Ended(category=category, certificate_id=issued[-1].certificate_id))
    return replace(said, ended=tuple(found))


def _why_over(said: Answer, earlier: list[StoredAnswer]) -> str | None:
    """Why nothing is left to follow up; None: something is, were it only a certificate."""
    had = _had(earlier)
    if said.lines or had - {each.category for each in said.ended}:
        return None
    return DESTROYED if had else NOTHING_FOUND


def _close(installation: Installation, request: StoredRequest, by: str, because: str) -> None:
    closing = Closing(at=installation.now(), by=by, because=because)
    requests_made.close(installation.register, request.request_id, closing)


def load(installation: Installation, name: str) -> Answered:
    """A request and its last answer. Raises RegisterError, UsageError when it has none yet."""
    request = requests_made.load(installation.register, name)
    given = requests_made.answers(installation.register, request.request_id)
    if not given:
        raise UsageError(
            f"The request {request.request_id} has no answer yet; a store could not be asked. "
            "Try again: keepuntil request due"
        )
    return Answered(request=request, stored=given[-1], answer=answer_of(given[-1].document))


def letters(installation: Installation, answered: Answered) -> list[Path]:
    """The answer as a letter in each language, signed; written once, for its owner's eyes.

    A letter names the request by its number and nobody by name.
    """
    request = answered.request
    folder = installation.home / "requests" / request.request_id
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    about = LetterAbout(
        controller=installation.schedule.controller,
        number=f"{request.request_id}/{answered.stored.seq}",
        received_on=request.received_on,
        as_of=answered.stored.as_of,
        answer_by=request.answer_by,
        regime=REGIMES[request.regime].source,
        digest=canonical.digest(answered.stored.document),
        closed=request.closing is not None,
    )
    written = []
    for language in LANGUAGES:
        path = folder / f"answer-{answered.stored.seq}.{language}.pdf"
        if not path.exists():
            not_searched = [(each.title, each.instance) for each in answered.answer.not_searched]
            pages = request_letter(
                about,
                answered.answer.lines,
                not_searched,
                [each.certificate_id for each in answered.answer.ended],
                language,
            )
            key_files.write_new(path, paper.signed(installation, pages))
        written.append(path)
    return written
