"""Each cell is read in the one way it can be read, or refused with what to do."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.domain.paper import ScanStatus, Sensitivity
from keepuntil.stores.paper.cells import Cell, Value, is_blank, reader
from keepuntil.stores.paper.columns import BY_FIELD, COLUMNS, LONGEST_CODE, LONGEST_TEXT
from keepuntil.stores.paper.dates import Remarked, Unreadable

DAY = date(2014, 3, 5)


def midnight(year: int, month: int, day: int) -> datetime:
    """A date as openpyxl gives it."""
    return datetime.combine(date(year, month, day), time.min)


AFTERNOON = midnight(2014, 3, 5) + timedelta(hours=16)


def read(field: str, cell: Cell) -> Value | Remarked:
    return reader(BY_FIELD[field])(cell)


def why_not(field: str, cell: Cell) -> str:
    with pytest.raises(Unreadable) as refusal:
        read(field, cell)
    return str(refusal.value)


@pytest.mark.parametrize(
    "cell",
    [
        *("2014-03-05", "2014/3/5", "2014.3.5", "2014-3-05", "2014年3月5日", "2014年03月05日"),
        *("20140305", "２０１４年３月５日", " 2014/03/05 ", "2014-03-05 00:00:00", "20140305.0"),
        *("2014-03-05T00:00:00.000", "2014/3/5 0:00", '="2014-03-05"', "'2014-03-05"),
        *(20140305, 20140305.0, DAY, midnight(2014, 3, 5)),
    ],
)
def test_a_date_written_one_way_or_another_is_the_same_day(cell: Cell) -> None:
    assert read("settled_on", cell) == DAY


@pytest.mark.parametrize("cell", ["41703", "41703.0", 41703, 41703.0, "４１７０３"])
def test_a_bare_number_of_a_day_is_read_and_said_aloud(cell: Cell) -> None:
    found = read("settled_on", cell)
    assert isinstance(found, Remarked)
    assert found.value == DAY
    assert "Excel's number of a day" in found.why


@pytest.mark.parametrize("cell", [0, 1, 59, 60, 61, 2014, "2014", 201403, "201403", 14305, "99999"])
def test_a_number_that_may_be_something_else_is_no_date(cell: Cell) -> None:
    assert why_not("settled_on", cell) == "is not a date; write 2014-03-05"


def test_the_numbers_taken_for_days_are_those_of_1950_to_2099() -> None:
    assert read("settled_on", 18264) == Remarked(date(1950, 1, 1), _as_number())
    assert read("settled_on", 73050) == Remarked(date(2099, 12, 31), _as_number())
    for outside in (18263, 73051):
        assert why_not("settled_on", outside)


def _as_number() -> str:
    return "was read as Excel's number of a day, counted from 1900"


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("14-03-05", "has a year of two digits; write four, 2014-03-05"),
        ("14/3/5", "has a year of two digits; write four, 2014-03-05"),
        ("14年3月5日", "has a year of two digits; write four, 2014-03-05"),
        ("3/5/2014", "does not say which is the month; write the year first, 2014-03-05"),
        ("05.03.2014", "does not say which is the month; write the year first, 2014-03-05"),
        ("2014-02-30", "is no day of the calendar; look it up in the file"),
        ("2014-13-01", "is no day of the calendar; look it up in the file"),
        ("20141301", "is no day of the calendar; look it up in the file"),
        ("2014-03/05", "is not a date; write 2014-03-05"),
        ("2014-03", "is not a date; write 2014-03-05"),
        ("next spring", "is not a date; write 2014-03-05"),
        ("2014-03-05 16:00", "has a time of day; write the civil date alone, 2014-03-05"),
        ("2014-03-05T00:00:00+08:00", "has a time of day; write the civil date alone, 2014-03-05"),
        (
            midnight(2014, 3, 5) + timedelta(hours=16),
            "has a time of day; write the civil date alone, 2014-03-05",
        ),
        (41703.5, "has a time of day; write the civil date alone, 2014-03-05"),
        (float("inf"), "has a time of day; write the civil date alone, 2014-03-05"),
        (True, "is a truth value; write a date, 2014-03-05"),
        ("#VALUE!", "holds an error of a formula; mend the formula or enter the value"),
        ("=TODAY()", "holds a formula; export values only"),
    ],
)
def test_a_date_that_can_be_read_in_two_ways_or_none_is_refused(cell: Cell, why: str) -> None:
    assert why_not("settled_on", cell) == why


@pytest.mark.parametrize(
    "cell",
    [
        *("1900-01-01", "9999-12-31", "99991231", "1970/1/1", "0001-01-01", date(9999, 12, 31)),
        *(midnight(1900, 1, 1), midnight(1900, 2, 28), date(1899, 12, 30), time(0), timedelta(0)),
    ],
)
def test_a_date_nobody_believes_is_unknown_and_said_aloud(cell: Cell) -> None:
    found = read("settled_on", cell)
    assert isinstance(found, Remarked)
    assert found.value is None
    assert found.why.endswith("and is kept as unknown")


def test_a_written_date_of_early_1900_is_not_excels_business() -> None:
    assert read("opened_on", "1900-02-28") == date(1900, 2, 28)
    assert read("opened_on", midnight(1900, 3, 1)) == date(1900, 3, 1)


@given(st.dates(min_value=date(1900, 3, 1), max_value=date(9998, 12, 31)))
def test_every_believable_day_is_read_as_it_was_written(day: date) -> None:
    ways = (day.isoformat(), f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日")
    found = {read("settled_on", way) for way in ways}
    if day not in (date(1969, 12, 31), date(1970, 1, 1), date(1970, 1, 2)):
        assert found == {day}


@pytest.mark.parametrize(
    "cell", [None, "", "  ", "\u3000", "-", "—", "——", "/", "无", "'", "'-", '=""']
)
@pytest.mark.parametrize("field", sorted(BY_FIELD))
def test_what_stands_for_nothing_is_none_in_every_column(cell: Cell, field: str) -> None:
    assert read(field, cell) is None


def test_a_blank_is_a_blank_and_a_zero_is_not() -> None:
    assert is_blank(" — ")
    assert not is_blank(0)
    assert not is_blank("0")


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        *(("000123", "000123"), ("０００１２３", "000123"), (' ="000123" ', "000123")),
        *(("'000123", "000123"), (123, "123"), (123.0, "123"), ("\tAB-1 ", "AB-1")),
        *(("1E5", "1E5"), (999_999_999_999_999, "999999999999999"), ("ＡＢ－１", "AB-1")),
    ],
)
def test_a_barcode_keeps_what_names_it(cell: Cell, code: str) -> None:
    assert read("item", cell) == code


def test_a_barcode_with_decimals_is_read_and_said_aloud() -> None:
    assert read("item", "123.0") == Remarked(
        "123", "was written as a number with decimals; leading zeros may be lost"
    )
    assert read("reference", "12.0") == "12.0"


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("1.23E+11", "was rounded by a spreadsheet"),
        ("6E+18", "was rounded by a spreadsheet"),
        (1_000_000_000_000_000, "is a number of more than 15 digits"),
        (float("inf"), "is a number of more than 15 digits"),
        ("AB 1", "has a blank within"),
        ("A" * (LONGEST_CODE + 1), f"is longer than {LONGEST_CODE} characters"),
        ("A\x00B", "holds a control character"),
        ("A\u200bB", "holds a control character or one that cannot be seen"),
        ("A\u202eB", "holds a control character or one that cannot be seen"),
        (True, "was turned into a date or a truth value"),
        (midnight(2014, 3, 5), "was turned into a date or a truth value"),
        ("#REF!", "holds an error of a formula"),
        ("=A1&B1", "holds a formula"),
    ],
)
@pytest.mark.parametrize("field", ["item", "box"])
def test_a_barcode_that_lost_something_is_refused(field: str, cell: Cell, why: str) -> None:
    assert why_not(field, cell).startswith(why)


def test_a_text_is_bounded_and_keeps_rare_characters() -> None:
    assert read("shelf", "密集架  3\n列") == "密集架 3 列"
    assert read("folder", "\ue000") == "\ue000"
    assert why_not("reference", "A" * (LONGEST_TEXT + 1))
    assert why_not("record_group", "1.2E+11")


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        *((12, 12), (12.0, 12), ("12", 12), ("１２", 12), ("12.0", 12), ("1,234", 1234)),
        *(("350页", 350), ("2 册", 2), ("0", 0), ("2,147,483,647", 2_147_483_647)),
    ],
)
def test_a_count_is_a_whole_number(cell: Cell, count: int) -> None:
    assert read("pages", cell) == count


@pytest.mark.parametrize("cell", ["12.5", 12.5, "-1", -1, "two", "1,23", "2147483648", "1E3"])
def test_a_count_that_is_none_is_refused(cell: Cell) -> None:
    assert why_not("volumes", cell) == "is not a whole number; write 12"


@pytest.mark.parametrize("cell", [2014, 2014.0, "2014", "2014年", "2014年度", "２０１４", "2014.0"])
def test_a_year_has_four_digits(cell: Cell) -> None:
    assert read("year_from", cell) == 2014


@pytest.mark.parametrize("cell", ["14", 14, "14年", "2014-03-05", "20145", "2014/2016"])
def test_a_year_that_is_none_is_refused(cell: Cell) -> None:
    assert why_not("year_to", cell) == "is not a year of four digits; write 2014"


@pytest.mark.parametrize(
    ("cell", "years"),
    [
        ("2014", (2014, 2014)),
        (2014, (2014, 2014)),
        ("2012-2014", (2012, 2014)),
        ("2012年至2014年", (2012, 2014)),
        ("2012～2014", (2012, 2014)),
        ("2012—2014年度", (2012, 2014)),
    ],
)
def test_one_column_may_say_both_years(cell: Cell, years: tuple[int, int]) -> None:
    assert read("years", cell) == years


@pytest.mark.parametrize("cell", ["12-14", "2012-14", "2012,2014", "since 2012"])
def test_years_that_are_none_are_refused(cell: Cell) -> None:
    assert why_not("years", cell).startswith("is neither a year nor two")


@pytest.mark.parametrize(
    ("cell", "period"),
    [
        *(("永久", "permanent"), ("Y", "permanent"), ("permanent", "permanent"), ("30年", "P30Y")),
        *(("定期30年", "P30Y"), ("D30", "P30Y"), (10, "P10Y"), ("P5Y", "P5Y"), ("p5y", "P5Y")),
    ],
)
def test_a_stated_period_is_written_one_way(cell: Cell, period: str) -> None:
    assert read("stated_period", cell) == period


@pytest.mark.parametrize("cell", ["长期", "短期"])
def test_a_period_without_years_is_unknown_and_said_aloud(cell: str) -> None:
    assert read("stated_period", cell) == Remarked(
        None, "says no number of years and is kept as unknown"
    )


@pytest.mark.parametrize("cell", ["6个月", "P6M", "ten years", "30-40年"])
def test_a_period_that_is_none_is_refused(cell: str) -> None:
    assert why_not("stated_period", cell) == "is not a period; write 永久, 30年 or P30Y"


def test_levels_and_statuses_are_closed_sets() -> None:
    assert {read("sensitivity", cell) for cell in ("C3", "c3", "Ｃ３", "C3级")} == {Sensitivity.C3}
    assert why_not("sensitivity", "机密") == "is no level; write C1, C2 or C3"
    for cell, status in (
        *(("none", ScanStatus.NONE), ("未扫描", ScanStatus.NONE), ("已扫描", ScanStatus.SCANNED)),
        *(("已质检", ScanStatus.QUALITY_CHECKED), ("Quality checked", ScanStatus.QUALITY_CHECKED)),
    ):
        assert read("scan_status", cell) is status
    assert why_not("scan_status", "partly").startswith("is no status")


@given(st.sampled_from(COLUMNS), st.text() | st.floats() | st.integers() | st.booleans())
def test_every_cell_is_read_or_refused_in_a_sentence(column: object, cell: Cell) -> None:
    try:
        read(getattr(column, "field", ""), cell)
    except Unreadable as refusal:
        why = str(refusal)
    else:
        return
    assert why[0].islower()
    assert not why.endswith(".")


@given(st.text(max_size=40))
def test_what_was_read_once_reads_as_itself(text: str) -> None:
    try:
        once = read("reference", text)
    except Unreadable:
        return
    if isinstance(once, str) and not once.startswith(("=", "'")):
        assert read("reference", once) == once
