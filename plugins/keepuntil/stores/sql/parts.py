"""What goes with each item of a batch, gathered by columns and written as JSON at the end."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence

from keepuntil.domain.items import Key, key_text


class Parts:
    """Child rows of the items of one batch, by the child table's label."""

    def __init__(self) -> None:
        self._whole: dict[str, dict[int, list[int]]] = {}
        self._other: dict[str, dict[int, list[Key]]] = {}

    def add(self, label: str, owners: Sequence[int], columns: Sequence[Sequence[int]]) -> None:
        """Rows of ``label`` that go with the items at the places ``owners``; keys by columns."""
        if len(columns) == 1 and set(map(type, columns[0])) <= {int}:
            of_owner = self._whole.setdefault(label, defaultdict(list))
            for owner, number in zip(owners, columns[0], strict=True):
                of_owner[owner].append(number)
            return
        of_other = self._other.setdefault(label, defaultdict(list))
        for owner, key in zip(owners, zip(*columns, strict=True), strict=True):
            of_other[owner].append(key)

    def written(self, size: int) -> tuple[list[str], list[int]]:
        """For each of ``size`` items its parts as ASCII JSON (``""``: none) and their number."""
        texts, counts = [""] * size, [0] * size
        for label in sorted(self._whole.keys() | self._other.keys()):
            name = json.dumps(label)
            for owner, keys in self._texts(label):
                before = f"{texts[owner][:-1]}," if texts[owner] else "{"
                texts[owner] = f"{before}{name}:[{','.join(keys)}]}}"
                counts[owner] += len(keys)
        return texts, counts

    def _texts(self, label: str) -> list[tuple[int, list[str]]]:
        whole = self._whole.get(label, {})
        other = self._other.get(label, {})
        if not other:
            return [
                (owner, [f"[{n}]" for n in sorted(numbers)]) for owner, numbers in whole.items()
            ]
        owners = whole.keys() | other.keys()
        return [
            (
                owner,
                sorted(
                    [key_text((number,)) for number in whole.get(owner, ())]
                    + [key_text(key) for key in other.get(owner, ())]
                ),
            )
            for owner in owners
        ]
