"""Tonight: what is due, what waits for whom, and the two years ahead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from keepuntil.domain.access import Right
from keepuntil.domain.categories import Text
from keepuntil.oversight.tonight import Ahead, Awaited, Line, Standing
from keepuntil.oversight.tonight import tonight as stand
from keepuntil.pages.charts import Band, bands, bars
from keepuntil.pages.permissions import needs
from keepuntil.pages.visiting import Visit
from keepuntil.pages.words import spoken

PAGE: Final = 50

WORDS: Final[Mapping[str, Text]] = {
    "title": Text(zh="今夜", en="Tonight"),
    "lead": Text(
        zh="各规则最近一份清册所计，存于登记库；本页不查询任何存储。",
        en="As each rule's newest list counted it. This page reads the register and asks no store.",
    ),
    "due": Text(zh="到期", en="due"),
    "overdue": Text(zh="逾期", en="overdue"),
    "held": Text(zh="冻结", en="held"),
    "undetermined": Text(zh="无法计算", en="not computable"),
    "waiting": Text(zh="待审批清册", en="lists that wait"),
    "waits": Text(zh="等待谁", en="What waits for whom"),
    "nobody_waits": Text(zh="没有等待审批的清册。", en="No list waits for anybody."),
    "more_wait": Text(zh="另有更多清册在等待：", en="More lists wait:"),
    "any_of": Text(zh="其中一人：", en="one of"),
    "nobody_holds": Text(zh="无人担任此角色", en="nobody holds this role"),
    "decide": Text(zh="查看并决定", en="Look and decide"),
    "ahead": Text(zh="未来两年到期", en="Falling due in the next two years"),
    "ahead_as_of": Text(zh="统计于", en="Counted on"),
    "ahead_never": Text(
        zh="尚未统计。由每日早间任务或 keepuntil forecast 统计。",
        en="Not counted yet: the DAG of each morning does it, or keepuntil forecast.",
    ),
    "ahead_first": Text(
        zh="首列含此前已到期者。", en="The first bar includes what is due already."
    ),
    "uncounted": Text(zh="未统计的类别：", en="Not counted:"),
    "figures": Text(zh="以表格显示", en="As a table"),
    "month": Text(zh="月份", en="month"),
    "total": Text(zh="合计", en="total"),
    "others": Text(zh="其他", en="others"),
    "rules": Text(zh="各规则", en="Rule by rule"),
    "rule": Text(zh="规则", en="rule"),
    "as_of": Text(zh="截至", en="as of"),
    "kept": Text(zh="未到期", en="kept"),
    "stands": Text(zh="进展", en="stands"),
    "last_night": Text(zh="最近完成的一夜", en="last night that ended well"),
    "never_ran": Text(zh="从未", en="never"),
    "places": Text(zh="各存放处", en="place by place"),
    "attention": Text(zh="只看需要关注的", en="Only what needs a look"),
    "everything": Text(zh="全部规则", en="All rules"),
}

STANDINGS: Final[Mapping[Standing, Text]] = {
    Standing.NEVER: Text(zh="尚无清册", en="no list yet"),
    Standing.QUIET: Text(zh="无到期", en="nothing due"),
    Standing.WAITING: Text(zh="待审批", en="waits for people"),
    Standing.APPROVED: Text(zh="已批准", en="approved"),
    Standing.RUNNING: Text(zh="销毁中", en="being destroyed"),
    Standing.UNVERIFIED: Text(zh="已执行，待复查", en="carried out, to be verified"),
    Standing.UNCERTIFIED: Text(zh="已复查，待证明", en="verified, to be certified"),
    Standing.CERTIFIED: Text(zh="已证明", en="certified"),
    Standing.REJECTED: Text(zh="已否决", en="rejected"),
}

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the template shows."""

    figures: tuple[tuple[str, int, str], ...]
    """Name, count, and how loud it is."""
    awaited: tuple[Awaited, ...]
    lists_waiting: int
    lines: Sequence[Line]
    next: str | None
    """The last category shown, where there are more."""
    only_alarming: bool
    ahead: Ahead
    bands: Sequence[Band]
    chart: Markup


@router.get("/", name="tonight")
def tonight(
    visit: Annotated[Visit, needs(Right.READ)], after: str = "", show: str = ""
) -> HTMLResponse:
    """The first page."""
    return visit.page(
        "tonight.html", view=_view(visit, after, show), words=WORDS, standings=STANDINGS
    )


def _view(visit: Visit, after: str, show: str) -> View:
    found = stand(visit.installation, visit.rules)
    only_alarming = show == "attention"
    lines = [each for each in found.lines if each.rule.category > after]
    lines = [each for each in lines if each.alarming] if only_alarming else lines
    stacked = bands(_by_title(visit, found.ahead), spoken(WORDS["others"], visit.language))
    return View(
        figures=_figures(found.lines),
        awaited=found.awaited,
        lists_waiting=_waiting(found.lines),
        lines=lines[:PAGE],
        next=lines[PAGE - 1].rule.category if len(lines) > PAGE else None,
        only_alarming=only_alarming,
        ahead=found.ahead,
        bands=stacked,
        chart=bars(found.ahead.months, stacked, spoken(WORDS["ahead"], visit.language)),
    )


def _by_title(visit: Visit, ahead: Ahead) -> dict[str, tuple[int, ...]]:
    """The forecast by the rules' titles; where two have one title, the category tells them."""
    titles = {rule.category: spoken(rule.title, visit.language) for rule in visit.rules}
    twice = {title for title, count in Counter(titles.values()).items() if count > 1}
    return {
        f"{titles[name]} ({name})" if titles[name] in twice else titles[name]: figures
        for name, figures in ahead.by_category.items()
    }


def _waiting(lines: Sequence[Line]) -> int:
    return sum(line.standing is Standing.WAITING for line in lines)


def _figures(lines: Sequence[Line]) -> tuple[tuple[str, int, str], ...]:
    overdue = sum(line.overdue for line in lines)
    undetermined = sum(line.undetermined for line in lines)
    return (
        ("waiting", _waiting(lines), "plain"),
        ("due", sum(line.due for line in lines), "plain"),
        ("overdue", overdue, "alarm" if overdue else "good"),
        ("held", sum(line.held for line in lines), "plain"),
        ("undetermined", undetermined, "warn" if undetermined else "good"),
    )
