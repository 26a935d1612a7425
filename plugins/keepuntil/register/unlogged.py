"""Governing events that the register knows and the log does not yet, the oldest first.

The log is caught up from here, so that an event whose process died before it was logged
is logged by the next.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Text, cast, select

from keepuntil.domain.signatures import Act
from keepuntil.register.accountability_tables import (
    change_approval,
    record_read,
    request_answer,
    rule_change,
    subject_request,
)
from keepuntil.register.connection import Register
from keepuntil.register.ledger_tables import ledger_entry
from keepuntil.register.signature_tables import signature
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


def signatures(register: Register, kind: str, act: Act) -> list[tuple[str, bytes]]:
    """Digests and signed lines of what people signed in one kind of act."""
    at, digest = signature.c.signed_at, signature.c.envelope_digest
    missing = _missing(register, kind, digest, at, signature.c.act == act.value)
    query = select(digest, signature.c.envelope).where(digest.in_(missing))
    with register.reading() as connection:
        lines = dict(connection.execute(query).tuples().all())
    return [(each, bytes(lines[each])) for each in missing]


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
    table = sample_check.c
    return _numbered(register, kind, table.sample_id, table.seq, table.checked_at)


def closed_samples(register: Register, kind: str) -> list[str]:
    """Identifiers of samples that were closed."""
    closed = sample.c.closed_at.is_not(None)
    return _missing(register, kind, sample.c.sample_id, sample.c.closed_at, closed)


def ledger_entries(register: Register, kind: str) -> list[tuple[str, int]]:
    """Subjects and numbers of what people did to findings and in campaigns."""
    table = ledger_entry.c
    by_people = table.person.is_not(None)
    return _numbered(register, kind, table.subject, table.seq, table.entered_at, by_people)


def rule_changes(register: Register, kind: str) -> list[str]:
    """Digests of changes of rules that were assessed."""
    return _missing(register, kind, rule_change.c.digest, rule_change.c.recorded_at)


def change_approvals(register: Register, kind: str) -> list[str]:
    """Digests of the signed lines by which changes were approved."""
    table = change_approval.c
    return _missing(register, kind, table.envelope_digest, table.decided_at)


def requests(register: Register, kind: str) -> list[str]:
    """Identifiers of requests that were received."""
    return _missing(register, kind, subject_request.c.request_id, subject_request.c.entered_at)


def answers(register: Register, kind: str) -> list[tuple[str, int]]:
    """Requests and numbers of answers that were given; logged as ``<request>/<number>``."""
    table = request_answer.c
    return _numbered(register, kind, table.request_id, table.seq, table.answered_at)


def closed_requests(register: Register, kind: str) -> list[str]:
    """Identifiers of requests that were closed."""
    table = subject_request.c
    closed = table.closed_at.is_not(None)
    return _missing(register, kind, table.request_id, table.closed_at, closed)


def reads(register: Register, kind: str) -> list[str]:
    """Identifiers of reads of one person's records, and of lists that were taken out."""
    return _missing(register, kind, record_read.c.read_id, record_read.c.read_at)


def _numbered(
    register: Register,
    kind: str,
    of: ColumnElement[str],
    seq: ColumnElement[int],
    at: ColumnElement[object],
    *conditions: ColumnElement[bool],
) -> list[tuple[str, int]]:
    found = _missing(register, kind, of + "/" + cast(seq, Text), at, *conditions)
    parts = (one.rpartition("/") for one in found)
    # Within one of them by number: the order of digits is another one.
    return sorted((name, int(number)) for name, _, number in parts)


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
