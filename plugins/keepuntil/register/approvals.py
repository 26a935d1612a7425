"""Signed decisions of people on one plan digest (审批), in the order they came."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from keepuntil.domain.plans import Approval, Verdict
from keepuntil.errors import ApprovalError
from keepuntil.evidence import canonical
from keepuntil.register.connection import Register
from keepuntil.register.inserting import insert_once
from keepuntil.register.tables import approval as table
from keepuntil.register.tables import plan


def add(register: Register, plan_digest: str, approval: Approval, envelope: bytes) -> None:
    """Keep a decision with the envelope that proves it; the same envelope twice counts once.

    The caller has checked the signature. Raises ApprovalError when the decision is on
    another digest, or on no plan of this register.
    """
    if approval.plan_digest != plan_digest:
        raise ApprovalError("The decision is on another plan digest than it was handed in for.")
    row = {
        "plan_digest": plan_digest,
        "envelope_digest": canonical.digest_of_bytes(envelope),
        "person": approval.person,
        "role": approval.role,
        "verdict": approval.verdict.value,
        "reason": approval.reason,
        "accepts_exceeded": approval.accepts_exceeded,
        "decided_at": approval.decided_at,
        "expires_at": approval.expires_at,
        "via": approval.via,
        "envelope": envelope,
    }
    with register.writing() as connection:
        known = select(plan.c.digest).where(plan.c.digest == plan_digest)
        if connection.execute(known).scalar() is None:
            raise ApprovalError(f"There is no plan with the digest {plan_digest} to decide on.")
        insert_once(connection, table, row)


def of(register: Register, plan_digest: str) -> list[tuple[Approval, bytes]]:
    """Every decision on a plan digest with its envelope, first to last."""
    query = select(table).where(table.c.plan_digest == plan_digest).order_by(table.c.number)
    with register.reading() as connection:
        return [(_approval(row), row.envelope) for row in connection.execute(query)]


def _approval(row: Row[Any]) -> Approval:
    return Approval(
        plan_digest=row.plan_digest,
        person=row.person,
        role=row.role,
        verdict=Verdict(row.verdict),
        reason=row.reason,
        accepts_exceeded=row.accepts_exceeded,
        decided_at=row.decided_at,
        expires_at=row.expires_at,
        via=row.via,
    )
