"""Sigstore's trusted root: which logs and which clocks a verifier is to believe.

    {"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
     "tlogs": [{"baseUrl": "https://evidence.bank.example", "publicKey": {...}, ...}],
     "timestampAuthorities": [{"uri": ..., "certChain": {...}, "validFor": {...}}], ...}

It must reach the verifier through another channel than the evidence it judges.
Source: github.com/sigstore/protobuf-specs, sigstore_trustroot.proto.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from keepuntil.errors import EvidenceError
from keepuntil.evidence import base64_text
from keepuntil.evidence.canonical import Json
from keepuntil.evidence.note import NoteKey

TYPE: Final = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedLog:
    """A log key and how long it signed."""

    key: NoteKey
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedAuthority:
    """A time-stamping authority: where it answers, its certificate and those above it."""

    url: str
    certificates: tuple[x509.Certificate, ...]
    """Its own first, the root last."""
    since: datetime
    until: datetime | None = None


def trusted_root(logs: Sequence[TrustedLog], authorities: Sequence[TrustedAuthority]) -> bytes:
    """``trusted_root.json``: what a Sigstore verifier is to believe of logs and of the time.

    The certificate signer's key is not part of it; verifiers take that by itself.
    Raises `EvidenceError` without a log: a verifier would then believe nobody.
    """
    if not logs:
        raise EvidenceError("a trusted root without a log would let nothing pass")
    document = {
        "mediaType": TYPE,
        "tlogs": [_trusted_log(log) for log in logs],
        "certificateAuthorities": [],
        "ctlogs": [],
        "timestampAuthorities": [_trusted_authority(one) for one in authorities],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"


def _trusted_log(log: TrustedLog) -> Json:
    return {
        # Verifiers compare the host of this address with the name in the checkpoint.
        "baseUrl": f"https://{log.key.name}",
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": base64_text.encode(log.key.key.spki),
            "keyDetails": "PKIX_ED25519",
            "validFor": _valid(log.since, log.until),
        },
        "logId": {"keyId": base64_text.encode(log.key.key_hash)},
    }


def _trusted_authority(authority: TrustedAuthority) -> Json:
    if not authority.certificates:
        raise EvidenceError("a time-stamping authority is trusted by its certificate; it has none")
    subject = authority.certificates[0].subject
    named: dict[str, Json] = {
        "organization": _named(subject, x509.NameOID.ORGANIZATION_NAME),
        "commonName": _named(subject, x509.NameOID.COMMON_NAME),
    }
    return {
        "subject": named,
        "uri": authority.url,
        "certChain": {
            "certificates": [
                {"rawBytes": base64_text.encode(one.public_bytes(serialization.Encoding.DER))}
                for one in authority.certificates
            ]
        },
        "validFor": _valid(authority.since, authority.until),
    }


def _named(subject: x509.Name, oid: x509.ObjectIdentifier) -> str:
    return "".join(str(name.value) for name in subject.get_attributes_for_oid(oid)[:1])


def _valid(since: datetime, until: datetime | None) -> dict[str, Json]:
    valid: dict[str, Json] = {"start": _instant(since)}
    if until is not None:
        valid["end"] = _instant(until)
    return valid


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
