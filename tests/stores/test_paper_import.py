"""A list of an archive is taken in whole or not at all, and every problem is named at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from keepuntil.domain.paper import BoxState, Item, ScanStatus, Sensitivity
from keepuntil.errors import StoreBusy, StoreError, StoreUnreachable, UsageError
from keepuntil.stores.paper import PaperRegister, create_tables, import_list, open_register
from keepuntil.stores.paper.remarks import MOST_SHOWN
from keepuntil.stores.paper.tables import paper_box, paper_item, paper_site
from paper_lists import (
    AT,
    HEADINGS,
    all_items,
    contents,
    line,
    paper_register,
    refused,
    take,
    workbook,
    written,
)
from sql_servers import KINDS


@pytest.fixture
def register(tmp_path: Path) -> Iterator[PaperRegister]:
    with paper_register("sqlite", tmp_path) as register:
        yield register


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_fills_the_register(kind: str, tmp_path: Path) -> None:
    headings = (
        *("库房", "架号", "盒号", "封签号", "条码", "案卷号", "门类", "关联组", "档号", "起止年度"),
        *("保管期限", "册数", "页数", "密级", "扫描状态", "质检日期", "建档日期", "结案日期"),
        *("结清日期", "到期日期", "会计年度末"),
    )
    whole = (
        *("西库", "A-01", "B-1", "S9", "0007", "F3", "PL", "LN-44", "PL·2014-3", "2012-2014"),
        *("30年", "2", "350", "C3", "已质检", "2020-01-02", "2012-01-10", "2018/3/5"),
        *("2019年4月2日", "20190403", "2014-12-31"),
    )
    sparse = ("西库", "A-01", "B-1", "S9", "0008", "", "PL")
    empty_box = ("西库", "A-02", "B-2")
    path = written(tmp_path / "list.csv", headings, whole, sparse, empty_box)
    with paper_register(kind, tmp_path) as register:
        report = take(register, path)
        assert (report.lines, report.boxes_added, report.items_added) == (3, 2, 2)
        assert report.warnings == ()
        first, second = all_items(register)
        assert contents(register)["paper_box"] == [
            ("B-1", "西库", "A-01", "S9", 1, "shelved"),
            ("B-2", "西库", "A-02", None, 1, "shelved"),
        ]
        assert contents(register)["paper_import"] == [
            (report.digest, "2026-03-01T09:30:00Z", "archivist-1", 3)
        ]
    assert first == Item(
        item="0007",
        box="B-1",
        folder="F3",
        series="PL",
        record_group="LN-44",
        reference="PL·2014-3",
        year_from=2012,
        year_to=2014,
        stated_period="P30Y",
        volumes=2,
        pages=350,
        sensitivity=Sensitivity.C3,
        scan_status=ScanStatus.QUALITY_CHECKED,
        scan_checked_on=date(2020, 1, 2),
        opened_on=date(2012, 1, 10),
        closed_on=date(2018, 3, 5),
        settled_on=date(2019, 4, 2),
        expired_on=date(2019, 4, 3),
        fiscal_year_end=date(2014, 12, 31),
    )
    assert (second.item, second.settled_on, second.scan_status) == ("0008", None, ScanStatus.NONE)


@pytest.mark.parametrize("kind", KINDS)
def test_one_bad_line_among_many_leaves_the_register_as_it_was(kind: str, tmp_path: Path) -> None:
    lines = [line(f"I-{n}") for n in range(4_500)]
    lines[4_400] = line("I-4400", 结清日期="2019-02-30")
    path = written(tmp_path / "list.csv", HEADINGS, *lines)
    with paper_register(kind, tmp_path) as register:
        problems = refused(register, path)
        assert problems == [
            "4402: Column '结清日期' is no day of the calendar; look it up in the file."
        ]
        assert not any(contents(register).values())


@pytest.mark.parametrize("kind", KINDS)
def test_barcodes_that_differ_in_case_only_are_two_items(kind: str, tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", HEADINGS, line("a1"), line("A1"), line("B1"))
    with paper_register(kind, tmp_path) as register:
        assert take(register, path).items_added == 3
        assert [item.item for item in all_items(register)] == ["A1", "B1", "a1"]


def test_every_problem_of_a_list_is_named_at_once(register: PaperRegister, tmp_path: Path) -> None:
    path = written(
        tmp_path / "list.csv",
        HEADINGS,
        line("I-1"),
        line("I-2", 结清日期="5/3/2014", 册数="two"),
        line("I-1"),
        line("", 档号="PL-4"),
        line("I-5", 盒号=""),
        line("I-6", 架号="A-99"),
        line("I-7", 盒号="B-7", 库房=""),
        line("I-8", 门类=""),
    )
    assert [text.partition(":")[0] for text in refused(register, path)] == [
        *("3", "3", "4", "5", "6", "7", "8", "9")
    ]


def test_no_sentence_repeats_a_cell(register: PaperRegister, tmp_path: Path) -> None:
    planted = "110101199003074477"
    cells = {heading: planted for heading in HEADINGS if heading not in ("盒号", "条码")}
    path = written(
        tmp_path / "list.csv",
        HEADINGS,
        line(planted, 盒号=planted, 库房="West"),
        line(planted, **(cells | {"盒号": planted})),
        [*line("I-3"), planted],
        line("", 盒号=planted, 结清日期=planted),
    )
    problems = refused(register, path)
    assert len(problems) >= 6
    assert planted not in " ".join(problems)


def test_more_problems_than_anyone_reads_are_counted(
    register: PaperRegister, tmp_path: Path
) -> None:
    lines = [line(f"I-{n}", 结清日期="soon") for n in range(MOST_SHOWN + 50)]
    problems = refused(register, written(tmp_path / "list.csv", HEADINGS, *lines))
    assert len(problems) == MOST_SHOWN + 1
    assert problems[-1] == "and 50 more."


def test_a_barcode_twice_names_both_lines_however_far_apart(
    register: PaperRegister, tmp_path: Path
) -> None:
    lines = [line(f"I-{n}") for n in range(5_000)]
    lines[4_999] = line("I-0")
    (problem,) = refused(register, written(tmp_path / "list.csv", HEADINGS, *lines))
    assert problem == "5001: The barcode stands on line 2 too; one barcode is one item."


def test_a_barcode_twice_is_seen_also_where_the_first_line_is_wrong(
    register: PaperRegister, tmp_path: Path
) -> None:
    path = written(tmp_path / "list.csv", HEADINGS, line("I-1", 册数="x"), line("I-1"))
    assert len(refused(register, path)) == 2


@pytest.mark.parametrize("word", ["库房", "架号", "封签号"])
def test_lines_that_contradict_about_a_box_are_refused(
    word: str, register: PaperRegister, tmp_path: Path
) -> None:
    other = line("I-2", **{word: "elsewhere"})
    path = written(tmp_path / "list.csv", HEADINGS, line("I-1", 封签号="S1"), other)
    (problem,) = refused(register, path)
    assert problem.startswith("3: The ")
    assert problem.endswith("of the box is another one than on line 2.")


def test_a_line_may_leave_out_what_an_earlier_one_said_of_the_box(
    register: PaperRegister, tmp_path: Path
) -> None:
    bare = line("I-2", 库房="", 架号="")
    take(register, written(tmp_path / "list.csv", HEADINGS, line("I-1"), bare))
    assert [item.box for item in all_items(register)] == ["B-1", "B-1"]


def test_the_register_says_where_a_known_box_stands(
    register: PaperRegister, tmp_path: Path
) -> None:
    take(register, written(tmp_path / "one.csv", HEADINGS, line("I-1")))
    take(register, written(tmp_path / "two.csv", HEADINGS, line("I-2", 库房="", 架号="")))
    moved = written(tmp_path / "three.csv", HEADINGS, line("I-3", 架号="A-77"))
    (problem,) = refused(register, moved)
    assert problem == (
        "2: The shelf of the box is another one than in the register; ask which holds."
    )


def test_a_later_list_may_repeat_what_is_known_and_adds_the_rest(
    register: PaperRegister, tmp_path: Path
) -> None:
    take(register, written(tmp_path / "march.csv", HEADINGS, line("I-1")))
    report = take(register, written(tmp_path / "april.csv", HEADINGS, line("I-1"), line("I-2")))
    assert (report.known, report.items_added, report.boxes_added) == (1, 1, 0)


def test_a_later_list_changes_nothing_quietly(register: PaperRegister, tmp_path: Path) -> None:
    take(register, written(tmp_path / "march.csv", HEADINGS, line("I-1")))
    changed = line("I-1", 结清日期="2009-04-02", 册数="9")
    (problem,) = refused(register, written(tmp_path / "april.csv", HEADINGS, changed))
    assert problem == (
        "2: The barcode is in the register with another volumes, settled_on; correct one."
    )


def test_the_same_file_again_says_nothing_new(register: PaperRegister, tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", HEADINGS, line("I-1"), line("I-2"))
    take(register, path)
    before = contents(register)
    report = take(register, path)
    assert (report.items_added, report.boxes_added, report.known) == (0, 0, 2)
    assert contents(register) == before


def test_the_same_file_brings_nothing_back_that_has_left(
    register: PaperRegister, tmp_path: Path
) -> None:
    path = written(tmp_path / "list.csv", HEADINGS, line("I-1"), line("I-2"))
    take(register, path)
    with register.writing() as connection:
        connection.execute(paper_item.delete().where(paper_item.c.item == "I-2"))
    (problem,) = refused(register, path)
    assert problem.startswith("This very file was imported on 2026-03-01; 0 boxes and 1 items")


@pytest.mark.parametrize("state", [BoxState.WITHDRAWN, BoxState.DESTROYED])
def test_a_box_that_is_not_on_its_shelf_takes_no_items(
    state: BoxState, register: PaperRegister, tmp_path: Path
) -> None:
    take(register, written(tmp_path / "one.csv", HEADINGS, line("I-1")))
    with register.writing() as connection:
        connection.execute(paper_box.update().values(state=state.value))
    path = written(tmp_path / "two.csv", HEADINGS, line("I-1"), line("I-2"))
    assert refused(register, path) == ["3: The box is not on its shelf and takes no items."]


def test_what_a_list_does_not_say_can_be_said_of_the_whole(
    register: PaperRegister, tmp_path: Path
) -> None:
    path = written(tmp_path / "list.csv", ("盒号", "条码"), ("B-1", "I-1"), ("B-2", ""))
    take(register, path, site="West", series="ACC")
    assert [item.series for item in all_items(register)] == ["ACC"]
    assert contents(register)["paper_site"] == [("West",)]


@pytest.mark.parametrize(
    ("stated", "sentence"),
    [
        ({"shelf": "A"}, "'shelf' cannot be said of a whole list; site and series can."),
        ({"site": "W"}, "The list says its site itself; leave it out of the command."),
        ({"series": "1.2E+11"}, "The series said of the whole list was rounded"),
    ],
)
def test_what_cannot_be_said_of_the_whole_is_refused(
    stated: dict[str, str], sentence: str, register: PaperRegister, tmp_path: Path
) -> None:
    path = written(tmp_path / "list.csv", ("库房", "盒号", "条码"), ("West", "B-1", "I-1"))
    with pytest.raises(UsageError, match=sentence.replace(".", r"\.").replace("+", r"\+")[:40]):
        take(register, path, **stated)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("箱号", "Columns '盒号' and '箱号' mean the same; remove one."),
        ("起始年度", "The years stand in one column and in two; remove one or the other."),
    ],
)
def test_headings_that_leave_something_open_are_refused(
    more: str, sentence: str, register: PaperRegister, tmp_path: Path
) -> None:
    path = written(tmp_path / "list.csv", (*HEADINGS, more), [*line(), ""])
    assert refused(register, path) == [sentence]


def test_items_without_a_series_are_refused_in_one_sentence(
    register: PaperRegister, tmp_path: Path
) -> None:
    path = written(tmp_path / "list.csv", ("库房", "盒号", "条码"), *[("W", "B", "I")] * 9)
    assert refused(register, path) == [
        "No column says the series (门类); add it, or say it of the whole list."
    ]


def test_blank_lines_count_for_nothing(register: PaperRegister, tmp_path: Path) -> None:
    blank = [""] * len(HEADINGS)
    path = written(tmp_path / "l.csv", HEADINGS, blank, line("I-1"), blank, ["", "-"], [], blank)
    assert take(register, path).lines == 1


def test_a_list_without_a_line_is_refused(register: PaperRegister, tmp_path: Path) -> None:
    assert refused(register, written(tmp_path / "list.csv", HEADINGS, [""] * 10)) == [
        "The list has headings and no line; nothing passes by being empty."
    ]


def test_a_cell_beside_the_headings_is_refused(register: PaperRegister, tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", HEADINGS, [*line("I-1"), "", "slipped"])
    assert refused(register, path)[0].startswith("2: Cell 12 stands under no heading")


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"扫描状态": "已质检", "质检日期": ""}, "quality-checked on no day"),
        ({"扫描状态": "已质检", "质检日期": "1900-01-01"}, "quality-checked on no day"),
        ({"扫描状态": "已扫描", "质检日期": "2020-01-01"}, "is not quality-checked"),
    ],
)
def test_a_scan_is_checked_on_a_day_or_not_at_all(
    cells: dict[str, str], sentence: str, register: PaperRegister, tmp_path: Path
) -> None:
    rows = [*HEADINGS, *cells], [*line("I-1"), *cells.values()]
    (problem,) = refused(register, written(tmp_path / "list.csv", *rows))
    assert sentence in problem


def test_years_that_run_backwards_are_refused(register: PaperRegister, tmp_path: Path) -> None:
    (problem,) = refused(register, written(tmp_path / "list.csv", HEADINGS, line(年度="2016-2014")))
    assert "first year is later" in problem


def test_sentinel_dates_are_unknown_and_said_aloud(register: PaperRegister, tmp_path: Path) -> None:
    lines = [line("I-1", 结清日期="1900-01-01"), line("I-2", 结清日期="9999-12-31")]
    report = take(register, written(tmp_path / "list.csv", HEADINGS, *lines))
    assert [item.settled_on for item in all_items(register)] == [None, None]
    assert report.warnings == tuple(
        f"list.csv:{n}: Column '结清日期' stands for no date and is kept as unknown."
        for n in (2, 3)
    )


def test_a_column_nobody_knows_is_said_aloud(register: PaperRegister, tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", (*HEADINGS, "题名"), [*line(), "somebody's loan"])
    (warning,) = take(register, path).warnings
    assert warning == "list.csv: Column '题名' is none that the register keeps; it was not read."
    assert "somebody" not in str(contents(register))


@pytest.mark.postgres
def test_two_writers_at_once_cannot_both_add_a_barcode(tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", HEADINGS, line("I-1"))
    with paper_register("postgresql", tmp_path) as register, ThreadPoolExecutor() as pool:
        with register.writing() as first:
            first.execute(paper_site.insert(), [{"site": "West"}])
            second = pool.submit(take, register, path)
            _wait_until_blocked(register)
        with pytest.raises(StoreBusy, match="Somebody else wrote to the register"):
            second.result(timeout=30)
        assert take(register, path).items_added == 1


def _wait_until_blocked(register: PaperRegister) -> None:
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(200):
        with register.reading() as connection:
            if connection.scalar(waiting):
                return
        time.sleep(0.05)
    raise AssertionError("the second writer never waited for the first")


def test_a_register_that_cannot_be_reached_is_a_sentence(tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", HEADINGS, line())
    register = open_register("records_centre", f"sqlite:///{tmp_path / 'no' / 'such.db'}")
    with pytest.raises(StoreUnreachable, match="The store records_centre cannot be reached"):
        import_list(register, path, by="a", at=AT)


def test_a_url_that_is_none_is_refused_without_repeating_it() -> None:
    with pytest.raises(StoreError) as refusal:
        open_register("records_centre", "oracle://scott:tiger@db")
    assert "tiger" not in str(refusal.value)


@pytest.mark.parametrize("kind", KINDS)
def test_making_the_tables_twice_changes_nothing(kind: str, tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", HEADINGS, line())
    with paper_register(kind, tmp_path) as register:
        take(register, path)
        before = contents(register)
        create_tables(register.engine)
        assert contents(register) == before


@pytest.mark.parametrize("kind", KINDS)
def test_the_tables_know_the_closed_words_only(kind: str, tmp_path: Path) -> None:
    with paper_register(kind, tmp_path) as register:
        take(register, workbook(tmp_path / "list.xlsx", HEADINGS, line()))
        with (
            pytest.raises(StoreError, match="refused a statement"),
            register.writing() as connection,
        ):
            connection.execute(sa.update(paper_box).values(state="somewhere"))
