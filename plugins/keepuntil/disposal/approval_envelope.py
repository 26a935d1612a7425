"""An approval as signed bytes: a DSSE envelope over its canonical JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from keepuntil.domain.plans import Approval, Verdict
from keepuntil.errors import EvidenceError
from keepuntil.evidence import canonical, envelope
from keepuntil.evidence.keys import SigningKey, VerifyingKey

PAYLOAD_TYPE = "application/vnd.keepuntil.approval+json"
_FIELDS = {
    "acceptsExceeded",
    "decidedAt",
    "expiresAt",
    "person",
    "planDigest",
    "reason",
    "role",
    "verdict",
    "via",
}


def approval_document(approval: Approval) -> dict[str, object]:
    """The approval for canonical JSON. Times in UTC, whole microseconds."""
    return {
        "acceptsExceeded": approval.accepts_exceeded,
        "decidedAt": _instant(approval.decided_at),
        "expiresAt": _instant(approval.expires_at),
        "person": approval.person,
        "planDigest": approval.plan_digest,
        "reason": approval.reason,
        "role": approval.role,
        "verdict": approval.verdict.value,
        "via": approval.via,
    }


def seal_approval(approval: Approval, key: SigningKey) -> bytes:
    """One signed line."""
    return envelope.sign(canonical.encode(approval_document(approval)), key, PAYLOAD_TYPE).encode()


def open_approval(line: bytes, trusted: Sequence[VerifyingKey]) -> Approval:
    """The approval inside, after its signature held. Raises EvidenceError."""
    payload, _ = envelope.verify(line, trusted, PAYLOAD_TYPE)
    document = canonical.parse(payload)
    if not isinstance(document, dict) or set(document) != _FIELDS:
        raise EvidenceError("An approval has not the fields an approval has.")
    texts = {name: value for name, value in document.items() if isinstance(value, str)}
    accepts = document["acceptsExceeded"]
    if len(texts) != len(_FIELDS) - 1 or not isinstance(accepts, bool):
        raise EvidenceError("An approval has a field of the wrong type.")
    try:
        return Approval(
            plan_digest=texts["planDigest"],
            person=texts["person"],
            role=texts["role"],
            verdict=Verdict(texts["verdict"]),
            reason=texts["reason"],
            accepts_exceeded=accepts,
            decided_at=datetime.fromisoformat(texts["decidedAt"]),
            expires_at=datetime.fromisoformat(texts["expiresAt"]),
            via=texts["via"],
        )
    except ValueError as error:
        raise EvidenceError("An approval has a date or verdict that cannot be read.") from error


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
