"""The records centre: boxes of paper on shelves, and the list in which its archive delivers them.

Three series, equally many boxes of twenty. An archive shelves what ends together side by
side, so a box is due as a whole or not at all, but for the folders that were misfiled: in
one box of five. The list is a CSV in GBK with the headings, dates and periods that
archives write; the register is filled from it by the same import that a bank uses.
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from random import Random
from typing import Final

from keepuntil.demo import planted
from keepuntil.demo.scenario import Scale
from keepuntil.disposal.installation import utc_now
from keepuntil.errors import UsageError
from keepuntil.stores.paper import ImportReport, create_tables, import_list, open_register

NAME: Final = "records_centre"
ARCHIVIST: Final = "A1001"

VOUCHERS: Final = "KJ"
LOANS: Final = "DK"
POLICIES: Final = "BX"
SERIES: Final = (VOUCHERS, LOANS, POLICIES)

PER_BOX: Final = 20
MISFILED: Final = 7
"""The place in a box at which a folder of another box was put."""
EDGE: Final = 12
"""So many folders of the box between due and not due are due."""

_TITLE: Final = "云州银行档案中心 库存档案清单"
_HEADINGS: Final = (
    *("库房", "架号", "盒号", "封签号", "条码", "案卷号", "门类", "关联组", "档号", "年度"),
    *("保管期限", "册数", "页数", "密级", "扫描状态", "扫描质检日期"),
    *("会计年度终了日", "到期日期"),
)
_SITES: Final = ("城东档案库", "北陵档案库")
_FULL_WIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")
_CHECKED_ON: Final = date(2024, 6, 28)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """One item before it has a box and a barcode. Days are as the archive wrote them."""

    group: str = ""
    year: int
    period: str
    scanned: bool = False
    fiscal_year_end: str = ""
    expired_on: str = ""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A folder with its barcode, and the box it lies in."""

    item: str
    box: str
    series: str
    folder: Folder


def build(register: Path, delivered: Path, bank: Path, scale: Scale, seed: int) -> ImportReport:
    """Write the archive's list and take it into a new register. Both files must be new.

    Raises UsageError when the import warns of something else than was planted.
    """
    with delivered.open("x", encoding="gbk", newline="") as file:
        table = csv.writer(file)
        table.writerow([_TITLE])
        table.writerow(_HEADINGS)
        table.writerows(map(_line, contents(bank, scale, seed)))
    paper = open_register(NAME, f"sqlite:///{register}")
    try:
        create_tables(paper.engine)
        report = import_list(paper, delivered, by=ARCHIVIST, at=utc_now())
    finally:
        paper.close()
    if len(report.warnings) != planted.PAPER_WARNINGS:
        raise UsageError("\n".join(("The archive's list was read otherwise:", *report.warnings)))
    return report


def contents(bank: Path, scale: Scale, seed: int) -> Iterator[Shelved]:
    """Everything on the shelves, box by box; the same for the same bank, seed and scale."""
    random = Random(seed)
    size = scale.boxes_a_series
    shelves = {
        VOUCHERS: _vouchers(size),
        LOANS: _loans(bank, scale),
        POLICIES: _policies(size, random),
    }
    for series, folders in shelves.items():
        boxes = [folders[start : start + PER_BOX] for start in range(0, len(folders), PER_BOX)]
        _misfile(boxes, random)
        yield from chain.from_iterable(
            _numbered(series, number, box) for number, box in enumerate(boxes)
        )


def box_code(series: str, number: int) -> str:
    """Barcode of a series' nth box, counted from 0."""
    return f"{series}-H{number:05d}"


def item_code(series: str, box: int, place: int) -> str:
    """Barcode of what lies at a place of a box, both counted from 0."""
    return f"{series}{box:05d}{place:02d}"


def edge_box(size: int) -> int:
    """The box in which what is due ends and what is not due begins."""
    return 2 * size // 5


def misfiled_boxes(size: int) -> int:
    """How many pairs of boxes of a series have exchanged a folder."""
    return size // 10


def _misfile(boxes: list[list[Folder]], random: Random) -> None:
    """Exchange folders between the oldest quarter of the shelves and the youngest."""
    size = len(boxes)
    quarter, pairs = size // 4, misfiled_boxes(size)
    first = planted.UNTOUCHED_BOXES
    old = random.sample(range(first, quarter), min(pairs, quarter - first))
    young = random.sample(range(size - quarter, size - 1), len(old))
    for one, other in zip(old, young, strict=True):
        mine, theirs = boxes[one], boxes[other]
        mine[MISFILED], theirs[MISFILED] = theirs[MISFILED], mine[MISFILED]


def _numbered(series: str, number: int, box: Sequence[Folder]) -> Iterator[Shelved]:
    for place, folder in enumerate(box):
        yield Shelved(item_code(series, number, place), box_code(series, number), series, folder)


