"""Who is here, and what they may do: access roles of ``people.yaml``, held at every face.

No right is refused before ``people.yaml`` gives anybody an access role; until then the
operating system alone decides. A login that is nobody's is nobody here at any time. A
refusal is written into the register before it is told.
"""

from __future__ import annotations

from collections.abc import Collection

from keepuntil.disposal.installation import Installation
from keepuntil.domain import access
from keepuntil.domain.access import Right
from keepuntil.domain.people import AccessRole, Person
from keepuntil.errors import AccessRefused
from keepuntil.register import refusals
from keepuntil.register.refusals import Refusal


def acting(installation: Installation, login: str, right: Right = Right.READ) -> Person:
    """Whoever signed in as ``login``: the operating system's user, or what a face was told.

    ``right`` is what they are here for, which a refusal is written down with. Raises
    AccessRefused when it is nobody's login, RuleError when people.yaml is not valid.
    """
    person = access.holder_of(installation.people, login)
    if person is None:
        _write_down(installation, None, right)
        raise AccessRefused(stranger(installation.people))
    return person


def require(installation: Installation, person: Person, right: Right) -> None:
    """Raise AccessRefused unless the person's access roles give the right."""
    if not access.begun(installation.people) or access.may(person, right):
        return
    _write_down(installation, person, right)
    raise AccessRefused(lacking(installation.people, person, right))


def require_own(
    installation: Installation, person: Person, right: Right, named: Collection[str]
) -> None:
    """Raise AccessRefused when others are ``named`` for what is done in person only."""
    if not access.begun(installation.people) or not named or person.id in named:
        return
    _write_down(installation, person, right)
    raise AccessRefused(
        f"This is entered by whoever does it, and you are {person.id}; "
        f"{' and '.join(named)} enter{'s' if len(named) == 1 else ''} it with a login of their own."
    )


def stranger(people: tuple[Person, ...]) -> str:
    """What somebody is told whose login nobody has; it may be a name, so it is not repeated."""
    return (
        "Nobody in people.yaml has the login you are signed in with, so nothing is open to you."
        f" {_whom_to_ask(people)}"
    )


def lacking(people: tuple[Person, ...], person: Person, right: Right) -> str:
    """What somebody is told whose access roles do not give the right."""
    roles = " or ".join(access.roles_with(right))
    return (
        f"{person.id} may not {access.IN_WORDS[right]}: that takes the access role {roles}"
        f" in people.yaml. {_whom_to_ask(people)}"
    )


def _whom_to_ask(people: tuple[Person, ...]) -> str:
    administrators = [each.id for each in people if AccessRole.ADMINISTRATOR in each.access]
    return f"Ask {' or '.join(administrators) or 'whoever keeps people.yaml'}."


def _write_down(installation: Installation, person: Person | None, right: Right) -> None:
    refusal = Refusal(
        person=None if person is None else person.id,
        right=right.value,
        refused_at=installation.now(),
    )
    refusals.add(installation.register, refusal)
