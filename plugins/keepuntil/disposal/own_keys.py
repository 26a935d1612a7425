"""Who somebody is by people.yaml, and the key that is theirs alone."""

from __future__ import annotations

from keepuntil.disposal.installation import Installation
from keepuntil.domain.people import Person
from keepuntil.errors import ApprovalError
from keepuntil.evidence.keys import SigningKey, VerifyingKey


def declared(installation: Installation, person: str) -> Person:
    """The person as people.yaml has them. Raises ApprovalError when it does not."""
    found = installation.schedule.person(person)
    if found is None:
        raise ApprovalError(f"{person!r} is not in people.yaml, so may decide nothing.")
    return found


def refuse_other_key(installation: Installation, person: Person, key: SigningKey) -> None:
    """Raise ApprovalError unless it is the key that people.yaml names for the person."""
    public = installation.schedule.public_key(person)
    if public is None or key.public != public:
        raise ApprovalError(f"The key given is not the one people.yaml names for {person.id}.")


def keys_of(installation: Installation, person: str) -> list[VerifyingKey]:
    """The public key of somebody who is declared with one; else none."""
    found = installation.schedule.person(person)
    public = installation.schedule.public_key(found) if found else None
    return [] if public is None else [public]
