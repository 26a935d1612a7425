"""The key ring: every key each role ever had. The current one signs, all of them verify.

It is ``ring.json`` in the keys folder. An installation from before there were rings
has one key file a role and no ring; it is read as a ring of one generation a role, and
written down as such by the first command that changes anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import key_files, keys
from keepuntil.evidence.keys import SigningKey, VerifyingKey
from keepuntil.signing import generations, opening, roles, sm2
from keepuntil.signing.generations import Generation, Generations
from keepuntil.signing.rotation import Rotation
from keepuntil.signing.sm2 import Sm2Key

RING = "ring.json"
OLD = "old"
"""Where private halves go that are not current any more."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys of an installation, as they stood when it was read."""

    folder: Path
    keys: Mapping[str, Generations]

    def __post_init__(self) -> None:
        _refuse_shared(self.keys)

    @classmethod
    def read(cls, folder: Path) -> KeyRing:
        """Read the ring of a keys folder; raise `KeyFileError` if it may not be used.

        Refused: a file that others can open, one that is not as it was written, and
        roles that share a key.
        """
        path = folder / RING
        if not path.exists() and not path.is_symlink():
            return cls(folder, _before_rings(folder))
        content = key_files.read_private(str(path), generations.LARGEST_RING)
        try:
            return cls(folder, generations.parse_ring(content))
        except EvidenceError as error:
            raise KeyFileError(
                f"{path} is not a key ring as it was written: {error}. Restore it from a backup; "
                "nothing is signed meanwhile"
            ) from None

    def current(self, role: str) -> Generation:
        """The key that signs for a role now; raise `KeyFileError` when there is none."""
        roles.refuse_unknown(role)
        if role not in self.keys:
            raise KeyFileError(
                f"The {role} key is missing in {self.folder}. Make it with: keepuntil keys init"
                + ("" if role in roles.ALWAYS else f" {role}")
            )
        return self.keys[role][-1]

    def signing_key(self, role: str) -> SigningKey:
        """The current key of a role, opened; raise `KeyFileError` if it is not the known one."""
        generation = self.current(role)
        if role == roles.SM2:
            raise KeyFileError("the sm2 key signs SM2 envelopes only")
        return opening.open_key(self.place(generation), roles.KINDS[role], generation.public())

    def signers(self, role: str) -> tuple[SigningKey, ...]:
        """The current key and, while its private half is still there, the one before it.

        Both sign while readers still know only the older one. Raises `KeyFileError`.
        """
        before = self.keys[role][-2:-1] if role in self.keys else ()
        kept = (one for one in before if one.reference is not None)
        older = (opening.open_key(self.place(one), roles.KINDS[role], one.public()) for one in kept)
        return (self.signing_key(role), *older)

    def sm2_key(self) -> Sm2Key | None:
        """The current SM2 key, opened; None when this installation makes no SM2 envelopes.

        Raises `KeyFileError` if it is not the known one.
        """
        if roles.SM2 not in self.keys:
            return None
        generation = self.current(roles.SM2)
        key = sm2.load(self.place(generation))
        if key.spki != generation.spki:
            raise KeyFileError(
                f"{generation.reference} holds another SM2 key than {generation.keyid[:16]}, which "
                "is expected there: somebody exchanged it. Put the right one back, or rotate"
            )
        return key

    def public_keys(self, role: str) -> tuple[VerifyingKey, ...]:
        """Every key that ever signed for a role, oldest first; raise `KeyFileError` if none."""
        self.current(role)
        return tuple(generation.public() for generation in self.keys[role])

    def trusted_at(self, role: str, moment: datetime) -> tuple[VerifyingKey, ...]:
        """The keys whose word counts for something dated ``moment``: not those replaced by then.

        A younger key counts for an older date: who made a decision may sign it a moment
        later, on a host whose clock is slower. Raises `KeyFileError` if there is no key.
        """
        self.current(role)
        return tuple(
            generation.public()
            for generation in self.keys[role]
            if generation.until is None or moment <= generation.until
        )

    def rotations(self) -> Iterator[Rotation]:
        """Every rotation there was, by role and time, with both signatures."""
        for role, listed in self.keys.items():
            for old, new in pairwise(listed):
                if new.since is not None and new.endorsements is not None:
                    yield Rotation(
                        role=role,
                        at=new.since,
                        old=old.spki,
                        new=new.spki,
                        old_signature=new.endorsements.old,
                        new_signature=new.endorsements.new,
                    )

    def refuse_shared(self, people: Mapping[str, VerifyingKey]) -> None:
        """Raise `KeyFileError` if a person's key is also one of the installation's."""
        ours = {generation.keyid: role for role, each in self.keys.items() for generation in each}
        for person, key in people.items():
            if key.keyid in ours:
                raise KeyFileError(
                    f"the key of {person} in people.yaml is also the {ours[key.keyid]} key of this "
                    f"installation. No two roles share a key: give {person} a key of their own"
                )

    def place(self, generation: Generation) -> str:
        """Where the private half is; relative key files lie in the keys folder."""
        if generation.reference is None:
            raise KeyFileError(f"the private half of {generation.keyid[:16]} was destroyed")
        own = own_file(generation)
        return generation.reference if own is None else f"file:{self.folder / own}"

    def strays(self) -> list[str]:
        """Key files that no generation refers to, as an interrupted rotation may leave."""
        known = {own_file(each) for listed in self.keys.values() for each in listed}
        found = (path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.pem"))
        return sorted(name for name in found if name not in known)


def own_file(generation: Generation) -> str | None:
    """The name of a key file inside the keys folder; None: the private half is elsewhere."""
    scheme, _, place = (generation.reference or "").partition(":")
    return place if scheme == "file" and not Path(place).is_absolute() else None


def _before_rings(folder: Path) -> dict[str, Generations]:
    if (folder / OLD).exists():
        raise KeyFileError(
            f"{folder / RING} is missing, and keys were rotated here, so that the key files alone "
            "do not say which key is which. Restore it from a backup"
        )
    return {
        role: (Generation(reference=f"file:{role}.pem", spki=spki, since=None),)
        for role in roles.ROLES
        if (spki := public_half(role, folder / f"{role}.pem")) is not None
    }


def public_half(role: str, path: Path) -> bytes | None:
    """The public half of a key file, None when there is none; raise `KeyFileError` if unfit."""
    if not path.exists() and not path.is_symlink():
        return None
    if role == roles.SM2:
        return sm2.load(f"file:{path}").spki
    return keys.load(f"file:{path}", roles.KINDS[role]).public.spki


def _refuse_shared(ring: Mapping[str, Generations]) -> None:
    owner: dict[str, str] = {}
    for role, listed in ring.items():
        for generation in listed:
            first = owner.setdefault(generation.keyid, role)
            if first != role:
                raise KeyFileError(
                    f"the roles {first} and {role} share the key {generation.keyid[:16]}. No two "
                    f"roles share a key: rotate one of them, or restore its own key file"
                )
        if len({generation.keyid for generation in listed}) != len(listed):
            raise KeyFileError(f"the role {role} has the same key twice; rotate to a new one")
