"""What the log holds of changes of rules, of requests, and of who read a person's records.

Nobody who asked is named: a subject stands behind a keyed commitment, another one in each
entry, which the organisation can open again and an outsider cannot even compare.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from keepuntil.disposal.installation import Installation
from keepuntil.disposal.statements import (
    CHANGE_APPROVED,
    CHANGE_ASSESSED,
    RECORDS_READ,
    REQUEST_ANSWERED,
    REQUEST_CLOSED,
    REQUEST_RECEIVED,
    instant,
)
from keepuntil.evidence import canonical, statement
from keepuntil.evidence.statement import Statement, Subject
from keepuntil.register import reads, requests_made, rule_changes, unlogged

ASSESSED: Final = "rule_change"
APPROVED: Final = "change_approval"
RECEIVED: Final = "request"
ANSWERED: Final = "request_answer"
CLOSED: Final = "request_close"
READ: Final = "read"

NOTHING_FOUND: Final = "nothing_found"
DESTROYED: Final = "destroyed"
BY_ITSELF: Final = frozenset({NOTHING_FOUND, DESTROYED})
"""Why a request is closed by itself. What a person writes stays in the register."""

BY_HAND: Final = "by_hand"

Event = tuple[str, str, Statement]
"""Kind, subject, and what is said of it."""


def events(installation: Installation) -> Iterator[Event]:
    """What happened and is not in the log, a kind at a time."""
    register = installation.register
    for digest in unlogged.rule_changes(register, ASSESSED):
        yield ASSESSED, digest, _assessed(installation, digest)
    for digest in unlogged.change_approvals(register, APPROVED):
        yield APPROVED, digest, _approved(installation, digest)
    for request_id in unlogged.requests(register, RECEIVED):
        yield RECEIVED, request_id, _received(installation, request_id)
    for request_id, seq in unlogged.answers(register, ANSWERED):
        yield ANSWERED, f"{request_id}/{seq}", _answered(installation, request_id, seq)
    for request_id in unlogged.closed_requests(register, CLOSED):
        yield CLOSED, request_id, _closed(installation, request_id)
    for read_id in unlogged.reads(register, READ):
        yield READ, read_id, _read(installation, read_id)


def _assessed(installation: Installation, digest: str) -> Statement:
    change = rule_changes.load(installation.register, digest)
    predicate = {
        "controller": installation.schedule.controller,
        "effect": dict(change.document),
        "recordedOn": instant(change.recorded_at),
    }
    return _about(f"rule-change/{change.category}", digest, CHANGE_ASSESSED, predicate)


def _approved(installation: Installation, envelope_digest: str) -> Statement:
    change, approval, _ = rule_changes.approval(installation.register, envelope_digest)
    predicate = {
        "changeDigest": change,
        "controller": installation.schedule.controller,
        "decidedOn": instant(approval.decided_at),
        "envelopeDigest": envelope_digest,
        "expiresOn": instant(approval.expires_at),
        "person": approval.person,
        "role": approval.role,
    }
    return _about(f"change-approval/{approval.role}", envelope_digest, CHANGE_APPROVED, predicate)


def _received(installation: Installation, request_id: str) -> Statement:
    request = requests_made.load(installation.register, request_id)
    predicate = {
        "answerBy": request.answer_by.isoformat(),
        "commitment": _unlinked(installation, request_id, request.commitment),
        "controller": installation.schedule.controller,
        "enteredBy": request.entered_by,
        "enteredOn": instant(request.entered_at),
        "kind": request.kind,
        "receivedOn": request.received_on.isoformat(),
        "regime": request.regime,
        "requestId": request_id,
    }
    return _of_request(request_id, REQUEST_RECEIVED, predicate)


def _answered(installation: Installation, request_id: str, seq: int) -> Statement:
    answer = requests_made.answers(installation.register, request_id)[seq - 1]
    predicate = {
        "answerDigest": canonical.digest(answer.document),
        "answeredOn": instant(answer.answered_at),
        "asOf": answer.as_of.isoformat(),
        "controller": installation.schedule.controller,
        "requestId": request_id,
        "seq": seq,
    }
    return _of_request(request_id, REQUEST_ANSWERED, predicate)


def _closed(installation: Installation, request_id: str) -> Statement:
    request = requests_made.load(installation.register, request_id)
    closing = requests_made.closing_of(request)
    predicate = {
        "because": closing.because if closing.because in BY_ITSELF else BY_HAND,
        "closedBy": closing.by,
        "closedOn": instant(closing.at),
        "controller": installation.schedule.controller,
        "requestId": request_id,
    }
    return _of_request(request_id, REQUEST_CLOSED, predicate)


def _read(installation: Installation, read_id: str) -> Statement:
    read = reads.load(installation.register, read_id)
    predicate = {
        "category": read.category or None,
        "commitment": _unlinked(installation, read_id, read.commitment),
        "controller": installation.schedule.controller,
        "items": read.items,
        "readBy": read.reader,
        "readId": read_id,
        "readOn": instant(read.read_at),
        "verb": read.verb,
    }
    return _about(f"read/{read_id}", canonical.digest(predicate), RECORDS_READ, predicate)


def _unlinked(installation: Installation, name: str, commitment: str) -> str:
    """Another commitment in every entry: nobody outside sees that two are about one person."""
    content = canonical.encode({"commitment": commitment, "entry": name})
    return installation.register.keys.digest(b"keepuntil/entry-commitment/v1\n" + content)


def _of_request(request_id: str, kind: str, predicate: Mapping[str, object]) -> Statement:
    return _about(f"request/{request_id}", canonical.digest(predicate), kind, predicate)


def _about(name: str, digest: str, kind: str, predicate: Mapping[str, object]) -> Statement:
    return statement.make([Subject(name, digest.partition(":")[2])], kind, dict(predicate))
