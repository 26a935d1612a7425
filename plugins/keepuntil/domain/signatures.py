"""What people put their names to beside an approval: the appraisal of a list, a witnessed end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from keepuntil.domain.people import Person


class Act(StrEnum):
    """What a signature does."""

    APPRAISE = "appraise"
    """Of a plan, by its digest: the opinion of who appraised its items (鉴定意见)."""
    WITNESS = "witness"
    """Of a run, by its identifier: it was destroyed, and these departments saw it (监销)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One person's signature under what they were shown."""

    act: Act
    subject: str
    """The plan digest, or the run's identifier."""
    said: Mapping[str, object]
    """What was signed, for canonical JSON; when it is not so any more, the signature is void."""
    person: str
    role: str
    """The role they signed in; a witness signs for their department."""
    department: str
    signed_at: datetime


def signature_of(
    act: Act, subject: str, said: Mapping[str, object], person: Person, role: str, at: datetime
) -> Signature:
    """The signature of somebody whom the organisation declares, with their unit."""
    return Signature(
        act=act,
        subject=subject,
        said=said,
        person=person.id,
        role=role,
        department=person.unit,
        signed_at=at,
    )
