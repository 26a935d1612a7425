"""The cheap reading says the same as the whole one, and a broken rule takes away only itself."""

from __future__ import annotations

import subprocess
import sys
from datetime import time
from pathlib import Path

import pytest

from keepuntil.rules.load import load
from keepuntil.rules.rule_index import RuleEntry, rule_index
from policies import RULE, write

ROOT = Path(__file__).resolve().parents[2]

ENTRY = RuleEntry(
    category="loan_file",
    source="rules/loan_file.yaml",
    zone="Asia/Shanghai",
    approval="dual",
    approver_roles=("data_owner", "records_officer"),
    appraised=False,
    at=time(1, 30),
    until=time(6),
    retries=2,
    pool=None,
    may_borrow=False,
)


def test_entry_says_what_a_scheduler_needs(tmp_path: Path) -> None:
    found = rule_index(write(tmp_path, {"loan_file": RULE}))
    assert found.entries == (ENTRY,)
    assert found.problems == ()


FLOW = """\
{category: loan_file, clock: {zone: UTC}, disposition: {approval: none}, nightly: {at: '02:00'}}
"""
COPY = """\
  - id: scans
    store: scans
    prefix: loans/
    events: {settled: {from: rows}}
    record_group: {from_key: 'loans/(?P<file_no>[^/]+)/.*'}
"""


@pytest.mark.parametrize(
    "text",
    [
        RULE,
        RULE.replace("\n", "\r\n"),
        "# a comment first\n\n" + RULE,
        RULE.replace("purpose: loan servicing", "purpose: |\n  category: other\n  nightly: x"),
        RULE.replace("purpose: loan servicing", "purpose: >-\n\n  clock:\n  zone: UTC"),
        RULE.replace("category:", '"category":'),
    ],
)
def test_cheap_reading_says_what_the_whole_one_says(text: str, tmp_path: Path) -> None:
    folder = write(tmp_path, {"loan_file": text.encode()})
    rule = load(folder).rules[0]
    (entry,) = rule_index(folder).entries
    assert entry == RuleEntry(
        category=rule.category,
        source=rule.source,
        zone=rule.clock.zone,
        approval=rule.disposition.approval,
        approver_roles=rule.disposition.approver_roles,
        appraised=bool(rule.disposition.appraised_by),
        at=rule.nightly.at,
        until=rule.nightly.until,
        retries=rule.nightly.retries,
        pool=rule.nightly.pool,
        may_borrow=False,
    )


def test_file_in_another_style_is_read_whole(tmp_path: Path) -> None:
    (entry,) = rule_index(write(tmp_path, {"loan_file": FLOW})).entries
    assert (entry.zone, entry.at, entry.until, entry.pool) == ("UTC", time(2), None, None)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("category: loan_file", "category: [", "rules/loan_file.yaml:10:11: "),
        ("category: loan_file", "category: note_file", "rules/loan_file.yaml:1:11: "),
        ("category: loan_file\n", "", "rules/loan_file.yaml:8:1: "),
        ("  zone: Asia/Shanghai\n", "", "rules/loan_file.yaml:10:3: "),
        ("  approval: dual\n", "", "rules/loan_file.yaml:16:3: "),
        ('at: "01:30"', 'at: "1:30"', "rules/loan_file.yaml:20:15: "),
        ('at: "01:30", ', "", "rules/loan_file.yaml:20:10: "),
        ('until: "06:00"}', "retries: two}", "rules/loan_file.yaml:20:33: "),
        (
            "roles: [data_owner, records_officer]",
            "roles: data_owner",
            "rules/loan_file.yaml:17:10: ",
        ),
    ],
)
def test_broken_rule_takes_away_only_itself(
    old: str, new: str, problem: str, tmp_path: Path
) -> None:
    whole = RULE.replace("loan_file", "note_file").replace("table: loan", "table: note")
    folder = write(tmp_path, {"loan_file": RULE.replace(old, new), "note_file": whole})
    found = rule_index(folder)
    assert [entry.category for entry in found.entries] == ["note_file"]
    assert [str(each)[: len(problem)] for each in found.problems] == [problem]


def test_two_rules_of_one_category_are_a_problem(tmp_path: Path) -> None:
    found = rule_index(write(tmp_path, {"a/loan_file": RULE, "b/loan_file": RULE}))
    assert found.entries == ()
    assert [problem.file for problem in found.problems] == [
        "rules/a/loan_file.yaml",
        "rules/b/loan_file.yaml",
    ]


def test_borrowed_dates_are_never_overlooked(tmp_path: Path) -> None:
    folder = write(tmp_path, {"loan_file": RULE + COPY})
    assert [entry.may_borrow for entry in rule_index(folder).entries] == [True]
    assert [entry.may_borrow for entry in rule_index(folder, "loan_file").entries] == [True]


def test_one_rule_may_be_asked_for_alone(tmp_path: Path) -> None:
    folder = write(tmp_path, {"loan_file": RULE, "broken": "category: ["})
    found = rule_index(folder, "loan_file")
    assert [entry.category for entry in found.entries] == ["loan_file"]
    assert found.problems == ()


def test_folder_without_a_rule_is_a_problem(tmp_path: Path) -> None:
    (problem,) = rule_index(tmp_path).problems
    assert problem.sentence == "There is no rule in this folder."


def test_index_imports_nothing_heavy() -> None:
    """A DAG file is parsed every half minute on every scheduler."""
    script = (
        "import sys; import keepuntil.rules.rule_index; "
        "heavy = {'pydantic', 'sqlalchemy', 'cryptography', 'pendulum', 'boto3', 'airflow'}; "
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        env={"PYTHONPATH": str(ROOT / "plugins")},
        cwd=ROOT,
    )
