"""sample on the command line: drawn, checked, closed, and drawn again by somebody else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from disposal_world import World
from keepuntil.disposal.exporting_trust import export_trust

ROOT = Path(__file__).resolve().parents[2]
ITEMS = 12


def keepuntil(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from keepuntil.cli.main import main; main()", *words],
        env=os.environ
        | {
            "KEEPUNTIL_HOME": str(home),
            "KEEPUNTIL_POLICIES": str(home.parent / "policies"),
            "PYTHONPATH": str(ROOT / "plugins"),
            "COLUMNS": "160",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def answer(home: Path, *words: str) -> dict[str, object]:
    said = keepuntil(home, "--json", *words)
    assert said.returncode == 0, said.stderr
    return dict(json.loads(said.stdout))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name in ("KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KU_TEST_CORE", f"sqlite:///{tmp_path / 'core.db'}")
    world = World(tmp_path).build()
    world.issue_many(ITEMS, year=2016)
    return world


def test_a_spot_check_on_the_command_line(world: World) -> None:
    with world.open() as installation:
        certificate = world.whole_road(installation)
        export_trust(installation, world.folder / "trust")
    home, name = world.home, certificate.certificate_id
    made = answer(home, "sample", name, "--confidence", "80", "--tolerable", "20%")
    sample_id, leaves = str(made["sampleId"]), made["leaves"]
    assert isinstance(leaves, list)
    shown = keepuntil(home, "sample", "show", sample_id)
    assert f"{len(leaves)} of {ITEMS} entries of {name} to discover 20% with 80%" in shown.stdout
    assert "Decided by the head of" in shown.stdout
    early = keepuntil(home, "sample", "close", sample_id)
    assert (early.returncode, "were not checked" in early.stderr) == (2, True)
    first, *others = map(str, leaves)
    for leaf in others:
        seen = ("--checker", "A1", "--result", "gone")
        assert keepuntil(home, "sample", "record", sample_id, leaf, *seen).returncode == 0
    found = ("--checker", "A1", "--result", "found", "--note", "on tape 7")
    said = keepuntil(home, "sample", "record", sample_id, first, *found)
    assert said.stdout == f"Check {len(leaves)} of {sample_id}: entry {first} found.\n"
    assert "is certified as gone and was found" in keepuntil(home, "--json", "findings").stdout
    closed = keepuntil(home, "sample", "close", sample_id, "--by", "A9")
    assert (closed.returncode, closed.stdout) == (9, "The sample is closed: rejected.\n")
    shown = keepuntil(home, "sample", "show", sample_id)
    assert "found, A1" in shown.stdout
    assert "on tape 7" in shown.stdout
    assert "Closed by A9" in shown.stdout
    nowhere = world.folder / "nowhere"
    keepuntil(home, "sample", "export", sample_id, str(world.folder / "handed"))
    again = keepuntil(
        nowhere,
        *("sample", "redraw", str(certificate.bundle), str(world.folder / "handed")),
        *("--trust", str(world.folder / "trust")),
    )
    assert again.returncode == 0, again.stderr
    assert again.stdout.endswith(f"{sample_id} of {name}: {', '.join(map(str, leaves))}\n")
    assert not nowhere.exists()


def test_an_accepted_sample_ends_well(world: World) -> None:
    with world.open() as installation:
        name = world.whole_road(installation).certificate_id
    # Options may come before what is drawn from.
    made = answer(world.home, "sample", "--size", "1", "--outcome", "any", name)
    (leaf,) = made["leaves"]  # type: ignore[misc]
    seen = ("--checker", "A1", "--result", "gone")
    keepuntil(world.home, "sample", "record", str(made["sampleId"]), str(leaf), *seen)
    closed = keepuntil(world.home, "sample", "close", str(made["sampleId"]))
    assert (closed.returncode, closed.stdout) == (0, "The sample is closed: accepted.\n")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("DC-none",), "There is no certificate 'DC-none'"),
        (("run.none",), "There is no run"),
        (("show", "S-none"), "There is no sample 'S-none'"),
        (("DC-x", "--size", "3", "--confidence", "90"), "not both"),
        (("DC-x", "--size", "0"), "0 is not in the range"),
        (("--by", "A1"), "Missing argument 'RUN_OR_CERTIFICATE'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    world: World, words: tuple[str, ...], why: str
) -> None:
    said = keepuntil(world.home, "sample", *words)
    assert said.returncode in (2, 12)
    assert why in said.stderr
    assert "Traceback" not in said.stderr


def test_help_names_every_way(world: World) -> None:
    said = keepuntil(world.home, "sample", "--help").stdout
    for way in ("close", "draw", "export", "record", "redraw", "show"):
        assert f"  {way} " in said
