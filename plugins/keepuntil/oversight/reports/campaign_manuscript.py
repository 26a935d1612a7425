"""What the summary report of a campaign says, once for every format: zh or en."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from keepuntil.documents.reports.manuscript import (
    Facts,
    Heading,
    Highlight,
    Highlights,
    Manuscript,
    Notice,
    Paragraph,
    Part,
    Signatures,
    table_or,
)
from keepuntil.documents.typesetting import Language
from keepuntil.documents.words import spoken
from keepuntil.domain.ledger_words import WORDS, Status
from keepuntil.oversight.campaigns import CampaignSummary, Moment
from keepuntil.oversight.reports.campaign import CampaignReport, ListedRemedy
from keepuntil.oversight.reports.campaign_annexes import annexes
from keepuntil.oversight.reports.campaign_problems import problems
from keepuntil.oversight.reports.problem_parts import unit_name
from keepuntil.oversight.reports.questionnaire import questionnaire
from keepuntil.oversight.reports.saying import Say, figure, figures, same_figures, saying, words


def manuscript(report: CampaignReport, digest: str, language: Language) -> Manuscript:
    """The report in one language. ``digest`` is that of the value's JSON."""
    say, summary = saying(language), report.summary
    return Manuscript(
        language=language,
        title=say("专项排查总结报告", "Summary report of a campaign"),
        subtitle=say(
            f"{summary.title.zh} · 情况截至 {summary.as_of}",
            f"{summary.title.en} · as of {summary.as_of}",
        ),
        organisation=summary.controller,
        number=f"campaign.{summary.campaign_id}.{summary.as_of}",
        on=str(summary.as_of),
        digest=digest,
        rendering=same_figures(say),
        parts=tuple(_parts(report, say, language)),
    )


def _parts(report: CampaignReport, say: Say, language: Language) -> Iterator[Part]:
    summary = report.summary
    yield from _at_a_glance(summary, say)
    yield from _scope(summary, say, language)
    yield from _phases(summary, say, language)
    yield from questionnaire(summary, say, language)
    yield from problems(report, say, language)
    yield from _changes(report, say)
    yield from _next_steps(report, say, language)
    yield from _signatures(say)
    yield from annexes(report, say, language)


def _at_a_glance(summary: CampaignSummary, say: Say) -> Iterator[Part]:
    ledger = summary.ledger
    yield Heading(text=say("概要", "At a glance"))
    told = (
        (ledger.total.found, say("发现问题", "problems found"), False),
        (ledger.total.fixed, say("已整改", "fixed"), False),
        (ledger.total.open, say("未整改", "open"), ledger.total.open > 0),
        (ledger.overdue, say("整改逾期", "remedies overdue"), ledger.overdue > 0),
        (ledger.clients, say("涉及客户（人次）", "clients affected"), False),
        (ledger.records, say("涉及记录", "records affected"), False),
        (ledger.leaked, say("涉及泄露", "with a leak"), ledger.leaked > 0),
        (ledger.crime_suspected, say("涉嫌犯罪", "crime suspected"), ledger.crime_suspected > 0),
        (ledger.held_to_account, say("问责", "held to account"), False),
        (len(summary.packs), say("抽查", "spot checks"), False),
    )
    yield Highlights(
        figures=tuple(
            Highlight(figure=figure(count), words=label, alarm=alarm)
            for count, label, alarm in told
        )
    )
    if not summary.closed:
        yield Notice(
            text=say(
                f"专项排查尚未结束：问卷已答 {summary.answered:,} / {summary.questions:,}。",
                f"The campaign is not closed: {summary.answered:,} of {summary.questions:,} "
                "questions are answered.",
            )
        )


def _scope(summary: CampaignSummary, say: Say, language: Language) -> Iterator[Part]:
    comma = say("、", ", ")
    yield Heading(text=say("机构与范围", "Organisation and scope"))
    yield Facts(
        rows=(
            (say("机构", "Organisation"), summary.controller),
            (say("专项排查", "Campaign"), spoken(summary.title, language)),
            (say("编号", "Number"), summary.campaign_id),
            (say("启动", "Begun"), str(summary.starts_on)),
            (
                say("问题发生自", "Problems since"),
                str(summary.problems_since or say("未限定", "not limited")),
            ),
            (say("范围", "Places"), comma.join(summary.places)),
            (
                say("问题类别", "Classes"),
                comma.join(spoken(WORDS[one], language) for one in summary.classes),
            ),
        )
    )


