"""Sigstore bundles v0.3: one file that other people's verifiers check whole.

A bundle holds the signed statement (DSSE), its entry in the log with the way to the
log's root and the log's checkpoint, and time stamps over the signature:

    {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
     "verificationMaterial": {
       "publicKey": {"hint": ...},
       "tlogEntries": [{"logIndex": "2", ..., "inclusionProof": {...}, "canonicalizedBody": ...}],
       "timestampVerificationData": {"rfc3161Timestamps": [{"signedTimestamp": ...}]}},
     "dsseEnvelope": {"payload": ..., "payloadType": ..., "signatures": [{...}]}}

The JSON form of protobuf writes 64-bit numbers as text. Whom a verifier is to believe
stands in a trusted root (:mod:`~keepuntil.evidence.trusted_root`), never in a bundle.
Source: github.com/sigstore/protobuf-specs, sigstore_bundle.proto.
"""

import json
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keepuntil.errors import EvidenceError
from keepuntil.evidence import base64_text, canonical, entries, envelope, merkle
from keepuntil.evidence.canonical import Json
from keepuntil.evidence.envelope import Envelope
from keepuntil.evidence.keys import VerifyingKey
from keepuntil.evidence.note import Checkpoint, Note, NoteKey
from keepuntil.evidence.tlog_proof import TlogProof

MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
LARGEST_BUNDLE: Final = 2 * envelope.LARGEST_ENVELOPE
_DEEPEST: Final = 8
_MOST_TOKENS: Final = 8
_LONGEST_PROOF: Final = 63
_WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,18}")

Stamped = Callable[[bytes, bytes], datetime]
"""Checks a time stamp over some bytes and says its time; raises `EvidenceError` otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle as read. Until :func:`verify` every part of it is only a claim."""

    envelope: Envelope
    log_id: bytes
    """By which Sigstore knows the log: `NoteKey.key_hash`."""
    entry: bytes
    """The log entry, to the byte."""
    proof: TlogProof
    tokens: tuple[bytes, ...] = ()
    """RFC 3161 answers over the envelope's signature, DER."""

    def encode(self) -> bytes:
        """The file; raise `EvidenceError` when the checkpoint is not one."""
        document = {
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": {
                "publicKey": {"hint": hint(self.envelope.keyid)},
                "tlogEntries": [self._log_entry()],
                "timestampVerificationData": {
                    "rfc3161Timestamps": [
                        {"signedTimestamp": base64_text.encode(token)} for token in self.tokens
                    ]
                },
            },
            "dsseEnvelope": json.loads(self.envelope.encode()),
        }
        return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"

    def _log_entry(self) -> dict[str, Json]:
        checkpoint = Checkpoint.parse(Note.parse(self.proof.checkpoint).text)
        return {
            "logIndex": str(self.proof.index),
            "logId": {"keyId": base64_text.encode(self.log_id)},
            "kindVersion": {"kind": entries.KIND, "version": entries.VERSION},
            "inclusionProof": {
                "logIndex": str(self.proof.index),
                "rootHash": base64_text.encode(checkpoint.root),
                "treeSize": str(checkpoint.size),
                "hashes": [base64_text.encode(one) for one in self.proof.hashes],
                "checkpoint": {"envelope": self.proof.checkpoint.decode("utf-8")},
            },
            "canonicalizedBody": base64_text.encode(self.entry),
        }

    @classmethod
    def parse(cls, data: bytes) -> "Bundle":
        """Read a bundle strictly: these members and no others, one log entry, no contradiction.

        Raises `EvidenceError` otherwise, also for sound bundles of other makers that
        carry certificates, several entries or promises of inclusion.
        """
        document = canonical.parse(
            data, what="the bundle", max_bytes=LARGEST_BUNDLE, max_depth=_DEEPEST
        )
        whole = _members(document, "the bundle", "mediaType verificationMaterial dsseEnvelope")
        if whole["mediaType"] != MEDIA_TYPE:
            raise EvidenceError(f"the bundle is not of the type {MEDIA_TYPE}")
        material = _members(
            whole["verificationMaterial"],
            "the verification material of the bundle",
            "publicKey tlogEntries timestampVerificationData",
        )
        signed = Envelope.parse(canonical.encode(whole["dsseEnvelope"]))
        key = _members(material["publicKey"], "the public key of the bundle", "hint")
        if key["hint"] != hint(signed.keyid):
            raise EvidenceError("the bundle hints at another key than its envelope names")
        [logged] = _list(material["tlogEntries"], "the log entries of the bundle", 1, 1)
        logged = _members(
            logged,
            "the log entry of the bundle",
            "logIndex logId kindVersion inclusionProof canonicalizedBody",
        )
        return cls(
            envelope=signed,
            log_id=_log_id(logged),
            entry=_bytes(logged["canonicalizedBody"], "the body of the log entry"),
            proof=_proof(logged),
            tokens=_tokens(material["timestampVerificationData"]),
        )


