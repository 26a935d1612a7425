"""Signing in and out, where it is not Airflow that does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from keepuntil.domain.categories import Text
from keepuntil.errors import AccessRefused
from keepuntil.pages import guarding, openid
from keepuntil.pages.permissions import language_of
from keepuntil.pages.rendering import phrases
from keepuntil.pages.signing_in import SignedInHere

WORDS: Final[Mapping[str, Text]] = {
    "title": Text(zh="登录", en="Sign in"),
    "lead": Text(
        zh="保存期限与销毁：每一次都有据可查。", en="Retention and deletion you can prove."
    ),
    "provider": Text(zh="用本机构账号登录", en="Sign in with your organisation's account"),
    "development": Text(
        zh="开发账号：仅限本机，无口令。",
        en="Development accounts: this machine only, no password.",
    ),
    "act_as": Text(zh="以此身份继续：", en="Go on as"),
}


def router(sign_in: SignedInHere) -> APIRouter:
    """The routes of one way to sign in. They ask for no right: nobody is signed in yet."""
    routes = APIRouter()
    routes.add_api_route("/sign-in", _form, methods=["GET"], response_model=None)
    routes.add_api_route("/sign-out", _sign_out, methods=["POST"], response_model=None)
    if sign_in.accounts:
        routes.add_api_route("/sign-in", _take_account, methods=["POST"], response_model=None)
    if sign_in.provider is not None:
        openid.add_routes(routes, sign_in.provider)
    return routes


def _form(request: Request) -> HTMLResponse:
    sign_in: SignedInHere = request.app.state.sign_in
    template = request.app.state.templates.get_template("sign_in.html")
    text = template.render(
        person=None,
        token=_token(request),
        accounts=sign_in.accounts,
        provider=sign_in.provider is not None,
        words=WORDS,
        **phrases(request, language_of(request)),
    )
    return HTMLResponse(text)


def _take_account(
    request: Request, account: Annotated[str, Form()], token: Annotated[str, Form()] = ""
) -> Response:
    guarding.refuse_foreign(_token(request), token)
    rates: guarding.Rates = request.app.state.rates
    if rates.exceeded(guarding.address_of(request), guarding.STRANGERS_A_MINUTE):
        raise guarding.TooMany
    sign_in: SignedInHere = request.app.state.sign_in
    if account not in sign_in.accounts:
        raise AccessRefused("There is no development account of that name.")
    return openid.enter(request, account)


def _sign_out(request: Request) -> Response:
    """Anybody may end the session of their own browser; forms of other sites never come here."""
    signed_in = request.state.session
    if signed_in is not None and signed_in.login is not None:
        request.app.state.sessions.end(request.state.ticket)
        request.state.ticket = request.app.state.sessions.begin()[0]
    return RedirectResponse(request.url_for("_form").path, status_code=303)


def _token(request: Request) -> str:
    digest = request.app.state.house.installation().register.keys.digest
    return guarding.token_of(digest, request.state.ticket, "")
