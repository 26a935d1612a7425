"""Log entries: what the log holds of a signed statement (Rekor v2 `hashedrekord` 0.0.2).

    {"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{
       "data":{"algorithm":"SHA2_256","digest":...},
       "signature":{"content":...,"verifier":{"keyDetails":...,"publicKey":{"rawBytes":...}}}}}}

An entry names the digest of what was signed, the signature, and the key; what the
statement says stays outside of the log. Verifiers of Sigstore bundles do not read
an entry but write it anew and hash it, so there is one spelling of it, to the byte:
canonical JSON, standard base64.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import base64_text, canonical, keys
from keepuntil.evidence.canonical import Json
from keepuntil.evidence.envelope import Envelope, pae
from keepuntil.evidence.keys import KeyKind, VerifyingKey
from keepuntil.evidence.tiles import LARGEST_ENTRY, refuse_large

KIND: Final = "hashedrekord"
VERSION: Final = "0.0.2"
_SPEC: Final = "hashedRekordV002"
_DIGEST: Final = "SHA2_256"
_DIGEST_BYTES: Final = 32
_KEY_DETAILS: Final = "PKIX_ECDSA_P256_SHA_256"
_DEEPEST: Final = 8


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """An entry as read: who signed what, by digest."""

    digest: bytes
    """SHA-256 of the envelope's pre-authentication encoding."""
    signature: bytes
    key: VerifyingKey

    def confirm(self, envelope: Envelope) -> None:
        """Raise `EvidenceError` unless this is the envelope the entry speaks of.

        (1) The digest is that of what the envelope signs.
        (2) The signature is the same to the byte.
        (3) The key in the entry made it.
        """
        signed = pae(envelope.payload_type, envelope.payload)
        if sha256(signed).digest() != self.digest:
            raise EvidenceError("the log entry speaks of another statement than this envelope")
        if envelope.signature != self.signature:
            raise EvidenceError(
                "the envelope says what the log entry says, under another signature than the"
                " one that was logged"
            )
        self.key.verify(self.signature, signed)


def statement_digest(envelope: Envelope) -> bytes:
    """SHA-256 of what the envelope signs: by this the log knows a statement."""
    return sha256(pae(envelope.payload_type, envelope.payload)).digest()


def entry(envelope: Envelope, key: VerifyingKey) -> bytes:
    """The log entry of an envelope that ``key`` signed.

    Raises `KeyFileError` for a key that is not P-256: the log's readers insist on
    an algorithm that signs a digest. The signature is not checked here.
    """
    if key.kind is not KeyKind.P256:
        raise KeyFileError(f"what is logged is signed with a {KeyKind.P256} key, not {key.kind}")
    written = _written(statement_digest(envelope), envelope.signature, key)
    refuse_large(written)
    return written


def _written(digest: bytes, signature: bytes, key: VerifyingKey) -> bytes:
    body = {
        "data": {"algorithm": _DIGEST, "digest": base64_text.encode(digest)},
        "signature": {
            "content": base64_text.encode(signature),
            "verifier": {
                "keyDetails": _KEY_DETAILS,
                "publicKey": {"rawBytes": base64_text.encode(key.spki)},
            },
        },
    }
    return canonical.encode({"apiVersion": VERSION, "kind": KIND, "spec": {_SPEC: body}})


def parse(data: bytes) -> LoggedEntry:
    """Read an entry; raise `EvidenceError` unless it is exactly as :func:`entry` writes it."""
    document = canonical.parse(
        data, what="the log entry", max_bytes=LARGEST_ENTRY, max_depth=_DEEPEST
    )
    whole = _members(document, "the log entry", "apiVersion", "kind", "spec")
    if (whole["apiVersion"], whole["kind"]) != (VERSION, KIND):
        raise EvidenceError(f"the log entry is not a {KIND} of version {VERSION}")
    spec = _members(whole["spec"], "the spec of the log entry", _SPEC)
    body = _members(spec[_SPEC], "the record in the log entry", "data", "signature")
    found = LoggedEntry(*_data_and_signature(body))
    # One spelling only: an entry that reads the same but hashes otherwise is another entry.
    if _written(found.digest, found.signature, found.key) != data:
        raise EvidenceError("the log entry is not in its canonical form")
    return found


def _data_and_signature(body: dict[str, Json]) -> tuple[bytes, bytes, VerifyingKey]:
    data = _members(body["data"], "the data in the log entry", "algorithm", "digest")
    digest = _bytes(data["digest"], "the digest in the log entry")
    if data["algorithm"] != _DIGEST or len(digest) != _DIGEST_BYTES:
        raise EvidenceError("the digest in the log entry is not SHA-256")
    signature = _members(body["signature"], "the signature in the log entry", "content", "verifier")
    verifier = _members(
        signature["verifier"], "the verifier in the log entry", "keyDetails", "publicKey"
    )
    public = _members(verifier["publicKey"], "the public key in the log entry", "rawBytes")
    return (
        digest,
        _bytes(signature["content"], "the signature in the log entry"),
        _key(_bytes(public["rawBytes"], "the public key in the log entry")),
    )


def _key(spki: bytes) -> VerifyingKey:
    what = "the public key in the log entry"
    try:
        key = keys.public_key_of_spki(spki, what)
    except KeyFileError as error:
        # A stranger's bytes, not a key file of ours.
        raise EvidenceError(error.sentence) from None
    if key.kind is not KeyKind.P256:
        raise EvidenceError(f"{what} is not a {KeyKind.P256} key")
    return key


def _members(value: Json, what: str, *names: str) -> dict[str, Json]:
    return canonical.members(value, what, frozenset(names))


def _bytes(value: Json, what: str) -> bytes:
    return base64_text.decode(canonical.text(value, what), what)
