"""Files as archives deliver them: encodings, delimiters, damage, workbooks and their traps."""

from __future__ import annotations

import csv
import re
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import MAC_EPOCH

from keepuntil.errors import KeepuntilError, StoreError, UsageError
from keepuntil.stores.paper import PaperRegister, lists, workbooks
from keepuntil.stores.paper.holdings import sites
from keepuntil.stores.paper.lists import open_list
from paper_lists import HEADINGS, all_items, line, paper_register, refused, take, workbook, written


@pytest.fixture
def register(tmp_path: Path) -> Iterator[PaperRegister]:
    with paper_register("sqlite", tmp_path) as register:
        yield register


def why_not(path: Path) -> str:
    """Why a file is no list, read to its end."""
    with pytest.raises(KeepuntilError) as refusal, open_list(path) as opened:
        list(opened.rows)
    assert str(refusal.value).startswith(path.name)
    return str(refusal.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_chinese_text_is_read_in_the_encoding_it_was_written_in(
    encoding: str, register: PaperRegister, tmp_path: Path
) -> None:
    path = written(tmp_path / "list.csv", HEADINGS, line(档号="档案·龘〇"), encoding=encoding)
    take(register, path)
    assert [item.reference for item in all_items(register)] == ["档案·龘〇"]


def test_a_character_outside_gbk_needs_gb18030(register: PaperRegister, tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", HEADINGS, line(档号="𠮷"), encoding="gb18030")
    take(register, path)
    assert [item.reference for item in all_items(register)] == ["𠮷"]


def test_text_in_neither_encoding_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", HEADINGS, line())
    path.write_bytes(path.read_bytes() + "盒".encode()[:2] + b"\xff\n")
    assert "neither in UTF-8 nor in GB18030" in why_not(path)
    path.write_bytes("盒号\t条码".encode("utf-16"))
    assert "neither in UTF-8 nor in GB18030" in why_not(path)


def test_text_that_is_valid_in_both_encodings_is_utf_8(
    register: PaperRegister, tmp_path: Path
) -> None:
    path = written(
        tmp_path / "list.csv", ("site", "box", "item", "series"), ("档案", "B-1", "I-1", "PL")
    )
    assert path.read_bytes().decode("gb18030")
    take(register, path)
    with register.reading() as connection:
        assert [site.site for site in sites(connection)] == ["档案"]


def test_text_cut_within_a_character_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", HEADINGS, line())
    path.write_bytes(path.read_bytes() + "盒".encode()[:1])
    assert "neither in UTF-8 nor in GB18030" in why_not(path)


def test_one_wrong_byte_far_down_is_found_before_anything_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", HEADINGS, *[line(f"I-{n}") for n in range(60_000)])
    whole = path.read_bytes()
    assert len(whole) > 2 << 20
    path.write_bytes(whole + b"\xff")
    with pytest.raises(StoreError, match="neither in UTF-8"), open_list(path):
        raise AssertionError("opened")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_the_one_under_which_the_headings_are_known(
    delimiter: str, register: PaperRegister, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows((HEADINGS, line("I-1", 档号="a,b;c")))
    take(register, path)
    assert [item.reference for item in all_items(register)] == ["a,b;c"]


def test_line_numbers_are_those_of_an_editor(register: PaperRegister, tmp_path: Path) -> None:
    path = written(
        tmp_path / "list.csv",
        ("Holdings\nof the west",),
        HEADINGS,
        line("I-1", 档号="two\nlines"),
        line("I-2", 册数="x"),
    )
    assert refused(register, path)[0].startswith("6: ")


def test_a_quotation_mark_left_open_is_refused_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", HEADINGS, *[line(f"I-{n}") for n in range(30)])
    text = path.read_text(encoding="utf-8").replace("PL-I-25", '"PL-I-25')
    path.write_text(text, encoding="utf-8")
    assert "list.csv:27: a quotation mark is opened" in why_not(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no headings were found in the first 20 rows"),
        (b"a,b\n1,2\n", "no headings were found in the first 20 rows"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "an old .xls workbook or one with a password"),
        (b"PK\x03\x04 and nothing more", "is damaged"),
    ],
)
@pytest.mark.parametrize("name", ["list.csv", "list.xlsx"])
def test_what_a_file_is_follows_from_its_bytes(
    name: str, content: bytes, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert sentence in why_not(path)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match=r"^none\.csv: cannot be opened"),
        open_list(tmp_path / "none.csv"),
    ):
        raise AssertionError("opened")


def test_a_list_of_too_many_lines_is_refused(
    monkeypatch: pytest.MonkeyPatch, register: PaperRegister, tmp_path: Path
) -> None:
    monkeypatch.setattr(lists, "MOST_LINES", 3)
    three = written(tmp_path / "three.csv", HEADINGS, *[line(f"I-{n}") for n in range(3)])
    assert take(register, three).lines == 3
    four = written(tmp_path / "four.csv", HEADINGS, *[line(f"I-{n}") for n in range(4)])
    with pytest.raises(StoreError, match=r"four\.csv: has more than 3 lines"):
        take(register, four)


def test_a_workbook_is_read_by_its_values(register: PaperRegister, tmp_path: Path) -> None:
    headings = (*HEADINGS, "页数")
    path = workbook(
        tmp_path / "list.xlsx",
        ("西库档案目录",),
        headings,
        [*line("I-1", 结清日期=datetime.combine(date(2019, 4, 2), time.min), 年度=2014), 12.0],
        [*line("I-2", 结清日期=date(2019, 4, 2), 年度=2014.0), "１２"],
        [*line("I-3", 结清日期="2019年4月2日", 年度="2014年度"), 12],
    )
    assert take(register, path).warnings == ()
    found = all_items(register)
    assert {(i.settled_on, i.year_from, i.pages) for i in found} == {(date(2019, 4, 2), 2014, 12)}
    assert [item.item for item in found] == ["I-1", "I-2", "I-3"]


def test_merged_headings_of_a_workbook_are_divided(register: PaperRegister, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["库房", "盒号", "条码", "门类", "年度", None])
    sheet.append([None, None, None, None, "起", "止"])
    sheet.append(["West", "B-1", "I-1", "PL", 2012, 2014])
    sheet.merge_cells("E1:F1")
    for letter in "ABCD":
        sheet.merge_cells(f"{letter}1:{letter}2")
    book.save(tmp_path / "list.xlsx")
    take(register, tmp_path / "list.xlsx")
    assert [(i.year_from, i.year_to) for i in all_items(register)] == [(2012, 2014)]


def test_leading_zeros_that_a_format_shows_are_kept(
    register: PaperRegister, tmp_path: Path
) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEADINGS)
    sheet.append(line("x"))
    sheet["E2"] = 123
    sheet["E2"].number_format = "00000000"
    book.save(tmp_path / "list.xlsx")
    take(register, tmp_path / "list.xlsx")
    assert [item.item for item in all_items(register)] == ["00000123"]


