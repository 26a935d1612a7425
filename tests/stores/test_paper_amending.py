"""A list that amends changes what it says, says so, and touches nothing that is on its way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from keepuntil.stores.paper import ImportReport, ListRefused, PaperRegister, import_list, orders
from keepuntil.stores.paper.tables import paper_amendment, paper_box
from paper_lists import AT, HEADINGS, all_items, contents, line, paper_register, take, written

LATER = "2021-06-30"


@pytest.fixture
def register(tmp_path: Path) -> Iterator[PaperRegister]:
    with paper_register("sqlite", tmp_path) as register:
        take(register, written(tmp_path / "first.csv", HEADINGS, line("I-1"), line("I-2")))
        yield register


def amended(register: PaperRegister, path: Path) -> ImportReport:
    return import_list(register, path, by="archivist-1", at=AT, amend=True)


def test_a_date_that_came_later_is_taken_in_and_said_aloud(
    register: PaperRegister, tmp_path: Path
) -> None:
    path = written(tmp_path / "later.csv", HEADINGS, line("I-1", 结清日期=LATER), line("I-2"))
    report = amended(register, path)
    assert (report.amended, report.known, report.items_added) == (1, 1, 0)
    assert report.warnings == ("later.csv:2: Changed what the register said: settled_on.",)
    assert [item.settled_on for item in all_items(register)] == [
        date(2021, 6, 30),
        date(2019, 4, 2),
    ]
    with register.reading() as connection:
        rows = connection.execute(sa.select(paper_amendment.c.item, paper_amendment.c.fields))
        assert rows.all() == [("I-1", "settled_on")]


def test_an_empty_cell_takes_nothing_away(register: PaperRegister, tmp_path: Path) -> None:
    path = written(tmp_path / "empty.csv", HEADINGS, line("I-1", 结清日期="", 册数=""))
    before = all_items(register)
    assert amended(register, path).amended == 0
    assert all_items(register) == before


def test_an_item_moves_to_another_box(register: PaperRegister, tmp_path: Path) -> None:
    path = written(tmp_path / "moved.csv", HEADINGS, line("I-1", 盒号="B-9"))
    assert amended(register, path).boxes_added == 1
    assert {item.item: item.box for item in all_items(register)} == {"I-1": "B-9", "I-2": "B-1"}


def test_another_series_is_never_an_amendment(register: PaperRegister, tmp_path: Path) -> None:
    path = written(tmp_path / "series.csv", HEADINGS, line("I-1", 门类="XX"))
    before = contents(register)
    with pytest.raises(ListRefused) as refused:
        amended(register, path)
    assert "with another series; correct one." in str(refused.value)
    assert contents(register) == before


def test_nothing_is_changed_about_an_item_on_its_way(
    register: PaperRegister, tmp_path: Path
) -> None:
    with register.writing() as connection:
        orders.place(connection, "plan", {"I-1": "B-1"})
    path = written(tmp_path / "late.csv", HEADINGS, line("I-1", 结清日期=LATER))
    before = contents(register)
    with pytest.raises(ListRefused, match="on its way to be destroyed"):
        amended(register, path)
    assert contents(register) == before


def test_nothing_is_changed_in_a_box_that_left_its_shelf(
    register: PaperRegister, tmp_path: Path
) -> None:
    with register.writing() as connection:
        connection.execute(sa.update(paper_box).values(state="withdrawn"))
    path = written(tmp_path / "late.csv", HEADINGS, line("I-2", 结清日期=LATER))
    with pytest.raises(ListRefused, match="on its way to be destroyed"):
        amended(register, path)
