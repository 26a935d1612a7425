"""What changes of rules were found to come to, and who approved them. Nothing is taken back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select

from keepuntil.domain.plans import Approval, Verdict
from keepuntil.errors import RegisterError
from keepuntil.evidence import canonical
from keepuntil.register.accountability_tables import change_approval as approval_table
from keepuntil.register.accountability_tables import rule_change as table
from keepuntil.register.connection import Register
from keepuntil.register.finding_one import one_identifier
from keepuntil.register.inserting import insert_once

_DIGEST = "sha256:"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChange:
    """One change of one rule, as it was found to be on a day."""

    digest: str
    """``sha256:<hex>`` over ``document``."""
    category: str
    before: str | None
    after: str | None
    as_of: date
    document: Mapping[str, Any]
    recorded_at: datetime


def add(register: Register, change: StoredChange) -> StoredChange:
    """Keep a change; kept twice it is kept once, as the first time."""
    row = {
        "digest": change.digest,
        "category": change.category,
        "before": change.before,
        "after": change.after,
        "as_of": change.as_of,
        "document": canonical.encode(change.document).decode(),
        "recorded_at": change.recorded_at,
    }
    with register.writing() as connection:
        insert_once(connection, table, row)
        found = connection.execute(select(table).where(table.c.digest == change.digest))
        return _change(found.one())


def load(register: Register, name: str) -> StoredChange:
    """The change of this digest, or the only one whose hex digits begin so. RegisterError."""
    text = name if name.startswith(_DIGEST) else f"{_DIGEST}{name}"
    with register.reading() as connection:
        digest = one_identifier(
            connection, table.c.digest, text, what="change of a rule", error=RegisterError
        )
        return _change(connection.execute(select(table).where(table.c.digest == digest)).one())


def recorded(register: Register, *, limit: int = 50) -> list[StoredChange]:
    """Changes, the newest first."""
    query = select(table).order_by(table.c.recorded_at.desc(), table.c.digest).limit(limit)
    with register.reading() as connection:
        return [_change(row) for row in connection.execute(query)]


def add_approval(register: Register, digest: str, approval: Approval, line: bytes) -> None:
    """Keep a signed approval of a change."""
    row = {
        "change_digest": digest,
        "envelope_digest": canonical.digest_of_bytes(line),
        "person": approval.person,
        "role": approval.role,
        "reason": approval.reason,
        "decided_at": approval.decided_at,
        "expires_at": approval.expires_at,
        "via": approval.via,
        "envelope": line,
    }
    with register.writing() as connection:
        connection.execute(approval_table.insert().values(**row))


def approvals_of(
    register: Register, before: str | None, after: str | None
) -> list[tuple[str, Approval, bytes]]:
    """Every approval of a change from one version to another: change, approval, signed line."""
    query = (
        select(approval_table)
        .join(table, table.c.digest == approval_table.c.change_digest)
        .where(table.c.before == before, table.c.after == after)
        .order_by(approval_table.c.number)
    )
    with register.reading() as connection:
        return [_approval(row) for row in connection.execute(query)]


def approval(register: Register, envelope_digest: str) -> tuple[str, Approval, bytes]:
    """The approval of this signed line: change, approval, line. Raises RegisterError."""
    query = select(approval_table).where(approval_table.c.envelope_digest == envelope_digest)
    with register.reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise RegisterError(f"There is no approval {envelope_digest} of a change of a rule.")
    return _approval(row)


def _change(row: Row[Any]) -> StoredChange:
    return StoredChange(
        digest=row.digest,
        category=row.category,
        before=row.before,
        after=row.after,
        as_of=row.as_of,
        document=json.loads(row.document),
        recorded_at=row.recorded_at,
    )


def _approval(row: Row[Any]) -> tuple[str, Approval, bytes]:
    given = Approval(
        plan_digest=row.change_digest,
        person=row.person,
        role=row.role,
        verdict=Verdict.APPROVE,
        reason=row.reason,
        accepts_exceeded=True,
        decided_at=row.decided_at,
        expires_at=row.expires_at,
        via=row.via,
    )
    return row.change_digest, given, bytes(row.envelope)
