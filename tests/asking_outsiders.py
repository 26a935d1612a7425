"""How the tests reach programs that others wrote: questions in, verdicts out, both JSON."""

from __future__ import annotations

import json
import os
import subprocess
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from keepuntil.evidence import sigstore
from stamped_world import StampedWorld

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ.get("KEEPUNTIL_OUTSIDERS", ROOT / ".venv" / "outsiders"))

Verdicts = dict[str, str | None]
"""By name of the case: why it was refused; None: it was not."""
Ask = Callable[[Mapping[str, Any]], Verdicts]


def judged(found: Verdicts) -> tuple[set[str], set[str]]:
    """The names of what was accepted, and of what was refused."""
    accepted = {name for name, why in found.items() if why is None}
    return accepted, set(found) - accepted


def question(world: StampedWorld, cases: dict[str, bytes]) -> dict[str, object]:
    """What @sigstore/verify is asked: these bundles, under what the world is trusted for."""
    return {
        "root": json.loads(world.trusted_root),
        "key": b64encode(world.certificate_key.public.spki).decode(),
        "hint": sigstore.hint(world.certificate_key.public.keyid),
        "cases": {name: data.decode() for name, data in cases.items()},
    }


def installed(part: str) -> Path:
    if not (FOLDER / part).exists():
        pytest.skip(f"{part} is not below .venv/outsiders; run: make outsiders")
    return FOLDER / part


def asked(command: list[Path], document: Mapping[str, Any], **variables: str) -> Verdicts:
    """Run a program that reads questions and prints verdicts."""
    ran = subprocess.run(
        command,
        input=json.dumps(document),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | variables,
    )
    assert ran.returncode == 0, ran.stderr
    verdicts: Verdicts = json.loads(ran.stdout)
    return verdicts
