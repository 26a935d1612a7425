"""Stage 4. A second reader looks again: gone means gone, held means there, nothing left behind.

The reader has its own credential and is not who destroyed. What it counts goes
through a suite of expectations whose pages are kept; without success there is no
certificate.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import compress
from pathlib import Path
from typing import Final

from keepuntil.disposal.approving import current_rule
from keepuntil.disposal.asking import asking
from keepuntil.disposal.deciding import decided
from keepuntil.disposal.findings import problem_found, problem_gone
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.recording import GONE
from keepuntil.domain.categories import Rule, StoredInstance
from keepuntil.domain.chunks import Chunk
from keepuntil.domain.decision import Due
from keepuntil.domain.items import Key
from keepuntil.domain.outcomes import ORDER, Outcome, table_of
from keepuntil.domain.plans import Plan
from keepuntil.errors import EvidenceError, PlanError, RunInterrupted, VerificationFailed
from keepuntil.evidence import canonical
from keepuntil.expectations.facts import InstanceFacts
from keepuntil.expectations.run import validate
from keepuntil.register import Register, holds, journal, plans, runs, surroundings, verifications
from keepuntil.register.plans import PlanState
from keepuntil.register.runs import Run, RunState
from keepuntil.stores.protocol import Query, Store

NOT_CONFIRMED: Final = "verification_failed"
"""The kind of finding of a run that the second reader does not confirm."""

MOST_LEFT = 500_000
"""Due items still in an instance that are compared with the list; above this it is no detail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What the second reader saw in all instances of a run."""

    run_id: str
    facts: tuple[InstanceFacts, ...]
    success: bool
    suite_digest: str
    failed_checks: tuple[str, ...]
    docs: Path
    verified_at: datetime


def verify(installation: Installation, run_id: str, *, verifier: str) -> Verification:
    """Re-read every instance of a finished run and judge what was seen.

    Raises VerificationFailed (and opens a finding) when any expectation fails,
    RunInterrupted when the run is not finished, PlanError when ``verifier`` took
    part in it.
    """
    run = runs.load(installation.register, run_id)
    _refuse_unfit(installation, run, verifier)
    plan = plans.load(installation.register, run.warrant.plan_id).plan
    rule = current_rule(installation, plan)
    facts = tuple(
        _read_again(installation, rule, instance, run, plan) for instance in rule.stored_instances
    )
    docs = installation.home / "docs" / run.run_id
    validation = validate(facts, docs, run_name=run.run_id)
    verification = Verification(
        run_id=run.run_id,
        facts=facts,
        success=validation.success,
        suite_digest=validation.suite_digest,
        failed_checks=tuple(check.name for check in validation.failed),
        docs=validation.docs_index,
        verified_at=installation.now(),
    )
    _keep(installation, verification, len(validation.checks), verifier)
    if not verification.success:
        _refuse(installation, run, verification)
    why = "The second reader confirms the run."
    problem_gone(installation, kind=NOT_CONFIRMED, subject=run.run_id, why=why)
    _mark_verified(installation, run)
    return verification


def facts_document(facts: InstanceFacts) -> dict[str, int | str | None]:
    """One instance's counts for JSON: the register, certificates and pages show the same names."""
    return {name: getattr(facts, name) for name in InstanceFacts.__dataclass_fields__}


def _refuse_unfit(installation: Installation, run: Run, verifier: str) -> None:
    if journal.unfinished(installation.register, run.run_id):
        raise RunInterrupted(
            f"The run {run.run_id} is not finished; resume it first: keepuntil run {run.run_id}"
        )
    involved = {run.executor, *(name.partition(":")[2] for name in run.warrant.approvers)}
    if verifier in involved:
        raise PlanError(f"{verifier} took part in the run {run.run_id} and cannot verify it.")


def _read_again(
    installation: Installation, rule: Rule, instance: StoredInstance, run: Run, plan: Plan
) -> InstanceFacts:
    in_force = holds.in_force(installation.register, rule.category)
    as_of = run.warrant.as_of
    with asking(installation, rule, instance, as_of, in_force) as (store, query):
        reading = _Reading(installation.register, run.run_id, plan, store, query)
        reading.list_again()
        reading.neighbours_again()
        reading.due_again()
        total_after = store.describe(rule, instance).total
    before = surroundings.baselines(installation.register, plan.plan_id)[instance.id].total
    return reading.facts(instance.store, before, total_after)


