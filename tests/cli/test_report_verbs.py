"""`keepuntil report`: a file of the format that its name ends with, and its digest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from disposal_world import AS_OF, World
from reports_world import a_month

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name in ("KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KU_TEST_CORE", f"sqlite:///{tmp_path / 'core.db'}")
    built = World(tmp_path).build()
    a_month(built)
    return built


def report(world: World, *words: str) -> subprocess.CompletedProcess[str]:
    start = "from keepuntil.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", start, "--json", "report", *words],
        env=os.environ
        | {
            "KEEPUNTIL_HOME": str(world.home),
            "KEEPUNTIL_POLICIES": str(world.policies),
            "PYTHONPATH": str(ROOT / "plugins"),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_month_of_a_day_is_written_and_its_digest_is_said(world: World) -> None:
    out = world.folder / "month.json"
    done = report(world, "monthly", "--as-of", str(AS_OF), "--out", str(out))
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)["figures"]
    assert said == f"sha256:{sha256(out.read_bytes()).hexdigest()}"
    page = world.folder / "month.html"
    asked = ("--month", "2026-11", "--as-of", str(AS_OF), "--language", "en", "--out", str(page))
    assert report(world, "monthly", *asked).returncode == 0
    assert said in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("monthly", "--out", "month.xls"), "no format of a report"),
        (("monthly", "--month", "2026-13", "--out", "m.html"), "no month like 2026-02"),
        (("campaign", "C-none", "--out", "c.html"), "C-none"),
        (("monthly", "--as-of", str(AS_OF), "--out", "nowhere/m.json"), "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_said_in_a_sentence(
    world: World, words: tuple[str, ...], sentence: str
) -> None:
    done = report(world, *words)
    assert done.returncode in {2, 12}
    assert sentence in done.stdout
    assert "Traceback" not in done.stderr
