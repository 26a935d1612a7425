"""Kill the process at every step, resume: the same end as a run that was left alone."""

from __future__ import annotations

import ast
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from disposal_world import World

HERE = Path(__file__).resolve().parent
SLOT = "keepuntil.register.slots:Slot"
POINTS = [
    ("keepuntil.register.drafts:Draft.append", "after", 2),
    ("keepuntil.register.drafts:Draft.freeze", "before", 1),
    ("keepuntil.register.drafts:Draft.freeze", "after", 1),
    ("keepuntil.register.approvals:add", "before", 1),
    ("keepuntil.register.approvals:add", "after", 1),
    ("keepuntil.register.surroundings:set_baseline", "after", 1),
    ("keepuntil.register.runs:_shards", "after", 1),
    ("keepuntil.register.plans:set_state", "after", 2),
    ("keepuntil.register.leases:Lease.renew", "before", 1),
    ("keepuntil.register.leases:Lease.renew", "after", 3),
    (f"{SLOT}.intend", "before", 1),
    (f"{SLOT}.intend", "after", 1),
    (f"{SLOT}.intend", "before", 3),
    (f"{SLOT}.intend", "after", 3),
    (f"{SLOT}.observe", "before", 1),
    (f"{SLOT}.observe", "after", 1),
    (f"{SLOT}.observe", "before", 4),
    (f"{SLOT}.observe", "after", 4),
    ("os:unlink", "after", 1),
    ("os:unlink", "before", 7),
    ("os:unlink", "after", 33),
    ("keepuntil.register.leases:Lease.release", "before", 1),
    ("keepuntil.register.verifications:add", "before", 1),
    ("keepuntil.register.verifications:add", "after", 1),
    ("keepuntil.disposal.certifying:_sign", "after", 1),
    ("keepuntil.disposal.certifying:_seal_folder", "before", 1),
    ("keepuntil.register.certificates:add", "before", 1),
    ("keepuntil.register.certificates:add", "after", 1),
    ("keepuntil.register.plans:shred", "before", 1),
    ("keepuntil.register.item_lists:_delete_key", "after", 1),
]
DUE, KEPT = 90, 15


def build(world: World, category: str) -> World:
    for person, key in world.people.items():
        path = world.folder / f"{person}.private"
        path.write_bytes(key.pem())
        path.chmod(0o600)
    if category == "loan":
        world.write_loan_rule()
        due = dict.fromkeys(range(1, DUE + 1), "2015-05-05")
        kept = dict.fromkeys(range(DUE + 1, DUE + KEPT + 1), "2024-05-05")
        world.build_core(due | kept)
    else:
        world.issue_many(DUE, year=2015)
        world.issue_many(KEPT, year=2024)
    return world


def run(world: World, category: str, *point: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(HERE / "crashing_run.py"), str(world.folder), category]
    return subprocess.run(
        [*command, *map(str, point)],
        env=os.environ | {"PYTHONPATH": f"{HERE.parent.parent / 'plugins'}:{HERE.parent}"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def expect_the_same_end(world: World, category: str) -> None:
    resumed = run(world, category)
    assert resumed.returncode == 0, resumed.stderr[-2000:]
    outcomes = ast.literal_eval(resumed.stdout.strip().splitlines()[-1])
    if category == "loan":
        assert outcomes == {"destroyed": 2 * DUE}
        assert world.loans_left() == set(range(DUE + 1, DUE + KEPT + 1))
    else:
        assert outcomes == {"destroyed": DUE}
        assert len(world.left()) == KEPT


@pytest.mark.slow
@pytest.mark.parametrize("category", ["statement", "loan"])
@pytest.mark.parametrize("point", POINTS, ids=lambda p: "-".join(map(str, p)))
def test_killed_at_this_point_and_resumed_it_ends_the_same(
    world: World, category: str, point: tuple[str, str, int]
) -> None:
    build(world, category)
    killed = run(world, category, *point)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    expect_the_same_end(world, category)


@pytest.mark.parametrize(
    ("category", "point"),
    [
        ("statement", ("os:unlink", "after", 33)),
        ("loan", (f"{SLOT}.intend", "after", 6)),
        ("loan", (f"{SLOT}.observe", "before", 7)),
    ],
)
def test_killed_between_intent_and_outcome_what_is_gone_counts_as_destroyed(
    world: World, category: str, point: tuple[str, str, int]
) -> None:
    build(world, category)
    assert run(world, category, *point).returncode == -signal.SIGKILL
    expect_the_same_end(world, category)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_killed_at_random_again_and_again_it_ends_the_same(world: World, seed: int) -> None:
    build(world, "loan")
    chance = random.Random(seed)
    environment = os.environ | {
        "PYTHONPATH": f"{HERE.parent.parent / 'plugins'}:{HERE.parent}",
    }
    for _ in range(4):
        command = [sys.executable, str(HERE / "crashing_run.py"), str(world.folder), "loan"]
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            time.sleep(chance.uniform(0.6, 4.0))
            process.kill()
    expect_the_same_end(world, "loan")
