"""Who may do what (least privilege): rights by access role, one table for every face.

An access role says which verbs a person may use at all. Which list they may then
approve, and in which role of the rule, stays with ``people.yaml`` and the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


IN_WORDS: Final[Mapping[Right, str]] = {
    Right.READ: "read what names no person: rules, counts, findings, certificates, the log",
    Right.READ_ITEMS: "read the keys on a list, the boxes of a consignment, what a hold binds",
    Right.READ_SUBJECT: "read one person's records",
    Right.CHECK_RULES: "check policy files",
    Right.PLAN: "freeze a list of what is due",
    Right.DECIDE: "approve, reject or appraise a list",
    Right.EXECUTE: "destroy what was approved",
    Right.VERIFY: "verify and certify what was destroyed",
    Right.CERTIFY: "correct or revoke a certificate",
    Right.HOLD: "place, review and lift legal holds",
    Right.CARRY: "enter the steps of paper between shelf and shredder",
    Right.WITNESS: "count and witness the destruction of paper",
    Right.KEEP_REGISTERS: "keep the registers of paper: lists, vendors, boxes that wait",
    Right.FIND: "open findings, set remedies and report on them",
    Right.ACCEPT: "accept remedies and extensions as the second person",
    Right.SAMPLE: "order, record and close spot checks",
    Right.ANSWER_REQUESTS: "answer the requests of data subjects",
    Right.RUN_CAMPAIGN: "run an inspection campaign",
    Right.ADMINISTER: "administer the installation: keys, migrations, publication",
}
"""Each right as a sentence says it: a person may, or may not, …"""

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


def begun(people: Iterable[Person]) -> bool:
    """Whether access is enforced: from the moment anybody has an access role."""
    return any(person.access for person in people)


def roles_with(right: Right) -> tuple[AccessRole, ...]:
    """The access roles that give a right."""
    return tuple(role for role in AccessRole if right in RIGHTS[role])


def holder_of(people: Iterable[Person], login: str) -> Person | None:
    """Whose login it is; None: nobody's."""
    return next((person for person in people if login in person.logins), None)


def may(person: Person, right: Right) -> bool:
    """Whether any of the person's access roles gives the right."""
    return any(right in RIGHTS[role] for role in person.access)


def sees_unit(person: Person, unit: str) -> bool:
    """Whether the person may see what a unit owns."""
    return person.unit == unit or not EVERY_UNIT.isdisjoint(person.access)
