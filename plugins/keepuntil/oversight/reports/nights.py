"""What the nights of a month came to, as the register tells: lists, ends, what is left open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from keepuntil.disposal.installation import Installation
from keepuntil.domain.outcomes import Outcome
from keepuntil.oversight.reports.months import Month
from keepuntil.register import spans
from keepuntil.register.spans import LastList

Place = tuple[str, str]
"""Category and instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceNights:
    """The lists of one place in a span of nights. ``due`` is the sum of the next four."""

    instance: str
    store: str
    destroyed: int
    absent: int
    """On a list, and not there any more when it was carried out."""
    held: int
    """At the last list of the span."""
    open: int
    """On the last list, neither gone nor held: waits for people, is shared, or failed."""
    not_computable: int
    """At the last list of the span."""

    @property
    def due(self) -> int:
        return self.destroyed + self.absent + self.held + self.open


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthFlow:
    """All rules together in one month."""

    month: str
    destroyed: int
    held: int
    open: int


def of_places(installation: Installation, first: date, last: date) -> dict[Place, PlaceNights]:
    """Every place with a list in these days."""
    ended = {
        (one.category, one.instance): one.outcomes
        for one in spans.ends(installation.register, first, last)
    }
    lists = spans.last_lists(installation.register, first, last)
    return {
        (one.category, one.instance): _nights(one, ended.get((one.category, one.instance), {}))
        for one in lists
    }


def _nights(newest: LastList, ended: Mapping[Outcome, int]) -> PlaceNights:
    held, still_open = _left(newest)
    return PlaceNights(
        instance=newest.instance,
        store=newest.store,
        destroyed=ended.get(Outcome.DESTROYED, 0),
        absent=ended.get(Outcome.ALREADY_ABSENT, 0),
        held=held,
        open=still_open,
        not_computable=sum(newest.undetermined.values()),
    )


def _left(newest: LastList) -> tuple[int, int]:
    """What the last list left: held, and open."""
    ends = newest.outcomes
    if ends is None:
        return newest.held, newest.due
    over = (Outcome.DESTROYED, Outcome.ALREADY_ABSENT, Outcome.NO_LONGER_DUE, Outcome.HELD)
    listed = newest.due + newest.held
    return ends[Outcome.HELD], listed - sum(ends[outcome] for outcome in over)


def flows(installation: Installation, until: date, months: int) -> tuple[MonthFlow, ...]:
    """The months up to the one of a day, that one counted up to the day."""
    newest = Month.of(until)
    every = [newest.after(earlier) for earlier in range(1 - months, 1)]
    return tuple(
        _flow(month, of_places(installation, month.first, min(month.last, until)).values())
        for month in every
    )


def _flow(month: Month, places: Iterable[PlaceNights]) -> MonthFlow:
    every = list(places)
    return MonthFlow(
        month=str(month),
        destroyed=sum(one.destroyed for one in every),
        held=sum(one.held for one in every),
        open=sum(one.open for one in every),
    )
