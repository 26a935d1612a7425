"""Those who are not the bank: a regulator's witness, and an auditor with a folder of keys."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from keepuntil.demo import archive_process
from keepuntil.demo.home import Home
from keepuntil.disposal import publishing
from keepuntil.disposal.exporting_trust import export_trust
from keepuntil.disposal.installation import Installation
from keepuntil.errors import OutsiderUnreachable
from keepuntil.evidence.note import NoteKey
from keepuntil.transparency import witness_state

WITNESS: Final = "w1.regulator.example"
_PROGRAM: Final = "from keepuntil.cli.main import main; main()"


@dataclass(frozen=True, slots=True)
class SmallVerifier:
    """What the program inside a bundle said of it."""

    holds: bool
    said: str


def introduce(home: Home) -> None:
    """Make the regulator's witness, tell it the bank's log, and tell the bank of the witness."""
    folder = home.root / "regulator"
    public = witness_state.create(folder, WITNESS)
    port = archive_process.free_port()
    (folder / "port").write_text(str(port))
    _write_policy(home, None, public, port)
    with Installation.open(home.keepuntil, home.policies) as installation:
        keys = publishing.log_keys(installation)
    for key in keys:
        witness_state.add_log(folder, key.vkey)
    _write_policy(home, keys[-1], public, port)


def _write_policy(home: Home, log: NoteKey | None, public: NoteKey, port: int) -> None:
    """Nobody's log before the bank has one: the policy file has to exist to be read at all."""
    lines = [] if log is None else [f"log {log.vkey}\n"]
    lines.append(f"witness regulator {public.vkey} http://127.0.0.1:{port}\nquorum regulator\n")
    (home.policies / "witnesses.policy").write_text("".join(lines), encoding="ascii")


@contextmanager
def witness_running(home: Home) -> Iterator[None]:
    """The witness, as a process of its own, while the block runs.

    Raises OutsiderUnreachable when it does not come up.
    """
    folder = home.root / "regulator"
    port = (folder / "port").read_text()
    serve = ["witness", "serve", str(folder), "--listen", f"127.0.0.1:{port}"]
    command = [sys.executable, "-uc", _PROGRAM, *serve]
    log = (folder / "witness.log").open("a", encoding="utf-8")
    with log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process:
        try:
            if process.stdout is None or WITNESS not in process.stdout.readline():
                raise OutsiderUnreachable(
                    f"The regulator's witness did not start on port {port} of this machine; what "
                    "it wrote above says why."
                )
            yield
        finally:
            process.terminate()


def hand_over_keys(home: Home) -> Path:
    """The folder of public keys that an auditor was given beforehand, by another channel."""
    folder = home.root / "auditor"
    if not folder.exists():
        with Installation.open(home.keepuntil, home.policies) as installation:
            export_trust(installation, folder)
    return folder


def small_verifier(bundle: Path, trust: Path) -> SmallVerifier:
    """Run the program that lies in the bundle, with nothing of ours on its path."""
    done = subprocess.run(
        [sys.executable, "-I", str(bundle / "verify.py"), str(trust), str(bundle)],
        capture_output=True,
        text=True,
        check=False,
    )
    return SmallVerifier(done.returncode == 0, (done.stdout or done.stderr).strip())
