"""Coverage: category by form, and what is missing, as it was drawn last. No store is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, BackgroundTasks
from fastapi.responses import FileResponse, HTMLResponse

from keepuntil.domain.access import Right
from keepuntil.domain.categories import Form, Text
from keepuntil.errors import RegisterError
from keepuntil.oversight import coverage_page, coverage_workbook, kept_coverage
from keepuntil.oversight.cells import State
from keepuntil.oversight.coverage import COLUMNS, Coverage, Row
from keepuntil.oversight.gaps import FORMS, LABELS, Gap, Lack
from keepuntil.oversight.reports.writing import figures
from keepuntil.pages.downloads import attachment
from keepuntil.pages.permissions import needs
from keepuntil.pages.visiting import Visit

PAGE: Final = 50

WORDS: Final[Mapping[str, Text]] = {
    "title": Text(zh="覆盖", en="Coverage"),
    "lead": Text(
        zh="每个类别、每种形式：保存多久、如何结束、谁负责，以及缺什么。",
        en="Every category in every form: how long, how it ends, who answers for it, and what is "
        "missing.",
    ),
    "as_of": Text(zh="统计于", en="As of"),
    "never": Text(
        zh="尚未统计。由每日早间任务或 keepuntil coverage 统计；本页不查询任何存储。",
        en="Not drawn yet: the DAG of each morning does it, or keepuntil coverage. This page asks "
        "no store.",
    ),
    "export": Text(zh="导出：", en="As a file:"),
    "categories": Text(zh="数据类别", en="categories"),
    "covered": Text(zh="已覆盖的类别与形式", en="forms covered"),
    "of": Text(zh="共", en="of"),
    "missing": Text(zh="缺口", en="gaps"),
    "gaps": Text(zh="缺什么", en="What is missing"),
    "no_gaps": Text(zh="没有缺口。", en="Nothing is missing."),
    "gap": Text(zh="缺口", en="gap"),
    "where": Text(zh="位置", en="where"),
    "what": Text(zh="说明", en="what"),
    "map": Text(zh="总览", en="At a glance"),
    "category": Text(zh="类别", en="category"),
    "ok": Text(zh="已覆盖", en="covered"),
    "absent": Text(zh="不存在", en="not in this form"),
    "unknown": Text(zh="不明", en="unknown"),
    "details": Text(zh="逐项说明", en="In full"),
    "filter": Text(zh="按缺口筛选", en="By what is missing"),
    "every": Text(zh="全部", en="all"),
}

router = APIRouter()


class Written(StrEnum):
    """As what the matrix is handed out."""

    HTML = "html"
    XLSX = "xlsx"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One category of the map."""

    category: str
    title: Text
    by_form: Mapping[Form | None, Row]

    @property
    def held(self) -> list[Row]:
        """Its rows, without the forms it does not exist in."""
        return [row for row in self.by_form.values() if row.state is not State.ABSENT]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the template shows."""

    drawn: Coverage
    gaps: Sequence[Gap]
    """Those of the filter."""
    lines: Sequence[Line]
    next: str | None
    held: int
    whole: int


@router.get("/coverage", name="coverage")
def coverage(
    visit: Annotated[Visit, needs(Right.READ)], after: str = "", gap: str = ""
) -> HTMLResponse:
    """The map and the gaps, of the categories the person may see."""
    drawn = _seen(visit)
    wanted = Lack(gap) if gap in list(Lack) else None
    return visit.page(
        "coverage.html",
        view=None if drawn is None else _view(drawn, after, wanted),
        wanted=wanted,
        ruled={rule.category for rule in visit.rules},
        words=WORDS,
        labels=LABELS,
        forms=FORMS,
        columns=COLUMNS,
        exports=tuple(Written),
    )


@router.get("/coverage/export/{written}", name="coverage_export")
def export(
    visit: Annotated[Visit, needs(Right.READ)], after: BackgroundTasks, written: Written
) -> FileResponse:
    """The same matrix as a page of its own, a workbook, or figures."""
    drawn = _seen(visit)
    if drawn is None:
        raise RegisterError("No coverage was drawn yet: keepuntil coverage")
    write = {
        Written.HTML: lambda path: path.write_text(coverage_page.page(drawn), encoding="utf-8"),
        Written.XLSX: lambda path: coverage_workbook.write(drawn, path),
        Written.JSON: lambda path: _write_figures(drawn, path),
    }[written]
    return attachment(after, f"coverage-{drawn.as_of}.{written}", write)


def _write_figures(drawn: Coverage, path: Path) -> None:
    path.write_bytes(figures(drawn))


def _seen(visit: Visit) -> Coverage | None:
    drawn, categories = kept_coverage.last(visit.installation), visit.categories
    if drawn is None or categories is None:
        return drawn
    return kept_coverage.part_of(drawn, categories)


def _view(drawn: Coverage, after: str, wanted: Lack | None) -> View:
    lines = [line for line in _lines(drawn.rows) if line.category > after]
    held = [row for row in drawn.rows if row.state is not State.ABSENT]
    return View(
        drawn=drawn,
        gaps=[gap for gap in drawn.gaps if wanted in {None, gap.code}],
        lines=lines[:PAGE],
        next=lines[PAGE - 1].category if len(lines) > PAGE else None,
        held=len(held),
        whole=sum(row.state is State.COVERED for row in held),
    )


def _lines(rows: Sequence[Row]) -> list[Line]:
    found = []
    for category, members in groupby(rows, key=lambda row: row.category):
        by_form = {row.form: row for row in members}
        title = next(iter(by_form.values())).title
        found.append(Line(category=category, title=title, by_form=by_form))
    return found
