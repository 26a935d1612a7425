"""Departments witness electronic destruction together: after it, and before its certificate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from disposal_world import DEPARTMENTS, WITNESSES, World
from keepuntil.disposal import attesting, executing, planning
from keepuntil.disposal.installation import Installation
from keepuntil.errors import ApprovalError, RunPending
from keepuntil.evidence.envelope import Envelope
from keepuntil.register import certificates, log
from paper import run_together, texts

DUE = "A000001-2012-03-01.pdf"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path).build()
    world.write_rule(witness_departments=DEPARTMENTS)
    world.issue(DUE)
    return world


def test_there_is_no_certificate_before_every_department_has_signed(world: World) -> None:
    with world.open() as installation:
        run_id = world.destroy(installation, world.plan(installation))
        for person in WITNESSES:
            with pytest.raises(RunPending, match="waits for its witnesses") as refused:
                world.certify(installation, run_id)
            assert f"keepuntil attest {run_id}" in refused.value.sentence
            assert certificates.of_run(installation.register, run_id) == []
            world.attest(installation, run_id, person)
        assert world.certify(installation, run_id).outcomes == {"destroyed": 1}


def test_the_certificate_names_departments_and_none_of_their_people(world: World) -> None:
    with world.open() as installation:
        run_id = world.destroy(installation, world.plan(installation))
        world.attest(installation, run_id)
        made = world.certify(installation, run_id)
        said = certified(installation, made.certificate_id)
        assert [each["department"] for each in said["witnesses"]] == DEPARTMENTS.split(", ")
        for person in WITNESSES:
            assert f'"{person}"' not in json.dumps(said)
        page = run_together("".join(texts(made.bundle / "certificate.zh.pdf")))
        for department in ("档案管理机构", "会计管理机构", "信息系统管理机构"):
            assert department in page
        register = installation.register
        kinds = [entry.kind for entry in log.entries(register, 0, log.size(register))]
        assert kinds.count("witness") == 3
        assert max(i for i, k in enumerate(kinds) if k == "witness") < kinds.index("certificate")


def test_a_rule_that_asks_for_no_witness_names_none(world: World) -> None:
    world.write_rule()
    with world.open() as installation:
        made = world.whole_road(installation)
        assert "witnesses" not in certified(installation, made.certificate_id)


def certified(installation: Installation, certificate_id: str) -> dict[str, Any]:
    """What the signed certificate says."""
    stored = certificates.load(installation.register, certificate_id)
    said: dict[str, Any] = json.loads(Envelope.parse(stored.payload.strip()).payload)["predicate"]
    return said


def test_nobody_witnesses_before_it_is_done(world: World) -> None:
    with world.open() as installation:
        run_id = executing.open_run(installation, world.plan(installation), executor="executor")
        with pytest.raises(RunPending, match="after the destruction"):
            world.attest(installation, run_id)


def test_nobody_witnesses_after_the_certificate(world: World) -> None:
    with world.open() as installation:
        run_id = world.destroy(installation, world.plan(installation))
        world.attest(installation, run_id)
        world.certify(installation, run_id)
        with pytest.raises(RunPending, match="before the certificate"):
            world.attest(installation, run_id, "E4")


@pytest.mark.parametrize("as_whom", ["executor", "proposer", "approver"])
def test_who_took_part_is_no_witness(world: World, as_whom: str) -> None:
    second = ("E4", "head_of_archives") if as_whom == "approver" else ("E2", "records_officer")
    roles = f"data_owner, {second[1]}"
    world.write_rule(approval="dual", roles=roles, witness_departments=DEPARTMENTS)
    with world.open() as installation:
        proposer = "E4" if as_whom == "proposer" else "planner"
        plan_id = planning.plan(
            installation, "statement", world.moment.date(), proposed_by=proposer
        ).plan.plan_id
        world.approve(installation, plan_id, ("E1", "data_owner"), second)
        executor = "E4" if as_whom == "executor" else "executor"
        run_id = executing.open_run(installation, plan_id, executor=executor)
        for shard in executing.shards(installation, run_id, 1):
            executing.destroy_shard(installation, run_id, shard, worker="worker")
        executing.close_run(installation, run_id)
        with pytest.raises(ApprovalError, match="cannot witness it"):
            world.attest(installation, run_id, "E4")


@pytest.mark.parametrize(
    ("person", "key", "sentence"),
    [
        ("E1", "E1", "belongs to operations"),
        ("E4", "E5", "is not the one people.yaml names"),
        ("E9", "E4", "is not in people.yaml"),
    ],
)
def test_only_a_departments_own_person_signs_for_it(
    world: World, person: str, key: str, sentence: str
) -> None:
    with world.open() as installation:
        run_id = world.destroy(installation, world.plan(installation))
        with pytest.raises(ApprovalError, match=sentence):
            attesting.attest(installation, run_id, person=person, key=world.people[key])


def test_a_department_has_one_witness(world: World) -> None:
    with world.open() as installation:
        run_id = world.destroy(installation, world.plan(installation))
        world.attest(installation, run_id, "E4")
        with pytest.raises(ApprovalError, match="has signed for the run already"):
            world.attest(installation, run_id, "E4")


def test_a_signature_is_under_this_result_and_no_other(world: World) -> None:
    with world.open() as installation:
        run_id = world.destroy(installation, world.plan(installation))
        world.attest(installation, run_id)
        with installation.register.writing() as connection:
            connection.execute(text("UPDATE signature SET subject = 'run.other'"))
        with pytest.raises(RunPending, match="waits for its witnesses"):
            world.certify(installation, run_id)
