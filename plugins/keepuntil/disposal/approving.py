"""Stage 2. People decide on exactly one plan digest; a complete set becomes a warrant.

Silence is never consent, an approval expires, and the person who proposed a plan
cannot approve it. This module is the only one that makes a warrant.
"""

from __future__ import annotations

from datetime import datetime

import pendulum

from keepuntil.disposal import appraisal_panel
from keepuntil.disposal.approval_envelope import approval_document, open_approval, seal_approval
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.own_keys import declared, keys_of, refuse_other_key
from keepuntil.domain.categories import ApprovalKind, Rule
from keepuntil.domain.people import Person
from keepuntil.domain.periods import Period
from keepuntil.domain.plans import Approval, Plan, Verdict, Warrant
from keepuntil.errors import ApprovalError, PlanBlocked, PlanError, PlanStale
from keepuntil.evidence import canonical
from keepuntil.evidence.keys import SigningKey, VerifyingKey
from keepuntil.register import approvals, plans
from keepuntil.register.plans import PlanState, StoredPlan
from keepuntil.rules import confirmations
from keepuntil.rules.canonical import stores_digest

UNDECIDED = frozenset({PlanState.FROZEN, PlanState.APPROVED, PlanState.EXECUTING})
"""While it is executing a plan takes decisions too: an approval that expired is given again."""

PRE_APPROVED = "pre-approved"


def approve(
    installation: Installation,
    plan_id: str,
    *,
    person: str,
    role: str,
    verdict: Verdict,
    reason: str,
    accepts_exceeded: bool = False,
    via: str,
    signing_key: SigningKey | None = None,
) -> Approval:
    """Record one person's signed decision on one plan.

    ``signing_key`` is the person's own; without it the decision was given inside
    Airflow or the pages (``via``) and the installation's approvals key vouches for
    who was signed in there.

    Raises ApprovalError (unknown person, role not held, own proposal, decided
    already, or approved before the panel of the rule has appraised it), PlanError (the plan
    is not open to decisions any more).
    """
    stored = plans.load(installation.register, plan_id)
    rule = current_rule(installation, stored.plan)
    decider = _eligible(installation, rule, stored, person, role)
    if verdict is Verdict.APPROVE:
        appraisal_panel.refuse_unappraised(installation, rule, stored.plan)
    _refuse_second_decision(installation, rule, stored.plan, decider, role, verdict)
    now = installation.now()
    approval = Approval(
        plan_digest=stored.plan.digest,
        person=decider.id,
        role=role,
        verdict=verdict,
        reason=reason,
        accepts_exceeded=accepts_exceeded,
        decided_at=now,
        expires_at=later(now, rule.disposition.approval_expires_after, rule),
        via=via,
    )
    key = key_for(installation, decider, via, signing_key)
    approvals.add(installation.register, stored.plan.digest, approval, seal_approval(approval, key))
    _advance(installation, stored, rule, verdict)
    return approval


def missing(installation: Installation, plan_id: str) -> list[str]:
    """What still stands between this plan and its warrant, in words; empty when nothing does."""
    stored = plans.load(installation.register, plan_id)
    rule = current_rule(installation, stored.plan)
    panel = appraisal_panel.missing(installation, rule, stored.plan)
    lacking = [f"the appraisal by {role}" for role in panel]
    lacking += _missing(rule, stored.plan, _valid(installation, rule, stored))
    return lacking + [f"a confirmation of {each.cite}" for each in confirmations.in_doubt(rule)]


def roles_missing(installation: Installation, plan_id: str) -> list[str]:
    """The roles that have yet to approve, in the rule's order."""
    stored = plans.load(installation.register, plan_id)
    rule = current_rule(installation, stored.plan)
    return _roles_missing(rule, _valid(installation, rule, stored))


def not_before(installation: Installation, plan_id: str) -> datetime | None:
    """When the cooling-off of an approved plan ends (UTC); None while nobody has approved it."""
    stored = plans.load(installation.register, plan_id)
    rule = current_rule(installation, stored.plan)
    valid = _valid(installation, rule, stored)
    return _not_before(rule, valid) if valid else None


