"""Stage 5. Say what was observed, and only that; sign it; then destroy the list itself.

The run's tree is computed from the journal: one leaf an item, in plan order. The
bundle holds all an auditor needs; whose key it must be, they know from elsewhere.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

import pendulum

from keepuntil.disposal.bundle_readme import README
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.statements import (
    DESTRUCTION_CERTIFICATE,
    LEAF_FORMAT,
    certificate_predicate,
)
from keepuntil.domain.categories import Rule
from keepuntil.domain.outcomes import ORDER, TERMINAL
from keepuntil.domain.plans import Approval, Plan
from keepuntil.errors import EvidenceError, PlanError, RunIncomplete, VerificationFailed
from keepuntil.evidence import canonical, envelope, leaves, note, statement
from keepuntil.evidence.leaves import LeafColumns
from keepuntil.evidence.merkle import Tree
from keepuntil.register import (
    approvals,
    certificates,
    journal,
    plans,
    rule_versions,
    runs,
    surroundings,
    verifications,
)
from keepuntil.register.certificates import StoredCertificate
from keepuntil.register.plans import PlanState
from keepuntil.register.runs import Run, RunState
from keepuntil.register.verifications import Verification as StoredVerification
from keepuntil.signing import roles, sm2

WORDS = {place: outcome.value for place, outcome in enumerate(ORDER)}


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
    """Sign what the second reader confirmed, write the bundle, destroy the sealed list.

    Safe to repeat: a run has one certificate. Raises VerificationFailed when the last
    verification did not succeed or there was none, RunIncomplete when an item has no
    observed end.
    """
    register = installation.register
    run = runs.load(register, run_id)
    issued = certificates.of_run(register, run.run_id)
    if not issued:
        # A crash before the certificate is kept leaves a bundle nobody knows of; the
        # next attempt replaces it.
        certificates.add(register, _certificate_of(installation, run))
        issued = certificates.of_run(register, run.run_id)
    _finish(installation, run)
    stored = issued[0]
    return Certificate(
        certificate_id=stored.certificate_id,
        run_id=run.run_id,
        digest=stored.digest,
        bundle=Path(stored.path),
        provisional_until=stored.provisional_until,
        outcomes=outcomes_of(stored),
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
    bundle = installation.home / "evidence" / plan.category / str(plan.as_of) / run.run_id
    until = _ages_out_on(installation, rule)
    line = _write_bundle(_Case(installation, rule, plan, run, reading, until), bundle)
    return StoredCertificate(
        certificate_id=certificate_id(run),
        run_id=run.run_id,
        digest=canonical.digest_of_bytes(line),
        provisional_until=until,
        path=str(bundle),
        payload=line,
        issued_at=installation.now(),
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


def _write_bundle(case: _Case, bundle: Path) -> bytes:
    """Write beside the final place and rename, so that a bundle is whole or absent."""
    scratch = bundle.with_name(f".{bundle.name}.partial")
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "run").mkdir(parents=True)
    records = _write_entries(case, scratch / "run" / "entries")
    origin = f"{case.installation.schedule.controller}/{case.run.run_id}"
    _write_checkpoint(case.installation, origin, records, scratch / "run" / "checkpoint")
    line = _sign(case, origin, records, scratch)
    _add_context(case, scratch)
    _seal_folder(scratch)
    shutil.rmtree(bundle, ignore_errors=True)
    scratch.rename(bundle)
    return line


@dataclass(frozen=True, slots=True)
class _Records:
    """The run's tree and what its entries add up to."""

    tree: Tree
    outcomes: Counter[str]
    parts: int


def _write_entries(case: _Case, path: Path) -> _Records:
    """Write one leaf entry an item and grow the tree over them, in bounded memory."""
    outcomes: Counter[str] = Counter()
    parts, tree = 0, Tree()
    with path.open("wb") as file:
        for columns in _columns(case):
            outcomes.update(WORDS[code] for code in columns.outcomes)
            parts += sum(columns.part_counts)
            tree.extend(leaves.leaf_hashes(columns))
            file.write(leaves.pack_entries(leaves.entries(columns)))
    return _Records(tree, outcomes, parts)


