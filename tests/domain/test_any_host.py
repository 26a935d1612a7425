"""The host's own zone and language never change an answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
from datetime import UTC, date, datetime, timedelta
from clocks import clock, rule
from keepuntil.domain.civil_dates import civil_date
from keepuntil.domain.clock import Extension, Floor
from keepuntil.domain.periods import Period, StartRule
from keepuntil.domain.reckoning import cutoffs, decide, reckon

loan = clock(
    start=StartRule.NEXT_JANUARY_1,
    floor=Floor(event="opened", period=Period(3, 2, 10)),
    extend_while=(Extension(event="dispute", plus=Period(2)),),
)
instant = datetime(1988, 4, 1, 15, 30, tzinfo=UTC)
for n in range(400):
    at = instant + timedelta(days=31 * n, minutes=7 * n)
    naive = at.replace(tzinfo=None)
    ended = civil_date(at, zone="Asia/Shanghai")
    opened = civil_date(naive, zone="Asia/Shanghai", written_in="America/New_York")
    facts = {"ended": ended, "opened": opened, "dispute": None}
    as_of = date(2025, 6, 1) + timedelta(days=n)
    print(ended, opened, decide(rule(loan), facts, as_of=as_of), cutoffs(loan, as_of))
print(reckon(rule(loan), facts, as_of=as_of))
"""


def printed(**environment: str) -> bytes:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "PYTHONPATH": os.pathsep.join([str(ROOT / "plugins"), str(ROOT / "tests")]),
            "PYTHONIOENCODING": "utf-8",
            **environment,
        },
        check=True,
        capture_output=True,
        cwd=ROOT,
    ).stdout


@pytest.fixture(scope="module")
def expected() -> bytes:
    return printed(TZ="UTC", LC_ALL="C.UTF-8")


@pytest.mark.parametrize(
    ("zone", "locale"),
    [
        ("Pacific/Kiritimati", "tr_TR.UTF-8"),
        ("America/New_York", "ar_EG.UTF-8"),
        ("Asia/Shanghai", "C"),
        ("", ""),
    ],
)
def test_same_answer_on_any_host(expected: bytes, zone: str, locale: str) -> None:
    assert printed(TZ=zone, LC_ALL=locale) == expected
    assert expected.count(b"\n") == 401
