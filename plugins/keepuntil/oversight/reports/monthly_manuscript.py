"""What the monthly report says, once for every format: zh or en."""

from __future__ import annotations

from collections.abc import Iterator

from keepuntil.documents.charts.drawing import Series
from keepuntil.documents.reports.manuscript import (
    Facts,
    Grid,
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
from keepuntil.oversight.reports.covered import covered
from keepuntil.oversight.reports.monthly import MonthlyReport
from keepuntil.oversight.reports.months import Month
from keepuntil.oversight.reports.problem_parts import monthly_problems
from keepuntil.oversight.reports.saying import (
    Say,
    across,
    figure,
    figures,
    largest,
    name,
    over_time,
    same_figures,
    saying,
    total_of,
    verdict,
    words,
)
from keepuntil.oversight.reports.standing import AGES, MONTHS_AHEAD


def manuscript(report: MonthlyReport, digest: str, language: Language) -> Manuscript:
    """The report in one language. ``digest`` is that of the value's JSON."""
    say = saying(language)
    return Manuscript(
        language=language,
        title=say("数据处置月报", "Monthly report on retention and disposal"),
        subtitle=say(
            f"{report.month} · 情况截至 {report.as_of}", f"{report.month} · as of {report.as_of}"
        ),
        organisation=report.organisation,
        number=f"monthly.{report.month}.{report.as_of}",
        on=str(report.as_of),
        digest=digest,
        rendering=same_figures(say),
        parts=tuple(_parts(report, say, language)),
    )


def _parts(report: MonthlyReport, say: Say, language: Language) -> Iterator[Part]:
    yield from _summary(report, say)
    yield from _disposal(report, say, language)
    yield from _overdue(report, say)
    yield from _nights(report, say, language)
    yield from monthly_problems(report.problems, say, language)
    yield from _ahead(report, say, language)
    yield from covered(report, say, language)
    yield from _holds(report, say)
    yield from _samples(report, say)
    yield from _certificates(report, say)
    yield from _signatures(say)


def _summary(report: MonthlyReport, say: Say) -> Iterator[Part]:
    places = report.places
    overdue = sum(place.overdue or 0 for place in places)
    missed = sum(one.missed for one in report.nights)
    yield Heading(text=say("概要", "At a glance"))
    yield Highlights(
        figures=(
            Highlight(
                figure=figure(sum(p.destroyed for p in places)), words=say("已销毁", "destroyed")
            ),
            Highlight(figure=figure(sum(p.held for p in places)), words=say("冻结保留", "held")),
            Highlight(
                figure=figure(sum(p.open for p in places)),
                words=say("到期尚未销毁", "due, not destroyed yet"),
            ),
            Highlight(
                figure=figure(sum(p.not_computable for p in places)),
                words=say("无法计算期限", "not computable"),
            ),
            Highlight(figure=figure(overdue), words=say("逾期", "overdue"), alarm=overdue > 0),
            Highlight(
                figure=figure(len(report.certificates)), words=say("销毁证明", "certificates")
            ),
            Highlight(
                figure=figure(missed),
                words=say("未成功的夜间任务", "nights without a good end"),
                alarm=missed > 0,
            ),
            Highlight(
                figure=figure(len(report.gaps)),
                words=say("覆盖缺口", "coverage gaps"),
                alarm=bool(report.gaps),
            ),
            Highlight(figure=figure(len(report.holds)), words=say("有效冻结", "holds in force")),
            Highlight(figure=figure(len(report.samples)), words=say("抽查", "spot checks")),
        )
    )
    for why in report.unread:
        yield Notice(text=say(why.zh, why.en), alarm=True)
    yield Facts(
        rows=(
            (say("机构", "Organisation"), report.organisation),
            (say("统计期间", "Period"), f"{report.first} – {report.last}"),
            (say("情况截至", "As of"), str(report.as_of)),
            (say("规则", "Rules"), figure(len(report.nights))),
        )
    )


def _disposal(report: MonthlyReport, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(text=say("到期与销毁", "Due and destroyed"))
    yield over_time(
        say,
        say(
            "近十二个月，按清册日期（项）", "The last twelve months, by the day of the list (items)"
        ),
        [flow.month for flow in report.year],
        [
            Series(name=say("已销毁", "destroyed"), values=tuple(f.destroyed for f in report.year)),
            Series(
                name=say("尚未销毁", "not destroyed yet"), values=tuple(f.open for f in report.year)
            ),
            Series(name=say("冻结保留", "held"), values=tuple(f.held for f in report.year)),
        ],
        say("近十二个月内没有到期项。", "Nothing was due in the last twelve months."),
    )
    titles = {one.category: spoken(one.title, language) for one in report.nights}
    figures_of = [
        (p.due, p.destroyed, p.absent, p.held, p.open, p.not_computable, p.overdue)
        for p in report.places
    ]
    shown = [
        (titles[place.category], f"{place.instance} · {place.store}", *map(figure, counted))
        for place, counted in zip(report.places, figures_of, strict=True)
    ]
    if not shown:
        yield Paragraph(text=say("没有规则。", "There are no rules."))
        return
    yield Grid(
        columns=(
            words(say("类别", "Category")),
            words(say("存放处", "Place")),
            *figures(
                say("到期", "due"),
                say("已销毁", "destroyed"),
                say("已不在", "absent"),
                say("冻结", "held"),
                say("未销毁", "open"),
                say("不可计算", "unknown"),
                say("逾期", "overdue"),
            ),
        ),
        rows=tuple(shown),
        total=total_of(say("合计", "Total"), 2, figures_of),
    )
    yield Paragraph(text=_how_counted(say), quiet=True)


def _how_counted(say: Say) -> str:
    return say(
        "到期 = 已销毁 + 已不在 + 冻结 + 未销毁。已销毁、已不在为期间内各夜清册的合计；冻结、"
        "未销毁、不可计算为期间内最后一份清册所见；逾期为报告日向存储查询所得，不含冻结。"
        "未销毁者等待人员办理、被共享或失败。",
        "Due = destroyed + absent + held + open. Destroyed and absent (gone before the list was "
        "carried out) are added up over the nights of the period; held, open and unknown (no "
        "period can be computed) are as the period's last list saw them; overdue is what the "
        "stores said on the day of the report, held items aside. What is open waits for people, "
        "is shared, or failed.",
    )


def _overdue(report: MonthlyReport, say: Say) -> Iterator[Part]:
    yield Heading(text=say("逾期账龄", "How long overdue"))
    yield across(
        say,
        say("超过最迟删除日的天数（项）", "Days past the last day (items)"),
        [_age(at, say) for at in range(len(AGES))],
        [Series(name=say("逾期", "overdue"), values=report.overdue_ages)],
        say("没有逾期项。", "Nothing is overdue.")
        if not report.unread
        else say("可读取的存放处没有逾期项。", "Nothing is overdue in the places that were read."),
    )


def _age(at: int, say: Say) -> str:
    first = AGES[at]
    if at + 1 == len(AGES):
        return say(f"{first} 天以上", f"{first} days or more")
    return say(f"{first}–{AGES[at + 1] - 1} 天", f"{first}–{AGES[at + 1] - 1} days")


def _nights(report: MonthlyReport, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(text=say("夜间任务", "Nights"))
    figures_of = [(one.expected, one.ended_well, one.missed) for one in report.nights]
    yield (
        Grid(
            columns=(
                words(say("类别", "Category"), 3),
                words(say("责任部门", "Owner"), 2),
                *figures(
                    say("应运行", "expected"), say("成功", "ended well"), say("缺失", "missed")
                ),
            ),
            rows=tuple(
                (spoken(one.title, language), one.unit, *map(figure, counted))
                for one, counted in zip(report.nights, figures_of, strict=True)
            ),
            total=total_of(say("合计", "Total"), 2, figures_of),
        )
        if report.nights
        else Paragraph(text=say("没有规则。", "There are no rules."))
    )


def _ahead(report: MonthlyReport, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(text=say("未来二十四个月到期预测", "What falls due in the next 24 months"))
    month = Month.of(report.as_of)
    yield over_time(
        say,
        say("按月到期（项），依当前数据", "Items by month, from today's data"),
        [str(month.after(later)) for later in range(1, MONTHS_AHEAD + 1)],
        largest(
            say,
            (
                Series(name=spoken(one.title, language), values=one.months)
                for one in report.falling_due
            ),
        ),
        say("未来二十四个月没有到期项。", "Nothing falls due in the next 24 months."),
    )
    missing = len(report.nights) - len(report.falling_due)
    if missing:
        yield Notice(
            text=say(
                f"因存放处无法读取而未计入预测的类别：{missing}。",
                f"Categories that are missing because places could not be read: {missing}.",
            ),
            alarm=True,
        )


def _holds(report: MonthlyReport, say: Say) -> Iterator[Part]:
    yield Heading(text=say("有效冻结与复审", "Holds in force, and their reviews"))
    yield table_or(
        say("没有有效冻结。", "No hold is in force."),
        (
            name(say("冻结", "Hold"), 3),
            name(say("类别", "Category"), 3),
            words(say("起始", "Since"), 2),
            words(say("复审期限", "Review by"), 2),
            words(say("复审", "Review"), 2),
        ),
        [
            (
                hold.hold_id,
                hold.category,
                str(hold.placed_on),
                str(hold.review_by or "–"),
                say("逾期", "overdue") if hold.review_overdue else say("未到期", "not due yet"),
            )
            for hold in report.holds
        ],
    )


def _samples(report: MonthlyReport, say: Say) -> Iterator[Part]:
    yield Heading(text=say("抽查", "Spot checks"))
    yield table_or(
        say("本期没有抽查。", "No spot check was ordered in this period."),
        (
            name(say("抽查", "Sample"), 2),
            name(say("销毁证明", "Certificate"), 4),
            words(say("下达", "Ordered"), 2),
            words(say("结论", "Verdict"), 2),
            *figures(say("抽取", "drawn"), say("总体", "of")),
        ),
        [
            (
                one.sample_id,
                one.certificate_id,
                str(one.ordered_on),
                verdict(one.verdict, say),
                figure(one.size),
                figure(one.population),
            )
            for one in report.samples
        ],
    )


def _certificates(report: MonthlyReport, say: Say) -> Iterator[Part]:
    yield Heading(text=say("销毁证明", "Certificates of destruction"))
    yield table_or(
        say("本期没有出具销毁证明。", "No certificate was issued for this period."),
        (
            name(say("证明编号", "Certificate"), 5),
            name(say("摘要", "Digest"), 6),
            words(say("暂定至", "Provisional until"), 2),
            *figures(say("更正", "corrected")),
        ),
        [
            (
                one.certificate_id,
                one.digest,
                str(one.provisional_until or say("最终", "final")),
                figure(one.corrections),
            )
            for one in report.certificates
        ],
    )


def _signatures(say: Say) -> Iterator[Part]:
    yield Heading(text=say("签署", "Signatures"))
    yield Signatures(
        roles=(
            say("编制人", "Prepared by"),
            say("个人信息保护负责人", "Data protection officer"),
            say("合规负责人", "Head of compliance"),
            say("内部审计", "Internal audit"),
        ),
        line=say("姓名、签名、日期", "Name, signature, date"),
    )
