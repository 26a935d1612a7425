"""Items of paper as a form shows them: what the register says, and what the rule makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from keepuntil.disposal.installation import Installation
from keepuntil.documents.paper_lines import ListLine
from keepuntil.domain.categories import FromColumn, PaperInstance, Rule
from keepuntil.domain.course import Clockwork, Run
from keepuntil.domain.decision import Undetermined
from keepuntil.domain.paper import Item
from keepuntil.domain.periods import Period, YearStart, last_day

_SHOWN: Final = 16
"""Hexadecimal digits of a record's keyed digest that a list shows: enough to tell a million."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """An item as the register and the rule know it."""

    box: str
    line: ListLine


def known_items(
    installation: Installation,
    items: Iterable[tuple[str, Item]],
    rule: Rule,
    instance: PaperInstance,
    as_of: date,
) -> dict[str, KnownItem]:
    """Items of one instance by barcode; each comes with the box it is listed in."""
    # Working days only move the day of disposal, never how long something had to be kept.
    clockwork = Clockwork(replace(rule.clock, calendar=None), as_of, None)
    return {
        item.item: KnownItem(
            box=box,
            line=_line(
                item,
                rule,
                _governing(clockwork, instance, item),
                as_of,
                linked=_linked(installation, item),
            ),
        )
        for box, item in items
    }


def _governing(clockwork: Clockwork, instance: PaperInstance, item: Item) -> Run | None:
    """The period that ended last; None: an event of it is not in this register."""
    facts = {
        event: getattr(item, source.column)
        for event, source in instance.events
        if isinstance(source, FromColumn)
    }
    course = clockwork.run(facts)
    if isinstance(course, Undetermined):
        return None
    ended: list[Run] = [*course.runs, *([] if course.floor is None else [course.floor])]
    return max(ended, key=lambda run: run.ends_on)


def _linked(installation: Installation, item: Item) -> str | None:
    """What stands for the item's record group. Keyed: account numbers can be guessed."""
    if item.record_group is None:
        return None
    digest = installation.register.keys.digest(item.record_group.encode())
    return digest.removeprefix("hmac-sha256:")[:_SHOWN]


def _line(item: Item, rule: Rule, run: Run | None, as_of: date, *, linked: str | None) -> ListLine:
    retention = rule.clock.keep_at_least if run is None else run.period
    differs = item.stated_period is not None and item.stated_period != str(retention)
    return ListLine(
        item=item.item,
        folder=item.folder,
        volumes=item.volumes,
        pages=item.pages,
        year_from=item.year_from,
        year_to=item.year_to,
        reference=item.reference,
        retention=retention,
        kept=None if run is None else years_kept(run, as_of, rule.clock.fiscal_year_starts),
        retain_until=None if run is None else run.ends_on,
        event=None if run is None else run.event,
        happened_on=None if run is None else run.happened_on,
        formed_on=item.opened_on,
        scan=item.scan_status,
        linked=linked,
        stated_period=item.stated_period if differs else None,
    )


def years_kept(run: Run, as_of: date, year_start: YearStart) -> Period:
    """The whole years of a period that are over on a day, counted as the period itself is."""
    longest = max(as_of.year - run.happened_on.year, 0)
    over = (
        number
        for number in range(longest, 0, -1)
        if last_day(run.happened_on, run.start, Period(number), year_start) < as_of
    )
    return Period(next(over, 0))