def test_a_barcode_that_excel_has_rounded_is_refused(
    register: PaperRegister, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "l.xlsx", HEADINGS, line(6217000012345678901), line("1.23E+11"))
    first, second = refused(register, path)
    assert "more than 15 digits" in first
    assert "was rounded by a spreadsheet" in second


def test_a_date_out_of_excels_range_is_refused(register: PaperRegister, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEADINGS)
    sheet.append(line("I-1", 结清日期=3_000_000))
    sheet["J2"].number_format = "yyyy-mm-dd"
    book.save(tmp_path / "list.xlsx")
    (problem,) = refused(register, tmp_path / "list.xlsx")
    assert "holds an error of a formula" in problem


def test_a_formula_is_read_by_its_last_value(register: PaperRegister, tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", HEADINGS, line("I-1", 册数="=1+1"))
    rewritten(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"<v></v>", b"<v>2</v>"))
    take(register, path)
    assert [item.volumes for item in all_items(register)] == [2]


def rewritten(path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    """Change one part of a workbook; fails when that changes nothing."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    before = parts.get(part, b"")
    parts[part] = change(before)
    assert parts[part] != before
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_a_sheet_that_says_it_is_smaller_than_it_is_loses_no_row(
    register: PaperRegister, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "list.xlsx", HEADINGS, *[line(f"I-{n}") for n in range(9)])
    rewritten(
        path,
        "xl/worksheets/sheet1.xml",
        lambda xml: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:B2"', xml),
    )
    assert take(register, path).items_added == 9


def test_trailing_rows_with_nothing_but_format_are_no_lines(
    register: PaperRegister, tmp_path: Path
) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (HEADINGS, line("I-1")):
        sheet.append(row)
    sheet.cell(row=40_000, column=3).number_format = "@"
    book.save(tmp_path / "list.xlsx")
    assert take(register, tmp_path / "list.xlsx").lines == 1


def test_the_one_list_of_a_workbook_is_found_and_the_rest_is_said_aloud(
    register: PaperRegister, tmp_path: Path
) -> None:
    book = Workbook()
    book.worksheets[0].append(["说明"])
    sheet = book.create_sheet("目录")
    for row in (HEADINGS, line("I-1")):
        sheet.append(row)
    book.save(tmp_path / "list.xlsx")
    assert take(register, tmp_path / "list.xlsx").warnings == (
        "list.xlsx: 1 more sheets are no lists and were not read.",
    )


def test_two_lists_in_one_workbook_are_refused(tmp_path: Path) -> None:
    book = Workbook()
    for sheet in (book.worksheets[0], book.create_sheet("second")):
        sheet.append(HEADINGS)
        sheet.append(line())
    book.save(tmp_path / "list.xlsx")
    assert "2 sheets are lists of boxes" in why_not(tmp_path / "list.xlsx")


def test_a_workbook_without_a_list_is_refused(tmp_path: Path) -> None:
    assert "no headings were found" in why_not(workbook(tmp_path / "l.xlsx", ("a", "b"), (1, 2)))


def test_a_workbook_with_macros_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", HEADINGS, line())
    rewritten(path, "xl/vbaProject.bin", lambda _: b"macro")
    assert "holds macros" in why_not(path)


def test_an_archive_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", "<office/>")
    assert "is no workbook of Excel's" in why_not(path)


def test_a_workbook_that_counts_from_1904_is_refused(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = MAC_EPOCH
    for row in (HEADINGS, line()):
        book.worksheets[0].append(row)
    book.save(tmp_path / "list.xlsx")
    assert "counts its days from 1904" in why_not(tmp_path / "list.xlsx")


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_a_workbook_that_unpacks_to_far_more_is_refused_unread(part: str, tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", HEADINGS, line())
    more = (workbooks.MOST_BYTES if "sheet1" in part else workbooks.MOST_SHARED_BYTES) + 1
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if name != part}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        with archive.open(part, "w") as bomb:
            for _ in range(more // (1 << 20) + 1):
                bomb.write(bytes(1 << 20))
    tracemalloc.start()
    try:
        assert "is too large to be read as a workbook" in why_not(path)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_a_workbook_of_very_many_parts_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "list.xlsx", HEADINGS, line())
    monkeypatch.setattr(workbooks, "MOST_PARTS", 5)
    assert "is too large to be read as a workbook" in why_not(path)


def test_a_row_of_a_workbook_that_has_slipped_is_refused(
    register: PaperRegister, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "list.xlsx", HEADINGS, [*line(), None, "slipped"])
    assert refused(register, path)[0].startswith("2: Cell 12 stands under no heading")


def test_a_sheet_is_never_filled_beyond_its_last_row(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(workbooks, "MOST_ROWS", 3)
    two = [["B-1", "I-1"], ["B-1", "I-2"]]
    workbooks.write_workbook(tmp_path / "two.xlsx", ("盒号", "条码"), two)
    with pytest.raises(StoreError, match="the list has more; write it as CSV"):
        workbooks.write_workbook(tmp_path / "three.xlsx", ("盒号", "条码"), [*two, two[0]])


def test_a_row_beyond_the_last_there_can_be_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(workbooks, "MOST_ROWS", 5_000)
    path = workbook(tmp_path / "list.xlsx", HEADINGS, line(), line("I-2"))
    rewritten(
        path,
        "xl/worksheets/sheet1.xml",
        lambda xml: re.sub(rb'"([A-J])3"', rb'"\g<1>99000000"', xml).replace(
            b'<row r="3"', b'<row r="99000000"'
        ),
    )
    assert "more rows than Excel can hold" in why_not(path)


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
def test_a_workbook_cut_short_is_refused(cut: float, tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", HEADINGS, *[line(f"I-{n}") for n in range(99)])
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * cut)])
    assert "is damaged" in why_not(path)


def test_a_sheet_damaged_below_its_headings_is_refused_whole(
    register: PaperRegister, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "list.xlsx", HEADINGS, *[line(f"I-{n}") for n in range(5_000)])
    rewritten(path, "xl/worksheets/sheet1.xml", lambda xml: xml[: int(len(xml) * 0.9)])
    with pytest.raises(StoreError, match=r"list\.xlsx: is damaged"):
        take(register, path)
    assert all_items(register) == []


def test_what_our_workbooks_are_written_with_reads_as_texts(tmp_path: Path) -> None:
    workbooks.write_workbook(tmp_path / "list.xlsx", ("盒号", "条码"), [["B-1", "0007"]])
    sheet = load_workbook(tmp_path / "list.xlsx").worksheets[0]
    assert [cell.value for cell in sheet[2]] == ["B-1", "0007"]
    assert sheet.freeze_panes == "A2"
