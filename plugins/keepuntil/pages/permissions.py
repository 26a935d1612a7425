"""The one right that every route names, asked for on the server before its view is called.

visit: Annotated[Visit, needs(Right.READ)]       to read
visit: Annotated[Visit, changes(Right.DECIDE)]   to change something: also a form of our own
visit: Annotated[Visit, checks(Right.READ)]      a form whose answer changes nothing here
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Depends, Form, Request
from starlette.concurrency import run_in_threadpool

from keepuntil.domain.access import IN_WORDS, Right, holder_of, roles_with
from keepuntil.domain.people import Person
from keepuntil.errors import AccessRefused
from keepuntil.pages import guarding
from keepuntil.pages.sessions import Session
from keepuntil.pages.signing_in import SignIn
from keepuntil.pages.visiting import House, Visit
from keepuntil.pages.words import chosen
from keepuntil.rules.schedule import Schedule

TICKET: Final = "keepuntil_ticket"
LANGUAGE: Final = "keepuntil_language"


class SignInNeeded(Exception):
    """Nobody is signed in."""


def needs(right: Right) -> Any:
    """The visit of somebody with this right. Raises SignInNeeded, AccessRefused, TooMany."""

    async def visit(request: Request) -> Visit:
        return await _visit(request, right)

    return Depends(_named(visit, right, changing=False))


def changes(right: Right) -> Any:
    """The same for what changes something: the form is one of our own pages, and few a minute."""

    async def visit(request: Request, token: Annotated[str, Form()] = "") -> Visit:
        return await _posted(request, right, token)

    return Depends(_named(visit, right, changing=True))


def checks(right: Right) -> Any:
    """The same for a form that is answered and changes nothing: an auditor may send it."""

    async def visit(request: Request, token: Annotated[str, Form()] = "") -> Visit:
        return await _posted(request, right, token)

    return Depends(_named(visit, right, changing=False))


def _named(visit: Callable[..., Any], right: Right, *, changing: bool) -> Callable[..., Any]:
    visit.right, visit.changing = right, changing  # type: ignore[attr-defined]
    return visit


async def _posted(request: Request, right: Right, token: str) -> Visit:
    found = await _visit(request, right)
    guarding.refuse_foreign(found.token, token)
    rates: guarding.Rates = request.app.state.rates
    if rates.exceeded(f"changes {found.person.id}", guarding.CHANGES_A_MINUTE):
        raise guarding.TooMany
    return found


async def _visit(request: Request, right: Right) -> Visit:
    house: House = request.app.state.house
    rates: guarding.Rates = request.app.state.rates
    sign_in: SignIn = request.app.state.sign_in
    session: Session | None = request.state.session
    login = await sign_in.login(request, session)
    if login is None:
        if rates.exceeded(guarding.address_of(request), guarding.STRANGERS_A_MINUTE):
            raise guarding.TooMany
        raise SignInNeeded
    if rates.exceeded(f"login {login}", guarding.READS_A_MINUTE):
        raise guarding.TooMany
    # Reading policies may take a while, and other requests should not wait for it.
    return await run_in_threadpool(_visit_of, request, house, session, login, right)


def _visit_of(
    request: Request, house: House, session: Session | None, login: str, right: Right
) -> Visit:
    installation = house.installation()
    person = _person(installation.schedule, login)
    digest = installation.register.keys.digest
    found = Visit(
        request=request,
        installation=installation,
        person=person,
        language=language_of(request),
        token=guarding.token_of(digest, request.state.ticket, person.id),
        session=session,
    )
    if not found.may(right):
        raise AccessRefused(
            f"{person.id} may not {IN_WORDS[right]}. The access roles that may are "
            f"{', '.join(roles_with(right))}; who has one stands in people.yaml."
        )
    return found


def _person(schedule: Schedule, login: str) -> Person:
    """Whose login it is. Somebody without any login is known by their id."""
    person = holder_of(schedule.people, login)
    if person is None:
        person = next((p for p in schedule.people if p.id == login and not p.logins), None)
    if person is None:
        raise AccessRefused(
            "Whoever is signed in is nobody of people.yaml. Ask who keeps that file to list the "
            "login there."
        )
    return person


def language_of(request: Request) -> Any:
    """The language of the answer."""
    return chosen(
        request.query_params.get("lang"),
        request.cookies.get(LANGUAGE),
        request.headers.get("accept-language"),
    )
