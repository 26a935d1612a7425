"""How long discovery takes in a large schema, and how much of it the server reads for that.

    python benchmarks/discovery.py [--server sqlite postgresql mariadb] [--size 5000000]

Builds ``--tables`` tables with ``--size`` rows in all (numbers, texts, sums, moments), of which
one in thirty has a mobile number and an e-mail address, looks for personal data that no rule
claims, and fails unless exactly those columns are found. The issue asks for less than three
minutes at 300 tables and 50,000,000 rows. Building takes much longer than looking.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / part) for part in ("plugins", "tests")]

from measuring import machine  # noqa: E402

from keepuntil.domain.personal_data.judging import judge  # noqa: E402
from sql_servers import Place, fresh  # noqa: E402

GOAL_SECONDS: Final = 180
EVERY: Final = 30

_NUMBERS: Final = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) "
    "SELECT {columns} FROM s",
    "postgresql": "SELECT {columns} FROM generate_series(1, {rows}) AS s(n)",
    "mariadb": "SELECT {columns} FROM (SELECT seq AS n FROM seq_1_to_{rows}) s",
}
_TEXT: Final = {
    "sqlite": "CAST({} AS TEXT)",
    "postgresql": "({})::text",
    "mariadb": "CAST({} AS CHAR)",
}
_JOIN: Final = {"sqlite": "({} || {})", "postgresql": "({} || {})", "mariadb": "CONCAT({}, {})"}


def build(place: Place, tables: int, rows: int) -> set[str]:
    """Make and fill the tables; the columns that are planted."""
    planted = set()
    for number in range(tables):
        name = f"ledger_{number:03}"
        people = number % EVERY == 0
        more = ", contact VARCHAR(20), mail VARCHAR(60)" if people else ""
        place.run(
            f"CREATE TABLE {name} (id BIGINT PRIMARY KEY, code VARCHAR(40), ref BIGINT, "
            f"amount NUMERIC(15, 2), remark VARCHAR(100){more})"
        )
        place.run(f"INSERT INTO {name} {_rows(place.kind, rows, people=people)}")
        planted |= {f"{name}.contact", f"{name}.mail"} if people else set()
    analyse(place)
    return planted


def _rows(kind: str, rows: int, *, people: bool) -> str:
    text, join = _TEXT[kind].format, _JOIN[kind].format
    columns = [
        "n",
        join("'C-'", text("n % 9973")),
        "20260000000000 + n * 37",
        "n % 1000003 / 100.0",
        join("'posted by batch '", text("n % 61")),
    ]
    if people:
        columns += [
            join("'138'", text("10000000 + (n * 7919) % 89999999")),
            join(join("'u'", text("n")), "'@example.cn'"),
        ]
    return _NUMBERS[kind].format(columns=", ".join(columns), rows=rows)


def analyse(place: Place) -> None:
    """As a server does by itself after a while."""
    if place.kind == "postgresql":
        engine = place.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")


_READ: Final = {
    "postgresql": "SELECT COALESCE(sum(heap_blks_read + heap_blks_hit), 0) "
    "FROM pg_statio_user_tables WHERE schemaname = current_schema()",
    "mariadb": "SELECT sum(VARIABLE_VALUE) FROM information_schema.GLOBAL_STATUS "
    "WHERE VARIABLE_NAME IN ('HANDLER_READ_NEXT', 'HANDLER_READ_PREV', 'HANDLER_READ_KEY', "
    "'HANDLER_READ_FIRST', 'HANDLER_READ_LAST', 'HANDLER_READ_RND_NEXT')",
}
_UNIT: Final = {"postgresql": "pages of tables", "mariadb": "rows (whole server)"}


def read_by(place: Place) -> Callable[[], int]:
    """How much the server has read since; 0 where it does not count."""
    counted = _READ.get(place.kind)

    def read() -> int:
        if counted is None:
            return 0
        time.sleep(1)  # PostgreSQL's sessions report with a delay
        return int(place.one(counted))

    before = read()
    return lambda: read() - before


def look(place: Place) -> set[str]:
    store = place.store()
    return {
        each.where for each in store.unclaimed([]) if any(judge(field) for field in each.fields)
    }


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    servers = ["sqlite", "postgresql", "mariadb"]
    words.add_argument("--server", nargs="+", choices=servers, default=servers)
    words.add_argument("--size", type=int, default=5_000_000, help="rows in all tables together")
    words.add_argument("--tables", type=int, default=300)
    words.add_argument("--folder", type=Path, help="where SQLite's file is made")
    asked = words.parse_args()
    failed = False
    for kind in asked.server:
        with (
            tempfile.TemporaryDirectory(dir=asked.folder) as folder,
            fresh(kind, Path(folder)) as place,
        ):
            began = time.perf_counter()
            planted = build(place, asked.tables, asked.size // asked.tables)
            built = time.perf_counter() - began
            read = read_by(place)
            began = time.perf_counter()
            found = look(place)
            seconds = time.perf_counter() - began
            right = found == planted and seconds < GOAL_SECONDS
            failed |= not right
            print(
                f"{kind}: {asked.tables} tables, {asked.size:,} rows (built in {built:.0f} s): "
                f"{seconds:.1f} s to look, goal {GOAL_SECONDS}; {len(found)} columns found, "
                f"{len(planted)} planted; read {read():,} {_UNIT.get(kind, '(not counted)')}; "
                f"{'right' if right else f'WRONG: {sorted(found ^ planted)[:6]}'}",
                flush=True,
            )
    print(machine())
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
