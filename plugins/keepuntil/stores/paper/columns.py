"""The columns of a list of boxes and items, and what archives call them.

A list has one line an item, and says with each item where its box stands; a box without
items has a line of its own. The order here is the order in which lists are written.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST_CODE: Final = 64
LONGEST_TEXT: Final = 200


class Kind(StrEnum):
    """How a cell of the column is read (:mod:`keepuntil.stores.paper.cells`)."""

    CODE = "code"
    """Names a thing: no blank within, and never a number that a program has rounded."""
    TEXT = "text"
    COUNT = "count"
    YEAR = "year"
    YEARS = "years"
    """One year, or the first and the last."""
    PERIOD = "period"
    SENSITIVITY = "sensitivity"
    SCAN_STATUS = "scan_status"
    DATE = "date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its field, its two headings, and what else it is called."""

    field: str
    kind: Kind
    zh: str
    en: str
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every heading it is known under."""
        return (self.field, self.zh, self.en, *self.aliases)

    @property
    def longest(self) -> int:
        """How many characters its text may have."""
        return LONGEST_CODE if self.kind is Kind.CODE else LONGEST_TEXT


def _column(field: str, kind: Kind, zh: str, en: str, *aliases: str) -> Column:
    return Column(field=field, kind=kind, zh=zh, en=en, aliases=aliases)


BOX_COLUMNS: Final = (
    _column("site", Kind.TEXT, "库房", "Site", "库", "库点", "档案库", "存放地点"),
    _column("shelf", Kind.TEXT, "架号", "Shelf", "架", "架位", "排架号", "柜号", "shelf no"),
    _column(
        "box",
        Kind.CODE,
        "盒号",
        "Box",
        "盒",
        "箱号",
        "箱",
        "盒条码",
        "箱条码",
        "box no",
        "box barcode",
    ),
    _column("seal", Kind.TEXT, "封签号", "Seal", "封签", "封条号", "seal no"),
)

ITEM_COLUMNS: Final = (
    _column(
        "item",
        Kind.CODE,
        "条码",
        "Barcode",
        "条形码",
        "档案条码",
        "件条码",
        "item barcode",
        "item no",
    ),
    _column("folder", Kind.TEXT, "案卷号", "Folder", "案卷", "卷号", "folder no"),
    _column("series", Kind.TEXT, "门类", "Series", "类别", "档案门类", "档案类别", "系列"),
    _column("record_group", Kind.TEXT, "关联组", "Record group", "关联号", "业务档案号"),
    _column("reference", Kind.TEXT, "档号", "Reference", "档案号", "档案编号", "reference no"),
    _column(
        "year_from",
        Kind.YEAR,
        "起始年度",
        "Year from",
        "开始年度",
        "年度起",
        "起止年度起",
        "first year",
    ),
    _column(
        "year_to", Kind.YEAR, "终止年度", "Year to", "结束年度", "年度止", "起止年度止", "last year"
    ),
    _column("stated_period", Kind.PERIOD, "保管期限", "Stated period", "保存期限", "应保管期限"),
    _column("volumes", Kind.COUNT, "册数", "Volumes", "卷数"),
    _column("pages", Kind.COUNT, "页数", "Pages", "总页数"),
    _column("sensitivity", Kind.SENSITIVITY, "密级", "Sensitivity", "敏感级别", "个人信息级别"),
    _column("scan_status", Kind.SCAN_STATUS, "扫描状态", "Scan status", "数字化状态"),
    _column(
        "scan_checked_on",
        Kind.DATE,
        "扫描质检日期",
        "Scan checked on",
        "质检日期",
        "数字化质检日期",
    ),
    _column("opened_on", Kind.DATE, "建档日期", "Opened on", "开立日期", "开户日期"),
    _column("closed_on", Kind.DATE, "结案日期", "Closed on", "关闭日期", "销户日期"),
    _column("settled_on", Kind.DATE, "结清日期", "Settled on", "结清日"),
    _column("expired_on", Kind.DATE, "到期日期", "Expired on", "到期日", "终止日期", "失效日期"),
    _column(
        "fiscal_year_end",
        Kind.DATE,
        "会计年度终了日",
        "Fiscal year end",
        "会计年度末",
        "会计年度截止日",
    ),
)

COLUMNS: Final = BOX_COLUMNS + ITEM_COLUMNS

YEARS: Final = _column("years", Kind.YEARS, "年度", "Years", "起止年度", "所属年度", "year")
"""Read in place of ``year_from`` and ``year_to``; never written."""

BY_FIELD: Final = {column.field: column for column in (*COLUMNS, YEARS)}

_UNSPOKEN: Final = re.compile(r"[\s_\-./:*]+")
_IN_BRACKETS: Final = re.compile(r"\([^()]*\)$")


def spoken(heading: str) -> str:
    """A heading reduced to what tells it from others: no case, blanks, or full-width signs."""
    return _UNSPOKEN.sub("", unicodedata.normalize("NFKC", heading)).casefold()


_BY_NAME: Final = {spoken(name): column for column in BY_FIELD.values() for name in column.names}


def column_named(heading: str) -> Column | None:
    """The column of that heading; a unit in brackets behind it, ``页数（页）``, may be left out."""
    name = spoken(heading)
    return _BY_NAME.get(name) or _BY_NAME.get(_IN_BRACKETS.sub("", name))
