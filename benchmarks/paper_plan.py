"""Planning over a large register of paper on PostgreSQL: seconds on the clock, peak memory.

    python benchmarks/paper_plan.py [--items N] [--boxes N] [--due SHARE] [--linked] [--rounds N]

Shape: ``items`` folders of one series in ``boxes`` boxes, a share of them due, in every fifth
box some due and some not. ``--linked`` dates them by rows of a core database beside, one a
folder, as loan files are. Each plan is made in a process of its own, so that its peak is
its own, and has to list exactly what a SELECT counts. The peer is that SELECT of the due
barcodes, streamed through the same driver. Goal, for a million folders in 50,000 boxes:
60 s and 500 MB; above either the exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import sqlalchemy as sa

sys.path[:0] = [
    str(Path(__file__).resolve().parent),
    str(Path(__file__).resolve().parents[1] / "plugins"),
]

from measuring import Cost, Line, cost_of, keep, machine  # noqa: E402
from road_purge import AS_OF, USUAL, drop, fresh  # noqa: E402

from keepuntil.disposal import planning  # noqa: E402
from keepuntil.disposal.installation import Installation  # noqa: E402
from keepuntil.stores.paper import create_tables  # noqa: E402

BASE = "keepuntil_bench_paper"
LAST_DUE = "2016-11-22"
MOST_SECONDS = 60
MOST_MEGABYTES = 500
SWITCH = 1_000_000
"""Above this many folders the goals say nothing."""

RULE = """\
category: folder
title: {zh: 案卷, en: Folder}
purpose: bookkeeping
subjects: [customer]
owner: {unit: archives, contact: archives@bank.example}
effective: {from: 2020-01-01, review_by: 2030-01-01}
authorities:
  - {cite: 反洗钱法 第三十四条, rank: law, obligation: keep, period: P10Y, confidence: primary}
clock:
  triggers: {combine: latest, events: [ended]}
  start: event_next_day
  keep_at_least: P10Y
  zone: Asia/Shanghai
disposition:
  approval: none
  expires_after: P30D
  limits: {items: 100000000, share: 100%}
nightly: {at: "01:00", retries: 1}
instances:
"""
CORE = """\
  - id: core
    store: core
    table: file
    key: [id]
    events: {ended: ended_on}
    record_group: file_no
"""
PAPER = """\
  - id: paper
    store: records_centre
    series: AJ
    events: {ended: %s}
    method: {shred: P-5}
"""
STORES = """\
stores:
  records_centre: {kind: paper, url: {env: KU_BENCH_PAPER}}
  core: {kind: sql, url: {env: KU_BENCH_PAPER}, zone: Asia/Shanghai}
"""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How large the register is, and how much of it is due."""

    items: int
    boxes: int
    due: float
    linked: bool


