"""A clock that contradicts itself is refused, and the sentence says by what."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepuntil.domain.periods import Period
from keepuntil.rules.lint_clock import ends_before
from policies import CLOCK, RULE, mistakes

NOBODY_WROTE = (
    "'clock' has no keep_at_least, no keep_at_most and no 'permanent: true': "
    "nothing is kept or destroyed for a period nobody wrote."
)


def told(folder: Path, clock: str) -> list[str]:
    text = RULE.replace(CLOCK, f"{clock}  zone: Asia/Shanghai\n")
    text = text.replace("obligation: keep, period: P5Y", "obligation: keep")
    lines = mistakes(folder, text)
    return [line.partition(": ")[2] for line in lines if "does not say where" not in line]


LATEST = "  triggers: {combine: latest, events: [settled]}\n  start: event_next_day\n"

DELETE_WITHIN_TOO_LONG = f"""\
{LATEST}
  keep_at_most: P30D
  delete_within: P60D
"""
FLOOR_TOO_HIGH = f"""\
{LATEST}
  keep_at_least: P1Y
  keep_at_most: P2Y
  floor: {{from: settled, period: P2Y}}
"""
NAMED_TWICE = """\
  triggers: {combine: latest, events: [settled, settled]}
  start: event_next_day
  keep_at_least: P1Y
"""
OPTIONAL_WITH_EARLIEST = """\
  triggers: {combine: earliest, events: [{event: settled, optional: true}]}
  start: event_next_day
  keep_at_least: P1Y
"""
ALL_OF_NOTHING = LATEST.replace("latest", "all_of")


@pytest.mark.parametrize(
    ("clock", "sentence"),
    [
        (DELETE_WITHIN_TOO_LONG, "'delete_within' is longer than 'keep_at_most' itself."),
        (FLOOR_TOO_HIGH, "The floor leaves no day before the maximum."),
        (NAMED_TWICE, "The trigger 'settled' is named twice."),
        (
            OPTIONAL_WITH_EARLIEST,
            "With earliest every trigger is optional; leave the word out.",
        ),
        (ALL_OF_NOTHING, NOBODY_WROTE),
    ],
)
def test_contradiction_is_refused(clock: str, sentence: str, tmp_path: Path) -> None:
    assert told(tmp_path, clock) == [sentence]


FLOOR_FROM_ELSEWHERE = FLOOR_TOO_HIGH.replace("settled, period", "opened, period")
OWN_MINIMUM = """\
  triggers: {combine: all_of, events: [{event: settled, keep_at_least: P1Y}]}
  start: fiscal_year_after
  fiscal_year_starts: 04-01
"""
OWN_START = """\
  triggers: {combine: all_of, events: [{event: settled, start: fiscal_year_after}]}
  start: event_next_day
  keep_at_least: P1Y
  fiscal_year_starts: 04-01
"""


@pytest.mark.parametrize(
    "clock",
    [
        DELETE_WITHIN_TOO_LONG.replace("P60D", "P29D"),
        FLOOR_FROM_ELSEWHERE,
        OWN_MINIMUM,
        OWN_START,
    ],
)
def test_clock_without_a_contradiction_is_taken(clock: str, tmp_path: Path) -> None:
    assert told(tmp_path, clock) == []


@pytest.mark.parametrize(
    ("one", "other", "before"),
    [
        ("P5Y", "P10Y", True),
        ("P10Y", "P5Y", False),
        ("P60M", "P5Y", False),
        ("P30D", "P31D", True),
        ("P3650D", "P10Y", True),
        ("P3653D", "P10Y", False),
        ("P10Y", "P3653D", True),
        ("P30D", "P1M", True),
        ("P1M", "P30D", True),
        ("P31D", "P1M", False),
        ("P0D", "P1D", True),
        ("P0D", "P0D", False),
    ],
)
def test_period_ends_before_another_on_some_day(one: str, other: str, before: bool) -> None:
    assert ends_before(Period.parse(one), Period.parse(other)) == before
