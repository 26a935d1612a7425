"""The whole road on a database, stage by stage, beside one raw DELETE of the same rows.

    python benchmarks/road_purge.py [--url URL] [--due N] [--workers N] [--server KIND]

Shape: ``customer`` (2 N rows, half of them due, ~200 bytes each) and ``doc`` (two a
customer, foreign key with ON DELETE CASCADE). Every stage is timed apart; memory is
the highest resident size of any process of ours.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugins"))

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
def timed(title: str, items: int, report: dict[str, float]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    report[title] = time.perf_counter() - began
    print(f"  {title:<34}{report[title]:8.1f} s {items / report[title]:12,.0f} /s", flush=True)


def raw_delete(engine: sa.Engine, due: int, report: dict[str, float]) -> None:
    with timed("raw DELETE (cascade)", due, report), engine.begin() as bank:
        gone = bank.execute(sa.text("DELETE FROM customer WHERE closed_at <= '2016-11-22'"))
    assert gone.rowcount == due, gone.rowcount


def pt_archiver(url: sa.URL, due: int, report: dict[str, float]) -> None:
    with timed("pt-archiver --bulk-delete", due, report):
        subprocess.run(
            [
                "pt-archiver",
                "--source",
                f"h={url.host},P={url.port or 3306},u={url.username},D={url.database},t=customer",
                "--purge",
                "--bulk-delete",
                "--limit",
                "1000",
                "--commit-each",
                "--where",
                "closed_at <= '2016-11-22'",
                "--no-check-charset",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def destroy_shards(home: str, policies: str, run_id: str, numbers: list[int]) -> int:
    """What one worker process does; gives its peak memory in KiB."""
    from keepuntil.disposal import executing
    from keepuntil.disposal.installation import Installation

    with Installation.open(Path(home), Path(policies)) as installation:
        for number in numbers:
            executing.destroy_shard(installation, run_id, number, worker=f"w{os.getpid()}")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def road(folder: Path, due: int, workers: int, report: dict[str, float]) -> None:
    from keepuntil.disposal import certifying, executing, planning, verifying
    from keepuntil.disposal.installation import Installation

    policies = folder / "policies"
    (policies / "rules").mkdir(parents=True)
    (policies / "rules" / "customer.yaml").write_text(RULE)
    (policies / "stores.yaml").write_text(STORES)
    (policies / "people.yaml").write_text(PEOPLE)
    home = folder / "home"
    Installation.create(home)
    with Installation.open(home, policies) as installation:
        with timed("plan (find, decide, seal)", due, report):
            plan = planning.plan(installation, "customer", AS_OF, proposed_by="planner").plan
        assert plan.due == due, plan.due
        run_id = executing.open_run(installation, plan.plan_id, executor="executor")
        numbers = executing.shards(installation, run_id, 1)
    share = [numbers[place::workers] for place in range(workers)]
    with (
        timed(f"destroy ({workers} workers)", due, report),
        ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool,
    ):
        futures = [
            pool.submit(destroy_shards, str(home), str(policies), run_id, mine)
            for mine in share
            if mine
        ]
        peaks = [future.result() for future in futures]
    with Installation.open(home, policies) as installation:
        executing.close_run(installation, run_id)
        import great_expectations  # noqa: F401 its import is not the road's

        with timed("verify (everything re-read)", due, report):
            verifying.verify(installation, run_id, verifier="verifier")
        with timed("certify (tree, signature, bundle)", due, report):
            certificate = certifying.certify(installation, run_id)
    assert certificate.outcomes == {"destroyed": due}, certificate.outcomes
    peak = max(*peaks, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024
    print(f"  peak memory of one process: {peak:.0f} MiB (workers {max(peaks) / 1024:.0f})")


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", choices=("postgresql", "mariadb"), default="postgresql")
    parser.add_argument("--url")
    parser.add_argument("--due", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--children", type=int, default=2, help="docs a customer")
    parser.add_argument("--no-peer", action="store_true", help="only the road, for memory runs")
    asked = parser.parse_args()
    usual = {
        "postgresql": "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
        "mariadb": "mysql+pymysql://root@127.0.0.1:3306/mysql",
    }
    server = sa.make_url(asked.url or usual[asked.server])
    report: dict[str, float] = {}
    print(
        f"{asked.server}: {asked.due:,} due parents, {asked.children * asked.due:,} children",
        flush=True,
    )
    ours = fresh(server, "keepuntil_bench")
    engine = sa.create_engine(ours)
    load_bank(engine, asked.due, asked.children)
    engine.dispose()
    try:
        if not asked.no_peer:
            _peers(asked, server, report)
        os.environ["KU_BENCH_URL"] = ours.render_as_string(hide_password=False)
        with tempfile.TemporaryDirectory() as folder:
            road(Path(folder), asked.due, asked.workers, report)
    finally:
        drop(server, "keepuntil_bench", "keepuntil_bench_raw")
    _ratios(report, asked.workers)


def _peers(asked: argparse.Namespace, server: sa.URL, report: dict[str, float]) -> None:
    due = asked.due
    template = "keepuntil_bench" if asked.server == "postgresql" else None
    peer = fresh(server, "keepuntil_bench_raw", template)
    engine = sa.create_engine(peer)
    if template is None:
        load_bank(engine, due, asked.children)
        pt_archiver(peer, due, report)
    else:
        raw_delete(engine, due, report)
    engine.dispose()
    drop(server, "keepuntil_bench_raw")


def _ratios(report: dict[str, float], workers: int) -> None:
    peer = next((name for name in report if name.startswith(("raw", "pt-"))), None)
    if peer is None:
        return
    destroy = report[f"destroy ({workers} workers)"]
    whole = sum(seconds for name, seconds in report.items() if name != peer)
    print(f"  destroy, evidence included, against {peer}: {report[peer] / destroy:.2f}")
    print(f"  the whole road against {peer}: {report[peer] / whole:.2f}")


if __name__ == "__main__":
    main()
