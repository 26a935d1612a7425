"""From a row of cells to what it says of a box and of an item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from keepuntil.domain.paper import Item, ScanStatus
from keepuntil.stores.paper.cells import Value, is_blank, reader
from keepuntil.stores.paper.columns import BOX_COLUMNS, BY_FIELD, ITEM_COLUMNS
from keepuntil.stores.paper.dates import Remarked, Unreadable
from keepuntil.stores.paper.headings import Headings, Row
from keepuntil.stores.paper.remarks import Remarks

_BOX_FIELDS: Final = tuple(column.field for column in BOX_COLUMNS)
_ITEM_FIELDS: Final = tuple(column.field for column in ITEM_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxWords:
    """What a line says of its box; None where it says nothing."""

    box: str
    site: str | None
    shelf: str | None
    seal: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a list."""

    number: int
    box: BoxWords
    barcode: str | None
    """The item's, also when the rest of the item could not be read."""
    item: Item | None


class LineReader:
    """Reads the rows of one list. What is wrong with a row goes to ``problems``."""

    def __init__(
        self, headings: Headings, stated: Mapping[str, Value], problems: Remarks, warnings: Remarks
    ) -> None:
        self._readers = tuple(
            (place, column.field, headings.words[place], reader(column))
            for place, column in headings.columns.items()
        )
        self._headed = frozenset(headings.words)
        self._stated = stated
        self._problems = problems
        self._warnings = warnings

    def read(self, row: Row) -> Iterator[Line]:
        """The line of a row: none when the row is blank or its box cannot be read."""
        if all(map(is_blank, row.cells)):
            return
        before = self._problems.count
        self._refuse_unheaded(row)
        values = self._values(row)
        if self._problems.count == before:
            # Only of cells that could all be read: else one mistake would be named twice.
            for fault in _faults(values):
                self._problems.add(row.line, fault)
        if values["box"] is not None:
            yield _line(row.line, values, sound=self._problems.count == before)

    def _values(self, row: Row) -> dict[str, Any]:
        """One value a field; None where the row says nothing or cannot be read."""
        values: dict[str, Any] = dict.fromkeys(BY_FIELD)
        values.update(self._stated)
        for place, field, word, read in self._readers:
            if place < len(row.cells):
                try:
                    value = read(row.cells[place])
                except Unreadable as why:
                    self._problems.add(row.line, f"Column '{word}' {why}.")
                    continue
                if type(value) is Remarked:
                    self._warnings.add(row.line, f"Column '{word}' {value.why}.")
                    value = value.value
                values[field] = value
        return values

    def _refuse_unheaded(self, row: Row) -> None:
        """A value beside the headings is how a line looks whose cells have slipped."""
        for place, cell in enumerate(row.cells):
            if place not in self._headed and not is_blank(cell):
                self._problems.add(
                    row.line,
                    f"Cell {place + 1} stands under no heading; remove it, or see whether the "
                    f"cells of the line have slipped.",
                )
                return


_NO_BOX: Final = (
    "The line names no box; where one cell was merged over several lines, divide it and fill "
    "each line, and remove lines of totals."
)


def _line(number: int, values: Mapping[str, Any], *, sound: bool) -> Line:
    return Line(
        number=number,
        box=BoxWords(**{field: values[field] for field in _BOX_FIELDS}),
        barcode=values["item"],
        item=_item(values) if sound and values["item"] is not None else None,
    )


def _faults(values: Mapping[str, Any]) -> Iterator[str]:
    """What cannot be right in what a line says, each as a sentence."""
    if values["box"] is None:
        yield _NO_BOX
    if values["item"] is None:
        if any(values[field] is not None for field in _ITEM_FIELDS if field != "series"):
            yield "The line describes an item and has no barcode for it; enter the barcode."
        return
    if values["series"] is None:
        yield "The item has no series (门类), so no rule can claim it; enter the series."
    first, last = _years(values)
    if first is not None and last is not None and first > last:
        yield "The first year is later than the last; see whether they were exchanged."
    checked = values["scan_status"] is ScanStatus.QUALITY_CHECKED
    if checked and values["scan_checked_on"] is None:
        yield "The scan is quality-checked on no day; enter the day, or say scanned."
    if not checked and values["scan_checked_on"] is not None:
        yield "The scan has a day of its check and is not quality-checked; say which is right."


def _years(values: Mapping[str, Any]) -> tuple[int | None, int | None]:
    if values["years"] is not None:
        first, last = values["years"]
        return first, last
    return values["year_from"], values["year_to"]


def _item(values: Mapping[str, Any]) -> Item:
    said = {field: values[field] for field in _ITEM_FIELDS}
    said["year_from"], said["year_to"] = _years(values)
    said["scan_status"] = values["scan_status"] or ScanStatus.NONE
    return Item(box=values["box"], **said)
