"""Long after the certificate: is what it says is gone still gone?

The list of keys is destroyed by then. What remains, where receipts are wanted, is the
run's secret: a lookup tag for each item. So everything that stands in the instances now
is listed, its tag computed and looked for among the tags of what was certified gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import compress
from typing import BinaryIO, Final

from keepuntil.disposal import receipt_secrets
from keepuntil.disposal.asking import asking
from keepuntil.disposal.findings import problem_found, problem_gone
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.receipt_secrets import tag_text
from keepuntil.disposal.recording import GONE
from keepuntil.domain.categories import Rule, StoredInstance
from keepuntil.domain.items import Key, key_texts
from keepuntil.domain.outcomes import table_of
from keepuntil.domain.plans import InstanceTally, Plan
from keepuntil.errors import EvidenceError, PlanError, RunInterrupted, VerificationFailed
from keepuntil.evidence.lookup import TAG_BYTES, lookup_key, tags
from keepuntil.register import journal, plans, runs
from keepuntil.register.runs import RunState
from keepuntil.rules.canonical import stores_digest

RESURRECTED: Final = "resurrected"
"""The kind of finding of items that are there again."""

TAGS_AT_ONCE: Final = 1_000_000
"""Tags held in memory, some hundred bytes each. The instance is listed once for as many."""

REDECLARED: Final = (
    "The rule or one of its stores was declared anew since the run: an item that came back in "
    "another place, or under another key, is not seen."
)

_IS_GONE: Final = table_of(GONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceAgain:
    """One instance of a certified run, looked at again."""

    instance: str
    certified_gone: int
    looked_at: int
    """Keys that stand there now."""
    back: int
    """Of those certified gone: something stands under their key again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """What was seen of a certified run."""

    run_id: str
    instances: tuple[InstanceAgain, ...]
    redeclared: bool
    """The rule or a store changed since the plan: see :data:`REDECLARED`."""

    @property
    def back(self) -> int:
        """Items that are back, over all instances."""
        return sum(one.back for one in self.instances)

    def refuse_if_back(self) -> None:
        """Raises VerificationFailed when anything is back."""
        if self.back:
            raise VerificationFailed(
                f"Of what the run {self.run_id} certified as gone, {self.back} items are there "
                f"again ({_places(self)}). Find out what put them back (a restored backup, a "
                f"repeated import); what is due goes with the next plan."
            )


def recheck(installation: Installation, run_id: str) -> Recheck:
    """List the instances of a certified run and look for what was certified gone.

    Opens a finding when something is back. Raises UsageError when no receipt secret was
    kept or it is destroyed, RunInterrupted before the certificate, PlanError when an
    instance is declared no more, EvidenceError when secret and outcomes do not fit,
    StoreUnreachable and StoreMismatch when an instance cannot be listed whole.
    """
    run = runs.load(installation.register, run_id)
    if run.state is not RunState.CERTIFIED:
        raise RunInterrupted(
            f"The run {run.run_id} has no certificate yet, so there is nothing to look for again. "
            f"First: keepuntil verify {run.run_id} --verifier NAME"
        )
    plan = plans.load(installation.register, run.warrant.plan_id).plan
    rule = installation.rule(plan.category)
    secret = receipt_secrets.open_secret(installation, plan.category, run.run_id)
    if secret.items != sum(tally.due + tally.held for tally in plan.instances):
        raise EvidenceError(f"The receipt secret of {run.run_id} is not of as many items.")
    key = lookup_key(secret.run_key)
    with secret.tags() as packed:
        seen = tuple(
            _look(installation, rule, plan, tally, _Wanted(installation, run.run_id, key, packed))
            for tally in plan.instances
        )
    result = Recheck(
        run_id=run.run_id, instances=seen, redeclared=_redeclared(installation, rule, plan)
    )
    if result.back:
        _found(installation, result)
    elif not result.redeclared:
        why = "Nothing of what was certified gone stands there."
        problem_gone(installation, kind=RESURRECTED, subject=run.run_id, why=why)
    return result


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The tags of what was certified gone, read in leaf order from where the file stands."""

    installation: Installation
    run_id: str
    key: bytes
    packed: BinaryIO

    def slices(self, tally: InstanceTally) -> Iterator[set[bytes]]:
        """At most about ``TAGS_AT_ONCE`` at a time; all the instance's leaves are read."""
        wanted: set[bytes] = set()
        leaves = 0
        for observed in journal.observed(self.installation.register, self.run_id, tally.instance):
            codes = observed.outcomes
            piece = self.packed.read(len(codes) * TAG_BYTES)
            wanted.update(compress(_each(piece), codes.translate(_IS_GONE)))
            leaves += len(codes)
            if len(wanted) >= TAGS_AT_ONCE:
                yield wanted
                wanted = set()
        if leaves != tally.due + tally.held:
            raise EvidenceError(f"Outcomes of {self.run_id} are missing in {tally.instance}.")
        if wanted:
            yield wanted

    def tags_of(self, instance: str, keys: list[Key]) -> Iterator[bytes]:
        """The tags of keys that stand in an instance."""
        return _each(tags(self.key, (tag_text(instance, text) for text in key_texts(keys))))


def _look(
    installation: Installation, rule: Rule, plan: Plan, tally: InstanceTally, wanted: _Wanted
) -> InstanceAgain:
    instance = _declared(rule, tally.instance)
    gone = back = looked_at = 0
    with asking(installation, rule, instance, plan.as_of) as (store, query):
        for missing in wanted.slices(tally):
            gone += len(missing)
            before = len(missing)
            looked_at = 0
            for keys in filter(None, store.present(query)):
                missing.difference_update(wanted.tags_of(tally.instance, keys))
                looked_at += len(keys)
            back += before - len(missing)
    return InstanceAgain(
        instance=tally.instance, certified_gone=gone, looked_at=looked_at, back=back
    )


def _declared(rule: Rule, name: str) -> StoredInstance:
    for instance in rule.stored_instances:
        if instance.id == name:
            return instance
    raise PlanError(
        f"The rule {rule.source} declares no instance {name} any more, so nobody can say whether "
        f"what was certified gone there has come back. Declare it again to look."
    )


def _each(packed: bytes) -> Iterator[bytes]:
    return (packed[at : at + TAG_BYTES] for at in range(0, len(packed), TAG_BYTES))


def _redeclared(installation: Installation, rule: Rule, plan: Plan) -> bool:
    stores = stores_digest(installation.schedule.stores_of(rule))
    return (rule.digest, stores) != (plan.rule_digest, plan.stores_digest)


def _places(result: Recheck) -> str:
    return ", ".join(f"{one.back} in {one.instance}" for one in result.instances if one.back)


def _found(installation: Installation, result: Recheck) -> None:
    problem_found(
        installation,
        kind=RESURRECTED,
        subject=result.run_id,
        zh=f"运行 {result.run_id} 证明已销毁的 {result.back} 项又出现了：{_places(result)}。",
        en=f"{result.back} items that the run {result.run_id} certified as gone are there again: "
        f"{_places(result)}.",
        items=result.back,
    )
