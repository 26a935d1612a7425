"""Findings, remedies and the ledger: shown to whom they are for, filtered, acted on, exported."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from keepuntil.domain.ledger import State
from keepuntil.oversight import acting
from keepuntil.register import acts, findings
from pages_world import Bank, Browser


def act(bank: Bank, browser: Browser, path: str, **fields: str) -> int:
    page = f"/findings/{bank.finding}"
    return int(browser.post(f"{page}/{path}", page, **fields).status_code)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh", ("问题清单", "六 删除", "进行中", "整改台账")),
        ("en", ("Findings", "6 deletion", "in progress", "Ledger of remedies")),
    ],
)
def test_the_lists_say_where_each_finding_stands(
    bank: Bank, language: str, told: tuple[str, ...]
) -> None:
    with bank.browser("A1") as browser:
        page = browser.get(f"/findings?lang={language}") + browser.get("/ledger")
    assert all(each in page for each in told)
    assert "No copies on shares" in page


def test_a_finding_is_shown_with_its_remedy_its_evidence_and_all_that_happened(
    bank: Bank,
) -> None:
    with bank.browser("A1") as browser:
        page = browser.get(f"/findings/{bank.finding}?lang=en")
    for each in ("Copies lie on a share.", "No copies on shares", "The list sha256:000", "E3"):
        assert each in page
    assert page.index("1 · entered") < page.index("3 · Work has begun")
    assert "there is nothing for you to do" in page


def test_who_is_of_another_unit_sees_neither_the_finding_nor_that_it_is_there(bank: Bank) -> None:
    with bank.browser("E1") as browser:
        for path in (
            "/findings?shown=all",
            "/ledger",
            "/findings/export/csv",
            "/ledger/export/csv",
        ):
            assert "shares" not in browser.get(path)
        assert browser.status(f"/findings/{bank.finding}") == 403
        for path in ("work/reported_done", "evidence", "again"):
            assert act(bank, browser, path) == 403
    with bank.world.open() as installation:
        assert findings.standing(installation.register, bank.finding).state is State.IN_PROGRESS


def test_what_no_unit_owns_is_for_those_who_see_every_unit(bank: Bank) -> None:
    other = f"/findings/{bank.finding - 1}"
    with bank.browser("A1") as auditor, bank.browser("E3") as owner:
        assert (auditor.status(other), owner.status(other)) == (200, 403)


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ("", True),
        ("class=deletion", True),
        ("class=query", False),
        ("unit=retail-credit", True),
        ("unit=operations", False),
        ("status=in_progress", True),
        ("status=overdue", False),
        ("kind=reported&shown=all", True),
        ("kind=overdue", False),
        ("shown=closed", False),
    ],
)
def test_an_address_is_a_filter_and_its_export_has_exactly_what_the_list_shows(
    bank: Bank, query: str, there: bool
) -> None:
    with bank.browser("E3") as browser:
        page = browser.get(f"/findings?{query}")
        found = json.loads(browser.get(f"/findings/export/json?{query}"))
        listed = re.findall(r'href="/findings/(\d+)"', page)
        assert (str(bank.finding) in listed) is there
        assert [each["problem_id"] for each in found] == listed


def test_overdue_is_asked_for_like_any_status(bank: Bank) -> None:
    bank.world.later(days=40)
    with bank.browser("E3") as browser:
        assert f'href="/findings/{bank.finding}"' in browser.get("/findings?status=overdue")
        rows = list(csv.reader(io.StringIO(browser.get("/ledger/export/csv?status=overdue"))))
    assert len(rows) == 2


def test_a_workbook_is_handed_out_to_keep(bank: Bank) -> None:
    with bank.browser("A1") as browser:
        answer = browser.client.get("/findings/export/xlsx")
    assert answer.content.startswith(b"PK")
    assert 'filename="problems.xlsx"' in answer.headers["content-disposition"]


def test_a_remedy_is_worked_on_and_closed_by_a_second_person_vouched_for_by_the_pages(
    bank: Bank,
) -> None:
    with bank.browser("E3") as owner, bank.browser("D1") as second:
        assert act(bank, owner, "work/milestone_reached", milestone="list") == 303
        more_time = {"until": "2027-12-31", "reason": "More shares."}
        assert act(bank, owner, "work/extension_asked", **more_time) == 303
        assert act(bank, second, "decision/extension_approved", words="Granted.") == 303
        assert act(bank, owner, "work/reported_done") == 303
        assert act(bank, owner, "decision/accepted", words="Mine.") == 403
        assert act(bank, second, "decision/accepted", words="Looked.") == 303
        page = second.get(f"/findings/{bank.finding}?lang=en")
    assert "accepted" in page
    with bank.world.open() as installation:
        standing = findings.standing(installation.register, bank.finding)
        assert standing.state is State.ACCEPTED
        signed = [each for each in acting.verified(installation, bank.finding) if each.envelope]
        assert [each.person for each in signed] == ["D1", "D1"]
        noted = {(each.person, each.verb, each.result) for each in acts.list_acts(
            installation.register)}  # fmt: skip
    assert ("D1", "remedy accepted", "done") in noted
    assert ("E3", "remedy reported_done", "asked") in noted


def test_who_had_a_part_in_the_work_accepts_it_by_no_route(bank: Bank) -> None:
    document = {"kind": "document", "title": "Another", "reference": "ab" * 32}
    with bank.browser("E3") as owner, bank.browser("D1") as second:
        assert act(bank, second, "evidence", **document) == 303
        assert act(bank, owner, "work/reported_done") == 409  # a milestone is not reached
        assert act(bank, owner, "work/milestone_reached", milestone="list") == 303
        assert act(bank, owner, "work/reported_done") == 303
        assert act(bank, second, "decision/accepted", words="All mine.") == 409
        assert act(bank, second, "work/accepted", words="All mine.") == 403


def test_a_finding_is_entered_by_whoever_may_and_holds_no_numbers_of_people(bank: Bank) -> None:
    said = {
        "problem_class": "storage",
        "unit": "operations",
        "found_on": "2026-03-01",
        "found_how": "audit",
    }
    with bank.browser("E1") as browser:
        personal = browser.post("/findings/new", description="11010519491231002X", **said)
        assert personal.status_code == 409
        assert "11010519491231002X" not in personal.text
        made = browser.post("/findings/new", description="Boxes stand open.", **said)
        assert made.status_code == 303
        assert "Boxes stand open." in browser.get(made.headers["location"])
        foreign = browser.post("/findings/new", description="x", category="loan", **said)
        assert foreign.status_code == 403
