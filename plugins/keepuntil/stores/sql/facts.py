"""From what a database gives for an event to a civil date, a flag, or an honest "unreadable"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from keepuntil.domain.civil_dates import civil_date
from keepuntil.domain.clock import Fact, Unreadable
from keepuntil.stores.protocol import Facts
from keepuntil.stores.sql.layout import Event, EventKind, Layout

MOST_REMEMBERED: Final = 100_000
"""Readings kept before starting afresh: many records, few distinct dates, bounded memory."""

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATE_TIME: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.]\d{1,6})?)?(Z|[+-]\d{2}(:?\d{2})?)?", re.ASCII
)


class FactReader:
    """Reads the raw events of rows into facts, in the order of ``rule.clock.events``.

    Raw events come for those events only that the layout reads itself; the others are
    None here, or come from another instance.
    """

    def __init__(self, layout: Layout, zone: str) -> None:
        self._events = layout.events
        self._zone = zone
        self._known: dict[tuple[object, ...], Facts] = {}

    def read(self, columns: Sequence[Sequence[Any]], size: int) -> list[Facts]:
        """Facts of ``size`` rows whose raw events are given by columns."""
        if not columns:
            return [(None,) * len(self._events)] * size
        raws = list(zip(*columns, strict=True))
        known = self._known
        facts = list(map(known.get, raws))
        if None not in facts:
            return facts  # type: ignore[return-value]
        new = {raw: self._facts(raw) for raw in set(raws).difference(known)}
        self._remember(new)
        return [new[raw] if fact is None else fact for raw, fact in zip(raws, facts, strict=True)]

    def one(self, raw: Sequence[Any]) -> Facts:
        """Facts of one row; nothing is remembered."""
        return self._facts(tuple(raw))

    def _remember(self, new: dict[tuple[object, ...], Facts]) -> None:
        # Replaced, never emptied or grown: another thread may be reading from the old one.
        kept = self._known if len(self._known) + len(new) <= MOST_REMEMBERED else {}
        self._known = kept | new

    def _facts(self, raw: tuple[object, ...]) -> Facts:
        values = iter(raw)
        return tuple(
            None if event is None else _fact(event, next(values), self._zone)
            for event in self._events
        )


def _fact(event: Event, raw: object, zone: str) -> Fact:
    if raw is None:
        return None
    if event.kind is EventKind.FLAG:
        return _flag(raw)
    return _day(event, raw, zone)


_FLAGS: Final[dict[object, bool]] = {
    0: False,
    1: True,
    "false": False,
    "true": True,
    "0": False,
    "1": True,
    b"\0": False,
    b"\1": True,
}
"""How databases write a flag: as 0 and 1, as the words of PostgreSQL, as one bit."""


def _flag(raw: object) -> Fact:
    return _FLAGS.get(raw, Unreadable.UNREADABLE)


def _day(event: Event, raw: object, zone: str) -> Fact:
    """Strictly ISO 8601: half a date, a Unix time or ``infinity`` is no date."""
    if not isinstance(raw, str):
        return Unreadable.UNREADABLE
    try:
        if _DATE.fullmatch(raw):
            return date.fromisoformat(raw)
        if _DATE_TIME.fullmatch(raw):
            return _day_of(event, datetime.fromisoformat(raw), zone)
    except ValueError:
        pass
    return Unreadable.UNREADABLE


def _day_of(event: Event, moment: datetime, zone: str) -> Fact:
    if event.kind is EventKind.INSTANT:
        return civil_date(moment, zone=zone, written_in="UTC")
    if moment.tzinfo is None and event.zone is None:
        return Unreadable.UNREADABLE
    return civil_date(moment, zone=zone, written_in=event.zone)
