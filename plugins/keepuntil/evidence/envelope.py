"""DSSE envelopes: one signature over a payload and the name of its type (DSSE v1.0.2).

What is signed is the *pre-authentication encoding*: both parts with their lengths,
so that no byte can move from one to the other. Envelopes carry exactly one ECDSA
P-256 signature, since the verifiers in the field read no more than that; a second
signer signs a second document. An envelope is one line of JSON (``*.intoto.jsonl``).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import base64_text, canonical
from keepuntil.evidence.keys import KeyKind, SigningKey, VerifyingKey

IN_TOTO = "application/vnd.in-toto+json"
LARGEST_ENVELOPE = 4 << 20

_MEMBERS = frozenset({"payload", "payloadType", "signatures"})
_SIGNATURE_MEMBERS = frozenset({"keyid", "sig"})


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: what a signature covers."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope as read. Its payload is only a claim until :func:`verify` hands it out."""

    payload_type: str
    payload: bytes
    keyid: str
    signature: bytes

    def encode(self) -> bytes:
        """One line of JSON with its line break."""
        document = {
            "payload": base64_text.encode(self.payload),
            "payloadType": self.payload_type,
            "signatures": [{"keyid": self.keyid, "sig": base64_text.encode(self.signature)}],
        }
        return json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> "Envelope":
        """Read one envelope strictly; raise `EvidenceError` where it is not as the format says."""
        document = canonical.parse(
            line, what="the envelope", max_bytes=LARGEST_ENVELOPE, max_depth=3
        )
        envelope = canonical.members(document, "the envelope", _MEMBERS)
        signatures = envelope["signatures"]
        if not isinstance(signatures, list) or len(signatures) != 1:
            raise EvidenceError("the envelope does not carry exactly one signature")
        signature = canonical.members(
            signatures[0], "the signature in the envelope", _SIGNATURE_MEMBERS
        )
        return cls(
            payload_type=canonical.text(
                envelope["payloadType"], "the payload type of the envelope"
            ),
            payload=_decoded(envelope["payload"], "the payload of the envelope"),
            keyid=canonical.text(signature["keyid"], "the key id in the envelope"),
            signature=_decoded(signature["sig"], "the signature in the envelope"),
        )


def _decoded(value: canonical.Json, what: str) -> bytes:
    return base64_text.decode(canonical.text(value, what), what)


def sign(payload: bytes, key: SigningKey, payload_type: str = IN_TOTO) -> Envelope:
    """Sign a payload with a P-256 key; raise `KeyFileError` for another kind of key."""
    if key.kind is not KeyKind.P256:
        raise KeyFileError(f"an envelope is signed with a {KeyKind.P256} key, not with {key.kind}")
    return Envelope(payload_type, payload, key.public.keyid, key.sign(pae(payload_type, payload)))


def verify(
    line: bytes, trusted: Iterable[VerifyingKey], payload_type: str = IN_TOTO
) -> tuple[bytes, VerifyingKey]:
    """The payload of an envelope that a trusted key signed, and that key.

    (1) The envelope is one, carries one signature, and names the expected type.
    (2) The key it names is among the trusted ones and is a P-256 key.
    (3) The signature covers type and payload.

    Raises `EvidenceError` otherwise. Parse the bytes returned and no others.
    """
    envelope = Envelope.parse(line)
    if envelope.payload_type != payload_type:
        raise EvidenceError(f"the envelope does not hold {payload_type} but something else")
    known = {key.keyid: key for key in trusted if key.kind is KeyKind.P256}
    key = known.get(envelope.keyid)
    if key is None:
        raise EvidenceError(f"the envelope is signed by none of the {len(known)} trusted keys")
    key.verify(envelope.signature, pae(envelope.payload_type, envelope.payload))
    return envelope.payload, key
