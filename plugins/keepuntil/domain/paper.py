"""Paper: where it stands, and what lies in a box.

The words are the archive's: a site has shelves, a shelf has boxes, a box holds items. An
item is what one barcode names, the smallest thing that can be taken out and destroyed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

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