def warrant(installation: Installation, plan_id: str) -> Warrant:
    """The right to destroy exactly this plan's items, now.

    Raises PlanStale (rule or stores changed since), PlanBlocked (above the limits and
    nobody accepted that), ApprovalError (something is missing, expired or forged, the list
    is not appraised, nobody answers for an authority the rule rests on, or the cooling-off
    is not over).
    """
    stored = plans.load(installation.register, plan_id)
    plan = stored.plan
    if stored.state is PlanState.REJECTED:
        raise ApprovalError(f"The plan {plan.plan_id} was rejected.")
    if plan.items == 0:
        raise PlanError(f"The plan {plan.plan_id} lists nothing; there is nothing to destroy.")
    rule = current_rule(installation, plan)
    _refuse_in_doubt(installation, rule)
    appraisal_panel.refuse_unappraised(installation, rule, plan)
    valid = _valid(installation, rule, stored)
    if rule.disposition.approval is ApprovalKind.NONE and not plan.exceeded and not valid:
        valid = [_pre_approve(installation, rule, stored)]
    _refuse_incomplete(rule, plan, valid)
    # Whoever gave the last decision may have died before moving the plan on.
    _advance(installation, stored, rule, Verdict.APPROVE)
    return _compose(rule, plan, valid, installation.now())


def current_rule(installation: Installation, plan: Plan) -> Rule:
    """The rule in force, which must still be the one the plan was made under.

    Raises PlanStale saying what changed.
    """
    rule = installation.rule(plan.category)
    changed = []
    if rule.digest != plan.rule_digest:
        changed.append(f"the rule {rule.source}")
    if stores_digest(installation.schedule.stores_of(rule)) != plan.stores_digest:
        changed.append("a store of it in stores.yaml")
    if changed:
        raise PlanStale(
            f"Since the plan {plan.plan_id} was frozen, {' and '.join(changed)} changed. "
            f"The plan is void; make a new one: keepuntil plan {plan.category}"
        )
    return rule


def _refuse_in_doubt(installation: Installation, rule: Rule) -> None:
    doubtful = confirmations.in_doubt(rule)
    if not doubtful:
        return
    may = confirmations.holders(installation.schedule.people)
    raise ApprovalError(
        f"The rule {rule.source} rests on {_listed([each.cite for each in doubtful])}, whose own "
        "text nobody has verified: it may be planned, not destroyed by. What is missing there is "
        "confirmed: {by: …, on: …, note: …} by "
        f"{' or '.join(may) or 'somebody with the role dpo, whom people.yaml lacks'}, or "
        "verified_on by whoever has read the text. Then make a new plan: "
        f"keepuntil plan {rule.category}"
    )


def _eligible(
    installation: Installation, rule: Rule, stored: StoredPlan, person: str, role: str
) -> Person:
    if stored.state not in UNDECIDED:
        raise PlanError(
            f"The plan {stored.plan.plan_id} is {stored.state}; it takes no more decisions."
        )
    decider = declared(installation, person)
    if person == stored.proposed_by:
        raise ApprovalError(f"{person} proposed this plan and cannot decide on it.")
    wanted = _roles(rule)
    if role not in wanted:
        raise ApprovalError(
            f"The rule {rule.category} asks for {_listed(wanted)}, not for {role!r}."
        )
    if role not in decider.roles:
        raise ApprovalError(f"{person} does not hold the role {role!r} in people.yaml.")
    return decider


