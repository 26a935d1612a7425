"""The course of a clock in words, zh and en: what a data owner reads and an auditor checks."""

from __future__ import annotations

from typing import Final

from keepuntil.domain.categories import Authority, Rank, Rule
from keepuntil.domain.clock import Combine, Step
from keepuntil.domain.course import Course, Run
from keepuntil.domain.decision import Decision, Doubt, Due, Held, Keep, Undetermined
from keepuntil.domain.periods import StartRule, first_day

RANKS: Final = {
    Rank.LAW: ("法律", "law"),
    Rank.ADMIN_REG: ("行政法规", "administrative regulation"),
    Rank.DEPT_RULE: ("部门规章", "departmental rule"),
    Rank.NORMATIVE: ("规范性文件", "normative document"),
    Rank.STANDARD: ("标准", "standard"),
    Rank.INSTITUTION: ("机构自定", "the institution's own rule"),
}

STARTS: Final = {
    StartRule.EVENT_NEXT_DAY: ("当日不计，自次日起算", "the day itself is not counted"),
    StartRule.YEAR_OF_EVENT: ("自当年起算", "the year of the event is the first year"),
    StartRule.FISCAL_YEAR_AFTER: (
        "自会计年度终了后的第一天起算",
        "counted from the first day after the fiscal year",
    ),
    StartRule.NEXT_JANUARY_1: ("自次年1月1日起算", "counted from the next 1 January"),
}

COMBINATIONS: Final = {
    Combine.LATEST: ("取最晚的起算点", "The latest trigger governs"),
    Combine.EARLIEST: ("取最早的起算点", "The earliest trigger governs"),
    Combine.ALL_OF: ("各起算点均须届满", "Every trigger's own period must be over"),
}

_DOUBTS: Final = {
    Doubt.MISSING_TRIGGER: ("事件 {} 没有日期", "event {} has no date"),
    Doubt.SENTINEL_DATE: (
        "事件 {} 的日期是占位值，并非真实日期",
        "the date of event {} is a placeholder, not a day",
    ),
    Doubt.FUTURE_TRIGGER: ("事件 {} 的日期在将来", "the date of event {} lies in the future"),
    Doubt.UNREADABLE_EVENT: ("事件 {} 的值无法识别", "the value of event {} cannot be read"),
    Doubt.UNKNOWN_FLAG: ("标志 {} 未知真假", "flag {} is neither true nor false"),
    Doubt.CALENDAR_YEAR_MISSING: (
        "工作日历 {} 缺少所需年份",
        "working-day calendar {} lacks a year that is needed",
    ),
    Doubt.NO_LINKED_RECORD: (
        "存放处 {} 中没有对应的记录",
        "instance {} has no record that this copy belongs to",
    ),
}


def steps(rule: Rule, course: Course) -> tuple[Step, ...]:
    """How ``retain_until``, ``due_on`` and ``delete_by`` came about, one sentence a step."""
    return (
        *_combination(rule, course),
        *(_minimum(rule, run) for run in course.runs),
        *((_floor(course.floor),) if course.floor is not None else ()),
        *(_extension(run) for run in course.extensions),
        _retention(course),
        *_disposal(rule, course),
        *_last_day_allowed(course),
        *(_authority(authority) for authority in rule.authorities),
    )


def endless_steps(rule: Rule, course: Course | None) -> tuple[Step, ...]:
    """Why no end can be named: the category is permanent, or a flag is true."""
    if course is None or course.flag is None:
        why = Step(zh="永久保存，没有期满日。", en="Kept permanently: there is no last day.")
    else:
        why = Step(
            zh=f"{course.flag} 为真，期间继续保存。",
            en=f"{course.flag} is true: kept for as long as that lasts.",
        )
    return (why, *(_authority(authority) for authority in rule.authorities))


def in_words(decision: Decision) -> Step:
    """One decision as a sentence, with its reason."""
    match decision:
        case Keep(until=None):
            return _kept(decision, Step(zh="保存，无期满日", en="Kept, without an end"))
        case Keep(until=until):
            return _kept(decision, Step(zh=f"保存至 {until}", en=f"Kept until {until}"))
        case Held(by=by):
            return Step(zh=f"已期满，但被冻结：{'、'.join(by)}。", en=f"Held by {', '.join(by)}.")
        case Due(since=since, overdue=True):
            return Step(
                zh=f"自 {since} 起应处置，已逾期（最迟 {decision.delete_by}）。",
                en=f"Due since {since} and overdue: it had to be gone by {decision.delete_by}.",
            )
        case Due(since=since):
            return Step(zh=f"自 {since} 起应处置。", en=f"Due since {since}.")
        case Undetermined(doubt=doubt, event=event):
            zh, en = _DOUBTS[doubt]
            return Step(
                zh=f"无法计算，因此保存：{zh.format(event)}。",
                en=f"Not computable, therefore kept: {en.format(event)}.",
            )


