"""What the summary report says of problems: by class, unit, status, cause, and who knew first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

from keepuntil.documents.charts.drawing import Series
from keepuntil.documents.reports.manuscript import Facts, Heading, Part, table_or
from keepuntil.documents.typesetting import Language
from keepuntil.documents.words import spoken
from keepuntil.domain.ledger_words import (
    WORDS,
    Discovery,
    ProblemClass,
    Risk,
    RootKind,
    RootLevel,
    Status,
)
from keepuntil.oversight.ledger import LedgerSummary, Tally
from keepuntil.oversight.reports.campaign import CampaignReport
from keepuntil.oversight.reports.problem_parts import by_word, class_series, unit_name
from keepuntil.oversight.reports.saying import Say, across, figure, figures, total_of, words


def problems(report: CampaignReport, say: Say, language: Language) -> Iterator[Part]:
    """A chapter."""
    ledger = report.summary.ledger
    yield Heading(text=say("问题", "Problems"))
    yield from _by_class(ledger, say, language)
    yield from _by_unit(report, say, language)
    yield from _knowledge(ledger, say, language)
    yield from _causes(ledger, say, language)
    yield Heading(text=say("影响", "Who is affected"), level=2)
    yield Facts(
        rows=(
            (say("涉及客户（人次）", "Clients, counted in each problem"), figure(ledger.clients)),
            (say("涉及记录", "Records"), figure(ledger.records)),
            (say("涉及泄露的问题", "Problems with a leak"), figure(ledger.leaked)),
            (
                say("涉嫌犯罪的问题", "Problems where a crime is suspected"),
                figure(ledger.crime_suspected),
            ),
        )
    )


def _by_class(ledger: LedgerSummary, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(text=say("按类别", "By class"), level=2)
    names = [spoken(WORDS[ProblemClass(code)], language) for code in ledger.by_class]
    yield across(
        say,
        say("已整改与未整改", "Fixed and open"),
        names,
        [
            Series(
                name=say("已整改", "fixed"), values=tuple(t.fixed for t in ledger.by_class.values())
            ),
            Series(
                name=say("未整改", "open"), values=tuple(t.open for t in ledger.by_class.values())
            ),
        ],
        say("没有发现问题。", "No problem was found."),
    )
    yield _tallies(
        say("问题类别", "Class"),
        ledger.by_class,
        lambda code: spoken(WORDS[ProblemClass(code)], language),
        say,
    )


def _tallies(
    title: str, tallies: Mapping[str, Tally], name: Callable[[str], str], say: Say
) -> Part:
    counted = [(tally.found, tally.fixed, tally.open) for tally in tallies.values()]
    rows = [(name(code), *map(figure, row)) for code, row in zip(tallies, counted, strict=True)]
    return table_or(
        say("没有发现问题。", "No problem was found."),
        (
            words(title),
            *figures(say("发现", "found"), say("已整改", "fixed"), say("未整改", "open")),
        ),
        [*rows, total_of(say("合计", "Total"), 1, counted)] if rows else [],
    )


def _by_unit(report: CampaignReport, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(text=say("按机构", "By unit"), level=2)
    counts = Counter((one.unit, one.problem_class) for one in report.problems)
    units = list(report.summary.ledger.by_unit)
    yield across(
        say,
        say("发现的问题，按机构与类别", "Problems found, by unit and class"),
        [unit_name(unit, say) for unit in units],
        class_series(units, counts, language),
        say("没有发现问题。", "No problem was found."),
    )
    yield _tallies(
        say("机构", "Unit"), report.summary.ledger.by_unit, lambda unit: unit_name(unit, say), say
    )


def _knowledge(ledger: LedgerSummary, say: Say, language: Language) -> Iterator[Part]:
    """How it was found, and whether before a regulator raised it."""
    yield Heading(text=say("发现与状态", "How found, and how far"), level=2)
    yield Facts(
        rows=(
            (
                say("先于监管发现", "Known before a regulator raised them"),
                figure(ledger.before_regulator),
            ),
            (say("监管先提出", "Raised by a regulator first"), figure(ledger.after_regulator)),
            (say("监管未提出", "Raised by no regulator"), figure(ledger.unknown_to_regulator)),
            (say("关闭后重现", "Came back after they were closed"), figure(ledger.reopened)),
        )
    )
    found = {code: tally.found for code, tally in ledger.by_discovery.items()}
    yield _words_of(say("发现方式", "Found by way of"), Discovery, found, say, language)
    yield _words_of(say("整改状态", "Status"), Status, ledger.by_status, say, language)
    risks = {code: tally.found for code, tally in ledger.by_risk.items() if code}
    yield _words_of(say("风险等级", "Risk"), Risk, risks, say, language)


def _causes(ledger: LedgerSummary, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(text=say("根源", "Root causes"), level=2)
    yield _words_of(say("层级", "Whose"), RootLevel, ledger.by_root_level, say, language)
    yield _words_of(say("性质", "Of what kind"), RootKind, ledger.by_root_kind, say, language)


def _words_of(
    title: str, kind: type[StrEnum], counts: Mapping[str, int], say: Say, language: Language
) -> Part:
    named = {spoken(WORDS[kind(code)], language): count for code, count in counts.items()}
    return by_word(
        title, say("问题数", "problems"), named, f"{title}{say('：未填写。', ': not said.')}"
    )
