"""Signing in by OpenID Connect, against a provider that answers over HTTP as providers do."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from keepuntil.pages.application import application
from keepuntil.pages.openid import Provider
from keepuntil.pages.signing_in import SignedInHere
from pages_world import Bank


@dataclass
class Issuer:
    """A provider of the tests'. It keeps what the pages asked of it."""

    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1"}))
    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    asked: list[dict[str, list[str]]] = field(default_factory=list)

    def answer(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        if path == "/keys":
            return {"keys": [self.key.as_dict(private=False)]}
        now = int(time.time())
        said = {"iss": self.url, "aud": "keepuntil", "sub": "E3", "iat": now, "exp": now + 60}
        token = jwt.encode({"alg": "RS256", "kid": "k1"}, said | self.claims, self.key)
        return {"access_token": "a", "token_type": "Bearer", "id_token": token}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()

    class Asked(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(made.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            made.asked.append(parse_qs(self.rfile.read(length).decode()))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def signed_in_by(bank: Bank, issuer: Issuer) -> Bank:
    provider = Provider(
        issuer=issuer.url,
        client_id="keepuntil",
        client_secret="secret",
        claim="sub",
        public="http://127.0.0.1",
    )
    bank.pages = application(
        bank.world.home,
        bank.world.policies,
        sign_in=SignedInHere(provider=provider),
        now=lambda: bank.world.moment,
    )
    return bank


def left_for(browser: Any) -> dict[str, str]:
    """What the pages say to the provider when somebody leaves for it."""
    answer = browser.client.get("/sign-in/openid", follow_redirects=False)
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    return {name: values[0] for name, values in asked.items()}


def test_the_providers_word_signs_in_whom_people_yaml_lists(
    signed_in_by: Bank, issuer: Issuer
) -> None:
    with signed_in_by.browser() as browser:
        asked = left_for(browser)
        assert asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == "http://127.0.0.1/sign-in/openid/return"
        issuer.claims = {"nonce": asked["nonce"]}
        back = f"/sign-in/openid/return?code=c&state={asked['state']}"
        assert browser.client.get(back).status_code == 200
        assert "<b>E3</b>" in browser.get("/")
        assert issuer.asked[0]["code_verifier"]
        # The same answer once more is worth nothing.
        assert browser.client.get(back).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"iss": "https://another.example"},
        {"exp": 1_000_000},
        {"sub": ""},
    ],
)
def test_an_answer_that_is_not_for_us_signs_nobody_in(
    signed_in_by: Bank, issuer: Issuer, claims: dict[str, Any]
) -> None:
    with signed_in_by.browser() as browser:
        asked = left_for(browser)
        issuer.claims = {"nonce": asked["nonce"]} | claims
        back = browser.client.get(f"/sign-in/openid/return?code=c&state={asked['state']}")
        assert back.status_code == 403
        assert browser.status("/") == 303


def test_an_answer_to_somebody_elses_question_signs_nobody_in(
    signed_in_by: Bank, issuer: Issuer
) -> None:
    with signed_in_by.browser() as theirs, signed_in_by.browser() as mine:
        asked = left_for(theirs)
        issuer.claims = {"nonce": asked["nonce"]}
        back = mine.client.get(f"/sign-in/openid/return?code=c&state={asked['state']}")
        assert back.status_code == 403
        assert mine.status("/") == 303


def test_a_provider_that_is_silent_is_said_so(signed_in_by: Bank, issuer: Issuer) -> None:
    issuer.answer = lambda path: {}  # type: ignore[method-assign]
    with signed_in_by.browser() as browser:
        assert browser.client.get("/sign-in/openid").status_code in (409, 503)
