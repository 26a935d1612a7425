"""The matrix as a page and as a workbook: whole, self-contained, and nothing in it is code."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from disposal_world import AS_OF, World
from keepuntil.domain.categories import Form, Text
from keepuntil.domain.periods import Period, StartRule
from keepuntil.oversight import coverage_workbook
from keepuntil.oversight.coverage import Coverage, cover
from keepuntil.oversight.coverage_page import page
from keepuntil.oversight.gaps import Gap, Lack

VOID = {"meta", "col", "br"}


class Cells(HTMLParser):
    """Each table as rows of texts, and whether every element was closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in {"src", "href"}]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data


@pytest.fixture
def coverage(world: World) -> Coverage:
    """One rule that never ran, known on paper, and a store nobody claims."""
    with (world.policies / "rules" / "statement.yaml").open("a") as file:
        file.write("forms: [electronic, paper]\n")
    with world.open() as installation:
        return cover(installation, AS_OF)


def test_a_page_is_whole_fetches_nothing_and_leaves_no_cell_empty(coverage: Coverage) -> None:
    text = page(coverage)
    read = Cells(text)
    assert read.open == []
    assert read.links == []
    assert "<script" not in text
    assert "url(" not in text
    assert "@import" not in text
    assert [len(table) for table in read.tables] == [1 + 3, 1 + 1, 1 + 3, 1 + 1]
    assert all(cell.strip() for table in read.tables for line in table for cell in line)


def test_a_start_without_a_period_is_a_dash_in_the_classes(coverage: Coverage) -> None:
    other = replace(
        coverage.classes[0],
        start=StartRule.NEXT_JANUARY_1,
        period=Period(years=3),
        categories=("x",),
    )
    (*_, classes) = Cells(page(replace(coverage, classes=(*coverage.classes, other)))).tables
    assert [line[1:] for line in classes] == [["≥P10Y", "≥P3Y"], ["statement", "–"], ["–", "x"]]


def test_a_page_says_every_gap_in_both_languages(coverage: Coverage) -> None:
    text = page(coverage)
    for gap in coverage.gaps:
        assert gap.sentence.zh in text
        assert gap.sentence.en in text


def test_a_page_without_gaps_says_so(coverage: Coverage) -> None:
    assert "Nothing." in page(replace(coverage, gaps=()))


def test_what_people_wrote_is_text_on_the_page(coverage: Coverage) -> None:
    evil = Text(zh="<script>alert(1)</script>", en="a & b")
    gap = Gap(code=Lack.STORE_UNCLAIMED, where='"><img src=x>', sentence=evil)
    rows = tuple(replace(row, title=evil) for row in coverage.rows)
    text = page(replace(coverage, rows=rows, gaps=(gap,), controller="<b>"))
    assert "<script" not in text
    assert "<img" not in text
    assert "<b>&" not in text
    assert "a &amp; b" in text
    assert Cells(text).links == []


def test_a_workbook_has_a_line_for_every_form_and_no_empty_cell(
    coverage: Coverage, tmp_path: Path
) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="needs keepuntil[paper]")
    coverage_workbook.write(coverage, tmp_path / "coverage.xlsx")
    book = openpyxl.load_workbook(tmp_path / "coverage.xlsx")
    matrix, gaps, classes = book.worksheets
    assert (matrix.max_row, matrix.max_column) == (1 + len(Form), 10)
    assert (gaps.max_row, classes.max_row) == (1 + len(coverage.gaps), 2)
    assert all(cell.value for sheet in book for line in sheet.iter_rows() for cell in line)


def test_no_cell_of_a_workbook_is_a_formula(coverage: Coverage, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="needs keepuntil[paper]")
    formula = "=HYPERLINK(1)"
    gap = Gap(code=Lack.STORE_UNCLAIMED, where=formula, sentence=Text(zh=formula, en=formula))
    coverage_workbook.write(replace(coverage, gaps=(gap,)), tmp_path / "coverage.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "coverage.xlsx").worksheets[1]
    assert [(cell.value, cell.data_type) for cell in sheet[2][1:]] == [(formula, "s")] * 3
