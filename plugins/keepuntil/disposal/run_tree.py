"""The leaves of a run's tree out of the journal, in plan order, and what they add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from keepuntil.disposal.installation import Installation
from keepuntil.domain.outcomes import ORDER
from keepuntil.domain.plans import Plan
from keepuntil.evidence.leaves import LeafColumns
from keepuntil.evidence.merkle import EMPTY_ROOT
from keepuntil.register import journal, surroundings
from keepuntil.register.runs import Run

WORDS: Final = {place: outcome.value for place, outcome in enumerate(ORDER)}


@dataclass(slots=True)
class RunTree:
    """Size and root of the tree, and the totals of its entries."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    parts: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def count(self, columns: LeafColumns) -> None:
        """Add the totals of some entries."""
        self.outcomes.update(WORDS[code] for code in columns.outcomes)
        self.parts += sum(columns.part_counts)


def leaf_columns(installation: Installation, plan: Plan, run: Run) -> Iterator[LeafColumns]:
    """Batch by batch, in plan order."""
    register = installation.register
    baselines = surroundings.baselines(register, plan.plan_id)
    for tally in plan.instances:
        for observed in journal.observed(register, run.run_id, tally.instance):
            yield LeafColumns(
                instance=tally.instance,
                category=plan.category,
                method=baselines[tally.instance].method,
                words=WORDS,
                outcomes=observed.outcomes,
                commitments=observed.commitments,
                part_counts=observed.part_counts,
                part_commitments=observed.part_commitments,
            )
