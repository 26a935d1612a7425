"""Requests of people on the pages: for those who answer them, naming nobody, each opening noted."""

from __future__ import annotations

import pytest

from keepuntil.register import acts, reads, requests_made
from pages_world import BORROWER, Bank


@pytest.mark.parametrize(
    ("language", "told"),
    [("zh", ("逐处答复", "贷款档案")), ("en", ("place by place", "Loan file", "PIPL"))],
)
def test_one_request_is_shown_with_its_answer_and_its_opening_is_written_down(
    bank: Bank, language: str, told: tuple[str, ...]
) -> None:
    with bank.browser("D1") as browser:
        assert bank.request in browser.get(f"/requests?lang={language}")
        page = browser.get(f"/requests/{bank.request}")
    assert all(each in page for each in told)
    assert BORROWER not in page
    with bank.world.open() as installation:
        noted = [(each.person, each.verb, each.subject, each.result)
                 for each in acts.list_acts(installation.register)]  # fmt: skip
    assert noted == [("D1", "request show", bank.request, each) for each in ("done", "asked")]


def test_nobody_else_sees_that_anybody_asked(bank: Bank) -> None:
    for login in ("A1", "E3"):
        with bank.browser(login) as browser:
            assert 'href="/requests"' not in browser.get("/")
            for path in ("", f"/{bank.request}", f"/{bank.request}/letter-en.pdf"):
                assert browser.status(f"/requests{path}") == 403


def test_the_letter_is_handed_out_signed(bank: Bank) -> None:
    with bank.browser("D1") as browser:
        answer = browser.client.get(f"/requests/{bank.request}/letter-zh.pdf")
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF")
    assert b"/ByteRange" in answer.content


def test_a_request_is_entered_answered_closed_and_forgotten(bank: Bank) -> None:
    with bank.browser("D1") as browser:
        before = browser.post("/requests", "/requests", subject="", regime="pipl")
        assert before.status_code == 409
        made = browser.post("/requests", "/requests", subject="somebody else", regime="gdpr")
        assert made.status_code == 303
        assert "nothing was found" in browser.get(made.headers["location"] + "?lang=en")
        closed = browser.post(f"/requests/{bank.request}/close", "/requests", reason="Withdrawn.")
        assert closed.status_code == 303
    with bank.world.open() as installation:
        register = installation.register
        assert requests_made.all_of(register, open_only=True) == []
        commitment = requests_made.commitment_of(register, "somebody else")
        (read,) = reads.of_subject(register, commitment)
        assert (read.reader, read.verb) == ("D1", "request erase")
        assert "somebody" not in str(acts.list_acts(register))
