"""Files dated by the record they belong to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from files_world import FilesWorld
from keepuntil.domain.categories import FromInstance
from keepuntil.domain.outcomes import Outcome
from keepuntil.stores.protocol import Facts
from store_contract import DUE, EVENT, KEPT, WitnessJournal


class Records:
    """The table that dates the files, as a look-up that a test can change."""

    def __init__(self, records: Mapping[str, Facts]) -> None:
        self.records = dict(records)
        self.asked: list[list[str]] = []

    def __call__(self, groups: Sequence[str]) -> Mapping[str, Facts]:
        self.asked.append(list(groups))
        return {group: self.records[group] for group in groups if group in self.records}


@pytest.fixture
def linked(tmp_path: Path) -> FilesWorld:
    world = FilesWorld(tmp_path, record_group=r"loans/(?P<file_no>[^/]+)/.*")
    world.declare(events=((EVENT, FromInstance(instance="core")),))
    for loan in range(1, 6):
        for page in range(2):
            world.write(f"loans/{loan}/{page}.tif", KEPT)
    return world


def test_files_are_dated_by_the_record_they_belong_to(linked: FilesWorld) -> None:
    records = Records({"1": (DUE,), "2": (KEPT,), "3": (DUE,), "4": (None,)})
    linked.write("loose.tif", DUE)
    found = list(linked.store().find(linked.query(linked=records, batch_items=3)))
    assert [key[0] for f in found for key in f.keys] == [
        "loans/1/0.tif", "loans/1/1.tif", "loans/3/0.tif", "loans/3/1.tif",
    ]  # fmt: skip
    assert [group for f in found for group in f.groups] == ["1", "1", "3", "3"]
    passed = Counter[str]()
    for f in found:
        passed.update(f.passed_over)
    assert passed == {"kept": 2, "missing_trigger": 2, "no_linked_record": 3}


def test_records_are_asked_for_in_pages_and_each_once_a_page(linked: FilesWorld) -> None:
    records = Records({})
    list(linked.store().find(linked.query(linked=records, batch_items=4)))
    assert records.asked == [["1", "2"], ["3", "4"], ["5"]]


def test_without_a_way_to_ask_nothing_is_due(linked: FilesWorld) -> None:
    (found,) = linked.store().find(linked.query(linked=None))
    assert (found.keys, found.passed_over) == ([], {"no_linked_record": 10})


@pytest.mark.parametrize(
    ("record", "reason"),
    [({"1": (KEPT,)}, "kept"), ({"1": (None,)}, "missing_trigger"), ({}, "no_linked_record")],
)
def test_a_record_that_changed_since_the_plan_keeps_its_files(
    linked: FilesWorld, record: Mapping[str, Facts], reason: str
) -> None:
    records = Records({"1": (DUE,), "3": (DUE,)})
    query = linked.query(linked=records, batch_items=100)
    batch = linked.batch(query)
    records.records = {"3": (DUE,), **record}
    effect = linked.destroy(batch, WitnessJournal(linked), query=query)
    assert Counter(effect.outcomes) == {Outcome.DESTROYED: 2, Outcome.NO_LONGER_DUE: 2}
    assert set(effect.reasons.values()) == {reason}
    assert linked.keys() >= {("loans/1/0.tif",), ("loans/1/1.tif",)}


def test_a_group_that_no_text_can_carry_is_no_group(linked: FilesWorld) -> None:
    linked.write(b"loans/\xff/0.tif")
    records = Records({"1": (DUE,)})
    (found,) = linked.store().find(linked.query(linked=records, batch_items=100))
    assert found.passed_over["no_linked_record"] == 9
    assert records.asked == [["1", "2", "3", "4", "5"]]
