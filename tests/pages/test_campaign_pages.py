"""Campaigns on the pages: place by place, answered by whom the place was given to."""

from __future__ import annotations

import pytest

from keepuntil.domain.campaigns import AnswerWord
from keepuntil.register import campaigns
from pages_world import Bank


def answers(bank: Bank) -> list[tuple[str, str, AnswerWord]]:
    with bank.world.open() as installation:
        stored = campaigns.load(installation.register, bank.campaign)
        said = campaigns.progress(installation.register, stored).answers
        return [(place, question, each.answer) for (place, question), each in said.items()]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh", ("个人信息保护专项排查", "各机构、各类别进度", "总结报告")),
        ("en", ("Place by place", "Self-examination", "Summary report")),
    ],
)
def test_a_campaign_is_shown_place_by_place_with_its_problems(
    bank: Bank, language: str, told: tuple[str, ...]
) -> None:
    with bank.browser("A1") as browser:
        assert bank.campaign in browser.get(f"/campaigns?lang={language}")
        page = browser.get(f"/campaigns/{bank.campaign}")

    assert all(each in page for each in told)
    assert f'href="/findings/{bank.finding}"' in page
    assert "retail-credit/loans" in page


def test_a_unit_sees_its_own_places_and_takes_no_report_of_all(bank: Bank) -> None:
    path = f"/campaigns/{bank.campaign}"
    with bank.browser("E1") as one, bank.browser("e2@bank.example") as stranger:
        page = one.get(path)
        assert "operations" in page
        assert "retail-credit/loans" not in page
        assert f"/findings/{bank.finding}" not in page
        assert one.status(f"{path}/export/json") == 403
        assert stranger.status(path) == 403
        assert bank.campaign not in stranger.get("/campaigns")


def test_the_report_is_handed_out_to_who_sees_every_unit(bank: Bank) -> None:
    with bank.browser("A1") as auditor:
        for written, begins in (("json", b"{"), ("docx", b"PK"), ("html", b"<!")):
            path = f"/campaigns/{bank.campaign}/export/{written}"
            assert auditor.client.get(path).content.lstrip().startswith(begins)


def test_a_question_is_answered_by_whom_the_place_was_given_to_and_nobody_else(
    bank: Bank,
) -> None:
    path = f"/campaigns/{bank.campaign}"
    said = {"place": "operations", "question": "deletion_covered", "answer": "yes"}
    with bank.browser("E1") as owner, bank.browser("D1") as officer:
        assert "For you to answer" in owner.get(f"{path}?lang=en")
        assert officer.post(f"{path}/answer", "/requests", **said).status_code == 409
        bare = owner.post(f"{path}/answer", path, **(said | {"answer": "no"}))
        assert bare.status_code == 409
        assert answers(bank) == []
        assert owner.post(f"{path}/answer", path, **said).status_code == 303
    assert answers(bank) == [("operations", "deletion_covered", AnswerWord.YES)]
