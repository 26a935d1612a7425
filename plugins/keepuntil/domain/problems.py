"""What a list says of a problem (问题), what is done about it, and what closes it.

Frozen values; :mod:`keepuntil.domain.ledger` says which may follow which. People stand by
staff number or role account. None is left as None: nobody has said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from keepuntil.domain.ledger_words import (
    Discovery,
    EvidenceKind,
    ProblemClass,
    Risk,
    RootKind,
    RootLevel,
    UnitLevel,
)
from keepuntil.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperOrFile:
    """A document kept elsewhere, by what makes it that one."""

    title: str
    sha256: str
    """Hex, of its bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What the problem list (问题清单) says of a problem beside who found it and when."""

    problem_class: ProblemClass | None = None
    description: str | None = None
    manifestation: str | None = None
    """Which entry of the notice's list of misconduct (乱象表现形式) it is."""
    unit: str | None = None
    unit_level: UnitLevel | None = None
    business_line: str | None = None
    system: str | None = None
    """The application or the storehouse."""
    category: str | None = None
    form: str | None = None
    sensitivity: str | None = None
    clients: int | None = None
    records: int | None = None
    occurred_from: date | None = None
    occurred_to: date | None = None
    provision: str | None = None
    """The law and article that it breaches."""
    risk: Risk | None = None
    leaked: bool | None = None
    crime_suspected: bool | None = None
    documents: tuple[PaperOrFile, ...] | None = None
    fixed_at_once: bool | None = None
    """立查立改: put right on the day, without a plan of its own."""
    root_level: RootLevel | None = None
    root_kind: RootKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """Who found it, when and how. The first discovery is never overwritten."""

    on: date
    how: Discovery
    by: str
    """Staff number, role account, or the authority's short name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A problem is entered by a person."""

    particulars: Particulars
    discovered: Discovered


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    name: str
    due_on: date


def milestone(text: str) -> Milestone:
    """A milestone as people write it: ``NAME=2026-11-26``. Raises UsageError."""
    name, sign, day = text.rpartition("=")
    if not sign or not name.strip():
        raise UsageError("A milestone is written NAME=2026-11-26.")
    try:
        return Milestone(name=name.strip(), due_on=date.fromisoformat(day.strip()))
    except ValueError:
        raise UsageError("A milestone's day is written like 2026-11-26.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What will be done, by whom, until when (整改措施)."""

    goal: str
    measures: tuple[str, ...]
    owner: str
    """Who answers for it."""
    unit: str
    due_on: date
    """The last day."""
    starts_on: date | None = None
    milestones: tuple[Milestone, ...] = ()
    supervisor: str | None = None
    supervisor_unit: str | None = None
    lead: str | None = None
    """The member of the board who leads it, by role account."""
    interim: str | None = None
    """What limits the harm until then."""
    policy_change: str | None = None
    system_change: str | None = None
    similar_checked: bool | None = None
    """举一反三: whether the same was looked for elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """Somebody else answers for the remedy from now on."""

    owner: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A milestone is reached."""

    milestone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """More time is asked for."""

    until: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The reason or conclusion of a decision."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Something that others can look at. Judged before it is entered."""

    kind: EvidenceKind
    reference: str
    """The certificate, the sample, the check's fingerprint, or ``sha256:<hex>``."""
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accountability:
    """Somebody was held to account (问责): whom by staff number, and the paper that says so."""

    whom: str
    how: str
    on: date
    document: str
    """The number of the decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What the regulator answered, by the number of its letter."""

    document: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Somebody looked again some time after the closing (复查)."""

    on: date
    words: str


Payload = (
    Opened
    | Discovered
    | Particulars
    | Remedy
    | Assigned
    | Reached
    | Extension
    | Said
    | Evidence
    | Accountability
    | Feedback
    | Review
)
