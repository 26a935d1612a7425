"""Packed columns: what goes in comes out, and nothing that is not a column is believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.domain.outcomes import CODE, ORDER, Outcome
from keepuntil.errors import EvidenceError
from keepuntil.register import columns
from keepuntil.register.columns import IntentColumns, OutcomeColumns

PARTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
INTENTS = st.lists(
    st.tuples(st.integers(0, 1), PARTS, st.integers(0, 2**32 - 1)), min_size=1, max_size=30
)
ENDS = st.lists(st.sampled_from(ORDER), min_size=1, max_size=40)


def intent(rows: list[tuple[int, str, int]]) -> IntentColumns:
    present, parts, counts = zip(*rows, strict=True)
    return IntentColumns(present=bytearray(present), parts=list(parts), counts=list(counts))


@given(INTENTS)
def test_intent_comes_back_as_it_was(rows: list[tuple[int, str, int]]) -> None:
    assert columns.unpack_intent(columns.pack_intent(intent(rows))) == intent(rows)


@given(INTENTS, st.data())
def test_shortened_intent_is_refused_or_has_another_last_part(
    rows: list[tuple[int, str, int]], data: st.DataObject
) -> None:
    packed = columns.pack_intent(intent(rows))
    cut = packed[: data.draw(st.integers(0, len(packed) - 1))]
    try:
        found = columns.unpack_intent(cut)
    except (EvidenceError, ValueError):
        return
    assert found.parts[-1] != rows[-1][1]


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_counts_come_back_as_they_were(counts: list[int]) -> None:
    packed = columns.pack_counts(counts)
    assert columns.unpack_counts(packed).tolist() == counts
    assert packed == b"".join(count.to_bytes(4, "little") for count in counts)


CODES = st.from_regex(r"[a-z][a-z_]{0,8}(:[a-z0-9.,-]{1,9})?", fullmatch=True)


@given(st.dictionaries(st.integers(0, 5000), CODES))
def test_reasons_that_are_codes_come_back_as_they_were(reasons: dict[int, str]) -> None:
    assert columns.unpack_reasons(columns.pack_reasons(reasons)) == reasons


@pytest.mark.parametrize(
    "reason",
    ["张伟", "Zhang Wei", "failed: no such row 7", "", "failed:张伟", "Failed", "a\nb", "x" * 65],
)
def test_free_text_is_never_kept_as_a_reason(reason: str) -> None:
    assert columns.unpack_reasons(columns.pack_reasons({3: reason})) == {3: "unspecified"}


@given(ENDS)
def test_every_item_is_in_exactly_one_tally(ends: list[Outcome]) -> None:
    tallies = columns.tallies(bytes(CODE[end] for end in ends))
    assert sum(tallies.values()) == len(ends)
    assert tallies == {outcome.value: ends.count(outcome) for outcome in ORDER}


@given(ENDS, st.data())
def test_destroyed_items_no_intent_named_are_counted(
    ends: list[Outcome], data: st.DataObject
) -> None:
    named = data.draw(st.lists(st.integers(0, 1), min_size=len(ends), max_size=len(ends)))
    expected = sum(
        end is Outcome.DESTROYED and not there for end, there in zip(ends, named, strict=True)
    )
    codes = bytes(CODE[end] for end in ends)
    assert columns.destroyed_unannounced(codes, bytes(named)) == expected


@given(st.lists(INTENTS, min_size=1, max_size=4))
def test_merged_intents_take_each_item_from_the_last_attempt_that_named_it(
    attempts: list[list[tuple[int, str, int]]],
) -> None:
    size = min(map(len, attempts))
    cut = [rows[:size] for rows in attempts]
    merged = columns.merge_intents([intent(rows) for rows in cut])
    for place in range(size):
        naming = [rows[place] for rows in cut if rows[place][0]]
        found = (merged.present[place], merged.parts[place], merged.counts[place])
        assert found == (naming[-1] if naming else cut[0][place])


@given(ENDS, st.data())
def test_later_attempt_decides_all_but_what_was_destroyed(
    before: list[Outcome], data: st.DataObject
) -> None:
    size = len(before)
    after = data.draw(st.lists(st.sampled_from(ORDER), min_size=size, max_size=size))
    old, new = _columns(before, data), _columns(after, data)
    merged = columns.keep_destroyed(old, new)
    columns.refuse_unfit(merged, size)
    for place in range(size):
        kept = before[place] is Outcome.DESTROYED and after[place] is not Outcome.DESTROYED
        source = old if kept else new
        assert merged.outcomes[place] == source.outcomes[place]
        assert _part(merged, place) == _part(source, place)


def _columns(ends: list[Outcome], data: st.DataObject) -> OutcomeColumns:
    size = len(ends)
    counts = data.draw(
        st.one_of(st.just([]), st.lists(st.integers(0, 3), min_size=size, max_size=size))
    )
    cells = data.draw(st.binary(min_size=size, max_size=size))
    return OutcomeColumns(
        outcomes=bytes(CODE[end] for end in ends),
        commitments=bytes(32 * size),
        part_counts=counts,
        part_commitments=b"".join(
            bytes([cell] * 32) if count else bytes(32)
            for cell, count in zip(cells, counts, strict=False)
        ),
    )


def _part(of: OutcomeColumns, place: int) -> tuple[int, bytes]:
    if not len(of.part_counts):
        return 0, bytes(32)
    return of.part_counts[place], of.part_commitments[place * 32 : place * 32 + 32]


@given(st.lists(st.text(st.characters(codec="utf-8"))))
def test_groups_come_back_as_they_were(groups: list[str]) -> None:
    assert columns.unpack_groups(columns.pack_groups(groups)) == groups
