"""What a certificate says, field by field. docs/certificate.md explains each with its source.

The predicate only grows: no field is renamed, moved or dropped; a new meaning gets
a new type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from keepuntil.disposal.planning import tally_document
from keepuntil.domain.categories import Rule
from keepuntil.domain.plans import Approval, Plan
from keepuntil.register.runs import Run

DESTRUCTION_CERTIFICATE = "https://keepuntil.dev/DestructionCertificate/v1"
NOTHING_DUE = "https://keepuntil.dev/NothingDue/v1"
LEAF_FORMAT = "record-leaf/v1"


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
) -> dict[str, object]:
    """The body of a destruction certificate (销毁证明): no personal data."""
    return {
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
            "finishedOn": run.finished_at and _instant(run.finished_at),
            "id": run.run_id,
            "startedOn": _instant(run.started_at),
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
        "statedOn": _instant(at),
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
        "at": _instant(approval.decided_at),
        "person": approval.person,
        "role": approval.role,
        "via": approval.via,
    }


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
