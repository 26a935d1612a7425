"""The coverage matrix as one HTML file: no script, nothing fetched, printable on A4 across."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import groupby
from typing import Final

from keepuntil.domain.categories import Form, Text
from keepuntil.domain.periods import StartRule
from keepuntil.oversight.cells import Cell, State
from keepuntil.oversight.classes import DeletionClass, distinct_periods
from keepuntil.oversight.coverage import COLUMNS, Coverage, Row
from keepuntil.oversight.gaps import FORMS, LABELS, Gap

UNKNOWN: Final = Text(zh="形式不明", en="unknown form")

STARTS: Final[Mapping[StartRule | None, Text]] = {
    StartRule.EVENT_NEXT_DAY: Text(zh="事件次日", en="day after the event"),
    StartRule.YEAR_OF_EVENT: Text(zh="事件当年", en="year of the event"),
    StartRule.FISCAL_YEAR_AFTER: Text(zh="会计年度终了后", en="after the fiscal year"),
    StartRule.NEXT_JANUARY_1: Text(zh="次年1月1日", en="next 1 January"),
    None: Text(zh="永久", en="permanent"),
}

_STYLE: Final = """
@page { size: A4 landscape; margin: 11mm 10mm 13mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #777 } }
* { box-sizing: border-box }
html { font: 10px/1.42 "Noto Sans", "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC",
  "Microsoft YaHei", system-ui, sans-serif; color: #1c2530; background: #fff }
body { margin: 0 auto; max-width: 1500px; padding: 28px 32px 48px }
h1 { font-size: 21px; font-weight: 600; margin: 0 }
h1 small, h2 small { font-weight: 400; color: #67737f; margin-left: .5em }
h2 { font-size: 14px; font-weight: 600; margin: 26px 0 8px; break-after: avoid }
p { margin: 3px 0; color: #4a5560 }
.figures { display: flex; gap: 34px; margin: 16px 0 4px }
.figures div { font-size: 10px; color: #67737f }
.figures b { display: block; font-size: 25px; line-height: 1.15; font-weight: 600; color: #1c2530 }
.figures .bad b { color: #b3261e } .figures .good b { color: #1d7044 }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
thead { display: table-header-group }
th, td { border: 1px solid #d5dbe1; padding: 4px 6px; text-align: left; vertical-align: top;
  overflow-wrap: anywhere }
thead th { background: #eef1f4; font-weight: 600; white-space: nowrap }
tr { break-inside: avoid }
.zh { display: block } .en { display: block; color: #67737f }
.gap { background: #fdeceA } .gap .zh { color: #8c1d18 } .gap .en { color: #a2453f }
.full .gap .zh { color: inherit } .full .gap .en { color: #67737f }
.mark { display: block; color: #b3261e; font-weight: 600 }
.absent { background: #f7f8f9; color: #8b959f } .absent .zh, .absent .en { color: #8b959f }
.map td, .map th { text-align: center; vertical-align: middle } .map .name { text-align: left }
.map .covered { background: #dff1e6; color: #1d7044 } .map .gap { color: #8c1d18 }
.map { width: auto } .map td { min-width: 92px }
.full { table-layout: fixed } .full .name { background: #fbfcfd }
.full thead th { white-space: normal }
.full .code { font-size: .9em; color: #67737f }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .9em }
.none { color: #1d7044 }
@media print { body { padding: 0; max-width: none } html { print-color-adjust: exact;
  -webkit-print-color-adjust: exact; font-size: 8px } h2.new { break-before: page } }
"""


def page(coverage: Coverage) -> str:
    """The whole document, in Chinese and English."""
    return "\n".join(
        [
            '<!doctype html>\n<html lang="zh">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Coverage {coverage.as_of} · {escape(coverage.controller)}</title>",
            f"<style>{_STYLE}</style>\n</head>\n<body>",
            *_head(coverage),
            *_missing(coverage.gaps),
            *_map(coverage.rows),
            *_full(coverage.rows),
            *_classes(coverage.classes),
            "</body>\n</html>",
        ]
    )


def _head(coverage: Coverage) -> Iterator[str]:
    held = [row for row in coverage.rows if row.state is not State.ABSENT]
    whole = sum(row.state is State.COVERED for row in held)
    categories = len({row.category for row in coverage.rows})
    yield "<h1>数据处置覆盖表<small>Coverage of retention and disposal</small></h1>"
    yield f"<p>{escape(coverage.controller)} · {coverage.as_of}</p>"
    yield '<div class="figures">'
    yield _figure(categories, Text(zh="数据类别", en="categories"))
    yield _figure(f"{whole} / {len(held)}", Text(zh="类别×形式，已覆盖", en="forms covered"))
    kind = "bad" if coverage.gaps else "good"
    yield _figure(len(coverage.gaps), Text(zh="缺口", en="gaps"), kind)
    yield _figure(
        distinct_periods(coverage.classes), Text(zh="在用期限", en="distinct periods in use")
    )
    yield "</div>"


def _figure(number: object, words: Text, kind: str = "") -> str:
    return f'<div class="{kind}"><b>{number}</b>{escape(words.zh)} {escape(words.en)}</div>'


def _missing(gaps: Iterable[Gap]) -> Iterator[str]:
    yield "<h2>缺口<small>What is missing</small></h2>"
    rows = list(gaps)
    if not rows:
        yield '<p class="none">无。 Nothing.</p>'
        return
    yield "<table><thead><tr><th>问题 Gap</th><th>位置 Where</th><th>说明 What</th></tr></thead>"
    for gap in rows:
        yield (
            f"<tr><td>{_both(LABELS[gap.code])}</td><td><code>{escape(gap.where)}</code></td>"
            f"<td>{_both(gap.sentence)}</td></tr>"
        )
    yield "</table>"


def _map(rows: Iterable[Row]) -> Iterator[str]:
    """Category × form at a glance."""
    yield "<h2>总览<small>At a glance</small></h2>"
    yield '<table class="map"><thead><tr><th>类别 Category</th>'
    yield "".join(f"<th>{_line(FORMS[form])}</th>" for form in Form) + "</tr></thead>"
    for category, members in groupby(rows, key=lambda row: row.category):
        by_form = {row.form: row for row in members}
        title = next(iter(by_form.values())).title
        marks = "".join(_mark(by_form.get(form), None in by_form) for form in Form)
        yield f'<tr><td class="name">{escape(title.zh)} <code>{category}</code></td>{marks}</tr>'
    yield "</table>"


def _mark(row: Row | None, unknown: bool) -> str:
    if row is None:
        return '<td class="gap">? 不明 unknown</td>' if unknown else '<td class="absent">–</td>'
    words = {State.COVERED: "✓", State.ABSENT: "–"}
    missing = dict.fromkeys(gap.code for cell in row.cells for gap in cell.gaps)
    text = words.get(row.state) or "<br>".join(f"✗ {_line(LABELS[code])}" for code in missing)
    return f'<td class="{row.state}">{text}</td>'


_WIDTHS: Final = (11, 6, 13, 13, 13, 17, 11, 8, 8)
"""Of the category, the form and the seven columns, in percent of the table."""


def _full(rows: Iterable[Row]) -> Iterator[str]:
    yield '<h2 class="new">覆盖表<small>Every category in every form</small></h2>'
    yield '<table class="full"><colgroup>'
    yield "".join(f'<col style="width: {width}%">' for width in _WIDTHS)
    yield "</colgroup><thead><tr><th>类别<br>Category</th><th>形式<br>Form</th>"
    yield "".join(f"<th>{w.zh}<br>{w.en}</th>" for w in COLUMNS.values()) + "</tr></thead>"
    for category, members in groupby(rows, key=lambda row: row.category):
        yield "<tbody>"
        yield from _category(category, list(members))
        yield "</tbody>"
    yield "</table>"


def _category(category: str, rows: list[Row]) -> Iterator[str]:
    """Its rows; the forms in which it does not exist share the last one."""
    held = [row for row in rows if row.state is not State.ABSENT]
    missing = [row for row in rows if row.state is State.ABSENT]
    title = rows[0].title
    name = (
        f'<td class="name" rowspan="{len(held) + bool(missing)}">{_both(title)}'
        f'<span class="code"><code>{escape(category)}</code></span></td>'
    )
    for row in held:
        form = FORMS[row.form] if row.form else UNKNOWN
        yield f"<tr>{name}<td>{_both(form)}</td>{''.join(_merged(row.cells))}</tr>"
        name = ""
    if missing:
        yield f"<tr>{name}{_absent(missing)}</tr>"


def _absent(rows: list[Row]) -> str:
    forms = [FORMS[row.form] for row in rows if row.form]
    said = rows[0].period.words
    text = Text(
        zh=f"{'、'.join(form.zh for form in forms)}：{said.zh}",
        en=f"{', '.join(form.en for form in forms)}: {said.en}",
    )
    return f'<td class="absent" colspan="{1 + len(COLUMNS)}">{_both(text)}</td>'


def _merged(cells: Iterable[Cell]) -> Iterator[str]:
    """Neighbours that lack the very same thing say it once, and have room for the sentence."""
    for cell, same in groupby(cells):
        span = len(list(same))
        said = _both(cell.words) if span > 1 else _narrow(cell)
        yield f'<td class="{cell.state}" colspan="{span}">{said}</td>'


def _narrow(cell: Cell) -> str:
    """What is settled, and the names of its gaps: their sentences stand above."""
    said = _both(cell.text) if cell.text is not None else ""
    named = dict.fromkeys((LABELS[gap.code], gap.items) for gap in cell.gaps)
    return said + "".join(f'<span class="mark">✗ {n or ""} {_line(w)}</span>' for w, n in named)


def _classes(classes: tuple[DeletionClass, ...]) -> Iterator[str]:
    """Start × period: who is kept equally long from the same kind of start."""
    lengths = list(dict.fromkeys(each.length for each in classes))
    yield "<h2>处置分类<small>Deletion classes: start × period (after ISO/IEC 27555)</small></h2>"
    yield "<table><thead><tr><th>起算 Start</th>"
    yield "".join(f"<th>{escape(length)}</th>" for length in lengths) + "</tr></thead>"
    for start, words in STARTS.items():
        mine = {each.length: each.categories for each in classes if each.start == start}
        if mine:
            cells = (mine.get(length, ("–",)) for length in lengths)
            filled = "".join(
                f"<td>{'<br>'.join(f'<code>{escape(name)}</code>' for name in names)}</td>"
                for names in cells
            )
            yield f"<tr><th>{_both(words)}</th>{filled}</tr>"
    yield "</table>"


def _both(text: Text) -> str:
    return (
        f'<span class="zh" lang="zh">{escape(text.zh)}</span>'
        f'<span class="en" lang="en">{escape(text.en)}</span>'
    )


def _line(text: Text) -> str:
    return f"{escape(text.zh)} {escape(text.en)}"
