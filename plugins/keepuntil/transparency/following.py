"""Following a log as an auditor does: from what is shown, and what one knew before.

Needs no key but the public ones, and no word of whoever runs the log. A log that
lost its tail, exchanged an entry and computed every hash anew, or tells two people
two stories is found out by anybody who holds one older checkpoint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from keepuntil.errors import EvidenceError
from keepuntil.evidence import entries as log_entries
from keepuntil.evidence import merkle, note
from keepuntil.evidence.envelope import LARGEST_ENVELOPE, Envelope
from keepuntil.evidence.merkle import HASH_BYTES, leaf_hash
from keepuntil.evidence.note import Checkpoint, Note, NoteKey
from keepuntil.evidence.tiles import (
    TILE_WIDTH,
    Bundle,
    GrowingTiles,
    StoredTree,
    Tile,
    bundles_between,
    parse_bundle,
    read_tile,
)
from keepuntil.transparency.policy import Policy
from keepuntil.transparency.storage import CHECKPOINT, Storage, statement_path

Judge = Callable[[bytes], Checkpoint]
"""Reads a signed checkpoint; raises EvidenceError unless enough of whom one trusts signed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A log that holds."""

    checkpoint: Checkpoint
    checks: tuple[str, ...]
    """What was found true, in words."""
    signers: dict[str, int] = field(default_factory=dict)
    """How many statements each key signed, by key id. Whose keys they are, the log does not say."""


def signed_by(origin: str, trusted: Collection[NoteKey]) -> Judge:
    """A judge that asks for a signature of one of the log's own keys."""
    return lambda checkpoint: note.verify_checkpoint(checkpoint, origin, trusted)


def believed_by(policy: Policy) -> Judge:
    """A judge that asks for a log's own key and for as many witnesses as a policy does."""

    def judge(signed: bytes) -> Checkpoint:
        claimed = Checkpoint.parse(Note.parse(signed).text)
        if claimed.origin not in {log.key.name for log in policy.logs}:
            raise EvidenceError(f"the policy knows no log {claimed.origin}")
        checkpoint = note.verify_checkpoint(signed, claimed.origin, policy.keys)
        missing = policy.missing(list(note.verify(Note.parse(signed), policy.keys)))
        if missing is not None:
            raise EvidenceError(f"the log is not witnessed as you ask: {missing}")
        return checkpoint

    return judge


def follow(storage: Storage, judge: Judge, older: bytes | None = None) -> Followed:
    """Check all of a log: head, every entry, every tile, every statement.

    (1) The checkpoint shown is one that ``judge`` believes.
    (2) It does not count fewer entries than ``older``, a checkpoint held from before.
    (3) The entries shown lead to its root, and the first of them to the older root.
    (4) Every tile holds the hashes that follow from the entries.
    (5) Every entry is one of ours, and its statement lies beside it, signed as it says.

    Memory does not grow with the log. Raises EvidenceError with what is wrong, the
    gravest first; StoreError when the storage cannot be read.
    """
    checkpoint, checks = _heads(storage, judge, older)
    held = judge(older) if older is not None else None
    walk = _Walk(storage, held.size if held else 0)
    for bundle in bundles_between(0, checkpoint.size):
        walk.read(bundle)
    walk.refuse_another_root(checkpoint)
    if held is not None and held.size:
        walk.refuse_another_past(held)
        checks.append(f"the first {held.size} entries are those of the checkpoint you hold")
    walk.refuse_damage()
    return Followed(
        checkpoint=checkpoint,
        checks=(
            *checks,
            f"all {checkpoint.size} entries lead to the root that was signed",
            "every tile holds the hashes that follow from the entries",
            f"all {checkpoint.size} statements are there and signed as their entries say",
        ),
        signers=dict(walk.signers),
    )


def compare(storage: Storage, judge: Judge, older: bytes) -> Followed:
    """Check that a log grew out of an older checkpoint, reading a few tiles and no entry.

    Raises EvidenceError, StoreError.
    """
    checkpoint, checks = _heads(storage, judge, older)
    held = judge(older)
    stored = StoredTree(checkpoint.size, storage.read)
    if stored.root() != checkpoint.root:
        raise EvidenceError(
            f"the tiles at {storage} do not lead to the root that was signed; they are damaged"
        )
    if held.size == 0:
        return Followed(checkpoint=checkpoint, checks=tuple(checks))
    try:
        merkle.verify_consistency(
            old_size=held.size,
            size=checkpoint.size,
            old_root=held.root,
            root=checkpoint.root,
            proof=stored.consistency_proof(held.size),
        )
    except EvidenceError:
        raise EvidenceError(
            f"the tiles at {storage} do not lead from the {held.size} entries of the checkpoint"
            f" you hold to the {checkpoint.size} shown: the past was rewritten, or tiles are"
            " damaged. Follow the whole log to know which."
        ) from None
    grown = f"the log grew out of the checkpoint you hold, of {held.size} entries"
    return Followed(checkpoint=checkpoint, checks=(*checks, grown))


