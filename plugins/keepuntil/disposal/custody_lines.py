"""A consignment's opening and its steps as signed lines, and back.

Each line is a DSSE envelope over canonical JSON. The records stand in it as the domain has
them, so what was signed is what is replayed, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from keepuntil.domain import custody
from keepuntil.domain.consignments import (
    Consignment,
    CustodyRule,
    Destruction,
    Intended,
    ListedBox,
    Participant,
    Payload,
    Recordings,
    Report,
    Resolution,
    Scans,
    Step,
    StepRecord,
    Vendor,
    VendorCertificate,
    Withdrawal,
)
from keepuntil.errors import EvidenceError
from keepuntil.evidence import canonical, envelope
from keepuntil.evidence.keys import SigningKey, VerifyingKey

OPENING_TYPE: Final = "application/vnd.keepuntil.consignment+json"
STEP_TYPE: Final = "application/vnd.keepuntil.custody-step+json"

PAYLOAD_OF: Final[Mapping[Step, type[Payload] | None]] = {
    Step.SIGN: None,
    Step.PICK: Scans,
    Step.SEAL: Scans,
    Step.HAND_OVER: Scans,
    Step.RECEIVE: Scans,
    Step.COUNT: Scans,
    Step.DESTROY: Destruction,
    Step.WITNESS: Recordings,
    Step.CERTIFY: VendorCertificate,
    Step.RECONCILE: None,
    Step.REPORT: Report,
    Step.RESOLVE: Resolution,
    Step.WITHDRAW: Withdrawal,
}
"""What each step says beyond who and when; witnesses may, the others have to."""

ADDED_LATER: Final = ("intended", "place", "equipment", "residue", "recordings")
"""Fields that lines did not have at first. One that says nothing is left out of its line, so
a line without them is, byte for byte, what it was before they were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a consignment began with; see :func:`keepuntil.domain.custody.opened`."""

    consignment: str
    plan_digest: str
    rule: CustodyRule
    vendor: Vendor | None
    boxes: tuple[ListedBox, ...]
    drafted_by: Participant
    intended: Intended | None = None


def opened(opening: Opening) -> Consignment:
    """The consignment at its beginning. Raises CustodyError."""
    return custody.opened(
        consignment=opening.consignment,
        plan_digest=opening.plan_digest,
        rule=opening.rule,
        vendor=opening.vendor,
        boxes=opening.boxes,
        drafted_by=opening.drafted_by,
        intended=opening.intended,
    )


_OPENINGS: Final = TypeAdapter(Opening)
_RECORDS: Final = TypeAdapter(StepRecord)


def seal_opening(opening: Opening, key: SigningKey) -> bytes:
    """One signed line."""
    return _sealed(_document(_OPENINGS, opening), key, OPENING_TYPE)


def open_opening(line: bytes, trusted: Sequence[VerifyingKey]) -> Opening:
    """The opening inside, after its signature held. Raises EvidenceError."""
    opening: Opening = _read(_OPENINGS, _opened(line, trusted, OPENING_TYPE))
    return opening


def seal_step(consignment: str, seq: int, record: StepRecord, key: SigningKey) -> bytes:
    """One signed line; it names its consignment and its place, so that none can be moved."""
    bare = _RECORDS.dump_python(replace(record, payload=None), mode="json")
    return _sealed(
        {
            "consignment": consignment,
            "seq": seq,
            "record": bare,
            "payload": _payload_document(record),
        },
        key,
        STEP_TYPE,
    )


def open_step(
    line: bytes, consignment: str, seq: int, trusted: Sequence[VerifyingKey]
) -> StepRecord:
    """The record inside, after its signature held and its place was its own.

    Raises EvidenceError.
    """
    document = _opened(line, trusted, STEP_TYPE)
    if (document.get("consignment"), document.get("seq")) != (consignment, seq):
        raise EvidenceError(
            f"Step {seq} of {consignment} was signed for another place; somebody moved it."
        )
    bare: StepRecord = _read(_RECORDS, document.get("record"))
    kind, said = PAYLOAD_OF[bare.step], document.get("payload")
    if kind is None or (bare.step is Step.WITNESS and said is None):
        return bare
    payload: Payload = _read(TypeAdapter(kind), said)
    return replace(bare, payload=payload)


def _payload_document(record: StepRecord) -> object:
    kind = PAYLOAD_OF[record.step]
    if kind is None or record.payload is None:
        return None
    return _document(TypeAdapter(kind), record.payload)


def _document(adapter: TypeAdapter[Any], value: object) -> dict[str, Any]:
    said = adapter.dump_python(value, mode="json")
    return {name: part for name, part in said.items() if part or name not in ADDED_LATER}


def _sealed(document: object, key: SigningKey, kind: str) -> bytes:
    return envelope.sign(canonical.encode(document), key, kind).encode()


def _opened(line: bytes, trusted: Sequence[VerifyingKey], kind: str) -> dict[str, Any]:
    payload, _ = envelope.verify(line, trusted, kind)
    document = canonical.parse(payload)
    if not isinstance(document, dict):
        raise EvidenceError("A signed line of custody holds no document.")
    return document


def _read(adapter: TypeAdapter[Any], document: object) -> Any:
    try:
        return adapter.validate_python(document)
    except ValidationError:
        # What it says of the values stays out: a line may hold what it should not.
        raise EvidenceError("A signed line of custody cannot be read.") from None
