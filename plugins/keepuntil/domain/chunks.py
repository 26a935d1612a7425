"""A chunk of a plan's item list: columns packed to bytes, the same bytes for the same items."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from keepuntil.domain.items import Key, key_texts, parse_key
from keepuntil.errors import EvidenceError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Items of one instance in plan order; columns are parallel.

    ``held`` names the holds that bound an item when the plan was made, joined by
    commas. ``due_on`` are proleptic ordinals of :class:`datetime.date`.
    """

    keys: Sequence[Key]
    groups: Sequence[str | None]
    marks: Sequence[str]
    held: Sequence[str]
    due_on: Sequence[int]

    def __len__(self) -> int:
        return len(self.keys)


def pack(chunk: Chunk) -> bytes:
    """ASCII JSON of the columns; a column of one repeated value is written once."""
    keys = ",".join(key_texts(chunk.keys))
    rest = (_folded(column) for column in (chunk.groups, chunk.marks, chunk.held, chunk.due_on))
    return f"[[{keys}],{','.join(rest)}]".encode("ascii")


def unpack(packed: bytes) -> Chunk:
    """The chunk that :func:`pack` wrote. EvidenceError when the bytes are not one."""
    try:
        keys, groups, marks, held, due_on = json.loads(packed)
        size = len(keys)
        return Chunk(
            keys=_keys(keys),
            groups=_unfolded(groups, size),
            marks=_unfolded(marks, size),
            held=_unfolded(held, size),
            due_on=_unfolded(due_on, size),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise EvidenceError("A sealed chunk of the item list is damaged.") from error


def _keys(keys: list[list[object]]) -> list[Key]:
    # One look at all parts at once: as a rule there are no bytes among them.
    if all(keys) and {int, str}.issuperset(map(type, chain.from_iterable(keys))):
        return list(map(tuple, keys))  # type: ignore[arg-type]
    return [parse_key(json.dumps(parts)) for parts in keys]


def _folded(column: Sequence[object]) -> str:
    first = column[0] if column else None
    if column and column.count(first) == len(column):
        return json.dumps({"all": first}, separators=(",", ":"))
    return json.dumps(list(column), separators=(",", ":"))


def _unfolded(column: list[T] | dict[str, T], size: int) -> list[T]:
    if isinstance(column, dict):
        return [column["all"]] * size
    if len(column) != size:
        raise ValueError("columns differ in length")
    return column
