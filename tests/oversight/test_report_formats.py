"""One report, three formats: the same figures, nothing personal, nothing that runs."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import docx
import pytest

from disposal_world import World
from keepuntil.documents.reports.manuscript import Figure, Grid, Highlights, Manuscript
from keepuntil.documents.reports.printed import pdf
from keepuntil.documents.reports.web_page import page
from keepuntil.documents.reports.word_file import EAST_ASIAN
from keepuntil.documents.reports.word_file import docx as word
from keepuntil.domain.categories import Text
from keepuntil.errors import UsageError
from keepuntil.oversight.reports import writing
from keepuntil.oversight.reports.monthly import MonthlyReport
from keepuntil.oversight.reports.monthly_manuscript import manuscript
from paper import overlapping, run_together, texts, words
from reports_world import PLANTED, Page, a_month, report_of, word_tables

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])
DIGEST = f"sha256:{'ab' * 32}"


@pytest.fixture
def report(world: World) -> MonthlyReport:
    a_month(world)
    return report_of(world)


def grids(written: Manuscript) -> list[list[list[str]]]:
    """Every table of a manuscript, its head first and its total last."""
    return [
        [
            [column.title for column in part.columns],
            *(list(row) for row in part.rows),
            *([list(part.total)] if part.total else []),
        ]
        for part in written.parts
        if isinstance(part, Grid)
    ]


def figures_of(line: list[str]) -> list[str]:
    return [cell for cell in line if re.fullmatch(r"[\d,]+", cell)]


@LANGUAGES
def test_all_three_formats_say_the_figures_of_the_value(
    report: MonthlyReport, tmp_path: Path, language: str
) -> None:
    written = manuscript(report, DIGEST, language)  # type: ignore[arg-type]
    (place,) = report.places
    row = [place.due, place.destroyed, place.absent, place.held, place.open]
    figures = [*row, place.not_computable, place.overdue]
    tables = grids(written)
    assert tables[0][1][2:] == [f"{one:,}" for one in figures]
    assert tables[0][1][2:] == tables[0][-1][2:]
    assert Page(page(written)).tables == tables
    assert word_tables(word(written)) == tables
    (tmp_path / "report.pdf").write_bytes(pdf(written))
    printed = run_together("".join(texts(tmp_path / "report.pdf")))
    for table in tables:
        for line in table[1:]:
            for cell in line:
                assert run_together(cell) in printed


@LANGUAGES
def test_the_first_figures_are_in_all_three_formats(
    report: MonthlyReport, tmp_path: Path, language: str
) -> None:
    written = manuscript(report, DIGEST, language)  # type: ignore[arg-type]
    (first,) = [part for part in written.parts if isinstance(part, Highlights)]
    (tmp_path / "report.pdf").write_bytes(pdf(written))
    printed = run_together("".join(texts(tmp_path / "report.pdf")))
    shown = "".join(Page(page(written)).said)
    typed = "".join(
        cell.text
        for table in docx.Document(io.BytesIO(word(written))).tables
        for row in table.rows
        for cell in row.cells
    )
    for one in first.figures:
        assert f"{one.figure}{one.words}" in shown
        assert f"{one.figure}\n{one.words}" in typed
        assert run_together(one.words) in printed


@LANGUAGES
def test_no_format_names_a_person_or_a_record(
    report: MonthlyReport, tmp_path: Path, language: str
) -> None:
    written = manuscript(report, DIGEST, language)  # type: ignore[arg-type]
    (tmp_path / "report.pdf").write_bytes(pdf(written))
    said = [
        page(written),
        "".join(texts(tmp_path / "report.pdf")),
        ZipFile(io.BytesIO(word(written))).read("word/document.xml").decode(),
        writing.figures(report).decode(),
    ]
    for planted in PLANTED:
        assert not [text for text in said if planted in text]


def test_both_languages_say_the_same_figures(report: MonthlyReport) -> None:
    zh, en = (grids(manuscript(report, DIGEST, language)) for language in ("zh", "en"))  # type: ignore[arg-type]
    assert [len(table) for table in zh] == [len(table) for table in en]
    for mine, other in zip(zh, en, strict=True):
        assert [figures_of(line) for line in mine[1:]] == [figures_of(line) for line in other[1:]]


def test_a_page_fetches_nothing_and_runs_nothing(report: MonthlyReport) -> None:
    text = page(manuscript(report, DIGEST, "zh"))
    assert Page(text).links == []
    for word_of_code in ("<script", "url(", "@import", "onload"):
        assert word_of_code not in text


def test_what_people_wrote_is_text_in_every_format(report: MonthlyReport, tmp_path: Path) -> None:
    evil = Text(zh="<script>#panic()</script>", en="<b>&amp;")
    nights = tuple(replace(one, title=evil) for one in report.nights)
    covered = tuple(replace(one, title=evil) for one in report.coverage)
    ahead = tuple(replace(one, title=evil) for one in report.falling_due)
    changed = replace(report, nights=nights, coverage=covered, falling_due=ahead)
    written = manuscript(changed, DIGEST, "zh")
    assert "<script" not in page(written)
    assert evil.zh in Page(page(written)).tables[0][1][0]
    assert word_tables(word(written))[0][1][0] == evil.zh
    (tmp_path / "report.pdf").write_bytes(pdf(written))
    assert run_together(evil.zh) in run_together("".join(texts(tmp_path / "report.pdf")))


def test_an_empty_month_says_so_and_draws_nothing_empty(world: World) -> None:
    written = manuscript(report_of(world), DIGEST, "en")
    said = " ".join(part.text for part in written.parts if hasattr(part, "text"))
    for sentence in (
        "Nothing was due in the last twelve months.",
        "Nothing is overdue.",
        "Nothing falls due in the next 24 months.",
        "No certificate was issued",
        "No hold is in force.",
        "No spot check was ordered",
        "There are no findings",
    ):
        assert sentence in said
    # What is covered can always be drawn.
    assert len([part for part in written.parts if isinstance(part, Figure)]) == 1


def test_a_word_file_has_real_headings_repeated_heads_and_words_for_pictures(
    report: MonthlyReport,
) -> None:
    written = manuscript(report, DIGEST, "zh")
    book = docx.Document(io.BytesIO(word(written)))
    headings = [p.text for p in book.paragraphs if p.style and p.style.name == "Heading 1"]
    assert headings[:2] == ["概要", "到期与销毁"]
    pictures = [part for part in written.parts if isinstance(part, Figure)]
    assert [shape._inline.docPr.get("descr") for shape in book.inline_shapes] == [
        part.picture.alt for part in pictures
    ]
    for style in ("Normal", "Heading 1", "Title", "Caption"):
        assert book.styles[style].element.rPr.rFonts.get(f"{W}eastAsia") == EAST_ASIAN
        assert not [k for k in book.styles[style].element.rPr.rFonts.attrib if "Theme" in k]


@LANGUAGES
def test_no_words_of_a_printed_report_lie_on_each_other(
    report: MonthlyReport, tmp_path: Path, language: str
) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf(manuscript(report, DIGEST, language)))  # type: ignore[arg-type]
    for printed in words(path):
        assert overlapping(printed) == []


def test_every_picture_is_whole_and_says_itself_in_words(report: MonthlyReport) -> None:
    for part in manuscript(report, DIGEST, "en").parts:
        if isinstance(part, Figure):
            root = ET.fromstring(part.picture.svg)
            assert root.get("aria-label") == part.picture.alt
            assert re.search(r"\d", part.picture.alt)


@pytest.mark.parametrize("ending", ["html", "docx", "pdf"])
def test_every_format_names_the_digest_of_the_json_file(
    report: MonthlyReport, tmp_path: Path, ending: str
) -> None:
    counted, path = tmp_path / "report.json", tmp_path / f"report.{ending}"
    said = writing.write(report, manuscript, "zh", path)
    assert writing.write(report, manuscript, "zh", counted) == said
    assert said == f"sha256:{sha256(counted.read_bytes()).hexdigest()}"
    assert json.loads(counted.read_bytes())["month"] == "2026-11"
    if ending == "html":
        assert said in path.read_text("utf-8")
    elif ending == "pdf":
        assert all(said in run_together(text) for text in texts(path))
    else:
        foot = docx.Document(path).sections[0].footer
        assert said in foot.paragraphs[0].text


def test_an_ending_that_is_no_format_is_refused_before_anything_is_read() -> None:
    with pytest.raises(UsageError, match=r"\.html, \.docx, \.pdf, \.json"):
        writing.refuse_unknown(Path("report.xls"))