def bundle(
    signed: Envelope,
    key: VerifyingKey,
    *,
    log: NoteKey,
    proof: TlogProof,
    tokens: Sequence[bytes] = (),
) -> Bundle:
    """Put together what belongs to an envelope that ``key`` signed and ``log`` holds.

    Raises `EvidenceError` for parts that do not fit each other, or for something
    beside the proof: nothing leaves that its own reader would refuse. Time stamps
    are not judged here.
    """
    made = Bundle(
        envelope=signed,
        log_id=log.key_hash,
        entry=entries.entry(signed, key),
        proof=proof,
        tokens=tuple(tokens),
    )
    if proof.extra is not None:
        raise EvidenceError("a bundle has no place for what was added to the proof")
    verify(made.encode(), [key], log=log)
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a bundle proves."""

    payload: bytes
    """The statement. Parse these bytes and no others."""
    key: VerifyingKey
    index: int
    """Of the entry in the log."""
    checkpoint: Checkpoint
    note: bytes
    """The signed checkpoint: whether enough witnesses cosigned it is for a policy to say."""
    stamped_at: tuple[datetime, ...]
    """When an authority saw the signature; empty when nobody was asked to check."""


def verify(
    data: bytes,
    trusted: Collection[VerifyingKey],
    *,
    log: NoteKey,
    stamped: Stamped | None = None,
) -> Verified:
    """Check a bundle offline against keys that came through another channel.

    (1) Its parts are there, once, and do not contradict each other.
    (2) The envelope is signed by a trusted key.
    (3) The log entry is, to the byte, the one of this envelope and this key.
    (4) The entry is in the log: hashes lead from it to the root that the log signed.
    (5) Every time stamp covers the signature, when ``stamped`` is given; then there
        is at least one.

    Raises `EvidenceError` with the first of these that fails.
    """
    found = Bundle.parse(data)
    payload, key = envelope.verify(found.envelope.encode(), trusted)
    if found.entry != entries.entry(found.envelope, key):
        raise EvidenceError("the log entry in the bundle is not that of its envelope")
    if found.log_id != log.key_hash:
        raise EvidenceError(f"the entry in the bundle is of another log than {log.name}")
    checkpoint = found.proof.verify(found.entry, log.name, [log])
    return Verified(
        payload=payload,
        key=key,
        index=found.proof.index,
        checkpoint=checkpoint,
        note=found.proof.checkpoint,
        stamped_at=_times(found, stamped),
    )


def _times(found: Bundle, stamped: Stamped | None) -> tuple[datetime, ...]:
    if stamped is None:
        return ()
    if not found.tokens:
        raise EvidenceError("the bundle carries no time stamp, and one is expected")
    return tuple(stamped(token, found.envelope.signature) for token in found.tokens)


def hint(keyid: str) -> str:
    """How a bundle hints at the key that is to check it: its id again, in base64."""
    try:
        return base64_text.encode(bytes.fromhex(keyid))
    except ValueError:
        raise EvidenceError("the key id in the envelope is not hexadecimal") from None


def _proof(logged: dict[str, Json]) -> TlogProof:
    kind = _members(logged["kindVersion"], "the kind of the log entry", "kind version")
    if (kind["kind"], kind["version"]) != (entries.KIND, entries.VERSION):
        raise EvidenceError(f"the log entry is not a {entries.KIND} of version {entries.VERSION}")
    proof = _members(
        logged["inclusionProof"],
        "the inclusion proof of the bundle",
        "logIndex rootHash treeSize hashes checkpoint",
    )
    index = _whole(proof["logIndex"], "the index in the inclusion proof")
    if _whole(logged["logIndex"], "the index of the log entry") != index:
        raise EvidenceError("the bundle names two different places in the log")
    held = _members(proof["checkpoint"], "the checkpoint of the bundle", "envelope")
    note = canonical.text(held["envelope"], "the checkpoint of the bundle").encode("utf-8")
    checkpoint = Checkpoint.parse(Note.parse(note).text)
    size = _whole(proof["treeSize"], "the size in the inclusion proof")
    root = _bytes(proof["rootHash"], "the root in the inclusion proof")
    if (size, root) != (checkpoint.size, checkpoint.root):
        raise EvidenceError("the inclusion proof names another tree than its checkpoint")
    hashes = _list(proof["hashes"], "the hashes of the inclusion proof", 0, _LONGEST_PROOF)
    return TlogProof(
        index, tuple(_hash(one, "a hash of the inclusion proof") for one in hashes), note
    )


def _log_id(logged: dict[str, Json]) -> bytes:
    identity = _members(logged["logId"], "the log's id in the bundle", "keyId")
    return _hash(identity["keyId"], "the log's id in the bundle")


def _tokens(value: Json) -> tuple[bytes, ...]:
    what = "the time stamps of the bundle"
    stamps = _members(value, what, "rfc3161Timestamps")["rfc3161Timestamps"]
    return tuple(_token(stamp) for stamp in _list(stamps, what, 0, _MOST_TOKENS))


def _token(value: Json) -> bytes:
    what = "a time stamp of the bundle"
    return _bytes(_members(value, what, "signedTimestamp")["signedTimestamp"], what)


def _members(value: Json, what: str, names: str) -> dict[str, Json]:
    return canonical.members(value, what, frozenset(names.split()))


def _list(value: Json, what: str, least: int, most: int) -> list[Json]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise EvidenceError(f"{what} are not a list of {least} to {most}")
    return value


def _bytes(value: Json, what: str) -> bytes:
    return base64_text.decode(canonical.text(value, what), what)


def _hash(value: Json, what: str) -> bytes:
    found = _bytes(value, what)
    if len(found) != merkle.HASH_BYTES:
        raise EvidenceError(f"{what} has {len(found)} bytes where {merkle.HASH_BYTES} are expected")
    return found


def _whole(value: Json, what: str) -> int:
    if not isinstance(value, str) or not _WHOLE.fullmatch(value):
        raise EvidenceError(f"{what} is not a whole number, written as text in its shortest form")
    return int(value)
