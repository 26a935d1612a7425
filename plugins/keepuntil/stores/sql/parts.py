"""What goes with each item of a batch, gathered by columns and written as JSON at the end."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import Any

from keepuntil.domain.items import Key, key_text


class Parts:
    """Child rows of the items of one batch, by the child table's label."""

    def __init__(self) -> None:
        self._gathered: dict[str, list[tuple[Sequence[int], Sequence[Sequence[Any]]]]] = {}

    def add(self, label: str, owners: Sequence[int], columns: Sequence[Sequence[Any]]) -> None:
        """Rows of ``label`` that go with the items at the places ``owners``; keys by columns."""
        self._gathered.setdefault(label, []).append((owners, columns))

    def written(self, size: int) -> tuple[list[str], list[int]]:
        """For each of ``size`` items its parts as ASCII JSON (``""``: none) and their number."""
        texts, counts = [""] * size, [0] * size
        for label in sorted(self._gathered):
            self._write(label, texts, counts)
        return texts, counts

    def _write(self, label: str, texts: list[str], counts: list[int]) -> None:
        gathered = self._gathered[label]
        owners = _joined([places for places, _ in gathered])
        columns = [_joined(pieces) for pieces in zip(*(held for _, held in gathered), strict=True)]
        if len(columns) == 1 and {int}.issuperset(map(type, columns[0])):
            lists = _whole_numbers(owners, columns[0], counts)
        else:
            lists = _texts(owners, columns, counts)
        opening = f"{json.dumps(label)}:["
        for place, listed in enumerate(lists):
            if listed:
                before = f"{texts[place][:-1]}," if texts[place] else "{"
                texts[place] = f"{before}{opening}{listed}]}}"


def _joined(pieces: Sequence[Sequence[Any]]) -> Sequence[Any]:
    return pieces[0] if len(pieces) == 1 else list(chain.from_iterable(pieces))


def _whole_numbers(owners: Sequence[int], keys: Sequence[int], counts: list[int]) -> list[str]:
    """For each item ``[1],[2]``, in the order of the numbers. No object but its text an item."""
    lists = [""] * len(counts)
    # By owner first: that is how an index gives them, and what is in order sorts at no price.
    for owner, key in sorted(zip(owners, keys, strict=True)):
        lists[owner] += f",[{key}]" if lists[owner] else f"[{key}]"
        counts[owner] += 1
    return lists


def _texts(owners: Sequence[int], columns: Sequence[Sequence[Any]], counts: list[int]) -> list[str]:
    """For each item its keys of any other kind, in the order of their texts."""
    of_owner: defaultdict[int, list[Key]] = defaultdict(list)
    for owner, key in zip(owners, zip(*columns, strict=True), strict=True):
        of_owner[owner].append(key)
        counts[owner] += 1
    lists = [""] * len(counts)
    for owner, keys in of_owner.items():
        lists[owner] = ",".join(sorted(map(key_text, keys)))
    return lists
