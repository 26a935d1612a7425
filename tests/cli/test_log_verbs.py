"""The log on the command line: published by its keeper, followed by somebody else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from disposal_world import World
from keepuntil.disposal import log_keeping
from keepuntil.disposal.installation import Installation
from keepuntil.evidence import note, statement
from keepuntil.evidence.note import NoteKey
from keepuntil.evidence.statement import Subject

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "bank.example"


def keepuntil(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    own = {"KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY", "KEEPUNTIL_LOG"}
    return subprocess.run(
        [sys.executable, "-c", "from keepuntil.cli.main import main; main()", *words],
        env={name: value for name, value in os.environ.items() if name not in own}
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


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY"):
        monkeypatch.delenv(name, raising=False)
    return World(tmp_path).build().home


def state(home: Path, *names: str) -> str:
    """Record statements; the log's verifier key."""
    with Installation.open(home, home.parent / "policies") as installation:
        for name in names:
            said = statement.make([Subject(name, "0" * 64)], "https://bank.example/Event/v1", {})
            key = installation.signing_key("certificate")
            log_keeping.record(
                installation.register, "event", name, said.encoded, key, installation.now()
            )
        return NoteKey(ORIGIN, note.ED25519, installation.signing_key("log").public).vkey


def test_a_log_is_published_followed_and_found_out(home: Path, tmp_path: Path) -> None:
    vkey = state(home)
    assert "Nothing was accepted" in keepuntil(home, "log", "publish").stdout
    state(home, "plan-1", "plan-2")
    first = keepuntil(home, "log", "publish")
    assert f"{ORIGIN} shows 2 entries at {home / 'log'}" in first.stdout
    held = tmp_path / "held"
    held.write_bytes((home / "log" / "checkpoint").read_bytes())
    state(home, "plan-3")
    answer = keepuntil(home, "--json", "log", "publish")
    assert json.loads(answer.stdout) == {"origin": ORIGIN, "size": 3}
    # Whoever follows needs the folder and a key, and no installation.
    place, nowhere = str(home / "log"), tmp_path / "nowhere"
    verified = keepuntil(nowhere, "log", "verify", place, "--vkey", vkey, "--since", str(held))
    assert verified.returncode == 0, verified.stderr
    assert "ok  the first 2 entries are those of the checkpoint you hold" in verified.stdout
    assert verified.stdout.splitlines()[-1] == f"{ORIGIN} holds: 3 entries."
    quick = keepuntil(
        nowhere, "--json", "log", "verify", place, "--vkey", vkey, "--since", str(held), "--quick"
    )
    assert json.loads(quick.stdout)["size"] == 3
    shown = keepuntil(nowhere, "log", "show", place, "--last", "2")
    assert "plan-3" in shown.stdout
    assert "plan-1" not in shown.stdout
    # The tail is cut off by putting back what was shown before.
    today = tmp_path / "today"
    today.write_bytes((home / "log" / "checkpoint").read_bytes())
    (home / "log" / "checkpoint").write_bytes(held.read_bytes())
    cut = keepuntil(nowhere, "log", "verify", place, "--vkey", vkey, "--since", str(today))
    assert cut.returncode == 10
    assert (
        "the log was cut: 2 entries are shown, and the checkpoint you hold counts 3" in cut.stderr
    )
    # Publishing mends it.
    assert keepuntil(home, "log", "publish").returncode == 0
    mended = keepuntil(nowhere, "log", "verify", place, "--vkey", vkey, "--since", str(today))
    assert mended.returncode == 0


def test_mistakes_are_answered_in_sentences(home: Path, tmp_path: Path) -> None:
    vkey = state(home, "plan-1")
    assert keepuntil(home, "log", "publish").returncode == 0
    (home.parent / "policies" / "evidence.yaml").write_text("log: {origin: other.example}\n")
    state(home, "plan-2")
    renamed = keepuntil(home, "log", "publish")
    assert (renamed.returncode, "cannot go on under another name" in renamed.stderr) == (12, True)
    place, policy = str(home / "log"), tmp_path / "policy"
    other = NoteKey("other.example", note.ED25519, NoteKey.parse(vkey).key)
    policy.write_text(f"log {other.vkey}\nquorum none\n")
    cases = [
        ((place, "--vkey", "nonsense"), 10, "not of the form name+id+key"),
        ((place, "--vkey", vkey, "--quick"), 2, "--since FILE"),
        ((str(tmp_path), "--vkey", vkey), 10, "there is no checkpoint"),
        (("ftp://x", "--vkey", vkey), 2, "in a folder or at s3"),
        ((place,), 2, "--vkey"),
        ((place, "--policy", str(policy)), 10, "knows no log bank.example"),
    ]
    for words, code, sentence in cases:
        refused = keepuntil(home, "log", "verify", *words)
        assert refused.returncode == code, refused.stderr
        assert sentence in refused.stderr
        assert "Traceback" not in refused.stderr
    assert keepuntil(home, "log", "show", str(tmp_path)).returncode == 10
