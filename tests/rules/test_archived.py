"""A rule that was kept is read back as what it was, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepuntil.errors import RuleError
from keepuntil.evidence import canonical
from keepuntil.rules.archived import read_archived
from keepuntil.rules.canonical import rule_document
from keepuntil.rules.init import write_starter
from keepuntil.rules.load import load
from keepuntil.rules.schedule import Schedule
from policies import CALENDAR, RULE, schedule

SHIPPED = Path(__file__).parents[2] / "retention_policies"


def read_back(of: Schedule) -> None:
    for rule in of.rules:
        days = of.working_days(rule)
        text = canonical.encode(rule_document(rule, days))
        archived = read_archived(rule.category, rule.digest, text)
        assert archived.working_days == days
        assert (archived.rule.clock, archived.rule.instances) == (rule.clock, rule.instances)
        assert archived.rule.digest == rule.digest


def test_every_shipped_rule_is_read_back_as_it_was() -> None:
    shipped = load(SHIPPED)
    assert shipped.rules
    read_back(shipped)


@pytest.mark.parametrize("starter", ["cn_bank", "cn_insurer", "eu", "us"])
def test_every_rule_to_adopt_is_read_back_as_it_was(tmp_path: Path, starter: str) -> None:
    write_starter(tmp_path, starter)
    read_back(load(tmp_path))


def test_a_calendar_comes_back_with_the_rule_that_names_it(tmp_path: Path) -> None:
    named = RULE.replace("  zone: Asia", "  calendar: cn\n  zone: Asia")
    read_back(schedule(tmp_path, named, calendars={"cn": CALENDAR}))


def test_a_text_that_means_something_else_is_refused(tmp_path: Path) -> None:
    (rule,) = schedule(tmp_path).rules
    document = rule_document(rule, None)
    for spoiled in (
        {**document, "v": 2},
        {**document, "rule": {**_rule(document), "unheard_of": "x"}},
        {**document, "rule": {**_rule(document), "purpose": "another"}},
        {**document, "rule": {**_rule(document), "review_by": "soon"}},
        {"v": 1},
    ):
        with pytest.raises(RuleError, match="cannot be read"):
            read_archived("loan_file", rule.digest, canonical.encode(spoiled))


def _rule(document: dict[str, object]) -> dict[str, object]:
    rule = document["rule"]
    assert isinstance(rule, dict)
    return rule
