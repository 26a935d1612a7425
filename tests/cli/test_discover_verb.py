"""`keepuntil discover`: a table or JSON without a value, and an exit code for CI."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from disposal_world import AS_OF, World

ROOT = Path(__file__).resolve().parents[2]
MAIL = "somebody{}@example.cn"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name in ("KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KU_TEST_CORE", f"sqlite:///{tmp_path / 'core.db'}")
    built = World(tmp_path).build()
    built.core.touch()
    return built


def plant(world: World) -> None:
    with closing(sqlite3.connect(world.core)) as core, core:
        core.execute("CREATE TABLE lead (id INTEGER PRIMARY KEY, mail TEXT)")
        rows = [(number, MAIL.format(number)) for number in range(12)]
        core.executemany("INSERT INTO lead VALUES (?, ?)", rows)


def discover(
    world: World, *words: str, before: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    start = "from keepuntil.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", start, *before, "discover", "--as-of", str(AS_OF), *words],
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


def test_nothing_unclaimed_exits_with_nought(world: World) -> None:
    said = discover(world)
    assert (said.returncode, said.stderr) == (0, "")
    assert "Nothing unclaimed" in said.stdout


def test_a_place_without_a_rule_exits_with_fourteen_and_shows_no_value(world: World) -> None:
    plant(world)
    said = discover(world, "core")
    assert (said.returncode, said.stderr) == (14, "")
    line = next(line for line in said.stdout.splitlines() if "core/lead.mail" in line)
    assert [word for word in line.split() if word != "│"] == [
        *("core/lead.mail", "email", "12", "12", "100%", "92%")
    ]
    assert "somebody" not in said.stdout


def test_json_has_counts_and_no_value(world: World) -> None:
    plant(world)
    said = discover(world, before=("--json",))
    found = json.loads(said.stdout)
    assert said.returncode == 14
    (only,) = found["discoveries"]
    assert (only["location"], only["items"], only["acknowledged"]) == ("core/lead.mail", 12, None)
    assert only["sightings"][0]["kind"] == "email"
    assert "somebody" not in said.stdout


def test_a_store_that_cannot_be_reached_exits_with_four_and_is_named(world: World) -> None:
    world.core.unlink()
    said = discover(world)
    assert said.returncode == 4
    assert said.stderr.startswith("not looked at  core/: The store core has no database file")


def test_a_store_nobody_declared_is_refused_in_a_sentence(world: World) -> None:
    said = discover(world, "cor")
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == "There is no store 'cor'. Did you mean 'core'?\n"
