"""keepuntil serve: who could sign in is settled before anybody is served."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from disposal_world import World

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name in ("KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY", "KEEPUNTIL_OIDC_ISSUER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KU_TEST_CORE", f"sqlite:///{tmp_path / 'core.db'}")
    return World(tmp_path).build()


def started(world: World, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", "from keepuntil.cli.main import main; main()", *words],
        env=os.environ
        | {
            "KEEPUNTIL_HOME": str(world.home),
            "KEEPUNTIL_POLICIES": str(world.policies),
            "PYTHONPATH": str(ROOT / "plugins"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Nobody could sign in"),
        (("--host", "0.0.0.0", "--dev-login", "E1"), "works on 127.0.0.1 only"),
    ],
)
def test_serving_where_nobody_or_anybody_could_sign_in_is_refused(
    world: World, words: tuple[str, ...], sentence: str
) -> None:
    process = started(world, "serve", *words)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 2
    assert sentence in said
    assert "Traceback" not in said


def test_the_pages_are_served_and_end_with_the_process(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with started(world, "serve", "--port", str(port), "--dev-login", "E1") as process:
        try:
            assert "E1" in _first_page(port, process)
        finally:
            process.terminate()
    with pytest.raises(URLError):
        urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=5)


def _first_page(port: int, process: subprocess.Popen[str]) -> str:
    for _ in range(600):
        assert process.poll() is None, process.stderr
        try:
            with urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=5) as page:
                return str(page.read().decode("utf-8"))
        except URLError:
            time.sleep(0.1)
    raise AssertionError("nothing was served")


def test_a_forecast_of_every_rule_is_kept_for_the_pages(world: World) -> None:
    from keepuntil.register import forecasts

    world.issue("A000001-2016-11-21.pdf")
    process = started(world, "--json", "forecast")
    said, _ = process.communicate(timeout=120)
    assert [each["category"] for each in json.loads(said)] == ["statement"]
    with world.open() as installation:
        (kept,) = forecasts.all_kept(installation.register)
    assert kept.months == {"share": {"2026-11": 1}}
