"""Runs the road of a test world to its end, or until it kills itself at a named point.

    python crashing_run.py FOLDER CATEGORY [POINT WHEN NUMBER]
    python crashing_run.py serve

POINT is ``module:Class.function``; WHEN is ``before`` or ``after``; NUMBER counts its
calls from 1. POINT may also be ``step``, whatever WHEN says: NUMBER then counts every
statement and commit of any database and every change in a folder, from 1. Killing is
SIGKILL: no handler, no finally, nothing is flushed.

``serve`` reads one order a line (see :class:`Order`) and carries each out in a fork of its
own, in which all that takes long to import is there already; it answers with the exit code.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sqlalchemy import Engine, event

from disposal_world import AS_OF, World
from keepuntil.disposal import certifying, planning, verifying
from keepuntil.disposal.installation import Installation
from keepuntil.errors import ApprovalError
from keepuntil.evidence import keys
from keepuntil.register import runs

BATCH = 20
STEP = "step"
FOLDER_CHANGES = ("fsync", "mkdir", "rename", "replace", "rmdir", "unlink")


@dataclass(frozen=True, slots=True)
class Order:
    """What one process has to do, and where it may say so."""

    words: tuple[str, ...]
    environment: dict[str, str]
    output: str
    errors: str

    def encode(self) -> str:
        return json.dumps(asdict(self)) + "\n"


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


def die_at_step(number: int) -> Iterator[int]:
    """Die between any two effects, inside batches and transactions too. 0: count only.

    Gives the counter: its next value is one more than the steps so far.
    """
    counter = itertools.count(1)

    def step(what: str) -> None:
        if next(counter) == number:
            os.write(2, f"killed at step {number}: {what}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(Engine, moment, lambda *_, moment=moment: step(moment))
    for name in FOLDER_CHANGES:
        _step_around(name, step)
    return counter


def _step_around(name: str, step: Callable[[str], None]) -> None:
    original = getattr(os, name)

    def counted(*args: object, **kwargs: object) -> object:
        step(f"before {name}")
        result = original(*args, **kwargs)
        step(f"after {name}")
        return result

    setattr(os, name, counted)


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


def carry_out(words: list[str]) -> None:
    folder, category, *point = words
    world = World(Path(folder))
    for person in ("E1", "E2", "E3"):
        world.people[person] = keys.load(f"file:{world.folder / person}.private", keys.KeyKind.P256)
    small_batches()
    if point and point[0] != STEP:
        die_at(point[0], point[1], int(point[2]))
        go(world, category)
        return
    steps = die_at_step(int(point[2]) if point else 0)
    outcomes = resume(world, category)
    print("steps:", next(steps) - 1)
    print(outcomes)


def serve() -> None:
    import great_expectations  # noqa: F401 - what a fork would otherwise import every time

    for line in sys.stdin:
        child = os.fork()
        if not child:
            _obey(Order(**json.loads(line)))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _obey(order: Order) -> None:
    """In the fork; does not return."""
    for stream, path in ((1, order.output), (2, order.errors)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, stream)
    os.environ.clear()
    os.environ.update(order.environment)
    code = 1
    try:
        carry_out(list(order.words))
        sys.stdout.flush()
        code = 0
    finally:
        if code:
            traceback.print_exc()
            sys.stderr.flush()
        os._exit(code)  # nothing of the serving process may run twice


def main() -> None:
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        carry_out(sys.argv[1:])


if __name__ == "__main__":
    main()
