"""What each command takes: one table, held in one place before a command begins.

Commands whose right is None touch no installation: whoever has the files may run them.
"""

from __future__ import annotations

import copy
import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from keepuntil.cli.session import ACTING, Session, login
from keepuntil.domain import access
from keepuntil.domain.access import Right
from keepuntil.errors import AccessRefused, KeyFileError, RegisterError, RuleError

if TYPE_CHECKING:
    from keepuntil.domain.people import Person

PERMISSIONS: Final[Mapping[str, Right | None]] = {
    "appraise": Right.DECIDE,
    "approve": Right.DECIDE,
    "cert correct": Right.CERTIFY,
    "cert export": Right.READ,
    "cert list": Right.READ,
    "cert receipt": Right.READ_SUBJECT,
    "cert show": None,
    "cert trust": Right.READ,
    "cert verify": None,
    "cert verify-receipt": None,
    "attest": Right.WITNESS,
    "campaign answer": Right.FIND,
    "campaign assign": Right.RUN_CAMPAIGN,
    "campaign close": Right.RUN_CAMPAIGN,
    "campaign list": Right.READ,
    "campaign sample": Right.SAMPLE,
    "campaign start": Right.RUN_CAMPAIGN,
    "campaign status": Right.READ,
    "campaign summary": Right.READ,
    "change approve": Right.DECIDE,
    "change list": Right.READ,
    "check": Right.CHECK_RULES,
    "coverage": Right.READ,
    "demo": None,
    "diff": Right.READ,
    "discover": Right.READ,
    "explain": Right.READ_ITEMS,
    "findings describe": Right.FIND,
    "findings list": Right.READ,
    "findings open": Right.FIND,
    "findings show": Right.READ,
    "forecast": Right.READ,
    "hold add": Right.HOLD,
    "hold lift": Right.HOLD,
    # In JSON it tells what each hold binds.
    "hold list": Right.READ_ITEMS,
    "init": Right.ADMINISTER,
    "keys init": Right.ADMINISTER,
    "keys list": Right.READ,
    "keys rotate": Right.ADMINISTER,
    "ledger": Right.READ,
    "log publish": Right.ADMINISTER,
    "log show": None,
    "log verify": None,
    "notice": Right.READ,
    "overdue": Right.READ,
    "paper boxes": Right.READ_ITEMS,
    "paper certify": Right.CARRY,
    "paper count": Right.WITNESS,
    "paper destroy": Right.CARRY,
    "paper export": Right.READ_ITEMS,
    "paper forms": Right.READ_ITEMS,
    "paper handover": Right.CARRY,
    "paper import": Right.KEEP_REGISTERS,
    "paper init": Right.KEEP_REGISTERS,
    "paper journeys": Right.READ,
    "paper open": Right.CARRY,
    "paper pick": Right.CARRY,
    "paper receive": Right.CARRY,
    "paper reconcile": Right.CARRY,
    # An alarm only halts: whoever may see the boxes may raise it.
    "paper report": Right.READ_ITEMS,
    "paper resolve": Right.DECIDE,
    "paper seal": Right.CARRY,
    "paper show": Right.READ_ITEMS,
    "paper sign": Right.DECIDE,
    "paper vendor": Right.KEEP_REGISTERS,
    "paper wait": Right.KEEP_REGISTERS,
    "paper withdraw": Right.CARRY,
    "paper witness": Right.WITNESS,
    "plan": Right.PLAN,
    "register grants": Right.ADMINISTER,
    "register refusals": Right.READ,
    "reject": Right.DECIDE,
    "remedy accept": Right.ACCEPT,
    "remedy account": Right.ACCEPT,
    "remedy assign": Right.FIND,
    "remedy decide-extension": Right.ACCEPT,
    "remedy done": Right.FIND,
    "remedy evidence": Right.FIND,
    "remedy extend": Right.FIND,
    "remedy feedback": Right.FIND,
    "remedy milestone": Right.FIND,
    "remedy reject": Right.ACCEPT,
    "remedy review": Right.ACCEPT,
    "remedy set": Right.FIND,
    "remedy start": Right.FIND,
    "replay": Right.READ,
    "report campaign": Right.READ,
    "report monthly": Right.READ,
    "request close": Right.ANSWER_REQUESTS,
    "request due": Right.ANSWER_REQUESTS,
    "request erase": Right.ANSWER_REQUESTS,
    "request list": Right.READ_SUBJECT,
    "request show": Right.READ_SUBJECT,
    # A list of people's keys, made to leave the house.
    "restrict list": Right.READ_SUBJECT,
    "run": Right.EXECUTE,
    "sample close": Right.SAMPLE,
    "sample draw": Right.SAMPLE,
    "sample export": Right.READ,
    "sample record": Right.SAMPLE,
    "sample redraw": None,
    "sample show": Right.READ,
    "schema": None,
    # Each page asks for its own right, of whoever signs in there.
    "serve": None,
    "show": Right.READ,
    "verify": Right.VERIFY,
    "witness add-log": None,
    "witness init": None,
    "witness serve": None,
    "witness show": None,
}
"""Each command by its words, with the right it takes."""

