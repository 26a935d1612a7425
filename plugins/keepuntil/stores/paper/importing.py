"""Taking in a list: every line is sound and the whole is committed, or nothing is.

A list adds. A line that says what the register knows already changes nothing, so an archive
may deliver its whole holdings again; a line that says something else is refused, since a
quiet change of a date could destroy, unless the list is said to amend: then every change is
remarked line by line, and kept. A list that was taken in once does not bring back what
has left the register since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from keepuntil.errors import UsageError
from keepuntil.stores.paper.amending import Amending
from keepuntil.stores.paper.cells import Value, reader
from keepuntil.stores.paper.columns import BY_FIELD
from keepuntil.stores.paper.connection import PaperRegister
from keepuntil.stores.paper.dates import Remarked, Unreadable
from keepuntil.stores.paper.headings import Headings
from keepuntil.stores.paper.intake import Intake
from keepuntil.stores.paper.lines import LineReader
from keepuntil.stores.paper.lists import OpenList, open_list
from keepuntil.stores.paper.remarks import ListRefused, Remarks
from keepuntil.stores.paper.said import Said

STATED_FIELDS: Final = ("site", "series")
"""What may be said of a whole list that does not say it itself."""

_LINES_A_BATCH: Final = 2_000

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of a list that was taken in."""

    file: str
    digest: str
    """SHA-256 of the file, in hexadecimal."""
    lines: int
    boxes_added: int
    items_added: int
    known: int
    """Items that the register knew already, exactly so."""
    amended: int
    """Items that the register knew otherwise."""
    warnings: tuple[str, ...]
    """Line by line, as ``file:line: sentence``; capped, with the count of the rest."""


def import_list(
    register: PaperRegister,
    path: Path,
    *,
    by: str,
    at: datetime,
    stated: Mapping[str, str] | None = None,
    amend: bool = False,
) -> ImportReport:
    """Take a list in CSV or XLSX into the register, in one transaction.

    ``by`` is the identifier of who does it, ``at`` an aware moment. ``stated`` says for the
    whole list what it does not say itself, of :data:`STATED_FIELDS`. ``amend``: where a line
    differs from the register, the line holds; series never change that way.

    Raises ListRefused with every problem of every line, capped; StoreError or UsageError
    for a file that cannot be read as a list; StoreBusy when somebody else wrote meanwhile.
    After any of them the register is as it was.
    """
    with ExitStack() as stack:
        opened = stack.enter_context(open_list(path))
        problems, warnings = Remarks(opened.name), Remarks(opened.name)
        _note_headings(opened, warnings)
        values = _stated_values(opened.headings, stated or {})
        _refuse_headings(opened.headings, values, problems)
        lines = LineReader(opened.headings, values, problems, warnings)
        said = stack.enter_context(Said())
        connection = stack.enter_context(register.writing())
        amending = Amending(warnings) if amend else None
        intake = Intake(connection, opened, problems, said, amending)
        for batch in _batches(line for row in opened.rows for line in lines.read(row)):
            intake.take(batch)
        intake.close(by, at)
    return ImportReport(
        file=opened.name,
        digest=opened.digest,
        lines=intake.lines,
        boxes_added=intake.boxes_added,
        items_added=intake.items_added,
        known=intake.known,
        amended=0 if amending is None else amending.amended,
        warnings=tuple(warnings.lines()),
    )


def _note_headings(opened: OpenList, warnings: Remarks) -> None:
    for note in opened.notes:
        warnings.add(0, note)
    for word in opened.headings.unread:
        warnings.add(0, f"Column '{word}' is none that the register keeps; it was not read.")


def _stated_values(headings: Headings, stated: Mapping[str, str]) -> dict[str, Value]:
    """What was said of the whole list, read like a cell. Raises UsageError."""
    values: dict[str, Value] = {}
    for field, text in stated.items():
        if field not in STATED_FIELDS:
            raise UsageError(
                f"'{field}' cannot be said of a whole list; {' and '.join(STATED_FIELDS)} can."
            )
        if field in headings.fields:
            raise UsageError(f"The list says its {field} itself; leave it out of the command.")
        try:
            value = reader(BY_FIELD[field])(text)
        except Unreadable as why:
            raise UsageError(f"The {field} said of the whole list {why}.") from None
        values[field] = value.value if isinstance(value, Remarked) else value
    return values


def _refuse_headings(headings: Headings, stated: Mapping[str, Value], problems: Remarks) -> None:
    """Raise ListRefused where the headings leave open what a column says."""
    for first, second in headings.twice:
        problems.add(0, f"Columns '{first}' and '{second}' mean the same; remove one.")
    if "years" in headings.fields and headings.fields & {"year_from", "year_to"}:
        problems.add(0, "The years stand in one column and in two; remove one or the other.")
    if "item" in headings.fields and not {"series"} & (headings.fields | stated.keys()):
        problems.add(0, "No column says the series (门类); add it, or say it of the whole list.")
    if problems.count:
        raise ListRefused(problems)


def _batches(things: Iterable[Thing]) -> Iterator[list[Thing]]:
    remaining = iter(things)
    while batch := list(islice(remaining, _LINES_A_BATCH)):
        yield batch
