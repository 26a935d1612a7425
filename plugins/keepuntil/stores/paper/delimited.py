"""Lists as delimited text (CSV). Encoding and delimiter are found out strictly, not guessed."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import IO, Final

from keepuntil.errors import StoreError
from keepuntil.stores.paper.headings import SEARCHED_ROWS, Row, find_headings

ENCODINGS: Final = ("utf-8-sig", "gb18030")
"""In this order: text in GB18030 is practically never valid UTF-8. GBK is a part of GB18030."""

DELIMITERS: Final = (",", ";", "\t")

_PIECE: Final = 1 << 20


def known_headings(head: Sequence[Row]) -> int:
    """How many columns of a list are known by their headings."""
    headings = find_headings(head)
    return 0 if headings is None else len(headings.columns)


def delimited_rows(
    file: IO[bytes], name: str, *, known_in: Callable[[Sequence[Row]], int] = known_headings
) -> Iterator[Row]:
    """The rows of a file. Raises StoreError; also while reading, where the text is damaged.

    ``known_in`` counts the headings that are known among the first rows: the delimiter is the
    one that makes most of them.
    """
    encoding = _encoding(file, name)
    known = {each: known_in(_head(file, name, encoding, each)) for each in DELIMITERS}
    # Where none is known the comma is as good as any: the missing headings are reported.
    return _rows(file, name, encoding, max(known, key=known.__getitem__))


def _encoding(file: IO[bytes], name: str) -> str:
    """The one encoding in which the whole file is valid."""
    for encoding in ENCODINGS:
        if _is_valid(file, encoding):
            return encoding
    raise StoreError(
        f"{name}: is valid text neither in UTF-8 nor in GB18030; save it as CSV UTF-8 or XLSX."
    )


def _is_valid(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    file.seek(0)
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _head(file: IO[bytes], name: str, encoding: str, delimiter: str) -> list[Row]:
    """The first rows when they are divided by ``delimiter``."""
    try:
        with closing(_rows(file, name, encoding, delimiter)) as rows:
            return list(islice(rows, SEARCHED_ROWS))
    except StoreError:
        # Quotes that are none under this delimiter; under the right one they are.
        return []


def _rows(file: IO[bytes], name: str, encoding: str, delimiter: str) -> Generator[Row, None, None]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        lines = csv.reader(text, delimiter=delimiter, strict=True)
        begun = 1
        for cells in lines:
            yield Row(begun, cells)
            begun = lines.line_num + 1
    except csv.Error:
        raise StoreError(
            f"{name}:{begun}: a quotation mark is opened and not closed as CSV asks, or a cell "
            f"is longer than {csv.field_size_limit():,} characters; mend the line."
        ) from None
    finally:
        # Else the wrapper would close the file, which is not its own.
        if not file.closed:
            text.detach()
