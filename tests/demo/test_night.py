"""The whole story at a hundredth of the bank; and that it would not pass a wrong purge."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from keepuntil.demo import building, leaks, night, offline_check
from keepuntil.demo.home import Home
from keepuntil.demo.results import Line, Result, Verdict
from keepuntil.evidence import envelope, keys
from keepuntil.evidence.keys import KeyKind

ROOT = Path(__file__).resolve().parents[2]


def result_of(category: str, verdict: Verdict, lines: tuple[Line, ...]) -> Result:
    return Result(
        category=category,
        verdict=verdict,
        lines=lines,
        parts=0,
        bundle=None,
        docs=None,
        sentence="",
    )


@pytest.fixture
def as_expected(small_home: Home) -> list[Result]:
    """Results that say exactly what plain SQL worked out."""
    tolls = building.tolls(small_home)
    by_rule: dict[str, list[Line]] = {}
    for (category, instance), place in night.PLACES.items():
        toll = tolls[place]
        by_rule.setdefault(category, []).append(
            Line(
                instance=instance,
                store="",
                total=0,
                due=toll.gone + toll.stay,
                overdue=0,
                not_computable=0,
                destroyed=toll.gone,
                held=toll.stay,
                shared=0,
            )
        )
    made = [
        result_of(category, Verdict.CERTIFIED, tuple(lines)) for category, lines in by_rule.items()
    ]
    return [*made, result_of(night.REFUSED, Verdict.REFUSED, ())]


def test_counts_that_agree_with_plain_sql_pass(small_home: Home, as_expected: list[Result]) -> None:
    assert list(night.against_tolls(small_home, as_expected)) == []


def test_one_record_too_many_or_too_few_fails(small_home: Home, as_expected: list[Result]) -> None:
    first, *others = as_expected
    for change in (1, -1):
        line = replace(first.lines[0], destroyed=first.lines[0].destroyed + change)
        wrong = replace(first, lines=(line, *first.lines[1:]))
        assert len(list(night.against_tolls(small_home, [wrong, *others]))) == 1


def test_a_rule_with_an_undeclared_child_that_was_not_refused_fails(
    small_home: Home, as_expected: list[Result]
) -> None:
    *others, _ = as_expected
    assert "was not refused" in " ".join(night.against_tolls(small_home, others))


def test_a_rule_that_was_not_certified_fails(small_home: Home, as_expected: list[Result]) -> None:
    first, *others = as_expected
    quiet = replace(first, verdict=Verdict.NOTHING_DUE)
    assert "not certified" in " ".join(night.against_tolls(small_home, [quiet, *others]))


def test_a_planted_person_is_found_wherever_it_is_written(small_home: Home, tmp_path: Path) -> None:
    secrets = building.secrets(small_home)
    with closing(sqlite3.connect(small_home.bank)) as bank:
        query = "SELECT id_number FROM customer_identity WHERE customer_no = 7"
        ((number,),) = bank.execute(query).fetchall()
    (tmp_path / "clean.log").write_text("123456789012345678 rows\n", encoding="utf-8")
    assert leaks.leaks([tmp_path], secrets, set()) == []
    (tmp_path / "leaky.bin").write_bytes(b"\0" * ((1 << 24) - 5) + str(number).encode())
    assert leaks.leaks([tmp_path], secrets, set()) == [str(tmp_path / "leaky.bin")]


def test_stock_openssl_refuses_an_altered_envelope(tmp_path: Path) -> None:
    key = keys.generate(KeyKind.P256)
    path = tmp_path / "certificate.intoto.jsonl"
    line = envelope.sign(b'{"a":1}', key).encode()
    path.write_bytes(line)
    if offline_check.signed_by(path, key.public) is None:
        pytest.skip("openssl is not installed")
    assert offline_check.signed_by(path, key.public)
    assert not offline_check.signed_by(path, keys.generate(KeyKind.P256).public)
    path.write_bytes(line.replace(b"eyJhIjoxfQ", b"eyJhIjoyfQ"))
    assert not offline_check.signed_by(path, key.public)


@pytest.mark.slow
@pytest.mark.airflow
@pytest.mark.timeout(900)
def test_the_night_comes_out_as_worked_out_beforehand_and_again_destroys_nothing(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "keepuntil.demo", "--scale", "SMALL"]
    for expected in ("The certificates", "its night is over"):
        played = subprocess.run(
            [*command, "--home", tmp_path / "demo"],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT / "plugins")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert played.returncode == 0, played.stdout + played.stderr
        assert expected in played.stdout
        assert "Nothing more was destroyed" in played.stdout
        assert "Exactly what had to go is gone, and nothing else." in played.stdout
        assert "complaint_attachment" in played.stdout or expected != "The certificates"
