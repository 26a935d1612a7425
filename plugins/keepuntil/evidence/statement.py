"""in-toto Statement v1: somebody says something (the predicate) about files (the subjects).

Subjects are named by content: SHA-256, and SM3 (GB/T 32905) beside it where a
Chinese verifier asks for it. What a predicate means is the affair of its type.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.hazmat.primitives import hashes

from keepuntil.errors import EvidenceError
from keepuntil.evidence import canonical
from keepuntil.evidence.canonical import Json

TYPE = "https://in-toto.io/Statement/v1"
# Verifiers in the field read no more than this.
MOST_SUBJECTS = 1024

_MEMBERS = frozenset({"_type", "subject", "predicateType", "predicate"})
_SUBJECT_MEMBERS = frozenset({"name", "digest"})
_HEX = re.compile(r"[0-9a-f]{64}")
_DIGEST_NAME = re.compile(r"[A-Za-z0-9_]{1,40}")
_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Subject:
    """A file: its name in the bundle and the digests of its content, in lower-case hex."""

    name: str
    sha256: str
    sm3: str | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise EvidenceError("a subject of a statement needs a name")
        for digest in (self.sha256, self.sm3):
            if digest is not None and not _HEX.fullmatch(digest):
                raise EvidenceError("a digest of a subject is 64 lower-case hexadecimal digits")

    @classmethod
    def of(cls, name: str, content: BinaryIO) -> "Subject":
        """Describe a file by both digests, reading it once from where it stands."""
        sha256, sm3 = hashes.Hash(hashes.SHA256()), hashes.Hash(hashes.SM3())
        while piece := content.read(_READ_BYTES):
            sha256.update(piece)
            sm3.update(piece)
        return cls(name, sha256.finalize().hex(), sm3.finalize().hex())

    @property
    def document(self) -> dict[str, Json]:
        """As it stands in the statement."""
        digest: dict[str, Json] = {"sha256": self.sha256}
        if self.sm3 is not None:
            digest["sm3"] = self.sm3
        return {"digest": digest, "name": self.name}

    def check(self, content: BinaryIO) -> None:
        """Raise `EvidenceError` unless the content is what the statement is about."""
        found = Subject.of(self.name, content)
        if found.sha256 != self.sha256 or self.sm3 not in (None, found.sm3):
            raise EvidenceError(
                f"the file {self.name} is not the one the statement is about: its digest differs"
            )


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with the very bytes it was read from or will be signed as."""

    encoded: bytes
    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: Mapping[str, Json]

    def subject(self, name: str) -> Subject:
        """The subject of that name; raise `EvidenceError` when the statement is not about it."""
        for subject in self.subjects:
            if subject.name == name:
                return subject
        raise EvidenceError(f"the statement says nothing about {name}")


def make(
    subjects: Sequence[Subject], predicate_type: str, predicate: Mapping[str, object]
) -> Statement:
    """Put a statement into canonical bytes; raise `EvidenceError` for what cannot be said."""
    document = {
        "_type": TYPE,
        "subject": [subject.document for subject in subjects],
        "predicateType": predicate_type,
        "predicate": dict(predicate),
    }
    return parse(canonical.encode(document))


def parse(payload: bytes) -> Statement:
    """Read a statement strictly; raise `EvidenceError` where it is not as the format says.

    Digests under unknown names are passed over, as in-toto asks; unknown members
    are refused, since they might change what the rest means.
    """
    document = canonical.parse(payload, what="the statement", max_bytes=canonical.LARGEST_DOCUMENT)
    members = canonical.members(document, "the statement", _MEMBERS)
    if members["_type"] != TYPE:
        raise EvidenceError("the statement is not an in-toto Statement v1")
    predicate = members["predicate"]
    if not isinstance(predicate, dict):
        raise EvidenceError("the predicate of the statement is not an object")
    predicate_type = canonical.text(members["predicateType"], "the predicate type of the statement")
    if ":" not in predicate_type:
        raise EvidenceError("the predicate type of the statement is not a URI")
    return Statement(payload, _subjects(members["subject"]), predicate_type, predicate)


def _subjects(value: Json) -> tuple[Subject, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_SUBJECTS:
        raise EvidenceError(f"a statement is about 1 to {MOST_SUBJECTS} subjects")
    subjects = tuple(
        _subject(item, f"subject {number} of the statement") for number, item in enumerate(value, 1)
    )
    if len({subject.name for subject in subjects}) != len(subjects):
        raise EvidenceError("two subjects of the statement have the same name")
    return subjects


def _subject(value: Json, what: str) -> Subject:
    members = canonical.members(value, what, _SUBJECT_MEMBERS)
    digest = members["digest"]
    if not isinstance(digest, dict) or not all(_DIGEST_NAME.fullmatch(name) for name in digest):
        raise EvidenceError(f"the digests of {what} are not an object of named digests")
    if "sha256" not in digest:
        raise EvidenceError(f"{what} has no sha256 digest")
    sm3 = canonical.text(digest["sm3"], f"the sm3 digest of {what}") if "sm3" in digest else None
    sha256 = canonical.text(digest["sha256"], f"the sha256 digest of {what}")
    return Subject(canonical.text(members["name"], f"the name of {what}"), sha256, sm3)
