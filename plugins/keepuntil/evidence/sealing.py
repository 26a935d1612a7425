"""Sealed bytes: readable and provably unaltered for who holds the key, noise once it is gone.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce in front and the tag at
the end. The *associated* bytes are not stored: they say where the sealed bytes
belong, so that a chunk cannot be moved to another place. One key may seal at
most 2**32 chunks; every list has its own data key, wrapped by a secret that
outlives it. Destroying the wrapped key destroys the list.
"""

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import base64_text, key_files

KEY_BYTES = 32
OVERHEAD_BYTES = 28
_NONCE_BYTES = 12
_LARGEST = 2**31 - 1 - OVERHEAD_BYTES
_WRAPPED = b"wrapped-key/v1\x00"


@dataclass(frozen=True, slots=True)
class SealingKey:
    """32 secret bytes and what is done with them; they never show in a message."""

    key: bytes = field(repr=False)
    _cipher: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES:
            raise KeyFileError(f"a sealing key has {KEY_BYTES} bytes, not {len(self.key)}")
        object.__setattr__(self, "_cipher", AESGCM(self.key))

    @classmethod
    def fresh(cls) -> "SealingKey":
        """A new random key, in memory only."""
        return cls(secrets.token_bytes(KEY_BYTES))

    def seal(self, content: bytes, associated: bytes) -> bytes:
        """Nonce, ciphertext and tag: 28 bytes longer than the content."""
        if len(content) > _LARGEST:
            raise EvidenceError(f"at most {_LARGEST} bytes are sealed at once, not {len(content)}")
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, associated)

    def open(self, sealed: bytes, associated: bytes) -> bytes:
        """The content; raise `EvidenceError` when key, place or a single bit differ."""
        if not OVERHEAD_BYTES <= len(sealed) <= _LARGEST + OVERHEAD_BYTES:
            raise EvidenceError(f"{len(sealed)} bytes are too few or too many to be a sealed chunk")
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], associated)
        except InvalidTag:
            raise EvidenceError(
                "sealed bytes were altered, moved, or sealed with another key"
            ) from None

    def wrap(self, inner: "SealingKey", purpose: str) -> bytes:
        """Seal a key under this one; ``purpose`` says what for and is needed to unwrap it."""
        return self.seal(inner.key, _WRAPPED + purpose.encode("utf-8"))

    def unwrap(self, wrapped: bytes, purpose: str) -> "SealingKey":
        """The inner key; raise `EvidenceError` when it was wrapped for anything else."""
        key = self.open(wrapped, _WRAPPED + purpose.encode("utf-8"))
        if len(key) != KEY_BYTES:
            raise EvidenceError(
                f"the wrapped key for {purpose} has {len(key)} bytes, not {KEY_BYTES}"
            )
        return SealingKey(key)


def create_secret_file(path: Path) -> SealingKey:
    """Make a secret and write it, as one line of base64, to a new file of mode 0600."""
    secret = SealingKey.fresh()
    key_files.write_new(path, base64_text.encode(secret.key).encode("ascii") + b"\n")
    return secret


def load_secret(reference: str) -> SealingKey:
    """The secret behind ``file:PATH`` or ``env:NAME``; raise `KeyFileError` if it is no secret."""
    content = key_files.read(reference)
    try:
        return SealingKey(
            base64_text.decode(content.decode("ascii").removesuffix("\n"), "the secret")
        )
    except (EvidenceError, KeyFileError, UnicodeDecodeError):
        raise KeyFileError(
            f"{reference} does not hold a secret of {KEY_BYTES} bytes in base64"
        ) from None
