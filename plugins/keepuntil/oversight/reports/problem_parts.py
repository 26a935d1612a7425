"""What reports say of problems and remedies: pictures by class and unit, tables of counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from keepuntil.documents.charts.drawing import Series
from keepuntil.documents.reports.manuscript import Grid, Heading, Part, table_or
from keepuntil.documents.typesetting import Language
from keepuntil.documents.words import spoken
from keepuntil.domain.ledger_words import WORDS, ProblemClass, Status
from keepuntil.oversight.reports.problems import Problems, ProblemTally
from keepuntil.oversight.reports.saying import Say, across, figure, figures, total_of, words


def monthly_problems(problems: Problems, say: Say, language: Language) -> Iterator[Part]:
    """A chapter: the picture, the counts, how far the remedies are."""
    yield Heading(text=say("问题与整改", "Findings and remedies"))
    yield across(
        say,
        say(
            "本期发现、本期关闭或尚未关闭的问题，按机构与类别",
            "Findings that are open, were found or closed in the period, by unit and class",
        ),
        *_by_unit(problems.tallies, say, language),
        say("本期没有问题。", "There are no findings in this period."),
    )
    counted = [(one.found, one.closed, one.open) for one in problems.tallies]
    if not counted:
        return
    yield Grid(
        columns=(
            words(say("问题类别", "Class"), 2),
            words(say("机构", "Unit"), 3),
            *figures(say("本期发现", "found"), say("本期关闭", "closed"), say("未关闭", "open")),
        ),
        rows=tuple(
            (
                spoken(WORDS[one.problem_class], language),
                unit_name(one.unit, say),
                *map(figure, row),
            )
            for one, row in zip(problems.tallies, counted, strict=True)
        ),
        total=total_of(say("合计", "Total"), 2, counted),
    )
    yield by_word(
        say("整改状态", "How far the remedies are"),
        say("问题数", "findings"),
        {spoken(WORDS[Status(k)], language): n for k, n in problems.summary.by_status.items()},
        say("没有整改事项。", "There are no remedies."),
    )


def unit_name(unit: str, say: Say) -> str:
    return unit or say("未指明", "not said")


def by_word(title: str, counted: str, counts: Mapping[str, int], nothing: str) -> Part:
    """A small table: words and how often; what never occurs is left out."""
    rows = [(word, figure(count)) for word, count in counts.items() if count]
    return table_or(nothing, (words(title, 3), *figures(counted)), rows)


def _by_unit(
    tallies: Sequence[ProblemTally], say: Say, language: Language
) -> tuple[list[str], list[Series]]:
    """A bar for each unit, made of the classes: open and closed ones, each counted once."""
    units = list(dict.fromkeys(one.unit for one in tallies))
    counts = {(one.unit, one.problem_class): one.open + one.closed for one in tallies}
    return [unit_name(unit, say) for unit in units], class_series(units, counts, language)


def class_series(
    units: Iterable[str], counts: Mapping[tuple[str, ProblemClass], int], language: Language
) -> list[Series]:
    """The classes that occur at all, in their order, with a value for each unit."""
    every = list(units)
    series = (
        Series(
            name=spoken(WORDS[one], language),
            values=tuple(counts.get((unit, one), 0) for unit in every),
        )
        for one in ProblemClass
    )
    return [one for one in series if one.total]
