"""The monthly report: everything it says, as one frozen value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from keepuntil.disposal.installation import Installation
from keepuntil.disposal.nights import ENDED_WELL
from keepuntil.domain.categories import Form, Rule, Text
from keepuntil.domain.civil_dates import civil_date
from keepuntil.errors import UsageError
from keepuntil.oversight.cells import State
from keepuntil.oversight.coverage import Coverage, Row, cover
from keepuntil.oversight.gaps import Lack
from keepuntil.oversight.lacking import holds_unreviewed
from keepuntil.oversight.reports import nights as month_nights
from keepuntil.oversight.reports.months import Month
from keepuntil.oversight.reports.nights import MonthFlow, PlaceNights
from keepuntil.oversight.reports.problems import Problems, problems
from keepuntil.oversight.reports.standing import AGES, RuleStanding, overdue_of, standing
from keepuntil.register import holds, nights, samples, spans
from keepuntil.register.spans import IssuedCertificate

MONTHS_BACK = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFigures:
    """One rule in one place: its nights in the month, and what the store says."""

    category: str
    instance: str
    store: str
    due: int
    destroyed: int
    absent: int
    held: int
    open: int
    not_computable: int
    overdue: int | None
    """On the day of the report; None: the place could not be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNights:
    """How often a rule had to run, and how often its night ended well."""

    category: str
    title: Text
    unit: str
    expected: int
    ended_well: int

    @property
    def missed(self) -> int:
        return max(self.expected - self.ended_well, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredForm:
    """One category in one form."""

    category: str
    title: Text
    form: Form | None
    state: State
    lacks: tuple[Lack, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FallingDue:
    """What falls due of one rule in each month after the one of the report."""

    category: str
    title: Text
    months: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldInForce:
    """A hold that was not lifted when the report was made. What it names is not said."""

    hold_id: str
    category: str
    placed_on: date
    review_by: date | None
    review_overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotCheck:
    """A sample that was ordered in the month."""

    sample_id: str
    certificate_id: str
    ordered_on: date
    size: int
    population: int
    verdict: str | None
    """None: it is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyReport:
    """One month, on one day. Holds no personal data."""

    organisation: str
    month: str
    first: date
    last: date
    """Of the days that are counted: the month's last, or the day of the report before it."""
    as_of: date
    """The day for which stores and register were asked how things stand."""
    places: tuple[PlaceFigures, ...]
    nights: tuple[RuleNights, ...]
    year: tuple[MonthFlow, ...]
    overdue_ages: tuple[int, ...]
    certificates: tuple[IssuedCertificate, ...]
    coverage: tuple[CoveredForm, ...]
    gaps: tuple[Text, ...]
    problems: Problems
    falling_due: tuple[FallingDue, ...]
    holds: tuple[HoldInForce, ...]
    samples: tuple[SpotCheck, ...]
    unread: tuple[Text, ...]
    """Places that could not be asked; their overdue and what falls due there is missing."""


def monthly(installation: Installation, month: Month, as_of: date) -> MonthlyReport:
    """The report on a month, on a civil date in it or after it.

    Nights, certificates and samples are those of the month; what is overdue, covered, held
    and falls due is asked for on ``as_of``. Stores are read and nothing is changed. Raises
    UsageError when the day is before the month, RuleError, RegisterError.
    """
    if as_of < month.first:
        raise UsageError(f"There is no report on {month} as of {as_of}: it has not begun by then.")
    rules = installation.schedule.rules
    last = min(month.last, as_of)
    asked = {rule.category: standing(installation, rule, as_of) for rule in rules}
    # Asking is what takes long, so that coverage takes the answers that are there.
    matrix = cover(installation, as_of, partial(overdue_of, asked))
    return MonthlyReport(
        organisation=installation.schedule.controller,
        month=str(month),
        first=month.first,
        last=last,
        as_of=as_of,
        places=tuple(_places(installation, asked, month.first, last)),
        nights=tuple(_rule_nights(installation, month.first, last)),
        year=month_nights.flows(installation, last, MONTHS_BACK),
        overdue_ages=_ages(asked.values()),
        certificates=tuple(spans.certificates(installation.register, month.first, last)),
        coverage=tuple(_covered(row) for row in matrix.rows),
        gaps=_sentences(matrix),
        problems=problems(installation, month.first, last, as_of),
        falling_due=tuple(_falling_due(rules, asked)),
        holds=tuple(_holds(installation, as_of)),
        samples=tuple(_samples(installation, month.first, last)),
        unread=tuple(why for one in asked.values() for why in one.unread),
    )


_NO_NIGHTS = {"destroyed": 0, "absent": 0, "held": 0, "open": 0, "not_computable": 0}


def _places(
    installation: Installation, asked: dict[str, RuleStanding], first: date, last: date
) -> Iterable[PlaceFigures]:
    """Every place of every rule, also one without a list in the month."""
    listed = month_nights.of_places(installation, first, last)
    for rule in installation.schedule.rules:
        overdue = {place.instance: place.overdue for place in asked[rule.category].places}
        for instance in rule.stored_instances:
            found = listed.get((rule.category, instance.id)) or PlaceNights(
                instance=instance.id, store=instance.store, **_NO_NIGHTS
            )
            yield _figures(rule, found, overdue[instance.id])


def _figures(rule: Rule, found: PlaceNights, overdue: int | None) -> PlaceFigures:
    return PlaceFigures(
        category=rule.category,
        instance=found.instance,
        store=found.store,
        due=found.due,
        destroyed=found.destroyed,
        absent=found.absent,
        held=found.held,
        open=found.open,
        not_computable=found.not_computable,
        overdue=overdue,
    )


def _rule_nights(installation: Installation, first: date, last: date) -> Iterable[RuleNights]:
    """A rule has a night a day, from the day on which it is in force."""
    well = nights.counted(installation.register, first, last, ENDED_WELL)
    for rule in installation.schedule.rules:
        begins = max(first, rule.effective_from)
        yield RuleNights(
            category=rule.category,
            title=rule.title,
            unit=rule.owner.unit,
            expected=max((last - begins).days + 1, 0),
            ended_well=well.get(rule.category, 0),
        )


def _ages(asked: Iterable[RuleStanding]) -> tuple[int, ...]:
    spans_of = [place.ages for one in asked for place in one.places]
    return tuple(sum(ages[at] for ages in spans_of) for at in range(len(AGES)))


def _covered(row: Row) -> CoveredForm:
    lacks = dict.fromkeys(gap.code for cell in row.cells for gap in cell.gaps)
    return CoveredForm(
        category=row.category,
        title=row.title,
        form=row.form,
        state=row.state,
        lacks=tuple(lacks),
    )


def _sentences(matrix: Coverage) -> tuple[Text, ...]:
    return tuple(gap.sentence for gap in matrix.gaps)


def _falling_due(rules: Iterable[Rule], asked: dict[str, RuleStanding]) -> Iterable[FallingDue]:
    for rule in rules:
        months = asked[rule.category].falling_due
        if months is not None:
            yield FallingDue(category=rule.category, title=rule.title, months=months)


def _holds(installation: Installation, as_of: date) -> Iterable[HoldInForce]:
    schedule = installation.schedule
    zones = {rule.category: rule.clock.zone for rule in schedule.rules}
    for hold in holds.in_force(installation.register):
        yield HoldInForce(
            hold_id=hold.hold_id,
            category=hold.category,
            placed_on=civil_date(hold.placed_at, zone=zones.get(hold.category, "UTC")),
            review_by=hold.review_by,
            review_overdue=any(holds_unreviewed(schedule, [hold], as_of)),
        )


def _samples(installation: Installation, first: date, last: date) -> Iterable[SpotCheck]:
    """By the day, in UTC, on which they were ordered."""
    since = datetime.combine(first, time(), UTC)
    before = datetime.combine(last + timedelta(days=1), time(), UTC)
    for one in samples.ordered_between(installation.register, since, before):
        yield SpotCheck(
            sample_id=one.sample_id,
            certificate_id=one.certificate_id,
            ordered_on=one.ordered_at.date(),
            size=one.plan.size,
            population=one.plan.population,
            verdict=one.closing.verdict.value if one.closing else None,
        )
