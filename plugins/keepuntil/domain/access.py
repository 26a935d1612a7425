"""Who may do what (least privilege): rights by access role, one table for every face.

An access role says which verbs a person may use at all. Which list they may then
approve, and in which role of the rule, stays with ``people.yaml`` and the rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from keepuntil.domain.people import AccessRole, Person


class Right(StrEnum):
    """One thing that somebody may do. Reading what names no person needs `READ` alone."""

    READ = "read"
    """Rules, plans without their items, findings, coverage, certificates, the log."""
    READ_ITEMS = "read_items"
    """The keys on a list, the boxes in a consignment: identifying, so not for everybody."""
    READ_SUBJECT = "read_subject"
    """One person's records; each such reading is itself written down."""
    CHECK_RULES = "check_rules"
    PLAN = "plan"
    DECIDE = "decide"
    """Approve, reject or appraise a list, in a role that the rule asks for."""
    EXECUTE = "execute"
    VERIFY = "verify"
    CERTIFY = "certify"
    HOLD = "hold"
    """Place, review and lift legal holds."""
    CARRY = "carry"
    """The steps of paper between shelf and shredder."""
    WITNESS = "witness"
    KEEP_REGISTERS = "keep_registers"
    """Import into registers of paper; name vendors; have boxes wait."""
    FIND = "find"
    """Open findings, set remedies and report on them."""
    ACCEPT = "accept"
    """Accept remedies and extensions as the second person."""
    SAMPLE = "sample"
    ANSWER_REQUESTS = "answer_requests"
    RUN_CAMPAIGN = "run_campaign"
    ADMINISTER = "administer"
    """Make the installation; keys, migrations, publication."""


_EVERYBODY: Final = frozenset({Right.READ, Right.CHECK_RULES})

RIGHTS: Final[Mapping[AccessRole, frozenset[Right]]] = {
    AccessRole.OWNER: _EVERYBODY | {Right.READ_ITEMS, Right.PLAN, Right.DECIDE, Right.FIND},
    AccessRole.APPROVER: _EVERYBODY | {Right.READ_ITEMS, Right.DECIDE},
    AccessRole.EXECUTOR: _EVERYBODY
    | {
        *(Right.PLAN, Right.READ_ITEMS, Right.EXECUTE, Right.VERIFY, Right.CERTIFY),
        *(Right.CARRY, Right.KEEP_REGISTERS, Right.FIND),
    },
    AccessRole.WITNESS: _EVERYBODY | {Right.READ_ITEMS, Right.WITNESS},
    AccessRole.AUDITOR: frozenset({Right.READ}),
    AccessRole.DPO: _EVERYBODY
    | {
        *(Right.READ_ITEMS, Right.READ_SUBJECT, Right.DECIDE, Right.HOLD, Right.FIND),
        *(Right.ACCEPT, Right.SAMPLE, Right.ANSWER_REQUESTS, Right.RUN_CAMPAIGN),
    },
    AccessRole.ADMINISTRATOR: _EVERYBODY | {Right.ADMINISTER, Right.KEEP_REGISTERS},
}

EVERY_UNIT: Final = frozenset({AccessRole.AUDITOR, AccessRole.DPO, AccessRole.ADMINISTRATOR})
"""Who sees all units; the others see their own unit's categories."""


def may(person: Person, right: Right) -> bool:
    """Whether any of the person's access roles gives the right."""
    return any(right in RIGHTS[role] for role in person.access)


def sees_unit(person: Person, unit: str) -> bool:
    """Whether the person may see what a unit owns."""
    return person.unit == unit or not EVERY_UNIT.isdisjoint(person.access)
