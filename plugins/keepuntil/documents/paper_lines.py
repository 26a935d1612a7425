"""What a list says of one item, and what stands below its statutory columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from keepuntil.documents.custody_words import LINES, SCANS
from keepuntil.documents.typesetting import Language
from keepuntil.documents.words import in_language
from keepuntil.domain.paper import ScanStatus
from keepuntil.domain.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLine:
    """One item of the list. What is None is not known and is written by hand."""

    item: str
    """Its barcode."""
    folder: str | None
    volumes: int | None
    pages: int | None
    year_from: int | None
    year_to: int | None
    reference: str | None
    retention: Period | None
    """How long it has to be kept by the rule."""
    kept: Period | None
    """How long it has been kept, in whole years."""
    retain_until: date | None
    """The last day it has to be kept (期满日)."""
    event: str | None
    """What its period runs from, as the rule calls it (触发事件)."""
    happened_on: date | None
    formed_on: date | None
    """When its file was opened (形成日期)."""
    scan: ScanStatus | None
    """Whether it is there as a scan too (载体)."""
    linked: str | None
    """What stands for its record in every other place (关联电子标识), a keyed digest."""
    stated_period: str | None
    """What the archive wrote as its period, where that is not the rule's."""


def bare_line(item: str) -> ListLine:
    """The line of an item of which nothing but its barcode is known."""
    return ListLine(
        item=item,
        folder=None,
        volumes=None,
        pages=None,
        year_from=None,
        year_to=None,
        reference=None,
        retention=None,
        kept=None,
        retain_until=None,
        event=None,
        happened_on=None,
        formed_on=None,
        scan=None,
        linked=None,
        stated_period=None,
    )


def more_of(line: ListLine, language: Language, *, appraised: bool) -> list[list[str]]:
    """Name and value of everything that the eight columns of the statute do not have.

    What is not known has an empty value and is written by hand.
    """
    words, scans = in_language(LINES, language), in_language(SCANS, language)
    event = " ".join(filter(None, (line.event, _day(line.happened_on))))
    return [
        [words["pages"], "" if line.pages is None else f"{line.pages:,}"],
        [words["formed_on"], _day(line.formed_on)],
        [words["event"], event],
        [words["retain_until"], _day(line.retain_until)],
        [words["carrier"], "" if line.scan is None else scans[line.scan]],
        [words["linked"], line.linked or words["none"]],
        [words["opinion"], words["destroy"] if appraised else ""],
        [words["remark"], _remark(line, language)],
    ]


def _remark(line: ListLine, language: Language) -> str:
    if line.stated_period is None:
        return ""
    return in_language(LINES, language)["stated"].format(_stated(line.stated_period, language))


def _stated(period: str, language: Language) -> str:
    """The archive's own period in words, ``permanent`` or ISO 8601."""
    if period == "permanent":
        return in_language(LINES, language)["permanent"]
    return Period.parse(period).in_words(language)


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()
