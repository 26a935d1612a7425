"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature).

A note is text, an empty line, and one line per signature:

    evidence.bank.example
    3
    +gY/pV9V05HAuH3LCMznK/UQi+pUiGASxg7tAXX3S8o=

    - evidence.bank.example GOlgw...            (the dash is U+2014)

The text of a checkpoint names a log (its *origin*), the size of its tree and the
root. A *vkey* is a public key with the name it signs under, on one line. A witness
does not sign the text alone but the text under the time at which it was seen.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ed25519

from keepuntil.errors import EvidenceError
from keepuntil.evidence import base64_text, keys
from keepuntil.evidence.merkle import HASH_BYTES, LARGEST_SIZE

LARGEST_NOTE = 1_000_000
_MOST_SIGNATURES = 100
_KEY_ID_BYTES = 4
_ED25519_BYTES = 64
_TIME_BYTES = 8
_LATEST_TIME = 2**63 - 1  # C2SP tlog-cosignature; and zero is how a time is left out

ED25519 = 0x01
COSIGNATURE = 0x04

_NAME = r"[^\s+\x00-\x1f]{1,255}"
_VKEY = re.compile(rf"({_NAME})\+([0-9a-f]{{8}})\+(\S{{1,200}})")
_SIGNATURE_LINE = re.compile(rf"\u2014 ({_NAME}) (\S+)")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_CHECKPOINT = re.compile(r"(.+)\n(0|[1-9][0-9]{0,18})\n(.+)\n((?:.+\n)*)")


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key with the name it signs under, and whether it signs as a log or as a witness."""

    name: str
    algorithm: int
    key: keys.VerifyingKey

    def __post_init__(self) -> None:
        _refuse_name(self.name)

    @property
    def key_id(self) -> bytes:
        """The four bytes in front of each of its signatures."""
        return key_id(self.name, self.algorithm, self.key)

    @property
    def key_hash(self) -> bytes:
        """The whole hash that begins with :attr:`key_id`; Sigstore knows a log by it."""
        return _key_hash(self.name, self.algorithm, self.key)

    @property
    def vkey(self) -> str:
        """``name+id+base64(algorithm || key)``, the text other tools are given."""
        encoded = base64_text.encode(bytes([self.algorithm]) + self.key.raw)
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read a vkey; raise `EvidenceError` unless its id belongs to its name and key."""
        match = _VKEY.fullmatch(vkey)
        if not match:
            raise EvidenceError("the verifier key is not of the form name+id+key")
        name, identifier, encoded = match.groups()
        what = f"the verifier key of {name}"
        data = base64_text.decode(encoded, what)
        if len(data) != 1 + HASH_BYTES or data[0] not in (ED25519, COSIGNATURE):
            raise EvidenceError(f"{what} is not an Ed25519 key of a log or a witness")
        public = ed25519.Ed25519PublicKey.from_public_bytes(data[1:])
        found = cls(name, data[0], keys.verifying_key(public, what))
        if found.key_id.hex() != identifier:
            raise EvidenceError(
                f"{what} carries the id {identifier}, but its id is {found.key_id.hex()}"
            )
        return found


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line, not yet believed."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """As it stands in the note, with its line break."""
        return f"\u2014 {self.name} {base64_text.encode(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and what is attached to it. Until :func:`verify` it is only a claim."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """The bytes of the note."""
        return (self.text + "\n" + "".join(signature.line for signature in self.signatures)).encode(
            "utf-8"
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a note strictly; raise `EvidenceError` where it is not as the format says."""
        if len(data) > LARGEST_NOTE:
            raise EvidenceError(
                f"the note has {len(data)} bytes, more than the {LARGEST_NOTE} that are read"
            )
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise EvidenceError(f"the note is not UTF-8 at byte {error.start}") from None
        # Text may hold empty lines; signature lines cannot, so the last one divides.
        text, divider, tail = whole.rpartition("\n\n")
        if not divider or not tail.endswith("\n"):
            raise EvidenceError(
                "the note has no signature lines after an empty line, or its end is cut off"
            )
        _refuse_text(text + "\n")
        lines = tail[:-1].split("\n")
        if len(lines) > _MOST_SIGNATURES:
            raise EvidenceError(
                f"the note has {len(lines)} signatures; at most {_MOST_SIGNATURES} are read"
            )
        return cls(
            text + "\n", tuple(_signature(line, number) for number, line in enumerate(lines, 1))
        )


