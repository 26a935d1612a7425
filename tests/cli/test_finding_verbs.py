"""findings, remedy and ledger on the command line, and what they say comes next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from disposal_world import World
from keepuntil.cli.main import keepuntil

OPENED = ("--found-on", "2026-11-02", "--found-how", "audit", "--found-by", "A7", "--by", "E1")
REMEDY = """\
goal: gone everywhere
measures: [look, delete]
owner: E1
unit: operations
due_on: 2026-12-01
milestones:
  - {name: half, due_on: 2026-11-28}
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name in ("KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KU_TEST_CORE", f"sqlite:///{tmp_path / 'core.db'}")
    monkeypatch.setenv("COLUMNS", "200")
    world = World(tmp_path).build()
    for person, key in world.people.items():
        path = tmp_path / f"{person}.key"
        path.write_bytes(key.pem())
        path.chmod(0o600)
    return world


def say(world: World, *words: str) -> Result:
    where = ("--home", str(world.home), "--policies", str(world.policies))
    return CliRunner().invoke(keepuntil, [*where, *words])


def said(world: World, *words: str) -> str:
    result = say(world, *words)
    assert result.exit_code == 0, (words, result.output, result.exception)
    return result.output


def test_a_finding_from_found_to_closed(world: World, tmp_path: Path) -> None:
    found = ("--problem-class", "deletion", "--description", "on a share", "--unit", "shanghai")
    assert "Finding 1. Say what will be done" in said(world, "findings", "open", *found, *OPENED)
    assert "1 open findings" in said(world, "findings")
    (tmp_path / "remedy.yaml").write_text(REMEDY)
    file = ("--file", str(tmp_path / "remedy.yaml"))
    assert "remedy start 1" in said(world, "remedy", "set", "1", *file, "--by", "E1")
    said(world, "remedy", "extend", "1", "--until", "2026-12-09", "--reason", "b", "--by", "E1")
    key = ("--by", "E2", "--key", str(tmp_path / "E2.key"))
    said(world, "remedy", "decide-extension", "1", "--approve", "--reason", "ok", *key)
    said(world, "remedy", "start", "1", "--by", "E1")
    said(world, "remedy", "milestone", "1", "half", "--by", "E1")
    sentence = say(world, "remedy", "evidence", "1", "--by", "E1")
    assert "Give one of" in str(sentence.exception)
    paper = ("--document", "minutes", "--sha256", "0" * 64)
    said(world, "remedy", "evidence", "1", *paper, "--by", "E1")
    assert "Somebody else" in said(world, "remedy", "done", "1", "--by", "E1")
    assert "closed" in said(world, "remedy", "accept", "1", "--conclusion", "seen", *key)
    said(world, "remedy", "review", "1", "--on", "2026-11-20", "--result", "gone", "--by", "E3")
    assert "0 open findings" in said(world, "findings")
    shown = said(world, "findings", "show", "1")
    for word in ("验收结论 Conclusion: seen", "extension_approved", "on a share", "2026-12-09"):
        assert word in shown
    summary = json.loads(said(world, "--json", "ledger"))
    assert (summary["total"]["fixed"], summary["extensions"]) == (1, 1)


def test_lists_are_chosen_and_exported(world: World, tmp_path: Path) -> None:
    for unit in ("shanghai", "beijing"):
        found = ("--problem-class", "storage", "--description", "x", "--unit", unit)
        said(world, "findings", "open", *found, *OPENED)
    listed = json.loads(said(world, "--json", "findings", "--unit", "beijing"))
    assert [one["number"] for one in listed] == [2]
    assert json.loads(said(world, "--json", "findings", "list", "--class", "deletion")) == []
    out = tmp_path / "problems.csv"
    assert "2 problems" in said(world, "findings", "--all", "--export", str(out))
    assert out.read_text(encoding="utf-8-sig").startswith("序号,问题类别,")
    assert "0 remedies" in said(world, "ledger")


def test_a_campaign_on_the_command_line(world: World, tmp_path: Path) -> None:
    asked = ("--scope", "shanghai", "--class", "provision", "--from", "2026-11-01", "--by", "E1")
    begun = said(world, "campaign", "start", "notice", *asked)
    assert "1 questions to 1 places" in begun
    name = begun.split()[1].rstrip(":")
    said(world, "campaign", "assign", name, "shanghai", "E2", "--by", "E1")
    answered = (name, "shanghai", "provision_consent", "yes", "--note", "all seen", "--by", "E2")
    said(world, "campaign", "answer", *answered)
    assert "1 of 1 questions answered" in said(world, "campaign", "status", name)
    said(world, "campaign", "close", name, "--by", "E1")
    said(world, "campaign", "summary", name, "--out", str(tmp_path / "figures.json"))
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert (figures["closed"], figures["matrix"][0]["yes"]) == (True, 1)
    assert name in said(world, "campaign", "list")


def test_a_file_with_an_unknown_field_is_refused_in_a_sentence(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "problem.yaml").write_text("riks: high\n")
    file = ("--file", str(tmp_path / "problem.yaml"))
    refused = say(world, "findings", "open", *file, *OPENED)
    assert "'riks' is no field" in str(refused.exception)
