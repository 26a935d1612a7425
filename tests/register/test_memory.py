"""Ten times the items, the same memory: chunks stream in and out."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable

import pytest

from keepuntil.domain.chunks import pack
from keepuntil.domain.outcomes import Outcome
from keepuntil.register import Register, journal, plans, rule_versions
from register_world import (
    CATEGORY,
    NOW,
    RULE,
    RULE_DIGEST,
    TODAY,
    approve,
    chunk,
    intent,
    outcomes,
    plan_of,
    work,
)

SIZE = 200


def peak_of(step: Callable[[], object]) -> int:
    gc.collect()
    tracemalloc.start()
    step()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def road(register: Register, chunks: int) -> dict[str, int]:
    """Peak bytes of each step that touches every chunk."""
    rule_versions.publish(register, CATEGORY, RULE_DIGEST, RULE, NOW)
    draft = plans.begin(register, CATEGORY, TODAY, NOW)

    def append() -> None:
        for number in range(chunks):
            draft.append("core", chunk(SIZE, number * SIZE))

    peaks = {"append": peak_of(append)}
    plan = plan_of(draft, {"core": [SIZE] * chunks})
    stored = draft.freeze(plan, "planner", NOW)
    run_id = journal.open_run(
        register, approve(register, stored), [[("core", chunks)]], chunks, "executor", NOW
    )
    lease = work(register, run_id).lease

    def run() -> None:
        for seq in range(chunks):
            slot = journal.batch(register, lease, seq)
            slot.intend(intent([1] * SIZE), NOW)
            slot.observe(outcomes(*[Outcome.DESTROYED] * SIZE), NOW, [f"group-{seq}"] * 50)

    peaks["run"] = peak_of(run)
    peaks["digest"] = peak_of(lambda: plans.items_digest(register, plan.plan_id, "core"))
    peaks["chunks"] = peak_of(lambda: count(plans.chunks(register, plan.plan_id, "core")))
    peaks["observed"] = peak_of(lambda: count(journal.observed(register, run_id, "core")))
    peaks["groups"] = peak_of(lambda: count(journal.groups_left(register, run_id, 0)))
    plans.set_state(register, plan.plan_id, list(plans.PlanState), plans.PlanState.CERTIFIED)
    peaks["shred"] = peak_of(lambda: plans.shred(register, plan.plan_id, NOW))
    return peaks


def count(items: object) -> int:
    return sum(1 for _ in items)  # type: ignore[attr-defined, misc]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_list(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keepuntil.register.drafts._WRITTEN_AT_ONCE_BYTES", 40_000)
    monkeypatch.setattr("keepuntil.register.item_lists._DELETED_AT_ONCE", 5)
    road(register, 2)
    small, large = road(register, 8), road(register, 40)
    list_grew_by = sum(len(pack(chunk(SIZE, number * SIZE))) for number in range(32))
    grown = {step: large[step] - small[step] for step in small}
    assert all(more < list_grew_by / 2 for more in grown.values()), (list_grew_by, grown)
