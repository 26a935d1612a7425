"""The privacy notice says of every rule what the rule says, in both languages, as text and page."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from keepuntil.documents.privacy_notice import as_html, as_text
from keepuntil.rules.load import load
from policies import RULE, schedule

SHIPPED = Path(__file__).parents[2] / "retention_policies"


class Page(HTMLParser):
    """Which tags a page opens, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.said = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.said += data


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_shipped_rule_has_its_section_with_purpose_period_basis_and_end(
    language: str,
) -> None:
    rules = load(SHIPPED).rules
    said = as_text(rules, "bank.example", "zh" if language == "zh" else "en")
    for rule in rules:
        assert f"## {rule.title.zh if language == 'zh' else rule.title.en}\n" in said
        assert all(each.cite in said for each in rule.authorities)
    assert said.count("- **") == 5 * len(rules)
    page = Page(as_html(rules, "bank.example", "zh" if language == "zh" else "en"))
    assert page.tags.count("h2") == len(rules)
    assert "script" not in page.tags
    assert all(rule.purpose in page.said for rule in rules)


def test_period_start_maximum_and_treatment_are_said(tmp_path: Path) -> None:
    rules = schedule(tmp_path, RULE + "  - {id: tapes, kind: backup, ages_out_after: P35D}\n").rules
    en, zh = as_text(rules, "bank.example", "en"), as_text(rules, "bank.example", "zh")
    assert "At least 5 years from 'settled' (the day itself is not counted)." in en
    assert "自“settled”起至少5年（当日不计，自次日起算）。" in zh
    assert "Electronic data is deleted. Copies in backups are gone 35 days later." in en
    assert "Carried out within 90 days of the end." in en
    assert "期满后90日内完成。" in zh


def test_what_is_kept_permanently_is_said_not_to_be_deleted(tmp_path: Path) -> None:
    clock = RULE[RULE.index("clock:\n") : RULE.index("disposition:")]
    text = RULE.replace(clock, "clock: {permanent: true, zone: Asia/Shanghai}\n")
    text = text.replace("events: {settled: settled_on}", "events: {}")
    said = as_text(schedule(tmp_path, text).rules, "bank.example", "en")
    assert "Kept permanently." in said
    assert "Not deleted." in said


def test_what_owners_write_is_text_and_never_markup(tmp_path: Path) -> None:
    text = RULE.replace("purpose: loan servicing", "purpose: '<script>alert(1)</script>'")
    page = Page(as_html(schedule(tmp_path, text).rules, "bank.example", "en"))
    assert "script" not in page.tags
    assert "<script>alert(1)</script>" in page.said
