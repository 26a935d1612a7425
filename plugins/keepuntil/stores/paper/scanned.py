"""What a handheld scanner wrote: a delimited file with one line an item, or one a box.

    box,seal,item,grams
    B0001,Z-17,,12400          a box: its seal, its weight
    B0002,,I000005,            an item of a box, as it was weeded or counted

Headings are known in Chinese and English. Unlike a list from an archive nothing is mended
here: a number that a spreadsheet has touched is no barcode any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from keepuntil.domain.consignments import Scan
from keepuntil.errors import StoreError, UsageError
from keepuntil.stores.paper.cells import Value, is_blank, reader
from keepuntil.stores.paper.columns import BY_FIELD, Column, Kind, spoken
from keepuntil.stores.paper.dates import Remarked, Unreadable
from keepuntil.stores.paper.delimited import delimited_rows
from keepuntil.stores.paper.headings import Row
from keepuntil.stores.paper.remarks import ListRefused, Remarks

GRAMS: Final = Column(
    field="grams",
    kind=Kind.COUNT,
    zh="重量",
    en="Grams",
    aliases=("重量克", "重量(克)", "克", "克重", "weight", "weight g"),
)

COLUMNS: Final = (BY_FIELD["box"], BY_FIELD["seal"], BY_FIELD["item"], GRAMS)

_BY_NAME: Final = {spoken(name): column for column in COLUMNS for name in column.names}
_READERS: Final = {column.field: reader(column) for column in COLUMNS}
_ENDING: Final = "nothing was entered; mend the file, or scan again."

Said = TypeVar("Said", str, int)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedLine:
    """One line, as it stands in the file."""

    line: int
    box: str
    seal: str | None
    item: str | None
    grams: int | None


def read_scans(path: Path) -> tuple[Scan, ...]:
    """One scan a box, its items in their order and as often as they were scanned.

    Raises UsageError for a file that is not there, ListRefused with every problem of every
    line, StoreError for one that is no delimited text in UTF-8 or GB18030.
    """
    with _reading(path) as (lines, problems):
        boxes: dict[str, list[ScannedLine]] = {}
        for line in lines:
            _refuse_repeated(boxes.get(line.box, ()), line, problems)
            boxes.setdefault(line.box, []).append(line)
        return tuple(_scan(box, said, problems) for box, said in boxes.items())


def read_boxes(path: Path) -> tuple[str, ...]:
    """Barcodes of boxes, as often as they stand there. Raises as :func:`read_scans`."""
    with _reading(path) as (lines, problems):
        named = []
        for line in lines:
            if line.item is not None:
                problems.add(line.line, "An item is named, where only boxes count; one line a box.")
            named.append(line.box)
        return tuple(named)


@contextmanager
def _reading(path: Path) -> Iterator[tuple[Iterator[ScannedLine], Remarks]]:
    """The lines of the file; problems noted on the way refuse all of it at the end."""
    name = path.name
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(f"{name}: cannot be opened ({error.strerror}); check its path.") from None
    problems = Remarks(name)
    with file:
        yield _lines(delimited_rows(file, name, known_in=_known_headings), problems), problems
    if problems.count:
        raise ListRefused(problems, _ENDING)


def _known_headings(head: Sequence[Row]) -> int:
    return len(_headings(head[0])) if head else 0


def _headings(row: Row) -> dict[int, Column]:
    named = {place: _BY_NAME.get(spoken(str(cell))) for place, cell in enumerate(row.cells)}
    return {place: column for place, column in named.items() if column is not None}


def _lines(rows: Iterator[Row], problems: Remarks) -> Iterator[ScannedLine]:
    columns: Mapping[int, Column] = {}
    for first in islice(rows, 1):
        columns = _headings(first)
        _refuse_headings(first, columns, problems.file)
    empty = True
    for row in rows:
        if all(is_blank(cell) for cell in row.cells):
            continue
        empty = False
        if (line := _line(row, columns, problems)) is not None:
            yield line
    if empty:
        problems.add(0, "There is no line below the headings; nothing was scanned.")


def _refuse_headings(row: Row, columns: Mapping[int, Column], name: str) -> None:
    fields = [column.field for column in columns.values()]
    if "box" not in fields or len(set(fields)) < len(fields):
        raise StoreError(
            f"{name}:{row.line}: the first line has to name the columns, each once: box (盒号), "
            f"and as needed seal (封签号), item (条码), grams (重量)."
        )
    unread = [cell for place, cell in enumerate(row.cells) if place not in columns]
    if any(not is_blank(cell) for cell in unread):
        raise StoreError(
            f"{name}:{row.line}: {len(unread)} columns are none that a scan has; leave box (盒号), "
            f"seal (封签号), item (条码) and grams (重量)."
        )


def _line(row: Row, columns: Mapping[int, Column], problems: Remarks) -> ScannedLine | None:
    if any(not is_blank(cell) for place, cell in enumerate(row.cells) if place not in columns):
        problems.add(row.line, "There is a cell without a heading; mend the line.")
        return None
    said: dict[str, Value] = {}
    sound = True
    for place, column in columns.items():
        cell = row.cells[place] if place < len(row.cells) else None
        try:
            said[column.field] = _strictly(_READERS[column.field](cell))
        except Unreadable as why:
            problems.add(row.line, f"The {column.en.lower()} ({column.zh}) {why}.")
            sound = False
    if sound and not said["box"]:
        problems.add(row.line, "The box (盒号) is missing; scan its barcode first.")
        sound = False
    return _sound_line(row.line, said) if sound else None


def _strictly(value: Value | Remarked) -> Value:
    if isinstance(value, Remarked):
        raise Unreadable("was written as a number by a spreadsheet; take the scanner's own file")
    return value


def _sound_line(line: int, said: Mapping[str, Value]) -> ScannedLine:
    grams = said.get("grams")
    return ScannedLine(
        line=line,
        box=str(said["box"]),
        seal=_text(said.get("seal")),
        item=_text(said.get("item")),
        grams=grams if isinstance(grams, int) else None,
    )


def _text(value: Value) -> str | None:
    return None if value is None else str(value)


def _refuse_repeated(before: Sequence[ScannedLine], line: ScannedLine, problems: Remarks) -> None:
    if before and line.item is None:
        problems.add(
            line.line,
            f"The box stands on line {before[0].line} already; scan each box once, "
            f"or each item of it.",
        )


def _scan(box: str, said: Sequence[ScannedLine], problems: Remarks) -> Scan:
    return Scan(
        box=box,
        seal=_agreed(said, lambda line: line.seal, "seal", problems),
        items=tuple(line.item for line in said if line.item is not None),
        grams=_agreed(said, lambda line: line.grams, "weight", problems),
    )


def _agreed(
    said: Sequence[ScannedLine],
    field: Callable[[ScannedLine], Said | None],
    word: str,
    problems: Remarks,
) -> Said | None:
    """The one thing that the lines of a box say; those that say nothing contradict nothing."""
    first: tuple[int, Said] | None = None
    for line in said:
        value = field(line)
        if value is None:
            continue
        first = first or (line.line, value)
        if value != first[1]:
            problems.add(
                line.line, f"The {word} of the box is another one than on line {first[0]}."
            )
    return None if first is None else first[1]
