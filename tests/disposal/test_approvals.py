"""Who may say yes, to what, for how long; and what happens when the world moves meanwhile."""

from __future__ import annotations

import pytest

from disposal_world import World
from keepuntil.disposal import approving, executing
from keepuntil.disposal.installation import Installation
from keepuntil.domain.plans import Verdict
from keepuntil.errors import ApprovalError, EvidenceError, PlanBlocked, PlanError, PlanStale
from keepuntil.evidence import keys
from keepuntil.register import approvals, plans
from keepuntil.register.tables import approval as approval_table

DUE = "A000001-2016-11-21.pdf"
DUAL = {"approval": "dual", "roles": "data_owner, records_officer"}


@pytest.fixture
def dual(world: World) -> World:
    world.write_rule(**DUAL)
    world.issue(DUE, "A000003-2019-01-01.pdf")
    return world


def test_silence_is_never_consent(dual: World) -> None:
    with dual.open() as installation:
        plan_id = dual.plan(installation)
        with pytest.raises(ApprovalError, match="lacks the approval of data_owner"):
            executing.open_run(installation, plan_id, executor="executor")


def test_two_distinct_people_are_needed(dual: World) -> None:
    with dual.open() as installation:
        plan_id = dual.plan(installation)
        dual.approve(installation, plan_id, ("E3", "data_owner"))
        with pytest.raises(ApprovalError, match="has decided on this plan"):
            dual.approve(installation, plan_id, ("E3", "records_officer"))
        with pytest.raises(ApprovalError, match="lacks the approval of records_officer"):
            approving.warrant(installation, plan_id)
        dual.approve(installation, plan_id, ("E2", "records_officer"))
        assert len(approving.warrant(installation, plan_id).approvers) == 2


@pytest.mark.parametrize(
    ("person", "role", "sentence"),
    [
        ("E9", "data_owner", "is not in people.yaml"),
        ("E2", "data_owner", "does not hold the role"),
        ("E1", "owner", "asks for data_owner and records_officer"),
        ("planner", "data_owner", "is not in people.yaml"),
    ],
)
def test_only_who_holds_the_role_decides(
    dual: World, person: str, role: str, sentence: str
) -> None:
    with dual.open() as installation:
        plan_id = dual.plan(installation)
        dual.people.setdefault(person, dual.people["E1"])
        with pytest.raises(ApprovalError, match=sentence):
            dual.approve(installation, plan_id, (person, role))


def test_who_proposed_cannot_approve(dual: World) -> None:
    from keepuntil.disposal import planning

    with dual.open() as installation:
        plan_id = planning.plan(
            installation, "statement", dual.moment.date(), proposed_by="E1"
        ).plan.plan_id
        with pytest.raises(ApprovalError, match="proposed this plan"):
            dual.approve(installation, plan_id, ("E1", "data_owner"))


@pytest.mark.parametrize("person", ["planner", "E1"])
def test_who_proposed_or_approved_cannot_execute(dual: World, person: str) -> None:
    with dual.open() as installation:
        plan_id = dual.plan(installation)
        dual.approve(installation, plan_id)
        with pytest.raises(PlanError, match="cannot carry it out"):
            executing.open_run(installation, plan_id, executor=person)


def test_a_key_that_is_not_the_persons_is_refused(dual: World) -> None:
    with dual.open() as installation:
        plan_id = dual.plan(installation)
        dual.people["E1"] = keys.generate(keys.KeyKind.P256)
        with pytest.raises(ApprovalError, match=r"is not the one people\.yaml names"):
            dual.approve(installation, plan_id)


def test_an_altered_approval_is_noticed(dual: World) -> None:
    with dual.open() as installation:
        plan_id = dual.plan(installation)
        dual.approve(installation, plan_id)
        with installation.register.writing() as connection:
            connection.execute(approval_table.update().values(person="E3"))
        with pytest.raises((ApprovalError, EvidenceError)):
            approving.warrant(installation, plan_id)


def test_an_approval_expires(dual: World) -> None:
    with dual.open() as installation:
        plan_id = dual.plan(installation)
        dual.approve(installation, plan_id)
        dual.later(days=31)
        with pytest.raises(ApprovalError, match="lacks"):
            executing.open_run(installation, plan_id, executor="executor")
    assert DUE in dual.left()


def test_a_rejected_plan_destroys_nothing(dual: World) -> None:
    with dual.open() as installation:
        plan_id = dual.plan(installation)
        approving.approve(
            installation,
            plan_id,
            person="E1",
            role="data_owner",
            verdict=Verdict.REJECT,
            reason="look again",
            via="cli",
            signing_key=dual.people["E1"],
        )
        with pytest.raises(ApprovalError, match="was rejected"):
            executing.open_run(installation, plan_id, executor="executor")


