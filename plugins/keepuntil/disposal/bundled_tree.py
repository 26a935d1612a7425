"""The run tree inside a bundle: any entry, and its way to the root, in a few reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from keepuntil.disposal.bundling import INDEX_EVERY
from keepuntil.errors import EvidenceError
from keepuntil.evidence import leaves, note
from keepuntil.evidence.leaves import LeafEntry
from keepuntil.evidence.packed_tree import tile_reader
from keepuntil.evidence.tiles import StoredTree
from keepuntil.evidence.tlog_proof import TlogProof


class BundledTree:
    """A bundle's run tree: any entry and its way to the root, in a few reads."""

    def __init__(
        self, checkpoint: bytes, entries: BinaryIO, index: BinaryIO, levels: dict[str, BinaryIO]
    ) -> None:
        self._checkpoint = checkpoint
        self._entries = entries
        self._index = index
        self.size = note.Checkpoint.parse(note.Note.parse(checkpoint).text).size
        self._tree = StoredTree(self.size, tile_reader(levels))

    @classmethod
    @contextmanager
    def open(cls, bundle: Path) -> Iterator[BundledTree]:
        """Raises EvidenceError when the bundle is not whole."""
        folder = bundle / "run"
        with ExitStack() as files:
            try:
                entries = files.enter_context((folder / "entries").open("rb"))
                index = files.enter_context((folder / "entries.index").open("rb"))
                levels: dict[str, BinaryIO] = {
                    path.name: files.enter_context(path.open("rb"))
                    for path in (folder / "tree").iterdir()
                }
                checkpoint = (folder / "checkpoint").read_bytes()
            except OSError as error:
                raise EvidenceError(
                    f"The bundle {bundle.name} is not whole ({type(error).__name__})."
                ) from None
            yield cls(checkpoint, entries, index, levels)

    def entry(self, number: int) -> bytes:
        """The bytes of an entry."""
        self._index.seek(number // INDEX_EVERY * 8)
        self._entries.seek(int.from_bytes(self._index.read(8), "big"))
        for _ in range(number % INDEX_EVERY):
            self._entries.seek(int.from_bytes(self._entries.read(leaves.LENGTH_BYTES), "big"), 1)
        length = int.from_bytes(self._entries.read(leaves.LENGTH_BYTES), "big")
        return self._entries.read(length)

    def leaves(self, start: int, most: int) -> list[LeafEntry]:
        """At most so many entries from a number on, read strictly. Raises EvidenceError."""
        numbers = range(start, min(start + most, self.size))
        return [leaves.parse_entry(self.entry(number), f"entry {number}") for number in numbers]

    def proof(self, number: int) -> TlogProof:
        """The way from an entry to the root that was certified."""
        return TlogProof(number, tuple(self._tree.inclusion_proof(number)), self._checkpoint)
