"""The whole road on a database, beside the tool a database administrator would take.

    python benchmarks/road_purge.py [--server KIND] [--due N] [--workers N] [--rounds N]

Shape: ``customer`` (2 N rows, half of them due, ~200 bytes each) and ``doc`` (two a
customer, foreign key with ON DELETE CASCADE). Beside PostgreSQL stands one raw ``DELETE``,
beside MariaDB ``pt-archiver --purge --bulk-delete --limit 1000 --commit-each``; neither
names a child or keeps evidence. Ours is what a run does: every row locked, decided again
and deleted, every child named by the statement that deletes it, the intent of each batch
sealed and durable before the commit, every item committed to a leaf, the journal written.
Workers are processes, started before the clock. Peer and ours take turns on equal tables.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial, reduce
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from operator import add
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

sys.path[:0] = [
    str(Path(__file__).resolve().parent),
    str(Path(__file__).resolve().parents[1] / "plugins"),
]

from measuring import Cost, Line, cost_of, keep  # noqa: E402

from keepuntil.disposal import certifying, executing, planning, verifying  # noqa: E402
from keepuntil.disposal.asking import asking  # noqa: E402
from keepuntil.disposal.installation import Installation  # noqa: E402
from keepuntil.domain.decision import Due  # noqa: E402

T = TypeVar("T")

BASE = "keepuntil_bench_base"
WORK = "keepuntil_bench"
USUAL = {
    "postgresql": "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
    "mariadb": "mysql+pymysql://root@127.0.0.1:3306/mysql",
}
LAST_DUE = "2016-11-22"
LARGEST_SHARD = executing.SHARD_CHUNKS
AS_OF = date(2026, 11, 23)
RULE = """\
category: customer
title: {zh: 客户资料, en: Customer record}
purpose: business relationship
subjects: [customer]
owner: {unit: operations, contact: operations@bank.example}
effective: {from: 2020-01-01, review_by: 2030-01-01}
authorities:
  - {cite: 反洗钱法 第三十四条, rank: law, obligation: keep, period: P10Y, confidence: primary}
clock:
  triggers: {combine: latest, events: [closed]}
  start: event_next_day
  keep_at_least: P10Y
  zone: Asia/Shanghai
disposition:
  approval: none
  expires_after: P30D
  limits: {items: 100000000, share: 100%}
nightly: {at: "01:00", retries: 1}
instances:
  - id: core
    store: core
    table: customer
    key: [id]
    events: {closed: closed_at}
    children: [doc]
