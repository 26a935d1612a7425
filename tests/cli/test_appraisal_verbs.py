"""appraise and attest at the command line: what they say, and what they refuse."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from disposal_world import APPRAISED_BY, DEPARTMENTS, PANEL, WITNESSES, World
from keepuntil.cli.main import keepuntil
from keepuntil.errors import ApprovalError

DUE = "A000001-2012-03-01.pdf"


@dataclass
class Desk:
    """A command line in a small bank whose people have keys."""

    world: World

    def __call__(self, *words: str) -> Result:
        where = ["--home", str(self.world.home), "--policies", str(self.world.policies)]
        return CliRunner().invoke(keepuntil, [*where, *words])

    def key(self, person: str) -> str:
        return str(self.world.folder / f"{person}.private")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name in ("KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY"):
        monkeypatch.delenv(name, raising=False)
    world = World(tmp_path).build()
    world.write_rule(appraised_by=APPRAISED_BY, witness_departments=DEPARTMENTS)
    world.issue(DUE)
    for person, key in world.people.items():
        path = world.folder / f"{person}.private"
        path.write_bytes(key.pem())
        path.chmod(0o600)
    return Desk(world)


def test_a_panel_signs_and_departments_attest(desk: Desk) -> None:
    with desk.world.open() as installation:
        plan_id = desk.world.plan(installation)
    said = desk("appraise", plan_id)
    assert "missing  the appraisal by head_of_archives" in said.output
    for person, role in PANEL:
        said = desk("appraise", plan_id, "--as", person, "--role", role, "--key", desk.key(person))
        assert said.exit_code == 0, said.output
    assert "missing" not in said.output
    with desk.world.open() as installation:
        run_id = desk.world.destroy(installation, plan_id)
    for person in WITNESSES:
        said = desk("attest", run_id, "--as", person, "--key", desk.key(person))
        assert said.exit_code == 0, said.output
    assert f"Next: keepuntil verify {run_id}" in said.output


def test_whoever_signs_says_who_in_which_role_and_with_which_key(desk: Desk) -> None:
    with desk.world.open() as installation:
        plan_id = desk.world.plan(installation)
    said = desk("appraise", plan_id, "--as", "E4")
    assert said.exit_code == 2
    assert "--as, --role and --key, all three" in said.output


def test_an_approval_before_the_appraisal_says_what_to_do(desk: Desk) -> None:
    with desk.world.open() as installation:
        plan_id = desk.world.plan(installation)
    said = desk("run", plan_id, "--executor", "executor", "--yes")
    assert isinstance(said.exception, ApprovalError)
    assert f"keepuntil appraise {plan_id} --as ID" in said.exception.sentence


def test_the_opinion_is_written_where_it_is_asked_for(desk: Desk, tmp_path: Path) -> None:
    with desk.world.open() as installation:
        plan_id = desk.world.plan(installation)
    said = desk("appraise", plan_id, "--forms", str(tmp_path / "forms"))
    assert said.exit_code == 0, said.output
    assert {path.name for path in (tmp_path / "forms").iterdir()} == {
        "appraisal_opinion.zh.pdf",
        "appraisal_opinion.en.pdf",
    }
