"""A worker killed anywhere leaves a journal that another one finishes."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from keepuntil.domain.outcomes import Outcome
from keepuntil.evidence.sealing import SealingKey
from keepuntil.register import Register, holds, journal
from register_world import CATEGORY, NOW, intent, outcomes, running, seconds, work

TESTS = Path(__file__).resolve().parents[1]
BATCHES = 120

WORKER = """
import sys
from register_world import CATEGORY, NOW, intent, outcomes
from keepuntil.domain.outcomes import Outcome
from keepuntil.evidence.sealing import SealingKey
from keepuntil.register import Register, holds, journal
url, key, run_id = sys.argv[1:]
register = Register.open(url, SealingKey(bytes.fromhex(key)))
lease = journal.claim(register, run_id, 0, "doomed", NOW, 60)
for seq in journal.open_batches(register, run_id, 0):
    with register.fence().shared() as confirm:
        holds.in_force(register, CATEGORY)
        slot = journal.batch(register, lease, seq)
        slot.intend(intent([1]), NOW)
        print("intended", seq, flush=True)
        confirm()
    slot.observe(outcomes(Outcome.DESTROYED), NOW)
    print("observed", seq, flush=True)
"""


def kill_after(url: str, key: SealingKey, run_id: str, lines: int) -> set[tuple[str, int]]:
    """Let a worker say a number of lines, kill it, and return all that it said."""
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, url, key.key.hex(), run_id],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{TESTS.parent / 'plugins'}{os.pathsep}{TESTS}"},
    )
    assert worker.stdout is not None
    said = [worker.stdout.readline() for _ in range(lines)]
    worker.kill()
    said += worker.communicate()[0].splitlines()
    words = (line.split() for line in said)
    return {(word, int(number)) for word, number in words}


@pytest.mark.parametrize("lines", [1, 2, 23])
def test_killed_worker_leaves_a_journal_that_resumes(url: str, key: SealingKey, lines: int) -> None:
    with Register.open(url, key) as register:
        run_id = running(register, {"core": [1] * BATCHES}, shard_chunks=BATCHES)
        said = kill_after(url, key, run_id, lines)
        done = {number for word, number in said if word == "observed"}
        begun = {number for word, number in said if word == "intended"}
        assert len(begun) < BATCHES
        left = journal.open_batches(register, run_id, 0)
        written = {one.seq for one in journal.attempts(register, run_id)}
        assert done.isdisjoint(left)
        assert begun <= written
        # At most the batch in flight has an intent without outcomes.
        assert len(written & set(left)) <= 1
        with register.fence().exclusive(30):
            pass
        finish_as_another(register, run_id, left)
        assert journal.unfinished(register, run_id) == 0
        assert journal.totals(register, run_id)["core"][Outcome.DESTROYED] == BATCHES
        if register.place.path:
            with register.reading() as connection:
                assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"


def finish_as_another(register: Register, run_id: str, left: list[int]) -> None:
    assert journal.claim(register, run_id, 0, "heir", NOW + seconds(59), 60) is None
    heir = work(register, run_id, worker="heir", at=NOW + seconds(60))
    for seq in left:
        slot = journal.batch(register, heir.lease, seq)
        if slot.earlier() is None:
            slot.intend(intent([1]), NOW)
        slot.observe(outcomes(Outcome.DESTROYED), datetime.now(UTC))
    assert holds.in_force(register, CATEGORY) == []
