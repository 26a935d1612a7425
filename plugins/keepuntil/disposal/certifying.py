"""Stage 5. Say what was observed, and only that; sign it; then destroy the list itself.

The run's tree is computed from the journal: one leaf an item, in plan order. The
bundle holds all an auditor needs; whose key it must be, they know from elsewhere.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from keepuntil.disposal import attesting, publishing, receipt_secrets, stamping
from keepuntil.disposal.bundling import Issued, scratch_of, write_bundle, write_records
from keepuntil.disposal.custody_account import accounts
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.run_tree import RunTree
from keepuntil.disposal.statements import (
    DESTRUCTION_CERTIFICATE,
    LEAF_FORMAT,
    certificate_predicate,
    instant,
)
from keepuntil.domain.backups import copies_gone_by
from keepuntil.domain.categories import Rule
from keepuntil.domain.outcomes import TERMINAL
from keepuntil.domain.plans import Approval, Plan
from keepuntil.errors import EvidenceError, PlanError, RunIncomplete, VerificationFailed
from keepuntil.evidence import canonical, envelope, note, statement
from keepuntil.register import (
    approvals,
    certificates,
    journal,
    plans,
    runs,
    surroundings,
    verifications,
)
from keepuntil.register.certificates import StoredCertificate
from keepuntil.register.plans import PlanState
from keepuntil.register.runs import Run, RunState
from keepuntil.register.verifications import Verification as StoredVerification


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A signed destruction certificate and where its bundle lies."""

    certificate_id: str
    run_id: str
    digest: str
    """``sha256:<hex>`` of the signed line."""
    bundle: Path
    provisional_until: date | None
    outcomes: dict[str, int]


def certify(installation: Installation, run_id: str) -> Certificate:
    """Sign what the second reader confirmed, publish it, write the bundle, destroy the list.

    Safe to repeat: a run has one certificate, and every step is done once or again to the
    same end. Raises VerificationFailed when the last verification did not succeed or there
    was none, RunPending while a witness has yet to sign, RunIncomplete when an item has no
    observed end, EvidenceError when too few witnesses have seen the log: then the certificate
    stands and its bundle follows.
    """
    run = runs.load(installation.register, run_id)
    stored = _issued(installation, run)
    if run.state is not RunState.CERTIFIED or not Path(stored.path).is_dir():
        stored = _publish(installation, run, stored)
    _finish(installation, run, stored)
    return Certificate(
        certificate_id=stored.certificate_id,
        run_id=run.run_id,
        digest=stored.digest,
        bundle=Path(stored.path),
        provisional_until=stored.provisional_until,
        outcomes=outcomes_of(stored),
    )


def _issued(installation: Installation, run: Run) -> StoredCertificate:
    """The run's one certificate, signed now unless it was before."""
    register = installation.register
    if not certificates.of_run(register, run.run_id):
        certificates.add(register, _certificate_of(installation, run))
    return certificates.of_run(register, run.run_id)[0]


def _publish(installation: Installation, run: Run, stored: StoredCertificate) -> StoredCertificate:
    """Into the log, before its witnesses, under a time stamp, and out as a bundle."""
    # Whoever reads the log in order finds the witnesses before what rests on them.
    publishing.catch_up(installation)
    publishing.enter(installation, publishing.CERTIFICATE, stored.certificate_id, stored.payload)
    if stored.token is None:
        token = stamping.stamp(installation, stored.payload)
        if token is not None:
            certificates.add_token(installation.register, stored.certificate_id, token)
    head = publishing.publish(installation)
    if head is None:
        raise EvidenceError("The log is empty though a certificate was entered.")
    publishing.refuse_unwitnessed(installation, head)
    stored = certificates.load(installation.register, stored.certificate_id)
    plan = plans.load(installation.register, run.warrant.plan_id).plan
    rule = installation.rule(plan.category)
    tree = _records(installation, plan, run, Path(stored.path))
    _refuse_other_tree(stored, tree)
    issued = Issued(rule=rule, plan=plan, run=run, certificate=stored, head=head)
    write_bundle(installation, issued)
    return stored


