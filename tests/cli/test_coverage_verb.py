"""`keepuntil coverage`: a table, JSON, a page or a workbook, and an exit code for CI."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from disposal_world import AS_OF, World
from keepuntil.register import nights

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Everything is covered: both stores are claimed and both rules ran."""
    for name in ("KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KU_TEST_CORE", f"sqlite:///{tmp_path / 'core.db'}")
    built = World(tmp_path).build()
    built.write_loan_rule()
    built.build_core({1: "2024-05-01"})
    with built.open() as installation:
        for category in ("loan", "statement"):
            moment = datetime(2026, 11, 23, 2, tzinfo=UTC)
            nights.record(installation.register, category, AS_OF, "nothing_due", moment)
    return built


def coverage(
    world: World, *words: str, before: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    start = "from keepuntil.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", start, *before, "coverage", "--as-of", str(AS_OF), *words],
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


def known_on_paper(world: World) -> None:
    with (world.policies / "rules" / "loan.yaml").open("a") as file:
        file.write("forms: [electronic, paper]\n")


def test_full_coverage_exits_with_nought(world: World) -> None:
    said = coverage(world)
    assert (said.returncode, said.stderr) == (0, "")
    assert "Nothing is missing." in said.stdout


def test_a_gap_exits_with_fourteen_and_is_named_in_cell_and_list(world: World) -> None:
    known_on_paper(world)
    said = coverage(world)
    assert (said.returncode, said.stderr) == (14, "")
    assert "✗ no instance" in said.stdout
    assert "no paper instance although the category is known to exist on paper" in said.stdout


@pytest.mark.parametrize("asked", [("--format", "json"), ()])
def test_json_has_every_cell(world: World, asked: tuple[str, ...]) -> None:
    known_on_paper(world)
    said = coverage(world, *asked, before=() if asked else ("--json",))
    found = json.loads(said.stdout)
    assert said.returncode == 14
    assert [row["form"] for row in found["rows"] if row["category"] == "loan"] == [
        *("electronic", "scan", "paper", "backup", "processor")
    ]
    paper = found["rows"][2]
    assert paper["period"]["text"]["en"].startswith("At least 10 years.")
    assert paper["method"]["gaps"][0]["code"] == "media_missing"
    assert [gap["where"] for gap in found["gaps"]] == ["loan/paper"]


@pytest.mark.parametrize(("kind", "begins"), [("html", b"<!doctype"), ("xlsx", b"PK")])
def test_a_file_is_written_where_it_is_wanted(
    world: World, tmp_path: Path, kind: str, begins: bytes
) -> None:
    file = tmp_path / f"coverage.{kind}"
    said = coverage(world, "--format", kind, "--output", str(file))
    assert (said.returncode, said.stdout) == (0, f"{file} is written; 0 gaps.\n")
    assert file.read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--format", "xlsx"), "A workbook is a file"),
        (("--output", "coverage.txt"), "A table is for the terminal"),
        (("--format", "html", "--output", "/no/such/folder/a.html"), "/no/such/folder/a.html can"),
        (("--format", "xlsx", "--output", "/no/such/folder/a.xlsx"), "/no/such/folder/a.xlsx can"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    world: World, words: tuple[str, ...], sentence: str
) -> None:
    said = coverage(world, *words)
    assert said.returncode == 2
    assert said.stderr.startswith(sentence)
