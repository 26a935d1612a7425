"""What a person asks for, how long there is to answer, and what the answer can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from keepuntil.domain.categories import Text
from keepuntil.domain.periods import ONE_DAY, Period, add
from keepuntil.domain.working_days import WorkingDays

_SATURDAY: Final = 5


class RequestKind(StrEnum):
    """What is asked for. Erasure: PIPL 47, GDPR 17."""

    ERASE = "erase"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTime:
    """How long there is to answer: working days, or a civil period."""

    working_days: int | None
    period: Period | None
    source: Text

    def answer_by(self, received_on: date, calendar: WorkingDays | None) -> date:
        """The last day. Where the calendar lacks the year, Monday to Friday are worked."""
        if self.period is not None:
            return add(received_on, self.period)
        day, left = received_on, self.working_days or 0
        while left:
            day += ONE_DAY
            left -= _is_worked(day, calendar)
        return day


def _is_worked(day: date, calendar: WorkingDays | None) -> bool:
    if calendar is not None and day.year in calendar.years:
        return calendar.is_working_day(day)
    return day.weekday() < _SATURDAY


REGIMES: Final[Mapping[str, AnswerTime]] = {
    "pipl": AnswerTime(
        working_days=15,
        period=None,
        source=Text(
            zh="《个人信息保护法》第五十条；《App违法违规收集使用个人信息行为认定方法》第六条"
            "（十五个工作日）",
            en="PIPL Article 50; 15 working days as in the 2019 determination method for apps, "
            "section 6",
        ),
    ),
    "gdpr": AnswerTime(
        working_days=None,
        period=Period(months=1),
        source=Text(zh="GDPR 第12条第3款（一个月）", en="GDPR Article 12(3): one month"),
    ),
}
"""By the word under which a request is entered."""


class AnswerKind(StrEnum):
    """What can be said of a person's records in one place."""

    NEXT_RUN = "next_run"
    """Due: destroyed on the next run, once whoever has to has approved it."""
    NOT_YET = "not_yet"
    """Something obliges to keep them until a day."""
    NOT_BEGUN = "not_begun"
    """The period has not begun: what it runs from has not happened."""
    NO_END = "no_end"
    """Kept permanently, or for as long as a condition lasts."""
    HELD = "held"
    """Due, but bound by a legal hold."""
    AWAITS_EVENT = "awaits_event"
    """Asking is itself what the period runs from; the owner has to enter it."""
    NOT_COMPUTABLE = "not_computable"
    """Kept until somebody has found out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLine:
    """Records of one person in one place that have the same fate."""

    category: str
    title: Text
    instance: str
    kind: AnswerKind
    records: int
    until: date | None
    """NOT_YET: the last day they are kept. AWAITS_EVENT: the day they are due, once entered."""
    because: tuple[str, ...]
    """The authorities that oblige to keep, as cited."""
    event: str | None
    """NOT_BEGUN, AWAITS_EVENT: the event that the period runs from."""
    also_held: bool
    """Kept by law and bound by a legal hold besides."""
    owner: str
    """The unit that answers for the category."""


def in_words(line: AnswerLine) -> Text:
    """The answer as a sentence for the person who asked; no hold is named, and no record."""
    sentence = _SENTENCES[line.kind]
    said = Text(
        zh=sentence.zh.format(law="、".join(line.because) or "保存期限规则", line=line),
        en=sentence.en.format(law=", ".join(line.because) or "the retention rule", line=line),
    )
    if not line.also_held:
        return said
    return Text(
        zh=f"{said.zh}此外，该记录处于法律冻结之中。",
        en=f"{said.en} They are under a legal hold as well.",
    )


_SENTENCES: Final[Mapping[AnswerKind, Text]] = {
    AnswerKind.NEXT_RUN: Text(
        zh="将在下一次运行中销毁（须经规定的审批）。",
        en="Destroyed on the next run, after the approvals that are prescribed.",
    ),
    AnswerKind.NOT_YET: Text(
        zh="暂不能删除：依据{law}，须保存至 {line.until}（含当日），其后删除。",
        en="Not yet, because {law} obliges us to keep them until {line.until}, that day included; "
        "they are deleted after it.",
    ),
    AnswerKind.NOT_BEGUN: Text(
        zh="暂不能删除：依据{law}须予保存，期限自“{line.event}”起算，而该事件尚未发生。",
        en="Not yet, because {law} obliges us to keep them for a period that runs from "
        "'{line.event}', which has not happened.",
    ),
    AnswerKind.NO_END: Text(
        zh="暂不能删除：依据{law}须予保存，目前没有期满日。",
        en="Not yet, because {law} obliges us to keep them, and no end can be named today.",
    ),
    AnswerKind.HELD: Text(
        zh="已期满，但处于法律冻结之中；冻结解除后销毁。",
        en="Held: they are due, but under a legal hold, and are destroyed once it is lifted.",
    ),
    AnswerKind.AWAITS_EVENT: Text(
        zh="您的请求即视为“{line.event}”；由 {line.owner} 登记后，自 {line.until} 起销毁。",
        en="Your request counts as '{line.event}'. Once {line.owner} has entered it, they are "
        "destroyed from {line.until} on.",
    ),
    AnswerKind.NOT_COMPUTABLE: Text(
        zh="期限目前无法计算，因此保存，并已报告待查。",
        en="Their period cannot be computed today: they are kept, and somebody looks into it.",
    ),
}
