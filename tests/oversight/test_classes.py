"""Deletion classes: start × period, a category in each class its clock has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from keepuntil.domain.categories import Rule
from keepuntil.domain.periods import StartRule
from keepuntil.oversight.classes import deletion_classes, distinct_periods
from policies import clock_rule

PLAIN = """
triggers: {combine: latest, events: [settled]}
start: event_next_day
keep_at_least: P5Y
delete_within: P90D
zone: Asia/Shanghai
"""
MOST = """
triggers: {combine: earliest, events: [withdrawn]}
start: event_next_day
keep_at_most: P15D
zone: Asia/Shanghai
"""
ALL_OF = """
triggers:
  combine: all_of
  events:
    - {event: settled, keep_at_least: P5Y}
    - {event: opened, keep_at_least: P10Y, start: next_january_1}
start: event_next_day
zone: Asia/Shanghai
"""


def named(rule: Rule, category: str) -> Rule:
    return replace(rule, category=category)


def test_equal_clocks_share_a_class_and_others_do_not(tmp_path: Path) -> None:
    plain = clock_rule(tmp_path, PLAIN)
    later = clock_rule(tmp_path, PLAIN.replace("event_next_day", "next_january_1"))
    permanent = clock_rule(tmp_path, "permanent: true\nzone: Asia/Shanghai")
    most = clock_rule(tmp_path, MOST)
    rules = [
        named(permanent, "annual_report"),
        named(plain, "loan"),
        named(most, "marketing"),
        named(plain, "policy"),
        named(later, "voucher"),
    ]
    assert [(c.start, c.length, c.categories) for c in deletion_classes(rules)] == [
        (StartRule.EVENT_NEXT_DAY, "≤P15D", ("marketing",)),
        (StartRule.EVENT_NEXT_DAY, "≥P5Y", ("loan", "policy")),
        (StartRule.NEXT_JANUARY_1, "≥P5Y", ("voucher",)),
        (None, "permanent", ("annual_report",)),
    ]
    assert distinct_periods(deletion_classes(rules)) == 3


def test_a_clock_of_several_periods_is_in_a_class_for_each(tmp_path: Path) -> None:
    found = deletion_classes([clock_rule(tmp_path, ALL_OF)])
    assert [(c.start, c.length, c.categories) for c in found] == [
        (StartRule.EVENT_NEXT_DAY, "≥P5Y", ("loan_file",)),
        (StartRule.NEXT_JANUARY_1, "≥P10Y", ("loan_file",)),
    ]


def test_several_triggers_of_one_period_are_one_class(tmp_path: Path) -> None:
    clock = PLAIN.replace("[settled]", "[settled, closed]")
    (only,) = deletion_classes([clock_rule(tmp_path, clock)])
    assert only.categories == ("loan_file",)
