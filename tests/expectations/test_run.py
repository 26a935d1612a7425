"""Validations through Great Expectations itself, and what their pages give away."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from keepuntil.domain.categories import Text
from keepuntil.expectations.facts import InstanceFacts
from keepuntil.expectations.run import FACTS_FILE, Validation, validate
from keepuntil.expectations.suites import COMPLETENESS, StoreCheck, suite_digest

PLANTED = "Zhang Wei 110101199003074513"


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """A store with two orphans that carry personal data, behind a name with a dollar sign."""
    path = tmp_path / "bank$HOME.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE loan (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE loan_note (id INTEGER, loan_id INTEGER, words TEXT)")
        connection.execute("INSERT INTO loan VALUES (1)")
        connection.executemany(
            "INSERT INTO loan_note VALUES (?, ?, ?)", [(1, 1, "ok"), (2, 2, PLANTED), (3, 3, "x")]
        )
    return path


def orphans(url: str, sql: str | None = None) -> StoreCheck:
    return StoreCheck(
        name="no_orphans_in_loan_note",
        sentence=Text(zh="没有孤立的备注。", en="No note without its loan."),
        store="core_banking",
        url=url,
        sql=sql or "SELECT words FROM loan_note WHERE loan_id NOT IN (SELECT id FROM loan)",
    )


def passed(validation: Validation) -> dict[str, bool]:
    return {check.name: check.success for check in validation.checks}


def everything_written(folder: Path) -> str:
    return "\n".join(
        path.read_bytes().decode("utf-8", errors="replace")
        for path in folder.rglob("*")
        if path.is_file()
    )


def test_sound_facts_pass_and_their_pages_are_kept(sound: InstanceFacts, tmp_path: Path) -> None:
    validation = validate([sound], tmp_path / "docs", run_name="run-1")
    assert validation.success
    assert passed(validation) == {check.name: True for check in COMPLETENESS}
    assert validation.suite_digest == suite_digest(COMPLETENESS)
    assert validation.docs_index.read_text(encoding="utf-8").count("<tr>") > len(COMPLETENESS)
    assert (tmp_path / "docs" / "completeness.html").is_file()


def test_the_kept_queries_and_facts_can_be_run_again_without_us(
    sound: InstanceFacts, tmp_path: Path
) -> None:
    validate([replace(sound, parts_remaining=3)], tmp_path, run_name="run-1")
    with closing(sqlite3.connect(tmp_path / FACTS_FILE)) as connection:
        found = {
            check.name: connection.execute(check.sql.format(batch="facts")).fetchall()
            for check in COMPLETENESS
        }
    assert found.pop("gone_means_gone") == [("core",)]
    assert not any(found.values())


def test_one_broken_check_fails_the_validation(sound: InstanceFacts, tmp_path: Path) -> None:
    validation = validate([replace(sound, held_missing=1)], tmp_path, run_name="run-1")
    assert not validation.success
    assert [check.name for check in validation.failed] == ["held_is_still_there"]


def test_a_hint_does_not_fail_the_validation_but_is_shown(
    sound: InstanceFacts, tmp_path: Path
) -> None:
    validation = validate([replace(sound, total_after=0)], tmp_path, run_name="run-1")
    assert validation.success
    assert not passed(validation)["no_more_vanished_than_accounted_for"]


def test_no_facts_is_a_failed_validation(sound: InstanceFacts, tmp_path: Path) -> None:
    assert not validate([], tmp_path, run_name="run-1").success


def test_no_checks_is_a_failed_validation(sound: InstanceFacts, tmp_path: Path) -> None:
    assert not validate([sound], tmp_path, run_name="run-1", checks=()).success


def test_a_check_that_cannot_be_computed_fails_and_says_nothing_of_the_error(
    sound: InstanceFacts,
    tmp_path: Path,
) -> None:
    broken = replace(COMPLETENESS[0], name="broken", sql="SELECT nowhere FROM {batch}")
    validation = validate([sound], tmp_path / "docs", run_name="run-1", checks=(broken,))
    (check,) = validation.checks
    assert not validation.success
    assert not check.computed
    written = everything_written(tmp_path / "docs")
    assert "Traceback" not in written
    assert "site-packages" not in written


def test_a_store_check_counts_and_keeps_no_row(
    sound: InstanceFacts, tmp_path: Path, bank: Path
) -> None:
    check = orphans(f"sqlite:///{bank}")
    validation = validate([sound], tmp_path / "docs", run_name="run-1", store_checks=[check])
    assert not validation.success
    assert [c.name for c in validation.failed] == ["no_orphans_in_loan_note"]
    assert validation.failed[0].computed
    written = everything_written(tmp_path / "docs")
    assert PLANTED not in written
    assert PLANTED.rsplit(maxsplit=1)[-1] not in written


def test_a_store_is_asked_for_a_number_and_never_for_its_rows(
    sound: InstanceFacts, tmp_path: Path, bank: Path
) -> None:
    asked: list[str] = []

    @event.listens_for(Engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    try:
        validate([sound], tmp_path, run_name="r", store_checks=[orphans(f"sqlite:///{bank}")])
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    of_the_store = [statement for statement in asked if "loan_note" in statement]
    assert of_the_store
    for statement in of_the_store:
        assert re.match(r"SELECT (unexpected|COUNT\(\*\) as \w+) FROM", statement), statement


def test_a_store_check_passes_when_there_is_nothing_to_count(
    sound: InstanceFacts, tmp_path: Path, bank: Path
) -> None:
    check = orphans(f"sqlite:///{bank}", "SELECT id FROM loan WHERE id > 1")
    assert validate([sound], tmp_path / "docs", run_name="run-1", store_checks=[check]).success


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://reader:s3cret$word@127.0.0.1:1/bank",
        "nonsense://reader:s3cret$word@127.0.0.1/bank",
        "no url with s3cret$word",
    ],
)
def test_a_store_that_cannot_be_reached_fails_the_check_and_its_password_is_nowhere(
    sound: InstanceFacts,
    tmp_path: Path,
    url: str,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    validation = validate([sound], tmp_path, run_name="run-1", store_checks=[orphans(url)])
    assert not validation.success
    assert not validation.failed[0].computed
    said = "".join([*capfd.readouterr(), caplog.text, everything_written(tmp_path)])
    assert "s3cret" not in said


def test_a_store_check_that_the_store_refuses_fails_and_quotes_no_message_of_it(
    sound: InstanceFacts, tmp_path: Path, bank: Path
) -> None:
    check = orphans(f"sqlite:///{bank}", "SELECT words FROM gone_table")
    validation = validate([sound], tmp_path / "docs", run_name="run-1", store_checks=[check])
    assert not validation.success
    assert not validation.failed[0].computed
    assert "no such table" not in everything_written(tmp_path / "docs")


def test_the_pages_name_no_other_host_and_run_nothing(
    sound: InstanceFacts, tmp_path: Path, bank: Path
) -> None:
    facts = [sound, replace(sound, instance='<script>alert("x")</script>', failed=1)]
    validate(
        facts, tmp_path / "docs", run_name="run-1", store_checks=[orphans(f"sqlite:///{bank}")]
    )
    for page in (tmp_path / "docs").glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "default-src 'none'" in text, page
        assert not re.search(r"https?:|//[a-z]|@import|url\(|<script|<img|<link|onclick", text), (
            page
        )


def test_the_pages_show_no_path_of_this_machine(
    sound: InstanceFacts, tmp_path: Path, bank: Path
) -> None:
    validate(
        [sound], tmp_path / "docs", run_name="run-1", store_checks=[orphans(f"sqlite:///{bank}")]
    )
    assert str(tmp_path) not in everything_written(tmp_path / "docs")


def test_a_second_validation_replaces_the_pages_of_the_first(
    sound: InstanceFacts, tmp_path: Path
) -> None:
    validate([replace(sound, failed=1)], tmp_path, run_name="run-1")
    assert validate([sound], tmp_path, run_name="run-1").success
    assert "✗" not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_reading_the_suite_imports_neither_great_expectations_nor_pandas() -> None:
    code = (
        "import sys, keepuntil.expectations.run, keepuntil.expectations.suites;"
        "print([m for m in ('great_expectations', 'pandas', 'sqlalchemy') if m in sys.modules])"
    )
    seen = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=_plugins()
    )
    assert seen.stdout.strip() == "[]"


def _plugins() -> Path:
    return Path(__file__).resolve().parents[2] / "plugins"
