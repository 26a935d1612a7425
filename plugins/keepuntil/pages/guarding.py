"""What stands before every page: headers, sizes, rates; forms that only our own pages fill in.

headers   a content policy without any inline script, and what else browsers honour
sizes     no request is read beyond what its page may take
rates     so many requests a minute, of a person and of an address nobody signed in from
forms     each carries a token bound to the browser's ticket and to who is signed in
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from keepuntil.errors import UsageError

_CONTENT_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS: Final = "max-age=31536000; includeSubDomains"

LARGEST_FORM: Final = 64 << 10
LARGEST_BUNDLE: Final = 64 << 20
"""An upload that is checked as evidence; larger bundles are checked with ``keepuntil``."""

A_MINUTE: Final = 60.0
READS_A_MINUTE: Final = 600
CHANGES_A_MINUTE: Final = 60
STRANGERS_A_MINUTE: Final = 60
"""Sign-ins and other requests from an address nobody is signed in from."""

MOST_COUNTED: Final = 10_000

CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Guard:
    """The outermost layer: it refuses before anything of a request is read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or say why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        guarded = _with_headers(scope, send)
        refusal = _refusal(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, guarded)
            return
        await self._app(scope, _bounded(scope, receive), guarded)


def _with_headers(scope: Scope, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
            if scope.get("scheme") == "https":
                headers["Strict-Transport-Security"] = HSTS
        await send(message)

    return sending


def _refusal(scope: Scope, headers: Headers) -> PlainTextResponse | None:
    if scope["method"] not in CHANGING:
        return None
    # Browsers say where a form was sent from; what says nothing is still asked for its token.
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return PlainTextResponse("This form was sent from another site.\n", status_code=403)
    length = headers.get("content-length", "")
    if not length.isdecimal():
        return PlainTextResponse("Say how long the request is.\n", status_code=411)
    if int(length) > _most(scope):
        return PlainTextResponse("That is more than this page takes.\n", status_code=413)
    return None


def _most(scope: Scope) -> int:
    return LARGEST_BUNDLE if scope["path"].endswith("/evidence/verify") else LARGEST_FORM


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """What arrives, cut off where a body goes on for longer than it said it would."""
    left = _most(scope)

    async def receiving() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        return message if left >= 0 else {"type": "http.disconnect"}

    return receiving


@dataclass(slots=True)
class Rates:
    """Requests within the last minute, counted by who or where. Kept in this process."""

    clock: Callable[[], float] = time.monotonic
    _counts: dict[tuple[str, int], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def exceeded(self, whose: str, most: int) -> bool:
        """Count one request; whether it is one too many in this minute."""
        key = (whose, int(self.clock() // A_MINUTE))
        with self._lock:
            if key not in self._counts and len(self._counts) >= MOST_COUNTED:
                self._counts.clear()
            self._counts[key] = self._counts.get(key, 0) + 1
            return self._counts[key] > most


class TooMany(Exception):
    """So many requests that this one is not answered."""


class ForeignForm(UsageError):
    """A form without the token of its page: not ours, or of a session that is over."""

    reason = "foreign_form"

    def __init__(self) -> None:
        super().__init__(
            "This form is not of a page you have open, or the session it belonged to is over. "
            "Nothing was done. Open the page again and send the form from there."
        )


def token_of(digest: Callable[[bytes], str], ticket: str, person: str) -> str:
    """The token in the forms of one browser and person."""
    return digest(f"form\0{ticket}\0{person}".encode())


def refuse_foreign(token: str, given: str) -> None:
    """Raise ForeignForm unless the form carries its page's token."""
    if not hmac.compare_digest(token.encode(), given.encode()):
        raise ForeignForm


def address_of(request: Request) -> str:
    """Where a request comes from, as the server sees it."""
    return request.client.host if request.client else "?"