def test_cooling_off_holds_the_plan_back(dual: World) -> None:
    dual.write_rule(**DUAL, cooling_off="P7D")
    with dual.open() as installation:
        plan_id = dual.plan(installation)
        dual.approve(installation, plan_id)
        with pytest.raises(ApprovalError, match="cooling off until 2026-11-30"):
            executing.open_run(installation, plan_id, executor="executor")
        dual.later(days=7)
        dual.destroy(installation, plan_id)
    assert DUE not in dual.left()


def taken_back(world: World, installation: Installation, plan_id: str, person: str) -> None:
    approving.approve(
        installation,
        plan_id,
        person=person,
        role="data_owner",
        verdict=Verdict.REJECT,
        reason="second thoughts",
        via="cli",
        signing_key=world.people[person],
    )


def test_whoever_approved_may_still_say_no_while_the_plan_cools_off(dual: World) -> None:
    dual.write_rule(**DUAL, cooling_off="P7D")
    with dual.open() as installation:
        plan_id = dual.plan(installation)
        dual.approve(installation, plan_id)
        with pytest.raises(ApprovalError, match="The role data_owner has decided"):
            taken_back(dual, installation, plan_id, "E3")
        taken_back(dual, installation, plan_id, "E1")
        assert plans.load(installation.register, plan_id).state is plans.PlanState.REJECTED
        dual.later(days=7)
        with pytest.raises(ApprovalError, match="was rejected"):
            executing.open_run(installation, plan_id, executor="executor")
    assert DUE in dual.left()


def test_a_run_stops_before_its_next_shard_when_an_approval_is_taken_back(dual: World) -> None:
    with dual.open() as installation:
        plan_id = dual.plan(installation)
        dual.approve(installation, plan_id)
        run_id = executing.open_run(installation, plan_id, executor="executor")
        taken_back(dual, installation, plan_id, "E1")
        (shard,) = executing.shards(installation, run_id, 1)
        with pytest.raises(ApprovalError, match="E1 rejected the plan"):
            executing.destroy_shard(installation, run_id, shard, worker="worker")
    assert DUE in dual.left()


def test_a_changed_rule_voids_the_plan(dual: World) -> None:
    with dual.open() as installation:
        plan_id = dual.plan(installation)
        dual.approve(installation, plan_id)
    dual.write_rule(**DUAL, limit=50)
    with dual.open() as installation, pytest.raises(PlanStale, match=r"statement\.yaml"):
        executing.open_run(installation, plan_id, executor="executor")


def test_an_altered_list_is_not_carried_out(dual: World) -> None:
    from keepuntil.register.tables import item_chunk

    with dual.open() as installation:
        plan_id = dual.plan(installation)
        dual.approve(installation, plan_id)
        with installation.register.writing() as connection:
            connection.execute(item_chunk.delete())
        with pytest.raises(PlanError, match="not the one that was approved"):
            executing.open_run(installation, plan_id, executor="executor")


@pytest.mark.parametrize("limits", [{"limit": 1}, {"share": 50}])
def test_above_its_limits_a_plan_waits_for_a_person(world: World, limits: dict[str, int]) -> None:
    world.write_rule(**limits)
    world.issue(DUE, "A000002-2016-11-21.pdf", "A000003-2019-01-01.pdf")
    with world.open() as installation:
        plan_id = world.plan(installation)
        with pytest.raises(PlanBlocked, match="waits for a person"):
            executing.open_run(installation, plan_id, executor="executor")
        approving.approve(
            installation,
            plan_id,
            person="E1",
            role="owner",
            verdict=Verdict.APPROVE,
            reason="the yearly clean-up",
            accepts_exceeded=True,
            via="cli",
            signing_key=world.people["E1"],
        )
        world.destroy(installation, plan_id)
    assert world.left() == {"A000003-2019-01-01.pdf"}


def test_an_approval_is_a_signature_over_the_plan_digest(dual: World) -> None:
    with dual.open() as installation:
        plan_id = dual.plan(installation)
        dual.approve(installation, plan_id)
        plan = plans.load(installation.register, plan_id).plan
        for claimed, envelope in approvals.of(installation.register, plan.digest):
            assert claimed.plan_digest == plan.digest
            opened = approving.open_approval(envelope, [dual.people[claimed.person].public])
            assert opened == claimed