class _Reading:
    """Counts of one instance while the second reader goes through it, in bounded memory."""

    def __init__(
        self, register: Register, run_id: str, plan: Plan, store: Store, query: Query
    ) -> None:
        self._register = register
        self._run_id = run_id
        self._plan = plan
        self._instance = query.instance.id
        self._store = store
        self._query = query
        self._outcomes: Counter[Outcome] = Counter()
        self._counts: Counter[str] = Counter()

    def list_again(self) -> None:
        """Look for every item that is said to be gone, and for every one said to be held."""
        for observed in journal.observed(self._register, self._run_id, self._instance):
            chunk = plans.chunk(self._register, self._plan.plan_id, self._instance, observed.seq)
            for code, outcome in enumerate(ORDER):
                self._outcomes[outcome] += observed.outcomes.count(code)
            self._gone_again(observed.seq, chunk, observed.outcomes)
            held = _with(len(chunk), observed.outcomes, frozenset({Outcome.HELD}))
            kept = [chunk.keys[place] for place in held]
            self._counts["held_missing"] += sum(
                left == 0 for left in self._store.remains(self._query, kept)
            )

    def _gone_again(self, seq: int, chunk: Chunk, codes: bytes) -> None:
        """Look for the items themselves, and for what hung on parts that are gone with them."""
        gone = _with(len(chunk), codes, GONE)
        intended = journal.intended(
            self._register, self._run_id, self._plan.plan_id, self._instance, seq
        )
        left = self._store.remains(
            self._query,
            [chunk.keys[place] for place in gone],
            [intended.parts[place] for place in gone] if intended is not None else (),
        )
        self._counts["gone_reread"] += len(gone)
        self._counts["parts_remaining"] += sum(left)

    def neighbours_again(self) -> None:
        """Compare the kept neighbours with their fingerprints from before the run."""
        before = surroundings.neighbours(self._register, self._plan.plan_id, self._instance)
        if not before:
            return
        after = self._store.fingerprints(self._query, [key for key, _ in before])
        self._counts["neighbours_seen"] = len(before)
        self._counts["neighbours_changed"] = sum(
            mark != now for (_, mark), now in zip(before, after, strict=True)
        )

    def due_again(self) -> None:
        """Ask the store afresh what is due: everything unheld must have been on the list."""
        left: set[Key] = set()
        for found in self._store.find(self._query):
            left.update(
                found.keys[place]
                for place, decision, held_by in decided(found, self._query)
                if isinstance(decision, Due) and not held_by
            )
            if len(left) > MOST_LEFT:
                raise VerificationFailed(
                    f"More than {MOST_LEFT} unheld items of {self._instance} are still due "
                    f"after the run {self._run_id}; it did not do its work."
                )
        for _, chunk in plans.chunks(self._register, self._plan.plan_id, self._instance):
            if not left:
                break
            left.difference_update(chunk.keys)
        self._counts["due_left_behind"] = len(left)

    def facts(self, store: str, before: int | None, after: int | None) -> InstanceFacts:
        outcomes, counts = self._outcomes, self._counts
        return InstanceFacts(
            instance=self._instance,
            store=store,
            items_on_list=self._listed(),
            destroyed=outcomes[Outcome.DESTROYED],
            already_absent=outcomes[Outcome.ALREADY_ABSENT],
            held=outcomes[Outcome.HELD],
            no_longer_due=outcomes[Outcome.NO_LONGER_DUE],
            shared=outcomes[Outcome.SHARED],
            failed=outcomes[Outcome.FAILED],
            pending_external=outcomes[Outcome.PENDING_EXTERNAL],
            gone_reread=counts["gone_reread"],
            parts_remaining=counts["parts_remaining"],
            held_missing=counts["held_missing"],
            neighbours_seen=counts["neighbours_seen"],
            neighbours_changed=counts["neighbours_changed"],
            due_left_behind=counts["due_left_behind"],
            total_before=before,
            total_after=after,
        )

    def _listed(self) -> int:
        return next(t.due + t.held for t in self._plan.instances if t.instance == self._instance)


def _with(size: int, codes: bytes, wanted: frozenset[Outcome]) -> list[int]:
    """The places of the items that came to one of the ends wanted."""
    if len(codes) != size:
        raise EvidenceError("The outcomes of a batch are not as many as its items.")
    return list(compress(range(size), codes.translate(table_of(wanted))))


def _keep(
    installation: Installation, verification: Verification, expectations: int, verifier: str
) -> None:
    document = {
        "docs": str(verification.docs),
        "facts": [facts_document(one) for one in verification.facts],
        "failedChecks": list(verification.failed_checks),
        "suiteDigest": verification.suite_digest,
    }
    verifications.add(
        installation.register,
        verifications.Verification(
            run_id=verification.run_id,
            verifier=verifier,
            expectations=expectations,
            failed=len(verification.failed_checks),
            document=canonical.encode(document),
            verified_at=verification.verified_at,
        ),
    )


def _mark_verified(installation: Installation, run: Run) -> None:
    """Move run and plan on; a certified one that is looked at again stays certified."""
    register = installation.register
    if run.state is RunState.EXECUTED:
        runs.set_state(register, run.run_id, [RunState.EXECUTED], RunState.VERIFIED)
        # Whoever closed the run may have died before saying so of the plan.
        executed = [PlanState.EXECUTING, PlanState.EXECUTED]
        plans.set_state(register, run.warrant.plan_id, executed, PlanState.VERIFIED)


def _refuse(installation: Installation, run: Run, verification: Verification) -> None:
    checks = ", ".join(verification.failed_checks)
    problem_found(
        installation,
        kind=NOT_CONFIRMED,
        subject=run.run_id,
        zh=f"运行 {run.run_id} 的复查未通过：{checks}。",
        en=f"The second reader did not confirm the run {run.run_id}: {checks}.",
    )
    raise VerificationFailed(
        f"The second reader did not confirm the run {run.run_id}: {checks}. No certificate. "
        f"See {verification.docs}, then verify again: keepuntil verify {run.run_id}"
    )
