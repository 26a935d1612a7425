"""Plans and runs to test with, made through the register's own front door."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from keepuntil.domain.chunks import Chunk
from keepuntil.domain.outcomes import CODE, Outcome
from keepuntil.domain.plans import Approval, InstanceTally, Plan, Verdict, Warrant
from keepuntil.evidence import canonical
from keepuntil.register import Register, journal, migrations, plans, rule_versions
from keepuntil.register.columns import IntentColumns, OutcomeColumns
from keepuntil.register.plans import Draft, PlanState, StoredPlan

NOW = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)
TODAY = date(2026, 3, 3)
CATEGORY = "loan_file"
RULE = canonical.encode({"category": CATEGORY})
RULE_DIGEST = canonical.digest_of_bytes(RULE)

Layout = Mapping[str, Sequence[int]]
"""Instance to the sizes of its chunks."""


def tables_after(version: str) -> list[str]:
    """Tables that the register got after ``version``; what points at another table first."""
    folder = Path(migrations.__file__).parent / "versions"
    later = sorted(path for path in folder.glob("r0*.py") if path.stem[1:5] > version)
    made = "".join(path.read_text(encoding="utf-8") for path in later)
    return re.findall(r'op\.create_table\(\s*"(\w+)"', made)[::-1]


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def chunk(size: int, start: int = 0, name: str = "scan") -> Chunk:
    """Items that are as personal as keys can be."""
    numbers = range(start, start + size)
    return Chunk(
        keys=[(f"{name}/{number}", number) for number in numbers],
        groups=[f"group-{name}-{number}" for number in numbers],
        marks=["" for _ in numbers],
        held=["" for _ in numbers],
        due_on=[739_000 for _ in numbers],
    )


def tally(draft: Draft, instance: str, items: int) -> InstanceTally:
    return InstanceTally(
        instance=instance,
        store=f"{instance}_store",
        total=items + 7,
        due=items,
        overdue=0,
        held=0,
        kept=5,
        restricted=0,
        undetermined={"missing_trigger": 2},
        oldest_due_on=date(2024, 1, 1) if items else None,
        newest_due_on=date(2026, 3, 3) if items else None,
        chunks=draft.chunks(instance),
        items_digest=draft.digest(instance),
    )


def plan_of(draft: Draft, layout: Layout, as_of: date = TODAY, words: str = "") -> Plan:
    tallies = tuple(tally(draft, name, sum(sizes)) for name, sizes in layout.items())
    body = f"{as_of}{words}{[one.items_digest for one in tallies]}"
    digest = f"sha256:{hashlib.sha256(body.encode()).hexdigest()}"
    return Plan(
        plan_id=f"{CATEGORY}.{as_of}.{digest[7:19]}",
        digest=digest,
        category=CATEGORY,
        as_of=as_of,
        rule_digest=RULE_DIGEST,
        stores_digest="sha256:00",
        holds_digest="sha256:11",
        instances=tallies,
        exceeded=("more than 5% of 张三银行's core",) if words else (),
    )


def filled(register: Register, layout: Layout, as_of: date = TODAY, name: str = "scan") -> Draft:
    rule_versions.publish(register, CATEGORY, RULE_DIGEST, RULE, NOW)
    draft = plans.begin(register, CATEGORY, as_of, NOW)
    for instance, sizes in layout.items():
        start = 0
        for size in sizes:
            draft.append(instance, chunk(size, start, name))
            start += size
    return draft


def frozen(
    register: Register,
    layout: Layout,
    as_of: date = TODAY,
    *,
    name: str = "scan",
    words: str = "",
    at: datetime = NOW,
) -> StoredPlan:
    draft = filled(register, layout, as_of, name)
    return draft.freeze(plan_of(draft, layout, as_of, words), "planner", at)


def warrant(stored: StoredPlan) -> Warrant:
    return Warrant(
        plan_id=stored.plan.plan_id,
        plan_digest=stored.plan.digest,
        category=stored.plan.category,
        as_of=stored.plan.as_of,
        approvers=("wang.li", "chen"),
        approvals_digest="sha256:22",
        not_before=NOW,
        not_after=NOW + timedelta(days=3),
    )


def approve(register: Register, stored: StoredPlan) -> Warrant:
    plans.set_state(register, stored.plan.plan_id, [PlanState.FROZEN], PlanState.APPROVED)
    return warrant(stored)


def running(
    register: Register,
    layout: Layout,
    *,
    phases: Sequence[Sequence[str]] | None = None,
    shard_chunks: int = 2,
    name: str = "scan",
    as_of: date = TODAY,
) -> str:
    """A run of a fresh plan; every instance in one phase unless said otherwise."""
    stored = frozen(register, layout, as_of, name=name)
    order = [list(layout)] if phases is None else phases
    stages = [[(instance, len(layout[instance])) for instance in stage] for stage in order]
    return journal.open_run(
        register, approve(register, stored), stages, shard_chunks, "executor", NOW
    )


def approval(plan_digest: str, person: str = "wang.li") -> Approval:
    return Approval(
        plan_digest=plan_digest,
        person=person,
        role="owner",
        verdict=Verdict.APPROVE,
        reason="期满",
        accepts_exceeded=False,
        decided_at=NOW,
        expires_at=NOW + timedelta(days=7),
        via="cli",
    )


def intent(present: Sequence[int], parts: str = '{{"loan_note":[[{}]]}}') -> IntentColumns:
    return IntentColumns(
        present=bytearray(present),
        parts=[parts.format(place) if there else "" for place, there in enumerate(present)],
        counts=[1 if there else 0 for there in present],
    )


def outcomes(
    *ends: Outcome, parts: bool = False, reasons: Mapping[int, str] | None = None
) -> OutcomeColumns:
    return OutcomeColumns(
        outcomes=bytes(CODE[end] for end in ends),
        commitments=b"".join(bytes([place % 256]) * 32 for place in range(len(ends))),
        part_counts=[place for place, _ in enumerate(ends)] if parts else [],
        part_commitments=b"\x07" * 32 * len(ends) if parts else b"",
        reasons=reasons or {},
    )


@dataclass(frozen=True)
class Work:
    """One worker on one shard."""

    register: Register
    lease: journal.Lease

    def do(self, seq: int, *ends: Outcome, groups_left: Sequence[str] = ()) -> None:
        """Intend and observe one batch; what is destroyed was present."""
        slot = journal.batch(self.register, self.lease, seq)
        present = [end is Outcome.DESTROYED for end in ends]
        if any(present):
            slot.intend(intent([int(there) for there in present]), NOW)
        slot.observe(outcomes(*ends), NOW, groups_left)


def work(
    register: Register, run_id: str, shard_no: int = 0, worker: str = "w1", at: datetime = NOW
) -> Work:
    lease = journal.claim(register, run_id, shard_no, worker, at, 60)
    assert lease is not None
    return Work(register, lease)


def finish(register: Register, run_id: str, layout: Layout, end: Outcome) -> None:
    """Give every item of every batch the same end."""
    for shard in journal.shards(register, run_id):
        worker = work(register, run_id, shard.no)
        for seq in journal.open_batches(register, run_id, shard.no):
            worker.do(seq, *([end] * layout[shard.instance][seq]))
        worker.lease.release()


def moved(plan: Plan, **changes: object) -> Plan:
    return replace(plan, **changes)  # type: ignore[arg-type]
