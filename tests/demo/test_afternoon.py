"""The afternoon: people carry away what the night released; certificates come where they may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import pytest

from keepuntil.demo import afternoon, building, outsiders, paper_road, paper_twin, results
from keepuntil.demo.afternoon import Journey
from keepuntil.demo.home import Home
from keepuntil.demo.results import Result, Verdict
from keepuntil.demo.scenario import SEED
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.released_boxes import BoxLine, boxes_waiting
from keepuntil.domain.consignments import IncidentKind, State
from keepuntil.register import findings

VOUCHERS, LOANS, POLICIES = "accounting_voucher", "personal_loan_file", "insurance_policy_short"


@contextmanager
def unnamed_phase(_what: str) -> Iterator[None]:
    yield


@dataclass(frozen=True, kw_only=True)
class Day:
    """What was seen of one night, its afternoon and the night after."""

    home: Home
    released: Mapping[str, Result]
    journeys: list[Journey]
    closed: Mapping[str, Result]
    waits: Mapping[str, date]
    left: list[BoxLine]
    """Of the policies: boxes with something released in them, after the afternoon."""
    again: Mapping[str, Result]
    """The same night played a second and a third time: the third."""
    destroyed: tuple[int, int]
    """By all runs, after the afternoon and after the night was played again."""
    kinds: set[str]
    """Of the findings that are open."""


def decider(role: str, category: str) -> str:
    if role == "data-protection":
        return "D0042"
    return "B2017" if category == LOANS else "B3102"


def gone_on(home: Home, installation: Installation) -> dict[str, Result]:
    """Every rule with paper as far as it gets."""
    found = {}
    for category in paper_road.paper_rules(installation):
        night = paper_road.go_on(home, installation, category, decider)
        (found[category],) = results.read(installation, [night])
    return found


# One worker plays the day for all of them.
pytestmark = pytest.mark.xdist_group("afternoon")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    home = Home(tmp_path_factory.mktemp("afternoon") / "demo")
    building.build(home, "SMALL", SEED, unnamed_phase)
    with pytest.MonkeyPatch.context() as environment:
        for name, value in home.environment().items():
            environment.setenv(name, value)
        with (
            building.archive_running(home),
            outsiders.witness_running(home),
            Installation.open(home.keepuntil, home.policies) as installation,
        ):
            return played(home, installation)


def played(home: Home, installation: Installation) -> Day:
    released = gone_on(home, installation)
    waiting = paper_road.open_runs(installation)
    journeys = list(afternoon.play(home, installation, waiting))
    closed = gone_on(home, installation)
    destroyed = results.destroyed_so_far(installation)
    left = boxes_waiting(installation, waiting[POLICIES])
    for _ in range(2):
        again = gone_on(home, installation)
    return Day(
        home=home,
        released=released,
        journeys=journeys,
        closed=closed,
        waits=afternoon.waits(home),
        left=left,
        again=again,
        destroyed=(destroyed, results.destroyed_so_far(installation)),
        kinds={found.kind for found in findings.open_findings(installation.register)},
    )


def paper(result: Result) -> results.Line:
    return next(line for line in result.lines if line.instance == "paper")


def test_in_the_night_scans_go_and_paper_and_rows_wait_for_people(day: Day) -> None:
    assert {result.verdict for result in day.released.values()} == {Verdict.PENDING}
    for result in day.released.values():
        assert paper(result).destroyed == 0
        assert paper(result).pending == paper(result).due - paper(result).held > 0
    core, scans, _ = day.released[LOANS].lines
    assert (core.destroyed, core.pending) == (0, core.due)
    assert scans.destroyed > 0


def test_every_journey_is_reconciled_and_only_one_met_a_mishap(day: Day) -> None:
    assert {each.state for each in day.journeys} == {State.RECONCILED}
    assert [each.by_vendor for each in day.journeys] == [True, False] * 3
    thin = [each for each in day.journeys if each.incidents]
    assert [each.incidents for each in thin] == [(IncidentKind.ITEM_MISSING,)]
    for each in day.journeys:
        assert each.destroyed == each.items - len(each.incidents)


def test_the_missing_folder_is_a_finding(day: Day) -> None:
    assert "custody_item_missing" in day.kinds


def test_certificates_come_exactly_where_everything_has_an_end(day: Day) -> None:
    assert {category: result.verdict for category, result in day.closed.items()} == {
        VOUCHERS: Verdict.CERTIFIED,
        LOANS: Verdict.CERTIFIED,
        POLICIES: Verdict.PENDING,
    }
    certified = {path.parts[-4] for path in day.home.keepuntil.rglob("certificate.intoto.jsonl")}
    assert certified == {VOUCHERS, LOANS}


def test_a_box_that_waits_with_a_reason_does_not_hold_up_the_certificate(day: Day) -> None:
    line = paper(day.closed[VOUCHERS])
    assert (line.shared, line.pending) == (12, 0)
    assert line.destroyed == line.due - line.shared


def test_two_boxes_wait_and_their_end_is_written_down(day: Day) -> None:
    assert day.waits == {
        "KJ-H00008": date(2026, 12, 31),
        "BX-H00008": date(2026, 6, 30),
    }


def test_rows_follow_their_paper(day: Day) -> None:
    core = day.closed[LOANS].lines[0]
    assert core.pending == 0
    assert core.destroyed == core.due - core.held > 0


def test_a_hold_undecided_boxes_and_the_missing_folder_are_what_the_policies_wait_for(
    day: Day,
) -> None:
    held = [line for line in day.left if not line.free]
    mixed = [line for line in day.left if line.free and line.mixed]
    again = [line for line in day.left if line.free and not line.mixed]
    assert [line.held for line in held] == [("H-DEMO-08",)]
    assert len(mixed) == 3
    assert [line.released for line in again] == [1]
    assert sum(line.released for line in day.left) == paper(day.closed[POLICIES]).pending


def test_the_register_is_as_plain_sql_worked_out_beforehand(day: Day) -> None:
    assert list(paper_twin.differences(day.home.paper, day.home.paper_twin)) == []


def test_the_night_played_twice_again_destroys_nothing_more(day: Day) -> None:
    before, after = day.destroyed
    assert before == after > 0
    assert {category: result.verdict for category, result in day.again.items()} == {
        category: result.verdict for category, result in day.closed.items()
    }
    assert paper(day.again[VOUCHERS]).destroyed == 0
    assert paper(day.again[VOUCHERS]).shared == 12


def test_the_firm_sent_a_certificate_for_each_of_its_journeys(day: Day) -> None:
    sent = sorted(path.name for path in day.home.from_the_vendor.iterdir())
    assert len(sent) == sum(each.by_vendor for each in day.journeys)
