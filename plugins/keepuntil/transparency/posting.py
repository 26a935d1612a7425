"""One question over HTTP to somebody outside, bounded in time and size.

Neither a silent party nor one that dribbles bytes holds a night up, and none can
send more than was asked for. Redirections are not followed: whoever is asked was
named by the organisation, and names nobody else in its place.
"""

import http.client
import urllib.error
import urllib.request
from concurrent.futures import Future
from dataclasses import dataclass
from email.message import Message
from threading import Thread
from typing import IO, Final
from urllib.parse import urlsplit

from keepuntil.errors import EvidenceError, OutsiderUnreachable, UsageError

SECONDS: Final = 20.0
_MOST_PRINTED: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; a refusal is an answer too."""

    status: int
    content_type: str
    """Lower case, without parameters."""
    body: bytes


def post(
    url: str, body: bytes, *, content_type: str, most: int, seconds: float = SECONDS
) -> Answer:
    """Send ``body`` and read at most ``most`` bytes of answer within ``seconds`` in all.

    Raises `UsageError` for an address that is not http or https, `OutsiderUnreachable`
    when there is no answer, `EvidenceError` when it is larger. Certificates of https
    are checked against those the system trusts; the environment may name a proxy.
    """
    refuse_address(url)
    request = urllib.request.Request(  # noqa: S310  (the scheme was looked at)
        url, data=body, headers={"Content-Type": content_type, "User-Agent": "keepuntil"}
    )
    # A timeout of the socket counts from byte to byte, so the whole has a clock of its own.
    # The thread ends by itself: its socket has the same timeout.
    outcome: Future[Answer] = Future()
    Thread(target=_settle, args=(outcome, request, most, seconds), daemon=True).start()
    try:
        return outcome.result(timeout=seconds)
    except TimeoutError:
        raise OutsiderUnreachable(
            f"{shown(url)} gave no whole answer within {seconds:g} seconds; try again later"
        ) from None


def refuse_address(url: str) -> None:
    """Raise `UsageError` unless this is an address that can be asked over http or https."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(
            "the address of an outside party is not one: https://HOST/PATH or http://HOST/PATH"
        )


def shown(url: str) -> str:
    """An address as messages may show it: without a password or a query that may hold one."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"[:_MOST_PRINTED]


def _settle(
    outcome: "Future[Answer]", request: urllib.request.Request, most: int, seconds: float
) -> None:
    try:
        outcome.set_result(_ask(request, most, seconds))
    except (EvidenceError, OutsiderUnreachable) as error:
        outcome.set_exception(error)


def _ask(request: urllib.request.Request, most: int, seconds: float) -> Answer:
    try:
        return _exchange(request, most, seconds)
    except (OSError, http.client.HTTPException) as error:
        raise OutsiderUnreachable(
            f"{shown(request.full_url)} cannot be asked ({_why(error)}); try again later"
        ) from None


def _exchange(request: urllib.request.Request, most: int, seconds: float) -> Answer:
    try:
        with _opener().open(request, timeout=seconds) as response:
            return _answer(response.status, response.headers, response, most)
    except urllib.error.HTTPError as refused:
        with refused:
            return _answer(refused.code, refused.headers, refused, most)


def _answer(status: int, headers: Message, body: IO[bytes], most: int) -> Answer:
    content = body.read(most + 1)
    if len(content) > most:
        raise EvidenceError(f"the answer is larger than the {most} bytes that are read")
    # Reading up to a bound, http.client passes over an end that came too early.
    announced = headers.get("Content-Length", "")
    if announced.isdecimal() and len(content) < int(announced):
        raise http.client.IncompleteRead(b"", int(announced) - len(content))
    return Answer(status, headers.get_content_type(), content)


def _why(error: Exception) -> str:
    """Names of errors and the system's own words; never what the other side wrote."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    words = cause.strerror if isinstance(cause, OSError) and cause.strerror else ""
    return words or type(cause).__name__


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    """A redirection is an answer like any other refusal."""

    def redirect_request(self, *_args: object, **_named: object) -> None:
        return None


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_NoRedirection)
