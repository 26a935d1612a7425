"""The month as a value: its figures are those worked out by hand, and each is told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disposal_world import AS_OF, World
from keepuntil.errors import UsageError
from keepuntil.oversight.reports import nights
from keepuntil.oversight.reports.monthly import MonthlyReport, monthly
from keepuntil.oversight.reports.months import Month
from keepuntil.register.nights import counted
from reports_world import NOVEMBER, a_month, report_of

MONTHS = st.builds(Month, st.integers(1000, 9000), st.integers(1, 12))


@pytest.fixture
def report(world: World) -> MonthlyReport:
    a_month(world)
    return report_of(world)


def test_due_is_destroyed_and_held_and_what_is_left(report: MonthlyReport) -> None:
    (place,) = report.places
    assert (place.category, place.instance, place.store) == ("statement", "share", "statements")
    assert (place.destroyed, place.absent, place.held, place.open) == (2, 0, 1, 0)
    assert place.due == 3
    assert place.not_computable == 1


def test_what_turned_up_late_is_overdue_by_its_days_and_the_held_is_not(
    report: MonthlyReport,
) -> None:
    (place,) = report.places
    assert place.overdue == 1
    # To be gone by 2026-05-31, 176 days before.
    assert report.overdue_ages == (0, 0, 1, 0, 0)


def test_what_falls_due_later_stands_in_its_month(report: MonthlyReport) -> None:
    (ahead,) = report.falling_due
    assert ahead.months[:3] == (1, 2, 0)
    assert sum(ahead.months) == 3


def test_a_night_without_a_good_end_is_missed(report: MonthlyReport) -> None:
    (one,) = report.nights
    assert (report.first, report.last) == (date(2026, 11, 1), AS_OF)
    assert (one.expected, one.ended_well, one.missed) == (23, 1, 22)


def test_a_night_that_ended_well_twice_is_one_night(world: World) -> None:
    a_month(world)
    with world.open() as installation:
        from keepuntil.register import nights as stored

        stored.record(installation.register, "statement", AS_OF, "nothing_due", world.moment)
        stored.record(installation.register, "statement", AS_OF, "failed", world.moment)
        well = counted(installation.register, AS_OF, AS_OF, ("certified", "nothing_due"))
    assert well == {"statement": 1}


def test_the_year_ends_with_the_month_and_tells_what_it_destroyed(report: MonthlyReport) -> None:
    assert [flow.month for flow in report.year][:: len(report.year) - 1] == ["2025-12", "2026-11"]
    assert sum(flow.destroyed for flow in report.year[:-1]) == 0
    assert (report.year[-1].destroyed, report.year[-1].held, report.year[-1].open) == (2, 1, 0)


def test_a_list_nobody_approved_is_open(world: World) -> None:
    world.issue("A000001-2016-01-05.pdf")
    with world.open() as installation:
        world.plan(installation)
    (place,) = report_of(world).places
    assert (place.due, place.open, place.destroyed) == (1, 1, 0)


def test_a_month_knows_only_its_own_nights(world: World) -> None:
    a_month(world)
    with world.open() as installation:
        before = nights.of_places(installation, date(2026, 10, 1), date(2026, 10, 31))
        after = monthly(installation, Month(2026, 12), date(2026, 12, 1))
    assert before == {}
    assert after.certificates == ()
    assert sum(place.destroyed for place in after.places) == 0


def test_a_certificate_stands_there_by_its_digest(report: MonthlyReport, world: World) -> None:
    from keepuntil.register import certificates

    with world.open() as installation:
        (stored,) = certificates.list_certificates(installation.register)
    (issued,) = report.certificates
    assert (issued.certificate_id, issued.digest) == (stored.certificate_id, stored.digest)
    assert (issued.category, issued.as_of, issued.corrections) == ("statement", AS_OF, 0)


def test_a_hold_that_was_not_looked_at_again_is_said(report: MonthlyReport) -> None:
    (hold,) = report.holds
    assert (hold.hold_id, hold.review_overdue) == ("LIT-2026-014", True)


def test_findings_are_those_of_the_owner_where_nobody_said_a_unit(world: World) -> None:
    from keepuntil.disposal.findings import problem_found

    with world.open() as installation:
        problem_found(installation, kind="overdue", subject="statement", zh="逾", en="late")
    (tally,) = report_of(world).problems.tallies
    assert (tally.problem_class.value, tally.unit) == ("deletion", "operations")
    assert (tally.found, tally.closed, tally.open) == (1, 0, 1)


def test_a_place_that_cannot_be_asked_is_told_and_counts_as_unknown(world: World) -> None:
    a_month(world)
    world.statements.parent.rename(world.folder / "elsewhere")
    report = report_of(world)
    (place,) = report.places
    assert place.overdue is None
    assert place.destroyed == 2
    assert report.falling_due == ()
    assert "statement/share" in report.unread[0].en


def test_a_month_that_has_not_begun_has_no_report(world: World) -> None:
    with world.open() as installation, pytest.raises(UsageError, match="has not begun"):
        monthly(installation, NOVEMBER, date(2026, 10, 31))


def test_the_same_day_gives_the_same_report(world: World) -> None:
    a_month(world)
    assert report_of(world) == report_of(world)
    assert replace(report_of(world), month="2026-10") != report_of(world)


@given(MONTHS, st.integers(-2000, 2000), st.integers(-2000, 2000))
def test_months_add_up(month: Month, one: int, other: int) -> None:
    assert month.after(one).after(other) == month.after(one + other)
    assert (month.after(1).first - month.last).days == 1
    assert Month.parse(str(month)) == month


@pytest.mark.parametrize("text", ["2026-13", "2026", "february", "2026-02-01"])
def test_no_month_is_said_in_words(text: str) -> None:
    with pytest.raises(UsageError, match="no month"):
        Month.parse(text)
