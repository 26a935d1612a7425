"""Saying no on a page: the sentence of the floor below, what kind of no it is, and no traceback."""

from __future__ import annotations

import logging
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from keepuntil.domain.categories import Text
from keepuntil.errors import (
    AccessRefused,
    KeepuntilError,
    KeyFileError,
    OutsiderUnreachable,
    PlanError,
    RegisterBusy,
    RegisterError,
    RuleError,
    StoreError,
    UsageError,
)
from keepuntil.pages.guarding import CHANGING, ForeignForm, TooMany
from keepuntil.pages.permissions import SignInNeeded, language_of
from keepuntil.pages.rendering import phrases
from keepuntil.pages.signing_in import SignIn
from keepuntil.pages.words import COMMON

_NOBODY_KNOWS: Final = (PlanError, RegisterError, RuleError, UsageError)
"""While reading, these say that what was named is not there."""

_OUT_OF_ORDER: Final = (StoreError, RegisterBusy, KeyFileError, OutsiderUnreachable)

_SLOW_DOWN: Final = "More requests came within a minute than one person sends. Wait a minute."
_UNREADABLE: Final = "The form is not filled in as it has to be. Go back and look at its fields."
_NO_SUCH_PAGE: Final = "There is no page at this address."
_BROKEN: Final = "Something broke that should not. It was logged; whoever runs this can look there."

_log = logging.getLogger(__name__)


def say_no_on_pages(application: FastAPI) -> None:
    """Turn every refusal into a page."""
    application.add_exception_handler(SignInNeeded, _sign_in_first)
    application.add_exception_handler(KeepuntilError, _refused)
    application.add_exception_handler(TooMany, _slow_down)
    application.add_exception_handler(RequestValidationError, _unreadable)
    application.add_exception_handler(HTTPException, _no_such_page)
    application.add_exception_handler(Exception, _broken)


async def _sign_in_first(request: Request, _error: Exception) -> Response:
    sign_in: SignIn = request.app.state.sign_in
    if request.method in CHANGING:
        return _page(request, 401, COMMON["sign_in"], ForeignForm().sentence)
    address = sign_in.address
    if address.startswith("/"):
        address = request.scope.get("root_path", "") + address
    return RedirectResponse(address, status_code=303)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, KeepuntilError)  # noqa: S101 - registered for nothing else
    return _page(request, *_kind_of(request, error), error.sentence)


def _kind_of(request: Request, error: KeepuntilError) -> tuple[int, Text]:
    if isinstance(error, AccessRefused | ForeignForm):
        return 403, COMMON["not_allowed"]
    if isinstance(error, _OUT_OF_ORDER):
        return 503, COMMON["out_of_order"]
    if request.method not in CHANGING and isinstance(error, _NOBODY_KNOWS):
        return 404, COMMON["not_found"]
    return 409, COMMON["refused"]


async def _slow_down(request: Request, _error: Exception) -> Response:
    answer = _page(request, 429, COMMON["slow_down"], _SLOW_DOWN)
    answer.headers["Retry-After"] = "60"
    return answer


async def _unreadable(request: Request, _error: Exception) -> Response:
    return _page(request, 422, COMMON["refused"], _UNREADABLE)


async def _no_such_page(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _page(request, status, COMMON["not_found"], _NO_SUCH_PAGE)


async def _broken(request: Request, error: Exception) -> Response:
    # The chain may quote what a database said, and with it a record: only its kind is logged.
    _log.error("%s %s: %s", request.method, request.url.path, type(error).__name__)
    return _page(request, 500, COMMON["out_of_order"], _BROKEN)


def _page(request: Request, status: int, heading: Text, sentence: str) -> HTMLResponse:
    common = phrases(request, language_of(request))
    template = request.app.state.templates.get_template("refused.html")
    text = template.render(heading=heading, sentence=sentence, person=None, token="", **common)
    return HTMLResponse(text, status_code=status)
