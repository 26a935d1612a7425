"""Whoever is asked over HTTP, the asking ends, and nothing larger than asked for comes in."""

from __future__ import annotations

import pytest

from keepuntil.errors import EvidenceError, OutsiderUnreachable, UsageError
from keepuntil.transparency import posting
from keepuntil.transparency.posting import Answer
from posting_servers import answering

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=x\r\n"


def ask(url: str, most: int = 100, seconds: float = 20) -> Answer:
    return posting.post(url, b"?", content_type="text/plain", most=most, seconds=seconds)


def test_an_answer_is_handed_over() -> None:
    with answering(HEAD + b"Content-Length: 2\r\n\r\nhi") as url:
        assert ask(url) == Answer(200, "text/plain", b"hi")


@pytest.mark.parametrize("status", [400, 404, 409, 503])
def test_a_refusal_is_an_answer(status: int) -> None:
    with answering(b"HTTP/1.1 %d No\r\nContent-Length: 3\r\n\r\n12\n" % status) as url:
        found = ask(url)
    assert (found.status, found.body) == (status, b"12\n")


def test_a_redirection_is_not_followed() -> None:
    with (
        answering(HEAD + b"Content-Length: 2\r\n\r\nhi") as elsewhere,
        answering(
            b"HTTP/1.1 302 Found\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % elsewhere.encode()
        ) as url,
    ):
        assert ask(url).status == 302


@pytest.mark.parametrize("head", [HEAD + b"Content-Length: 5000\r\n\r\n", HEAD + b"\r\n"])
def test_more_than_asked_for_is_refused(head: bytes) -> None:
    with answering(head + b"x" * 5000) as url, pytest.raises(EvidenceError, match="larger than"):
        ask(url)


def test_exactly_what_was_asked_for_is_taken() -> None:
    with answering(HEAD + b"Content-Length: 100\r\n\r\n" + b"x" * 100) as url:
        assert len(ask(url).body) == 100


@pytest.mark.parametrize(
    "pieces",
    [
        (b"",),
        (b"nonsense\r\n\r\n",),
        (HEAD + b"Content-Length: 9\r\n\r\nhi",),
        (b"HTTP/1.1 409 No\r\nContent-Length: 9\r\n\r\nhi",),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\nhi",),
    ],
    ids=["nothing", "nonsense", "cut off", "refusal cut off", "chunk cut off"],
)
def test_half_an_answer_is_none(pieces: tuple[bytes, ...]) -> None:
    with answering(*pieces) as url, pytest.raises(OutsiderUnreachable, match="try again later"):
        ask(url)


@pytest.mark.parametrize("head", [b"", HEAD, HEAD + b"Content-Length: 90\r\n\r\n"])
def test_a_party_that_dribbles_does_not_hold_us_up(head: bytes) -> None:
    """Each byte comes in time; the whole does not."""
    with (
        answering(head, *[b"x"] * 90, pause=0.1) as url,
        pytest.raises(OutsiderUnreachable, match=r"within 0\.5 seconds"),
    ):
        ask(url, seconds=0.5)


def test_nobody_there_is_a_sentence() -> None:
    with answering() as url:
        pass
    with pytest.raises(OutsiderUnreachable, match="Connection refused"):
        ask(url)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://x/", "", "https://", "http://[", "http://h:99999/", "x y"]
)
def test_only_web_addresses_are_asked(url: str) -> None:
    with pytest.raises(UsageError, match="address"):
        ask(url)


def test_secrets_in_an_address_are_not_shown() -> None:
    assert (
        posting.shown("https://me:secret@tsa.example:8/a?key=secret") == "https://tsa.example:8/a"
    )
