"""Kill the process at every step, resume: the same end as a run that was left alone."""

from __future__ import annotations

import ast
import atexit
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from disposal_world import World
from keepuntil.disposal.checking_certificates import check_bundle
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.trust import Trust
from keepuntil.errors import PlanError
from keepuntil.evidence import leaves
from keepuntil.evidence.envelope import Envelope
from keepuntil.register import certificates, journal, plans, runs

HERE = Path(__file__).resolve().parent
SLOT = "keepuntil.register.slots:Slot"
Point = tuple[str, str, int]
POINTS: list[Point] = [
    ("keepuntil.register.drafts:Draft.append", "after", 2),
    ("keepuntil.register.drafts:Draft.freeze", "before", 1),
    ("keepuntil.register.drafts:Draft.freeze", "after", 1),
    ("keepuntil.register.approvals:add", "before", 1),
    ("keepuntil.register.approvals:add", "after", 1),
    ("keepuntil.register.surroundings:set_baseline", "after", 1),
    ("keepuntil.register.runs:_shards", "after", 1),
    ("keepuntil.register.plans:set_state", "before", 1),
    ("keepuntil.register.plans:set_state", "before", 2),
    ("keepuntil.register.plans:set_state", "after", 2),
    ("keepuntil.register.plans:set_state", "before", 3),
    ("keepuntil.register.plans:set_state", "before", 4),
    ("keepuntil.register.plans:set_state", "before", 5),
    ("keepuntil.register.leases:Lease.extend", "before", 1),
    ("keepuntil.register.leases:Lease.extend", "after", 3),
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
    ("keepuntil.disposal.bundling:_write_sigstore", "after", 1),
    ("keepuntil.disposal.bundling:_write_context", "after", 1),
    ("keepuntil.disposal.bundling:seal_folder", "before", 1),
    ("keepuntil.register.certificates:add", "before", 1),
    ("keepuntil.register.certificates:add", "after", 1),
    ("keepuntil.register.plans:shred", "before", 1),
    ("keepuntil.register.item_lists:_delete_key", "after", 1),
]
POINTS_OF_TWO_PEOPLE: list[Point] = [
    ("keepuntil.register.approvals:add", "before", 2),
    ("keepuntil.register.approvals:add", "after", 2),
]
"""Of loans only: of statements the published rule says once that nobody need be asked."""
DUE, KEPT = 90, 15
OWN_TO_A_RUN = {
    "at", "certificateId", "digest", "docs", "finishedOn", "id", "itemsDigest", "origin",
    "rootHash", "startedOn",
}  # fmt: skip
"""Fields of a certificate that no two runs share: names, instants, salted or keyed digests."""


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said until then."""

    returncode: int
    stdout: str
    stderr: str


@cache
def _server() -> subprocess.Popen[str]:
    started = subprocess.Popen(
        [sys.executable, str(HERE / "crashing_run.py"), "serve"],
        env=os.environ | {"PYTHONPATH": f"{HERE.parent.parent / 'plugins'}:{HERE.parent}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(started.communicate)
    return started


def run(world: World, category: str, *point: object) -> Ended:
    """Carry out the road in a process of its own, which may die at the point."""
    server, said = _server(), (world.folder / "said.out", world.folder / "said.err")
    words = [str(world.folder), category, *map(str, point)]
    order = {"words": words, "environment": dict(os.environ)}
    line = json.dumps(order | {"output": str(said[0]), "errors": str(said[1])})
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(line + "\n")
    server.stdin.flush()
    code = int(server.stdout.readline())
    return Ended(code, *(path.read_text(encoding="utf-8") for path in said))


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


@dataclass(frozen=True)
class End:
    """Everything two runs over the same data must have in common when they are over."""

    files: list[str]
    rows: dict[str, list[int]]
    outcomes: dict[str, dict[str, int]]
    certified: Any
    entries: list[tuple[str, str, int]]
    """Instance, outcome and number of parts, in the order of the tree."""
    states: tuple[str, str]


def end_of(world: World) -> End:
    """Read it after the fact; fails where there is more than one run, plan or certificate."""
    with world.open() as installation:
        register = installation.register
        (one,) = runs.list_runs(register)
        (planned,) = plans.list_plans(register)
        (stored,) = certificates.list_certificates(register)
        with pytest.raises(PlanError, match="was destroyed"):
            list(plans.chunks(register, planned.plan.plan_id, planned.plan.instances[0].instance))
        bundle = Path(stored.path)
        expect_it_holds(installation, bundle)
        assert [path.name for path in bundle.parent.iterdir()] == [bundle.name]
        totals = journal.totals(register, one.run_id).items()
        return End(
            files=sorted(str(p.relative_to(world.folder)) for p in _files(world)),
            rows={table: _numbers(world, table) for table in ("loan", "loan_note")},
            outcomes={i: {o.value: n for o, n in ends.items() if n} for i, ends in totals},
            certified=_common(json.loads(Envelope.parse(stored.payload).payload)["predicate"]),
            entries=_entries(bundle, sum(n for _, ends in totals for n in ends.values())),
            states=(one.state.value, planned.state.value),
        )


def expect_it_holds(installation: Installation, bundle: Path) -> None:
    ring = installation.key_ring
    trust = Trust(
        certificate_keys=ring.public_keys("certificate"), run_keys=ring.public_keys("run")
    )
    check_bundle(bundle, trust)


def _files(world: World) -> list[Path]:
    return [p for folder in (world.statements, world.scans) for p in folder.rglob("*")]


def _numbers(world: World, table: str) -> list[int]:
    if not world.core.exists():
        return []
    with closing(sqlite3.connect(world.core)) as bank:
        return [number for (number,) in bank.execute(f"SELECT id FROM {table} ORDER BY id")]


def _common(document: Any) -> Any:
    if isinstance(document, dict):
        return {k: _common(v) for k, v in document.items() if k not in OWN_TO_A_RUN}
    return [_common(one) for one in document] if isinstance(document, list) else document


def _entries(bundle: Path, size: int) -> list[tuple[str, str, int]]:
    with (bundle / "run" / "entries").open("rb") as file:
        read = [leaves.parse_entry(entry) for entry in leaves.read_entries(file, size)]
    return [(leaf.instance, leaf.outcome, leaf.part_count) for leaf in read]


@dataclass(frozen=True)
class Uninterrupted:
    """A run that was left alone."""

    end: End
    steps: int


@pytest.fixture(scope="session")
def left_alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Uninterrupted]:
    return {category: _alone(tmp_path_factory.mktemp(category), category) for category in LISTED}


def _alone(folder: Path, category: str) -> Uninterrupted:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KU_TEST_CORE", f"sqlite:///{folder / 'core.db'}")
        world = build(World(folder).build(), category)
        done = run(world, category)
        assert done.returncode == 0, done.stderr[-2000:]
        *_, steps, outcomes = done.stdout.strip().splitlines()
        assert ast.literal_eval(outcomes) == LISTED[category]
        return Uninterrupted(end_of(world), int(steps.removeprefix("steps: ")))


LISTED = {"statement": {"destroyed": DUE}, "loan": {"destroyed": 2 * DUE}}


def expect_the_same_end(world: World, category: str, alone: Uninterrupted) -> None:
    resumed = run(world, category)
    assert resumed.returncode == 0, resumed.stderr[-2000:]
    outcomes = ast.literal_eval(resumed.stdout.strip().splitlines()[-1])
    assert outcomes == LISTED[category]
    assert asdict(end_of(world)) == asdict(alone.end)
    if category == "loan":
        assert world.loans_left() == set(range(DUE + 1, DUE + KEPT + 1))
    else:
        assert len(world.left()) == KEPT


@pytest.mark.slow
@pytest.mark.parametrize(
    ("category", "point"),
    [
        *(("statement", point) for point in POINTS),
        *(("loan", point) for point in POINTS + POINTS_OF_TWO_PEOPLE),
    ],
    ids=lambda p: p if isinstance(p, str) else "-".join(map(str, p)),
)
def test_killed_at_this_point_and_resumed_it_ends_the_same(
    world: World, left_alone: dict[str, Uninterrupted], category: str, point: Point
) -> None:
    build(world, category)
    killed = run(world, category, *point)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    expect_the_same_end(world, category, left_alone[category])


@pytest.mark.xdist_group("left alone")
@pytest.mark.parametrize(
    ("category", "point"),
    [
        ("statement", ("os:unlink", "after", 33)),
        ("loan", (f"{SLOT}.intend", "after", 6)),
        ("loan", (f"{SLOT}.observe", "before", 7)),
    ],
)
def test_killed_between_intent_and_outcome_what_is_gone_counts_as_destroyed(
    world: World, left_alone: dict[str, Uninterrupted], category: str, point: Point
) -> None:
    build(world, category)
    assert run(world, category, *point).returncode == -signal.SIGKILL
    expect_the_same_end(world, category, left_alone[category])


@pytest.mark.slow
@pytest.mark.parametrize("category", ["statement", "loan"])
@pytest.mark.parametrize("seed", range(6))
def test_killed_at_random_again_and_again_it_ends_the_same(
    world: World, left_alone: dict[str, Uninterrupted], category: str, seed: int
) -> None:
    """Between any two statements, commits and changes of folders; each time the rest resumes."""
    build(world, category)
    chance, kills = random.Random(f"{category} {seed}"), []
    left = left_alone[category].steps
    for _ in range(4):
        at = chance.randint(1, left)
        killed = run(world, category, "step", "at", at)
        if killed.returncode == 0:  # a resumed run has fewer steps than were guessed
            break
        assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
        kills.append(killed.stderr.strip().splitlines()[-1])
        left = max(1, left - at)
    assert kills
    print(*kills, sep="\n")
    expect_the_same_end(world, category, left_alone[category])
