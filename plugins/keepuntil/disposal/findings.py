"""What the road itself raises: a problem is opened where it is met, by its kind, without names."""

from __future__ import annotations

from typing import Final

from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Text
from keepuntil.domain.plans import Plan
from keepuntil.register import findings
from keepuntil.register.findings import Met

NOT_COMPUTABLE: Final = "not_computable"

DOUBTS = {
    "missing_trigger": Text(zh="缺少起算日期", en="have no trigger date"),
    "sentinel_date": Text(zh="起算日期为占位值", en="have a placeholder for a date"),
    "future_trigger": Text(zh="起算日期在未来", en="have a trigger date in the future"),
    "unreadable_event": Text(zh="日期无法识别", en="have a date that cannot be read"),
    "unknown_flag": Text(zh="延长标志未知", en="have an unknown extension flag"),
    "calendar_year_missing": Text(zh="工作日历缺少该年", en="fall in a year the calendar lacks"),
    "no_linked_record": Text(zh="找不到关联记录", en="belong to no record that could date them"),
}
"""Why items cannot be computed, in words. Keys are the codes of domain.decision.Doubt."""


def doubts_found(installation: Installation, plan: Plan) -> None:
    """Raise one finding for each instance and doubt of a plan. The items are kept.

    A doubt that no item of an instance leaves any more is gone.
    """
    for tally in plan.instances:
        where = f"{plan.category}/{tally.instance}"
        for code in {**DOUBTS, **tally.undetermined}:
            count, words = tally.undetermined.get(code, 0), DOUBTS[code]
            if count:
                problem_found(
                    installation,
                    kind=NOT_COMPUTABLE,
                    subject=f"{where}/{code}",
                    zh=f"{where} 有 {count} 项{words.zh}，已保留。",
                    en=f"{count} items of {where} {words.en}; kept.",
                    items=count,
                )
            else:
                problem_gone(
                    installation,
                    kind=NOT_COMPUTABLE,
                    subject=f"{where}/{code}",
                    why=f"A newer list of {where} has none of them.",
                )


def problem_found(
    installation: Installation, *, kind: str, subject: str, zh: str, en: str, items: int = 0
) -> None:
    """Raise one finding of the road about ``subject`` (a category, a run, an instance)."""
    met = Met(
        kind=kind,
        fingerprint=f"{kind}/{subject}",
        sentence_zh=zh,
        sentence_en=en,
        counts={"items": items},
        at=installation.now(),
    )
    findings.raise_finding(installation.register, met)


def problem_gone(installation: Installation, *, kind: str, subject: str, why: str) -> None:
    """Its check has passed: close what :func:`problem_found` raised, unless a person took it up.

    Then the passing is kept as evidence, and a second person still has to accept it.
    """
    findings.gone(installation.register, f"{kind}/{subject}", why, installation.now())