def _refuse_second_decision(
    installation: Installation,
    rule: Rule,
    plan: Plan,
    decider: Person,
    role: str,
    verdict: Verdict,
) -> None:
    """A second decision in a role is none, save that whoever approved may still say no: that
    stops the plan while it cools off, and a run of it before its next shard."""
    appraised_at = appraisal_panel.appraised_at(installation, rule, plan)
    for earlier, _ in approvals.of(installation.register, plan.digest):
        taken_back = verdict is Verdict.REJECT and earlier.verdict is Verdict.APPROVE
        if (
            earlier.expires_at <= installation.now()
            or _precedes(earlier, appraised_at)
            or (taken_back and (earlier.person, earlier.role) == (decider.id, role))
        ):
            continue
        if earlier.person == decider.id:
            raise ApprovalError(f"{decider.id} has decided on this plan, as {earlier.role}.")
        if earlier.role == role:
            raise ApprovalError(f"The role {role} has decided on this plan already.")


def _roles(rule: Rule) -> tuple[str, ...]:
    """Roles that may decide. A pre-approved class needs a person only above its limits."""
    return rule.disposition.approver_roles or ("owner",)


def key_for(
    installation: Installation, decider: Person, via: str, signing_key: SigningKey | None
) -> SigningKey:
    """The key a decision is signed with: the person's own, or the one that vouches for them.

    Raises ApprovalError when it is not theirs, or the command line is given none.
    """
    if signing_key is None:
        if via == "cli":
            raise ApprovalError(f"On the command line {decider.id} signs with a key: --key FILE")
        return installation.signing_key("approvals")
    refuse_other_key(installation, decider, signing_key)
    return signing_key


def _advance(installation: Installation, stored: StoredPlan, rule: Rule, verdict: Verdict) -> None:
    """Move the plan's state. A crash before this leaves the decision, which counts all the same:
    asking for the warrant moves an approved plan on.

    A plan that is executing stays so: a rejection stops it before its next shard.
    """
    if stored.state is PlanState.APPROVED and verdict is Verdict.REJECT:
        undone = [PlanState.APPROVED, PlanState.REJECTED]
        plans.set_state(installation.register, stored.plan.plan_id, undone, PlanState.REJECTED)
    if stored.state is not PlanState.FROZEN:
        return
    if verdict is Verdict.REJECT:
        to_state = PlanState.REJECTED
    elif _missing(rule, stored.plan, _valid(installation, rule, stored)):
        return
    else:
        to_state = PlanState.APPROVED
    movable = [PlanState.FROZEN, to_state]
    plans.set_state(installation.register, stored.plan.plan_id, movable, to_state)


def _valid(installation: Installation, rule: Rule, stored: StoredPlan) -> list[Approval]:
    """Approvals that count: signature, person, role and time all checked again.

    Where the rule has lists appraised, only of a list whose appraisal they could have read.
    """
    unappraised = bool(appraisal_panel.missing(installation, rule, stored.plan))
    appraised_at = appraisal_panel.appraised_at(installation, rule, stored.plan)
    found = []
    for claimed, envelope in approvals.of(installation.register, stored.plan.digest):
        approval = open_approval(envelope, trusted(installation, claimed))
        if approval != claimed or approval.plan_digest != stored.plan.digest:
            raise ApprovalError(
                f"The approval by {claimed.person} is not what was signed: "
                "the register was altered."
            )
        if approval.verdict is Verdict.REJECT:
            raise ApprovalError(f"{approval.person} rejected the plan {stored.plan.plan_id}.")
        if unappraised or _precedes(approval, appraised_at):
            continue
        if approval.expires_at > installation.now() and _still_may(
            installation, rule, stored, approval
        ):
            found.append(approval)
    return found


def _precedes(approval: Approval, appraised_at: datetime | None) -> bool:
    """Whether it was given for another appraisal of the list than the one that stands."""
    return appraised_at is not None and approval.decided_at < appraised_at


def _still_may(
    installation: Installation, rule: Rule, stored: StoredPlan, approval: Approval
) -> bool:
    if approval.via == "rule":
        return rule.disposition.approval is ApprovalKind.NONE
    person = installation.schedule.person(approval.person)
    return (
        person is not None
        and person.id != stored.proposed_by
        and approval.role in person.roles
        and approval.role in _roles(rule)
    )


