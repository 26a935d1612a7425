"""Killed at any moment of appending and publishing, the log is valid and has lost nothing."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from keepuntil.disposal.log_keeping import PublishedLog, publish
from keepuntil.evidence import keys, note
from keepuntil.evidence.keys import KeyKind
from keepuntil.evidence.note import NoteKey
from keepuntil.evidence.sealing import SealingKey
from keepuntil.register import Register, log
from keepuntil.transparency.folder import FolderStorage
from keepuntil.transparency.following import Judge, follow, signed_by
from log_victim import ORIGIN
from register_world import NOW

TESTS = Path(__file__).resolve().parents[1]


class Seen:
    """What anybody outside ever saw of the log."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.accepted: dict[int, int] = {}
        self.checkpoints: dict[int, str] = {}
        self.newest: bytes | None = None

    def hear(self, line: str) -> None:
        kind, number, value = line.split()
        if kind == "accepted":
            assert self.accepted.setdefault(int(number), int(value)) == int(value)
        else:
            self.see(bytes.fromhex(value))

    def see(self, checkpoint: bytes) -> None:
        """One size, one text, whoever shows it whenever."""
        claim = self.judge(checkpoint)
        assert self.checkpoints.setdefault(claim.size, claim.text) == claim.text

    def look(self, register: Register, storage: FolderStorage) -> None:
        shown = storage.read("checkpoint")
        if shown is not None:
            self.see(shown)
            follow(storage, self.judge, self.newest)
            self.newest = shown
        for head in log.heads(register):
            self.see(head.checkpoint)
        found = log.entries(register, 0, log.size(register))
        numbers = {int(one.subject): one.index for one in found}
        assert len(numbers) == len(found)
        assert self.accepted.items() <= numbers.items()


def killed_again_and_again(url: str, key: SealingKey, folder: Path, lives: int) -> Seen:
    author = keys.create_key_file(folder / "author.pem", KeyKind.P256)
    signer = keys.create_key_file(folder / "log.pem", KeyKind.ED25519)
    storage = FolderStorage(folder / "log")
    seen = Seen(signed_by(ORIGIN, [NoteKey(ORIGIN, note.ED25519, signer.public)]))
    files = [str(folder / "log"), str(folder / "author.pem"), str(folder / "log.pem")]
    chance = random.Random(lives)
    with (
        Register.open(url, key) as register,
        subprocess.Popen(
            [sys.executable, str(TESTS / "log_victim.py"), url, key.key.hex(), *files],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": f"{TESTS.parent / 'plugins'}{os.pathsep}{TESTS}"},
        ) as victim,
    ):
        assert victim.stdin is not None
        assert victim.stdout is not None
        for _ in range(lives):
            # It begins with what it may have been doing when it died: twice must be once.
            first = max(0, log.size(register) - 1)
            print(first, chance.uniform(0.01, 0.3), file=victim.stdin, flush=True)
            while (line := victim.stdout.readline()) != "dead\n":
                seen.hear(line)
            seen.look(register, storage)
        victim.stdin.close()
        assert victim.wait() == 0
        place = PublishedLog(origin=ORIGIN, signers=(signer,), storage=storage)
        head = publish(register, place, NOW)
        assert head is not None
        assert head.size == log.size(register) >= len(seen.accepted) > 0
        seen.look(register, storage)
        assert author.public.keyid in follow(storage, seen.judge).signers
    return seen


def test_killed_a_few_times_the_log_is_valid_and_whole(
    sqlite_url: str, key: SealingKey, tmp_path: Path
) -> None:
    killed_again_and_again(sqlite_url, key, tmp_path, 5)


@pytest.mark.slow
def test_killed_at_50_moments_the_log_is_valid_and_whole(
    url: str, key: SealingKey, tmp_path: Path
) -> None:
    seen = killed_again_and_again(url, key, tmp_path, 50)
    assert len(seen.checkpoints) > 2
