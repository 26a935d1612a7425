"""Killed at any step of a batch, a resume comes to what an uninterrupted run comes to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import sql_crashing
from keepuntil.domain.outcomes import Outcome
from sql_crashing import FileJournal, written
from sql_servers import KINDS, Place, fresh
from sql_world import LoanWorld
from store_contract import DUE, KEPT, batches_of, contract_query, contract_warrant

SIZE = 6
TESTS = Path(__file__).resolve().parent.parent


def crash(place: Place, step: str, journal: Path) -> None:
    ended = subprocess.run(
        [sys.executable, str(TESTS / "sql_crashing.py"), place.text, step, str(journal)],
        env=os.environ | {"PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent / 'plugins'}"},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()[-2000:]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", sql_crashing.STEPS)
def test_a_worker_killed_at_any_step_is_made_good_by_a_resume(
    tmp_path: Path, kind: str, step: str
) -> None:
    journal = tmp_path / "journal.json"
    with fresh(kind, tmp_path) as place:
        world = LoanWorld(place)
        for number in range(SIZE):
            world.put(number, DUE)
        world.put(100, KEPT)
        store = world.store()
        query = contract_query(world.instance, batch_items=100)
        (batch,) = batches_of(store, query)
        crash(place, step, journal)
        left = SIZE if step != "after_commit" else 0
        assert len(world.keys()) == left + 1
        assert journal.exists() == (step in ("after_intent", "after_commit"))
        resumed = replace(batch, earlier=written(journal))
        effect = store.destroy(query, resumed, contract_warrant(), FileJournal(journal, "none"))
        assert effect.outcomes == [Outcome.DESTROYED] * SIZE
        assert effect.counts == [4] * SIZE
        assert effect.parts[1] == '{"mark":[[2,1],[3,1]],"note":[[2],[3]]}'
        assert effect.reasons == {}
        assert world.keys() == {(100,)}
        assert place.one("SELECT count(*) FROM note") == 2
