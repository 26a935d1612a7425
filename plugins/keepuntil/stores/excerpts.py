"""The first bytes of a file or object, as fields with values: CSV, JSON, and any other text.

What is packed or laid out (office documents, PDF, pictures, archives) is not opened: its
first bytes say nothing. Gzip is unpacked as far as its first bytes reach.
"""

from __future__ import annotations

import csv
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar

from keepuntil.domain.personal_data.judging import LONGEST_VALUE, Field

Each = TypeVar("Each")

HEAD: Final = 64 * 1024
"""Bytes of one file or object that are read."""
MOST_VALUES: Final = 200
"""Values of one field that are looked at, over all files of a place."""
_FROM_ONE_FILE: Final = 50

_UNPACKED: Final = 4 * HEAD
_MOST_COLUMNS: Final = 200
_GZIP: Final = b"\x1f\x8b"
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_PACKED: Final = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff", b"RIFF")
_DELIMITERS: Final = ",\t;|"
_DEEPEST: Final = 12


def fields_of(name: str, head: bytes) -> list[Field] | None:
    """What can be read in the first bytes of a file; None where it cannot be looked into."""
    text = _text(head)
    if text is None:
        return None
    plain = name.lower().removesuffix(".gz")
    if plain.endswith((".json", ".jsonl", ".ndjson")):
        return _json(text)
    if plain.endswith((".csv", ".tsv", ".psv", ".txt", ".dat")) and (table := _table(text)):
        return table
    return [_lines(text)]


def _text(head: bytes) -> str | None:
    if head.startswith(_GZIP):
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, _UNPACKED)
        except zlib.error:
            return None
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return head.decode(encoding, errors="replace")
    if head.startswith(_PACKED) or b"\0" in head:
        return None
    try:
        return head.decode()
    except UnicodeDecodeError as error:
        # The last character may be cut in two; anything before it is another encoding.
        whole = error.start >= len(head) - len("\U0010ffff".encode())
        return head.decode("utf-8" if whole else "gb18030", errors="replace")


def _lines(text: str, name: str = "") -> Field:
    return Field(name=name, values=_chosen(text.splitlines()))


def _chosen(values: Iterable[str]) -> tuple[str, ...]:
    kept = [value[:LONGEST_VALUE] for value in values if value.strip()]
    return tuple(spread(kept, _FROM_ONE_FILE))


def spread(values: Sequence[Each], most: int) -> list[Each]:
    """At most so many of the values, evenly from the first to the last."""
    if len(values) <= most:
        return list(values)
    return [values[place * (len(values) - 1) // (most - 1)] for place in range(most)]


def _table(text: str) -> list[Field] | None:
    """By columns, where all lines are parted alike. The first line names them, or is data."""
    lines = [line for line in text.splitlines()[:1_000] if line]
    delimiter = max(_DELIMITERS, key=lines[0].count) if lines else ","
    if not lines or delimiter not in lines[0]:
        return None
    try:
        rows = list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return None
    width = len(rows[0])
    alike = [row for row in rows if len(row) == width]
    # The last line may be cut off.
    if len(alike) < len(rows) - 1 or width > _MOST_COLUMNS:
        return None
    named = len(alike) > 1 and not any(re.search(r"\d{4}|@", cell) for cell in alike[0])
    names = alike[0] if named else [""] * width
    body = alike[1:] if named else alike
    return [
        Field(name=name, values=_chosen(row[place] for row in body))
        for place, name in enumerate(names)
    ]


def _json(text: str) -> list[Field]:
    """By the keys under which values stand; a document that is cut off is read as text."""
    try:
        documents = [json.loads(text)]
    except ValueError:
        documents = list(_json_lines(text))
    found: dict[str, list[str]] = {}
    for document in documents:
        _gather(document, "", found, _DEEPEST)
    if not found:
        return [_lines(text)]
    return [Field(name=name, values=_chosen(values)) for name, values in found.items()]


def _json_lines(text: str) -> Iterator[object]:
    for line in text.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            return


def _gather(value: object, name: str, found: dict[str, list[str]], deeper: int) -> None:
    match value:
        case dict() if deeper:
            for key, each in value.items():
                _gather(each, str(key), found, deeper - 1)
        case list() if deeper:
            for each in value:
                _gather(each, name, found, deeper - 1)
        case str() | int() if not isinstance(value, bool):
            found.setdefault(name, []).append(str(value))


def inside(field: Field) -> tuple[Field, ...]:
    """A column that holds JSON, by the keys in it; any other as it is."""
    written = [value for value in field.values if value.startswith(("{", "["))]
    if not written or len(written) * 2 < len(field.values):
        return (field,)
    return tuple(
        Field(name=f"{field.name} {each.name}".strip(), values=each.values)
        for each in _json("\n".join(line.replace("\n", " ") for line in written))
    )


def pooled(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Fields of one name as one, bounded: many small files say together what none says alone."""
    values: dict[str, list[str]] = {}
    for field in fields:
        values.setdefault(field.name, []).extend(field.values)
    return tuple(
        Field(name=name, values=tuple(spread(all_of, MOST_VALUES)))
        for name, all_of in values.items()
    )