def rewrite_bundle(installation: Installation, certificate_id: str) -> Path:
    """Write the bundle of a certificate anew, as after a correction; the certificate stays.

    Raises RegisterError when there is none, EvidenceError when the journal was altered.
    """
    stored = certificates.load(installation.register, certificate_id)
    run = runs.load(installation.register, stored.run_id)
    return Path(_publish(installation, run, stored).path)


def _records(installation: Installation, plan: Plan, run: Run, bundle: Path) -> RunTree:
    return write_records(installation, plan, run, scratch_of(bundle) / "run")


def _refuse_other_tree(stored: StoredCertificate, tree: RunTree) -> None:
    records = statement.parse(envelope.Envelope.parse(stored.payload).payload).predicate["records"]
    named = records["rootHash"] if isinstance(records, dict) else None
    if named != tree.root.hex():
        raise EvidenceError(
            f"The journal does not lead to the root that {stored.certificate_id} certifies: "
            "somebody changed it. Tell whoever guards the register."
        )


def outcomes_of(stored: StoredCertificate) -> dict[str, int]:
    """How many items the certificate says came to which end."""
    statement_bytes = envelope.Envelope.parse(stored.payload).payload
    records = statement.parse(statement_bytes).predicate["records"]
    outcomes = records["outcomes"] if isinstance(records, dict) else None
    if not isinstance(outcomes, dict):
        raise EvidenceError(f"The certificate {stored.certificate_id} names no outcomes.")
    return {name: int(str(count)) for name, count in outcomes.items()}


def _certificate_of(installation: Installation, run: Run) -> StoredCertificate:
    plan = plans.load(installation.register, run.warrant.plan_id).plan
    reading = _confirmed(installation, run.run_id)
    _refuse_open_ends(installation, plan, run)
    rule = installation.rule(plan.category)
    attesting.refuse_unattested(installation, rule, run)
    custody = accounts(installation, rule, plan, run)
    bundle = installation.home / "evidence" / plan.category / str(plan.as_of) / run.run_id
    until = copies_gone_by(rule, installation.today(rule))
    tree = _records(installation, plan, run, bundle)
    case = _Case(installation, rule, plan, run, reading, until, custody)
    checkpoint = _checkpoint(case, tree)
    line = _sign(case, tree, checkpoint)
    return StoredCertificate(
        certificate_id=certificate_id(run),
        run_id=run.run_id,
        digest=canonical.digest_of_bytes(line),
        provisional_until=until,
        path=str(bundle),
        payload=line,
        issued_at=installation.now(),
        run_checkpoint=checkpoint,
    )


def certificate_id(run: Run) -> str:
    """A run has one certificate, so its name follows from the run's."""
    return f"DC-{run.run_id.removeprefix('run.')}"


@dataclass(frozen=True, slots=True)
class _Case:
    """All that goes into one certificate."""

    installation: Installation
    rule: Rule
    plan: Plan
    run: Run
    reading: StoredVerification
    provisional_until: date | None
    custody: list[dict[str, object]]


def _confirmed(installation: Installation, run_id: str) -> StoredVerification:
    latest = verifications.latest(installation.register, run_id)
    if latest is None:
        raise VerificationFailed(f"Nobody has verified the run {run_id}: keepuntil verify {run_id}")
    if not latest.passed:
        raise VerificationFailed(
            f"The last verification of the run {run_id} failed; there is nothing to certify."
        )
    return latest


