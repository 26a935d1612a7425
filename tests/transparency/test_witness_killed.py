"""A witness killed at any moment has either signed nothing or remembers what it signed."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from keepuntil.evidence import keys, merkle, note
from keepuntil.evidence.keys import KeyKind
from keepuntil.evidence.merkle import LeafHashes
from keepuntil.evidence.note import ED25519, Checkpoint, Note, NoteKey
from keepuntil.transparency import policy, witness_client, witness_state

ORIGIN = "log.bank.example"


def serving(folder: Path) -> tuple[subprocess.Popen[str], str]:
    program = (
        "import sys; from keepuntil.cli.main import main; "
        "sys.argv = ['keepuntil', 'witness', 'serve', sys.argv[1], '--listen', '127.0.0.1:0']; "
        "main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-uc", program, folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    return process, line.split(" at ")[1].split(";")[0]


@pytest.mark.parametrize(
    "kills", [3, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
def test_killed_at_random_it_never_forgets_what_it_signed(tmp_path: Path, kills: int) -> None:
    chance = random.Random(kills)
    key = keys.generate(KeyKind.ED25519)
    log_key = NoteKey(ORIGIN, ED25519, key.public)
    public = witness_state.create(tmp_path / "w", "w.example")
    witness_state.add_log(tmp_path / "w", log_key.vkey)
    leaves = b"".join(merkle.leaf_hash(b"%d" % number) for number in range(kills * 400))
    tree = LeafHashes(leaves)
    size = cosigned = 0
    for _ in range(kills):
        process, url = serving(tmp_path / "w")
        believed = policy.parse(f"log {log_key.vkey}\nwitness w {public.vkey} {url}\nquorum w\n")
        dies_at = time.monotonic() + chance.uniform(0.0, 0.4)
        for _ in range(300):
            size += 1
            text = Checkpoint(ORIGIN, size, tree.root(size)).text
            signed = Note(text, (note.sign(text, ORIGIN, key),)).encode()
            if time.monotonic() > dies_at:
                process.kill()
            got = witness_client.collect(
                believed,
                signed,
                lambda old, now=size: tree.consistency_proof(old, now),
                lambda: int(time.time()),
                pause=0,
            )
            if got.refusals:
                assert "cannot be reached" in got.refusals["w"]
                break
            cosigned = size
        process.kill()
        process.communicate()
        last = witness_state.open_state(tmp_path / "w").last(ORIGIN)
        known = 0 if last is None else last.size
        assert cosigned <= known <= size
        assert last is None or last.root == tree.root(known)
