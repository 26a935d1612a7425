"""``make up``: Airflow's pages on the bank, as local processes that all end together."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from keepuntil.demo import pages
from keepuntil.demo.home import Home
from keepuntil.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]


def test_without_a_bank_it_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="make demo"):
        pages.serve(tmp_path)


@pytest.mark.slow
@pytest.mark.airflow
@pytest.mark.timeout(1200)
def test_the_printed_user_gets_in_and_ctrl_c_ends_every_process(small_home: Home) -> None:
    command = [sys.executable, "-m", "keepuntil.demo", "up", "--home", str(small_home.root)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "plugins")}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as up:
        try:
            said = ""
            while "Ctrl-C" not in said:
                line = up.stdout.readline() if up.stdout is not None else ""
                assert line, said
                said += line
            (address,) = re.findall(r"http://\S+", said)
            assert dag_ids(address, *login(said)) >= {"keepuntil__personal_loan_file"}
        finally:
            up.send_signal(signal.SIGINT)
        assert up.wait(120) == 0
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(small_home.root) not in left


def login(said: str) -> tuple[str, str]:
    (password,) = re.findall(r"^  admin +(\S+)$", said, flags=re.MULTILINE)
    return "admin", password


def dag_ids(address: str, user: str, password: str) -> set[str]:
    token = json.loads(
        ask(f"{address}/auth/token", json.dumps({"username": user, "password": password}))
    )["access_token"]
    found = json.loads(ask(f"{address}/api/v2/dags", None, token))
    return {dag["dag_id"] for dag in found["dags"]}


def ask(url: str, body: str | None, token: str = "") -> bytes:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = Request(url, data=body.encode() if body else None, headers=headers)
    with urlopen(request, timeout=60) as answer:
        content: bytes = answer.read()
        return content
