"""The owner's examples are tests: what they say must be what the clock says."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies import CALENDAR, RULE, mistakes

CLOCKED = RULE.replace(
    "  zone: Asia/Shanghai\n",
    "  floor: {from: opened, period: P10Y}\n"
    "  extend_while: [litigation]\n"
    "  restrict_from: purpose_ended\n"
    "  zone: Asia/Shanghai\n",
).replace(
    "{settled: settled_on}",
    "{settled: a, opened: b, litigation: c, purpose_ended: d}",
)


def told(
    folder: Path, example: str, text: str = CLOCKED, calendars: dict[str, str] | None = None
) -> list[str]:
    lines = mistakes(folder, f"{text}examples:\n  - {{{example}}}\n", calendars=calendars)
    return [line.partition(": ")[2] for line in lines]


@pytest.mark.parametrize(
    "example",
    [
        "settled: 2015-03-01, opened: 2001-01-01, retain_until: 2020-03-01, due_on: 2020-03-02",
        "settled: 2015-03-01, opened: 2015-01-01, retain_until: 2025-01-01",
        "settled: 2015-03-01, opened: 2001-01-01, delete_by: 2020-05-31",
        "settled: 2015-03-01, opened: 2001-01-01, litigation: true, no_end: true",
        "settled: 2015-03-01, opened: 2001-01-01, litigation: false, due_on: 2020-03-02",
        "settled: 2015-03-01, opened: 2001-01-01, purpose_ended: true, due_on: 2020-03-02",
        "settled: 2015-03-01, opened: 2001-01-01, purpose_ended: 2016-01-01, due_on: 2020-03-02",
        "opened: 2001-01-01, undetermined: missing_trigger",
        "settled: 1900-01-01, opened: 2001-01-01, undetermined: sentinel_date",
        "settled: 2015-03-01, opened: 2001-01-01, as_of: 2014-01-01, undetermined: future_trigger",
    ],
)
def test_example_that_is_right_passes(example: str, tmp_path: Path) -> None:
    assert told(tmp_path, example) == []


@pytest.mark.parametrize(
    ("example", "sentences"),
    [
        (
            "settled: 2015-03-01, opened: 2001-01-01, due_on: 2020-03-01",
            ["The example says due_on 2020-03-01; the clock says 2020-03-02."],
        ),
        (
            "settled: 2015-03-01, opened: 2001-01-01, no_end: true",
            [
                (
                    "The example says no_end true; the clock says retain_until 2020-03-01, "
                    "due_on 2020-03-02, delete_by 2020-05-31."
                ),
            ],
        ),
        (
            "settled: 2015-03-01, opened: 2001-01-01, litigation: true, due_on: 2020-03-02",
            ["The example says due_on 2020-03-02; the clock names no end."],
        ),
        (
            "settled: 2015-03-01, opened: 2001-01-01, undetermined: missing_trigger",
            [
                (
                    "The example says undetermined missing_trigger; the clock says retain_until "
                    "2020-03-01, due_on 2020-03-02, delete_by 2020-05-31."
                ),
            ],
        ),
        (
            "opened: 2001-01-01, undetermined: sentinel_date",
            ["The example says undetermined sentinel_date; the clock says missing_trigger."],
        ),
        ("settled: true, due_on: 2020-03-02", ["'settled' is a day, YYYY-MM-DD here."]),
        ("litigation: 2020-01-01, no_end: true", ["'litigation' is true or false here."]),
        ("no_end: false", ["'no_end' is true here."]),
        ("due_on: soon", ["'due_on' is a day, YYYY-MM-DD here."]),
        (
            "undetermined: missing",
            [
                (
                    "'undetermined' is one of missing_trigger, sentinel_date, future_trigger, "
                    "unreadable_event, unknown_flag, calendar_year_missing, no_linked_record here."
                ),
            ],
        ),
        (
            "settled: 01/02/2020, due_on: 2020-03-02",
            ["A day is written YYYY-MM-DD, not '01/02/2020'."],
        ),
        (
            "settled: 7, due_on: 2020-03-02",
            ["An example gives days (YYYY-MM-DD), true or false, not 7."],
        ),
    ],
)
def test_example_that_is_wrong_is_refused(
    example: str, sentences: list[str], tmp_path: Path
) -> None:
    assert told(tmp_path, example) == sentences


def test_example_runs_on_the_calendar(tmp_path: Path) -> None:
    text = RULE.replace("  zone: Asia", "  calendar: cn\n  zone: Asia")
    right = "settled: 2021-10-01, retain_until: 2026-10-01, due_on: 2026-10-08"
    assert told(tmp_path, right, text, calendars={"cn": CALENDAR}) == []
    unknown = "settled: 2015-10-01, due_on: 2020-10-08"
    (sentence,) = told(tmp_path, unknown, text, calendars={"cn": CALENDAR})
    assert sentence == (
        "The example says due_on 2020-10-08; the clock cannot be computed: "
        "calendar_year_missing (cn)."
    )
