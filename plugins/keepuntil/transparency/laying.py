"""Laying out a log: accepted entries and a signed head become objects, the checkpoint last.

Every object but the checkpoint is named by what it holds and follows from the
entries alone, so laying out again after a crash writes the same bytes. A reader who
sees a checkpoint finds all that it stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from keepuntil.errors import EvidenceError
from keepuntil.evidence import entries as log_entries
from keepuntil.evidence.merkle import leaf_hash
from keepuntil.evidence.note import Checkpoint, Note
from keepuntil.evidence.tiles import (
    TILE_WIDTH,
    GrowingTiles,
    bundles_between,
    encode_bundle,
)
from keepuntil.transparency.storage import CHECKPOINT, Storage, statement_path


class Accepted(Protocol):
    """What is needed of an accepted entry."""

    @property
    def entry(self) -> bytes: ...
    @property
    def envelope(self) -> bytes: ...


Source = Callable[[int, int], Sequence[Accepted]]
"""Gives the accepted entries from one number up to, and without, another."""


def shown(storage: Storage) -> bytes | None:
    """The checkpoint as it is shown; None: nothing is."""
    return storage.read(CHECKPOINT)


def claim_of(checkpoint: bytes) -> Checkpoint:
    """What a checkpoint says, whoever signed it. Raises EvidenceError when it is none."""
    return Checkpoint.parse(Note.parse(checkpoint).text)


def root_at(tiles: GrowingTiles, size: int, source: Source) -> bytes:
    """The root once the log has grown to ``size``; nothing is written."""
    tree = tiles.tree()
    for start in range(tiles.size, size, TILE_WIDTH):
        accepted = source(start, min(start + TILE_WIDTH, size))
        tree.extend(b"".join(leaf_hash(one.entry) for one in accepted))
    return tree.root()


def lay(storage: Storage, tiles: GrowingTiles, head: Checkpoint, source: Source) -> None:
    """Write all that a head stands for beyond ``tiles``, which grow with it; not the head itself.

    Raises EvidenceError, before anything is written, when the entries do not lead to
    the root that was signed: they were changed since.
    """
    if root_at(tiles, head.size, source) != head.root:
        raise EvidenceError(
            f"the accepted entries do not lead to the root that was signed for {head.size} of"
            " them; somebody changed them since. Nothing was published."
        )
    before = tiles.size
    for bundle in bundles_between(before, head.size):
        accepted = source(bundle.start, bundle.stop)
        storage.write(bundle.path, encode_bundle(one.entry for one in accepted))
        new = accepted[max(0, tiles.size - bundle.start) :]
        for one in new:
            storage.write(statement_path(log_entries.parse(one.entry).digest), one.envelope)
        for tile, hashes in tiles.extend(b"".join(leaf_hash(one.entry) for one in new)):
            storage.write(tile.path, hashes)
    for tile, hashes in tiles.unfinished(before):
        storage.write(tile.path, hashes)


def show(storage: Storage, checkpoint: bytes) -> None:
    """Show a checkpoint. Lay out first what it stands for."""
    storage.write(CHECKPOINT, checkpoint)
