"""The command line as people meet it: verbs, sentences, exit codes, JSON."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from disposal_world import AS_OF, World
from keepuntil.cli.main import EXIT_CODES, VERBS
from keepuntil.errors import KeepuntilError

ROOT = Path(__file__).resolve().parents[2]
DUE, KEPT = "A000001-2016-11-21.pdf", "A000003-2024-01-01.pdf"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name in ("KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KU_TEST_CORE", f"sqlite:///{tmp_path / 'core.db'}")
    world = World(tmp_path).build()
    for person, key in world.people.items():
        path = world.folder / f"{person}.private"
        path.write_bytes(key.pem())
        path.chmod(0o600)
    return world


def keepuntil(world: World, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from keepuntil.cli.main import main; main()", *words],
        env=os.environ
        | {
            "KEEPUNTIL_HOME": str(world.home),
            "KEEPUNTIL_POLICIES": str(world.policies),
            "PYTHONPATH": str(ROOT / "plugins"),
            "COLUMNS": "160",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_help_names_every_verb_and_every_exit_code(world: World) -> None:
    said = keepuntil(world, "--help").stdout
    assert all(f"  {verb} " in said for verb in VERBS)
    codes = {error.exit_code for error in _all_errors(KeepuntilError)} - {1}
    assert all(f" {code}  " in EXIT_CODES for code in codes)


def test_a_starter_set_is_written_once_and_found_valid(world: World, tmp_path: Path) -> None:
    begin = ("--home", f"{tmp_path}/new", "--policies", f"{tmp_path}/set", "init", "--starter")
    made = keepuntil(world, *begin, "us")
    assert made.returncode == 0, made.stderr
    assert f"wrote {tmp_path}/set/rules/us_bsa.yaml" in made.stdout
    checked = keepuntil(world, "--policies", f"{tmp_path}/set", "check")
    assert "15 rules, 3 stores: all valid." in checked.stdout
    again = keepuntil(world, *begin, "eu")
    assert again.returncode == 2
    assert f"There are policies in {tmp_path}/set already" in again.stderr
    assert not (tmp_path / "set" / "rules" / "eu_gdpr.yaml").exists()


def _all_errors(error: type[KeepuntilError]) -> set[type[KeepuntilError]]:
    return {error}.union(*(_all_errors(below) for below in error.__subclasses__()))


def test_from_a_plan_to_a_certificate_on_the_command_line(world: World) -> None:
    world.write_rule(approval="dual", roles="data_owner, records_officer")
    world.issue(DUE, KEPT)
    planned = keepuntil(
        world, "--json", "plan", "statement", "--as-of", str(AS_OF), "--proposed-by", "planner"
    )
    plan = json.loads(planned.stdout)
    plan_id = plan["plan"]["plan_id"]
    assert plan["missing"] == ["the approval of data_owner", "the approval of records_officer"]
    refused = keepuntil(world, "run", plan_id, "--executor", "executor", "--yes")
    assert (refused.returncode, DUE in world.left()) == (6, True)
    for person, role in (("E1", "data_owner"), ("E2", "records_officer")):
        key = str(world.folder / f"{person}.private")
        said = keepuntil(
            world, "approve", plan_id, "--as", person, "--role", role, "--key", key, "--yes"
        )
        assert said.returncode == 0, said.stderr
    ran = keepuntil(world, "--json", "run", plan_id, "--executor", "executor", "--yes")
    run_id = json.loads(ran.stdout)["run_id"]
    verified = keepuntil(world, "--json", "verify", run_id, "--verifier", "verifier")
    bundle = json.loads(verified.stdout)["bundle"]
    keys = Path(bundle) / "claimed-keys"
    checked = keepuntil(
        world,
        "cert",
        "verify",
        bundle,
        "--key",
        str(keys / "certificate.pub.pem"),
        "--run-key",
        str(keys / "run.pub.pem"),
    )
    assert checked.returncode == 0, checked.stderr
    assert "1 destroyed" in checked.stdout
    assert world.left() == {KEPT}


def test_a_run_is_shown_with_what_became_of_its_items_and_why(world: World) -> None:
    world.issue(DUE, "A000002-2016-11-21.pdf")
    (world.folder / "second-name").hardlink_to(world.statements / DUE)
    with world.open() as installation:
        run_id = world.destroy(installation, world.plan(installation))
    shown = json.loads(keepuntil(world, "--json", "show", run_id).stdout)
    assert (shown["run_id"], shown["state"]) == (run_id, "executed")
    assert [(end["outcome"], end["items"]) for end in shown["ends"]] == [
        ("destroyed", 1),
        ("shared", 1),
    ]
    said = keepuntil(world, "show", run_id[:20]).stdout
    assert "executed" in said
    assert all(end["reason"] in said for end in shown["ends"])
    assert keepuntil(world, "show", "run.nothing").returncode != 0


def test_a_hold_is_placed_listed_and_lifted(world: World) -> None:
    placed = keepuntil(
        world,
        "--json",
        "hold",
        "add",
        "statement",
        "--mandate",
        "court order 17",
        "--owner",
        "legal",
        "--prefix",
        "A000001",
    )
    hold_id = json.loads(placed.stdout)["hold_id"]
    assert hold_id in keepuntil(world, "hold", "list").stdout
    assert keepuntil(world, "hold", "lift", hold_id, "--reason", "settled").returncode == 0
    assert hold_id not in keepuntil(world, "hold", "list").stdout


def test_a_hold_without_exactly_one_scope_is_refused(world: World) -> None:
    said = keepuntil(world, "hold", "add", "statement", "--mandate", "m", "--owner", "o")
    assert said.returncode == 2
    assert "exactly one of" in said.stderr


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["plan", "statment"], 3, "statement"),
        (["show", "nothing.like.this"], 5, "plan"),
        (["plan", "statement", "--as-of", "2026-13-01"], 2, "no date"),
        (["explain", "statement", "--fact", "isued=2016-01-01"], 2, "issued"),
        (["forecast", "statement", "--months", "x"], 2, "integer"),
    ],
)
def test_a_mistake_is_a_sentence_and_an_exit_code(
    world: World, words: list[str], code: int, sentence: str
) -> None:
    said = keepuntil(world, *words)
    assert (said.returncode, "Traceback" in said.stderr) == (code, False)
    assert sentence in said.stderr


def test_broken_rules_are_told_all_at_once(world: World) -> None:
    rule = world.policies / "rules" / "statement.yaml"
    rule.write_text(rule.read_text().replace("P10Y", "10 years").replace("zone:", "zon:"))
    said = keepuntil(world, "check")
    assert said.returncode == 3
    assert said.stderr.count("rules/statement.yaml:") >= 2


def test_explain_says_the_law_in_both_languages(world: World) -> None:
    words = ["explain", "statement", "--fact", "issued=2016-11-21", "--as-of", str(AS_OF)]
    assert "2026-11-21" in keepuntil(world, *words).stdout
    assert "反洗钱法" in keepuntil(world, *words, "--language", "zh").stdout


def test_the_backlog_makes_the_exit_code(world: World) -> None:
    world.issue("A000001-2015-01-01.pdf")
    said = keepuntil(world, "overdue", "--as-of", str(AS_OF))
    assert said.returncode == 8
    assert "statement" in said.stdout


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; sys.argv = ['keepuntil', '--help']\n"
        "from keepuntil.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'sqlalchemy', 'airflow', 'great_expectations', 'boto3', 'pandas'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(ROOT / "plugins")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip().endswith("LOADED []")


def test_a_change_is_shown_approved_and_a_past_plan_replayed(world: World, tmp_path: Path) -> None:
    world.issue(DUE, KEPT, "A000004-2018-01-01.pdf")
    shutil.copytree(world.policies, tmp_path / "earlier")
    planned = keepuntil(world, "--json", "plan", "statement", "--as-of", str(AS_OF))
    plan_id = json.loads(planned.stdout)["plan"]["plan_id"]
    world.write_rule(share=10)
    path = world.policies / "rules" / "statement.yaml"
    path.write_text(path.read_text().replace("P10Y", "P5Y"))
    shown = keepuntil(world, "check", "--against", f"{tmp_path}/earlier", "--record")
    assert shown.returncode == 5, shown.stderr
    assert "kept for at least (clock.keep_at_least): 10 years → 5 years" in shown.stdout
    blocked = keepuntil(world, "plan", "statement", "--as-of", str(AS_OF))
    assert blocked.returncode == 5
    name = blocked.stderr.split()[-1]
    signed = ("--as", "E1", "--role", "owner", "--key", f"{world.folder}/E1.private")
    approved = keepuntil(world, "change", "approve", name, *signed)
    assert approved.returncode == 0, approved.stderr
    assert keepuntil(world, "plan", "statement", "--as-of", str(AS_OF)).returncode == 0
    again = keepuntil(world, "replay", plan_id)
    assert again.returncode == 0, again.stderr
    assert "The same, byte for byte." in again.stdout


def test_a_request_is_answered_without_showing_whose_it_is(world: World, tmp_path: Path) -> None:
    refused = keepuntil(world, "request", "erase", "--subject", "C-Planted")
    assert refused.returncode == 2
    assert "subject: customer_no" in refused.stderr
    path = world.policies / "rules" / "statement.yaml"
    subject = "    subject: {from_name: '(?P<account>A[0-9]+)-.*'}\n"
    path.write_text(path.read_text() + subject)
    world.issue(DUE, KEPT)
    (tmp_path / "id.txt").write_text("A000003\n")
    asked = keepuntil(world, "request", "erase", "--subject-file", f"{tmp_path}/id.txt")
    assert asked.returncode == 0, asked.stderr
    assert "反洗钱法" in asked.stdout
    assert "A000003" not in asked.stdout + asked.stderr
    listed = json.loads(keepuntil(world, "--json", "request", "list", "--open").stdout)
    assert len(listed) == 1
    assert keepuntil(world, "request", "due").stdout == "Nothing new.\n"
