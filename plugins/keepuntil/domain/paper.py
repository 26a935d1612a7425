"""Paper: where it stands, what lies in a box, and what may happen to a box.

The words are the archive's: a site has shelves, a shelf has boxes, a box holds items. An
item is what one barcode names, the smallest thing that can be taken out and destroyed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from keepuntil.domain.decision import Decision, Doubt, Due, Held, Keep, Undetermined
from keepuntil.domain.periods import ONE_DAY

EVENTS: Final = ("opened_on", "closed_on", "settled_on", "expired_on", "fiscal_year_end")
"""The events a paper item can tell of itself, civil dates of its site, in the order of a list."""


class ScanStatus(StrEnum):
    """How far an item has been digitised. A scan nobody has checked is no reason to destroy."""

    NONE = "none"
    SCANNED = "scanned"
    QUALITY_CHECKED = "quality_checked"


class Sensitivity(StrEnum):
    """Level of the personal financial information in an item (JR/T 0171); C3 is the highest."""

    C1 = "C1"
    C2 = "C2"
    C3 = "C3"


class BoxState(StrEnum):
    """Where a box is in its life. Only a box on its shelf takes in items."""

    SHELVED = "shelved"
    WITHDRAWN = "withdrawn"
    """Taken off its shelf for destruction: its custody says where it is."""
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A records centre (库房), named as the archive names it."""

    site: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box (盒, 箱), named by its barcode."""

    box: str
    site: str
    shelf: str | None
    seal: str | None
    """Number of the seal it is closed with (封签号)."""
    version: int
    """1 when it came; weeding makes the next one."""
    state: BoxState


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item (件, 卷), named by its barcode. Its title stays with the archive.

    What is None is not known: it never makes an item due.
    """

    item: str
    box: str
    folder: str | None
    series: str
    """The archive's class (门类), by which a rule claims its items."""
    record_group: str | None
    """What ties the paper to the scans and rows of the same record."""
    reference: str | None
    """The archive's own reference (档号)."""
    year_from: int | None
    year_to: int | None
    stated_period: str | None
    """What the archive wrote as its period (保管期限): ``permanent`` or ISO 8601, ``P30Y``.
    The rule decides; that the two differ is for a person to see."""
    volumes: int | None
    pages: int | None
    sensitivity: Sensitivity | None
    scan_status: ScanStatus
    scan_checked_on: date | None
    """Given exactly when the scan is quality-checked."""
    opened_on: date | None
    closed_on: date | None
    settled_on: date | None
    expired_on: date | None
    fiscal_year_end: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One item of a box as its verdict sees it."""

    item: str
    decision: Decision
    held_by: tuple[str, ...] = ()
    """Holds that bind it, also before it is due: a decision speaks of them only afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxDue:
    """Everything in it is due: it may go as a whole."""

    on: date
    """The day its last item became due."""
    delete_by: date | None
    """The first day on which one of its items has to be gone; None: no rule says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxMixed:
    """Some items are due and others are not: weed it now, or say why it waits."""

    due: tuple[str, ...]
    last_on: date | None
    """The day its last item will be due; None: an item is kept without an end."""
    delete_by: date | None
    """How long waiting can be justified: the first ``delete_by`` of the due items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxBlocked:
    """A hold binds something in it: the box stays where it is, closed."""

    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxNotYet:
    """Nothing in it is due."""

    on: date | None
    """The day its last item will be due; None: an item is kept without an end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxUndetermined:
    """The clock of something in it cannot be computed: a person has to look first."""

    doubts: tuple[tuple[str, Doubt], ...]
    """Item and reason, in the order of the box."""


BoxVerdict = BoxDue | BoxMixed | BoxBlocked | BoxNotYet | BoxUndetermined


def box_verdict(contents: Sequence[Content]) -> BoxVerdict:
    """What may happen to a box, from what may happen to each item in it.

    A hold anywhere wins; then ignorance; only then dates. Raises ValueError for a box
    without items: nothing passes by being empty.
    """
    if not contents:
        raise ValueError("a box without items has no verdict; ask for its items first")
    if holds := _holds(contents):
        return BoxBlocked(holds=holds)
    if doubts := _doubts(contents):
        return BoxUndetermined(doubts=doubts)
    due = {each.item: each.decision for each in contents if isinstance(each.decision, Due)}
    kept = [each.decision for each in contents if isinstance(each.decision, Keep)]
    if not due:
        return BoxNotYet(on=_last(kept))
    delete_by = _first_end(list(due.values()))
    if kept:
        return BoxMixed(due=tuple(due), last_on=_last(kept), delete_by=delete_by)
    return BoxDue(on=max(decision.since for decision in due.values()), delete_by=delete_by)


def _holds(contents: Sequence[Content]) -> tuple[str, ...]:
    found = {hold for each in contents for hold in each.held_by}
    for each in contents:
        if isinstance(each.decision, Held):
            found.update(each.decision.by)
    return tuple(sorted(found))


def _doubts(contents: Sequence[Content]) -> tuple[tuple[str, Doubt], ...]:
    return tuple(
        (each.item, each.decision.doubt)
        for each in contents
        if isinstance(each.decision, Undetermined)
    )


def _last(kept: Sequence[Keep]) -> date | None:
    """The day after the last day any of them is kept."""
    ends = [decision.until for decision in kept if decision.until is not None]
    if len(ends) < len(kept):
        return None
    last = max(ends)
    return last if last == date.max else last + ONE_DAY


def _first_end(due: Sequence[Due]) -> date | None:
    return min((d.delete_by for d in due if d.delete_by is not None), default=None)
