"""Governing events that the register knows and the log does not yet, the oldest first.

The log is caught up from here, so that an event whose process died before it was logged
is logged by the next.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Text, cast, select

from keepuntil.register.connection import Register
from keepuntil.register.ledger_tables import ledger_entry
from keepuntil.register.tables import (
    approval,
    correction,
    hold,
    log_entry,
    plan,
    rule_version,
    sample,
    sample_check,
)


def rules(register: Register, kind: str) -> list[str]:
    """Digests of rule versions that were published."""
    return _missing(register, kind, rule_version.c.digest, rule_version.c.published_at)


def plans(register: Register, kind: str) -> list[str]:
    """Identifiers of plans that were frozen."""
    return _missing(register, kind, plan.c.plan_id, plan.c.frozen_at)


def decisions(register: Register, kind: str) -> list[tuple[str, str]]:
    """Digests of approval envelopes, each after the digest of the plan it decides on."""
    missing = _missing(register, kind, approval.c.envelope_digest, approval.c.decided_at)
    query = select(approval.c.envelope_digest, approval.c.plan_digest)
    with register.reading() as connection:
        of_plan = dict(
            connection.execute(query.where(approval.c.envelope_digest.in_(missing))).tuples().all()
        )
    return [(of_plan[digest], digest) for digest in missing]


def holds(register: Register, kind: str) -> list[str]:
    """Identifiers of holds that were placed."""
    return _missing(register, kind, hold.c.hold_id, hold.c.placed_at)


def lifts(register: Register, kind: str) -> list[str]:
    """Identifiers of holds that were lifted."""
    return _missing(register, kind, hold.c.hold_id, hold.c.lifted_at, hold.c.lifted_at.is_not(None))


def corrections(register: Register, kind: str) -> list[tuple[str, bytes]]:
    """Digests and signed lines of corrections of certificates."""
    missing = _missing(register, kind, correction.c.digest, correction.c.corrected_at)
    query = select(correction.c.digest, correction.c.envelope)
    with register.reading() as connection:
        lines = dict(
            connection.execute(query.where(correction.c.digest.in_(missing))).tuples().all()
        )
    return [(digest, lines[digest]) for digest in missing]


def samples(register: Register, kind: str) -> list[str]:
    """Identifiers of samples that were ordered."""
    return _missing(register, kind, sample.c.sample_id, sample.c.ordered_at)


def checks(register: Register, kind: str) -> list[tuple[str, int]]:
    """Samples and numbers of checks that were made; logged as ``<sample>/<number>``."""
    name = sample_check.c.sample_id + "/" + cast(sample_check.c.seq, Text)
    return _numbered(_missing(register, kind, name, sample_check.c.checked_at))


def closed_samples(register: Register, kind: str) -> list[str]:
    """Identifiers of samples that were closed."""
    closed = sample.c.closed_at.is_not(None)
    return _missing(register, kind, sample.c.sample_id, sample.c.closed_at, closed)


def ledger_entries(register: Register, kind: str) -> list[tuple[str, int]]:
    """Subjects and numbers of what people did to findings and in campaigns."""
    name = ledger_entry.c.subject + "/" + cast(ledger_entry.c.seq, Text)
    by_people = ledger_entry.c.person.is_not(None)
    return _numbered(_missing(register, kind, name, ledger_entry.c.entered_at, by_people))


def _numbered(names: list[str]) -> list[tuple[str, int]]:
    parts = (one.rpartition("/") for one in names)
    # Within one subject by number: the order of digits is another one.
    return sorted((subject, int(seq)) for subject, _, seq in parts)


def _missing(
    register: Register,
    kind: str,
    subject: ColumnElement[str],
    at: ColumnElement[object],
    *conditions: ColumnElement[bool],
) -> list[str]:
    logged = select(log_entry.c.position).where(
        log_entry.c.kind == kind, log_entry.c.subject == subject
    )
    query = select(subject).where(~logged.exists(), *conditions).order_by(at, subject)
    with register.reading() as connection:
        return [str(one) for one in connection.execute(query).scalars()]
