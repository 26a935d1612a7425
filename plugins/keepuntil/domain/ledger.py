"""A finding's way from being met to being closed: which act may follow where, and by whom.

    TRANSITIONS  what an act makes of a state; what is not there is refused
    after        the standing once an entry is added; folding all entries gives today's
    status       what the ledger (整改台账) says, overdue computed

Pure: who looked, when, and whether a certificate is what it seems is settled before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from keepuntil.domain.ledger_words import Discovery, Status
from keepuntil.domain.problems import (
    Accountability,
    Assigned,
    Discovered,
    Evidence,
    Extension,
    Feedback,
    Opened,
    Particulars,
    Payload,
    Reached,
    Remedy,
    Review,
    Said,
)
from keepuntil.errors import UsageError


class State(StrEnum):
    """Where a finding stands."""

    OPEN = "open"
    """Nobody has said what will be done."""
    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    """Its owner says so; somebody else has yet to accept it."""
    ACCEPTED = "accepted"
    GONE = "gone"
    """The check that met it has passed since, and nobody had taken it up."""


class Act(StrEnum):
    """What may happen to a finding. The words stand in the log and never change."""

    OPENED = "opened"
    SEEN = "seen"
    REOPENED = "reopened"
    DESCRIBED = "described"
    REMEDY_SET = "remedy_set"
    ASSIGNED = "assigned"
    STARTED = "started"
    MILESTONE_REACHED = "milestone_reached"
    EXTENSION_ASKED = "extension_asked"
    EXTENSION_APPROVED = "extension_approved"
    EXTENSION_REFUSED = "extension_refused"
    EVIDENCE_ATTACHED = "evidence_attached"
    CHECK_PASSED = "check_passed"
    REPORTED_DONE = "reported_done"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    WENT = "went"
    """It is no longer there, and closed without anybody's doing."""
    HELD_TO_ACCOUNT = "held_to_account"
    REGULATOR_ANSWERED = "regulator_answered"
    REVIEWED = "reviewed"


PAYLOADS: Final[Mapping[Act, type[Payload]]] = {
    Act.OPENED: Opened,
    Act.SEEN: Discovered,
    Act.REOPENED: Discovered,
    Act.DESCRIBED: Particulars,
    Act.REMEDY_SET: Remedy,
    Act.ASSIGNED: Assigned,
    Act.MILESTONE_REACHED: Reached,
    Act.EXTENSION_ASKED: Extension,
    Act.EXTENSION_APPROVED: Said,
    Act.EXTENSION_REFUSED: Said,
    Act.EVIDENCE_ATTACHED: Evidence,
    Act.CHECK_PASSED: Said,
    Act.REJECTED: Said,
    Act.ACCEPTED: Said,
    Act.WENT: Said,
    Act.HELD_TO_ACCOUNT: Accountability,
    Act.REGULATOR_ANSWERED: Feedback,
    Act.REVIEWED: Review,
}
"""What an act says beside who and when; the others say nothing more."""

SIGNED: Final = frozenset(
    {Act.ACCEPTED, Act.REJECTED, Act.EXTENSION_APPROVED, Act.EXTENSION_REFUSED}
)
"""Decisions of the second person, who signs them."""

CLOSED: Final = frozenset({State.ACCEPTED, State.GONE})
_WORKED_ON: Final = (State.NOT_STARTED, State.IN_PROGRESS)
_LIVE: Final = (State.OPEN, *_WORKED_ON, State.DONE)


def _to(state: State, *of: State) -> dict[State, State]:
    return dict.fromkeys(of, state)


def _stay(*of: State) -> dict[State, State]:
    return {state: state for state in of}


