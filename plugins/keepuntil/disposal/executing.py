"""Stage 3. Destroy exactly what a warrant covers, batch by batch, resumable at any point.

This is the only module that calls ``Store.destroy``. For each batch: the fence is
taken, holds are read, the store checks again and says what it is about to make
final, the journal makes that durable, the store makes it final, the outcome is
written. A crash anywhere leaves a run that resumes to the same result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain
from typing import Final, NoReturn

from keepuntil.disposal.approving import warrant
from keepuntil.disposal.asking import asking, phases
from keepuntil.disposal.baseline import take_baseline
from keepuntil.disposal.collecting import seldom_collecting
from keepuntil.disposal.findings import problem_found, problem_gone
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.kept_lists import keep_lists
from keepuntil.disposal.publishing import announce, refuse_unannounced
from keepuntil.disposal.recording import Announcing, Recorder
from keepuntil.disposal.stopping import stop_or_wait
from keepuntil.domain.categories import PaperInstance
from keepuntil.domain.chunks import Chunk
from keepuntil.domain.holds import Binding
from keepuntil.domain.outcomes import Outcome
from keepuntil.domain.plans import Plan, Warrant
from keepuntil.errors import (
    ApprovalError,
    PlanError,
    RunIncomplete,
    RunInterrupted,
    RunPending,
    UsageError,
)
from keepuntil.register import holds, journal, plans, runs
from keepuntil.register.journal import Lease, Shard, Slot
from keepuntil.register.plans import PlanState
from keepuntil.register.runs import Run, RunState
from keepuntil.stores.protocol import Batch, Intent, Query, Store

FAILED: Final = "destruction_failed"
"""The kind of finding of items that could not be destroyed."""

LEASE = timedelta(minutes=10)
"""Longer than any batch takes; a worker that dies gives its shard back after this."""

RENEW_AFTER = LEASE / 10
"""An intent renews the lease too; this is for batches in which nothing is destroyed."""

SHARD_CHUNKS = 40
"""Chunks a shard: 200,000 rows, minutes of work, so that ten million make 50 mapped tasks."""

MOST_ATTEMPTS = 12
"""Intents written for one batch, over all nights and workers, before a person has to look."""

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardReport:
    """What one shard of a run came to."""

    shard: int
    batches: int
    items: int
    pending: int
    """Items that people have yet to carry out; the shard is called again for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a run came to: counts of outcomes by instance."""

    run_id: str
    outcomes: dict[str, dict[str, int]]


def open_run(installation: Installation, plan_id: str, *, executor: str) -> str:
    """Turn an approved plan into a run and return its identifier. The same plan, the same run.

    Raises ApprovalError, PlanBlocked, PlanStale; PlanError when the sealed list is
    not the one that was approved.
    """
    granted = warrant(installation, plan_id)
    stored = plans.load(installation.register, plan_id)
    _refuse_same_person(stored.proposed_by, granted, executor)
    _refuse_altered_list(installation, stored.plan)
    rule = installation.rule(stored.plan.category)
    chunks = {tally.instance: tally.chunks for tally in stored.plan.instances}
    if stored.state is PlanState.APPROVED:
        take_baseline(installation, rule, stored.plan)
    run_id = journal.open_run(
        installation.register,
        granted,
        [[(i.id, chunks[i.id]) for i in phase if chunks[i.id]] for phase in phases(rule)],
        SHARD_CHUNKS,
        executor,
        installation.now(),
    )
    if stored.state is PlanState.APPROVED:
        plans.set_state(
            installation.register, stored.plan.plan_id, [PlanState.APPROVED], PlanState.EXECUTING
        )
    announce(installation, run_id)
    return run_id


def shards(installation: Installation, run_id: str, phase: int) -> list[int]:
    """Numbers of the phase's shards with anything left to do, failed items included."""
    register = installation.register
    found = journal.shards(register, run_id, phase)
    return [shard.no for shard in found if journal.open_batches(register, run_id, shard.no)]


