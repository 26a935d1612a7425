"""What a rule rests on, and who may answer for it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from keepuntil.rules.confirmations import in_doubt
from policies import RULE, mistakes, schedule

PRIMARY = "{cite: A law, rank: law, obligation: keep, period: P5Y, confidence: primary}"
READ_ABOUT = "{cite: A law, rank: law, obligation: keep, period: P5Y, confidence: secondary}"
UNREAD = "{cite: A law, rank: law, obligation: keep, period: P5Y}"
READ = "{cite: A law, rank: law, obligation: keep, period: P5Y, verified_on: 2026-01-05}"
CONFIRMED = (
    "{cite: A law, rank: law, obligation: keep, period: P5Y, "
    "confirmed: {by: E3, on: 2026-01-05, note: read in the official gazette}}"
)
UNREAD_MEMO = "{cite: A paper, rank: standard, obligation: keep, period: P3Y, necessity_memo: N1}"
UNREAD_AS_LONG = "{cite: A decree, rank: admin_reg, obligation: keep, period: P60M}"
UNREAD_DELETE = "{cite: B law, rank: law, obligation: delete}"


def rests_on(*authorities: str, approval: str = "dual") -> str:
    said = "\n  - ".join(authorities)
    text = RULE.replace(PRIMARY, said)
    if approval == "none":
        text = text.replace("dual", "none").replace("  roles: [data_owner, records_officer]\n", "")
    return text


@pytest.mark.parametrize(
    ("authorities", "doubtful"),
    [
        ((PRIMARY,), []),
        ((READ_ABOUT,), []),
        ((UNREAD,), ["A law"]),
        ((READ,), []),
        ((CONFIRMED,), []),
        # A shorter period decides nothing, and one that is read speaks for another as long.
        ((PRIMARY, UNREAD_MEMO), []),
        ((PRIMARY, UNREAD_AS_LONG), []),
        ((UNREAD, UNREAD_AS_LONG), ["A law", "A decree"]),
        # Why it goes has to stand too, not only why it stayed.
        ((PRIMARY, UNREAD_DELETE), ["B law"]),
    ],
)
def test_what_decides_the_days_has_to_stand(
    authorities: tuple[str, ...], doubtful: list[str], tmp_path: Path
) -> None:
    rule = schedule(tmp_path, rests_on(*authorities)).rules[0]
    assert [authority.cite for authority in in_doubt(rule)] == doubtful


def test_where_nobody_looks_again_reading_about_it_is_not_enough(tmp_path: Path) -> None:
    rule = schedule(tmp_path, rests_on(READ_ABOUT, approval="none")).rules[0]
    assert [authority.cite for authority in in_doubt(rule)] == ["A law"]


def test_a_confirmed_authority_lets_a_class_be_approved_beforehand(tmp_path: Path) -> None:
    found = schedule(tmp_path, rests_on(CONFIRMED, approval="none"))
    assert in_doubt(found.rules[0]) == ()
    assert found.warnings == ()


@pytest.mark.parametrize("person", ["E1", "E9"])
def test_only_the_data_protection_officer_confirms(person: str, tmp_path: Path) -> None:
    sentence = f"{person} does not hold the role 'dpo' in people.yaml, so confirms no authority."
    found = mistakes(tmp_path, rests_on(CONFIRMED.replace("E3", person)))
    assert found == [f"rules/loan_file.yaml:8:77: {sentence}"]


def test_a_confirmation_is_never_of_a_day_to_come(tmp_path: Path) -> None:
    text = rests_on(CONFIRMED)
    assert mistakes(tmp_path, text, today=date(2026, 1, 5)) == []
    assert mistakes(tmp_path, text, today=date(2026, 1, 4)) == [
        "rules/loan_file.yaml:8:85: A confirmation is never of a day to come."
    ]
