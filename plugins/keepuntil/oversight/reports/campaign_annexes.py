"""The annexes of the summary report: problem list (问题清单), ledger (整改台账), sampling packs."""

from __future__ import annotations

from collections.abc import Iterator

from keepuntil.documents.reports.manuscript import Heading, Paragraph, Part, table_or
from keepuntil.documents.typesetting import Language
from keepuntil.documents.words import spoken
from keepuntil.domain.ledger_words import WORDS
from keepuntil.oversight.reports.campaign import CampaignReport
from keepuntil.oversight.reports.problem_parts import unit_name
from keepuntil.oversight.reports.saying import Say, figure, figures, name, verdict, words


def annexes(report: CampaignReport, say: Say, language: Language) -> Iterator[Part]:
    """Each line in a few words; every column stands in the exported lists."""
    yield from _problems(report, say, language)
    yield from _ledger(report, say, language)
    yield from _packs(report, say)


def _problems(report: CampaignReport, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(text=say("附件一 问题清单", "Annex A: problem list"))
    yield table_or(
        say("没有问题。", "There are no problems."),
        (
            *figures(say("序号", "no.")),
            words(say("类别", "Class"), 2),
            words(say("问题描述", "Description"), 5),
            words(say("机构", "Unit"), 2),
            words(say("发现日期", "Found on"), 2),
            words(say("风险", "Risk")),
            words(say("状态", "Status"), 2),
        ),
        [
            (
                str(one.number),
                spoken(WORDS[one.problem_class], language),
                spoken(one.description, language),
                unit_name(one.unit, say),
                str(one.found_on),
                spoken(WORDS[one.risk], language) if one.risk else "–",
                spoken(WORDS[one.status], language),
            )
            for one in report.problems
        ],
    )
    yield Paragraph(
        text=say(
            "全部栏目见导出的问题清单与整改台账（keepuntil findings、keepuntil ledger）。",
            "Every column stands in the exported lists (keepuntil findings, keepuntil ledger).",
        ),
        quiet=True,
    )


def _ledger(report: CampaignReport, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(text=say("附件二 整改台账", "Annex B: ledger"))
    yield table_or(
        say("没有整改事项。", "There are no remedies."),
        (
            *figures(say("问题", "no.")),
            words(say("整改目标", "Goal"), 5),
            words(say("责任部门", "Unit"), 3),
            words(say("完成时限", "Until"), 2),
            words(say("状态", "Status"), 2),
            *figures(say("进度", "done")),
        ),
        [
            (
                str(one.number),
                one.goal,
                unit_name(one.unit, say),
                str(one.due_on),
                spoken(WORDS[one.status], language),
                f"{one.percent}%",
            )
            for one in report.remedies
        ],
    )


def _packs(report: CampaignReport, say: Say) -> Iterator[Part]:
    yield Heading(text=say("附件三 抽查", "Annex C: sampling packs"))
    yield table_or(
        say("没有抽查。", "No sample was drawn."),
        (
            name(say("抽查", "Sample"), 2),
            name(say("销毁证明", "Certificate"), 4),
            words(say("结论", "Verdict"), 2),
            *figures(say("抽取", "drawn"), say("不符", "deviations")),
        ),
        [
            (
                pack.sample_id,
                pack.certificate_id,
                verdict(pack.verdict, say),
                figure(pack.drawn),
                figure(pack.deviations),
            )
            for pack in report.summary.packs
        ],
    )