"""
STORES = "stores:\n  core: {kind: sql, url: {env: KU_BENCH_URL}, zone: Asia/Shanghai}\n"
PEOPLE = "controller: bank.example\npeople: []\n"


def load_bank(engine: sa.Engine, due: int, children: int) -> None:
    """Two customers a due one: every second one closed long ago, the others lately."""
    kind = "BIGINT PRIMARY KEY"
    numbers = {
        "postgresql": f"SELECT g AS n FROM generate_series(1, {2 * due}) AS g",
        "mysql": f"SELECT seq AS n FROM seq_1_to_{2 * due}",
    }[engine.dialect.name]
    spread = {
        "postgresql": "DATE '{0}' + (n % 300)::int",
        "mysql": "DATE_ADD('{0}', INTERVAL n % 300 DAY)",
    }[engine.dialect.name]
    closed = (
        f"CASE WHEN n % 2 = 0 THEN {spread.format('2014-01-01')} "
        f"ELSE {spread.format('2024-01-01')} END"
    )
    text = "VARCHAR(220)"
    with engine.begin() as bank:
        for statement in (
            (
                f"CREATE TABLE customer (id {kind}, name {text}, id_no {text}, closed_at DATE, "
                f"filler {text})"
            ),
            (
                f"INSERT INTO customer SELECT n, concat('name', n), concat('id', n), {closed}, "
                f"repeat('x', 200) FROM ({numbers}) AS s"
            ),
            "CREATE INDEX ix_closed ON customer (closed_at)",
            (
                f"CREATE TABLE doc (id {kind}, customer_id BIGINT NOT NULL, body {text}, "
                "CONSTRAINT fk_doc FOREIGN KEY (customer_id) REFERENCES customer (id) "
                "ON DELETE CASCADE)"
            ),
            *(
                f"INSERT INTO doc SELECT n + {2 * due * child}, n, 'body' FROM ({numbers}) AS s"
                for child in range(children)
            ),
        ):
            bank.execute(sa.text(statement))
    with engine.begin() as bank:
        if engine.dialect.name == "postgresql":
            bank.execute(sa.text("CREATE INDEX ix_doc ON doc (customer_id)"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as bank:
        for table in ("customer", "doc"):
            verb = "ANALYZE" if engine.dialect.name == "postgresql" else "ANALYZE TABLE"
            bank.execute(sa.text(f"{verb} {table}"))


@contextmanager
def opened(folder: Path) -> Iterator[Installation]:
    """An installation with the one rule."""
    policies = folder / "policies"
    (policies / "rules").mkdir(parents=True)
    (policies / "rules" / "customer.yaml").write_text(RULE)
    (policies / "stores.yaml").write_text(STORES)
    (policies / "people.yaml").write_text(PEOPLE)
    Installation.create(folder / "home")
    with Installation.open(folder / "home", policies) as installation:
        yield installation


# The peers


def raw_delete(url: sa.URL, due: int) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as bank:
        gone = bank.execute(sa.text(f"DELETE FROM customer WHERE closed_at <= '{LAST_DUE}'"))
    assert gone.rowcount == due, gone.rowcount
    engine.dispose()


def pt_archiver(url: sa.URL) -> None:
    source = f"h={url.host},P={url.port or 3306},u={url.username},D={url.database},t=customer"
    if url.password:
        source += f",p={url.password}"
    command = ["pt-archiver", "--source", source, "--where", f"closed_at <= '{LAST_DUE}'"]
    command += ["--purge", "--bulk-delete", "--limit", "1000", "--commit-each"]
    subprocess.run(
        [*command, "--no-check-charset"],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def select_keys(url: sa.URL) -> None:
    """A bare SELECT of the due keys, streamed through the same driver."""
    engine = sa.create_engine(url)
    with engine.connect() as bank:
        result = bank.execution_options(stream_results=True).exec_driver_sql(
            f"SELECT id FROM customer WHERE closed_at <= '{LAST_DUE}'"
        )
        while result.fetchmany(5_000):
            pass
    engine.dispose()


# The road


def find_keys(installation: Installation, due: int) -> None:
    """Find and decide, as planning does, without the list."""
    rule = installation.rule("customer")
    with asking(installation, rule, rule.instance("core"), AS_OF) as (store, query):
        decisions = (query.decide(facts) for found in store.find(query) for facts in found.facts)
        assert sum(type(decision) is Due for decision in decisions) == due


def make_ready(home: Path, everyone: Barrier) -> None:
    """What a worker process does before the clock runs: import, and wait for the others."""
    with Installation.open(home, home.parent / "policies"):
        everyone.wait()


def destroy_shards(home: Path, run_id: str, numbers: list[int]) -> tuple[int, float]:
    """What one worker process does; gives its peak memory in KiB and its processor seconds."""
    began = time.process_time()
    with Installation.open(home, home.parent / "policies") as installation:
        for number in numbers:
            executing.destroy_shard(installation, run_id, number, worker=f"w{os.getpid()}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return memory, time.process_time() - began


def destroy(installation: Installation, run_id: str, workers: int, server: str) -> Cost:
    """Workers over the shards of a run, as Airflow's mapped tasks are."""
    numbers = executing.shards(installation, run_id, 1)
    work = partial(destroy_shards, installation.home, run_id)
    context = get_context("spawn")
    everyone = context.Barrier(workers + 1)
    with ProcessPoolExecutor(workers, context, make_ready, (installation.home, everyone)) as pool:
        futures = [pool.submit(work, numbers[place::workers]) for place in range(workers)]
        while everyone.n_waiting < workers and not any(future.done() for future in futures):
            time.sleep(0.05)

        def all_of_it() -> None:
            everyone.wait(timeout=60)
            wait(futures)

        cost = cost_of(all_of_it, server)
    memory, processor = zip(*(future.result() for future in futures), strict=True)
    print(f"  peak memory of a worker: {max(memory) / 1024:.0f} MiB", flush=True)
    return replace(cost, processor=sum(processor))