IN_PERSON: Final[Mapping[str, str]] = {
    "appraise": "person",
    "approve": "person",
    "attest": "person",
    "change approve": "person",
    "paper count": "by",
    "paper resolve": "by",
    "paper sign": "by",
    "paper witness": "by",
    "plan": "proposed_by",
    "reject": "person",
    "remedy accept": "by",
    "remedy decide-extension": "by",
    "remedy reject": "by",
    "request close": "by",
    "request due": "by",
    "request erase": "by",
    "restrict list": "by",
    "run": "executor",
    "sample close": "by",
    "sample draw": "by",
    "verify": "verifier",
}
"""Commands that nobody enters for another, with the option that names who it is.

Where several are named, whoever enters it is one of them. The other steps of paper may be
entered for those who signed the form; what somebody found in a sample, for who looked.
"""

_MEND_PEOPLE: Final = frozenset({"check", "init"})
"""Commands that must work while people.yaml is lacking or wrong: they put it right."""

_FIXED: Final[Mapping[str, str]] = {"home": "KEEPUNTIL_HOME", "policies": "KEEPUNTIL_POLICIES"}


def guarded(command: click.Command, path: str) -> click.Command:
    """The command named by ``path``, which first asks whether whoever is here may."""
    made = copy.copy(command)
    if isinstance(made, click.Group):
        made.commands = {
            name: guarded(below, f"{path} {name}") for name, below in made.commands.items()
        }
    elif made.callback is not None:
        made.callback = _asking_first(made.callback, path)
    return made


def _asking_first(callback: Callable[..., Any], path: str) -> Callable[..., Any]:
    @functools.wraps(callback)
    def ask_then_do(*given: Any, **named: Any) -> Any:
        _enforce(click.get_current_context(), path)
        return callback(*given, **named)

    return ask_then_do


def _enforce(ctx: click.Context, path: str) -> None:
    right = PERMISSIONS[path]
    session: Session = ctx.find_root().obj
    # Before there is an installation there is nothing to guard.
    if right is None or not (session.home / "keys").is_dir():
        return
    _refuse_elsewhere(ctx)
    people = _people(session.policies, path)
    if not access.begun(people):
        return
    own = _named(ctx, path)
    person = access.holder_of(people, login())
    if person is None or not access.may(person, right) or not _is_among(person, own):
        person = _refuse(session, right, own)
    ctx.meta[ACTING] = person.id


def _refuse_elsewhere(ctx: click.Context) -> None:
    """Through sudo, an account's installation stays under the people it was given.

    Who may only call the program could otherwise name a people.yaml of their own.
    """
    root = ctx.find_root()
    moved = [
        f"--{name}"
        for name, variable in _FIXED.items()
        if root.get_parameter_source(name) is ParameterSource.COMMANDLINE and variable in os.environ
    ]
    if moved and "SUDO_USER" in os.environ:
        raise AccessRefused(
            "Through sudo the installation and its policies are those of "
            f"{' and '.join(_FIXED.values())}; leave out {' and '.join(moved)}."
        )


def _people(policies: Path, path: str) -> tuple[Person, ...]:
    from keepuntil.rules.load import load_people

    try:
        return load_people(policies).people
    except RuleError:
        if path in _MEND_PEOPLE:
            return ()
        raise


def _named(ctx: click.Context, path: str) -> tuple[str, ...] | None:
    """Whom the command names as doing it in person; None: nobody, or it need not be so."""
    value = ctx.params.get(IN_PERSON.get(path, ""))
    if not value:
        return None
    each = value if isinstance(value, tuple) else (value,)
    return tuple(str(getattr(one, "person", one)) for one in each)


def _is_among(person: Person, own: tuple[str, ...] | None) -> bool:
    return own is None or person.id in own


def _refuse(session: Session, right: Right, own: tuple[str, ...] | None) -> Person:
    """Refuse, and write it down; whoever may all the same, by what people.yaml says by now."""
    from keepuntil.disposal import access as holding

    try:
        with session.installation() as installation:
            person = holding.acting(installation, login(), right)
            holding.require(installation, person, right)
            holding.require_own(installation, person, right, own or ())
            return person
    except (RegisterError, KeyFileError) as error:
        raise AccessRefused(
            "You may not do this, as people.yaml stands. It could not be written into the "
            f"register that this was refused: {error.sentence}"
        ) from error
