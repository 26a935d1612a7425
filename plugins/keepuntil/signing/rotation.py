"""A key follows another: what both of them sign, and how the log tells it.

The message is the pre-authentication encoding (DSSE) of a canonical document

    {"at": "2026-11-26T10:00:00Z", "new": "<SPKI>", "old": "<SPKI>", "role": "log"}

under a type of its own, so that neither signature can be taken for one over a
statement or a checkpoint. With the old key's signature, who trusted it can trust the
new one; with the new key's, nobody can claim a key that they do not hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Protocol

from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import base64_text, canonical, keys, statement
from keepuntil.evidence.canonical import Json
from keepuntil.evidence.envelope import pae
from keepuntil.evidence.statement import Statement, Subject
from keepuntil.signing import sm2
from keepuntil.signing.generations import instant, read_instant

PAYLOAD_TYPE = "application/vnd.keepuntil.key-rotation+json"
KEY_ROTATED = "https://keepuntil.dev/KeyRotated/v1"

_MEMBERS = frozenset({"controller", "role", "rotatedOn", "old", "new"})
_HALF_MEMBERS = frozenset({"keyid", "publicKey", "signature"})


class Signer(Protocol):
    """What both P-256, Ed25519 and SM2 keys do."""

    def sign(self, message: bytes) -> bytes:
        """Sign these bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """In this role, at this time, this key took the place of that one."""

    role: str
    at: datetime
    """UTC, whole seconds."""
    old: bytes
    """SubjectPublicKeyInfo, DER."""
    new: bytes
    old_signature: bytes
    new_signature: bytes

    def check(self) -> None:
        """Raise `EvidenceError` unless both keys have signed the change."""
        message = signed_message(self.role, self.at, self.old, self.new)
        for spki, signature in ((self.old, self.old_signature), (self.new, self.new_signature)):
            _check(spki, signature, message)


def signed_message(role: str, at: datetime, old: bytes, new: bytes) -> bytes:
    """The bytes that both keys sign."""
    document = {
        "at": instant(at),
        "new": base64_text.encode(new),
        "old": base64_text.encode(old),
        "role": role,
    }
    return pae(PAYLOAD_TYPE, canonical.encode(document))


def _check(spki: bytes, signature: bytes, message: bytes) -> None:
    if sm2.is_sm2(spki):
        sm2.verify(spki, signature, message)
        return
    try:
        public = keys.public_key_of_spki(spki, "a key of the rotation")
    except KeyFileError as error:
        raise EvidenceError(str(error)) from None
    public.verify(signature, message)


def rotation_statement(controller: str, rotation: Rotation) -> Statement:
    """The statement for the organisation's log; the certificate key signs its envelope.

    Its subjects are the two public keys as PEM files, as `openssl` reads them.
    """
    subjects = [
        Subject.of(f"keys/{rotation.role}-{_keyid(spki)[:16]}.pub.pem", BytesIO(pem.encode()))
        for spki in (rotation.old, rotation.new)
        for pem in [keys.spki_pem(spki)]
    ]
    predicate = {
        "controller": controller,
        "role": rotation.role,
        "rotatedOn": instant(rotation.at),
        "old": _half(rotation.old, rotation.old_signature),
        "new": _half(rotation.new, rotation.new_signature),
    }
    return statement.make(subjects, KEY_ROTATED, predicate)


def read_rotation(predicate: Mapping[str, Json]) -> Rotation:
    """The rotation that a statement tells, checked; raise `EvidenceError` if it does not hold."""
    said = canonical.members(dict(predicate), "the key rotation", _MEMBERS)
    old, old_signature = _read_half(said["old"], "the old key of the rotation")
    new, new_signature = _read_half(said["new"], "the new key of the rotation")
    rotation = Rotation(
        role=canonical.text(said["role"], "the role of the rotation"),
        at=read_instant(said["rotatedOn"], "the time of the rotation"),
        old=old,
        new=new,
        old_signature=old_signature,
        new_signature=new_signature,
    )
    rotation.check()
    return rotation


def _half(spki: bytes, signature: bytes) -> dict[str, object]:
    return {
        "keyid": _keyid(spki),
        "publicKey": base64_text.encode(spki),
        "signature": base64_text.encode(signature),
    }


def _read_half(value: Json, what: str) -> tuple[bytes, bytes]:
    said = canonical.members(value, what, _HALF_MEMBERS)
    spki, signature = (
        base64_text.decode(canonical.text(said[name], what), what)
        for name in ("publicKey", "signature")
    )
    if _keyid(spki) != said["keyid"]:
        raise EvidenceError(f"the keyid of {what} is not that of its public half")
    return spki, signature


def _keyid(spki: bytes) -> str:
    return sha256(spki).hexdigest()
