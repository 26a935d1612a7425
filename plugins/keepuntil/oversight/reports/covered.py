"""What reports say of coverage: a picture of category × form, and the gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from keepuntil.documents.charts.heat_map import Heat, HeatCell, heat_map
from keepuntil.documents.reports.manuscript import Figure, Heading, Part, table_or
from keepuntil.documents.typesetting import Language
from keepuntil.documents.words import spoken
from keepuntil.domain.categories import Form
from keepuntil.oversight.cells import State
from keepuntil.oversight.gaps import FORMS, LABELS, Lack
from keepuntil.oversight.reports.monthly import CoveredForm, MonthlyReport
from keepuntil.oversight.reports.saying import Say, words

_ROWS_OF_A_MAP: Final = 34
"""Categories in one picture; more go on in the next, so that none is higher than a sheet."""


def covered(report: MonthlyReport, say: Say, language: Language) -> Iterator[Part]:
    """Category × form as a picture, and every gap in words."""
    yield Heading(text=say("覆盖情况", "Coverage"))
    rows = [
        (spoken(forms[0].title, language), _heat(forms, say, language))
        for forms in _by_category(report.coverage)
    ]
    caption = say("类别 × 形式", "Category × form")
    for first in range(0, len(rows), _ROWS_OF_A_MAP):
        part = rows[first : first + _ROWS_OF_A_MAP]
        alt = _map_in_words(part, say)
        picture = heat_map([spoken(FORMS[form], language) for form in Form], part, alt=alt)
        yield Figure(picture=picture, caption=caption)
    yield table_or(
        say("没有缺口。", "Nothing is missing."),
        (words(say("缺口", "What is missing")),),
        [(spoken(gap, language),) for gap in report.gaps],
    )


def _by_category(coverage: Sequence[CoveredForm]) -> list[list[CoveredForm]]:
    return [list(forms) for _, forms in groupby(coverage, key=lambda one: one.category)]


def _heat(forms: Sequence[CoveredForm], say: Say, language: Language) -> list[HeatCell]:
    by_form = {one.form: one for one in forms}
    unknown = HeatCell(heat=Heat.BAD, mark=say("不明", "unknown"))
    nothing = unknown if None in by_form else HeatCell(heat=Heat.NONE, mark="–")
    return [_cell(by_form[form], language) if form in by_form else nothing for form in Form]


def _cell(one: CoveredForm, language: Language) -> HeatCell:
    if one.state is State.COVERED:
        return HeatCell(heat=Heat.GOOD, mark="✓")
    if one.state is State.ABSENT:
        return HeatCell(heat=Heat.NONE, mark="–")
    first = spoken(LABELS[one.lacks[0]], language)
    more = len(one.lacks) - 1
    heat = Heat.WORSE if Lack.OVERDUE in one.lacks else Heat.BAD
    return HeatCell(heat=heat, mark=f"✗ {first}{f' +{more}' * bool(more)}")


def _map_in_words(rows: Sequence[tuple[str, Sequence[HeatCell]]], say: Say) -> str:
    cells = [cell.heat for _, line in rows for cell in line]
    good, lacking = cells.count(Heat.GOOD), cells.count(Heat.BAD) + cells.count(Heat.WORSE)
    return say(
        f"类别与形式的覆盖：{good} 格已覆盖，{lacking} 格有缺口，缺口见下表。",
        f"Coverage of categories by form: {good} cells are covered, {lacking} have gaps, which "
        "the table below names.",
    )