def _heads(storage: Storage, judge: Judge, older: bytes | None) -> tuple[Checkpoint, list[str]]:
    """The checkpoint shown, believed, and not behind the older one."""
    current = storage.read(CHECKPOINT)
    if current is None:
        raise EvidenceError(f"no log is shown at {storage}: there is no checkpoint")
    checkpoint = judge(current)
    checks = [f"the checkpoint of {checkpoint.size} entries is signed by {checkpoint.origin}"]
    if older is None:
        return checkpoint, checks
    try:
        held = judge(older)
    except EvidenceError as error:
        raise EvidenceError(f"of the checkpoint you hold: {error.sentence}") from None
    if held.origin != checkpoint.origin:
        raise EvidenceError(
            f"the checkpoint you hold is of {held.origin}, the one shown of {checkpoint.origin}"
        )
    if held.size > checkpoint.size:
        raise EvidenceError(
            f"the log was cut: {checkpoint.size} entries are shown, and the checkpoint you hold"
            f" counts {held.size}"
        )
    if held.size == checkpoint.size and held.root != checkpoint.root:
        raise EvidenceError(
            f"the log was forked: the checkpoint you hold and the one shown both count"
            f" {held.size} entries and have different roots. Keep both: they prove it."
        )
    if held.size == 0:
        checks.append("the checkpoint you hold is of an empty log and says nothing of the past")
    return checkpoint, checks


class _Walk:
    """All entries once, from the first to the last, in the memory of a few tiles."""

    def __init__(self, storage: Storage, old_size: int) -> None:
        self._storage = storage
        self._old_size = old_size
        self._tiles = GrowingTiles()
        self._old_root: bytes | None = None
        self._differs: str | None = None
        self._damage: str | None = None
        self.signers: Counter[str] = Counter()

    def read(self, bundle: Bundle) -> None:
        """Take the entries of the next bundle."""
        found = self._entries(bundle)
        hashes = [leaf_hash(entry) for entry in found]
        self._locate(bundle, b"".join(hashes))
        if bundle.start < self._old_size <= bundle.stop:
            tree = self._tiles.tree()
            tree.extend(b"".join(hashes[: self._old_size - bundle.start]))
            self._old_root = tree.root()
        for tile, expected in self._tiles.extend(b"".join(hashes)):
            self._compare(tile, expected)
        for number, entry in enumerate(found, bundle.start):
            try:
                self._look_at(entry)
            except EvidenceError as error:
                # A changed entry is graver than one that cannot be read: judged at the end.
                self._damage = self._damage or f"entry {number} of the log: {error.sentence}"

    def refuse_another_root(self, checkpoint: Checkpoint) -> None:
        """Raise EvidenceError unless the entries are those the log signed for."""
        for tile, expected in self._tiles.unfinished():
            self._compare(tile, expected)
        if self._tiles.root() == checkpoint.root:
            return
        where = f" {self._differs}" if self._differs else ""
        raise EvidenceError(
            f"an entry was changed: the entries at {self._storage} do not lead to the root that"
            f" was signed for {checkpoint.size} of them.{where}"
        )

    def refuse_another_past(self, held: Checkpoint) -> None:
        """Raise EvidenceError unless the log grew out of the checkpoint held."""
        if self._old_root != held.root:
            raise EvidenceError(
                f"the past was rewritten: the first {held.size} entries shown are not those of"
                " the checkpoint you hold. Keep both checkpoints: they prove it."
            )

    def refuse_damage(self) -> None:
        """Raise EvidenceError for what is wrong though every entry is as it was signed for."""
        if self._damage:
            raise EvidenceError(self._damage)

    def _entries(self, bundle: Bundle) -> list[bytes]:
        data = self._storage.read(bundle.path)
        whole = Bundle(bundle.index)
        if data is None and bundle.width < TILE_WIDTH:
            # A log may drop a partial bundle once the full one is there.
            data = self._storage.read(whole.path)
            if data is not None:
                return parse_bundle(data, whole)[: bundle.width]
        if data is None:
            raise EvidenceError(f"the log at {self._storage} lacks its entries {bundle.path}")
        return parse_bundle(data, bundle)

    def _locate(self, bundle: Bundle, hashes: bytes) -> None:
        """Remember the first entry that is not what its leaf says; the root will judge."""
        if self._differs:
            return
        try:
            leaves = read_tile(Tile(0, bundle.index, bundle.width), self._storage.read)
        except EvidenceError:
            return
        for at in range(bundle.width):
            cell = slice(at * HASH_BYTES, (at + 1) * HASH_BYTES)
            if leaves[cell] != hashes[cell]:
                self._differs = (
                    f"Entry {bundle.start + at} is the first that is not what its leaf says."
                )
                return

    def _compare(self, tile: Tile, expected: bytes) -> None:
        try:
            same = read_tile(tile, self._storage.read) == expected
        except EvidenceError as error:
            self._damage = self._damage or error.sentence
            return
        if not same:
            self._damage = self._damage or (
                f"the tile {tile.path} does not hold the hashes that follow from the entries"
            )

    def _look_at(self, entry: bytes) -> None:
        logged = log_entries.parse(entry)
        path = statement_path(logged.digest)
        line = self._storage.read(path)
        if line is None:
            raise EvidenceError(f"its statement {path} is missing")
        if len(line) > LARGEST_ENVELOPE:
            raise EvidenceError(f"its statement {path} is larger than a statement can be")
        logged.confirm(Envelope.parse(line))
        self.signers[logged.key.keyid] += 1
