"""Events of another instance, flags, and children that point at their own table."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies import RULE, mistakes

HEAD = RULE.partition("instances:\n")[0].replace(
    "  zone: Asia", "  extend_while: [frozen]\n  zone: Asia"
)
ROWS = (
    "id: rows, store: core, table: loan, key: [id], record_group: file_no, "
    "events: {settled: a, frozen: b}"
)
SCANS = (
    "id: scans, store: scans, prefix: loans/, record_group: {from_key: '(?P<no>.*)'}, "
    "events: {settled: {from: rows}, frozen: {from: rows}}"
)
MORE = (
    "id: more, store: core, table: note, key: [id], record_group: file_no, "
    "events: {settled: {from: rows}, frozen: {from: rows}}"
)


def told(folder: Path, *instances: str) -> list[str]:
    places = "".join(f"  - {{{instance}}}\n" for instance in instances)
    return [line.partition(": ")[2] for line in mistakes(folder, f"{HEAD}instances:\n{places}")]


def test_copies_that_take_their_dates_from_rows_are_right(tmp_path: Path) -> None:
    assert told(tmp_path, ROWS, SCANS, MORE) == []


def test_source_of_dates_needs_a_record_group(tmp_path: Path) -> None:
    sentence = "'rows' has no record_group, so its rows cannot be found from here."
    assert told(tmp_path, ROWS.replace("record_group: file_no, ", ""), SCANS) == [sentence] * 2


def test_copy_takes_all_its_dates_from_one_place(tmp_path: Path) -> None:
    sentence = "An instance reads all its events itself, or all of them from one other instance."
    two = ROWS.replace("id: rows", "id: other").replace("table: loan", "table: l2")
    both = SCANS.replace("frozen: {from: rows}", "frozen: {from: other}")
    assert told(tmp_path, ROWS, two, both) == [sentence]
    own = MORE.replace("settled: {from: rows}", "settled: settled_on")
    assert told(tmp_path, ROWS, own) == [sentence]


def test_dates_are_not_handed_on(tmp_path: Path) -> None:
    """Copies go before their source; a chain would need an order nobody has written down."""
    chained = SCANS.replace("{from: rows}", "{from: more}")
    sentence = "'more' reads its own events from another instance: name that one."
    assert told(tmp_path, ROWS, MORE, chained) == [sentence] * 2


def test_two_places_never_take_their_dates_from_each_other(tmp_path: Path) -> None:
    circle = (
        MORE.replace("id: more", "id: rows")
        .replace("table: note", "table: loan")
        .replace("{from: rows}", "{from: more}")
    )
    assert len(told(tmp_path, circle, MORE)) == 4


@pytest.mark.parametrize("source", ["age", "{tag: frozen}"])
def test_flag_is_not_read_from_an_object(source: str, tmp_path: Path) -> None:
    flagged = SCANS.replace("{from: rows}", "age").replace("frozen: age", f"frozen: {source}")
    sentence = "'frozen' is a flag, and a flag is read from a SQL instance: write {from: …}."
    assert told(tmp_path, ROWS, flagged) == [sentence]


def test_zone_beside_from_says_nothing(tmp_path: Path) -> None:
    zoned = MORE.replace("settled: {from: rows}", "settled: {from: rows, zone: UTC}")
    assert told(tmp_path, ROWS, zoned) == ["'zone' has no meaning beside 'from'."]


def test_table_that_is_its_own_child_says_by_what(tmp_path: Path) -> None:
    sentence = "A table that is its own child says by which columns: {table: …, by: …}."
    assert told(tmp_path, f"{ROWS}, children: [loan]") == [sentence]
    assert told(tmp_path, f"{ROWS}, children: [{{table: loan, by: parent_id}}]") == []
    deeper = f"{ROWS}, children: [{{table: note, children: [loan]}}]"
    assert told(tmp_path, deeper) == [sentence]
