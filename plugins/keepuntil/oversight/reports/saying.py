"""How reports say things: each phrase in both languages where it is used, figures, pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from keepuntil.documents.charts.bars import bars
from keepuntil.documents.charts.columns import columns
from keepuntil.documents.charts.drawing import SERIES, Series
from keepuntil.documents.reports.manuscript import Column, Figure, Kind, Paragraph
from keepuntil.documents.typesetting import Language
from keepuntil.documents.words import spoken
from keepuntil.domain.categories import Text
from keepuntil.domain.sampling import SampleVerdict

Say = Callable[[str, str], str]
"""The Chinese or the English of a phrase."""


def saying(language: Language) -> Say:
    """What says phrases in one language."""
    return lambda zh, en: spoken(Text(zh=zh, en=en), language)


def figure(count: int | None) -> str:
    """A count; one that is not known is a dash."""
    return "–" if count is None else f"{count:,}"


def same_figures(say: Say) -> str:
    """The sentence before the digest on every page."""
    return say(
        "本报告各格式数字相同，均出自下列摘要（SHA-256）所对应的 JSON 文件：",
        "The figures are the same in every format: those of the JSON file with this SHA-256:",
    )


_VERDICTS: Final = {
    SampleVerdict.ACCEPTED: ("通过", "accepted"),
    SampleVerdict.REJECTED: ("不通过", "rejected"),
    SampleVerdict.INCONCLUSIVE: ("无结论", "inconclusive"),
}


def verdict(word: str | None, say: Say) -> str:
    """What a sample came to; None: nobody has closed it."""
    return say("未结", "open") if word is None else say(*_VERDICTS[SampleVerdict(word)])


def words(title: str, share: int = 1) -> Column:
    return Column(title=title, share=share)


def name(title: str, share: int = 1) -> Column:
    return Column(title=title, kind=Kind.NAME, share=share)


def figures(*titles: str) -> tuple[Column, ...]:
    return tuple(Column(title=title, kind=Kind.FIGURE) for title in titles)


def total_of(label: str, columns_: int, rows: Iterable[Sequence[int | None]]) -> tuple[str, ...]:
    """The last line of a table whose first columns are words; what is unknown counts nothing."""
    sums = (sum(filter(None, column)) for column in zip(*rows, strict=True))
    return (label, *("" for _ in range(columns_ - 1)), *(figure(each) for each in sums))


def over_time(
    say: Say, caption: str, months: Sequence[str], series: Sequence[Series], nothing: str
) -> Figure | Paragraph:
    """Columns by month, or a sentence where there is nothing to draw."""
    if not any(one.total for one in series):
        return Paragraph(text=nothing)
    return Figure(
        picture=columns(months, series, alt=_months_in_words(say, caption, months, series)),
        caption=caption,
    )


def _months_in_words(
    say: Say, caption: str, months: Sequence[str], series: Sequence[Series]
) -> str:
    """What the columns show: each series with its total, and its largest month."""
    told = []
    for one in series:
        most = max(range(len(months)), key=one.values.__getitem__)
        told.append(
            say(
                f"{one.name}共 {one.total:,}，最多为 {months[most]} 的 {one.values[most]:,}",
                f"{one.name} {one.total:,} in all, most in {months[most]}: {one.values[most]:,}",
            )
        )
    return f"{caption}{say('：', ': ')}{say('；', '; ').join(told)}{say('。', '.')}"


def across(
    say: Say, caption: str, names: Sequence[str], series: Sequence[Series], nothing: str
) -> Figure | Paragraph:
    """Bars, one a name, or a sentence where there is nothing to draw."""
    if not any(one.total for one in series):
        return Paragraph(text=nothing)
    told = say("；", "; ").join(
        f"{each} {sum(one.values[at] for one in series):,}" for at, each in enumerate(names)
    )
    alt = f"{caption}{say('：', ': ')}{told}{say('。', '.')}"
    return Figure(picture=bars(names, series, alt=alt), caption=caption)


_SHOWN: Final = len(SERIES) - 1


def largest(say: Say, series: Iterable[Series]) -> list[Series]:
    """The largest, each with a colour of its own; the others as one."""
    ranked = sorted((one for one in series if one.total), key=lambda one: -one.total)
    if len(ranked) <= len(SERIES):
        return ranked
    rest = ranked[_SHOWN:]
    together = tuple(sum(values) for values in zip(*(one.values for one in rest), strict=True))
    label = say(f"其他 {len(rest)} 类", f"{len(rest)} others")
    return [*ranked[:_SHOWN], Series(name=label, values=together)]
