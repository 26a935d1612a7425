"""Witnesses of electronic destruction (监销): departments that sign the result together.

会计档案管理办法 18(三): of electronic accounting archives the archives, accounting and
information systems departments are witnesses. Each signs after the destruction and before
the certificate. Who proposed, approved or carried it out is no witness of it. Paper has
witnesses of its own, who stand beside the shredder: :mod:`keepuntil.domain.custody`.
"""

from __future__ import annotations

from keepuntil.disposal import signatures
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.own_keys import declared
from keepuntil.domain.categories import Rule
from keepuntil.domain.people import Person
from keepuntil.domain.signatures import Act, Signature, signature_of
from keepuntil.errors import ApprovalError, RunPending
from keepuntil.evidence.keys import SigningKey
from keepuntil.register import journal, plans, runs
from keepuntil.register.runs import Run, RunState

WITNESS = "witness"
"""The role in which everybody signs; their department is what counts."""

_OVER = frozenset({RunState.EXECUTED, RunState.VERIFIED})


def attest(installation: Installation, run_id: str, *, person: str, key: SigningKey) -> Signature:
    """Put the name of one department's witness to what a run came to.

    Raises ApprovalError: the rule asks for no witness of the person's department, or has one
    already; the person took part; the key is not theirs. RunPending while nothing has ended.
    """
    run = runs.load(installation.register, run_id)
    rule = installation.rule(run.warrant.category)
    witness = declared(installation, person)
    _refuse_unfit(installation, rule, run, witness)
    signature = signature_of(
        Act.WITNESS,
        run.run_id,
        result(installation, run),
        witness,
        WITNESS,
        installation.now(),
    )
    signatures.give(installation, signature, witness, key)
    return signature


def result(installation: Installation, run: Run) -> dict[str, object]:
    """What is signed: of which list how many items came to which end, in each place."""
    totals = journal.totals(installation.register, run.run_id)
    return {
        "outcomes": {
            instance: {outcome.value: count for outcome, count in ends.items() if count}
            for instance, ends in totals.items()
        },
        "planDigest": run.warrant.plan_digest,
        "runId": run.run_id,
    }


def signed(installation: Installation, rule: Rule, run: Run) -> list[Signature]:
    """The signatures that count, one a department, in the rule's order."""
    wanted, said = rule.disposition.witness_departments, result(installation, run)
    by_department: dict[str, Signature] = {}
    for each in signatures.standing(installation, Act.WITNESS, run.run_id, said):
        person = installation.schedule.person(each.person)
        if person is not None and person.unit == each.department and each.department in wanted:
            by_department.setdefault(each.department, each)
    return [by_department[each] for each in wanted if each in by_department]


def missing(installation: Installation, rule: Rule, run: Run) -> list[str]:
    """The departments whose witness has yet to sign; empty: all have, or the rule asks for none."""
    wanted = rule.disposition.witness_departments
    if not wanted:
        return []
    given = {each.department for each in signed(installation, rule, run)}
    return [department for department in wanted if department not in given]


def refuse_unattested(installation: Installation, rule: Rule, run: Run) -> None:
    """Raise RunPending, naming who is missing, until every department has signed."""
    lacking = missing(installation, rule, run)
    if lacking:
        raise RunPending(
            f"The run {run.run_id} waits for its witnesses (监销): {' and '.join(lacking)} has not "
            f"signed what it came to, and there is no certificate until then. They sign with: "
            f"keepuntil attest {run.run_id} --as ID --key FILE. After that: "
            f"keepuntil verify {run.run_id}"
        )


def _refuse_unfit(installation: Installation, rule: Rule, run: Run, witness: Person) -> None:
    if run.state not in _OVER:
        raise RunPending(
            f"The run {run.run_id} is {run.state}; witnesses sign after the destruction and before "
            "the certificate."
        )
    wanted = rule.disposition.witness_departments
    if witness.unit not in wanted:
        raise ApprovalError(
            f"The rule {rule.category} asks for witnesses of {' and '.join(wanted) or 'nobody'}, "
            f"and {witness.id} belongs to {witness.unit}."
        )
    proposer = plans.load(installation.register, run.warrant.plan_id).proposed_by
    approvers = {name.partition(":")[2] for name in run.warrant.approvers}
    if witness.id in {proposer, run.executor, *approvers}:
        raise ApprovalError(
            f"{witness.id} proposed, approved or carried out the run {run.run_id} and cannot "
            "witness it."
        )
    if witness.unit not in missing(installation, rule, run):
        raise ApprovalError(f"A witness of {witness.unit} has signed for the run already.")
