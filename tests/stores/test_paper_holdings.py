"""Holdings come page by page, and a list written from them says nothing new."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from keepuntil.domain.paper import EVENTS, BoxState, Item, ScanStatus, Sensitivity
from keepuntil.errors import StoreError, UsageError
from keepuntil.stores.paper import Language, PaperRegister, export_list, workbooks
from keepuntil.stores.paper.cells import reader
from keepuntil.stores.paper.columns import BY_FIELD, COLUMNS
from keepuntil.stores.paper.dates import Unreadable
from keepuntil.stores.paper.holdings import boxes, holdings, items, sites
from keepuntil.stores.paper.tables import metadata, paper_box, paper_item, paper_site
from paper_lists import HEADINGS, contents, line, paper_register, take, written
from sql_servers import KINDS


@pytest.fixture
def register(tmp_path: Path) -> Iterator[PaperRegister]:
    with paper_register("sqlite", tmp_path) as register:
        yield register


def shelved(folder: Path) -> Path:
    """Two sites; 7 boxes in one of them, of which box n has n items; one box in the other."""
    lines = [line(f"I-{n}-{i}", 盒号=f"B-{n}") for n in range(1, 8) for i in range(n)]
    empty = line("", 盒号="B-0", 库房="East", 档号="", 年度="", 册数="", 结清日期="")
    return written(folder / "list.csv", HEADINGS, *lines, empty)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_every_page_begins_after_the_one_before(kind: str, size: int, tmp_path: Path) -> None:
    with paper_register(kind, tmp_path) as register:
        take(register, shelved(tmp_path))
        with register.reading() as connection:
            assert [site.site for site in sites(connection)] == ["East", "West"]
            counted: dict[str, int] = {}
            after = None
            while page := boxes(connection, "West", after=after, size=size):
                assert len(page) <= size
                counted |= {each.box.box: each.items for each in page}
                after = page[-1].box.box
            assert counted == {f"B-{n}": n for n in range(1, 8)}
            assert [(each.box.box, each.items) for each in boxes(connection, "East")] == [
                ("B-0", 0)
            ]
            found: list[str] = []
            after = None
            while part := items(connection, "B-5", after=after, size=size):
                found += [item.item for item in part]
                after = part[-1].item
            assert found == [f"I-5-{i}" for i in range(5)]
            everything = [
                (box.box, None if item is None else item.item)
                for box, item in holdings(connection, size=size)
            ]
        expected = [(f"B-{n}", f"I-{n}-{i}") for n in range(1, 8) for i in range(n)]
        assert everything == [("B-0", None), *expected]


def test_sites_come_by_pages_too(register: PaperRegister) -> None:
    with register.writing() as connection:
        connection.execute(sa.insert(paper_site), [{"site": f"S{n}"} for n in range(5)])
        first = sites(connection, size=2)
        second = sites(connection, after=first[-1].site, size=2)
    assert [site.site for site in (*first, *second)] == ["S0", "S1", "S2", "S3"]


def test_a_destroyed_box_is_in_no_list(register: PaperRegister, tmp_path: Path) -> None:
    take(register, shelved(tmp_path))
    with register.writing() as connection:
        gone = sa.update(paper_box).where(paper_box.c.box == "B-3")
        connection.execute(gone.values(state=BoxState.DESTROYED.value))
    assert export_list(register, tmp_path / "out.csv", language=Language.EN) == 26
    assert "B-3" not in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_list_is_written_under_headings_that_are_read_again(
    language: Language, suffix: str, register: PaperRegister, tmp_path: Path
) -> None:
    take(register, shelved(tmp_path))
    path = tmp_path / f"out{suffix}"
    assert export_list(register, path, language=language) == 29
    report = take(register, path)
    assert (report.items_added, report.boxes_added, report.known) == (0, 0, 28)
    assert report.warnings == ()


def test_excel_knows_the_csv_by_its_mark(register: PaperRegister, tmp_path: Path) -> None:
    take(register, shelved(tmp_path))
    export_list(register, tmp_path / "out.csv", language=Language.ZH)
    first = (tmp_path / "out.csv").read_bytes().partition(b"\r\n")[0]
    assert first.startswith(b"\xef\xbb\xbf")
    assert first.decode("utf-8-sig").split(",") == [column.zh for column in COLUMNS]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "'quoted"])
def test_no_text_of_a_list_is_calculated_by_a_spreadsheet(
    text: str, suffix: str, register: PaperRegister, tmp_path: Path
) -> None:
    take(register, written(tmp_path / "list.csv", HEADINGS, line(档号=f"'{text}")))
    path = tmp_path / f"out{suffix}"
    export_list(register, path, language=Language.EN)
    if suffix == ".xlsx":
        sheet = load_workbook(path).worksheets[0]
        place = [column.field for column in COLUMNS].index("reference")
        assert (sheet[2][place].value, sheet[2][place].data_type) == (f"'{text}", "s")
    else:
        assert f"'{text}" in path.read_text(encoding="utf-8-sig")
    assert take(register, path).known == 1


def test_another_suffix_is_refused_and_leaves_nothing(
    register: PaperRegister, tmp_path: Path
) -> None:
    before = set(tmp_path.iterdir())
    with pytest.raises(UsageError, match=r"out\.ods: lists are written as \.csv or \.xlsx"):
        export_list(register, tmp_path / "out.ods", language=Language.EN)
    assert set(tmp_path.iterdir()) == before


def test_a_list_that_cannot_be_written_leaves_the_earlier_one(
    monkeypatch: pytest.MonkeyPatch, register: PaperRegister, tmp_path: Path
) -> None:
    take(register, shelved(tmp_path))
    path = tmp_path / "out.xlsx"
    path.write_bytes(b"the earlier one")
    before = set(tmp_path.iterdir())
    monkeypatch.setattr(workbooks, "MOST_ROWS", 3)
    with pytest.raises(StoreError, match="write it as CSV"):
        export_list(register, path, language=Language.EN)
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(UsageError, match=r"out\.csv: cannot be written"):
        export_list(register, tmp_path / "out.csv", language=Language.EN)
    assert set(tmp_path.iterdir()) == before | {tmp_path / "out.csv"}
    assert path.read_bytes() == b"the earlier one"


def normal(field: str, text: str) -> str | None:
    """The text as importing keeps it; None where it would not."""
    try:
        value = reader(BY_FIELD[field])(f"'{text}")
    except Unreadable:
        return None
    return value if isinstance(value, str) else None


def texts(field: str) -> st.SearchStrategy[str]:
    raw = st.text(min_size=1, max_size=12) | st.sampled_from(["007", "=x", "'", "1E5", "A,B", '"'])
    return raw.map(lambda text: normal(field, text)).filter(bool)  # type: ignore[return-value]


days = st.none() | st.dates(min_value=date(1900, 3, 1), max_value=date(9998, 12, 31)).filter(
    lambda day: day.year not in (1969, 1970)
)
years = st.none() | st.integers(1900, 2100)


@st.composite
def filled_boxes(draw: st.DrawFn) -> list[dict[str, object]]:
    names = draw(st.lists(texts("box"), min_size=1, max_size=4, unique=True))
    return [
        {
            "box": name,
            "site": draw(texts("site")),
            "shelf": draw(st.none() | texts("shelf")),
            "seal": draw(st.none() | texts("seal")),
            "version": 1,
            "state": BoxState.SHELVED.value,
        }
        for name in names
    ]


@st.composite
def filled_items(draw: st.DrawFn, names: list[object]) -> list[dict[str, object]]:
    barcodes = draw(st.lists(texts("item"), max_size=6, unique=True))
    return [draw(filled_item(barcode, draw(st.sampled_from(names)))) for barcode in barcodes]


@st.composite
def filled_item(draw: st.DrawFn, barcode: str, box: object) -> dict[str, object]:
    first, last = sorted((draw(years), draw(years)), key=lambda year: year or 0)
    status = draw(st.sampled_from(ScanStatus))
    checked = draw(days.filter(bool)) if status is ScanStatus.QUALITY_CHECKED else None
    return {
        "item": barcode,
        "box": box,
        "series": draw(texts("series")),
        **{
            field: draw(st.none() | texts(field))
            for field in ("folder", "record_group", "reference")
        },
        "year_from": first,
        "year_to": last,
        "stated_period": draw(st.sampled_from([None, "permanent", "P30Y", "P5Y"])),
        "volumes": draw(st.none() | st.integers(0, 2_147_483_647)),
        "pages": draw(st.none() | st.integers(0, 9_999)),
        "sensitivity": draw(st.none() | st.sampled_from(Sensitivity).map(str)),
        "scan_status": status.value,
        "scan_checked_on": checked,
        **{event: draw(days) for event in EVENTS},
    }


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@given(data=st.data())
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_is_written_reads_as_what_it_was(
    suffix: str, data: st.DataObject, register: PaperRegister, tmp_path: Path
) -> None:
    of_boxes = data.draw(filled_boxes())
    of_items = data.draw(filled_items([box["box"] for box in of_boxes]))
    emptied(register)
    with register.writing() as connection:
        sites_named = sorted({str(box["site"]) for box in of_boxes})
        connection.execute(sa.insert(paper_site), [{"site": site} for site in sites_named])
        connection.execute(sa.insert(paper_box), of_boxes)
        if of_items:
            connection.execute(sa.insert(paper_item), of_items)
    before = contents(register)
    path = tmp_path / f"out{suffix}"
    export_list(register, path, language=data.draw(st.sampled_from(Language)))
    emptied(register)
    report = take(register, path)
    after = contents(register)
    assert report.warnings == ()
    for table in ("paper_site", "paper_box", "paper_item"):
        assert sorted(after[table], key=repr) == sorted(before[table], key=repr)


def emptied(register: PaperRegister) -> None:
    with register.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))


def test_the_tables_and_the_values_have_the_same_fields() -> None:
    assert tuple(paper_item.c.keys()) == tuple(Item.__dataclass_fields__)
    assert {column.field for column in COLUMNS} == (
        set(paper_item.c.keys()) | set(paper_box.c.keys()) - {"version", "state"}
    )