TRANSITIONS: Final[Mapping[Act, Mapping[State, State]]] = {
    Act.SEEN: _stay(*_LIVE),
    Act.REOPENED: _to(State.OPEN, *CLOSED),
    Act.DESCRIBED: _stay(*_LIVE),
    Act.REMEDY_SET: _to(State.NOT_STARTED, State.OPEN),
    Act.ASSIGNED: _stay(*_WORKED_ON),
    Act.STARTED: _to(State.IN_PROGRESS, State.NOT_STARTED),
    Act.MILESTONE_REACHED: _to(State.IN_PROGRESS, *_WORKED_ON),
    Act.EXTENSION_ASKED: _stay(*_WORKED_ON),
    Act.EXTENSION_APPROVED: _stay(*_WORKED_ON),
    Act.EXTENSION_REFUSED: _stay(*_WORKED_ON),
    Act.EVIDENCE_ATTACHED: _to(State.IN_PROGRESS, *_WORKED_ON),
    Act.CHECK_PASSED: _stay(*_LIVE),
    Act.REPORTED_DONE: _to(State.DONE, State.IN_PROGRESS),
    Act.REJECTED: _to(State.IN_PROGRESS, State.DONE),
    Act.ACCEPTED: _to(State.ACCEPTED, State.DONE),
    Act.WENT: _to(State.GONE, State.OPEN),
    Act.HELD_TO_ACCOUNT: _stay(*_LIVE, *CLOSED),
    Act.REGULATOR_ANSWERED: _stay(*_LIVE, *CLOSED),
    Act.REVIEWED: _stay(State.ACCEPTED),
}
"""From a state to the next, by act. Opening comes first, and once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a finding's history."""

    act: Act
    at: datetime
    person: str | None
    """Staff number or role account; None: a check that runs by itself."""
    payload: Payload | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What somebody decided, and when."""

    by: str
    at: datetime
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An extension that was asked for; ``decided`` is None while it waits."""

    extension: Extension
    by: str
    approved: bool | None = None
    decided: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A piece of evidence, and who brought it; None: a check that runs by itself."""

    evidence: Evidence
    by: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One remedy, from its plan to its acceptance. Begun anew when the problem comes back."""

    remedy: Remedy
    due_on: date
    """The last day, with every extension that was approved."""
    reached: Mapping[str, datetime] = field(default_factory=dict)
    """Milestones, by name."""
    asked: tuple[Asked, ...] = ()
    owners: frozenset[str] = frozenset()
    """Everybody who has answered for it."""
    reported_by: str | None = None
    accepted: Decision | None = None
    rejected: tuple[Decision, ...] = ()

    @property
    def waiting(self) -> Asked | None:
        """The extension that nobody has decided on."""
        return next((one for one in self.asked if one.decided is None), None)

    @property
    def percent(self) -> int:
        """How much is done, by milestones; all of it once it was reported done."""
        if self.reported_by is not None:
            return 100
        planned = len(self.remedy.milestones)
        return 100 * len(self.reached) // planned if planned else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What all entries of a finding come to."""

    state: State
    entries: int
    opened_at: datetime
    discovered: Discovered
    """By whom first; what others found later never changes it."""
    regulator_on: date | None = None
    """When a regulator first raised it, at whatever time that became known here."""
    by_person: bool
    """A person has met it, so no check alone can say that it is gone."""
    particulars: Particulars
    seen: int = 1
    reopened: int = 0
    work: Work | None = None
    evidence: tuple[Attached, ...] = ()
    """Since it was opened last."""
    accountability: tuple[Accountability, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    reviews: tuple[Review, ...] = ()
    closed_at: datetime | None = None

    @property
    def closed(self) -> bool:
        return self.state in CLOSED

    @property
    def before_regulator(self) -> bool | None:
        """Whether it was known here before a regulator raised it; None: none has."""
        if self.regulator_on is None:
            return None
        return self.discovered.how is not Discovery.REGULATOR and (
            self.discovered.on < self.regulator_on
        )


def refuse_illegal(state: State | None, entry: Entry) -> State:
    """The state after an act. Raises UsageError where it has no place.

    A finding that does not exist yet has no state, and can only be opened.
    """
    wanted = PAYLOADS.get(entry.act)
    if (wanted or type(None)) is not type(entry.payload):
        raise UsageError(f"'{entry.act}' does not come with what was given.")
    if state is None and entry.act is Act.OPENED:
        return State.OPEN
    after = TRANSITIONS.get(entry.act, {}).get(state) if state else None
    if after is None:
        raise UsageError(
            f"'{entry.act}' is not possible while the finding is {state or 'not there'}"
            f"{_NEXT.get(state, '') if state else ''}."
        )
    return after


_NEXT: Final[Mapping[State, str]] = {
    State.OPEN: ": say first what will be done (keepuntil remedy set)",
    State.NOT_STARTED: ": say first that work has begun (keepuntil remedy start)",
    State.IN_PROGRESS: ": its owner has to report it done first (keepuntil remedy done)",
    State.DONE: ": somebody else accepts or rejects it now (keepuntil remedy accept, reject)",
    State.ACCEPTED: ": it was closed; when it is met again it opens again",
    State.GONE: ": it was closed; when it is met again it opens again",
}


def closing_act(standing: Standing) -> Act:
    """What it means that its check passes: that it is gone, or evidence for its remedy.

    What a person has met, what has leaked and what may be a crime needs a person's word.
    """
    said = standing.particulars
    grave = bool(said.leaked or said.crime_suspected)
    if standing.state is State.OPEN and not standing.by_person and not grave:
        return Act.WENT
    return Act.CHECK_PASSED


def status(standing: Standing, today: date) -> Status:
    """The word of the ledger on a civil date. Being late is said even while more time is asked."""
    work = standing.work
    if standing.state is State.OPEN or work is None:
        return Status.GONE if standing.state is State.GONE else Status.UNPLANNED
    if standing.state in _WORKED_ON:
        if work.due_on < today:
            return Status.OVERDUE
        if work.waiting is not None:
            return Status.EXTENSION_ASKED
    return Status(standing.state.value)
