"""OpenID Connect: the organisation's own sign-in, by the authorization code flow with PKCE.

Set by the environment, so that no secret stands in a file that is reviewed like code:

    KEEPUNTIL_OIDC_ISSUER          https://sign-in.bank.example, as its discovery document says it
    KEEPUNTIL_OIDC_CLIENT_ID       what these pages are called there
    KEEPUNTIL_OIDC_CLIENT_SECRET   their secret there, or
    KEEPUNTIL_OIDC_CLIENT_SECRET_FILE   a file that holds it
    KEEPUNTIL_OIDC_LOGIN           the claim that people.yaml lists under `logins`; default: sub
    KEEPUNTIL_PAGES_URL            where people reach these pages: https://keepuntil.bank.example
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from keepuntil.errors import AccessRefused, OutsiderUnreachable, UsageError
from keepuntil.pages import guarding
from keepuntil.pages.sessions import Sessions

_PREFIX: Final = "KEEPUNTIL_OIDC_"
_DISCOVERY: Final = "/.well-known/openid-configuration"
_RETURN: Final = "/sign-in/openid/return"
_SECURE: Final = ("https://", "http://127.0.0.1", "http://localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Whose word counts for who is asking, and as whom these pages ask."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str
    public: str
    """Where people reach these pages, without a slash at the end."""


def provider_of(environment: Mapping[str, str]) -> Provider | None:
    """The provider that the environment names; None: it names none.

    Raises UsageError for one that is named in part, or not over TLS.
    """
    issuer = environment.get(f"{_PREFIX}ISSUER")
    if not issuer:
        return None
    provider = Provider(
        issuer=issuer.rstrip("/"),
        client_id=_needed(environment, f"{_PREFIX}CLIENT_ID"),
        client_secret=_secret(environment),
        claim=environment.get(f"{_PREFIX}LOGIN") or "sub",
        public=_needed(environment, "KEEPUNTIL_PAGES_URL").rstrip("/"),
    )
    for address in (provider.issuer, provider.public):
        if not address.startswith(_SECURE):
            raise UsageError(f"{address} has to begin with https://, or anybody could listen in.")
    return provider


def _needed(environment: Mapping[str, str], name: str) -> str:
    if not environment.get(name):
        raise UsageError(f"{_PREFIX}ISSUER is set and {name} is not: a sign-in needs both.")
    return environment[name]


def _secret(environment: Mapping[str, str]) -> str:
    path = environment.get(f"{_PREFIX}CLIENT_SECRET_FILE")
    if not path:
        return _needed(environment, f"{_PREFIX}CLIENT_SECRET")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UsageError(f"The client secret {path} cannot be read: {error.strerror}.") from None


def add_routes(routes: APIRouter, provider: Provider) -> None:
    """Leaving for the provider, and coming back from it."""
    client = _client(provider)

    async def leave(request: Request) -> Response:
        rates: guarding.Rates = request.app.state.rates
        if rates.exceeded(guarding.address_of(request), guarding.STRANGERS_A_MINUTE):
            raise guarding.TooMany
        request.scope["session"] = _begun(request)
        with_path = f"{provider.public}{_RETURN}"
        try:
            answer: Response = await client.authorize_redirect(request, with_path)
        except _unreachable() as error:
            raise _silent(provider, error) from None
        return answer

    async def come_back(request: Request) -> Response:
        session = request.state.session
        request.scope["session"] = {} if session is None else session.under_way
        return enter(request, await _login(request, client, provider))

    routes.add_api_route("/sign-in/openid", leave, methods=["GET"], response_model=None)
    routes.add_api_route(_RETURN, come_back, methods=["GET"], response_model=None)


def enter(request: Request, login: str) -> RedirectResponse:
    """Begin a session with a ticket nobody has seen, and go to the first page."""
    sessions: Sessions = request.app.state.sessions
    sessions.end(request.state.ticket)
    request.state.ticket = sessions.begin(login)[0]
    return RedirectResponse(request.url_for("tonight").path, status_code=303)


def _client(provider: Provider) -> Any:
    from authlib.integrations.starlette_client import OAuth

    return OAuth().register(
        "organisation",
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=provider.issuer + _DISCOVERY,
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"},
    )


def _begun(request: Request) -> dict[str, Any]:
    """What is to be remembered until the person is back, under a ticket of its own."""
    sessions: Sessions = request.app.state.sessions
    ticket, session = sessions.begin()
    request.state.ticket = ticket
    return session.under_way


async def _login(request: Request, client: Any, provider: Provider) -> str:
    from authlib.integrations.starlette_client import OAuthError
    from joserfc.errors import JoseError

    wanted = {"iss": {"essential": True, "values": [provider.issuer]}}
    try:
        token = await client.authorize_access_token(request, claims_options=wanted)
    except _unreachable() as error:
        raise _silent(provider, error) from None
    except (OAuthError, JoseError, ValueError) as error:
        raise AccessRefused(
            f"{provider.issuer} did not sign you in ({type(error).__name__}). Begin again."
        ) from None
    login = token.get("userinfo", {}).get(provider.claim)
    if not isinstance(login, str) or not login:
        raise AccessRefused(
            f"{provider.issuer} did not say who you are: its answer has no {provider.claim!r}."
        )
    return login


def _unreachable() -> tuple[type[Exception], ...]:
    """How the client says that the provider is silent, or that what it says about itself lacks
    what a sign-in needs."""
    from httpx import HTTPError

    return HTTPError, RuntimeError


def _silent(provider: Provider, error: Exception) -> OutsiderUnreachable:
    return OutsiderUnreachable(
        f"{provider.issuer}, which signs people in, gives no usable answer "
        f"({type(error).__name__}). Try again later."
    )
