"""Killed after the deed, held before the resume: what is gone was destroyed, the rest is held."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import replace

import pytest

from disposal.test_crash import DUE, KEPT, SLOT, build, run
from disposal.test_holds import hold
from disposal_world import World
from keepuntil.domain.holds import HoldScope
from keepuntil.domain.outcomes import Outcome
from keepuntil.register import holds, journal, runs
from s3_servers import Place, server

SCANS = len(range(0, DUE, 20))
"""Batches of scans; those of the rows come after them."""

BUCKET = """\
stores:
  statements:
    {{kind: s3, bucket: {bucket}, endpoint: "{endpoint}", credentials: {{env: KU_TEST_S3}}}}
"""


def place_hold(world: World, category: str) -> None:
    with world.open() as installation:
        everything = replace(hold(HoldScope.CATEGORY, ""), category=category)
        holds.add(installation.register, everything)


def resumed(world: World, category: str) -> dict[str, dict[Outcome, int]]:
    """Destroy to the end, as the next night would; the outcomes."""
    with world.open() as installation:
        (one,) = runs.list_runs(installation.register, category=category)
        world.destroy(installation, one.warrant.plan_id)
        found = journal.totals(installation.register, one.run_id)
    return {
        instance: {outcome: count for outcome, count in outcomes.items() if count}
        for instance, outcomes in found.items()
    }


def expected(left: int) -> dict[Outcome, int]:
    ends = {Outcome.DESTROYED: DUE - left, Outcome.HELD: left}
    return {outcome: count for outcome, count in ends.items() if count}


def test_of_files(world: World) -> None:
    build(world, "statement")
    assert run(world, "statement", f"{SLOT}.observe", "before", 3).returncode == -signal.SIGKILL
    left = len(world.left()) - KEPT
    assert left < DUE
    place_hold(world, "statement")
    assert resumed(world, "statement") == {"share": expected(left)}
    assert len(world.left()) == left + KEPT


@pytest.mark.slow
def test_the_second_reader_agrees(world: World) -> None:
    build(world, "statement")
    killed = run(world, "statement", f"{SLOT}.observe", "before", 1)
    assert killed.returncode == -signal.SIGKILL
    place_hold(world, "statement")
    certified = run(world, "statement")
    assert certified.returncode == 0, certified.stderr[-2000:]


def test_of_rows(world: World) -> None:
    build(world, "loan")
    killed = run(world, "loan", f"{SLOT}.observe", "before", SCANS + 1)
    assert killed.returncode == -signal.SIGKILL
    left = len(world.loans_left()) - KEPT
    assert left < DUE
    place_hold(world, "loan")
    assert resumed(world, "loan") == {"core": expected(left), "scans": {Outcome.DESTROYED: DUE}}
    assert len(world.loans_left()) == left + KEPT


@pytest.fixture
def bucket(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """The statements lie in a bucket instead, two versions of each."""
    moto = server("moto")
    monkeypatch.setenv("KU_TEST_S3", moto.credentials)
    with moto.place("versioned") as place:
        text = BUCKET.format(bucket=place.bucket, endpoint=moto.endpoint)
        (world.policies / "stores.yaml").write_text(text)
        rule = world.policies / "rules" / "statement.yaml"
        rule.write_text(
            rule.read_text()
            .replace("under: statements", "prefix: statements/")
            .replace("{name: 'A", "{name: 'statements/A")
            .replace("{from_name: '(", "{from_key: 'statements/(")
        )
        for number in range(DUE):
            key = f"statements/A{number:06d}-2015-03-01.pdf"
            place.put(key, b"older")
            place.put(key)
        yield place


def test_of_objects(world: World, bucket: Place) -> None:
    build(world, "unused")
    assert run(world, "statement", f"{SLOT}.observe", "before", 2).returncode == -signal.SIGKILL
    left = len(bucket.keys())
    assert left < DUE
    place_hold(world, "statement")
    assert resumed(world, "statement") == {"share": expected(left)}
    assert len(bucket.keys()) == left
