"""What the road itself raises: a problem is opened where it is met, by its kind, without names."""

from __future__ import annotations

from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Text
from keepuntil.domain.plans import Plan
from keepuntil.register import findings

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
    """Raise one finding for each instance and doubt of a plan. The items are kept."""
    for tally in plan.instances:
        for code, count in tally.undetermined.items():
            words = DOUBTS[code]
            where = f"{plan.category}/{tally.instance}"
            findings.raise_finding(
                installation.register,
                kind="not_computable",
                fingerprint=f"not_computable/{where}/{code}",
                sentence_zh=f"{where} 有 {count} 项{words.zh}，已保留。",
                sentence_en=f"{count} items of {where} {words.en}; kept.",
                counts={"items": count},
                at=installation.now(),
            )


def problem_found(
    installation: Installation, *, kind: str, subject: str, zh: str, en: str, items: int = 0
) -> None:
    """Raise one finding of the road about ``subject`` (a category, a run, an instance)."""
    findings.raise_finding(
        installation.register,
        kind=kind,
        fingerprint=f"{kind}/{subject}",
        sentence_zh=zh,
        sentence_en=en,
        counts={"items": items},
        at=installation.now(),
    )


def problem_gone(
    installation: Installation, *, kind: str, subject: str, by: str, remedy: str
) -> None:
    """Close the finding that :func:`problem_found` raised, where it is open."""
    register, fingerprint, seen = installation.register, f"{kind}/{subject}", 0
    while page := findings.open_findings(register, kind=kind, after=seen):
        for found in page:
            if found.fingerprint == fingerprint:
                findings.close(register, found.number, by, remedy, installation.now())
                return
        seen = page[-1].number
