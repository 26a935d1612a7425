"""How fast rows are destroyed with evidence, beside the tools that keep none.

    python benchmarks/sql_purge.py [--server postgresql|mariadb] [--due 1000000] [--rounds 1]

Shape: ``customer`` (2 N rows of about 250 bytes, half of them due) and ``doc`` (two a
customer, foreign key with ON DELETE CASCADE): N due rows with 2 N rows that hang on them.
Beside PostgreSQL stands one raw ``DELETE``; beside MariaDB the same, and ``pt-archiver
--purge --bulk-delete``. Ours means: every row locked, decided again and deleted, every
child deleted and named, the intent of each batch sealed with AES-256-GCM into a SQLite file
that synchronises every commit, and every row and child committed to a leaf (in a second
thread). Every round starts from the same tables. Only ratios inside one run mean anything;
of several rounds the best time of each counts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import sqlalchemy as sa

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / part) for part in ("plugins", "tests")]

from keepuntil.domain.categories import Child, FromColumn, SqlInstance  # noqa: E402
from keepuntil.domain.decision import Due  # noqa: E402
from keepuntil.domain.holds import Binding  # noqa: E402
from keepuntil.domain.items import key_texts  # noqa: E402
from keepuntil.domain.outcomes import Outcome  # noqa: E402
from keepuntil.domain.reckoning import cutoffs, decider  # noqa: E402
from keepuntil.domain.stores import SqlStore  # noqa: E402
from keepuntil.evidence.commitments import commit_parts, commit_records, salt_cells  # noqa: E402
from keepuntil.evidence.sealing import SealingKey  # noqa: E402
from keepuntil.stores.protocol import Batch, Effect, Intent, Query  # noqa: E402
from keepuntil.stores.sql import SqlDatabase  # noqa: E402
from sql_servers import Place, mariadb_server, postgres_server  # noqa: E402
from store_contract import AS_OF, EVENT, contract_rule, contract_warrant  # noqa: E402

BASE = "ku_sql_bench_base"
WORK = "ku_sql_bench_work"
LAST_DUE = date(2019, 6, 29)

CUSTOMERS = SqlInstance(
    id="core",
    store="core_banking",
    table="customer",
    schema=None,
    key=("id",),
    where=None,
    events=((EVENT, FromColumn(column="closed_at")),),
    record_group=None,
    children=(Child(table="doc"),),
)


def query_of(batch_items: int) -> Query:
    rule = contract_rule(CUSTOMERS)
    return Query(
        rule=rule,
        instance=CUSTOMERS,
        as_of=AS_OF,
        cutoffs=cutoffs(rule.clock, AS_OF),
        binding=Binding((), category=rule.category, instance=CUSTOMERS.id),
        batch_items=batch_items,
        decide=decider(rule, AS_OF),
    )


@dataclass
class SealedJournal:
    """Intents and leaves of each batch, in one SQLite file that all workers share."""

    file: Path
    worker: int
    key: SealingKey = field(default_factory=SealingKey.fresh)
    run_key: bytes = field(default_factory=lambda: os.urandom(32))
    batches: int = 0
    items: int = 0

    def __post_init__(self) -> None:
        self.database = sqlite3.connect(self.file, isolation_level=None, timeout=60)
        self.database.execute("pragma journal_mode=wal")
        self.database.execute("pragma synchronous=full")
        self.database.execute(
            "create table if not exists intent (worker int, batch int, sealed blob)"
        )
        self.hashing = ThreadPoolExecutor(1)
        self.leaves: Future[int] | None = None

    def intend(self, intent: Intent) -> None:
        packed = json.dumps([list(intent.present), intent.parts, intent.counts]).encode()
        sealed = self.key.seal(packed, b"intent %d" % self.batches)
        self.database.execute(
            "insert into intent values (?, ?, ?)", (self.worker, self.batches, sealed)
        )

    def commit_leaves(self, batch: Batch, effect: Effect) -> None:
        """While the database deletes the next batch; never more than one batch behind."""
        self.settle()
        self.leaves = self.hashing.submit(hashed, self.run_key, self.items, batch, effect)
        self.batches += 1
        self.items += len(batch.keys)

    def settle(self) -> None:
        if self.leaves is not None:
            self.leaves.result()


def hashed(run_key: bytes, first: int, batch: Batch, effect: Effect) -> int:
    cells = salt_cells(run_key, first, len(batch.keys))
    records = commit_records(cells, [f'{{"key":{text}}}' for text in key_texts(batch.keys)])
    parts = commit_parts(cells, effect.parts)
    leaves = [
        sha256(records[at : at + 32] + parts[at : at + 32]).digest()
        for at in range(0, len(records), 32)
    ]
    return len(leaves)


# The tables


def build(engine: sa.Engine, due: int) -> None:
    """``customer`` and ``doc``; due rows lie between the others, as they do in life."""
    if engine.dialect.name == "postgresql":
        numbers = "SELECT g::bigint AS n FROM generate_series(1, {}) AS g"
        day = "DATE '2010-01-01' + (mod(n * 7919, 3000) + mod(n, 2) * 3700)::int"
    else:
        numbers = "SELECT seq AS n FROM seq_1_to_{}"
        day = "DATE_ADD('2010-01-01', INTERVAL mod(n * 7919, 3000) + mod(n, 2) * 3700 DAY)"
    customers, docs = numbers.format(2 * due), numbers.format(4 * due)
    customer = (
        f"INSERT INTO customer SELECT n, CONCAT('name ', n), LPAD(CONCAT('', n), 18, '1'), "
        f"{day}, REPEAT('x', 200) FROM ({customers}) AS numbers"
    )
    doc = (
        f"INSERT INTO doc SELECT n, CEILING(n / 2.0), CONCAT('document ', n) "
        f"FROM ({docs}) AS numbers"
    )
    with engine.begin() as connection:
        for statement in (
            CUSTOMER,
            customer,
            "CREATE TABLE doc (id BIGINT PRIMARY KEY, customer_id BIGINT NOT NULL, title TEXT)",
            doc,
            "CREATE INDEX customer_closed ON customer (closed_at)",
            "CREATE INDEX doc_customer ON doc (customer_id)",
            DOC_TO_CUSTOMER,
        ):
            connection.exec_driver_sql(statement)


CUSTOMER = (
    "CREATE TABLE customer (id BIGINT PRIMARY KEY, name VARCHAR(40) NOT NULL, "
    "id_no VARCHAR(18) NOT NULL, closed_at DATE, filler VARCHAR(220) NOT NULL)"
)
DOC_TO_CUSTOMER = (
    "ALTER TABLE doc ADD FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE"
)


class PostgreSql:
    """Every round starts from a copy of one template database."""

    name = "postgresql"

    def __init__(self, due: int) -> None:
        self.due = due
        self.server = postgres_server()
        self.administrator = sa.create_engine(self.server, isolation_level="AUTOCOMMIT")
        self._run(f"DROP DATABASE IF EXISTS {BASE} WITH (FORCE)", f"CREATE DATABASE {BASE}")
        engine = sa.create_engine(self.server.set(database=BASE), isolation_level="AUTOCOMMIT")
        build(engine, due)
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
        engine.dispose()

    def fresh(self) -> Place:
        self._run(
            f"DROP DATABASE IF EXISTS {WORK} WITH (FORCE)",
            f"CREATE DATABASE {WORK} TEMPLATE {BASE}",
            "CHECKPOINT",
        )
        return Place(self.name, self.server.set(database=WORK))

    def peers(self) -> dict[str, Callable[[Place], None]]:
        return {"raw DELETE": raw_delete}

    def drop(self) -> None:
        self._run(*(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in (BASE, WORK)))

    def _run(self, *statements: str) -> None:
        with self.administrator.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


class MariaDb:
    """Every round makes its tables anew."""

    name = "mariadb"

    def __init__(self, due: int) -> None:
        self.due = due
        self.server = mariadb_server()
        self.administrator = sa.create_engine(self.server, isolation_level="AUTOCOMMIT")

    def fresh(self) -> Place:
        self.drop()
        with self.administrator.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {WORK}")
        place = Place(self.name, self.server.set(database=WORK))
        build(place.engine, self.due)
        place.run("ANALYZE TABLE customer, doc")
        return place

    def peers(self) -> dict[str, Callable[[Place], None]]:
        peers: dict[str, Callable[[Place], None]] = {"raw DELETE": raw_delete}
        if shutil.which("pt-archiver"):
            peers["pt-archiver --bulk-delete"] = archive
        else:
            print("pt-archiver (Percona Toolkit) is not installed: it is left out.")
        return peers

    def drop(self) -> None:
        with self.administrator.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {WORK}")


def raw_delete(place: Place) -> None:
    place.run(f"DELETE FROM customer WHERE closed_at <= '{LAST_DUE}'")


def archive(place: Place) -> None:
    url = place.url
    source = f"h={url.host},P={url.port or 3306},u={url.username},D={url.database},t=customer"
    if url.password:
        source += f",p={url.password}"
    subprocess.run(
        [
            "pt-archiver",
            "--source",
            source,
            "--where",
            f"closed_at <= '{LAST_DUE}'",
            *("--purge", "--bulk-delete", "--limit", "1000", "--commit-each"),
            "--no-check-charset",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )


# The measurements


def select_keys(place: Place) -> None:
    """A bare SELECT of the due keys, through the same driver."""
    with place.engine.connect() as connection:
        result = connection.execution_options(stream_results=True).exec_driver_sql(
            f"SELECT id FROM customer WHERE closed_at <= '{LAST_DUE}'"
        )
        while result.fetchmany(5_000):
            pass


def find(place: Place, batch_items: int) -> list[Batch]:
    store = place.store()
    query = query_of(batch_items)
    batches = []
    for found in store.find(query):
        decisions = map(query.decide, found.facts)
        keys = [k for k, d in zip(found.keys, decisions, strict=True) if type(d) is Due]
        size = len(keys)
        if keys:
            batches.append(
                Batch(keys=keys, marks=[""] * size, groups=[None] * size, spared=[False] * size)
            )
    store.close()
    return batches


def destroy(
    declaration: SqlStore,
    url: str,
    batches: list[Batch],
    batch_items: int,
    file: Path,
    worker: int,
) -> int:
    """Destroy some batches in this process; gives the parts that went with them."""
    store = SqlDatabase(declaration, url)
    query, warrant = query_of(batch_items), contract_warrant()
    journal = SealedJournal(file, worker)
    parts = 0
    for batch in batches:
        effect = store.destroy(query, batch, warrant, journal)
        assert effect.outcomes.count(Outcome.DESTROYED) == len(batch.keys)
        parts += sum(effect.counts)
        journal.commit_leaves(batch, effect)
    journal.settle()
    journal.hashing.shutdown()
    store.close()
    return parts


def destroy_in_processes(
    place: Place, batches: list[Batch], batch_items: int, file: Path, workers: int
) -> int:
    """Workers over ranges of keys, as the shards of a run are."""
    share = -(-len(batches) // workers)
    shards = [batches[at : at + share] for at in range(0, len(batches), share)]
    place.engine.dispose()
    with get_context("fork").Pool(workers) as pool:
        at = (place.declaration(), place.text)
        asked = [(*at, shard, batch_items, file, no) for no, shard in enumerate(shards)]
        return sum(pool.starmap(destroy, asked))


def reread(place: Place, batches: list[Batch], batch_items: int) -> None:
    store = place.store()
    query = query_of(batch_items)
    for batch in batches:
        assert not any(store.remains(query, batch.keys))
    store.close()


@dataclass
class Clock:
    best: dict[str, float] = field(default_factory=lambda: defaultdict(lambda: float("inf")))

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        seconds = time.perf_counter() - started
        print(f"  {what}: {seconds:.1f} s", flush=True)
        self.best[what] = min(self.best[what], seconds)


def measure(server: PostgreSql | MariaDb, rounds: int, batch_items: int) -> Clock:
    clock = Clock()
    for round_ in range(1, rounds + 1):
        print(f"round {round_}", flush=True)
        for name, purge in server.peers().items():
            place = server.fresh()
            with clock.timed(name):
                purge(place)
            place.close()
        for workers in (1, 2):
            ours(server, clock, workers, batch_items)
    return clock


def ours(server: PostgreSql | MariaDb, clock: Clock, workers: int, batch_items: int) -> None:
    place = server.fresh()
    with clock.timed("bare SELECT of due keys"):
        select_keys(place)
    with clock.timed("find"):
        batches = find(place, batch_items)
    assert sum(len(batch.keys) for batch in batches) == server.due
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "register.db"
        with clock.timed(f"destroy, {workers} process{'es' if workers > 1 else ''}"):
            if workers == 1:
                at = (place.declaration(), place.text)
                parts = destroy(*at, batches, batch_items, file, 0)
            else:
                parts = destroy_in_processes(place, batches, batch_items, file, workers)
    assert parts == 2 * server.due
    with clock.timed("re-read every row"):
        reread(place, batches, batch_items)
    place.close()


def report(server: PostgreSql | MariaDb, clock: Clock) -> None:
    due = server.due
    print(f"\n{server.name}: {due} due rows with {2 * due} rows that hang on them")
    for what, seconds in clock.best.items():
        print(f"{what:28} {seconds:8.1f} s {due / seconds:10.0f} rows/s")
    find_ratio = clock.best["bare SELECT of due keys"] / clock.best["find"]
    print(f"find, beside a bare SELECT   {find_ratio:8.2f}   (goal: 0.6)")
    goals = {"raw DELETE": 0.7, "pt-archiver --bulk-delete": 1.0}
    for peer in server.peers():
        for what in ("destroy, 1 process", "destroy, 2 processes"):
            goal = f"(goal: {goals[peer]})" if server.name == "postgresql" or "pt-" in peer else ""
            print(f"{what}, beside {peer}: {clock.best[peer] / clock.best[what]:.2f}   {goal}")
    memory = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"largest process of ours: {memory / 1024:.0f} MiB (the whole list is in memory here)")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--server", choices=["postgresql", "mariadb"], default="postgresql")
    options.add_argument("--due", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=1)
    options.add_argument("--batch", type=int, default=5_000)
    asked = options.parse_args()
    server = (PostgreSql if asked.server == "postgresql" else MariaDb)(asked.due)
    try:
        report(server, measure(server, asked.rounds, asked.batch))
    finally:
        server.drop()


if __name__ == "__main__":
    main()
