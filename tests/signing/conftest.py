"""A software token with one key of each kind, and fast examples."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
PIN = "582914"


@dataclass(frozen=True)
class Token:
    """A SoftHSM token: P-256 under id 2 and 4, Ed25519 as `log` (3) and `run` (5), P-384 as 6."""

    label: str
    module: str
    folder: Path


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> Token:
    module = next((path for path in MODULES if Path(path).exists()), None)
    if module is None or not shutil.which("softhsm2-util") or not shutil.which("pkcs11-tool"):
        pytest.skip("SoftHSM and OpenSC are not here (Debian: apt install softhsm2 opensc)")
    pytest.importorskip("pkcs11")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    settings_file = folder / "softhsm2.conf"
    settings_file.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    # The module reads this once a process, when it is first loaded.
    os.environ["SOFTHSM2_CONF"] = str(settings_file)
    label = "keepuntil-test"
    _run("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", PIN)
    for kind, number, name in (
        ("EC:prime256v1", "02", "certificate"),
        ("EC:prime256v1", "04", "approvals"),
        ("EC:edwards25519", "03", "log"),
        ("EC:edwards25519", "05", "run"),
        ("EC:secp384r1", "06", "other"),
    ):
        login = ("--module", module, "--token-label", label, "--login", "--pin", PIN)
        wanted = ("--keypairgen", "--key-type", kind, "--id", number, "--label", name)
        _run("pkcs11-tool", *login, *wanted)
    return Token(label, module, folder)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def token(softhsm: Token, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Token:
    """The token, its PIN in a file that nobody else can read."""
    pin = tmp_path / "pin"
    pin.touch(mode=0o600)
    pin.write_text(PIN + "\n")
    monkeypatch.setenv("PYKCS11LIB", softhsm.module)
    monkeypatch.setenv("KEEPUNTIL_HSM_PIN", f"file:{pin}")
    return softhsm
