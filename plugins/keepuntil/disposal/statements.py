"""What our statements say, field by field. docs/certificate.md and docs/log.md explain each.

One governing event, one statement. Predicates only grow: no field is renamed, moved or
dropped; a new meaning gets a new type. None holds personal data: people of the
organisation stand by staff number or role account, records by commitments, and what a
hold names by a keyed digest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from keepuntil.disposal.planning import tally_document
from keepuntil.domain.categories import Rule
from keepuntil.domain.consignments import StepRecord
from keepuntil.domain.holds import Hold
from keepuntil.domain.plans import Approval, Plan
from keepuntil.register.runs import Run

DESTRUCTION_CERTIFICATE = "https://keepuntil.dev/DestructionCertificate/v1"
DESTRUCTION_INTENT = "https://keepuntil.dev/DestructionIntent/v1"
NOTHING_DUE = "https://keepuntil.dev/NothingDue/v1"
RULE_PUBLISHED = "https://keepuntil.dev/RulePublished/v1"
PLAN_FROZEN = "https://keepuntil.dev/PlanFrozen/v1"
DECISION = "https://keepuntil.dev/Decision/v1"
HOLD_PLACED = "https://keepuntil.dev/HoldPlaced/v1"
HOLD_LIFTED = "https://keepuntil.dev/HoldLifted/v1"
CUSTODY_STEP = "https://keepuntil.dev/CustodyStep/v1"
SAMPLE_ORDERED = "https://keepuntil.dev/SampleOrdered/v1"
SAMPLE_CHECKED = "https://keepuntil.dev/SampleChecked/v1"
SAMPLE_CLOSED = "https://keepuntil.dev/SampleClosed/v1"
LEDGER_ENTRY = "https://keepuntil.dev/LedgerEntry/v1"
CORRECTION = "https://keepuntil.dev/Correction/v1"

LEAF_FORMAT = "record-leaf/v1"
INTENT_FORMAT = "intent-leaf/v1"


def certificate_predicate(
    controller: str,
    *,
    certificate_id: str,
    rule: Rule,
    plan: Plan,
    run: Run,
    approvals: Sequence[Approval],
    records: Mapping[str, object],
    methods: Sequence[Mapping[str, object]],
    completeness: Mapping[str, object],
    provisional_until: date | None,
    custody: Sequence[Mapping[str, object]],
) -> dict[str, object]:
    """The body of a destruction certificate (销毁证明): no personal data.

    ``custody`` stands in certificates of rules that have paper, and in no other.
    """
    return ({"custody": list(custody)} if custody else {}) | {
        "approvals": [_approval(approval) for approval in approvals],
        "asOf": plan.as_of.isoformat(),
        "category": _category(rule),
        "certificateId": certificate_id,
        "completeness": dict(completeness),
        "controller": controller,
        "methods": list(methods),
        "plan": _plan(plan),
        "provisionalUntil": provisional_until and provisional_until.isoformat(),
        "records": dict(records),
        "run": {
            "executor": run.executor,
            "finishedOn": run.finished_at and instant(run.finished_at),
            "id": run.run_id,
            "startedOn": instant(run.started_at),
        },
        "waitsFor": [
            {"agesOutAfter": str(backup.ages_out_after), "instance": backup.id}
            for backup in rule.backups
        ],
    }


def nothing_due_predicate(
    controller: str, *, rule: Rule, plan: Plan, at: datetime
) -> dict[str, object]:
    """A night with nothing due says so, with what was kept and why; it is no certificate."""
    return {
        "asOf": plan.as_of.isoformat(),
        "category": _category(rule),
        "controller": controller,
        "plan": _plan(plan),
        "statedOn": instant(at),
    }


def intent_predicate(
    controller: str, *, plan: Plan, run: Run, records: Mapping[str, object]
) -> dict[str, object]:
    """What is about to be destroyed, said before it is: commitments in plan order, no outcomes."""
    return {
        "asOf": plan.as_of.isoformat(),
        "category": plan.category,
        "controller": controller,
        "plan": {"digest": plan.digest, "id": plan.plan_id},
        "records": dict(records),
        "run": {
            "executor": run.executor,
            "id": run.run_id,
            "startedOn": instant(run.started_at),
        },
        "warrant": {
            "approvalsDigest": run.warrant.approvals_digest,
            "approvers": list(run.warrant.approvers),
            "notAfter": instant(run.warrant.not_after),
            "notBefore": instant(run.warrant.not_before),
        },
    }


def custody_predicate(
    controller: str, *, consignment: str, seq: int, record: StepRecord, line_digest: str
) -> dict[str, object]:
    """People did one step with paper on its way. What they scanned stays in the signed line."""
    return {
        "by": [
            {"department": each.department, "person": each.person, "role": each.role}
            for each in record.by
        ],
        "consignment": consignment,
        "controller": controller,
        "doneOn": instant(record.at),
        "lineDigest": line_digest,
        "planDigest": record.plan_digest,
        "seq": seq,
        "step": record.step.value,
    }


def rule_predicate(
    controller: str, *, category: str, digest: str, at: datetime
) -> dict[str, object]:
    """A rule version came into use; the text is kept under its digest."""
    return {
        "category": category,
        "controller": controller,
        "publishedOn": instant(at),
        "ruleDigest": digest,
    }


def plan_predicate(
    controller: str, *, plan: Plan, proposed_by: str, at: datetime
) -> dict[str, object]:
    """A list was frozen: its counts and its digest, never its items."""
    return {
        "asOf": plan.as_of.isoformat(),
        "category": plan.category,
        "controller": controller,
        "frozenOn": instant(at),
        "plan": _plan(plan),
        "proposedBy": proposed_by,
        "ruleDigest": plan.rule_digest,
    }


def decision_predicate(
    controller: str, *, approval: Approval, envelope_digest: str
) -> dict[str, object]:
    """A person decided on a plan. Their reason stays in the envelope that is named by digest."""
    return {
        "acceptsExceeded": approval.accepts_exceeded,
        "controller": controller,
        "decision": _approval(approval),
        "envelopeDigest": envelope_digest,
        "expiresOn": instant(approval.expires_at),
        "planDigest": approval.plan_digest,
        "verdict": approval.verdict.value,
    }


def hold_predicate(controller: str, *, hold: Hold, content_digest: str) -> dict[str, object]:
    """A hold was placed. What it names stands behind a keyed digest."""
    return {
        "category": hold.category,
        "contentDigest": content_digest,
        "controller": controller,
        "holdId": hold.hold_id,
        "instance": hold.instance,
        "placedOn": instant(hold.placed_at),
        "reviewBy": hold.review_by and hold.review_by.isoformat(),
        "scope": hold.scope.value,
    }


def lift_predicate(
    controller: str, *, hold: Hold, by: str, at: datetime, content_digest: str
) -> dict[str, object]:
    """A hold was lifted, and by whom."""
    return {
        "category": hold.category,
        "contentDigest": content_digest,
        "controller": controller,
        "holdId": hold.hold_id,
        "liftedBy": by,
        "liftedOn": instant(at),
    }


def correction_predicate(
    controller: str,
    *,
    certificate_id: str,
    kind: str,
    reason: Mapping[str, str],
    by: str,
    at: datetime,
) -> dict[str, object]:
    """A certificate was found wrong. It is not edited; this points at it, for ever."""
    return {
        "certificateId": certificate_id,
        "controller": controller,
        "correctedBy": by,
        "correctedOn": instant(at),
        "kind": kind,
        "reason": dict(reason),
    }


def _category(rule: Rule) -> dict[str, object]:
    return {
        "authorities": [a.cite for a in rule.authorities],
        "category": rule.category,
        "ruleDigest": rule.digest,
        "title": {"en": rule.title.en, "zh": rule.title.zh},
    }


def _plan(plan: Plan) -> dict[str, object]:
    return {
        "digest": plan.digest,
        "exceeded": list(plan.exceeded),
        "id": plan.plan_id,
        "instances": [tally_document(tally) for tally in plan.instances],
    }


def _approval(approval: Approval) -> dict[str, object]:
    return {
        "at": instant(approval.decided_at),
        "person": approval.person,
        "role": approval.role,
        "via": approval.via,
    }


def instant(moment: datetime) -> str:
    """UTC, whole seconds, as every statement writes a point in time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
