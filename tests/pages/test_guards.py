"""What stands before every page: headers, forms of our own, sizes, rates, sessions that end."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepuntil.errors import UsageError
from keepuntil.pages import evidence, guarding
from keepuntil.pages.guarding import Rates
from keepuntil.pages.openid import provider_of
from keepuntil.pages.sessions import IDLE, LONGEST, Sessions
from keepuntil.pages.signing_in import development
from keepuntil.register import approvals, plans
from pages_world import Bank, altered, decision


@pytest.mark.parametrize("path", ["/", "/sign-in", "/static/style.css", "/nowhere", "/evidence"])
def test_every_answer_carries_the_headers_and_a_policy_without_inline_script(
    bank: Bank, path: str
) -> None:
    with bank.browser("A1") as browser:
        headers = browser.client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert "server" not in headers


def test_the_ticket_is_unreadable_to_scripts_and_sent_over_tls_only_where_there_is_tls(
    bank: Bank,
) -> None:
    with bank.browser() as browser:
        plain = browser.client.get("/sign-in").headers["set-cookie"]
        over_tls = browser.client.get("https://127.0.0.1/sign-in").headers
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    assert "strict-transport-security" in over_tls


@pytest.mark.parametrize("token", ["", "hmac-sha256:0", "of another page"])
def test_a_form_without_its_pages_token_does_nothing(bank: Bank, token: str) -> None:
    with bank.browser("E3") as browser:
        answer = decision(bank, browser, "approve", "data_owner", token=token)
        assert answer.status_code == 403
    with bank.world.open() as installation:
        digest = plans.load(installation.register, bank.waiting).plan.digest
        assert approvals.of(installation.register, digest) == []


def test_a_token_is_of_one_browser_and_one_person(bank: Bank) -> None:
    with bank.browser("E3") as mine, bank.browser("P1") as other:
        taken = other.token("/evidence")
        assert decision(bank, mine, "approve", "data_owner", token=taken).status_code == 403


def test_a_form_sent_from_another_site_is_refused_whatever_it_carries(bank: Bank) -> None:
    with bank.browser("E3") as browser:
        browser.client.headers["Sec-Fetch-Site"] = "cross-site"
        assert decision(bank, browser, "approve", "data_owner").status_code == 403


def test_a_request_is_no_larger_than_its_page_takes(bank: Bank) -> None:
    with bank.browser("E3") as browser:
        long = decision(bank, browser, "approve", "data_owner", more="x" * guarding.LARGEST_FORM)
        assert long.status_code == 413

        def endless() -> object:
            yield b"token=x"

        chunked = browser.client.post("/sign-out", content=endless())
        assert chunked.status_code == 411


def test_a_session_ends_after_a_rest_and_after_a_day_however_busy(bank: Bank) -> None:
    with bank.browser("A1") as browser:
        bank.world.moment += IDLE
        assert browser.status("/") == 200
        bank.world.moment += IDLE * 1.01
        assert browser.status("/") == 303
    with bank.browser("A1") as browser:
        for _ in range(int(LONGEST / (IDLE / 2))):
            bank.world.moment += IDLE / 2
            assert browser.status("/") == 200
        bank.world.moment += IDLE / 2
        assert browser.status("/") == 303


def test_signing_out_ends_the_session_on_the_server(bank: Bank) -> None:
    with bank.browser("A1") as browser:
        kept = browser.client.cookies["keepuntil_ticket"]
        assert browser.post("/sign-out").status_code == 303
        browser.client.cookies.set("keepuntil_ticket", kept)
        assert browser.status("/") == 303


def test_signing_in_gives_a_ticket_nobody_had_before(bank: Bank) -> None:
    with bank.browser() as browser:
        browser.client.get("/sign-in")
        before = browser.client.cookies["keepuntil_ticket"]
        browser.sign_in("A1")
        assert browser.client.cookies["keepuntil_ticket"] != before


def test_sessions_are_bounded_and_the_oldest_give_way(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keepuntil.pages.sessions.MOST", 2)
    sessions = Sessions(lambda: bank.world.moment)
    tickets = [sessions.begin("A1")[0] for _ in range(3)]
    assert [sessions.find(ticket) is not None for ticket in tickets] == [False, True, True]


def test_a_person_who_asks_too_often_waits(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "READS_A_MINUTE", 3)
    bank.pages.state.rates = Rates(clock=lambda: 0.0)
    with bank.browser("A1") as browser:  # signing in leads to the first page
        assert [browser.status("/rules") for _ in range(3)] == [200, 200, 429]
        bank.pages.state.rates.clock = lambda: guarding.A_MINUTE
        assert browser.status("/rules") == 200


def test_an_address_nobody_signed_in_from_is_counted_by_itself(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarding, "STRANGERS_A_MINUTE", 2)
    bank.pages.state.rates = Rates(clock=lambda: 0.0)
    with bank.browser() as browser:
        assert [browser.status("/") for _ in range(3)] == [303, 303, 429]


def test_local_accounts_are_refused_on_any_address_others_can_reach() -> None:
    for host in ("0.0.0.0", "192.0.2.7", "::", "keepuntil.bank.example"):
        with pytest.raises(UsageError, match=r"127\.0\.0\.1 only"):
            development(["E1"], host)
    for host in ("127.0.0.1", "::1", "localhost"):
        assert development(["E1"], host).accounts == ("E1",)


def test_a_provider_is_named_whole_and_over_tls() -> None:
    whole = {
        "KEEPUNTIL_OIDC_ISSUER": "https://sign-in.bank.example",
        "KEEPUNTIL_OIDC_CLIENT_ID": "keepuntil",
        "KEEPUNTIL_OIDC_CLIENT_SECRET": "secret",
        "KEEPUNTIL_PAGES_URL": "https://keepuntil.bank.example",
    }
    assert provider_of({}) is None
    provider = provider_of(whole)
    assert provider is not None
    assert "secret" not in repr(provider).replace("client_secret", "")
    for name in whole:
        if name != "KEEPUNTIL_OIDC_ISSUER":
            with pytest.raises(UsageError, match=name):
                provider_of(whole | {name: ""})
    with pytest.raises(UsageError, match="https://"):
        provider_of(whole | {"KEEPUNTIL_OIDC_ISSUER": "http://sign-in.bank.example"})


def handed_in(bank: Bank, content: bytes) -> str:
    with bank.browser("A1") as browser:
        answer = browser.post("/evidence/verify", files={"evidence": ("any name", content)})
        assert answer.status_code == 200, answer.text
        assert isinstance(answer.text, str)
        return answer.text + browser.get("/evidence?lang=en")


def test_an_auditor_checks_a_bundle_by_handing_it_in(bank: Bank, archive: Path) -> None:
    said = handed_in(bank, archive.read_bytes())
    assert "核验通过" in said
    assert "本服务器" in said
    assert bank.certificate in said


@pytest.mark.parametrize(
    ("changed", "step", "meaning"),
    [
        ("rule.json", "文件完整", "装订之后被更改"),
        ("certificate.intoto.jsonl", "文件完整", "装订之后被更改"),
    ],
)
def test_a_bundle_that_was_tampered_with_is_explained_in_words(
    bank: Bank, archive: Path, changed: str, step: str, meaning: str
) -> None:
    said = handed_in(bank, altered(archive, changed))
    assert "核验未通过" in said
    assert f"原因: {step}" in said
    assert meaning in said
    assert changed in said
    assert "is not as listed." in said


def test_what_is_no_evidence_or_too_much_of_it_is_refused_in_words(
    bank: Bank, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "不是本系统的证据包或回执" in handed_in(bank, b"#!/bin/sh\necho hello\n")
    assert "不是本系统的证据包或回执" in handed_in(bank, b"PK\x03\x04 broken")
    monkeypatch.setattr(evidence, "LARGEST_UNPACKED", 1000)
    assert "more than a bundle can hold" in handed_in(bank, archive.read_bytes())


def test_an_upload_beyond_the_bound_is_not_read(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarding, "LARGEST_BUNDLE", 1000)
    with bank.browser("A1") as browser:
        answer = browser.post("/evidence/verify", files={"evidence": ("x", b"0" * 2000)})
    assert answer.status_code == 413