def _signature(line: str, number: int) -> Signature:
    match = _SIGNATURE_LINE.fullmatch(line)
    if not match:
        raise EvidenceError(
            f"signature line {number} of the note is not of the form: dash, name, base64"
        )
    data = base64_text.decode(match[2], f"signature {number} of the note")
    if len(data) <= _KEY_ID_BYTES:
        raise EvidenceError(f"signature {number} of the note is too short to be one")
    return Signature(match[1], data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def _refuse_text(text: str) -> None:
    if not text.endswith("\n") or text == "\n":
        raise EvidenceError("the text of a note is whole lines, and not empty")
    if _CONTROL.search(text):
        raise EvidenceError("the text of the note contains a control character")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise EvidenceError(
            "the text of the note contains a lone surrogate, which UTF-8 cannot say"
        ) from None


def _refuse_name(name: str) -> None:
    if not re.fullmatch(_NAME, name):
        raise EvidenceError(
            "the name of a note's signer is 1 to 255 characters without blanks or plus signs"
        )


def key_id(name: str, algorithm: int, key: keys.VerifyingKey) -> bytes:
    """SHA-256(name || 0x0A || algorithm || key), cut to four bytes."""
    return _key_hash(name, algorithm, key)[:_KEY_ID_BYTES]


def _key_hash(name: str, algorithm: int, key: keys.VerifyingKey) -> bytes:
    return sha256(name.encode("utf-8") + b"\n" + bytes([algorithm]) + key.raw).digest()


def sign(text: str, name: str, key: keys.SigningKey) -> Signature:
    """Sign a text as ``name`` with an Ed25519 key; raise `EvidenceError` if no note can hold it."""
    _refuse_text(text)
    _refuse_name(name)
    return Signature(name, key_id(name, ED25519, key.public), key.sign(text.encode("utf-8")))


def cosign(text: str, name: str, key: keys.SigningKey, at: int) -> Signature:
    """Sign as a witness that saw this text at ``at``, in seconds since 1970-01-01T00:00Z."""
    _refuse_text(text)
    _refuse_name(name)
    _refuse_time(at)
    signature = at.to_bytes(_TIME_BYTES, "big") + key.sign(_witnessed(text, at))
    return Signature(name, key_id(name, COSIGNATURE, key.public), signature)


def _refuse_time(at: int) -> None:
    if not 0 < at <= _LATEST_TIME:
        raise EvidenceError("a witness says when it saw a checkpoint, in seconds after 1970 began")


def _witnessed(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def verify(note: Note, trusted: Collection[NoteKey]) -> dict[NoteKey, int | None]:
    """Say which trusted keys signed the note, and when, where the signature says so.

    (1) Signatures of unknown keys are passed over: a note may carry others' too.
    (2) Every signature that claims a trusted key's name and id must be valid.
    (3) There must be at least one of them.

    Times are seconds since 1970-01-01T00:00Z, given by witnesses only. Raises
    `EvidenceError` otherwise. That *enough* keys signed is the caller's judgement.
    """
    known = {(key.name, key.key_id): key for key in trusted}
    if len(known) != len(set(trusted)):
        raise EvidenceError("two trusted keys have the same name and the same id of four bytes")
    signed: dict[NoteKey, int | None] = {}
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is not None:
            signed.setdefault(key, _verified_time(note.text, signature, key))
    if not signed:
        raise EvidenceError(f"none of the {len(known)} trusted keys has signed the note")
    return signed


def _verified_time(text: str, found: Signature, key: NoteKey) -> int | None:
    if key.algorithm == ED25519:
        key.key.verify(found.signature, text.encode("utf-8"))
        return None
    if len(found.signature) != _TIME_BYTES + _ED25519_BYTES:
        raise EvidenceError(f"the cosignature of {key.name} is not a time and a signature")
    at = int.from_bytes(found.signature[:_TIME_BYTES], "big")
    _refuse_time(at)
    key.key.verify(found.signature[_TIME_BYTES:], _witnessed(text, at))
    return at


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: so many leaves, and this root over them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= LARGEST_SIZE or len(self.root) != HASH_BYTES:
            raise EvidenceError(
                "a checkpoint has a size that is not negative and a root of 32 bytes"
            )
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line:
                raise EvidenceError(
                    "the origin and the extensions of a checkpoint are one line each, not empty"
                )

    @property
    def text(self) -> str:
        """The text to sign."""
        lines = (self.origin, str(self.size), base64_text.encode(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a checkpoint's text; raise `EvidenceError` where it is not as the format says."""
        match = _CHECKPOINT.fullmatch(text)
        if not match:
            raise EvidenceError(
                "a checkpoint is lines, none of them empty: its origin, its size as a whole number"
                " in the shortest form, its root, and what the log may add"
            )
        origin, size, root, added = match.groups()
        root_hash = base64_text.decode(root, "the root in the checkpoint")
        return cls(origin, int(size), root_hash, tuple(added.split("\n")[:-1]))


def verify_checkpoint(data: bytes, origin: str, trusted: Collection[NoteKey]) -> Checkpoint:
    """Read a signed checkpoint of the log ``origin``.

    Raises `EvidenceError` unless a trusted key of the log itself has signed it:
    witnesses alone do not make a checkpoint.
    """
    note = Note.parse(data)
    verify(note, [key for key in trusted if key.algorithm == ED25519])
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != origin:
        raise EvidenceError(f"the checkpoint belongs to another log than {origin}")
    return checkpoint
