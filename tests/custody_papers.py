"""Forms of custody made from journeys of honest people, and the lines of their lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from custody_world import DRAFTER, FIRM, LIST, VENDOR_ROAD, WEEDING_ROAD, WITH_VENDOR, honest
from keepuntil.documents.appraisal_opinion import (
    Appraisal,
    AppraisedGroup,
    Opinion,
    PanelMember,
)
from keepuntil.documents.dossier import Dossier
from keepuntil.documents.paper_certificate import Issue
from keepuntil.documents.paper_lines import ListLine
from keepuntil.documents.paper_list import ListHead
from keepuntil.documents.unit_report import Copies, UnitReport
from keepuntil.domain.categories import Text
from keepuntil.domain.consignments import Consignment, ListedBox, Step, StepRecord
from keepuntil.domain.custody import advance, opened
from keepuntil.domain.paper import ScanStatus
from keepuntil.domain.periods import Period

TITLE = Text(zh="会计凭证", en="Accounting vouchers")
CONTROLLER = "bank.example"
ON = date(2026, 3, 1)
DIGEST = "sha256:" + "c4" * 32
NAME = "run.voucher.2026-03-01.4f1d0c77a2be.paper.1"


def journey(boxes: int = 3, items: int = 4) -> Consignment:
    """Whole boxes for the vendor's shredder."""
    return opened(
        consignment=NAME,
        plan_digest=LIST,
        rule=WITH_VENDOR,
        vendor=FIRM,
        boxes=[_box(number, items) for number in range(boxes)],
        drafted_by=DRAFTER,
    )


def _box(number: int, items: int) -> ListedBox:
    return ListedBox(
        barcode=f"B{number:07}",
        version=1,
        seal=f"Z-{number:05}",
        items=tuple(f"I{number * items + n:08}" for n in range(items)),
        whole=True,
    )


def dossier(opening: Consignment, steps: Sequence[Step] = (), *, title: Text = TITLE) -> Dossier:
    """The forms' values after honest steps."""
    records: list[StepRecord] = []
    now = opening
    for step in steps:
        records.append(honest(now, step))
        now = advance(now, records[-1])
    return of(now, records, title=title)


def of(now: Consignment, records: Sequence[StepRecord], *, title: Text = TITLE) -> Dossier:
    """The forms' values of a consignment, under a digest as long as a real one."""
    return Dossier(
        controller=CONTROLLER,
        category="voucher",
        title=title,
        authorities=("会计档案管理办法 第十七条", "会计档案管理办法 第十八条"),
        consignment=replace(now, plan_digest=DIGEST),
        records=tuple(records),
        printed_on=ON,
    )


def road(consignment: Consignment) -> tuple[Step, ...]:
    """All the steps of a journey."""
    return WEEDING_ROAD if consignment.vendor is None else VENDOR_ROAD


HEAD = ListHead(
    opinion="AO-voucher.2026-03-01.4f1d0c77a2be",
    sensitivity="C2",
    extracted=3,
    fonds="J042",
    linked=("core", "scans"),
    places={f"B{number:07}": f"一号库 · A-{number % 9 + 1}" for number in range(400)},
)
ISSUE = Issue(
    key="8d3c1f20ab77e9d4",
    stamped=True,
    previous="sha256:" + "9b" * 32,
    copies_gone_by=date(2026, 6, 1),
)
REPORT = UnitReport(
    certificate="DC-voucher.2026-03-01.4f1d0c77a2be",
    digest="sha256:" + "7e" * 32,
    copies=(
        Copies(instance="core", store="core", listed=84, destroyed=80, absent=4, kept=0),
        Copies(instance="paper", store="records_centre", listed=84, destroyed=84, absent=0, kept=0),
    ),
    backups=("tape",),
    backups_gone_by=date(2026, 6, 1),
    findings=(4, 7),
)


def lines(consignment: Consignment) -> dict[str, ListLine]:
    """A line for each item, as an archive describes it."""
    items = [item for box in consignment.boxes.values() for item in box.items]
    return {
        item: ListLine(
            item=item,
            folder=f"{number % 120 + 1:03}",
            volumes=1,
            pages=None,
            year_from=1994,
            year_to=1995 if number % 2 else 1994,
            reference=f"J042-KJ·PZ-1994-Y30-{number:05}",
            retention=Period(30),
            kept=Period(31),
            retain_until=date(2024, 12, 31),
            event="fiscal_year_ended",
            happened_on=date(1994, 12, 31),
            formed_on=date(1994, 1, 12) if number % 3 else None,
            scan=list(ScanStatus)[number % 3],
            linked=f"{number:016x}" if number % 2 else None,
            stated_period="permanent" if number % 7 == 0 else None,
        )
        for number, item in enumerate(items, start=1)
    }


def appraisal(*groups: AppraisedGroup, title: Text = TITLE, signed: bool = False) -> Appraisal:
    """What a panel of the four departments was asked."""
    departments = ("archives", "accounting", "audit", "discipline_inspection")
    return Appraisal(
        number="JD-2026-007",
        controller=CONTROLLER,
        category="voucher",
        title=title,
        authorities=("会计档案管理办法 第十七条",),
        list_number="voucher.2026-03-01.4f1d0c77a2be",
        list_digest=DIGEST,
        groups=groups or OPINIONS,
        panel=tuple(
            PanelMember(role="", department=each, person=f"s{n:03}" if signed else "")
            for n, each in enumerate(departments, start=61)
        ),
        zone="Asia/Shanghai",
        on=ON,
    )


OPINIONS = (
    AppraisedGroup(
        what="J042-KJ·PZ-1994 (001–120)",
        items=1_480,
        retention=Period(30),
        retain_until=date(2024, 12, 31),
        opinion=Opinion.DESTROY,
    ),
    AppraisedGroup(
        what="J042-KJ·PZ-1995 (001–044)",
        items=312,
        retention=Period(30),
        retain_until=date(2025, 12, 31),
        opinion=Opinion.EXTEND,
        until=date(2031, 12, 31),
        reason="Construction of the head office.",
    ),
    AppraisedGroup(
        what="J042-KJ·PZ-1995-0017",
        items=1,
        retention=Period(30),
        retain_until=date(2025, 12, 31),
        opinion=Opinion.EXTRACT,
        reason="债权未结清",
    ),
)
