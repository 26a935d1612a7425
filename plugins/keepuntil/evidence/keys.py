"""Signing keys and the keys that check them: P-256 for documents, Ed25519 for logs.

P-256 signs with ECDSA over SHA-256, DER-encoded, so that ``openssl dgst -verify``
and every DSSE library check it unaided. Ed25519 (RFC 8032) is what signed notes
and checkpoints use. A public key is identified by the SHA-256 of its
SubjectPublicKeyInfo. Keys in files and variables are opened here; those in tokens
and key services, which offer the same, by the floor above.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import base64_text, key_files

_SIGNATURE = ec.ECDSA(hashes.SHA256())

Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
Public = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


class KeyKind(StrEnum):
    """The two kinds of key in use."""

    P256 = "P-256"
    ED25519 = "Ed25519"


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key; two are equal when their SubjectPublicKeyInfo bytes are."""

    kind: KeyKind
    spki: bytes
    _public: Public = field(repr=False, compare=False)

    @property
    def keyid(self) -> str:
        """Hex SHA-256 of the SubjectPublicKeyInfo (the `keyid` of DSSE envelopes)."""
        return sha256(self.spki).hexdigest()

    @property
    def pem(self) -> str:
        """SubjectPublicKeyInfo as PEM, as ``openssl pkey -pubin`` reads it."""
        encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return self._public.public_bytes(encoding, form).decode("ascii")

    @property
    def raw(self) -> bytes:
        """The bare 32 bytes of an Ed25519 key; raise `KeyFileError` for another kind."""
        if not isinstance(self._public, ed25519.Ed25519PublicKey):
            raise KeyFileError(f"an Ed25519 key is needed, and this one is {self.kind}")
        return self._public.public_bytes_raw()

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raise `EvidenceError` unless this key's owner signed exactly these bytes."""
        try:
            if isinstance(self._public, ed25519.Ed25519PublicKey):
                self._public.verify(signature, message)
            else:
                self._public.verify(signature, message, _SIGNATURE)
        except InvalidSignature:
            raise EvidenceError(
                f"the signature by key {self.keyid[:16]} does not match what is said"
            ) from None


class SigningKey(Protocol):
    """What every signer offers, wherever its private half is: a file, a token, a key service."""

    @property
    def public(self) -> VerifyingKey:
        """The key that checks its signatures."""

    @property
    def kind(self) -> KeyKind:
        """What it is."""

    def sign(self, message: bytes) -> bytes:
        """ECDSA as DER, or the 64 bytes of Ed25519; raise `KeyFileError` if it cannot."""


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A signing key in this process's memory; it never shows itself in a message."""

    public: VerifyingKey
    _private: Private = field(repr=False, compare=False)

    @property
    def kind(self) -> KeyKind:
        """What it is."""
        return self.public.kind

    def sign(self, message: bytes) -> bytes:
        """ECDSA as DER, or the 64 bytes of Ed25519."""
        if isinstance(self._private, ed25519.Ed25519PrivateKey):
            return self._private.sign(message)
        return self._private.sign(message, _SIGNATURE)

    def pem(self) -> bytes:
        """Unencrypted PKCS#8. For writing a key file; nothing else may see it."""
        return self._private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def generate(kind: KeyKind) -> HeldKey:
    """A fresh key, in memory only."""
    if kind is KeyKind.P256:
        return _signing(ec.generate_private_key(ec.SECP256R1()))
    return _signing(ed25519.Ed25519PrivateKey.generate())


def create_key_file(path: Path, kind: KeyKind) -> HeldKey:
    """Make a key and write it to a new file of mode 0600; raise `KeyFileError` if there is one."""
    key = generate(kind)
    key_files.write_new(path, key.pem())
    return key


def load(reference: str, kind: KeyKind) -> HeldKey:
    """The signing key behind ``file:PATH`` or ``env:NAME``.

    Raises `KeyFileError` when it is missing, open to others, encrypted, not a
    PKCS#8 private key, or of another kind than asked for.
    """
    content = key_files.read(reference)
    try:
        private = serialization.load_pem_private_key(content, password=None)
    except TypeError:
        raise KeyFileError(
            f"the key {reference} is encrypted; keep it unencrypted with mode 0600"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyFileError(f"{reference} does not hold a private key in PEM form") from None
    if _kind(private.public_key()) is not kind or not isinstance(private, Private):
        raise KeyFileError(f"{reference} holds a key of another kind; a {kind} key is needed")
    return _signing(private)


def public_key(pem: str | bytes, where: str) -> VerifyingKey:
    """Read a public key in PEM form; raise `KeyFileError` naming ``where`` for anything else."""
    try:
        public = serialization.load_pem_public_key(pem.encode() if isinstance(pem, str) else pem)
    except (ValueError, UnsupportedAlgorithm):
        raise KeyFileError(f"{where} is not a public key in PEM form") from None
    return verifying_key(public, where)


def spki_pem(spki: bytes) -> str:
    """A SubjectPublicKeyInfo as PEM, for keys of any kind."""
    text = base64_text.encode(spki)
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join(("-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""))


def public_key_of_spki(spki: bytes, where: str) -> VerifyingKey:
    """Read a public key as DER SubjectPublicKeyInfo; raise `KeyFileError` for anything else."""
    try:
        public = serialization.load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm):
        raise KeyFileError(f"{where} is not a public key in DER form") from None
    return verifying_key(public, where)


def _signing(private: Private) -> HeldKey:
    return HeldKey(verifying_key(private.public_key(), "the key"), private)


def verifying_key(public: object, where: str) -> VerifyingKey:
    """Take a public key; raise `KeyFileError` naming ``where`` unless it is P-256 or Ed25519."""
    kind = _kind(public)
    if kind is None or not isinstance(public, Public):
        raise KeyFileError(f"{where} is neither a P-256 nor an Ed25519 key")
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return VerifyingKey(kind, public.public_bytes(encoding, form), public)


def _kind(public: object) -> KeyKind | None:
    if isinstance(public, ed25519.Ed25519PublicKey):
        return KeyKind.ED25519
    if isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1):
        return KeyKind.P256
    return None
