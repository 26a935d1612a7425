"""What the stores say on a day: due, overdue and for how long, and what falls due later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from keepuntil.disposal.deciding import due_items, forecast
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Rule, StoredInstance, Text
from keepuntil.errors import KeepuntilError
from keepuntil.oversight.reports.months import Month

AGES: Final = (1, 31, 91, 181, 366)
"""The first day of each span in which overdue records are counted; the last has no end."""

MONTHS_AHEAD: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceStanding:
    """One place, asked on one day."""

    instance: str
    ages: tuple[int, ...]
    """Past their last day and not held, by how long they are, as :data:`AGES`."""
    error: KeepuntilError | None = None
    """Why the place could not be asked."""

    @property
    def overdue(self) -> int | None:
        """None: the place could not be asked."""
        return None if self.error else sum(self.ages)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStanding:
    """One rule in all its places."""

    category: str
    places: tuple[PlaceStanding, ...]
    falling_due: tuple[int, ...] | None
    """In each of the 24 months after the one of the day; None: a place could not be asked."""
    unread: tuple[Text, ...]
    """Why places could not be asked."""


def standing(installation: Installation, rule: Rule, as_of: date) -> RuleStanding:
    """Ask every place of a rule, as readers do; one that cannot be asked is told."""
    places = [_place(installation, rule, instance, as_of) for instance in rule.stored_instances]
    unread = [_unread(rule, place, place.error) for place in places if place.error]
    ahead = None if unread else _ahead(installation, rule, Month.of(as_of))
    return RuleStanding(
        category=rule.category, places=tuple(places), falling_due=ahead, unread=tuple(unread)
    )


def _place(
    installation: Installation, rule: Rule, instance: StoredInstance, as_of: date
) -> PlaceStanding:
    late: Counter[int] = Counter()
    try:
        for days in _days_late(installation, rule, instance, as_of):
            late[_age(days)] += 1
    except KeepuntilError as error:
        return PlaceStanding(instance=instance.id, ages=(0,) * len(AGES), error=error)
    return PlaceStanding(
        instance=instance.id, ages=tuple(late[place] for place in range(len(AGES)))
    )


def _days_late(
    installation: Installation, rule: Rule, instance: StoredInstance, as_of: date
) -> Iterator[int]:
    for due, held_by in due_items(installation, rule, instance, as_of):
        if due.overdue and due.delete_by is not None and not held_by:
            yield (as_of - due.delete_by).days


def _age(days: int) -> int:
    """Which of the spans so many days lie in."""
    return next(
        (at for at, (first, beyond) in enumerate(pairwise(AGES)) if first <= days < beyond),
        len(AGES) - 1,
    )


def _unread(rule: Rule, place: PlaceStanding, error: KeepuntilError) -> Text:
    where = f"{rule.category}/{place.instance}"
    return Text(
        zh=f"{where} 无法读取：{error.sentence}", en=f"{where} cannot be read: {error.sentence}"
    )


def overdue_of(asked: Mapping[str, RuleStanding], rule: Rule, instance: StoredInstance) -> int:
    """What a place answered before. Raises again what it raised then."""
    place = next(one for one in asked[rule.category].places if one.instance == instance.id)
    if place.error is not None:
        raise place.error
    return sum(place.ages)


def _ahead(installation: Installation, rule: Rule, month: Month) -> tuple[int, ...]:
    until = month.after(MONTHS_AHEAD).last
    counted: Counter[str] = sum(forecast(installation, rule, until).values(), Counter())
    return tuple(counted[str(month.after(later))] for later in range(1, MONTHS_AHEAD + 1))
