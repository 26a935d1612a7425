"""Holds on the pages: what is in force, what a hold binds, placing and lifting one."""

from __future__ import annotations

import pytest

from keepuntil.domain.holds import HoldScope
from keepuntil.register import acts, holds
from pages_world import Bank


@pytest.mark.parametrize(
    ("language", "told"), [("zh", ("应复审", "court order")), ("en", ("due for review", "2026"))]
)
def test_the_list_says_who_ordered_what_and_which_review_is_due(
    bank: Bank, language: str, told: tuple[str, ...]
) -> None:
    with bank.browser("A1") as browser:
        page = browser.get(f"/holds?lang={language}&show=review")
    assert bank.hold in page
    assert all(each in page for each in told)


def test_what_a_hold_binds_is_for_those_who_may_read_items_and_of_its_unit(bank: Bank) -> None:
    with (
        bank.browser("A1") as auditor,
        bank.browser("E3") as owner,
        bank.browser("E1") as other,
    ):
        assert "F77" not in auditor.get("/holds")
        assert "F77" in owner.get("/holds")
        assert bank.hold not in other.get("/holds")


def test_a_hold_is_placed_and_lifted_by_whoever_has_the_right_and_nobody_else(bank: Bank) -> None:
    said = {
        "category": "statement",
        "scope": "prefix",
        "value": "A000001",
        "mandate": "order 5",
        "owner": "legal",
        "review_by": "2027-01-01",
    }
    with bank.browser("E3") as owner, bank.browser("D1") as officer:
        assert owner.post("/holds", "/plans", **said).status_code == 403
        assert owner.post(f"/holds/{bank.hold}/lift", reason="x").status_code == 403
        assert officer.post("/holds", "/holds", **said).status_code == 303
        silent = officer.post(f"/holds/{bank.hold}/lift", "/holds", reason=" ")
        assert silent.status_code == 409
        lifted = officer.post(f"/holds/{bank.hold}/lift", "/holds", reason="Case closed.")
        assert lifted.status_code == 303
    with bank.world.open() as installation:
        (left,) = holds.in_force(installation.register)
        assert (left.scope, left.value) == (HoldScope.PREFIX, "A000001")
        ended = [each for each in holds.history(installation.register) if each.lifted_by]
        assert [(each.lifted_by, each.lift_reason) for each in ended] == [("D1", "Case closed.")]
        verbs = {(each.verb, each.result) for each in acts.list_acts(installation.register)}
    assert {("hold add", "done"), ("hold lift", "done"), ("hold lift", "usage")} <= verbs


@pytest.mark.parametrize("changed", [{"value": ""}, {"mandate": " "}, {"category": "nothing"}])
def test_half_a_hold_is_none(bank: Bank, changed: dict[str, str]) -> None:
    whole = {"category": "loan", "scope": "prefix", "value": "F", "mandate": "m", "owner": "o"}
    with bank.browser("D1") as officer:
        assert officer.post("/holds", "/holds", **(whole | changed)).status_code == 409
    with bank.world.open() as installation:
        assert [each.hold_id for each in holds.in_force(installation.register)] == [bank.hold]