def destroy_shard(
    installation: Installation,
    run_id: str,
    shard_no: int,
    *,
    worker: str,
    progress: Progress | None = None,
) -> ShardReport:
    """Destroy what is left of one shard. Call again after any interruption.

    Raises RunInterrupted (stop file, end of the run window, another worker has the
    shard, the store asked for a pause too long), StoreError.
    """
    run = runs.load(installation.register, run_id)
    shard = _shard(installation, run, shard_no)
    _refuse_too_early(installation, run, shard)
    granted, concluding = _granted(installation, run, shard)
    refuse_unannounced(installation, run.run_id)
    rule = installation.rule(granted.category)
    lease = _claim(installation, run, shard, worker)
    with ExitStack() as stack:
        stack.enter_context(seldom_collecting())
        stack.callback(lease.release)
        instance = rule.instance(shard.instance)
        if isinstance(instance, PaperInstance):
            keep_lists(installation, instance, granted.plan_id)
        store, query = stack.enter_context(
            asking(installation, rule, instance, granted.as_of, reader=False)
        )
        work = _ShardWork(
            installation=installation,
            run=run,
            granted=granted,
            lease=lease,
            store=store,
            query=query,
            left_behind=_groups_left(installation, run, shard.phase),
            concluding=concluding,
        )
        return work.carry_out(shard_no, progress)


def close_run(installation: Installation, run_id: str) -> RunReport:
    """Say that nothing is left to do. Raises RunInterrupted, RunPending, RunIncomplete."""
    register = installation.register
    unfinished = journal.unfinished(register, run_id)
    if unfinished:
        raise RunInterrupted(
            f"The run {run_id} has {unfinished} batches to go; resume it: keepuntil run {run_id}"
        )
    totals = journal.totals(register, run_id)
    state = journal.close_run(register, run_id, installation.now())
    if state is RunState.INCOMPLETE:
        _refuse_open_ends(installation, run_id, totals.values())
    why = "Every item of the run came to an end."
    problem_gone(installation, kind=FAILED, subject=run_id, why=why)
    _mark_executed(installation, run_id)
    return RunReport(
        run_id=run_id,
        outcomes={
            instance: {outcome.value: count for outcome, count in outcomes.items() if count}
            for instance, outcomes in totals.items()
        },
    )


