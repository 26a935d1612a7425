"""Airflow's pages on the demonstration's bank: what ``make up`` shows."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from keepuntil.demo import archive_process, building, outsiders
from keepuntil.demo.home import PEOPLE, Home
from keepuntil.errors import UsageError

COMPONENTS: Final = ("api-server", "scheduler", "dag-processor", "triggerer")
USUAL_PORT: Final = 8080
SECONDS_TO_START: Final = 300
SECONDS_TO_STOP: Final = 30


def serve(root: Path) -> int:
    """Run Airflow and the archive until Ctrl-C. Raises UsageError when there is no bank."""
    home = Home(root.absolute())
    home.settings()
    port = USUAL_PORT if archive_process.is_free(USUAL_PORT) else archive_process.free_port()
    passwords = {person: secrets.token_urlsafe(9) for person in ("admin", *PEOPLE)}
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        stack.enter_context(building.archive_running(home))
        stack.enter_context(outsiders.witness_running(home))
        environment = _environment(home, port, passwords)
        _migrate(home, environment)
        running = [stack.enter_context(_running(home, name, environment)) for name in COMPONENTS]
        try:
            _wait_until_healthy(home, port, running)
            _greet(port, passwords)
            while all(process.poll() is None for process in running):
                time.sleep(1)
        except KeyboardInterrupt:
            sys.stdout.write("\nStopping.\n")
            return 0
        finally:
            for process in running:  # all at once; the stack then waits for each
                _signal_group(process, signal.SIGTERM)
    raise UsageError(f"A part of Airflow stopped by itself; see {home.airflow}/*.log.")


def _environment(home: Home, port: int, passwords: Mapping[str, str]) -> dict[str, str]:
    """One environment for all parts: they have to agree on their secrets."""
    from keepuntil.orchestration.night import airflow_environment

    home.airflow.mkdir(exist_ok=True)
    file = home.airflow / "passwords.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(passwords), encoding="ascii")
    return {
        **os.environ,
        **home.environment(),
        **airflow_environment(home.airflow, PEOPLE),
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(file),
    }


def _migrate(home: Home, environment: Mapping[str, str]) -> None:
    command = [_airflow(), "db", "migrate"]
    with (home.airflow / "migrate.log").open("ab") as log:
        done = subprocess.run(command, env=environment, stdout=log, stderr=log, check=False)
    if done.returncode:
        raise UsageError(f"Airflow could not prepare its database; see {home.airflow}/migrate.log.")


def _airflow() -> str:
    return str(Path(sys.executable).with_name("airflow"))


@contextmanager
def _running(
    home: Home, component: str, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """One part of Airflow in a process group of its own, so that all of it ends with us."""
    with (
        (home.airflow / f"{component}.log").open("ab") as log,
        subprocess.Popen(
            [_airflow(), component],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the whole group: politely, then whatever of it is left."""
    _signal_group(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(SECONDS_TO_STOP)
    _signal_group(process, signal.SIGKILL)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _wait_until_healthy(home: Home, port: int, running: list[subprocess.Popen[bytes]]) -> None:
    sys.stdout.write("Starting Airflow ...\n")
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and all(process.poll() is None for process in running):
        try:
            with urlopen(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(1)
    raise UsageError(f"Airflow did not start; see {home.airflow}/*.log.")


def _greet(port: int, passwords: Mapping[str, str]) -> None:
    people = "".join(f"  {person:6} {password}\n" for person, password in passwords.items())
    sys.stdout.write(
        f"Airflow is at http://127.0.0.1:{port}\n{people}"
        "B2017 and B3102 approve as data-owner, D0042 as data-protection: Required Actions.\n"
        f"They see lists, rules and evidence at http://127.0.0.1:{port}/keepuntil/ too "
        "(Browse > Keepuntil).\n"
        "A DAG that you start runs as of today, not as of the night of the demonstration.\n"
        "Ctrl-C stops everything.\n"
    )
    sys.stdout.flush()
