"""Change control: a rule that makes much more due than before is approved by a person first.

A category's last plan says by which version of its rule it was planned. The first plan
under another version is made only when the change keeps within the limits of both, or
somebody who answers for the rule has signed what it comes to. Whoever edits the file
cannot do without, and a change that was never shown is shown now.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from keepuntil.disposal.approval_envelope import open_approval, seal_approval
from keepuntil.disposal.approving import key_for, later, trusted
from keepuntil.disposal.assessing_changes import Side, assess
from keepuntil.disposal.findings import problem_found, problem_gone
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Rule
from keepuntil.domain.plans import Approval, Verdict
from keepuntil.domain.rule_effects import InstanceEffect, RuleEffect
from keepuntil.errors import ApprovalError, PlanBlocked
from keepuntil.evidence import canonical
from keepuntil.evidence.keys import SigningKey
from keepuntil.register import plans, rule_changes, rule_versions
from keepuntil.register.rule_changes import StoredChange
from keepuntil.rules.archived import ArchivedRule, read_archived
from keepuntil.rules.confirmations import DPO

OWNER: Final = "owner"
FINDING: Final = "rule_change"


def archived(installation: Installation, digest: str) -> ArchivedRule:
    """A version that plans were made by. Raises RegisterError when there was none, RuleError."""
    version = rule_versions.get(installation.register, digest)
    return read_archived(version.category, digest, version.canonical_json)


def under_version(installation: Installation, version: ArchivedRule) -> Side:
    """The installation with this one rule as it was."""
    schedule = installation.schedule.with_version(version.rule, version.working_days)
    return Side(installation=installation.under(schedule), rule=version.rule)


def record(installation: Installation, effect: RuleEffect) -> StoredChange:
    """Keep what a change comes to, so that it can be approved. Safe to repeat."""
    document = effect_document(effect)
    return rule_changes.add(
        installation.register,
        StoredChange(
            digest=canonical.digest(document),
            category=effect.category,
            before=effect.before,
            after=effect.after,
            as_of=effect.as_of,
            document=document,
            recorded_at=installation.now(),
        ),
    )


def effect_document(effect: RuleEffect) -> dict[str, object]:
    """The effect for canonical JSON: what an approval of a change signs the digest of."""
    return {
        "after": effect.after,
        "asOf": effect.as_of.isoformat(),
        "before": effect.before,
        "category": effect.category,
        "exceeded": list(effect.exceeded),
        "instances": [_instance_document(each) for each in effect.instances],
    }


def _instance_document(effect: InstanceEffect) -> dict[str, object]:
    oldest = effect.oldest_newly_due
    return {
        "answeredBefore": effect.answered_before,
        "dueAfter": effect.due_after,
        "dueBefore": effect.due_before,
        "instance": effect.instance,
        "newlyDue": effect.newly_due,
        "noLongerDue": effect.no_longer_due,
        "notComputableAfter": effect.not_computable_after,
        "notComputableBefore": effect.not_computable_before,
        "oldestNewlyDue": oldest and oldest.isoformat(),
        "store": effect.store,
        "total": effect.total,
    }


def approve_change(
    installation: Installation,
    name: str,
    *,
    person: str,
    role: str,
    reason: str,
    signing_key: SigningKey,
) -> Approval:
    """Record one person's signed yes to what a change of a rule comes to.

    Raises ApprovalError when they do not hold a role that answers for the rule, or the key
    is not theirs; RegisterError when no such change was recorded.
    """
    change = rule_changes.load(installation.register, name)
    rule = installation.rule(change.category)
    decider = installation.schedule.person(person)
    if decider is None:
        raise ApprovalError(f"{person!r} is not in people.yaml, so may decide nothing.")
    if role not in _roles(rule) or role not in decider.roles:
        raise ApprovalError(
            f"A change of the rule {rule.category} is approved by {' or '.join(_roles(rule))}; "
            f"{person} does not decide on it as {role!r}."
        )
    now = installation.now()
    approval = Approval(
        plan_digest=change.digest,
        person=decider.id,
        role=role,
        verdict=Verdict.APPROVE,
        reason=reason,
        accepts_exceeded=True,
        decided_at=now,
        expires_at=later(now, rule.disposition.approval_expires_after, rule),
        via="cli",
    )
    key = key_for(installation, decider, "cli", signing_key)
    rule_changes.add_approval(
        installation.register, change.digest, approval, seal_approval(approval, key)
    )
    problem_gone(installation, kind=FINDING, subject=rule.category, why="The change was approved.")
    return approval


def _roles(rule: Rule) -> tuple[str, ...]:
    """Who answers for a rule: whoever approves its plans, the owner, the protection officer."""
    return tuple(dict.fromkeys((*rule.disposition.approver_roles, OWNER, DPO)))


def refuse_unapproved(installation: Installation, rule: Rule, as_of: date) -> None:
    """Raise PlanBlocked where the rule changed since the last plan, makes more due than its
    limits, and nobody has approved that. What the change comes to is recorded, and a finding.
    """
    newest = plans.list_plans(installation.register, category=rule.category, limit=1)
    before = newest[0].plan.rule_digest if newest else rule.digest
    if before == rule.digest or is_approved(installation, rule, before):
        return
    was = under_version(installation, archived(installation, before))
    # Not on a day long past, on which the change might have made nothing due yet.
    day = max(as_of, installation.today(rule))
    effect = assess(was, Side(installation=installation, rule=rule), day)
    change = record(installation, effect)
    if not effect.asks_for_approval:
        return
    problem_found(
        installation,
        kind=FINDING,
        subject=rule.category,
        zh=f"{rule.category} 的规则变更使 {effect.newly_due} 项新到期，超出限额，待审批。",
        en=f"A change of the rule {rule.category} makes {effect.newly_due} more items due, "
        "above its limits, and waits for approval.",
        items=effect.newly_due,
    )
    raise PlanBlocked(
        f"The rule {rule.source} changed since its last plan and makes {effect.newly_due} more "
        f"items due: {' '.join(effect.exceeded)} Nothing is planned before somebody who answers "
        f"for it approves the change: keepuntil change approve {short(change.digest)}"
    )


def is_approved(installation: Installation, rule: Rule, before: str) -> bool:
    """Whether a change from this version to the rule has an approval that counts today.

    Raises ApprovalError when one is not what was signed.
    """
    given = rule_changes.approvals_of(installation.register, before, rule.digest)
    return any(_counts(installation, rule, *each) for each in given)


def _counts(
    installation: Installation, rule: Rule, digest: str, claimed: Approval, line: bytes
) -> bool:
    approval = open_approval(line, trusted(installation, claimed))
    if approval != claimed or approval.plan_digest != digest:
        raise ApprovalError(
            f"The approval of a rule's change by {claimed.person} is not what was signed: "
            "the register was altered."
        )
    person = installation.schedule.person(approval.person)
    still_may = person is not None and approval.role in person.roles
    in_time = approval.expires_at > installation.now()
    return still_may and in_time and approval.role in _roles(rule)


def short(digest: str) -> str:
    """Enough of a digest to type."""
    return digest.partition(":")[2][:12]
