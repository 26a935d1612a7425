"""Where a rule has lists appraised, nothing goes before the whole panel has signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from disposal_world import APPRAISED_BY, PANEL, World
from keepuntil.disposal import (
    appraisal_form,
    appraisal_panel,
    appraising,
    approving,
    executing,
    planning,
    publishing,
)
from keepuntil.disposal.appraising import Opinion
from keepuntil.disposal.installation import Installation
from keepuntil.domain.plans import Verdict
from keepuntil.errors import ApprovalError, EvidenceError
from keepuntil.evidence.envelope import Envelope
from keepuntil.register import holds, log
from keepuntil.register.signature_tables import signature as signature_table
from paper import run_together, texts
from paper_centre import DUE, Centre, build_centre
from paper_world import voucher_rule

KEPT, GOES = "A000001-2012-03-01.pdf", "A000002-2012-03-01.pdf"
UNTIL = date(2031, 12, 31)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path).build()
    world.write_rule(
        approval="dual", roles="data_owner, records_officer", appraised_by=APPRAISED_BY
    )
    world.issue(KEPT, GOES)
    return world


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Centre:
    centre = build_centre(World(tmp_path).build(), monkeypatch)
    (centre.world.policies / "rules" / "voucher.yaml").write_text(
        voucher_rule(approval=f"owner\n  roles: [data_owner]\n  appraised_by: [{APPRAISED_BY}]")
    )
    return centre


def keep(installation: Installation, plan_id: str, item: str = KEPT) -> str:
    (hold_id,) = appraising.keep(
        installation,
        plan_id,
        "share",
        [(item,)],
        opinion=Opinion.EXTEND,
        reason="a law suit is expected",
        by="E2",
        until=UNTIL,
    )
    return hold_id


def test_nobody_approves_a_list_that_is_not_appraised(world: World) -> None:
    with world.open() as installation:
        plan_id = world.plan(installation)
        with pytest.raises(ApprovalError, match="has to be appraised first") as refused:
            world.approve(installation, plan_id)
        assert f"keepuntil appraise {plan_id}" in refused.value.sentence
        assert "head_of_archives and head_of_accounting" in refused.value.sentence
        assert approving.missing(installation, plan_id)[:2] == [
            "the appraisal by head_of_archives",
            "the appraisal by head_of_accounting",
        ]


def test_one_of_the_panel_is_not_the_panel(world: World) -> None:
    with world.open() as installation:
        plan_id = world.plan(installation)
        person, role = PANEL[0]
        appraisal_panel.sign(
            installation, plan_id, person=person, role=role, key=world.people[person]
        )
        with pytest.raises(ApprovalError, match="head_of_accounting has not signed"):
            world.approve(installation, plan_id)


def test_a_list_nobody_appraised_may_be_rejected(world: World) -> None:
    with world.open() as installation:
        plan_id = world.plan(installation)
        approving.approve(
            installation,
            plan_id,
            person="E1",
            role="data_owner",
            verdict=Verdict.REJECT,
            reason="look again",
            via="cli",
            signing_key=world.people["E1"],
        )


def test_a_class_approved_beforehand_is_appraised_all_the_same(world: World) -> None:
    world.write_rule(appraised_by=APPRAISED_BY)
    with world.open() as installation:
        plan_id = world.plan(installation)
        with pytest.raises(ApprovalError, match="has to be appraised first"):
            executing.open_run(installation, plan_id, executor="executor")
        world.appraise(installation, plan_id)
        world.destroy(installation, plan_id)
    assert world.left() == set()


def test_what_the_panel_keeps_stays_and_the_rest_goes(world: World) -> None:
    with world.open() as installation:
        plan_id = world.plan(installation)
        keep(installation, plan_id)
        world.appraise(installation, plan_id)
        world.approve(installation, plan_id)
        run_id = world.destroy(installation, plan_id)
        assert world.certify(installation, run_id).outcomes == {"destroyed": 1, "held": 1}
    assert world.left() == {KEPT}


@pytest.mark.parametrize("change", ["entered", "lifted"])
def test_a_decision_after_the_signatures_voids_them_and_the_approvals(
    world: World, change: str
) -> None:
    with world.open() as installation:
        plan_id = world.plan(installation)
        kept = keep(installation, plan_id)
        world.appraise(installation, plan_id)
        world.approve(installation, plan_id)
        approving.warrant(installation, plan_id)
        world.later(hours=1)
        if change == "entered":
            keep(installation, plan_id, GOES)
        else:
            holds.lift(installation.register, kept, by="E2", reason="x", at=installation.now())
        with pytest.raises(ApprovalError, match="has to be appraised first"):
            approving.warrant(installation, plan_id)
        world.appraise(installation, plan_id)
        with pytest.raises(ApprovalError, match="lacks the approval of data_owner"):
            approving.warrant(installation, plan_id)
        world.approve(installation, plan_id)
        approving.warrant(installation, plan_id)


def test_another_list_has_to_be_appraised_by_itself(world: World) -> None:
    with world.open() as installation:
        world.appraise(installation, world.plan(installation))
        world.issue("A000003-2012-03-01.pdf")
        with pytest.raises(ApprovalError, match="has to be appraised first"):
            world.approve(installation, world.plan(installation))


@pytest.mark.parametrize(
    ("person", "role", "key", "sentence"),
    [
        ("E9", "head_of_archives", "E4", "is not in people.yaml"),
        ("E5", "head_of_archives", "E5", "does not hold the role"),
        ("E1", "data_owner", "E1", "appraised by head_of_archives and head_of_accounting"),
        ("E4", "head_of_archives", "E5", "is not the one people.yaml names"),
        ("E5", "head_of_accounting", "E5", "proposed this plan"),
    ],
)
def test_only_who_holds_the_role_signs_with_a_key_of_their_own(
    world: World, person: str, role: str, key: str, sentence: str
) -> None:
    with world.open() as installation:
        day = date(2026, 11, 23)
        stored = planning.plan(installation, "statement", day, proposed_by="E5")
        with pytest.raises(ApprovalError, match=sentence):
            appraisal_panel.sign(
                installation, stored.plan.plan_id, person=person, role=role, key=world.people[key]
            )


def test_nobody_signs_one_appraisal_twice(world: World) -> None:
    with world.open() as installation:
        plan_id = world.plan(installation)
        world.appraise(installation, plan_id)
        with pytest.raises(ApprovalError, match="has signed this appraisal"):
            world.appraise(installation, plan_id)


def test_a_signature_whose_person_lost_the_role_counts_no_more(world: World) -> None:
    people = world.policies / "people.yaml"
    with world.open() as installation:
        plan_id = world.plan(installation)
        world.appraise(installation, plan_id)
    said = people.read_text().replace("[head_of_archives]", "[clerk]")
    people.write_text(said.replace("[operator]", "[head_of_archives]"))
    with world.open() as installation, pytest.raises(ApprovalError, match="head_of_archives has"):
        world.approve(installation, plan_id)


def test_a_line_somebody_changed_is_noticed(world: World) -> None:
    with world.open() as installation:
        plan_id = world.plan(installation)
        world.appraise(installation, plan_id)
        table = signature_table
        with installation.register.writing() as connection:
            line = connection.scalars(select(table.c.envelope).where(table.c.number == 1)).one()
            said = Envelope.parse(bytes(line))
            forged = replace(said, payload=said.payload.replace(b'"unsettled":0', b'"unsettled":1'))
            assert forged != said
            change = table.update().where(table.c.number == 1)
            connection.execute(change.values(envelope=forged.encode()))
        with pytest.raises(EvidenceError):
            world.approve(installation, plan_id)


def test_every_signature_of_the_panel_is_in_the_log(world: World) -> None:
    with world.open() as installation:
        plan_id = world.plan(installation)
        world.appraise(installation, plan_id)
        publishing.publish(installation)
        found = log.entries(installation.register, 0, log.size(installation.register))
        assert [entry.kind for entry in found].count("appraisal") == 2


def test_paper_is_not_released_before_its_list_is_appraised(centre: Centre) -> None:
    centre.paper.put(1, DUE)
    with centre.open() as installation:
        plan_id = centre.world.plan(installation, "voucher")
        with pytest.raises(ApprovalError, match="has to be appraised first"):
            executing.open_run(installation, plan_id, executor="executor")
        assert centre.paper.orders() == {}
        centre.world.appraise(installation, plan_id)
        assert centre.released(installation)
        assert centre.paper.orders() == {"I000001": "ordered"}


def test_the_opinion_is_filled_from_what_was_decided(centre: Centre, tmp_path: Path) -> None:
    for number in range(3):
        centre.paper.put(number, DUE)
        centre.paper.describe(number, reference=f"PZ-2012-{number:03}", year=2012, volumes=1)
    with centre.open() as installation:
        plan_id = centre.world.plan(installation, "voucher")
        appraising.keep(
            installation,
            plan_id,
            "paper",
            [("I000001",)],
            opinion=Opinion.EXTEND,
            reason="head office",
            by="E4",
            until=UNTIL,
        )
        appraising.keep(
            installation,
            plan_id,
            "paper",
            [("I000002",)],
            opinion=Opinion.UNSETTLED,
            reason="debt open",
            by="E4",
        )
        centre.world.appraise(installation, plan_id)
        zh, _ = appraisal_form.write(installation, plan_id, tmp_path / "forms")
    text = run_together("".join(texts(zh)))
    for expected in (
        f"AO-{plan_id}",
        "销毁1件，延期保管1件，未了事项抽出立卷1件",
        "PZ-2012-001",
        "延至2031-12-31。headoffice",
        "PZ-2012-002",
        "debtopen",
        "E4",
        "E5",
        "会计管理机构负责人",
    ):
        assert run_together(expected) in text, expected


def test_an_opinion_on_rows_and_files_names_none_of_them(world: World, tmp_path: Path) -> None:
    with world.open() as installation:
        plan_id = world.plan(installation)
        keep(installation, plan_id)
        for path in appraisal_form.write(installation, plan_id, tmp_path / "forms"):
            assert "A00000" not in run_together("".join(texts(path)))
