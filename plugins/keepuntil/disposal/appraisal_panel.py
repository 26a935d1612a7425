"""The panel (鉴定小组): who signs what an appraisal of a list came to, before anybody approves it.

Its signatures are under one plan digest and one set of decisions. A decision that is entered
or lifted afterwards voids them all, and with them the approvals that rest on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from keepuntil.disposal import signatures
from keepuntil.disposal.appraising import appraised, decisions
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.own_keys import declared
from keepuntil.domain.categories import Rule
from keepuntil.domain.plans import Plan
from keepuntil.domain.signatures import Act, Signature, signature_of
from keepuntil.errors import ApprovalError
from keepuntil.evidence import canonical
from keepuntil.evidence.keys import SigningKey
from keepuntil.register import plans
from keepuntil.register.plans import StoredPlan


def sign(
    installation: Installation, plan_id: str, *, person: str, role: str, key: SigningKey
) -> Signature:
    """Put one person's name to the appraisal of a list as it stands.

    Raises ApprovalError: the rule does not ask for the role, the person does not hold it,
    has signed in another, or proposed the list; the key is not theirs.
    """
    stored = plans.load(installation.register, plan_id)
    rule = installation.rule(stored.plan.category)
    _refuse_unfit(installation, rule, stored, person, role)
    signature = signature_of(
        Act.APPRAISE,
        stored.plan.digest,
        opinion(installation, stored.plan),
        declared(installation, person),
        role,
        installation.now(),
    )
    signatures.give(installation, signature, declared(installation, person), key)
    return signature


def opinion(installation: Installation, plan: Plan) -> dict[str, object]:
    """What is signed: the list, what is kept of it, and that all else is to be destroyed."""
    found = appraised(installation, plan.plan_id)
    kept = sorted(each.hold_id for each in decisions(installation, plan).values())
    return {
        "extended": found.extended,
        "keptDigest": canonical.digest(kept),
        "listed": found.listed,
        "planDigest": plan.digest,
        "unsettled": found.unsettled,
    }


def signed(installation: Installation, rule: Rule, plan: Plan) -> list[Signature]:
    """The signatures that count, one a role, by people who still hold it."""
    said = opinion(installation, plan)
    by_role: dict[str, Signature] = {}
    for each in signatures.standing(installation, Act.APPRAISE, plan.digest, said):
        person = installation.schedule.person(each.person)
        if person is not None and each.role in person.roles and each.role in _panel(rule):
            by_role.setdefault(each.role, each)
    return [by_role[role] for role in _panel(rule) if role in by_role]


def missing(installation: Installation, rule: Rule, plan: Plan) -> list[str]:
    """The roles of the panel that have yet to sign, in the rule's order."""
    if not _panel(rule):
        return []
    given = {each.role for each in signed(installation, rule, plan)}
    return [role for role in _panel(rule) if role not in given]


def appraised_at(installation: Installation, rule: Rule, plan: Plan) -> datetime | None:
    """When the last of the panel signed; None: it has not all signed, or the rule has no panel."""
    if not _panel(rule) or missing(installation, rule, plan):
        return None
    return max(each.signed_at for each in signed(installation, rule, plan))


def refuse_unappraised(installation: Installation, rule: Rule, plan: Plan) -> None:
    """Raise ApprovalError, naming who is missing, until the whole panel has signed."""
    lacking = missing(installation, rule, plan)
    if lacking:
        raise ApprovalError(
            f"The list {plan.plan_id} has to be appraised first (鉴定), and "
            f"{' and '.join(lacking)} has not signed what came of it: "
            f"keepuntil appraise {plan.plan_id} --as ID --role {lacking[0]} --key FILE"
        )


def _panel(rule: Rule) -> Sequence[str]:
    return rule.disposition.appraised_by


def _refuse_unfit(
    installation: Installation, rule: Rule, stored: StoredPlan, person: str, role: str
) -> None:
    if role not in _panel(rule):
        wanted = " and ".join(_panel(rule)) or "nobody"
        raise ApprovalError(
            f"The rule {rule.category} has its lists appraised by {wanted}, not by {role!r}."
        )
    if role not in declared(installation, person).roles:
        raise ApprovalError(f"{person} does not hold the role {role!r} in people.yaml.")
    if person == stored.proposed_by:
        raise ApprovalError(f"{person} proposed this plan and cannot appraise it.")
    for each in signed(installation, rule, stored.plan):
        if each.person == person:
            raise ApprovalError(f"{person} has signed this appraisal, as {each.role}.")
        if each.role == role:
            raise ApprovalError(f"The role {role} has signed this appraisal already.")
