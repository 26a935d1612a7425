"""Headings are found below titles, merged, two rows deep, in both languages; never guessed."""

from __future__ import annotations

from collections import Counter

import pytest

from keepuntil.stores.paper.cells import Cell
from keepuntil.stores.paper.columns import BY_FIELD, COLUMNS, column_named, spoken
from keepuntil.stores.paper.headings import Headings, Row, find_headings


def found(*rows: list[Cell]) -> Headings | None:
    return find_headings([Row(line, cells) for line, cells in enumerate(rows, start=1)])


def fields(*rows: list[Cell]) -> dict[int, str]:
    headings = found(*rows)
    assert headings is not None
    return {place: column.field for place, column in headings.columns.items()}


def test_no_name_means_two_columns() -> None:
    names = Counter(
        name for column in BY_FIELD.values() for name in {spoken(each) for each in column.names}
    )
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: str(column.field))
def test_every_column_is_known_by_its_field_and_both_headings(column: object) -> None:
    for name in (getattr(column, part) for part in ("field", "zh", "en")):
        assert column_named(name) is column


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("页数（页）", "pages"),
        ("页数 (张)", "pages"),
        (" 页\n数 ", "pages"),
        ("RECORD_GROUP", "record_group"),
        ("Record-Group", "record_group"),
        ("Box No.", "box"),
        ("＊条码", "item"),
        ("结清日期", "settled_on"),
    ],
)
def test_a_heading_is_known_however_it_is_set(heading: str, field: str) -> None:
    column = column_named(heading)
    assert column is not None
    assert column.field == field


@pytest.mark.parametrize("heading", ["题名", "备注", "起", "止", "", "(页)", "条", "box box"])
def test_a_heading_that_is_not_ours_is_none(heading: str) -> None:
    assert column_named(heading) is None


def test_headings_stand_below_a_title() -> None:
    headings = found(["西库档案目录", None], [None, None], ["盒号", "条码"], ["B-1", "I-1"])
    assert headings is not None
    assert headings.depth == 3
    assert headings.fields == {"box", "item"}


def test_a_heading_merged_over_two_columns_is_divided_by_the_row_below() -> None:
    upper: list[Cell] = ["盒号", "条码", "起止年度", None, "册数"]
    lower: list[Cell] = [None, None, "起", "止", None]
    assert fields(upper, lower, ["B-1", "I-1", 2012, 2014, 1]) == {
        0: "box",
        1: "item",
        2: "year_from",
        3: "year_to",
        4: "volumes",
    }
    headings = found(upper, lower)
    assert headings is not None
    assert headings.depth == 2


def test_headings_below_a_group_heading_stand_for_themselves() -> None:
    upper: list[Cell] = ["位置", None, None, "档案", None]
    lower: list[Cell] = ["库房", "架号", "盒号", "条码", "门类"]
    assert list(fields(upper, lower).values()) == ["site", "shelf", "box", "item", "series"]


def test_some_headings_may_span_both_rows_and_others_be_grouped() -> None:
    upper: list[Cell] = ["盒号", "日期", None, "条码"]
    lower: list[Cell] = [None, "结清日期", "到期日期", None]
    assert list(fields(upper, lower).values()) == ["box", "settled_on", "expired_on", "item"]


def test_a_line_of_data_is_never_taken_for_headings() -> None:
    headings = found(["盒号", "条码", "年度"], ["B-1", "I-1", "2014"])
    assert headings is not None
    assert headings.depth == 1


def test_a_line_with_a_cell_that_reads_like_a_heading_is_a_line_all_the_same() -> None:
    headings = found(["盒号", "条码", "案卷号", "册数"], [None, None, "案卷", "7"])
    assert headings is not None
    assert headings.depth == 1


@pytest.mark.parametrize(
    "rows", [[], [["B-1", "I-1"]], [["盒号"]], [["条码", "门类"]], [["题名", "盒号"]]]
)
def test_without_the_box_and_one_more_there_are_no_headings(rows: list[list[Cell]]) -> None:
    assert found(*rows) is None


def test_two_columns_of_one_meaning_are_both_named() -> None:
    headings = found(["盒号", "条码", "箱号"])
    assert headings is not None
    assert headings.twice == (("盒号", "箱号"),)
