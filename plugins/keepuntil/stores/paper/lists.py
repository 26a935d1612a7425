"""Opening a list that an archive delivers: what its bytes are decides, never its name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO, Final

from keepuntil.errors import StoreError, UsageError
from keepuntil.stores.paper.delimited import delimited_rows
from keepuntil.stores.paper.headings import SEARCHED_ROWS, Headings, Row, find_headings

MOST_LINES: Final = 5_000_000
"""A list with more is taken in pieces, so that one transaction stays one a database can bear."""

_ZIP: Final = b"PK\x03\x04"
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenList:
    """A list whose headings were found; ``rows`` are its lines, read as they are asked for."""

    name: str
    """The file's own name, for sentences."""
    digest: str
    """SHA-256 of its bytes, in hexadecimal."""
    headings: Headings
    rows: Iterator[Row]
    notes: tuple[str, ...] = ()
    """What has to be said of the file as a whole."""


@contextmanager
def open_list(path: Path) -> Iterator[OpenList]:
    """A list in CSV (UTF-8 or GB18030; comma, semicolon or tab) or XLSX.

    Raises UsageError when there is no such file; StoreError when it is of another kind,
    damaged, larger than can be borne, or has no headings. Reading ``rows`` raises StoreError
    where the file is damaged further down.
    """
    name = path.name
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(f"{name}: cannot be opened ({error.strerror}); check its path.") from None
    with file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        begin = _beginning(file)
        if begin.startswith(_OLD_OFFICE):
            raise StoreError(
                f"{name}: is an old .xls workbook or one with a password; save it as .xlsx "
                f"without a password."
            )
        if begin.startswith(_ZIP):
            from keepuntil.stores.paper.workbooks import only_list

            rows, notes = only_list(file, name)
        else:
            rows, notes = delimited_rows(file, name), ()
        yield _opened(name, digest, rows, notes)


def _beginning(file: IO[bytes]) -> bytes:
    file.seek(0)
    begin = file.read(len(_OLD_OFFICE))
    file.seek(0)
    return begin


def _opened(name: str, digest: str, rows: Iterator[Row], notes: tuple[str, ...]) -> OpenList:
    head = list(islice(rows, SEARCHED_ROWS))
    headings = find_headings(head)
    if headings is None:
        raise StoreError(
            f"{name}: no headings were found in the first {SEARCHED_ROWS} rows; a list needs at "
            f"least a column for the box (盒号, box) and one for its site (库房, site) or for an "
            f"item (条码, barcode)."
        )
    lines = _bounded(chain(head[headings.depth :], rows), name)
    return OpenList(name=name, digest=digest, headings=headings, rows=lines, notes=notes)


def _bounded(rows: Iterator[Row], name: str) -> Iterator[Row]:
    for count, row in enumerate(rows):
        if count >= MOST_LINES:
            raise StoreError(
                f"{name}: has more than {MOST_LINES:,} lines; divide it, for example by site."
            )
        yield row
