"""The whole road, once through: what is due goes, all else stays, the certificate says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from disposal_world import AS_OF, World
from keepuntil.disposal import nights, planning
from keepuntil.disposal.certifying import Certificate
from keepuntil.disposal.checking_certificates import Verdict, check_bundle
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.trust import Trust
from keepuntil.errors import PlanError
from keepuntil.register import findings, plans

DUE = "A000001-2016-11-21.pdf"
LAST_DAY = "A000002-2016-11-23.pdf"
KEPT = "A000003-2019-01-01.pdf"
IMPOSSIBLE = "A000004-2015-02-30.pdf"


def check(installation: Installation, certificate: Certificate) -> Verdict:
    return check_bundle(
        certificate.bundle,
        Trust(
            certificate_keys=(installation.signing_key("certificate").public,),
            run_keys=(installation.signing_key("run").public,),
        ),
    )


def test_only_what_is_due_is_destroyed_and_the_certificate_holds(world: World) -> None:
    world.issue(DUE, LAST_DAY, KEPT, IMPOSSIBLE)
    with world.open() as installation:
        certificate = world.whole_road(installation)
        checked = check(installation, certificate)
    assert world.left() == {LAST_DAY, KEPT, IMPOSSIBLE}
    assert checked.outcomes == {"destroyed": 1}
    assert (certificate.bundle / "SHA256SUMS").is_file()


def test_the_same_data_rule_and_day_give_the_same_plan(world: World) -> None:
    world.issue(DUE, KEPT)
    with world.open() as installation:
        first = planning.plan(installation, "statement", AS_OF, proposed_by="one").plan
        world.later(hours=5)
        second = planning.plan(installation, "statement", AS_OF, proposed_by="two").plan
    assert first == second


def test_every_item_is_counted_once(world: World) -> None:
    world.issue(DUE, LAST_DAY, KEPT, IMPOSSIBLE)
    with world.open() as installation:
        (tally,) = planning.plan(installation, "statement", AS_OF, proposed_by="p").plan.instances
        raised = [found.kind for found in findings.open_findings(installation.register)]
    assert (tally.total, tally.due, tally.kept) == (4, 1, 2)
    assert dict(tally.undetermined) == {"unreadable_event": 1}
    assert raised == ["not_computable"]


def test_a_second_run_the_same_night_destroys_nothing_more(world: World) -> None:
    world.issue(DUE, KEPT)
    with world.open() as installation:
        world.whole_road(installation)
        again = planning.plan(installation, "statement", AS_OF, proposed_by="planner").plan
        statement = nights.state_nothing_due(installation, again.plan_id)
    assert again.items == 0
    assert statement.is_file()
    assert world.left() == {KEPT}


def test_a_plan_for_a_day_that_has_not_come_is_refused(world: World) -> None:
    with world.open() as installation, pytest.raises(PlanError, match="has not come yet"):
        planning.plan(installation, "statement", AS_OF.replace(year=2027), proposed_by="p")


def test_after_the_certificate_the_list_cannot_be_read_any_more(world: World) -> None:
    world.issue(DUE)
    with world.open() as installation:
        plan_id = world.plan(installation)
        world.certify(installation, world.destroy(installation, plan_id))
        with pytest.raises(PlanError, match="was destroyed"):
            list(plans.chunks(installation.register, plan_id, "share"))


def test_copies_that_age_out_make_the_certificate_provisional(world: World) -> None:
    world.write_rule(backup="P35D")
    world.issue(DUE)
    with world.open() as installation:
        certificate = world.whole_road(installation)
        assert check(installation, certificate).provisional_until == "2026-12-28"


def test_scans_go_before_the_rows_that_date_them(world: World) -> None:
    world.write_loan_rule()
    world.build_core({1: "2015-05-05", 2: "2022-01-01", 3: None, 4: "1900-01-01"})
    with world.open() as installation:
        certificate = world.whole_road(installation, "loan")
        checked = check(installation, certificate)
    assert world.loans_left() == {2, 3, 4}
    assert not (world.scans / "F1" / "page1.tif").exists()
    assert (world.scans / "F2" / "page1.tif").exists()
    assert checked.outcomes == {"destroyed": 2}


def test_a_row_whose_scan_is_not_gone_stays(world: World) -> None:
    world.write_loan_rule()
    world.build_core({1: "2015-05-05", 5: "2015-05-05"})
    (world.folder / "second-name").hardlink_to(world.scans / "F1" / "page1.tif")
    with world.open() as installation:
        certificate = world.whole_road(installation, "loan")
    assert world.loans_left() == {1}
    assert certificate.outcomes == {"destroyed": 2, "held": 1, "shared": 1}


def test_nothing_personal_is_in_any_output(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.write_loan_rule()
    world.build_core({777123456: "2015-05-05"})
    world.issue("A000001-2016-11-21-Zhang Planted-Name.pdf")
    with world.open() as installation:
        loans = world.whole_road(installation, "loan")
        statements = world.whole_road(installation)
    said = capsys.readouterr()
    outputs = [said.out.encode(), said.err.encode()]
    outputs += [path.read_bytes() for path in _files(world.home)]
    for planted in (b"Planted-Name", b"777123456", b"A000001-2016"):
        assert not any(planted in output for output in outputs)
    assert json.dumps([loans.outcomes, statements.outcomes])


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