def load(url: sa.URL, shape: Shape) -> int:
    """Fill the register; how many folders are due."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    create_tables(engine)
    per_box = shape.items // shape.boxes
    # Boxes are due or not as a whole, but for the first folder of every fifth.
    is_due = (
        f"(n / {per_box} < {shape.due} * {shape.boxes})"
        f" <> (mod(n, {per_box}) = 0 AND mod(n / {per_box}, 5) = 0)"
    )
    day = f"CASE WHEN {is_due} THEN DATE '2014-01-01' ELSE DATE '2024-01-01' END + mod(n, 300)"
    numbers = f"generate_series(0, {shape.boxes * per_box - 1}) AS n"
    ended = "NULL" if shape.linked else day
    with engine.begin() as register:
        for statement in (
            "INSERT INTO paper_site VALUES ('centre')",
            (
                "INSERT INTO paper_box SELECT 'B' || lpad(b::text, 8, '0'), 'centre', "
                f"'S' || b / 40, NULL, 1, 'shelved' FROM generate_series(0, {shape.boxes - 1}) AS b"
            ),
            (
                "INSERT INTO paper_item (item, box, series, record_group, reference, year_from, "
                "volumes, pages, sensitivity, scan_status, closed_on) "
                f"SELECT 'I' || lpad(n::text, 9, '0'), 'B' || lpad((n / {per_box})::text, 8, '0'), "
                f"'AJ', 'F-' || n, 'AJ-' || n, 2014, 1, 120, 'C2', 'none', {ended} FROM {numbers}"
            ),
            "CREATE TABLE file (id BIGINT PRIMARY KEY, file_no VARCHAR(20) UNIQUE, ended_on DATE)",
            f"INSERT INTO file SELECT n, 'F-' || n, {day} FROM {numbers}",
            "CREATE INDEX ix_ended ON file (ended_on)",
        ):
            register.exec_driver_sql(statement)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as register:
        register.exec_driver_sql("VACUUM ANALYZE")
        due = register.exec_driver_sql(
            f"SELECT count(*) FROM file WHERE ended_on <= '{LAST_DUE}'"
        ).scalar_one()
    return int(due)


def select_due(url: sa.URL, shape: Shape) -> None:
    """The peer: nothing decided, nothing sealed, nothing kept."""
    query = f"SELECT item, record_group FROM paper_item WHERE closed_on <= '{LAST_DUE}'"
    if shape.linked:
        query = (
            "SELECT item, record_group FROM paper_item JOIN file ON file_no = record_group "
            f"WHERE series = 'AJ' AND ended_on <= '{LAST_DUE}'"
        )
    engine = sa.create_engine(url)
    with engine.connect() as register:
        result = register.execution_options(stream_results=True).exec_driver_sql(query)
        while result.fetchmany(5_000):
            pass
    engine.dispose()


def plan(folder: str) -> tuple[Cost, int, float]:
    """In a process of its own: what planning took, folders due, peak memory in MB."""
    due = 0

    def work() -> None:
        nonlocal due
        with Installation.open(Path(folder, "home"), Path(folder, "policies")) as installation:
            frozen = planning.plan(installation, "folder", AS_OF, proposed_by="p").plan
            due = next(t.due for t in frozen.instances if t.instance == "paper")

    cost = cost_of(work)
    return cost, due, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def planned(shape: Shape) -> tuple[Cost, int, float]:
    """One plan in an installation made for it."""
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder, "policies", "rules")
        rules.mkdir(parents=True)
        instances = CORE + PAPER % "{from: core}" if shape.linked else PAPER % "closed_on"
        (rules / "folder.yaml").write_text(RULE + instances)
        (rules.parent / "stores.yaml").write_text(STORES)
        (rules.parent / "people.yaml").write_text("controller: bank.example\npeople: []\n")
        Installation.create(Path(folder, "home"))
        with get_context("spawn").Pool(1) as pool:
            return pool.apply(plan, (folder,))


def measure(url: sa.URL, shape: Shape, rounds: int) -> tuple[Line, float]:
    """Both in turns; the line of the table, and the highest peak in MB."""
    os.environ["KU_BENCH_PAPER"] = url.render_as_string(hide_password=False)
    expected = load(url, shape)
    peer: list[Cost] = []
    ours: list[Cost] = []
    peak = 0.0
    for _ in range(rounds):
        peer.append(cost_of(lambda: select_due(url, shape)))
        cost, due, memory = planned(shape)
        if due != expected:
            raise SystemExit(f"{due} folders were planned, {expected} are due.")
        ours.append(cost)
        peak = max(peak, memory)
        print(f"  plan: {cost.seconds:.1f} s, {due:,} due, peak {memory:.0f} MB", flush=True)
    line = Line(
        work="PostgreSQL: plan paper" + (" by its rows" if shape.linked else ""),
        peer="bare SELECT of due",
        unit="folders",
        size=shape.items,
        goal=None,
        peer_costs=peer,
        our_costs=ours,
    )
    return line, peak


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--url", default=USUAL["postgresql"])
    words.add_argument("--items", type=int, default=1_000_000)
    words.add_argument("--boxes", type=int, default=0, help="twenty folders each if left out")
    words.add_argument("--due", type=float, default=0.4, help="share (default: %(default)s)")
    words.add_argument("--linked", action="store_true", help="dated by rows of a core database")
    words.add_argument("--rounds", type=int, default=2)
    words.add_argument("--results", type=Path, default=None, help="a file that lines are added to")
    asked = words.parse_args()
    shape = Shape(
        items=asked.items,
        boxes=asked.boxes or asked.items // 20,
        due=asked.due,
        linked=asked.linked,
    )
    server = sa.make_url(asked.url)
    print(f"{machine()}\n{shape.items:,} folders in {shape.boxes:,} boxes")
    try:
        line, peak = measure(fresh(server, BASE), shape, asked.rounds)
    finally:
        drop(server, BASE)
    keep(asked.results, [line])
    slowest = max(cost.seconds for cost in line.our_costs)
    print(f"slowest plan {slowest:.1f} s (goal {MOST_SECONDS}), peak {peak:.0f} MB", flush=True)
    return int(shape.items <= SWITCH and (slowest > MOST_SECONDS or peak > MOST_MEGABYTES))


if __name__ == "__main__":
    sys.exit(main())
