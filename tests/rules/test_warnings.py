"""Warnings stop nothing and say what to look at; some words are asked for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from policies import RULE, mistakes, schedule


def warned(folder: Path, old: str, new: str, today: date | None = None) -> list[str]:
    return [
        str(warning)
        for warning in schedule(folder, RULE.replace(old, new), today=today).warnings
        if "public key" not in warning.sentence
    ]


FILE = "rules/loan_file.yaml"
MORE = "primary}}\n  - {{cite: {}, rank: {}, obligation: {}, period: {}, confidence: primary}}\n"


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        (", confidence: primary", "", "8:5: warning: Nobody has verified 'A law'."),
        (
            "primary",
            "secondary",
            "8:5: warning: 'A law' was read at second hand, not in its own text.",
        ),
        (
            "  delete_within: P90D\n",
            "",
            "9:1: warning: There is no delete_within and no keep_at_most: nothing is ever overdue.",
        ),
        (
            "share: 5%",
            "share: 100%",
            "19:25: warning: A share of 100% is no limit: one wrong date could empty the place.",
        ),
        (
            "keep_at_least: P5Y",
            "keep_at_least: P3650D",
            "12:3: warning: P3650D ends before P10Y does when a leap day lies between.",
        ),
        (
            "primary}\n",
            MORE.format("S", "standard", "keep", "P9Y"),
            "9:49: warning: 'S' obliges to keep for P9Y, and the clock keeps for P5Y.",
        ),
        (
            "primary}\n",
            MORE.format("D", "law", "delete", "P5Y"),
            "9:46: warning: 'D' obliges to delete within P5Y; the clock lets it stay longer.",
        ),
    ],
)
def test_warning_says_what_to_look_at(old: str, new: str, warning: str, tmp_path: Path) -> None:
    assert warned(tmp_path, old, new) == [f"{FILE}:{warning}"]


def test_review_that_is_overdue_is_said(tmp_path: Path) -> None:
    assert warned(tmp_path, "", "", date(2030, 1, 1)) == []
    assert warned(tmp_path, "", "", date(2030, 1, 2)) == [
        f"{FILE}:6:31: warning: The review was due by 2030-01-01."
    ]
    assert warned(tmp_path, "", "", date(2019, 1, 2)) == [
        f"{FILE}:6:13: warning: The rule is in force from 2020-01-01; before that nothing is due."
    ]


def test_people_without_keys_are_said(tmp_path: Path) -> None:
    (warning,) = schedule(tmp_path).warnings
    assert str(warning) == (
        f"{FILE}:17:3: warning: Too few of the people with these roles have a public key: "
        "nobody could sign."
    )


def test_unverified_authority_needs_a_person(tmp_path: Path) -> None:
    text = RULE.replace(", confidence: primary", "").replace("approval: dual", "approval: none")
    text = text.replace("  roles: [data_owner, records_officer]\n", "")
    sentence = (
        "No run goes without a person while 'A law' is unverified: say owner or dual, "
        "verify it, or have it confirmed."
    )
    assert mistakes(tmp_path, text) == [f"{FILE}:16:3: {sentence}"]


@pytest.mark.parametrize("rank", ["law", "admin_reg"])
def test_law_needs_no_memo(rank: str, tmp_path: Path) -> None:
    assert mistakes(tmp_path, RULE.replace("rank: law", f"rank: {rank}")) == []


@pytest.mark.parametrize("rank", ["dept_rule", "normative", "standard", "institution"])
def test_anything_below_a_regulation_needs_a_memo(rank: str, tmp_path: Path) -> None:
    text = RULE.replace("rank: law", f"rank: {rank}")
    assert "necessity_memo" in mistakes(tmp_path, text)[0]
    assert mistakes(tmp_path, text.replace("primary}", "primary, necessity_memo: NM-1}")) == []
