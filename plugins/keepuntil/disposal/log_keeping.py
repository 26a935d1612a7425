"""The organisation's log, kept: statements are accepted in the register, then published.

    record     sign a statement and have the log accept it: now it has its number
    publish    sign a head over all that was accepted, keep it, lay it out, show it

Accepting is one transaction of the register and never waits for a network.
Publishing is done by one process at a time and is repeated until it is whole: a
crash anywhere leaves a log that is valid, and the next call completes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from keepuntil.errors import EvidenceError, KeyFileError, UsageError
from keepuntil.evidence import entries, envelope, note
from keepuntil.evidence.keys import SigningKey
from keepuntil.evidence.note import Checkpoint, Note, NoteKey
from keepuntil.evidence.tiles import GrowingTiles, StoredTree
from keepuntil.register import Register, log
from keepuntil.register.log import LogHead
from keepuntil.transparency import laying
from keepuntil.transparency.storage import Storage

# Sigstore's verifiers take the host of a log's address for its name; see evidence formats.
_ORIGIN: Final = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+"
)

Prove = Callable[[int], list[bytes]]
"""The consistency proof from an older size to the size of the checkpoint at hand."""

Cosign = Callable[[bytes, Prove], bytes]
"""Takes a signed checkpoint to the witnesses; gives it back with what they signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedLog:
    """Under which name the log signs, with which keys, and where it is shown."""

    origin: str
    """A bare host name."""
    signers: Sequence[SigningKey] = field(repr=False)
    """Ed25519. More than one while a new key takes over from an old one."""
    storage: Storage

    def __post_init__(self) -> None:
        if not _ORIGIN.fullmatch(self.origin):
            raise UsageError(
                "The name of a log is a bare host name of yours in small letters, such as"
                " evidence.bank.example."
            )
        if not self.signers:
            raise KeyFileError("A log needs a key to sign its checkpoints with.")


def record(
    register: Register, kind: str, subject: str, payload: bytes, key: SigningKey, at: datetime
) -> int:
    """Sign a statement and have the log accept it; its number. Repeating it changes nothing.

    Kind and subject say what it is about, as ``certificate`` and its identifier do; what
    was accepted under them before stands. Raises KeyFileError, RegisterError.
    """
    earlier = log.find(register, kind, subject)
    if earlier is not None:
        return earlier.index
    signed = envelope.sign(payload, key)
    entry = entries.entry(signed, key.public)
    return log.append(register, kind, subject, signed.encode(), entry, at)


def publish(
    register: Register,
    published: PublishedLog,
    at: datetime,
    *,
    cosign: Cosign | None = None,
    anew: bool = False,
) -> LogHead | None:
    """Publish all that was accepted; the head that is shown then. None: nothing was accepted.

    In this order, each step durable before the next: what an earlier attempt signed
    is laid out; a new head is signed and kept; its tiles, entries and statements are
    laid out; witnesses are asked; the checkpoint is shown. Safe to repeat.

    ``anew`` lays out everything from the register again, over a damaged storage.
    Raises EvidenceError when what is shown is not this register's log, RegisterBusy
    when another process publishes, StoreError, KeyFileError.
    """
    with log.writer(register) as confirm:
        tiles = _tiles_shown(register, published, anew=anew)
        for head in log.heads(register, after=tiles.size):
            laying.lay(published.storage, tiles, head.claim, partial(log.entries, register))
        newest = _sign_what_is_new(register, published, tiles, at)
        if newest is None:
            return None
        if newest.size > tiles.size:
            laying.lay(published.storage, tiles, newest.claim, partial(log.entries, register))
        if cosign is not None:
            # Witnesses that have signed already are not asked again.
            prove = StoredTree(newest.size, published.storage.read).consistency_proof
            seen = cosign(newest.shown, prove)
            if seen != newest.shown:
                newest = log.add_cosigned(register, newest.size, seen)
        confirm()
        if laying.shown(published.storage) != newest.shown:
            laying.show(published.storage, newest.shown)
        return newest


def _tiles_shown(register: Register, published: PublishedLog, *, anew: bool) -> GrowingTiles:
    """The tiles behind the checkpoint that is shown, once it is certain that it is ours."""
    storage = published.storage
    current = laying.shown(storage)
    if current is None:
        return GrowingTiles()
    if anew:
        # What we did not sign may be replaced; what we signed and forgot never.
        if _is_ours(current, published):
            _refuse_another_log(register, storage, laying.claim_of(current))
        return GrowingTiles()
    try:
        claim = laying.claim_of(current)
    except EvidenceError:
        raise EvidenceError(
            f"What lies at {storage} as the checkpoint of the log is none; somebody changed it."
            f" {_ANEW}"
        ) from None
    _refuse_another_log(register, storage, claim)
    try:
        return GrowingTiles.resume(claim.size, claim.root, storage.read)
    except EvidenceError as error:
        raise EvidenceError(f"The log at {storage}: {error.sentence}. {_ANEW}") from None


def _is_ours(checkpoint: bytes, published: PublishedLog) -> bool:
    own = [NoteKey(published.origin, note.ED25519, key.public) for key in published.signers]
    try:
        note.verify_checkpoint(checkpoint, published.origin, own)
    except EvidenceError:
        return False
    return True


_ANEW: Final = "Lay it out again from the register with: keepuntil log publish --anew"


def _refuse_another_log(register: Register, storage: Storage, claim: Checkpoint) -> None:
    head = log.head_of_size(register, claim.size)
    if head is not None and head.claim == claim:
        return
    newest = log.head(register)
    if newest is not None and newest.claim.origin == claim.origin and claim.size > newest.size:
        raise EvidenceError(
            f"The log at {storage} shows {claim.size} entries, and this register signed for"
            f" {newest.size} only: it was restored from a backup. Nothing was published, since"
            " that would fork the log. Restore the register as it was."
        )
    raise EvidenceError(
        f"The log at {storage} is not the one of this register. Nothing was published."
        " Name another place for this log."
    )


def _sign_what_is_new(
    register: Register, published: PublishedLog, tiles: GrowingTiles, at: datetime
) -> LogHead | None:
    """The newest head: signed now where entries were accepted since the last."""
    newest = log.head(register)
    accepted = log.size(register)
    if accepted == (newest.size if newest else 0):
        return newest
    root = laying.root_at(tiles, accepted, partial(log.entries, register))
    text = Checkpoint(published.origin, accepted, root).text
    signatures = tuple(note.sign(text, published.origin, key) for key in published.signers)
    return log.keep_head(register, Note(text, signatures).encode(), at)