_MOMENTS: Final = {
    Moment.AHEAD: ("未开始", "ahead"),
    Moment.RUNNING: ("进行中", "running"),
    Moment.OVER: ("已结束", "over"),
}


def _phases(summary: CampaignSummary, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(text=say("阶段", "Phases"))
    yield table_or(
        say("没有阶段。", "There are no phases."),
        (
            words(say("阶段", "Phase"), 4),
            words(say("起", "From"), 2),
            words(say("止", "To"), 2),
            words(say("状态", "Now"), 2),
        ),
        [
            (
                spoken(phase.title, language),
                str(phase.begins_on),
                str(phase.ends_on),
                say(*_MOMENTS[phase.moment]),
            )
            for phase in summary.phases
        ],
    )


def _changes(report: CampaignReport, say: Say) -> Iterator[Part]:
    """Accountability, and what was changed for good."""
    ledger = report.summary.ledger
    yield Heading(text=say("问责与改进", "Accountability and changes"))
    yield Facts(
        rows=(
            (say("问责决定", "Decisions on people"), figure(ledger.held_to_account)),
            (say("制度修订", "Policy changes"), figure(ledger.policy_changes)),
            (say("系统改造", "System changes"), figure(ledger.system_changes)),
            (say("已举一反三", "Same looked for elsewhere"), figure(ledger.similar_checked)),
            (say("立查立改", "Fixed at once"), figure(ledger.fixed_at_once)),
            (say("批准延期", "Extensions approved"), figure(ledger.extensions)),
        )
    )
    yield table_or(
        say("没有制度修订或系统改造。", "No policy and no system was changed."),
        (
            words(say("改进", "Change"), 2),
            words(say("内容", "What"), 6),
            *figures(say("问题", "problem")),
        ),
        [
            (label, text, str(one.number))
            for one in report.remedies
            for label, text in (
                (say("制度", "policy"), one.policy_change),
                (say("系统", "system"), one.system_change),
            )
            if text
        ],
    )


def _next_steps(report: CampaignReport, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(text=say("下一步", "Next steps"))
    unplanned = report.summary.ledger.by_status.get(Status.UNPLANNED.value, 0)
    if unplanned:
        yield Notice(
            text=say(
                f"尚无整改措施的问题：{unplanned}。", f"Problems without a remedy: {unplanned}."
            ),
            alarm=True,
        )
    ahead = sorted(
        (one for one in report.remedies if not one.closed), key=lambda one: (one.due_on, one.number)
    )
    if not report.problems:
        yield Paragraph(text=say("没有发现问题。", "No problem was found."))
        return
    if not ahead and not unplanned:
        yield Paragraph(text=say("全部问题已销号。", "Every problem is closed."))
        return
    yield table_or(
        say("没有进行中的整改。", "No remedy is under way."),
        (
            words(say("完成时限", "Until"), 2),
            words(say("整改目标", "Goal"), 5),
            words(say("责任部门", "Unit"), 3),
            words(say("状态", "Status"), 2),
            *figures(say("进度", "done"), say("问题", "problem")),
        ),
        [_step(one, say, language) for one in ahead],
    )


def _step(one: ListedRemedy, say: Say, language: Language) -> tuple[str, ...]:
    return (
        str(one.due_on),
        one.goal,
        unit_name(one.unit, say),
        spoken(WORDS[one.status], language),
        f"{one.percent}%",
        str(one.number),
    )


def _signatures(say: Say) -> Iterator[Part]:
    yield Heading(text=say("签署", "Signatures"))
    yield Signatures(
        roles=(
            say("牵头行领导", "Leading member of the board"),
            say("个人信息保护负责人", "Data protection officer"),
            say("合规负责人", "Head of compliance"),
            say("内部审计", "Internal audit"),
        ),
        line=say("姓名、签名、日期", "Name, signature, date"),
    )
