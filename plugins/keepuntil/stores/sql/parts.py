"""What goes with each item of a batch, gathered by columns and written as JSON at the end."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence

from keepuntil.domain.items import Key, key_text


class Parts:
    """Child rows of the items of one batch, by the child table's label."""

    def __init__(self) -> None:
        self._gathered: dict[str, dict[int, list[int | Key]]] = {}

    def add(self, label: str, owners: Sequence[int], columns: Sequence[Sequence[int]]) -> None:
        """Rows of ``label`` that go with the items at the places ``owners``; keys by columns."""
        of_owner = self._gathered.setdefault(label, defaultdict(list))
        # Whole numbers, the usual key, travel bare: a tuple each would double the cost.
        bare = len(columns) == 1 and {int}.issuperset(map(type, columns[0]))
        keys: Sequence[int | Key] = columns[0] if bare else list(zip(*columns, strict=True))
        for owner, key in zip(owners, keys, strict=True):
            of_owner[owner].append(key)

    def written(self, size: int) -> tuple[list[str], list[int]]:
        """For each of ``size`` items its parts as ASCII JSON (``""``: none) and their number."""
        texts, counts = [""] * size, [0] * size
        for label in sorted(self._gathered):
            opening = f"{json.dumps(label)}:["
            for owner, keys in self._gathered[label].items():
                before = f"{texts[owner][:-1]}," if texts[owner] else "{"
                texts[owner] = f"{before}{opening}{_listed(keys)}]}}"
                counts[owner] += len(keys)
        return texts, counts


def _listed(keys: list[int | Key]) -> str:
    """``[1],[2]``: whole numbers in their own order, other keys in that of their texts."""
    try:
        keys.sort()
        return f"[{'],['.join(map(int.__repr__, keys))}]"
    except TypeError:
        texts = (key_text((key,) if isinstance(key, int) else key) for key in keys)
        return ",".join(sorted(texts))
