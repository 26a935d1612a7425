"""One key of a role and the time it was current, and how all of them stand in ``ring.json``.

    {"format": "keepuntil-key-ring/v1",
     "roles": {"log": [{"reference": "file:old/log.pem", "publicKey": "MCow...", "keyid": "ab12...",
                        "from": null, "until": "2026-11-26T10:00:00Z", "endorsements": null},
                       {"reference": "hsm:2?label=bank", ...,
                        "from": "2026-11-26T10:00:00Z", "until": null,
                        "endorsements": {"old": "...", "new": "..."}}]}}

The file holds no secret, and is as trusted as one: who can write it says whose
signatures count. ``endorsements`` are the signatures by which the key before and this
one say together that one follows the other (:mod:`keepuntil.signing.rotation`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise

from keepuntil.errors import EvidenceError
from keepuntil.evidence import base64_text, canonical, keys
from keepuntil.evidence.canonical import Json
from keepuntil.evidence.keys import VerifyingKey
from keepuntil.signing import roles, sm2

FORMAT = "keepuntil-key-ring/v1"
LARGEST_RING = 4 << 20

_INSTANT = "%Y-%m-%dT%H:%M:%SZ"
_MEMBERS = frozenset({"format", "roles"})
_GENERATION_MEMBERS = frozenset(
    {"reference", "publicKey", "keyid", "from", "until", "endorsements"}
)
_ENDORSEMENTS = frozenset({"old", "new"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Endorsements:
    """Signatures of the key before and of this one over the change from one to the other."""

    old: bytes
    new: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One key of a role."""

    reference: str | None
    """Where the private half is; None: it was destroyed."""
    spki: bytes
    """The public half, as DER SubjectPublicKeyInfo."""
    since: datetime | None
    """When it became current (UTC); None: before this ring was kept."""
    until: datetime | None = None
    """When the next one took its place (UTC); None: it is the current one."""
    endorsements: Endorsements | None = None

    @property
    def keyid(self) -> str:
        """Hex SHA-256 of the SubjectPublicKeyInfo."""
        return sha256(self.spki).hexdigest()

    @property
    def pem(self) -> str:
        """The public half as PEM."""
        return keys.spki_pem(self.spki)

    def public(self) -> VerifyingKey:
        """The key that checks; raise `KeyFileError` for an SM2 key, which ``openssl`` checks."""
        return keys.public_key_of_spki(self.spki, f"the key {self.keyid[:16]}")


Generations = tuple[Generation, ...]


def instant(moment: datetime) -> str:
    """UTC, whole seconds."""
    return moment.astimezone(UTC).strftime(_INSTANT)


def read_instant(value: Json, what: str) -> datetime:
    """Read what :func:`instant` writes; raise `EvidenceError` for anything else."""
    text = canonical.text(value, what)
    try:
        moment = datetime.strptime(text, _INSTANT).replace(tzinfo=UTC)
    except ValueError:
        moment = None
    if moment is None or instant(moment) != text:
        raise EvidenceError(f"{what} is not a point in time like 2026-11-26T10:00:00Z")
    return moment


def encode_ring(ring: Mapping[str, Generations]) -> bytes:
    """The text of ``ring.json``."""
    document = {
        "format": FORMAT,
        "roles": {role: [_document(each) for each in ring[role]] for role in sorted(ring)},
    }
    return json.dumps(document, indent=1).encode("ascii") + b"\n"


def _document(generation: Generation) -> dict[str, object]:
    said = generation.endorsements
    return {
        "reference": generation.reference,
        "publicKey": base64_text.encode(generation.spki),
        "keyid": generation.keyid,
        "from": generation.since and instant(generation.since),
        "until": generation.until and instant(generation.until),
        "endorsements": said
        and {"old": base64_text.encode(said.old), "new": base64_text.encode(said.new)},
    }


def parse_ring(content: bytes) -> dict[str, Generations]:
    """Read ``ring.json`` strictly; raise `EvidenceError` where it is not as it was written."""
    document = canonical.parse(content, what="the key ring", max_bytes=LARGEST_RING, max_depth=6)
    members = canonical.members(document, "the key ring", _MEMBERS)
    if members["format"] != FORMAT:
        raise EvidenceError(f"the key ring is not of the format {FORMAT}")
    said = members["roles"]
    if not isinstance(said, dict) or not set(said) <= set(roles.ROLES):
        raise EvidenceError("the key ring names a role that there is not")
    return {role: _generations(role, listed) for role, listed in said.items()}


def _generations(role: str, listed: Json) -> Generations:
    if not isinstance(listed, list) or not listed:
        raise EvidenceError(f"the {role} role of the key ring has no key")
    found = tuple(_generation(role, number, value) for number, value in enumerate(listed, 1))
    for before, after in pairwise(found):
        if before.until is None or before.until != after.since or after.endorsements is None:
            raise EvidenceError(f"the keys of the {role} role do not follow one another")
    if found[-1].until is not None or found[-1].reference is None:
        raise EvidenceError(f"the last key of the {role} role is not a current one")
    return found


def _generation(role: str, number: int, value: Json) -> Generation:
    what = f"key {number} of the {role} role"
    said = canonical.members(value, what, _GENERATION_MEMBERS)
    spki = _bytes(said["publicKey"], f"the public half of {what}")
    found = Generation(
        reference=None if said["reference"] is None else canonical.text(said["reference"], what),
        spki=spki,
        since=None if said["from"] is None else read_instant(said["from"], what),
        until=None if said["until"] is None else read_instant(said["until"], what),
        endorsements=None
        if said["endorsements"] is None
        else _endorsements(said["endorsements"], what),
    )
    if found.keyid != said["keyid"]:
        raise EvidenceError(f"the keyid of {what} is not that of its public half")
    if not _fits(role, found):
        raise EvidenceError(f"{what} is not a {roles.kind_name(role)} key")
    return found


def _fits(role: str, generation: Generation) -> bool:
    if role == roles.SM2:
        return sm2.is_sm2(generation.spki)
    return generation.public().kind is roles.KINDS[role]


def _endorsements(value: Json, what: str) -> Endorsements:
    said = canonical.members(value, what, _ENDORSEMENTS)
    old, new = (_bytes(said[name], f"the endorsements of {what}") for name in ("old", "new"))
    return Endorsements(old=old, new=new)


def _bytes(value: Json, what: str) -> bytes:
    return base64_text.decode(canonical.text(value, what), what)
