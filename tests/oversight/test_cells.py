"""What the cells say of the rules that come with the project."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from keepuntil.domain.categories import Form, Rule, form_of
from keepuntil.oversight import cells
from keepuntil.rules.load import load
from policies import clock_rule

POLICIES = Path(__file__).resolve().parents[2] / "retention_policies"


@pytest.fixture(scope="module")
def rules() -> dict[str, Rule]:
    return {rule.category: rule for rule in load(POLICIES).rules}


def method(rule: Rule, form: Form) -> str:
    return cells.method(rule, [i for i in rule.instances if form_of(i) is form]).words.en


def procedure(rule: Rule, form: Form) -> str:
    return cells.procedure(rule, [i for i in rule.instances if form_of(i) is form]).words.en


def test_each_form_of_a_loan_file_ends_in_its_own_way(rules: dict[str, Rule]) -> None:
    loan = rules["personal_loan_file"]
    assert method(loan, Form.ELECTRONIC).startswith("Rows of loan_file and of ")
    assert method(loan, Form.SCAN) == "Objects below loans/ deleted, every version of them."
    assert method(loan, Form.PAPER) == "Series DK: shredded to P-5 or finer."
    assert method(loan, Form.BACKUP) == "Not picked out; aged out within 35 days."


def test_the_procedure_of_paper_names_witnesses_and_signatories(rules: dict[str, Rule]) -> None:
    said = procedure(rules["accounting_voucher"], Form.PAPER)
    assert "At least 2 witnesses, among them archives and accounting" in said
    assert said.endswith(
        "the list is signed by head_of_unit, head_of_archives, head_of_accounting, "
        "archives_officer and accounting_officer."
    )


def test_nobody_decides_on_a_backup(rules: dict[str, Rule]) -> None:
    assert procedure(rules["personal_loan_file"], Form.BACKUP).startswith("Nobody decides")


def test_a_period_says_minimum_floor_and_last_day(rules: dict[str, Rule]) -> None:
    clock = rules["personal_loan_file"].clock
    said = cells.period(clock)
    assert said.words.en == (
        "At least 5 years. Never less than 10 years from file_opened. "
        "Gone within 90 days of falling due."
    )
    assert said.short == "≥P5Y +P90D"


def test_a_trigger_says_from_when_it_is_counted(rules: dict[str, Rule]) -> None:
    said = cells.trigger(rules["personal_loan_file"].clock).words
    assert said.en == "loan_settled; counted from the next 1 January."
    assert said.zh == "loan_settled；自次年1月1日起算。"


def test_what_is_permanent_is_never_destroyed_and_never_decided(
    rules: dict[str, Rule], tmp_path: Path
) -> None:
    clock = clock_rule(tmp_path, "permanent: true\nzone: Asia/Shanghai").clock
    rule = replace(rules["personal_loan_file"], clock=clock)
    assert method(rule, Form.PAPER) == "Never destroyed."
    assert procedure(rule, Form.PAPER) == "Nothing to approve."
    assert cells.period(clock).short == "permanent"
