"""What an outsider checks a bundle with: sha256sum and openssl, nothing of ours."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest


def statement_of(bundle: Path, certificate_key_pem: str, scratch: Path) -> dict[str, Any]:
    """Follow the bundle's own README; the statement that openssl found signed.

    Fails when a file is not the one of SHA256SUMS, when the signature is not the given
    key's, or when the statement is about another checkpoint.
    """
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=bundle, check=True)
    envelope = json.loads((bundle / "certificate.intoto.jsonl").read_bytes())
    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
    (scratch / "pae").write_bytes(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
    (scratch / "sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    (scratch / "key").write_text(certificate_key_pem)
    command = ["openssl", "dgst", "-sha256", "-verify", "key", "-signature", "sig", "pae"]
    assert _said(command, scratch).strip() == "Verified OK"
    statement: dict[str, Any] = json.loads(payload)
    digest = _said(["sha256sum", "run/checkpoint"], bundle).split()[0]
    assert statement["subject"][0]["digest"]["sha256"] == digest
    return statement


def _said(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def program(name: str, package: str) -> str:
    """Where a program of the machine lies; the test is skipped where there is none."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (apt-get install {package})")
    return found
