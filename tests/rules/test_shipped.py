"""What we ship loads clean, and the page about the keys names every key."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from keepuntil.errors import UsageError
from keepuntil.rules.init import write_starting_point
from keepuntil.rules.json_schema import KINDS, keys_of
from keepuntil.rules.load import load, load_rule
from keepuntil.rules.rule_index import rule_index

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "retention_policies"
TODAY = date(2026, 6, 1)


def test_shipped_policies_load(tmp_path: Path) -> None:
    found = load(POLICIES, today=TODAY)
    assert [rule.category for rule in found.rules] == [
        "accounting_voucher",
        "customer_transaction",
        "insurance_policy_long",
        "insurance_policy_short",
        "personal_loan_file",
        "receipt_secret",
        "wealth_sales_recording",
    ]
    # Only what the research could not read in its own text is warned of, and that whoever
    # takes this over has to say who may use what.
    expected = ("second hand", "Nobody has an access role")
    assert all(any(each in w.sentence for each in expected) for w in found.warnings)
    assert found.calendars["cn-bank"].years == {2026}


def test_shipped_policies_index_and_load_one_by_one() -> None:
    index = rule_index(POLICIES)
    assert index.problems == ()
    for entry in index.entries:
        rule = load_rule(POLICIES, entry.category).rules[0]
        assert (entry.zone, entry.at) == (rule.clock.zone, rule.nightly.at)


def test_starting_point_loads(tmp_path: Path) -> None:
    written = write_starting_point(tmp_path / "policies")
    found = load(tmp_path / "policies", today=TODAY)
    assert [rule.category for rule in found.rules] == ["example_records"]
    assert all(path.is_file() for path in written)


def test_starting_point_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "people.yaml").write_text("mine")
    with pytest.raises(UsageError, match=r"people.yaml is there already; nothing was written"):
        write_starting_point(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["people.yaml"]


PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_has_a_heading(kind: str) -> None:
    headed = set(re.findall(r"`([a-z_]+)`", "\n".join(re.findall(r"^#+ .*", PAGE, re.MULTILINE))))
    assert keys_of(kind) - headed == set()


def test_page_names_no_key_that_is_not_there() -> None:
    headed = set(re.findall(r"`([a-z_]+)`", "\n".join(re.findall(r"^### .*", PAGE, re.MULTILINE))))
    known = frozenset().union(*(keys_of(kind) for kind in KINDS))
    examples = {"retain_until", "due_on", "delete_by", "no_end", "undetermined", "as_of"}
    assert headed - known - examples == set()
