"""A gap (缺口): one thing that is missing, in words, with where. Never personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from keepuntil.domain.categories import Form, Text


class Lack(StrEnum):
    """What is missing. The words are the kinds of findings, and never change their meaning."""

    RULE_MISSING = "rule_missing"
    """A listed category has no rule."""
    MEDIA_MISSING = "media_missing"
    """A category is known to exist in a form, and no instance of its rule is of that form."""
    STORE_UNCLAIMED = "store_unclaimed"
    """A store is declared, and no rule claims anything in it."""
    MEMO_MISSING = "memo_missing"
    """Data is kept longer than law or administrative regulation asks, without a memo (PIPL 19)."""
    REVIEW_OVERDUE = "review_overdue"
    HOLD_UNREVIEWED = "hold_unreviewed"
    VENDOR_EXPIRED = "vendor_expired"
    """A destruction firm stands in a register of paper, and its licence has run out."""
    NEVER_RUN = "never_run"
    RUN_MISSED = "run_missed"
    """The last night that ended well is too long ago."""
    UNREADABLE = "unreadable"
    """A place could not be asked: it cannot be reached, or is not as the rule says."""
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One thing that is missing."""

    code: Lack
    where: str
    """``category``, ``category/form``, ``category/instance``, ``category/hold`` or a store."""
    sentence: Text
    items: int = 0
    """How many records it is about, where that was counted."""

    @property
    def fingerprint(self) -> str:
        """Of the finding that it becomes."""
        return f"{self.code.value}/{self.where}"


LABELS: Final[Mapping[Lack, Text]] = {
    Lack.RULE_MISSING: Text(zh="没有规则", en="no rule"),
    Lack.MEDIA_MISSING: Text(zh="没有存放处", en="no instance"),
    Lack.STORE_UNCLAIMED: Text(zh="存储无人认领", en="store unclaimed"),
    Lack.MEMO_MISSING: Text(zh="缺必要性说明", en="no memo"),
    Lack.REVIEW_OVERDUE: Text(zh="复审逾期", en="review overdue"),
    Lack.HOLD_UNREVIEWED: Text(zh="冻结未复审", en="hold unreviewed"),
    Lack.VENDOR_EXPIRED: Text(zh="销毁方资质过期", en="licence expired"),
    Lack.NEVER_RUN: Text(zh="从未运行", en="never run"),
    Lack.RUN_MISSED: Text(zh="多夜未运行", en="nights missed"),
    Lack.UNREADABLE: Text(zh="无法读取", en="unreadable"),
    Lack.OVERDUE: Text(zh="逾期", en="overdue"),
}
"""Each code in two or three words, for tables."""

FORMS: Final[Mapping[Form, Text]] = {
    Form.ELECTRONIC: Text(zh="电子", en="electronic"),
    Form.SCAN: Text(zh="扫描件", en="scan"),
    Form.PAPER: Text(zh="纸质", en="paper"),
    Form.BACKUP: Text(zh="备份", en="backup"),
    Form.PROCESSOR: Text(zh="受托方", en="processor"),
}
