"""First keys, rotation, and what becomes of the private half that was replaced.

Only one process at a time changes a keys folder. The ring is written after the key
files it names and before an old one is moved: a crash leaves either a key file that
nothing refers to yet, or an old private half that :func:`_settle` finds at its place
the next time. At no point does the ring name a key that is not there.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from keepuntil.errors import KeyFileError
from keepuntil.evidence import key_files, keys
from keepuntil.evidence.keys import VerifyingKey
from keepuntil.signing import generations, opening, roles, sm2
from keepuntil.signing.generations import Endorsements, Generation
from keepuntil.signing.ring import OLD, RING, KeyRing, own_file, public_half
from keepuntil.signing.rotation import Rotation, Signer, signed_message

_SHORT = 16


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A key about to enter the ring, and its file, where one has to be written."""

    reference: str
    spki: bytes
    signer: Signer
    pem: bytes | None


def found(
    folder: Path, wanted: Sequence[str], at: datetime, reference: str | None = None
) -> KeyRing:
    """Give every role wanted its first key, and keep those there are. Safe to call again.

    Key files of an installation from before there were rings are taken over. With a
    ``reference`` the one role wanted gets that key. Raises `KeyFileError`.
    """
    for role in wanted:
        roles.refuse_unknown(role)
    with _alone(folder):
        ring = KeyRing.read(folder)
        known = dict(ring.keys)
        for role in wanted:
            if role not in known:
                known[role] = (_first(folder, role, _whole(at), reference),)
            elif reference is not None:
                raise KeyFileError(
                    f"the role {role} has a key; replace it with: keepuntil keys rotate {role} "
                    "--reference REF"
                )
        changed = KeyRing(folder, known)
        if known != ring.keys or not (folder / RING).exists():
            _write(changed)
        return _settle(changed, destroy=False)


def rotate(
    folder: Path,
    role: str,
    at: datetime,
    *,
    people: Mapping[str, VerifyingKey],
    reference: str | None = None,
    destroy_old: bool = False,
) -> Rotation:
    """Replace the current key of a role: by a new key file, or by the key behind a reference.

    Both keys sign the change. The old private half, where it is a file of the keys
    folder, goes to its ``old`` folder or is destroyed; elsewhere it is left where it is.
    Raises `KeyFileError`, also when the new key is already somebody's.
    """
    with _alone(folder):
        ring = _settle(KeyRing.read(folder), destroy=False)
        old, moment = ring.current(role), _whole(at)
        if old.since is not None and moment <= old.since:
            raise KeyFileError(
                f"the current {role} key is from {generations.instant(old.since)}, so none can "
                "follow it before the next second; is the clock right?"
            )
        _refuse_descent(role, old, reference)
        signer = _opened(ring, role)
        fresh = _behind(role, reference) if reference else _made(role)
        message = signed_message(role, moment, old.spki, fresh.spki)
        said = Endorsements(old=signer.sign(message), new=fresh.signer.sign(message))
        new = Generation(
            reference=fresh.reference, spki=fresh.spki, since=moment, endorsements=said
        )
        before = (*ring.keys[role][:-1], replace(old, until=moment))
        changed = KeyRing(folder, {**ring.keys, role: (*before, new)})
        changed.refuse_shared(people)
        if fresh.pem is not None:
            key_files.write_new(folder / fresh.reference.removeprefix("file:"), fresh.pem)
        _write(changed)
        rotation = next(each for each in changed.rotations() if each.new == fresh.spki)
        _settle(changed, destroy=destroy_old)
        return rotation


def _refuse_descent(role: str, old: Generation, reference: str | None) -> None:
    """A key that is kept in a token or service is not replaced by a file that nobody asked for."""
    if reference is None and not (old.reference or "").startswith("file:"):
        raise KeyFileError(
            f"the {role} key is kept at {old.reference}, and a new one is made there with that "
            f"one's own tool; then run: keepuntil keys rotate {role} --reference REF"
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise KeyFileError(f"the keys folder {folder} cannot be used: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise KeyFileError(
            f"another process is changing the keys in {folder}; try again when it is done"
        ) from None
    finally:
        os.close(descriptor)


def _whole(at: datetime) -> datetime:
    """The next whole second: what was decided in this one was decided before."""
    return at.replace(microsecond=0) + timedelta(seconds=1 if at.microsecond else 0)


def _first(folder: Path, role: str, at: datetime, reference: str | None) -> Generation:
    if reference is not None:
        fresh = _behind(role, reference)
        return Generation(reference=fresh.reference, spki=fresh.spki, since=at)
    path = folder / f"{role}.pem"
    spki = public_half(role, path)
    if spki is None:
        fresh = _made(role)
        key_files.write_new(path, fresh.pem or b"")
        spki = fresh.spki
    return Generation(reference=f"file:{path.name}", spki=spki, since=at)


def _made(role: str) -> _Fresh:
    if role == roles.SM2:
        key = sm2.generate()
        return _Fresh(f"file:{role}-{key.keyid[:_SHORT]}.pem", key.spki, key, key.pem())
    made = keys.generate(roles.KINDS[role])
    name = f"{role}-{made.public.keyid[:_SHORT]}.pem"
    return _Fresh(f"file:{name}", made.public.spki, made, made.pem())


def _behind(role: str, reference: str) -> _Fresh:
    """A key that is somewhere already; what is relative is so to the folder one is in now."""
    scheme, _, place = reference.partition(":")
    placed = f"file:{Path(place).absolute()}" if scheme == "file" and place else reference
    if role == roles.SM2:
        key = sm2.load(placed)
        return _Fresh(placed, key.spki, key, None)
    opened = opening.open_key(placed, roles.KINDS[role])
    return _Fresh(placed, opened.public.spki, opened, None)


def _opened(ring: KeyRing, role: str) -> Signer:
    key: Signer | None = ring.sm2_key() if role == roles.SM2 else ring.signing_key(role)
    if key is None:
        raise KeyFileError(f"there is no {role} key to rotate")
    return key


def _write(ring: KeyRing) -> None:
    key_files.replace(ring.folder / RING, generations.encode_ring(ring.keys))


def _settle(ring: KeyRing, *, destroy: bool) -> KeyRing:
    """Move or destroy what is not current any more, then write down what was seen."""
    settled = {
        role: (*(_settled(ring.folder, role, each, destroy) for each in listed[:-1]), listed[-1])
        for role, listed in ring.keys.items()
    }
    if settled == ring.keys:
        return ring
    changed = KeyRing(ring.folder, settled)
    _write(changed)
    return changed


def _settled(folder: Path, role: str, generation: Generation, destroy: bool) -> Generation:
    name = own_file(generation)
    if name is None or name.startswith(f"{OLD}/"):
        return generation
    kept = f"{OLD}/{role}-{generation.keyid[:_SHORT]}.pem"
    try:
        if destroy:
            (folder / name).unlink(missing_ok=True)
        elif (folder / name).exists():
            (folder / OLD).mkdir(mode=0o700, exist_ok=True)
            (folder / name).rename(folder / kept)
            key_files.sync_directory(folder / OLD)
        key_files.sync_directory(folder)
    except OSError as error:
        raise KeyFileError(
            f"the role {role} has its new key, but the old key file {folder / name} cannot be "
            f"put away: {error.strerror}. Then run: keepuntil keys init"
        ) from None
    left = (folder / kept).exists()
    return replace(generation, reference=f"file:{kept}" if left else None)
