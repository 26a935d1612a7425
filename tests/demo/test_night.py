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

from keepuntil.demo import building, leaks, offline_check, tolls
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
    expected = building.tolls(small_home)
    by_rule: dict[str, list[Line]] = {}
    for (category, instance), place in tolls.PLACES.items():
        toll = expected[place]
        by_rule.setdefault(category, []).append(
            Line(
                instance=instance,
                store="",
                total=0,
                due=toll.gone + toll.stay,
                overdue=0,
                not_computable=0,
                destroyed=toll.gone,
                pending=0,
                held=toll.stay,
                shared=0,
            )
        )
    made = [
        result_of(
            category,
            Verdict.PENDING if category == tolls.PENDING else Verdict.CERTIFIED,
            tuple(lines),
        )
        for category, lines in by_rule.items()
    ]
    return [*made, result_of(tolls.REFUSED, Verdict.REFUSED, ())]


def test_counts_that_agree_with_plain_sql_pass(small_home: Home, as_expected: list[Result]) -> None:
    assert list(tolls.against_tolls(small_home, as_expected)) == []


def test_one_record_too_many_or_too_few_fails(small_home: Home, as_expected: list[Result]) -> None:
    first, *others = as_expected
    for change in (1, -1):
        line = replace(first.lines[0], destroyed=first.lines[0].destroyed + change)
        wrong = replace(first, lines=(line, *first.lines[1:]))
        assert len(list(tolls.against_tolls(small_home, [wrong, *others]))) == 1


def test_a_rule_with_an_undeclared_child_that_was_not_refused_fails(
    small_home: Home, as_expected: list[Result]
) -> None:
    *others, _ = as_expected
    assert "was not refused" in " ".join(tolls.against_tolls(small_home, others))


def test_a_rule_that_was_not_certified_fails(small_home: Home, as_expected: list[Result]) -> None:
    first, *others = as_expected
    quiet = replace(first, verdict=Verdict.NOTHING_DUE)
    assert "not certified" in " ".join(tolls.against_tolls(small_home, [quiet, *others]))


def test_a_rule_that_did_not_run_fails(small_home: Home, as_expected: list[Result]) -> None:
    first, *others = as_expected
    problems = list(tolls.against_tolls(small_home, others))
    assert problems == [f"{first.category} did not run."]


def test_a_certificate_where_paper_is_left_fails(
    small_home: Home, as_expected: list[Result]
) -> None:
    found = [
        replace(result, verdict=Verdict.CERTIFIED) if result.category == tolls.PENDING else result
        for result in as_expected
    ]
    (problem,) = tolls.against_tolls(small_home, found)
    assert "insurance_policy_short is certified, not waits for people" in problem


def released(result: Result) -> Result:
    """The result of the night, before people have carried anything away."""
    if not any(line.instance == "paper" for line in result.lines):
        return result
    lines = tuple(
        line if line.instance == "scans" else replace(line, pending=line.destroyed, destroyed=0)
        for line in result.lines
    )
    return replace(result, verdict=Verdict.PENDING, lines=lines)


def test_paper_that_waits_after_the_night_passes(
    small_home: Home, as_expected: list[Result]
) -> None:
    night = [released(result) for result in as_expected]
    assert list(tolls.against_releases(small_home, night)) == []
    assert len(list(tolls.against_tolls(small_home, night))) > 1


def test_paper_or_its_rows_that_go_without_people_fail(
    small_home: Home, as_expected: list[Result]
) -> None:
    night = [released(result) for result in as_expected]
    for place, result in enumerate(night):
        for instance in ("paper", "core"):
            if result.verdict is not Verdict.PENDING:
                continue
            lines = tuple(
                replace(line, destroyed=1) if line.instance == instance else line
                for line in result.lines
            )
            if lines == result.lines:
                continue
            wrong = [*night[:place], replace(result, lines=lines), *night[place + 1 :]]
            (problem,) = tolls.against_releases(small_home, wrong)
            assert "before people came" in problem


def test_a_rule_with_paper_that_is_certified_in_the_night_fails(
    small_home: Home, as_expected: list[Result]
) -> None:
    night = [replace(released(r), verdict=r.verdict) for r in as_expected]
    problems = list(tolls.against_releases(small_home, night))
    assert len(problems) == 2
    assert all("did not wait for people" in problem for problem in problems)


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
        assert "item_missing" in played.stdout or expected != "The certificates"
