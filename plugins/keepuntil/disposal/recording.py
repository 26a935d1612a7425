"""Writes outcomes, with the commitments of each item, beside the store's own work.

Hashing and journaling of one batch happen in a second thread while the store
already works on the next; the databases are the bottleneck and the hashing hides
behind them. Order and durability do not suffer: at most one outcome is under way,
and its intent is durable already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from types import TracebackType
from typing import Self

from keepuntil.disposal.installation import Installation
from keepuntil.domain.chunks import Chunk
from keepuntil.domain.items import key_texts
from keepuntil.domain.outcomes import CODE, Outcome
from keepuntil.domain.plans import Plan
from keepuntil.evidence import commitments
from keepuntil.register import plans
from keepuntil.register.journal import OutcomeColumns, Slot
from keepuntil.register.runs import Run
from keepuntil.stores.protocol import Effect, Intent

GONE = frozenset({Outcome.DESTROYED, Outcome.ALREADY_ABSENT})


class Announcing:
    """The journal as a store sees it: the intent is durable, and the fence still ours, or else."""

    def __init__(
        self, slot: Slot, confirm: Callable[[], None], now: Callable[[], datetime]
    ) -> None:
        self._slot = slot
        self._confirm = confirm
        self._now = now

    def intend(self, intent: Intent) -> None:
        """Write the intent; raise, so that nothing becomes final, when it or the fence is lost."""
        self._slot.intend(intent, self._now())
        self._confirm()


class Recorder:
    """A context manager around one shard's work; leaving it waits for the last outcome."""

    def __init__(self, installation: Installation, run: Run, instance: str) -> None:
        self._installation = installation
        self._run_key = plans.run_key(installation.register, run.warrant.plan_id)
        self._plan = plans.load(installation.register, run.warrant.plan_id).plan
        self._instance = instance
        before = first_item(self._plan, instance)
        within = plans.first_items(installation.register, self._plan.plan_id, instance)
        self._first = [before + first for first in within]
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="outcomes")
        self._under_way: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._wait()
        finally:
            self._thread.shutdown()

    def record(self, slot: Slot, seq: int, chunk: Chunk, spared: list[str], effect: Effect) -> None:
        """Write what became of batch ``seq``. Errors of the batch before surface here."""
        self._wait()
        first = self._first[seq]
        self._under_way = self._thread.submit(self._observe, slot, first, chunk, spared, effect)

    def _wait(self) -> None:
        if self._under_way is not None:
            under_way, self._under_way = self._under_way, None
            under_way.result()

    def _observe(
        self, slot: Slot, first: int, chunk: Chunk, spared: list[str], effect: Effect
    ) -> None:
        cells = commitments.salt_cells(self._run_key, first, len(chunk))
        records = record_texts(self._plan.category, self._instance, key_texts(chunk.keys))
        parted = any(effect.counts)
        columns = OutcomeColumns(
            outcomes=bytes([CODE[outcome] for outcome in effect.outcomes]),
            commitments=commitments.commit_records(cells, records),
            part_counts=effect.counts if parted else (),
            part_commitments=commitments.commit_parts(cells, effect.parts) if parted else b"",
            reasons=_reasons(spared, effect),
        )
        slot.observe(columns, self._installation.now(), _groups_left(chunk, effect))


def first_item(plan: Plan, instance: str) -> int:
    """Where an instance's items begin among the leaves of the run tree: the plan's own order."""
    before = 0
    for tally in plan.instances:
        if tally.instance == instance:
            return before
        before += tally.due + tally.held
    raise KeyError(instance)


def record_texts(category: str, instance: str, keys: Iterable[str]) -> list[str]:
    """What each item's commitment is over: category, instance, and key, as one line of JSON."""
    before = f'{{"category":"{category}","instance":"{instance}","key":'
    return [f"{before}{key}}}" for key in keys]


def _reasons(spared: list[str], effect: Effect) -> dict[int, str]:
    reasons = {place: why for place, why in enumerate(spared) if why}
    return reasons | {place: why for place, why in effect.reasons.items() if place not in reasons}


def _groups_left(chunk: Chunk, effect: Effect) -> list[str]:
    """Record groups with a member that is not gone: their source rows have to stay."""
    return sorted(
        {
            group
            for group, outcome in zip(chunk.groups, effect.outcomes, strict=True)
            if group is not None and outcome not in GONE
        }
    )
