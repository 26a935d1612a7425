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
from keepuntil.errors import PlanError, RunIncomplete, VerificationFailed
from keepuntil.evidence import envelope, leaves, note, statement
from keepuntil.evidence.leaves import LeafColumns
from keepuntil.evidence.merkle import Tree
from keepuntil.expectations.facts import InstanceFacts
from keepuntil.register import (
    approvals,
    certificates,
    journal,
    plans,
    rule_versions,
    verifications,
)
from keepuntil.register.journal import Run

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
    existing = certificates.of_run(register, run_id)
    if existing is not None:
        return _finish(installation, run_id, existing)
    run = journal.load_run(register, run_id)
    plan = plans.load(register, run.plan_id).plan
    verification = _confirmed(installation, run_id)
    _refuse_open_ends(installation, plan, run)
    rule = installation.rule(plan.category)
    certificate = _write_bundle(installation, rule, plan, run, verification)
    # A crash before this line leaves a bundle nobody knows of; the next attempt replaces it.
    certificates.add(
        register,
        run_id,
        certificate_id=certificate.certificate_id,
        digest=certificate.digest,
        provisional_until=certificate.provisional_until,
        bundle=str(certificate.bundle),
        outcomes=certificate.outcomes,
        at=installation.now(),
    )
    return _finish(installation, run_id, certificates.of_run(register, run_id))


def _confirmed(installation: Installation, run_id: str) -> verifications.StoredVerification:
    latest = verifications.latest(installation.register, run_id)
    if latest is None:
        raise VerificationFailed(f"Nobody has verified the run {run_id}: keepuntil verify {run_id}")
    if not latest.success:
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


def _write_bundle(
    installation: Installation,
    rule: Rule,
    plan: Plan,
    run: Run,
    verification: verifications.StoredVerification,
) -> Certificate:
    """Write beside the final place and rename, so that a bundle is whole or absent."""
    bundle = installation.home / "evidence" / plan.category / str(plan.as_of) / run.run_id
    scratch = bundle.with_name(f".{bundle.name}.partial")
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "run").mkdir(parents=True)
    certificate_id = f"DC-{run.run_id}"
    outcomes, parts, tree = _write_entries(installation, plan, run, scratch / "run" / "entries")
    origin = f"{installation.schedule.controller}/run/{run.run_id}"
    _write_checkpoint(installation, origin, tree, scratch / "run" / "checkpoint")
    until = _ages_out_on(installation, rule)
    predicate = certificate_predicate(
        installation,
        certificate_id=certificate_id,
        rule=rule,
        plan=plan,
        run=run,
        approvals=_approvals(installation, plan),
        records={
            "entryFormat": LEAF_FORMAT,
            "origin": origin,
            "outcomes": dict(sorted(outcomes.items())),
            "partsDestroyed": parts,
            "rootHash": tree.root().hex(),
            "treeSize": tree.size,
        },
        methods=_methods(run),
        facts=[InstanceFacts(**facts) for facts in verification.facts],
        suite_digest=verification.suite_digest,
        provisional_until=until,
    )
    line = _sign(installation, scratch, predicate)
    _add_context(installation, rule, scratch)
    _seal_folder(scratch)
    shutil.rmtree(bundle, ignore_errors=True)
    scratch.rename(bundle)
    return Certificate(
        certificate_id=certificate_id,
        run_id=run.run_id,
        digest=f"sha256:{sha256(line).hexdigest()}",
        bundle=bundle,
        provisional_until=until,
        outcomes=dict(outcomes),
    )


def _write_entries(
    installation: Installation, plan: Plan, run: Run, path: Path
) -> tuple[Counter[str], int, Tree]:
    """Write one leaf entry an item and grow the tree over them, in bounded memory."""
    outcomes: Counter[str] = Counter()
    parts, tree = 0, Tree()
    with path.open("wb") as file:
        for columns in _columns(installation, plan, run):
            outcomes.update(WORDS[code] for code in columns.outcomes)
            parts += sum(columns.part_counts)
            tree.extend(leaves.leaf_hashes(columns))
            file.write(leaves.pack_entries(leaves.entries(columns)))
    return outcomes, parts, tree


def _columns(installation: Installation, plan: Plan, run: Run) -> Iterator[LeafColumns]:
    for tally in plan.instances:
        for observed in journal.observed(installation.register, run.run_id, tally.instance):
            yield LeafColumns(
                instance=tally.instance,
                category=plan.category,
                method=run.baseline[tally.instance]["method"],
                words=WORDS,
                outcomes=observed.outcomes,
                commitments=observed.commitments,
                part_counts=observed.counts,
                part_commitments=observed.parts,
            )


def _write_checkpoint(installation: Installation, origin: str, tree: Tree, path: Path) -> None:
    checkpoint = note.Checkpoint(origin=origin, size=tree.size, root=tree.root())
    text = checkpoint.text
    signature = note.sign(text, origin, installation.signing_key("run"))
    path.write_bytes(note.Note(text, (signature,)).encode())


def _sign(installation: Installation, folder: Path, predicate: dict[str, object]) -> bytes:
    with (folder / "run" / "checkpoint").open("rb") as checkpoint:
        subject = statement.Subject.of("run/checkpoint", checkpoint)
    said = statement.make([subject], DESTRUCTION_CERTIFICATE, predicate)
    line = envelope.sign(said.encoded, installation.signing_key("certificate")).encode()
    (folder / "certificate.intoto.jsonl").write_bytes(line)
    return line


def _add_context(installation: Installation, rule: Rule, folder: Path) -> None:
    """The rule as published, the public keys as claimed, and how to check all of it."""
    document = rule_versions.get(installation.register, rule.digest)
    (folder / "rule.json").write_bytes(document)
    keys = folder / "claimed-keys"
    keys.mkdir()
    for role in ("certificate", "run"):
        (keys / f"{role}.pub.pem").write_text(installation.signing_key(role).public.pem)
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


def _approvals(installation: Installation, plan: Plan) -> list[Approval]:
    return [claimed for claimed, _ in approvals.of(installation.register, plan.digest)]


def _methods(run: Run) -> list[dict[str, object]]:
    return [
        {
            "caveat": {"en": before["caveat_en"], "zh": before["caveat_zh"]},
            "instance": instance,
            "method": before["method"],
        }
        for instance, before in run.baseline.items()
    ]


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


def _finish(
    installation: Installation, run_id: str, stored: certificates.StoredCertificate
) -> Certificate:
    """Destroy the sealed list: what it said lives on as commitments only. Repeatable."""
    run = journal.load_run(installation.register, run_id)
    journal.close_run(installation.register, run_id, "certified", installation.now())
    plans.set_state(
        installation.register, run.plan_id, ("approved", "executing", "executed"), "certified"
    )
    plans.shred(installation.register, run.plan_id, installation.now())
    return Certificate(
        certificate_id=stored.certificate_id,
        run_id=run_id,
        digest=stored.digest,
        bundle=Path(stored.bundle),
        provisional_until=stored.provisional_until,
        outcomes=dict(stored.outcomes),
    )
