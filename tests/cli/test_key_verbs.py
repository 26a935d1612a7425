"""keepuntil keys: what an operator sees, and what it does."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from keepuntil.cli.main import keepuntil
from keepuntil.errors import KeyFileError
from keepuntil.evidence import keys
from keepuntil.evidence.keys import KeyKind
from keepuntil.signing import KeyRing, rotation


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KEEPUNTIL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KEEPUNTIL_POLICIES", str(tmp_path / "policies"))
    said("init")
    time.sleep(1.1)  # one rotation a second, and the first keys are from this one


def said(*words: str) -> str:
    return CliRunner().invoke(keepuntil, words, catch_exceptions=False).output


def test_keys_are_listed_rotated_and_handed_over(tmp_path: Path) -> None:
    listed = said("keys", "list").splitlines()
    assert [line.split()[0] for line in listed] == ["certificate", "approvals", "run", "log"]
    old = json.loads(said("--json", "keys", "list"))[0]
    rotated = json.loads(said("--json", "keys", "rotate", "certificate"))
    assert rotation.read_rotation(rotated).role == "certificate"
    before, after = json.loads(said("--json", "keys", "list"))[:2]
    assert (before["keyid"], before["until"]) == (old["keyid"], after["from"])
    assert before["privateHalf"].startswith("file:old/")
    evidence = tmp_path / "policies" / "evidence.yaml"
    evidence.write_text("log: {origin: evidence.bank.example}\n")
    assert "wrote" in said("cert", "trust", str(tmp_path / "out"))
    assert (tmp_path / "out" / "certificate.2.pub.pem").read_text() == after["publicKey"]
    # The log has the name that is declared for it, which is not the controller's.
    for name in ("vkeys.txt", "policy.txt"):
        assert "evidence.bank.example+" in (tmp_path / "out" / name).read_text()
        assert " bank.example+" not in f" {(tmp_path / 'out' / name).read_text()}"
    assert "No such command 'export'" in said("keys", "export", str(tmp_path / "out2"))


def test_a_role_is_made_when_it_is_named_and_may_be_elsewhere(tmp_path: Path) -> None:
    made = keys.create_key_file(tmp_path / "stamp.pem", KeyKind.P256)
    place = f"file:{tmp_path / 'stamp.pem'}"
    assert made.public.keyid[:16] in said("keys", "init", "timestamp", "--reference", place)
    ring = KeyRing.read(tmp_path / "home" / "keys")
    assert ring.signing_key("timestamp") == made
    assert "name that role" in said("keys", "init", "--reference", place)
    with pytest.raises(KeyFileError, match="no key role 'king'"):
        said("keys", "init", "king")


def test_destroyed_missing_and_stray_private_halves_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "keys"
    assert "The old private half: destroyed." in said("keys", "rotate", "run", "--destroy-old")
    (folder / "log.pem").unlink()
    keys.create_key_file(folder / "log-0123456789abcdef.pem", KeyKind.ED25519)
    listed = said("keys", "list")
    assert "missing: log.pem" in listed
    assert "No role uses" in listed
    assert "log-0123456789abcdef.pem" in listed


def test_without_an_installation_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="Make them with: keepuntil init"):
        said("--home", str(tmp_path / "nowhere"), "keys", "list")
