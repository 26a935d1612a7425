"""What the summary report says of the questionnaire: place × class, answered and not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keepuntil.documents.charts.drawing import Drawing
from keepuntil.documents.charts.heat_map import Heat, HeatCell, heat_map
from keepuntil.documents.reports.manuscript import Figure, Heading, Notice, Part, table_or
from keepuntil.documents.typesetting import Language
from keepuntil.documents.words import spoken
from keepuntil.domain.ledger_words import WORDS
from keepuntil.oversight.campaigns import CampaignSummary, Share
from keepuntil.oversight.reports.saying import Say, figure, figures, total_of, words


def questionnaire(summary: CampaignSummary, say: Say, language: Language) -> Iterator[Part]:
    """A chapter: the picture of the answers, and how far each place is."""
    yield Heading(text=say("自查问卷", "Questionnaire"))
    if summary.unassigned:
        names = say("、", ", ").join(summary.unassigned)
        yield Notice(
            text=say(f"尚未指定答卷人：{names}", f"Nobody answers yet for: {names}"), alarm=True
        )
    yield Figure(
        picture=_map(summary, say, language),
        caption=say(
            "机构 × 类别：已答 / 问题数；✗ 为回答“否”的题数",
            "Place × class: answered / questions; ✗ counts those answered no",
        ),
    )
    counted = [_counts(_of(summary, place)) for place in summary.places]
    rows = [(place, *map(figure, row)) for place, row in zip(summary.places, counted, strict=True)]
    yield table_or(
        say("没有机构。", "There are no places."),
        (
            words(say("机构", "Place")),
            *figures(
                say("题数", "questions"),
                say("是", "yes"),
                say("否", "no"),
                say("不适用", "n. a."),
                say("未答", "open"),
            ),
        ),
        [*rows, total_of(say("合计", "Total"), 1, counted)] if rows else [],
    )


def _of(summary: CampaignSummary, place: str) -> list[Share]:
    return [share for share in summary.matrix if share.place == place]


def _counts(shares: Sequence[Share]) -> tuple[int, int, int, int, int]:
    return (
        sum(share.questions for share in shares),
        sum(share.yes for share in shares),
        sum(share.no for share in shares),
        sum(share.not_applicable for share in shares),
        sum(share.open for share in shares),
    )


def _map(summary: CampaignSummary, say: Say, language: Language) -> Drawing:
    rows = []
    for place in summary.places:
        by_class = {share.problem_class: share for share in _of(summary, place)}
        rows.append((place, [_cell(by_class.get(one)) for one in summary.classes]))
    titles = [spoken(WORDS[one], language) for one in summary.classes]
    noes = sum(share.no for share in summary.matrix)
    alt = say(
        f"自查问卷共 {summary.questions:,} 题，已答 {summary.answered:,}，其中“否” {noes:,}。",
        f"Progress of the questionnaire: {summary.answered:,} of {summary.questions:,} questions "
        f"answered, {noes:,} of them no.",
    )
    return heat_map(titles, rows, alt=alt)


def _cell(share: Share | None) -> HeatCell:
    if share is None:
        return HeatCell(heat=Heat.NONE, mark="–")
    answered = share.questions - share.open
    mark = f"{answered}/{share.questions}"
    if share.no:
        return HeatCell(heat=Heat.WORSE, mark=f"{mark} ✗{share.no}")
    return HeatCell(heat=Heat.BAD if share.open else Heat.GOOD, mark=mark)
