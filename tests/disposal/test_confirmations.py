"""A rule on the word of a text nobody has read is planned, and destroys nothing."""

from __future__ import annotations

import pytest

from disposal_world import World
from keepuntil.disposal import approving, executing
from keepuntil.errors import ApprovalError, PlanStale

DUE, KEPT = "A000001-2016-11-21.pdf", "A000003-2019-01-01.pdf"
UNREAD = "confidence: unverified"
CONFIRMED = f"{UNREAD}, confirmed: {{by: E9, on: 2026-11-20, note: read in the gazette}}"


@pytest.fixture
def unread(world: World) -> World:
    world.write_rule(approval="dual", roles="data_owner, records_officer")
    rests_on(world, "confidence: primary", UNREAD)
    people = world.policies / "people.yaml"
    people.write_text(
        people.read_text() + "  - {id: E9, unit: data-protection, roles: [dpo]}\n",
        encoding="utf-8",
    )
    world.issue(DUE, KEPT)
    return world


def rests_on(world: World, before: str, after: str) -> None:
    rule = world.policies / "rules" / "statement.yaml"
    text = rule.read_text(encoding="utf-8")
    assert before in text
    rule.write_text(text.replace(before, after), encoding="utf-8")


def test_an_unverified_rule_plans_and_does_not_destroy_until_it_is_confirmed(
    unread: World,
) -> None:
    with unread.open() as installation:
        plan_id = unread.plan(installation)
        unread.approve(installation, plan_id)
        assert approving.missing(installation, plan_id) == ["a confirmation of 反洗钱法 第三十四条"]
        with pytest.raises(ApprovalError) as refused:
            executing.open_run(installation, plan_id, executor="executor")
    assert "rests on 反洗钱法 第三十四条, whose own text nobody has verified" in str(refused.value)
    assert "confirmed: {by: …, on: …, note: …} by E9" in str(refused.value)
    assert unread.left() == {DUE, KEPT}

    rests_on(unread, UNREAD, CONFIRMED)
    with unread.open() as installation:
        with pytest.raises(PlanStale, match=r"the rule rules/statement.yaml changed"):
            approving.warrant(installation, plan_id)
        plan_id = unread.plan(installation)
        unread.approve(installation, plan_id)
        unread.certify(installation, unread.destroy(installation, plan_id))
    assert unread.left() == {KEPT}


def test_a_class_approved_beforehand_is_not_destroyed_on_hearsay(world: World) -> None:
    rests_on(world, "confidence: primary", "confidence: secondary")
    world.issue(DUE)
    with world.open() as installation:
        plan_id = world.plan(installation)
        with pytest.raises(ApprovalError, match=r"role dpo, whom people.yaml lacks"):
            approving.warrant(installation, plan_id)
    assert world.left() == {DUE}