def _refuse_open_ends(installation: Installation, plan: Plan, run: Run) -> None:
    totals = journal.totals(installation.register, run.run_id)
    listed = {tally.instance: tally.due + tally.held for tally in plan.instances}
    for instance, expected in listed.items():
        outcomes = totals.get(instance, {})
        ended = sum(count for outcome, count in outcomes.items() if outcome in TERMINAL)
        if ended != expected or sum(outcomes.values()) != expected:
            raise RunIncomplete(
                f"{expected - ended} items of {instance} in the run {run.run_id} have no "
                "observed end, so there is no certificate."
            )
    if not sum(listed.values()):
        raise PlanError(f"The run {run.run_id} has no items; an empty run has no certificate.")


def _origin(case: _Case) -> str:
    return f"{case.installation.schedule.controller}/{case.run.run_id}"


def _checkpoint(case: _Case, tree: RunTree) -> bytes:
    """Size and root of the run's tree as a signed note."""
    origin = _origin(case)
    text = note.Checkpoint(origin=origin, size=tree.size, root=tree.root).text
    signature = note.sign(text, origin, case.installation.signing_key("run"))
    return note.Note(text, (signature,)).encode()


def _sign(case: _Case, tree: RunTree, checkpoint: bytes) -> bytes:
    subject = statement.Subject.of("run/checkpoint", io.BytesIO(checkpoint))
    predicate = certificate_predicate(
        case.installation.schedule.controller,
        certificate_id=certificate_id(case.run),
        rule=case.rule,
        plan=case.plan,
        run=case.run,
        approvals=_approvals(case),
        records={
            "entryFormat": LEAF_FORMAT,
            "origin": _origin(case),
            "outcomes": dict(sorted(tree.outcomes.items())),
            "partsDestroyed": tree.parts,
            "rootHash": tree.root.hex(),
            "treeSize": tree.size,
        },
        methods=_methods(case),
        completeness=_completeness(case),
        provisional_until=case.provisional_until,
        custody=case.custody,
        witnesses=_witnesses(case),
    )
    said = statement.make([subject], DESTRUCTION_CERTIFICATE, predicate)
    return envelope.sign(said.encoded, case.installation.signing_key("certificate")).encode()


def _approvals(case: _Case) -> list[Approval]:
    found = approvals.of(case.installation.register, case.plan.digest)
    return [claimed for claimed, _ in found]


def _witnesses(case: _Case) -> list[dict[str, object]]:
    """By department: who they are stands in the log, not on what is handed to outsiders."""
    return [
        {"department": each.department, "signedOn": instant(each.signed_at)}
        for each in attesting.signed(case.installation, case.rule, case.run)
    ]


def _methods(case: _Case) -> list[dict[str, object]]:
    baselines = surroundings.baselines(case.installation.register, case.plan.plan_id)
    return [
        {
            "caveat": {"en": before.caveat_en, "zh": before.caveat_zh},
            "instance": instance,
            "method": before.method,
        }
        for instance, before in baselines.items()
    ]


def _completeness(case: _Case) -> dict[str, object]:
    document = canonical.parse(case.reading.document)
    if not isinstance(document, dict):
        raise EvidenceError(f"The verification of {case.run.run_id} cannot be read.")
    return {
        "expectations": case.reading.expectations,
        "instances": document["facts"],
        "success": case.reading.passed,
        "suite": "completeness",
        "suiteDigest": document["suiteDigest"],
        "verifier": case.reading.verifier,
    }


def _finish(installation: Installation, run: Run, stored: StoredCertificate) -> None:
    """Destroy the sealed list: what it said lives on as commitments only. Repeatable."""
    register, plan_id = installation.register, run.warrant.plan_id
    receipt_secrets.keep(installation, run, stored.issued_at.date())
    if run.state is not RunState.CERTIFIED:
        runs.set_state(
            register, run.run_id, [RunState.EXECUTED, RunState.VERIFIED], RunState.CERTIFIED
        )
    if plans.load(register, plan_id).state is not PlanState.CERTIFIED:
        plans.set_state(
            register,
            plan_id,
            [PlanState.EXECUTING, PlanState.EXECUTED, PlanState.VERIFIED],
            PlanState.CERTIFIED,
        )
    plans.shred(register, plan_id, installation.now())