def _kept(keep: Keep, sentence: Step) -> Step:
    if not keep.restricted:
        return Step(zh=f"{sentence.zh}。", en=f"{sentence.en}.")
    return Step(
        zh=f"{sentence.zh}；除存储和安全保护外停止处理。",
        en=f"{sentence.en}; no processing other than storage and its protection.",
    )


def _combination(rule: Rule, course: Course) -> tuple[Step, ...]:
    if len(rule.clock.triggers) == 1:
        return ()
    zh, en = COMBINATIONS[rule.clock.combine]
    named = [f"{run.event} {run.happened_on}" for run in course.runs]
    return (Step(zh=f"{zh}：{'、'.join(named)}。", en=f"{en}: {', '.join(named)}."),)


def _minimum(rule: Rule, run: Run) -> Step:
    if run.period is None:
        return Step(
            zh=f"起算点 {run.event} {run.happened_on}；未规定最短期限，保存至 {run.ends_on}。",
            en=f"Trigger {run.event} on {run.happened_on}; there is no minimum, "
            f"and it stays until {run.ends_on}.",
        )
    zh, en = STARTS[run.start]
    day_one = first_day(run.happened_on, run.start, rule.clock.fiscal_year_starts)
    return Step(
        zh=f"起算点 {run.event} {run.happened_on}，{zh}，第一天为 {day_one}；"
        f"至少保存{_zh(run)}，最后一天为 {run.ends_on}。",
        en=f"Trigger {run.event} on {run.happened_on}, {en}: day one is {day_one}; "
        f"at least {_en(run)}, the last day is {run.ends_on}.",
    )


def _floor(run: Run) -> Step:
    return Step(
        zh=f"自 {run.event} {run.happened_on} 起总保存期不少于{_zh(run)}，至 {run.ends_on}。",
        en=f"Total custody from {run.event} on {run.happened_on} is never shorter than "
        f"{_en(run)}: until {run.ends_on}.",
    )


def _extension(run: Run) -> Step:
    return Step(
        zh=f"{run.event} {run.happened_on} 之后延长{_zh(run)}，至 {run.ends_on}。",
        en=f"Prolonged by {run.event} on {run.happened_on} plus {_en(run)}: until {run.ends_on}.",
    )


def _zh(run: Run) -> str:
    return run.period.in_words("zh") if run.period is not None else ""


def _en(run: Run) -> str:
    return run.period.in_words("en") if run.period is not None else ""


def _retention(course: Course) -> Step:
    return Step(
        zh=f"以最晚者为准：须保存至 {course.retain_until}（含当日）。",
        en=f"The latest of these governs: to be kept until {course.retain_until}, "
        "that day included.",
    )


def _disposal(rule: Rule, course: Course) -> tuple[Step, ...]:
    due = Step(
        zh=f"自 {course.due_on} 起可以处置。", en=f"May be destroyed from {course.due_on} on."
    )
    calendar = rule.clock.calendar
    if course.rolled_from is not None:
        rolled = Step(
            zh=f"{course.rolled_from} 不是工作日，按日历 {calendar} 顺延至 {course.due_on}。",
            en=f"{course.rolled_from} is not a working day of calendar {calendar}: "
            f"moved to {course.due_on}.",
        )
        return (rolled, due)
    if course.year_unknown:
        unknown = Step(
            zh=f"日历 {calendar} 尚无 {course.due_on.year} 年，届时可能顺延。",
            en=f"Calendar {calendar} does not have the year {course.due_on.year} yet: "
            "the day may still move forward.",
        )
        return (due, unknown)
    return (due,)


def _last_day_allowed(course: Course) -> tuple[Step, ...]:
    found = []
    if (maximum := course.maximum) is not None:
        found.append(
            Step(
                zh=f"自 {maximum.event} {maximum.happened_on} 起最长{_zh(maximum)}，"
                f"至 {maximum.ends_on}，遇假日不顺延。",
                en=f"At most {_en(maximum)} from {maximum.event} on {maximum.happened_on}: "
                f"until {maximum.ends_on}, holidays notwithstanding.",
            )
        )
        if maximum.ends_on <= course.retain_until:
            found.append(_conflict())
    if course.delete_by is not None:
        found.append(
            Step(
                zh=f"最迟删除日为 {course.delete_by}。",
                en=f"Has to be gone by {course.delete_by}.",
            )
        )
    return tuple(found)


def _conflict() -> Step:
    return Step(
        zh="须保存的时间长于允许保存的时间：继续保存并停止其他处理，请按目的拆分数据。",
        en="It must be kept for longer than it may exist: kept, restricted, "
        "and the data should be split by purpose.",
    )


def _authority(authority: Authority) -> Step:
    zh, en = RANKS[authority.rank]
    if (period := authority.period) is not None:
        zh, en = f"{zh}，{period.in_words('zh')}", f"{en}, {period.in_words('en')}"
    return Step(zh=f"依据：{authority.cite}（{zh}）。", en=f"Authority: {authority.cite} ({en}).")
