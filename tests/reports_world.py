"""A month in the small bank, with its figures worked out by hand, and what files of it say."""

from __future__ import annotations

import io
from datetime import date
from html.parser import HTMLParser

import docx

from disposal_world import AS_OF, World
from keepuntil.disposal import nights
from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.oversight.reports.monthly import MonthlyReport, monthly
from keepuntil.oversight.reports.months import Month
from keepuntil.register import holds, plans

NOVEMBER = Month(2026, 11)

GONE = ("A000001-2016-01-05.pdf", "A000002-2016-11-20.pdf")
"""Due on the night of AS_OF, and destroyed."""
HELD = "A000003-2016-06-01.pdf"
DATELESS = "A000004-9999-12-31.pdf"
LATE = "A000005-2016-03-01.pdf"
"""Turns up after the night: due on 2026-03-02, to be gone by 2026-05-31, 176 days late."""
AHEAD = ("A000006-2016-12-15.pdf", "A000007-2017-01-20.pdf", "A000008-2017-01-25.pdf")
"""Fall due one month later, and two of them in the month after that."""

PLANTED = ("Zhang Planted-Name", "A000003", "A000005", "张三")


def a_month(world: World) -> None:
    """One night that destroys two, holds one, cannot date one; then one turns up late."""
    world.issue(*GONE, HELD, DATELESS, *AHEAD)
    with world.open() as installation:
        holds.add(
            installation.register,
            Hold(
                hold_id="LIT-2026-014",
                mandate="court order 14",
                owner="legal",
                category="statement",
                instance=None,
                scope=HoldScope.RECORD_GROUP,
                value="A000003",
                placed_at=world.moment,
                review_by=date(2026, 11, 1),
            ),
        )
        plan_id = world.plan(installation)
        world.certify(installation, world.destroy(installation, plan_id))
        nights.record(installation, plans.load(installation.register, plan_id).plan, "certified")
    world.issue(LATE)


def report_of(world: World, as_of: date = AS_OF) -> MonthlyReport:
    with world.open() as installation:
        return monthly(installation, NOVEMBER, as_of)


class Page(HTMLParser):
    """What a page says: its tables, its links, everything it shows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.links: list[str] = []
        self.said: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in {"src", "href"}]
        self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.said.append(data)
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data


def word_tables(data: bytes) -> list[list[list[str]]]:
    """The tables of a Word file that have a head, cell by cell."""
    return [
        [[cell.text for cell in row.cells] for row in table.rows]
        for table in docx.Document(io.BytesIO(data)).tables
        if table._tbl.xpath(".//w:tblHeader")
    ]