def trusted(installation: Installation, approval: Approval) -> list[VerifyingKey]:
    """The keys that may have signed a decision: the person's own, or the installation's."""
    if approval.via != "cli":
        # Decisions outlive the key that vouched for them; one it made after its time is none.
        return list(installation.key_ring.trusted_at("approvals", approval.decided_at))
    return keys_of(installation, approval.person)


def _roles_missing(rule: Rule, valid: list[Approval]) -> list[str]:
    given = {approval.role for approval in valid}
    return [role for role in _roles(rule) if role not in given]


def _missing(rule: Rule, plan: Plan, valid: list[Approval]) -> list[str]:
    given = {approval.role: approval.person for approval in valid}
    lacking = []
    if rule.disposition.approval is not ApprovalKind.NONE:
        lacking = [f"the approval of {role}" for role in _roles_missing(rule, valid)]
        if not lacking and len(set(given.values())) < len(_roles(rule)):
            lacking.append("approvals by distinct people")
    if plan.exceeded and not any(approval.accepts_exceeded for approval in valid):
        lacking.append("a person who accepts that the plan is above its limits")
    return lacking


def _refuse_incomplete(rule: Rule, plan: Plan, valid: list[Approval]) -> None:
    if plan.exceeded and not any(approval.accepts_exceeded for approval in valid):
        raise PlanBlocked(
            f"The plan {plan.plan_id} waits for a person: {' '.join(plan.exceeded)} "
            f"Look at it (keepuntil show {plan.plan_id}), then approve with --accept-exceeded."
        )
    lacking = _missing(rule, plan, valid)
    if lacking:
        raise ApprovalError(f"The plan {plan.plan_id} lacks {_listed(lacking)}.")
    if not valid:
        raise ApprovalError(f"Nobody has approved the plan {plan.plan_id}.")


def _not_before(rule: Rule, valid: list[Approval]) -> datetime:
    last = max(approval.decided_at for approval in valid)
    cooling_off = rule.disposition.cooling_off
    return last if cooling_off is None else later(last, cooling_off, rule)


def _compose(rule: Rule, plan: Plan, valid: list[Approval], now: datetime) -> Warrant:
    begins = _not_before(rule, valid)
    if now < begins:
        raise ApprovalError(
            f"The plan {plan.plan_id} is approved and cooling off until {begins:%Y-%m-%d %H:%M %Z}."
        )
    ordered = sorted(valid, key=lambda approval: (approval.role, approval.person))
    return Warrant(
        plan_id=plan.plan_id,
        plan_digest=plan.digest,
        category=plan.category,
        as_of=plan.as_of,
        approvers=tuple(f"{approval.role}:{approval.person}" for approval in ordered),
        approvals_digest=canonical.digest([approval_document(approval) for approval in ordered]),
        not_before=begins,
        not_after=min(approval.expires_at for approval in valid),
    )


def _pre_approve(installation: Installation, rule: Rule, stored: StoredPlan) -> Approval:
    """The owner's standing approval: the published rule itself says this class needs no other."""
    now = installation.now()
    approval = Approval(
        plan_digest=stored.plan.digest,
        person=rule.owner.unit,
        role=PRE_APPROVED,
        verdict=Verdict.APPROVE,
        reason=f"The rule version {rule.digest} pre-approves disposal within its limits.",
        accepts_exceeded=False,
        decided_at=now,
        expires_at=later(now, rule.disposition.approval_expires_after, rule),
        via="rule",
    )
    key = installation.signing_key("approvals")
    sealed = seal_approval(approval, key)
    approvals.add(installation.register, stored.plan.digest, approval, sealed)
    return approval


def later(moment: datetime, period: Period, rule: Rule) -> datetime:
    """That long after a moment, by the calendar of the rule's zone."""
    there = pendulum.instance(moment).in_timezone(rule.clock.zone)
    later = there.add(years=period.years, months=period.months, days=period.days)
    return datetime.fromisoformat(later.in_timezone("UTC").isoformat())


def _listed(things: tuple[str, ...] | list[str]) -> str:
    return " and ".join(things)
