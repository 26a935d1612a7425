"""The coverage matrix as it was drawn last, for those who must not ask stores: the pages."""

from __future__ import annotations

from dataclasses import replace

from keepuntil.disposal.installation import Installation
from keepuntil.domain.plain_documents import document_of, value_of
from keepuntil.oversight.coverage import Coverage
from keepuntil.register import coverages


def remember(installation: Installation, coverage: Coverage) -> None:
    """Keep a matrix in place of the last one."""
    coverages.keep(installation.register, coverage.as_of, document_of(coverage))


def last(installation: Installation) -> Coverage | None:
    """The matrix that was kept last; None: none was drawn yet."""
    document = coverages.last(installation.register)
    return None if document is None else value_of(Coverage, document, where="coverage")


def part_of(coverage: Coverage, categories: frozenset[str]) -> Coverage:
    """What a matrix says of some categories; gaps that are of no category are not among it."""
    classes = (
        replace(each, categories=tuple(one for one in each.categories if one in categories))
        for each in coverage.classes
    )
    return replace(
        coverage,
        rows=tuple(row for row in coverage.rows if row.category in categories),
        gaps=tuple(gap for gap in coverage.gaps if gap.where.partition("/")[0] in categories),
        classes=tuple(each for each in classes if each.categories),
    )
