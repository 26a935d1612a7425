"""What is missing in what was declared and kept in the register; no store is asked here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from keepuntil.disposal.nights import MOST_NIGHTS_MISSED
from keepuntil.domain.categories import Form, KnownCategory, Obligation, Rule, Text
from keepuntil.domain.civil_dates import civil_date
from keepuntil.domain.holds import Hold
from keepuntil.domain.periods import Period, add
from keepuntil.oversight.gaps import FORMS, Gap, Lack
from keepuntil.register.nights import Night
from keepuntil.rules.lint_clock import ABOVE_DEPARTMENTAL, ends_before, minima
from keepuntil.rules.schedule import Schedule

HOLD_REVIEW: Final = Period(years=2)
"""A hold is looked at again at least this often. Our own figure; no law that we read names one."""


def rule_missing(known: KnownCategory) -> Gap:
    """The gap of a listed category that has no rule."""
    return Gap(
        code=Lack.RULE_MISSING,
        where=known.category,
        sentence=Text(
            zh=f"类别 {known.category}（{known.title.zh}）已列入清单，但没有规则。",
            en=f"The category {known.category} ({known.title.en}) is listed and has no rule.",
        ),
    )


def media_missing(category: str, form: Form) -> Gap:
    """The gap of a form that a category is known to exist in and that its rule does not reach."""
    words = FORMS[form]
    return Gap(
        code=Lack.MEDIA_MISSING,
        where=f"{category}/{form.value}",
        sentence=Text(
            zh=f"{category} 没有{words.zh}存放处，但已知该类别以此形式存在。",
            en=f"{category} has no {words.en} instance although the category is known to exist "
            f"{_AS[form]}.",
        ),
    )


_AS: Final = {
    Form.ELECTRONIC: "electronically",
    Form.SCAN: "as scans",
    Form.PAPER: "on paper",
    Form.BACKUP: "in backups",
    Form.PROCESSOR: "with a processor",
}


def memo_missing(rule: Rule) -> Gap | None:
    """The gap of a rule that keeps longer than law or administrative regulation asks, with no memo.

    PIPL 19 excepts those two ranks only. A law that is cited without its period is believed.
    """
    keep = [each for each in rule.authorities if each.obligation is Obligation.KEEP]
    by_law = [each.period for each in keep if each.rank in ABOVE_DEPARTMENTAL]
    periods = [period for period in by_law if period is not None]
    if any(each.necessity_memo for each in keep) or len(periods) < len(by_law):
        return None
    longer = [
        least for least in minima(rule.clock) if least != Period() and _beyond(least, periods)
    ]
    if not longer and not rule.clock.permanent:
        return None
    kept_zh = longer[0].in_words("zh") if longer else "永久"
    kept_en = f"for {longer[0].in_words('en')}" if longer else "permanently"
    return Gap(
        code=Lack.MEMO_MISSING,
        where=rule.category,
        sentence=Text(
            zh=f"{rule.category} 保存{kept_zh}，超出法律、行政法规规定的期限，"
            "须有必要性说明（个人信息保护法第十九条）。",
            en=f"{rule.category} is kept {kept_en}, longer than any law or administrative "
            "regulation it cites asks for: give a necessity_memo (PIPL 19).",
        ),
    )


def _beyond(least: Period, by_law: Iterable[Period]) -> bool:
    return all(ends_before(period, least) for period in by_law)


def review_overdue(rule: Rule, as_of: date) -> Gap | None:
    """The gap of a rule that nobody has looked at again in time."""
    if as_of <= rule.review_by:
        return None
    return Gap(
        code=Lack.REVIEW_OVERDUE,
        where=rule.category,
        sentence=Text(
            zh=f"{rule.category} 应于 {rule.review_by} 前复审，尚未复审。",
            en=f"The review of {rule.category} was due by {rule.review_by}.",
        ),
    )


def run_lacking(rule: Rule, last: Night | None, as_of: date) -> Gap | None:
    """The gap of a rule that has never run to its end, or not for some nights.

    A rule that is not in force yet has nothing to run for.
    """
    if last is None:
        return _never_run(rule) if as_of >= rule.effective_from else None
    missed = (as_of - last.as_of).days
    if missed <= MOST_NIGHTS_MISSED:
        return None
    return Gap(
        code=Lack.RUN_MISSED,
        where=rule.category,
        sentence=Text(
            zh=f"{rule.category} 距上次成功运行已 {missed} 天。",
            en=f"The last night of {rule.category} that ended well is {missed} days ago.",
        ),
    )


def _never_run(rule: Rule) -> Gap:
    return Gap(
        code=Lack.NEVER_RUN,
        where=rule.category,
        sentence=Text(
            zh=f"{rule.category} 从未成功运行。", en=f"{rule.category} has never run to the end."
        ),
    )


def stores_unclaimed(schedule: Schedule) -> Iterator[Gap]:
    """A gap for each store in which no rule claims anything."""
    claimed = {i.store for rule in schedule.rules for i in rule.stored_instances}
    for name in sorted(schedule.stores.keys() - claimed):
        yield Gap(
            code=Lack.STORE_UNCLAIMED,
            where=name,
            sentence=Text(
                zh=f"存储 {name} 已声明，但没有规则认领其中任何数据。",
                en=f"The store {name} is declared, and no rule claims anything in it.",
            ),
        )


def holds_unreviewed(schedule: Schedule, holds: Iterable[Hold], as_of: date) -> Iterator[Gap]:
    """A gap for each hold whose review is overdue, or that has bound for two years without one."""
    zones = {rule.category: rule.clock.zone for rule in schedule.rules}
    for hold in holds:
        placed = civil_date(hold.placed_at, zone=zones.get(hold.category, "UTC"))
        due = add(placed, HOLD_REVIEW)
        if hold.review_by is not None:
            due = min(due, hold.review_by)
        if as_of > due:
            yield _hold_unreviewed(hold, placed, due)


def _hold_unreviewed(hold: Hold, placed: date, due: date) -> Gap:
    return Gap(
        code=Lack.HOLD_UNREVIEWED,
        where=f"{hold.category}/{hold.hold_id}",
        sentence=Text(
            zh=f"{hold.category} 的冻结 {hold.hold_id} 自 {placed} 起生效，"
            f"应于 {due} 前复审是否仍有必要。",
            en=f"Hold {hold.hold_id} on {hold.category} binds since {placed} and was to be "
            f"reviewed by {due}: lift it, or place it anew with a day of review.",
        ),
    )
