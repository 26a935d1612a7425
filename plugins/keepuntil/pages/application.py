"""The pages as one application, to be served alone or mounted under a path."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from keepuntil.disposal.installation import Resolve, utc_now
from keepuntil.disposal.references import resolve_reference
from keepuntil.pages import (
    campaigns,
    coverage,
    entering,
    evidence,
    findings,
    holds,
    plans,
    remedies,
    requests,
    rules,
    tonight,
)
from keepuntil.pages.guarding import Guard, Rates
from keepuntil.pages.refusals import say_no_on_pages
from keepuntil.pages.rendering import STATIC, environment
from keepuntil.pages.sessions import Sessions
from keepuntil.pages.signing_in import SignedInHere, SignIn
from keepuntil.pages.ticketing import Tickets
from keepuntil.pages.visiting import House

SUBJECTS = (
    tonight,
    plans,
    rules,
    findings,
    remedies,
    coverage,
    evidence,
    holds,
    campaigns,
    requests,
)
"""What the pages are about, in the order of the navigation."""


def application(
    home: Path,
    policies: Path,
    *,
    sign_in: SignIn,
    resolve: Resolve = resolve_reference,
    now: Callable[[], datetime] = utc_now,
) -> FastAPI:
    """The pages of one installation. The register is opened by the first request.

    ``resolve`` finds the secrets that stores are reached with; ``now`` is the clock.
    """
    house = House(home, policies, resolve, now)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        house.close()

    # No description of itself is served: what is not a page here is nobody's to find.
    pages = FastAPI(
        title="Keepuntil", openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan
    )
    sessions = Sessions(now)
    pages.state.house, pages.state.sessions, pages.state.sign_in = house, sessions, sign_in
    pages.state.rates, pages.state.templates = Rates(), environment()
    for subject in SUBJECTS:
        pages.include_router(subject.router)
    if isinstance(sign_in, SignedInHere):
        pages.include_router(entering.router(sign_in))
    pages.mount("/static", StaticFiles(directory=STATIC), name="static")
    say_no_on_pages(pages)
    pages.add_middleware(Tickets, sessions=sessions)
    pages.add_middleware(Guard)
    return pages
