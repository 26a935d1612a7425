"""Objects a second against s5cmd and rclone, on the same server in the same run.

Keepuntil lists the keys of a batch again, decides each, seals and journals the intent,
deletes, reads every key's own result, lists once more and commits to each leaf; the others
list and delete. The first line leaves out that last listing, which no peer does; the second
has everything in: planning's listing, both of the batch, and the one that verifies. Processor
seconds are of everything. Only ratios inside one run mean anything.

    KEEPUNTIL_TEST_S3=http://127.0.0.1:7480,ACCESS,SECRET \
        .venv/bin/python benchmarks/s3_purge.py --objects 5000 --rounds 3
"""

from __future__ import annotations

import argparse
import os
import shutil
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
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / part) for part in ("benchmarks", "plugins", "tests")]

from files_purge import SealedJournal  # noqa: E402
from measuring import Cost, Line, cost_of, keep  # noqa: E402

from keepuntil.domain.categories import FromAge, S3Instance  # noqa: E402
from keepuntil.domain.decision import Due  # noqa: E402
from keepuntil.domain.outcomes import Outcome  # noqa: E402
from keepuntil.stores.protocol import Batch, Found  # noqa: E402
from keepuntil.stores.s3 import destroying  # noqa: E402
from s3_servers import Place, Server  # noqa: E402
from store_contract import EVENT, contract_query, contract_warrant  # noqa: E402

PREFIX = "loans/"
GATEWAY = "radosgw"
"""The server's processes, where it runs on this machine and is Ceph's."""
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

    @property
    def destroying(self) -> float:
        """Seconds of destroying, without the second listing of each batch."""
        return self.seconds["destroy"] - self.seconds["survey"] / 2


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
    delete, survey = destroying.delete_all, destroying.survey
    destroying.delete_all = clock.timed("delete", delete)
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
        destroying.delete_all, destroying.survey = delete, survey
        store.close()


def _batch(found: Found) -> Batch:
    size = len(found.keys)
    return Batch(keys=found.keys, marks=found.marks, groups=found.groups, spared=[False] * size)


def tool_of(name: str) -> str | None:
    return shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")


def s5cmd(place: Place, *, versioned: bool) -> None:
    every = ["--all-versions"] if versioned else []
    where = f"s3://{place.bucket}/*"
    _run(["s5cmd", "--endpoint-url", place.server.endpoint, "rm", *every, where], place)


def rclone(place: Place, *, versioned: bool) -> None:
    assert not versioned, "rclone deletes one version a run"
    remote = f":s3,provider=Ceph,env_auth,endpoint='{place.server.endpoint}':{place.bucket}"
    _run(["rclone", "delete", "--checkers", "32", "--transfers", "32", remote], place)


PEERS = {"s5cmd": s5cmd, "rclone": rclone}


def _run(command: list[str], place: Place) -> None:
    # rclone cannot take AWS's variable for another certificate bundle.
    kept = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"}
    environment = kept | {
        "AWS_ACCESS_KEY_ID": place.server.key,
        "AWS_SECRET_ACCESS_KEY": place.server.secret,
        "AWS_REGION": "us-east-1",
    }
    found = tool_of(command[0])
    assert found is not None, f"{command[0]} is not installed"
    subprocess.run([found, *command[1:]], env=environment, check=True, stdout=subprocess.DEVNULL)


def purged(
    server: Server, objects: int, purge: Callable[[Place], None], *, versioned: bool
) -> Cost:
    """What emptying a bucket of its own cost."""
    with server.place("versioned" if versioned else "unversioned") as place:
        fill(place, objects, versioned=versioned)
        cost = cost_of(lambda: purge(place), GATEWAY)
        assert not place.keys(), "something was left"
    return cost


def measure(server: Server, objects: int, rounds: int, *, versioned: bool) -> list[Line]:
    """Every peer that is installed and ours, in another order each round."""
    peers = [name for name in PEERS if tool_of(name) and not (versioned and name == "rclone")]
    clocks: list[Clock] = []
    costs: dict[str, list[Cost]] = {name: [] for name in (*peers, "keepuntil")}

    def keepuntil(place: Place) -> None:
        clocks.append(Clock())
        ours(place, clocks[-1])

    for number in range(rounds):
        names = list(costs)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            purge = keepuntil if name == "keepuntil" else partial(PEERS[name], versioned=versioned)
            costs[name].append(purged(server, objects, purge, versioned=versioned))
            print(f"  {name}: {costs[name][-1].seconds:.1f} s", flush=True)
    whole = costs.pop("keepuntil")
    destroying = [
        replace(cost, seconds=clock.destroying) for cost, clock in zip(whole, clocks, strict=True)
    ]
    parts = objects * (3 if versioned else 1)
    return [
        Line(
            work=work,
            peer=name,
            unit="versions" if versioned else "objects",
            size=parts,
            goal=goal,
            peer_costs=costs[name],
            our_costs=spent,
        )
        for name in peers
        for work, goal, spent in (
            ("S3: list, decide, destroy", 1.0, destroying),
            ("S3: also plan and verify", None, whole),
        )
    ]


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--objects", type=int, default=5_000)
    words.add_argument("--rounds", type=int, default=2)
    words.add_argument("--versioned", action="store_true", help="two versions and a marker each")
    words.add_argument("--results", type=Path, default=None, help="a file that lines are added to")
    asked = words.parse_args()
    server = Server("server", *os.environ["KEEPUNTIL_TEST_S3"].split(","))
    keep(
        asked.results,
        measure(server, asked.objects, asked.rounds, versioned=asked.versioned),
    )


if __name__ == "__main__":
    main()
