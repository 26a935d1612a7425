"""Looking for exactly some keys: every one found, nothing else, in few requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepuntil.stores.s3 import listing, surveying
from keepuntil.stores.s3.listing import Page, Versioning, whole_keys
from keepuntil.stores.s3.states import (
    KeyState,
    Marker,
    Upload,
    Version,
    count_of,
    parse_parts,
    parts_text,
    united,
    within,
)

NOW = datetime(2024, 6, 30, tzinfo=UTC)


class Listed:
    """A connection whose server is a sorted list."""

    def __init__(self, keys: set[str], versions: int = 1) -> None:
        self.entries = [(key, number) for key in sorted(keys) for number in range(versions)]
        self.requests = 0

    def spread(self, work: Any, items: Any) -> list[Any]:
        return [work(item) for item in items]

    def pages(
        self, connection: Listed, prefix: str, versioning: Versioning, *, first_page: int
    ) -> Iterator[Page]:
        entries = [entry for entry in self.entries if entry[0].startswith(prefix)]
        size = first_page
        while True:
            self.requests += 1
            page, entries, size = entries[:size], entries[size:], listing.PAGE
            states: dict[str, KeyState] = {}
            for key, number in page:
                state = states.setdefault(key, KeyState(key))
                state.versions.append(Version(f"{number}", "etag", 1, NOW))
            yield Page(list(states.values()), last=not entries)
            if not entries:
                return


def survey(listed: Listed, wanted: list[str], patch: pytest.MonkeyPatch) -> dict[str, KeyState]:
    patch.setattr(surveying, "pages", listed.pages)
    patch.setattr(surveying, "uploads", lambda *_: iter(()))
    return surveying.survey(listed, wanted, "enabled")  # type: ignore[arg-type]


KEYS = st.text(alphabet="ab/1é😀", min_size=1, max_size=6)


@settings(max_examples=300)
@given(
    there=st.sets(KEYS, max_size=60),
    wanted=st.sets(KEYS, max_size=30),
    versions=st.integers(1, 3),
    page=st.integers(1, 9),
)
def test_exactly_the_wanted_keys_are_found_with_all_their_versions(
    there: set[str], wanted: set[str], versions: int, page: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "PAGE", page)
        patch.setattr(surveying, "PAGE", page)
        patch.setattr(surveying, "SMALLEST_PAGE", min(page, 3))
        found = survey(Listed(there, versions), sorted(wanted), patch)
    assert set(found) == there & wanted
    assert all(state.count == versions for state in found.values())


def test_keys_that_lie_close_together_cost_a_page_a_thousand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed = Listed({f"loans/{n:08}" for n in range(60_000)})
    wanted = [f"loans/{n:08}" for n in range(35_000, 40_000)]
    assert len(survey(listed, wanted, monkeypatch)) == 5000
    assert listed.requests <= 10


def test_keys_far_apart_cost_little_more_than_one_request_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed = Listed({f"loans/{n:08}" for n in range(60_000)})
    wanted = [f"loans/{n:08}" for n in range(0, 60_000, 600)]
    assert len(survey(listed, wanted, monkeypatch)) == 100
    assert listed.requests <= 250


def test_one_key_among_many_siblings_costs_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = Listed({"a"} | {f"a/{n}" for n in range(50_000)})
    assert set(survey(listed, ["a"], monkeypatch)) == {"a"}
    assert listed.requests == 1


def test_a_key_is_whole_only_when_the_next_page_has_begun() -> None:
    def page(*names: str, last: bool = False) -> Page:
        states = [KeyState(name, [Version("1", "e", 1, NOW)]) for name in names]
        return Page(states, last)

    pages = [page("a", "b"), page("b"), page(), page("b", "c", last=True)]
    whole = [(s.key, s.count) for states in whole_keys(pages) for s in states]
    assert whole == [("a", 1), ("b", 3), ("c", 1)]
    assert [len(p.states) for p in pages] == [2, 1, 0, 2]


IDS = st.frozensets(st.text(alphabet="abc", min_size=1, max_size=3), min_size=1, max_size=4)
PARTS = st.dictionaries(st.sampled_from(["object", "version", "marker", "upload"]), IDS)


@given(PARTS)
def test_parts_are_read_back_as_they_were_written(parts: dict[str, frozenset[str]]) -> None:
    text = parts_text(parts)
    assert parse_parts(text) == parts
    assert text.isascii()
    assert bool(text) == bool(count_of(parts))


@given(PARTS, PARTS)
def test_a_union_of_parts_holds_both_and_nothing_else(
    one: dict[str, frozenset[str]], other: dict[str, frozenset[str]]
) -> None:
    both = united(one, other)
    assert within(one, both)
    assert within(other, both)
    assert count_of(both) <= count_of(one) + count_of(other)
    assert within(both, one) == within(other, one)


def test_a_mark_tells_every_state_from_every_other() -> None:
    later = datetime(2024, 7, 1, tzinfo=UTC)
    version = Version("1", "e", 1, NOW)
    states = [
        KeyState("k", [version]),
        KeyState("k", [version._replace(id="2")]),
        KeyState("k", [version._replace(etag="f")]),
        KeyState("k", [version._replace(size=2)]),
        KeyState("k", [version._replace(modified=later)]),
        KeyState("k", [version, version._replace(id="2")]),
        KeyState("k", [version], [Marker("m", NOW)]),
        KeyState("k", [version], [], [Upload("u", NOW)]),
    ]
    assert len({state.mark for state in states}) == len(states)
    turned = KeyState("k", [version._replace(id="2"), version])
    assert turned.mark == states[5].mark