def _columns(case: _Case) -> Iterator[LeafColumns]:
    register = case.installation.register
    baselines = surroundings.baselines(register, case.plan.plan_id)
    for tally in case.plan.instances:
        for observed in journal.observed(register, case.run.run_id, tally.instance):
            yield LeafColumns(
                instance=tally.instance,
                category=case.plan.category,
                method=baselines[tally.instance].method,
                words=WORDS,
                outcomes=observed.outcomes,
                commitments=observed.commitments,
                part_counts=observed.part_counts,
                part_commitments=observed.part_commitments,
            )


def _write_checkpoint(
    installation: Installation, origin: str, records: _Records, path: Path
) -> None:
    tree = records.tree
    text = note.Checkpoint(origin=origin, size=tree.size, root=tree.root()).text
    signature = note.sign(text, origin, installation.signing_key("run"))
    path.write_bytes(note.Note(text, (signature,)).encode())


def _sign(case: _Case, origin: str, records: _Records, folder: Path) -> bytes:
    with (folder / "run" / "checkpoint").open("rb") as checkpoint:
        subject = statement.Subject.of("run/checkpoint", checkpoint)
    predicate = certificate_predicate(
        case.installation.schedule.controller,
        certificate_id=certificate_id(case.run),
        rule=case.rule,
        plan=case.plan,
        run=case.run,
        approvals=_approvals(case),
        records={
            "entryFormat": LEAF_FORMAT,
            "origin": origin,
            "outcomes": dict(sorted(records.outcomes.items())),
            "partsDestroyed": records.parts,
            "rootHash": records.tree.root().hex(),
            "treeSize": records.tree.size,
        },
        methods=_methods(case),
        completeness=_completeness(case),
        provisional_until=case.provisional_until,
    )
    said = statement.make([subject], DESTRUCTION_CERTIFICATE, predicate)
    line = envelope.sign(said.encoded, case.installation.signing_key("certificate")).encode()
    (folder / "certificate.intoto.jsonl").write_bytes(line)
    sm2_key = case.installation.key_ring.sm2_key()
    if sm2_key is not None:
        sibling = sm2.seal(said.encoded, sm2_key)
        (folder / "certificate.sm2.intoto.jsonl").write_bytes(sibling)
    return line


def _add_context(case: _Case, folder: Path) -> None:
    """The rule as published, the public keys as claimed, and how to check all of it."""
    version = rule_versions.get(case.installation.register, case.plan.rule_digest)
    (folder / "rule.json").write_bytes(version.canonical_json)
    keys = folder / "claimed-keys"
    keys.mkdir()
    ring = case.installation.key_ring
    for role in ("certificate", "run", roles.SM2):
        if role in ring.keys:
            (keys / f"{role}.pub.pem").write_text(ring.current(role).pem, encoding="ascii")
    (folder / "README.md").write_text(README, encoding="utf-8")


def _seal_folder(folder: Path) -> None:
    """SHA256SUMS over every file, each file flushed to the disk."""
    lines = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            lines.append(f"{_digest(path)}  {path.relative_to(folder)}\n")
            os.fsync(file.fileno())
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="ascii")


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _approvals(case: _Case) -> list[Approval]:
    found = approvals.of(case.installation.register, case.plan.digest)
    return [claimed for claimed, _ in found]


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


def _ages_out_on(installation: Installation, rule: Rule) -> date | None:
    """When the last backup that may still hold a copy has aged out; None: there is none."""
    today = installation.today(rule)
    ends = [
        pendulum.date(today.year, today.month, today.day).add(
            years=backup.ages_out_after.years,
            months=backup.ages_out_after.months,
            days=backup.ages_out_after.days,
        )
        for backup in rule.backups
    ]
    return date.fromisoformat(max(ends).isoformat()) if ends else None


def _finish(installation: Installation, run: Run) -> None:
    """Destroy the sealed list: what it said lives on as commitments only. Repeatable."""
    register, plan_id = installation.register, run.warrant.plan_id
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
