"""Every benchmark whose server answers, one after the other: ``make bench``.

Each runs beside its peer and prints ratios; absolute figures drift with the machine.
What cannot run here is named, with what it needs.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
DUE = os.environ.get("DUE", "1000000")


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def run(title: str, script: str, *words: str, needs: str | None) -> None:
    print(f"\n== {title}", flush=True)
    if needs is not None:
        print(f"not run: {needs}")
        return
    subprocess.run([sys.executable, str(HERE / script), *words], check=False)


def main() -> None:
    run(
        "PostgreSQL: the road beside one raw DELETE",
        "road_purge.py",
        "--due",
        DUE,
        needs=None if answers(5432) else "PostgreSQL on 127.0.0.1:5432 (trust, user postgres)",
    )
    mariadb = None if answers(3306) else "MariaDB on 127.0.0.1:3306 (root, no password)"
    if mariadb is None and shutil.which("pt-archiver") is None:
        mariadb = "pt-archiver (Percona Toolkit) on the PATH"
    run(
        "MariaDB: the road beside pt-archiver",
        "road_purge.py",
        "--server",
        "mariadb",
        "--due",
        DUE,
        needs=mariadb,
    )
    server = None
    if not os.environ.get("KEEPUNTIL_TEST_S3"):
        server = "KEEPUNTIL_TEST_S3=ENDPOINT,KEY,SECRET of a real S3 server"
    run("S3: destroying objects beside s5cmd and rclone", "s3_purge.py", needs=server)
    run("Files: destroying files beside find -delete", "files_purge.py", needs=None)


if __name__ == "__main__":
    main()
