"""The completeness suite as data: each check is a name, two sentences and one query.

A query returns the instances that break the check, so it must return no row.
``{batch}`` stands for the facts. Names are stable: certificates and findings use them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from keepuntil.domain.categories import Text
from keepuntil.evidence import canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One expectation over the facts of all instances."""

    name: str
    sentence: Text
    sql: str
    blocks: bool = True
    """False: shown and counted, but no reason to withhold the certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreCheck:
    """One expectation asked of a SQL store itself, with the reader's credential.

    ``sql`` selects what must not be there (rows of a closed account, say). Only its number of rows
    leaves the store: it runs inside a ``COUNT(*)``.
    """

    name: str
    sentence: Text
    store: str
    url: str
    """SQLAlchemy URL of the reader. A secret: it is in no digest, page or message."""
    sql: str


COMPLETENESS: Final = (
    Check(
        name="something_was_listed",
        sentence=Text(
            zh="清册不为空：没有任何条目的销毁不能出具证明。",
            en="The list is not empty: a destruction of nothing cannot be certified.",
        ),
        sql=(
            "SELECT 'all' AS instance FROM (SELECT COALESCE(SUM(items_on_list), 0) AS listed"
            " FROM {batch}) AS counted WHERE listed = 0"
        ),
    ),
    Check(
        name="every_instance_once",
        sentence=Text(
            zh="每个存放处只计一次。",
            en="Every instance is counted once.",
        ),
        sql="SELECT instance FROM {batch} GROUP BY instance HAVING COUNT(*) > 1",
    ),
    Check(
        name="counts_are_counts",
        sentence=Text(
            zh="没有一个计数缺失或为负数。",
            en="No count is missing or below zero.",
        ),
        sql=(
            "SELECT instance FROM {batch} WHERE COALESCE(MIN("
            "items_on_list, destroyed, already_absent, held, no_longer_due, shared, failed, "
            "pending_external, gone_reread, parts_remaining, held_missing, neighbours_seen, "
            "neighbours_changed, due_left_behind), -1) < 0"
        ),
    ),
    Check(
        name="every_item_has_one_outcome",
        sentence=Text(
            zh="清册上的每一项恰有一个处置结果：已销毁、原已不存在、冻结、不再到期、共用、失败、待外部确认之和等于清册项数。",
            en=(
                "Every item on the list has exactly one outcome: destroyed, already absent, held, "
                "no longer due, shared, failed and pending add up to the list."
            ),
        ),
        sql=(
            "SELECT instance FROM {batch} WHERE items_on_list <> destroyed + already_absent + held"
            " + no_longer_due + shared + failed + pending_external"
        ),
    ),
    Check(
        name="nothing_failed",
        sentence=Text(zh="没有处置失败的条目。", en="No item failed."),
        sql="SELECT instance FROM {batch} WHERE failed <> 0",
    ),
    Check(
        name="nothing_pending",
        sentence=Text(
            zh="没有仍待外部确认的条目。",
            en="No item still waits for somebody outside.",
        ),
        sql="SELECT instance FROM {batch} WHERE pending_external <> 0",
    ),
    Check(
        name="every_gone_item_was_looked_for",
        sentence=Text(
            zh="第二读者逐一复查了全部已销毁和原已不存在的条目。",
            en="The second reader looked for every item that is said to be gone.",
        ),
        sql="SELECT instance FROM {batch} WHERE gone_reread <> destroyed + already_absent",
    ),
    Check(
        name="gone_means_gone",
        sentence=Text(
            zh=(
                "已销毁的条目没有任何残留：行、各级子表行（包括其上级行已不存在的孤行）、"
                "版本、删除标记、未完成上传均不存在。"
            ),
            en=(
                "Of what is said to be gone, nothing is left: no row, no child row at any depth "
                "(orphans whose parent row is gone included), no version, delete marker or "
                "unfinished upload."
            ),
        ),
        sql="SELECT instance FROM {batch} WHERE parts_remaining <> 0",
    ),
    Check(
        name="held_is_still_there",
        sentence=Text(
            zh="被冻结的条目仍然存在。",
            en="Everything under a hold is still there.",
        ),
        sql="SELECT instance FROM {batch} WHERE held_missing <> 0",
    ),
    Check(
        name="neighbours_are_unchanged",
        sentence=Text(
            zh="相邻的保留条目未发生变化。",
            en="Kept neighbours of what was destroyed are unchanged.",
        ),
        sql="SELECT instance FROM {batch} WHERE neighbours_changed <> 0",
    ),
    Check(
        name="nothing_due_left_behind",
        sentence=Text(
            zh="没有遗漏任何已到期且未冻结的条目。",
            en="Nothing that was due and unheld was left off the list.",
        ),
        sql="SELECT instance FROM {batch} WHERE due_left_behind <> 0",
    ),
    Check(
        name="no_more_vanished_than_accounted_for",
        sentence=Text(
            zh="存放处减少的条目数不超过已销毁与原已不存在之和（期间的其他业务变动会使此项提示，不影响结论）。",
            en=(
                "The instance shrank by no more than what is accounted for (other business of the "
                "same hours can raise this; it is a hint, not a verdict)."
            ),
        ),
        sql=(
            "SELECT instance FROM {batch} WHERE total_before IS NOT NULL AND total_after IS NOT "
            "NULL AND total_before - total_after > destroyed + already_absent"
        ),
        blocks=False,
    ),
)
"""What has to hold of every run before it can be certified."""


def suite_digest(checks: Sequence[Check], store_checks: Sequence[StoreCheck] = ()) -> str:
    """``sha256:<hex>`` over everything that was asked, in order, and nothing secret."""
    return canonical.digest(
        {
            "facts": [
                {"name": c.name, "zh": c.sentence.zh, "en": c.sentence.en, "sql": c.sql}
                | {"blocks": c.blocks}
                for c in checks
            ],
            "stores": [
                {"name": c.name, "zh": c.sentence.zh, "en": c.sentence.en, "sql": c.sql}
                | {"store": c.store}
                for c in store_checks
            ],
        }
    )