def _vouchers(size: int) -> list[Folder]:
    """Bound by fiscal years, thirty of which have ended for those up to 1995."""
    edge = edge_box(size)
    folders = [
        _voucher(_voucher_year(box, place, edge, size))
        for box in range(size)
        for place in range(PER_BOX)
    ]
    for place, written in enumerate(planted.UNKNOWN_DATES, start=1):
        folders[-place] = replace(folders[-place], fiscal_year_end=written)
    return folders


def _voucher_year(box: int, place: int, edge: int, size: int) -> int:
    if box == edge:
        return 1995 if place < EDGE else 1996
    if box < edge:
        return 1985 + 11 * box // edge
    return 1996 + 29 * (box - edge) // (size - edge)


def _voucher(year: int) -> Folder:
    return Folder(year=year, period="30年", fiscal_year_end=_written(date(year, 12, 31)))


def _policies(size: int, random: Random) -> list[Folder]:
    """Insurance of a year or less, five years of which after the end are over or not."""
    edge = edge_box(size)
    span = (planted.LAST_EXPIRED - date(2012, 1, 1)).days
    gone = [date(2012, 1, 1) + timedelta(days=int(random.random() * span)) for _ in range(edge)]
    left = [date(2021, 7, 1) + timedelta(days=int(random.random() * 1_600)) for _ in range(size)]
    days = [*sorted(gone), planted.LAST_EXPIRED, *sorted(left)][:size]
    folders = [_policy(day) for day in days for _ in range(PER_BOX)]
    for place in range(EDGE, PER_BOX):
        folders[edge * PER_BOX + place] = _policy(planted.WAITED_FOR)
    folders[-len(planted.UNKNOWN_DATES) - 1] = _policy(planted.LAST_EXPIRED + timedelta(days=1))
    for place, written in enumerate(planted.UNKNOWN_DATES, start=1):
        folders[-place] = replace(folders[-place], expired_on=written)
    return folders


def _policy(expired: date) -> Folder:
    return Folder(year=expired.year, period="5年", expired_on=_written(expired))


_BY_END: Final = """
    SELECT file_no, strftime('%Y', opened_on), loan_id <= ? FROM (
        SELECT * FROM loan_file
        WHERE status = 'settled' AND settled_on IS NOT NULL AND loan_id < ?
        ORDER BY loan_id LIMIT ?
    ) ORDER BY
        litigation_open, coalesce(dispute_closed_on, '') > '2024-02-29',
        max(date(opened_on, '+10 years'), (strftime('%Y', settled_on) + 6) || '-01-01'), loan_id
"""
"""Closed files by the end of their custody; those in court stand apart, behind them."""


def _loans(bank: Path, scale: Scale) -> list[Folder]:
    """Files of loans in the books: the paper has no dates of its own, the books have them."""
    apart = [_loan(file_no, 2012, scanned=False) for file_no in planted.LOAN_PAPER]
    wanted = scale.boxes_a_series * PER_BOX - len(apart)
    with closing(sqlite3.connect(f"file:{bank}?mode=ro", uri=True)) as connection:
        asked = (scale.scanned_loans, planted.LOANS_FROM, wanted)
        rows = connection.execute(_BY_END, asked).fetchall()
    return [
        *(_loan(file_no, int(year), scanned=bool(scanned)) for file_no, year, scanned in rows),
        *apart,
    ]


def _loan(file_no: str, year: int, *, scanned: bool) -> Folder:
    return Folder(group=file_no, year=year, period="10年", scanned=scanned)


def _written(day: date) -> str:
    """A day as four clerks write it, each in her own way."""
    match day.toordinal() % 4:
        case 0:
            return f"{day.year}年{day.month}月{day.day}日"
        case 1:
            return f"{day.year}/{day.month}/{day.day}"
        case 2:
            return f"{day:%Y%m%d}"
        case _:
            return day.isoformat()


def _line(shelved: Shelved) -> tuple[str, ...]:
    folder, box = shelved.folder, int(shelved.box[-5:])
    place = int(shelved.item[-2:])
    pages = str(20 + (box + place) % 180)
    return (
        *(_SITES[box % 2], f"{shelved.series}-{box // 40:03d}-{box % 40:02d}", shelved.box),
        *(f"F{shelved.series}{box:05d}" if box % 3 == 0 else "", shelved.item),
        *(f"{place + 1}", shelved.series, folder.group),
        *(f"{shelved.series}-{folder.year}-{box:05d}-{place:02d}", str(folder.year)),
        *(folder.period, "1", pages.translate(_FULL_WIDTH) if place == 0 else pages, "C2"),
        *(
            "已质检" if folder.scanned else "未扫描",
            _CHECKED_ON.isoformat() if folder.scanned else "",
        ),
        *(folder.fiscal_year_end, folder.expired_on),
    )
