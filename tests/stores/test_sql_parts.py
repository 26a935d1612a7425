"""Parts of a batch: one text an item, whatever the order in which a database hands rows out."""

import json
from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from keepuntil.stores.sql.parts import Parts

SIZE = 4
ROWS = st.lists(
    st.tuples(st.integers(0, SIZE - 1), st.integers(-(2**63), 2**63 - 1)),
    unique_by=lambda row: row[1],
)


@given(ROWS, st.integers(0, 20))
def test_each_item_names_its_own_rows_in_the_order_of_their_numbers(
    rows: list[tuple[int, int]], cut: int
) -> None:
    parts = Parts()
    for some in (rows[:cut], rows[cut:]):
        parts.add("doc", [owner for owner, _ in some], [[key for _, key in some]])
    owned: defaultdict[int, list[list[int]]] = defaultdict(list)
    for owner, key in sorted(rows):
        owned[owner].append([key])
    texts, counts = parts.written(SIZE)
    written = [json.dumps({"doc": owned[i]}, separators=(",", ":")) for i in range(SIZE)]
    assert texts == [text if owned[i] else "" for i, text in enumerate(written)]
    assert counts == [len(owned[i]) for i in range(SIZE)]