def road(url: sa.URL, due: int, workers: int, server: str) -> dict[str, Cost]:
    os.environ["KU_BENCH_URL"] = url.render_as_string(hide_password=False)
    costs: dict[str, Cost] = {}

    def timed(stage: str, work: Callable[[], T]) -> T:
        answers: list[T] = []
        costs[stage] = cost_of(lambda: answers.append(work()), server)
        print(f"  {stage:<12}{costs[stage].seconds:8.1f} s", flush=True)
        return answers[0]

    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as installation:
        timed("find", lambda: find_keys(installation, due))
        plan = timed(
            "plan", lambda: planning.plan(installation, "customer", AS_OF, proposed_by="p").plan
        )
        assert plan.due == due, plan.due
        # As many shards for each worker, so that none waits for another at the end.
        chunks = sum(tally.chunks for tally in plan.instances)
        turns = -(-chunks // (workers * LARGEST_SHARD))
        executing.SHARD_CHUNKS = -(-chunks // (workers * turns))
        run_id = executing.open_run(installation, plan.plan_id, executor="executor")
        costs["destroy"] = destroy(installation, run_id, workers, server)
        print(f"  {'destroy':<12}{costs['destroy'].seconds:8.1f} s", flush=True)
        executing.close_run(installation, run_id)
        import great_expectations  # noqa: F401 its import is not the road's

        timed("verify", lambda: verifying.verify(installation, run_id, verifier="verifier"))
        certificate = timed("certify", lambda: certifying.certify(installation, run_id))
    assert certificate.outcomes == {"destroyed": due}, certificate.outcomes
    return costs


# Databases


def fresh(url: sa.URL, name: str, template: str | None = None) -> sa.URL:
    """A new database of that name; the old one of it is dropped."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as server:
        server.execute(sa.text(f"DROP DATABASE IF EXISTS {name}"))
        like = f" TEMPLATE {template}" if template else ""
        server.execute(sa.text(f"CREATE DATABASE {name}{like}"))
    engine.dispose()
    return url.set(database=name)


def drop(url: sa.URL, *names: str) -> None:
    with sa.create_engine(url, isolation_level="AUTOCOMMIT").connect() as server:
        for name in names:
            server.execute(sa.text(f"DROP DATABASE IF EXISTS {name}"))


@dataclass(frozen=True)
class Server:
    """A database server, its peer, and how a round gets its tables."""

    url: sa.URL
    process: str
    """The name of its processes."""
    peer: str
    goal: float
    due: int
    children: int

    def prepare(self) -> None:
        """Load once what every round begins with, where the server can copy it."""
        self._load(BASE)

    def place(self) -> sa.URL:
        """Fresh tables, alike for both."""
        if self.process == "mariadbd":
            return self._load(WORK)
        url = fresh(self.url, WORK, BASE)
        with sa.create_engine(url, isolation_level="AUTOCOMMIT").connect() as bank:
            bank.exec_driver_sql("CHECKPOINT")
        return url

    def purge(self, url: sa.URL) -> None:
        if self.process == "mariadbd":
            pt_archiver(url)
        else:
            raw_delete(url, self.due)

    def _load(self, name: str) -> sa.URL:
        url = fresh(self.url, name)
        engine = sa.create_engine(url)
        load_bank(engine, self.due, self.children)
        engine.dispose()
        return url


def measure(server: Server, rounds: int, workers: int) -> list[Line]:
    """Peer and ours take turns at being first."""
    peers: dict[str, list[Cost]] = {"find": [], "destroy": [], "road": []}
    ours: dict[str, list[Cost]] = {"find": [], "destroy": [], "road": []}

    def peer() -> None:
        url = server.place()
        peers["find"].append(cost_of(lambda: select_keys(url), server.process))
        cost = cost_of(lambda: server.purge(url), server.process)
        print(f"  {server.peer}: {cost.seconds:.1f} s", flush=True)
        peers["destroy"].append(cost)
        peers["road"].append(cost)

    def keepuntil() -> None:
        stages = road(server.place(), server.due, workers, server.process)
        find = stages.pop("find")
        ours["find"].append(find)
        ours["destroy"].append(stages["destroy"])
        ours["road"].append(reduce(add, stages.values()))

    for number in range(rounds):
        for turn in (peer, keepuntil) if number % 2 == 0 else (keepuntil, peer):
            turn()
    kind = "PostgreSQL" if server.process == "postgres" else "MariaDB"
    said = (
        ("find", f"{kind}: find and decide", "bare SELECT of keys", 0.6),
        ("destroy", f"{kind}: destroy", server.peer, server.goal),
        ("road", f"{kind}: plan to certificate", server.peer, None),
    )
    return [
        Line(
            work=f"{title}, {workers} workers" if stage == "destroy" else title,
            peer=other,
            unit="parents",
            size=server.due,
            goal=goal,
            peer_costs=peers[stage],
            our_costs=ours[stage],
        )
        for stage, title, other, goal in said
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--server", choices=("postgresql", "mariadb"), default="postgresql")
    parser.add_argument("--url")
    parser.add_argument("--due", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--children", type=int, default=2, help="docs a customer")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--results", type=Path, default=None, help="a file that lines are added to")
    parser.add_argument("--no-peer", action="store_true", help="only the road, for memory runs")
    asked = parser.parse_args()
    url = sa.make_url(asked.url or USUAL[asked.server])
    shape = {"due": asked.due, "children": asked.children}
    server = {
        "postgresql": Server(url, "postgres", "raw DELETE", 0.7, **shape),
        "mariadb": Server(url, "mariadbd", "pt-archiver bulk", 1.0, **shape),
    }[asked.server]
    print(f"{asked.server}: {asked.due:,} due parents, {asked.children * asked.due:,} children")
    try:
        if server.process == "postgres":
            server.prepare()
        if asked.no_peer:
            road(server.place(), asked.due, asked.workers, server.process)
        else:
            keep(asked.results, measure(server, asked.rounds, asked.workers))
    finally:
        drop(url, BASE, WORK)


if __name__ == "__main__":
    main()
