"""Every route names its right; who lacks it is refused on the server, whatever they send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from keepuntil.disposal.approving import missing
from keepuntil.domain.access import Right
from keepuntil.register import acts, approvals, holds, plans
from keepuntil.register.plans import PlanState
from pages_world import Bank, decision

OPEN = {("GET", "/sign-in"), ("POST", "/sign-in"), ("POST", "/sign-out")}
"""What somebody needs who is not signed in."""

CHANGES_NOTHING = {"/evidence/verify"}
"""Forms that are answered and change nothing: they ask for the right to read."""


def routes(bank: Bank) -> Iterator[tuple[str, APIRoute]]:
    found: list[Any] = list(bank.pages.routes)
    while found:
        route = found.pop(0)
        if isinstance(route, APIRoute):
            yield from ((method, route) for method in route.methods)
        else:
            found.extend(getattr(getattr(route, "original_router", None), "routes", []))


def rights(route: APIRoute) -> list[Any]:
    return [each.call for each in route.dependant.dependencies if hasattr(each.call, "right")]


def address(bank: Bank, path: str) -> str:
    known = {
        "plan_id": bank.waiting,
        "category": "loan",
        "certificate_id": bank.certificate,
        "digest": "sha256:0",
        "number": str(bank.finding),
        "campaign_id": bank.campaign,
        "name": bank.request,
        "language": "en",
        "hold_id": bank.hold,
        "written": "json",
        "act": "reported_done",
    }
    return re.sub(r"\{(\w+)\}", lambda found: known[found.group(1)], path)


def test_every_route_names_one_right_and_no_form_changes_anything_by_the_right_to_read(
    bank: Bank,
) -> None:
    seen = set()
    for method, route in routes(bank):
        seen.add((method, route.path))
        if (method, route.path) in OPEN:
            assert rights(route) == []
            continue
        (named,) = rights(route)
        if method == "GET":
            assert not named.changing, route.path
        elif route.path not in CHANGES_NOTHING:
            assert named.changing, route.path
            assert named.right is not Right.READ, route.path
    assert seen >= OPEN
    assert len(seen) > 15


def test_who_is_not_signed_in_is_sent_to_sign_in_and_sees_nothing(bank: Bank) -> None:
    with bank.browser() as browser:
        for method, route in routes(bank):
            if (method, route.path) in OPEN:
                continue
            path = address(bank, route.path)
            answer = browser.client.request(method, path, data={}, follow_redirects=False)
            assert answer.status_code in ((303,) if method == "GET" else (401, 422)), route.path
            assert bank.waiting not in answer.text


def test_who_is_signed_in_and_not_in_people_yaml_sees_nothing(bank: Bank) -> None:
    with bank.browser("stranger") as browser:
        for path in ("/", "/plans", f"/plans/{bank.waiting}", "/evidence"):
            answer = browser.client.get(path)
            assert answer.status_code == 403
            assert "people.yaml" in answer.text


FIELDS = {
    "digest": "sha256:0",
    "role": "data_owner",
    "verdict": "approve",
    "reason": "x",
    "instance": "core",
    "opinion": "unsettled",
    "item": "[1]",
}


def test_an_auditor_changes_nothing_by_any_request(bank: Bank) -> None:
    with bank.browser("A1") as browser:
        tried = 0
        for method, route in routes(bank):
            if method == "GET" or (method, route.path) in OPEN or route.path in CHANGES_NOTHING:
                continue
            tried += 1
            assert browser.post(address(bank, route.path), **FIELDS).status_code == 403, route.path
    assert tried >= 2
    with bank.world.open() as installation:
        assert [each.hold_id for each in holds.in_force(installation.register)] == [bank.hold]
        assert acts.list_acts(installation.register) == []


def test_an_auditor_reads_lists_without_their_items(bank: Bank) -> None:
    with bank.browser("A1") as browser:
        page = browser.get(f"/plans/{bank.waiting}?lang=en")
    assert "F1/page1.tif" not in page
    assert "Items are shown to those whose access role lets them" in page


@pytest.mark.parametrize("login", ["E1", "e2@bank.example"])
def test_people_see_their_own_units_and_what_only_they_can_decide_on(
    bank: Bank, login: str
) -> None:
    """E1 owns statements. E2 is of another unit, and the only kind of person who can give the
    second approval on loans."""
    with bank.browser(login) as browser:
        shown = {
            "loan": browser.status(f"/plans/{bank.waiting}"),
            "statement": browser.status(f"/evidence/{bank.certificate}"),
        }
        lists = browser.get("/plans")
        tonight = browser.get("/")
    sees_loans = login != "E1"
    assert shown == ({"loan": 200, "statement": 403} if sees_loans else
                     {"loan": 403, "statement": 200})  # fmt: skip
    for page in (lists, tonight):
        assert (">loan<" in page or bank.waiting in page) is sees_loans
        assert ("对账单" in page) is (not sees_loans)


def test_an_approver_of_another_unit_sees_no_items_and_decides_nothing(bank: Bank) -> None:
    with bank.browser("E1") as browser:
        assert "F1/page1.tif" not in browser.client.get(f"/plans/{bank.waiting}").text
        assert browser.status(f"/plans/{bank.waiting}/changes") == 403
        assert decision(bank, browser, "approve", "data_owner").status_code == 403


def test_who_proposed_a_list_approves_it_by_no_route(bank: Bank) -> None:
    with bank.browser("P1") as browser:
        page = browser.get(f"/plans/{bank.waiting}?lang=en")
        assert "You proposed this list" in page
        assert 'value="approve"' not in page
        for role in ("data_owner", "records_officer"):
            answer = decision(bank, browser, "approve", role)
            assert answer.status_code == 409
            assert "proposed this plan and cannot decide on it" in answer.text
    with bank.world.open() as installation:
        assert len(missing(installation, bank.waiting)) == 2


def test_two_people_approve_and_their_page_is_what_vouches(bank: Bank) -> None:
    with bank.browser("E3") as first, bank.browser("e2@bank.example") as second:
        assert decision(bank, first, "approve", "data_owner").status_code == 303
        again = decision(bank, first, "approve", "data_owner")
        assert again.status_code == 409
        assert decision(bank, second, "approve", "records_officer").status_code == 303
    with bank.world.open() as installation:
        stored = plans.load(installation.register, bank.waiting)
        given = [each for each, _ in approvals.of(installation.register, stored.plan.digest)]
        assert [(each.person, each.via) for each in given] == [("E3", "pages"), ("E2", "pages")]
        assert stored.state is PlanState.APPROVED
        noted = [
            (act.person, act.verb, act.subject, act.result)
            for act in reversed(acts.list_acts(installation.register))
        ]
    assert noted == [
        (person, "approve", bank.waiting, result)
        for person, ends in (("E3", "done"), ("E3", "approval"), ("E2", "done"))
        for result in ("asked", ends)
    ]


def test_whoever_approved_takes_it_back_before_anything_is_destroyed(bank: Bank) -> None:
    with bank.browser("E3") as first, bank.browser("e2@bank.example") as second:
        decision(bank, first, "approve", "data_owner")
        decision(bank, second, "approve", "records_officer")
        page = second.get(f"/plans/{bank.waiting}?lang=en")
        assert "Take the approval back and stop" in page
        assert decision(bank, second, "reject", "records_officer").status_code == 303
    with bank.world.open() as installation:
        assert plans.load(installation.register, bank.waiting).state is PlanState.REJECTED


def test_an_approval_is_bound_to_the_digest_that_was_shown_and_says_why(bank: Bank) -> None:
    with bank.browser("E3") as browser:
        other = decision(bank, browser, "approve", "data_owner", digest="sha256:other")
        assert "not the list" in other.text
        silent = decision(bank, browser, "approve", "data_owner", reason=" ")
        assert "give a reason" in silent.text
    assert other.status_code == silent.status_code == 409


def test_single_items_are_kept_by_a_hold_with_a_reason(bank: Bank) -> None:
    page = f"/plans/{bank.waiting}"
    with bank.browser("E3") as browser:
        kept = browser.post(
            f"{page}/keep",
            page,
            instance="core",
            opinion="extend",
            until="2027-06-30",
            reason="A dispute is announced.",
            item="[1]",
            named="[2]",
        )
        assert kept.status_code == 303, kept.text
        assert "2 extended" in browser.get(f"{page}?lang=en")
    with bank.world.open() as installation:
        assert sorted(hold.value for hold in holds.in_force(installation.register)) == [
            "F77",
            "[1]",
            "[2]",
        ]


def test_before_anybody_has_an_access_role_the_rules_alone_say_who_decides(bank: Bank) -> None:
    people = bank.world.policies / "people.yaml"
    people.write_text(re.sub(r"access: \[\w+\], ", "", people.read_text()))
    with bank.browser("E3") as browser:
        assert decision(bank, browser, "approve", "data_owner").status_code == 303
    with bank.browser("W1") as browser:
        assert decision(bank, browser, "approve", "records_officer").status_code == 409


def test_an_auditor_finds_the_evidence_of_a_rule_that_is_gone(bank: Bank) -> None:
    (bank.world.policies / "rules" / "statement.yaml").unlink()
    with bank.browser("A1") as auditor, bank.browser("E1") as owner:
        assert bank.certificate in auditor.get("/evidence")
        assert auditor.status(f"/evidence/{bank.certificate}") == 200
        assert "statement." in auditor.get("/plans")
        assert owner.status(f"/evidence/{bank.certificate}") == 403
