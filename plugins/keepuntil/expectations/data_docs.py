"""The pages of one validation, fit to be kept as evidence.

Great Expectations' own page asks nine other hosts for styles and scripts, which an
archive must not do and a bank's network will not allow. What it says is kept; how
it looks comes from a few lines here, and a content security policy makes a browser
refuse whatever else might be in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from html import escape
from pathlib import Path
from typing import Final

from keepuntil.domain.categories import Text
from keepuntil.expectations.facts import InstanceFacts

INDEX_FILE: Final = "index.html"

_HEAD: Final = """<!DOCTYPE html>
<html lang="zh">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; color: #1c2733; margin: 2rem auto; padding: 0 1.5rem;
       max-width: 76rem }}
h1 {{ font-size: 1.4rem }} h5 {{ font-size: 1.1rem; margin: 1.2rem 0 .3rem }}
h6 {{ font-size: .95rem; margin: .8rem 0 .2rem }}
table {{ border-collapse: collapse; margin: .5rem 0 }}
th, td {{ border: 1px solid #d5dce3; padding: .3rem .6rem; text-align: left; vertical-align: top }}
td td {{ border: 0; padding: 0 }} td p {{ margin: 0 }} td.count {{ text-align: right }}
.scroll {{ overflow-x: auto }}
code, pre {{ font-size: .85rem; white-space: pre-wrap }}
a {{ color: #0b5cad }} ul {{ padding-left: 1.2rem }}
.fa-check-circle::before {{ content: "\\2713"; color: #1a7f37 }}
.fa-times::before {{ content: "\\2717"; color: #b42318 }}
.fa-exclamation-triangle::before {{ content: "\\26a0"; color: #b25e00 }}
.fa-info-circle::before {{ content: "\\2139"; color: #0b5cad }}
i.fas {{ font-style: normal; font-weight: bold }}
.no-print, nav {{ display: none }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #14191f; color: #dbe2ea }} th, td {{ border-color: #35404c }}
  a {{ color: #7ab8ff }} }}
</style>
</head>
<body>
"""
_FOOT: Final = "</body>\n</html>\n"

_MAIN: Final = re.compile(r'<div class="col-md-10[^"]*">(.*)</body>', re.DOTALL)
_LINK: Final = re.compile(r'\bhref="(?!#)[^"]*"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One check as it stands on the index page."""

    name: str
    verdict: str
    sentence: Text
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One page of Great Expectations, as it rendered it. An empty page: it could not run."""

    name: str
    page: str
    lines: tuple[Line, ...]


def write_site(
    folder: Path, run_name: str, facts: Sequence[InstanceFacts], sections: Sequence[Section]
) -> Path:
    """Write the counts and every section to one folder; the index page comes back."""
    for section in sections:
        (folder / f"{section.name}.html").write_text(
            _page(f"{section.name} · {run_name}", _quiet(section)), encoding="utf-8"
        )
    body = f"<h2>第二读者的计数 What the second reader counted</h2>{_facts_table(facts)}"
    body += "".join(map(_checks_table, sections))
    index = folder / INDEX_FILE
    index.write_text(_page(f"核验 Verification · {run_name}", body), encoding="utf-8")
    return index


def _page(title: str, body: str) -> str:
    return f"{_HEAD.format(title=escape(title))}<h1>{escape(title)}</h1>\n{body}\n{_FOOT}"


def _quiet(section: Section) -> str:
    """What the page says. Its frame is left out: scripts, styles and links to a whole site."""
    found = _MAIN.search(section.page)
    if found is None:
        return "<p>此检查未能执行。 This check could not be run.</p>"
    return _LINK.sub(f'href="{INDEX_FILE}"', found[1])


def _facts_table(facts: Sequence[InstanceFacts]) -> str:
    rows = []
    for field in fields(InstanceFacts):
        cells = "".join(_cell(getattr(fact, field.name)) for fact in facts)
        rows.append(f"<tr><th>{escape(field.name.replace('_', ' '))}</th>{cells}</tr>")
    return f'<div class="scroll"><table>{"".join(rows)}</table></div>'


def _checks_table(section: Section) -> str:
    rows = "".join(
        f"<tr><td>{escape(line.verdict)}</td><td><b>{escape(line.name)}</b>"
        f"<p>{escape(line.sentence.zh)}</p><p>{escape(line.sentence.en)}</p></td>"
        f"<td><code>{escape(line.sql)}</code></td></tr>"
        for line in section.lines
    )
    name = escape(section.name)
    return f'<h2>检查 Checks: <a href="{name}.html">{name}</a></h2><table>{rows}</table>'


def _cell(value: str | int | None) -> str:
    if isinstance(value, str):
        return f"<td>{escape(value)}</td>"
    return f'<td class="count">{"–" if value is None else format(value, ",")}</td>'
