"""Runs the road of a test world to its end, or until it kills itself at a named point.

    python crashing_run.py FOLDER CATEGORY [POINT WHEN NUMBER]

POINT is ``module:Class.function``; WHEN is ``before`` or ``after``; NUMBER counts its
calls from 1. Killing is SIGKILL: no handler, no finally, nothing is flushed.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from disposal_world import AS_OF, World
from keepuntil.disposal import certifying, planning, verifying
from keepuntil.disposal.installation import Installation
from keepuntil.errors import ApprovalError
from keepuntil.evidence import keys
from keepuntil.register import runs

BATCH = 20


def die_at(point: str, when: str, number: int) -> None:
    module_name, _, path = point.partition(":")
    owner = importlib.import_module(module_name)
    *containers, name = path.split(".")
    for container in containers:
        owner = getattr(owner, container)
    original = getattr(owner, name)
    calls = 0

    def deadly(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if when == "before" and calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if when == "after" and calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)


def small_batches() -> None:
    from keepuntil.stores.files import FileTree
    from keepuntil.stores.s3 import S3Bucket
    from keepuntil.stores.sql import SqlDatabase

    for store in (FileTree, S3Bucket, SqlDatabase):
        made = store.__init__

        def make(self: object, *args: object, made: object = made, **kwargs: object) -> None:
            made(self, *args, **kwargs)  # type: ignore[operator]
            self.facts = replace(self.facts, batch_items=BATCH)  # type: ignore[attr-defined]

        store.__init__ = make  # type: ignore[method-assign]


def go(world: World, category: str) -> None:
    with world.open() as installation:
        plan_id = planning.plan(installation, category, AS_OF, proposed_by="planner").plan.plan_id
        if category == "loan":
            _approve(world, installation, plan_id)
        world.certify(installation, world.destroy(installation, plan_id))


def resume(world: World, category: str) -> dict[str, int]:
    """What an operator does in the morning: the same verbs again, on the same plan."""
    with world.open() as installation:
        register = installation.register
        started = runs.list_runs(register, category=category)
        if not started:
            plan_id = planning.plan(
                installation, category, AS_OF, proposed_by="planner"
            ).plan.plan_id
            if category == "loan":
                _approve(world, installation, plan_id)
            run_id = world.destroy(installation, plan_id)
        elif started[0].state in (runs.RunState.RUNNING, runs.RunState.INCOMPLETE):
            run_id = world.destroy(installation, started[0].warrant.plan_id)
        else:
            run_id = started[0].run_id
        if runs.load(register, run_id).state is runs.RunState.EXECUTED:
            verifying.verify(installation, run_id, verifier="verifier")
        return certifying.certify(installation, run_id).outcomes


def _approve(world: World, installation: Installation, plan_id: str) -> None:
    for person, role in (("E1", "data_owner"), ("E2", "records_officer")):
        try:
            world.approve(installation, plan_id, (person, role))
        except ApprovalError as given_before_the_crash:
            if "already" not in str(given_before_the_crash) and "has decided" not in str(
                given_before_the_crash
            ):
                raise


def main() -> None:
    folder, category, *point = sys.argv[1:]
    world = World(Path(folder))
    for person in ("E1", "E2", "E3"):
        world.people[person] = keys.load(f"file:{world.folder / person}.private", keys.KeyKind.P256)
    small_batches()
    if point:
        die_at(point[0], point[1], int(point[2]))
        go(world, category)
    else:
        print(resume(world, category))


if __name__ == "__main__":
    main()
