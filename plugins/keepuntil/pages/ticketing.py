"""The ticket: a cookie of pure chance, which a session or a form's token may be bound to."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from keepuntil.pages.permissions import LANGUAGE, TICKET
from keepuntil.pages.sessions import Sessions, new_ticket
from keepuntil.pages.words import LANGUAGES

_TICKET: Final = re.compile(r"[\w-]{43}", re.ASCII)
_A_YEAR: Final = 365 * 24 * 3600


class Tickets:
    """Gives every browser a ticket, and every request the session of its ticket.

    A view that changes ``request.state.ticket`` changes the browser's.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        held = connection.cookies.get(TICKET)
        if held is not None and not _TICKET.fullmatch(held):
            held = None
        state = scope.setdefault("state", {})
        state["ticket"] = held or new_ticket()
        state["session"] = self._sessions.find(held)
        language = connection.query_params.get("lang")

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if state["ticket"] != held:
                    headers.append("Set-Cookie", _cookie(scope, TICKET, state["ticket"]))
                if language in LANGUAGES:
                    headers.append(
                        "Set-Cookie", _cookie(scope, LANGUAGE, str(language), lasts=_A_YEAR)
                    )
            await send(message)

        await self._app(scope, receive, sending)


def _cookie(scope: Scope, name: str, value: str, lasts: int | None = None) -> str:
    """Not readable by scripts, not sent from other sites' forms, and over TLS only where there
    is TLS; without ``lasts`` it ends with the browser."""
    cookie: SimpleCookie = SimpleCookie({name: value})
    made = cookie[name]
    made["path"] = scope.get("root_path") or "/"
    made["httponly"] = True
    made["samesite"] = "Lax"
    if scope.get("scheme") == "https":
        made["secure"] = True
    if lasts is not None:
        made["max-age"] = lasts
    return made.OutputString()