def _refuse_open_ends(
    installation: Installation, run_id: str, totals: Iterable[Mapping[Outcome, int]]
) -> NoReturn:
    """Say that people have yet to carry something out, or that something failed."""
    ends = sum((Counter(outcomes) for outcomes in totals), Counter[Outcome]())
    failed, pending = ends[Outcome.FAILED], ends[Outcome.PENDING_EXTERNAL]
    if not failed:
        raise _pending(run_id, pending)
    problem_found(
        installation,
        kind=FAILED,
        subject=run_id,
        zh=f"运行 {run_id} 有 {failed} 项未能销毁。",
        en=f"{failed} items of the run {run_id} could not be destroyed.",
        items=failed,
    )
    raise RunIncomplete(
        f"{failed} items of the run {run_id} could not be destroyed, so it has no "
        f"certificate. See why (keepuntil show {run_id}), then resume: keepuntil run {run_id}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShardWork:
    """One worker on one shard: everything a batch needs, gathered once."""

    installation: Installation
    run: Run
    granted: Warrant
    lease: Lease
    store: Store
    query: Query
    left_behind: frozenset[str]
    concluding: bool

    def carry_out(self, shard_no: int, progress: Progress | None) -> ShardReport:
        batches = items = pending = 0
        register = self.installation.register
        instance = self.query.instance.id
        renewed = self.installation.now()
        with Recorder(self.installation, self.run, instance) as recorder:
            for seq in journal.open_batches(register, self.run.run_id, shard_no):
                stop_or_wait(
                    self.installation,
                    self.query.rule,
                    self.granted,
                    self.store,
                    concluding=self.concluding,
                )
                if (now := self.installation.now()) - renewed >= RENEW_AFTER:
                    self.lease.renew(now)
                    renewed = now
                chunk = plans.chunk(register, self.granted.plan_id, instance, seq)
                pending += self._destroy_batch(seq, chunk, recorder)
                batches, items = batches + 1, items + len(chunk)
                if progress is not None:
                    progress(instance, len(chunk))
        return ShardReport(shard=shard_no, batches=batches, items=items, pending=pending)

    def _destroy_batch(self, seq: int, chunk: Chunk, recorder: Recorder) -> int:
        """How many of its items are pending now."""
        register = self.installation.register
        slot = journal.batch(register, self.lease, seq)
        if slot.attempts >= MOST_ATTEMPTS:
            raise RunInterrupted(
                f"Batch {seq} of {self.query.instance.id} in {self.run.run_id} was tried "
                f"{slot.attempts} times. See why (keepuntil show {self.run.run_id}); it is "
                "not tried again until somebody places a hold on what fails."
            )
        # Holds are read inside the fence: a hold placed before this is seen here, and
        # one placed after it does not return to its owner until this batch is over.
        with register.fence().shared() as confirm:
            category = self.query.rule.category
            binding = Binding(
                holds.in_force(register, category),
                category=category,
                instance=self.query.instance.id,
            )
            spared = self._spared(chunk, binding)
            batch = Batch(
                keys=list(chunk.keys),
                marks=list(chunk.marks),
                groups=list(chunk.groups),
                spared=[bool(why) for why in spared],
                earlier=_earlier(slot),
                concluding=self.concluding,
            )
            query = replace(self.query, binding=binding)
            announcing = Announcing(slot, confirm, self.installation.now)
            effect = self.store.destroy(query, batch, self.granted, announcing)
        recorder.record(slot, seq, chunk, spared, effect)
        return effect.outcomes.count(Outcome.PENDING_EXTERNAL)

    def _spared(self, chunk: Chunk, binding: Binding) -> list[str]:
        """Why an item is not to be touched at all; empty: it may be."""
        if binding.binds_nothing and not self.left_behind and not any(chunk.held):
            return [""] * len(chunk)
        now_held = binding.of_many(chunk.keys, chunk.groups)
        spared = [
            f"hold:{','.join(now)}" if now else (f"hold:{planned}" if planned else "")
            for now, planned in zip(now_held, chunk.held, strict=True)
        ]
        if self.left_behind:
            for place, group in enumerate(chunk.groups):
                if not spared[place] and group in self.left_behind:
                    spared[place] = "linked_copy"
        return spared


def _shard(installation: Installation, run: Run, shard_no: int) -> Shard:
    for shard in journal.shards(installation.register, run.run_id):
        if shard.no == shard_no:
            return shard
    raise UsageError(f"The run {run.run_id} has no shard {shard_no}.")


def _granted(installation: Installation, run: Run, shard: Shard) -> tuple[Warrant, bool]:
    """The warrant, and whether it has run out while people carry out what it had given them.

    What they were given then is brought to its end; nothing new is begun.
    """
    try:
        return warrant(installation, run.warrant.plan_id), False
    except ApprovalError:
        if not journal.pending(installation.register, run.run_id, shard.no):
            raise
    return run.warrant, True


def _refuse_too_early(installation: Installation, run: Run, shard: Shard) -> None:
    """Rows stay while copies that they date are in people's hands."""
    pending = journal.pending_before(installation.register, run.run_id, shard.phase)
    if pending:
        raise _pending(run.run_id, pending)


def _pending(run_id: str, items: int) -> RunPending:
    return RunPending(
        f"{items} items of the run {run_id} wait for people to carry them out "
        f"(keepuntil paper boxes {run_id}); there is no certificate until then. After that, "
        f"go on: keepuntil run {run_id}"
    )


def _claim(installation: Installation, run: Run, shard: Shard, worker: str) -> Lease:
    lease = journal.claim(
        installation.register,
        run.run_id,
        shard.no,
        worker,
        installation.now(),
        LEASE.total_seconds(),
    )
    if lease is None:
        raise RunInterrupted(
            f"Shard {shard.no} of the run {run.run_id} is being worked on by another worker, "
            "or copies that have to go first are not gone yet."
        )
    return lease


def _earlier(slot: Slot) -> Intent | None:
    earlier = slot.earlier()
    if earlier is None:
        return None
    return Intent(present=earlier.present, parts=earlier.parts, counts=earlier.counts)


def _mark_executed(installation: Installation, run_id: str) -> None:
    plan_id = runs.load(installation.register, run_id).warrant.plan_id
    if plans.load(installation.register, plan_id).state is PlanState.EXECUTING:
        plans.set_state(installation.register, plan_id, [PlanState.EXECUTING], PlanState.EXECUTED)


def _groups_left(installation: Installation, run: Run, phase: int) -> frozenset[str]:
    """Groups with a copy of an earlier phase that is not gone: their rows have to stay."""
    earlier = (journal.groups_left(installation.register, run.run_id, n) for n in range(phase))
    return frozenset(chain.from_iterable(earlier))


def _refuse_same_person(proposed_by: str, granted: Warrant, executor: str) -> None:
    approvers = {name.partition(":")[2] for name in granted.approvers}
    if executor == proposed_by or executor in approvers:
        raise PlanError(
            f"{executor} proposed or approved the plan {granted.plan_id} and cannot carry it out."
        )


def _refuse_altered_list(installation: Installation, plan: Plan) -> None:
    for tally in plan.instances:
        found = plans.items_digest(installation.register, plan.plan_id, tally.instance)
        if found != tally.items_digest:
            raise PlanError(
                f"The sealed list of {tally.instance} is not the one that was approved as "
                f"{plan.plan_id}. Nothing was destroyed; tell whoever guards the register."
            )
