"""``discoveries.yaml``: what people have said of found places, with a mistake shown where it is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from keepuntil.domain.discoveries import Acknowledgement, Verdict
from keepuntil.errors import RuleError
from keepuntil.rules.load import load
from policies import RULE, write

SAID = """\
discoveries:
  - location: core/lead.mobile
    verdict: being_ruled
    reason: rule 2026-14 is with the lawyers
    by: E1
    until: 2027-01-31
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, {"loan_file": RULE})


def mistakes(folder: Path, text: str) -> str:
    (folder / "discoveries.yaml").write_text(text)
    with pytest.raises(RuleError) as refused:
        load(folder)
    return refused.value.sentence


def test_without_the_file_nobody_has_said_anything(folder: Path) -> None:
    assert load(folder).acknowledged == ()


def test_what_is_said_is_read_in_its_order(folder: Path) -> None:
    (folder / "discoveries.yaml").write_text(SAID)
    assert load(folder).acknowledged == (
        Acknowledgement(
            location="core/lead.mobile",
            verdict=Verdict.BEING_RULED,
            reason="rule 2026-14 is with the lawyers",
            by="E1",
            until=date(2027, 1, 31),
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "core/lead.mobile",
            "cor/lead.mobile",
            "2:15: There is no store 'cor' in stores.yaml. Did",
        ),
        ("core/lead.mobile", "lead.mobile", "2:15: A location is written store/place"),
        ("core/lead.mobile", "'core/*.mobile'", "2:15: A * stands at the end"),
        ("being_ruled", "fine", "3:14: 'fine' is not one of: not_personal_data, being_ruled."),
        ("by: E1", "by: E9", "5:9: There is no 'E9' in people.yaml. Known here: E1, E2, E3."),
        ("2027-01-31", "2027-02-31", "6:12: '2027-02-31' is no day of the calendar."),
        ("    reason: rule 2026-14 is with the lawyers\n", "", "lacks 'reason'"),
        ("until", "untill", "'untill' is not a key here. Did you mean 'until'?"),
    ],
)
def test_a_mistake_is_told_with_its_place(folder: Path, old: str, new: str, sentence: str) -> None:
    assert old in SAID
    assert sentence in mistakes(folder, SAID.replace(old, new))


def test_a_place_is_spoken_of_once(folder: Path) -> None:
    said = mistakes(folder, SAID + SAID.partition("\n")[2])
    assert "discoveries.yaml:7:15: This place is listed twice." in said


@pytest.mark.parametrize(
    ("location", "place", "covered"),
    [
        ("core/lead.mobile", "core/lead.mobile", True),
        ("core/lead.mobile", "core/lead.mobile2", False),
        ("core/lead.*", "core/lead.mobile", True),
        ("core/lead.*", "core/leads.mobile", False),
        ("share/old/*", "share/old/deep/", True),
    ],
)
def test_a_star_speaks_of_everything_that_begins_so(
    location: str, place: str, covered: bool
) -> None:
    said = Acknowledgement(
        location=location,
        verdict=Verdict.NOT_PERSONAL_DATA,
        reason="numbers of machines",
        by="E1",
        until=date(2027, 1, 1),
    )
    assert said.covers(place) is covered
