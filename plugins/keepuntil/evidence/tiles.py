"""Trees in tiles (C2SP tlog-tiles): where a hash stands, and proofs out of few tiles.

A tile is up to 256 hashes of one level, packed. Level 0 holds leaf hashes; each
hash of a higher level is the root over one full tile of the level below. The last
tile of a level may be partial; its width is part of its name, so that an object,
once written, never changes:

    tile/0/000            leaves 0 to 255
    tile/0/001.p/44       leaves 256 to 299
    tile/1/000.p/1        the root over leaves 0 to 255
    tile/entries/000      the entries themselves, each behind its length

Tiles that somebody else keeps are claims. What is computed from them is to be
compared with a signed root: see :mod:`keepuntil.evidence.merkle`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from keepuntil.errors import EvidenceError
from keepuntil.evidence.merkle import (
    HASH_BYTES,
    LARGEST_SIZE,
    Packed,
    Tree,
    consistency_ranges,
    inclusion_ranges,
    subtree_roots,
)

TILE_WIDTH = 256
LARGEST_ENTRY = 65_535
_BITS = 8  # a tile is 2**8 hashes wide
_TILE_BYTES = TILE_WIDTH * HASH_BYTES
_LENGTH_BYTES = 2
_DIGITS = 3
_REMEMBERED = 64

Read = Callable[[str], bytes | None]
"""Gives the object at a path, or None where there is none."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile of hashes."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Where it lies, relative to the log."""
        return f"tile/{self.level}/{_numbered(self.index, self.width)}"


@dataclass(frozen=True, slots=True)
class Bundle:
    """The entries behind one tile of leaf hashes."""

    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Where it lies, relative to the log."""
        return f"tile/entries/{_numbered(self.index, self.width)}"

    @property
    def start(self) -> int:
        """The number of its first entry."""
        return self.index * TILE_WIDTH

    @property
    def stop(self) -> int:
        """One past the number of its last entry."""
        return self.start + self.width


def _numbered(index: int, width: int) -> str:
    """``x001/x234/067``, and the width where the tile is partial."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // _DIGITS) * _DIGITS)
    groups = [digits[at : at + _DIGITS] for at in range(0, len(digits), _DIGITS)]
    path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


def tiles_between(old_size: int, size: int) -> Iterator[Tile]:
    """The tiles of hashes that a tree of ``size`` leaves has and one of ``old_size`` has not."""
    _refuse_sizes(old_size, size)
    level = 0
    while old_size < size:
        for index, width in _rows(old_size, size):
            yield Tile(level, index, width)
        old_size, size, level = old_size >> _BITS, size >> _BITS, level + 1


def bundles_between(old_size: int, size: int) -> Iterator[Bundle]:
    """The bundles of entries that a log of ``size`` has and one of ``old_size`` has not."""
    _refuse_sizes(old_size, size)
    return (Bundle(index, width) for index, width in _rows(old_size, size))


def _rows(old: int, new: int) -> Iterator[tuple[int, int]]:
    if old < new:
        for index in range(old // TILE_WIDTH, -(-new // TILE_WIDTH)):
            yield index, min(TILE_WIDTH, new - index * TILE_WIDTH)


def _refuse_sizes(old_size: int, size: int) -> None:
    if not 0 <= old_size <= size <= LARGEST_SIZE:
        raise EvidenceError(f"a tree of {old_size} leaves does not grow into one of {size}")


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries one after another, each behind its length as two bytes, the larger one first."""
    parts = []
    for entry in entries:
        refuse_large(entry)
        parts.append(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry)
    return b"".join(parts)


def parse_bundle(data: bytes, bundle: Bundle) -> list[bytes]:
    """The entries in a bundle; raise `EvidenceError` unless it holds exactly its number of them."""
    entries = []
    at = 0
    for _ in range(bundle.width):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        if max(start, at) > len(data):
            raise EvidenceError(f"the entries at {bundle.path} are cut off")
        entries.append(data[start:at])
    if at != len(data):
        raise EvidenceError(f"there is more at {bundle.path} than {bundle.width} entries")
    return entries


def refuse_large(entry: bytes) -> None:
    """Raise `EvidenceError` for an entry whose length two bytes cannot say."""
    if len(entry) > LARGEST_ENTRY:
        raise EvidenceError(
            f"a log entry has at most {LARGEST_ENTRY} bytes, and this one has {len(entry)};"
            " log the digest of what is long"
        )


class StoredTree:
    """A tree of ``size`` leaves whose tiles somebody keeps, and the proofs they give.

    A proof for one of ten million leaves takes six tiles at most. The last few tiles read
    are remembered; memory does not grow with the number of proofs.
    """

    def __init__(self, size: int, read: Read) -> None:
        _refuse_sizes(0, size)
        self.size = size
        self._read = read
        self._tiles: dict[Tile, bytes] = {}

    def root(self) -> bytes:
        """The root that the tiles at the right edge give."""
        return self._subtree(0, self.size)

    def inclusion_proof(self, index: int) -> list[bytes]:
        """Hashes from the leaf to the root (RFC 9162 section 2.1.3.1)."""
        return [self._subtree(*one) for one in inclusion_ranges(index, self.size)]

    def consistency_proof(self, old_size: int) -> list[bytes]:
        """Hashes showing that the old tree is a prefix (RFC 9162 section 2.1.4.1)."""
        return [self._subtree(*one) for one in consistency_ranges(old_size, self.size)]

    def leaf(self, index: int) -> bytes:
        """The hash of one leaf."""
        inclusion_ranges(index, self.size)
        return self._subtree(index, index + 1)

    def unfinished(self, level: int) -> bytes:
        """The hashes of the partial tile at the end of a level; empty where its tiles are full."""
        count = self.size >> _BITS * level
        return self._tile(level, count // TILE_WIDTH) if count % TILE_WIDTH else b""

    def _subtree(self, start: int, stop: int) -> bytes:
        """Root over leaves start..stop-1; start is a multiple of the subtree's full width."""
        tree = Tree()
        for level in range(((stop - start).bit_length() - 1) // _BITS, -1, -1):
            first, last = start >> _BITS * level, stop >> _BITS * level
            if first < last:
                # Aligned as it is, and smaller than the next level's unit, it is in one tile.
                at = first % TILE_WIDTH * HASH_BYTES
                tile = self._tile(level, first // TILE_WIDTH)
                tree.graft(tile[at : at + (last - first) * HASH_BYTES], _BITS * level)
                start = last << _BITS * level
        return tree.root()

    def _tile(self, level: int, index: int) -> bytes:
        width = min(TILE_WIDTH, (self.size >> _BITS * level) - index * TILE_WIDTH)
        tile = Tile(level, index, width)
        hashes = self._tiles.get(tile)
        if hashes is None:
            hashes = read_tile(tile, self._read)
            if len(self._tiles) >= _REMEMBERED:
                del self._tiles[next(iter(self._tiles))]
            self._tiles[tile] = hashes
        return hashes


def read_tile(tile: Tile, read: Read) -> bytes:
    """The hashes of a tile: from itself, or from the full one a log may have kept instead.

    Raises `EvidenceError` when neither is there, or when it is of another length.
    """
    expected = tile.width * HASH_BYTES
    hashes = read(tile.path)
    if hashes is None and tile.width < TILE_WIDTH:
        hashes = read(Tile(tile.level, tile.index).path)
        if hashes is not None and len(hashes) == _TILE_BYTES:
            return hashes[:expected]
    if hashes is None:
        raise EvidenceError(f"the log lacks its tile {tile.path}")
    if len(hashes) != expected:
        raise EvidenceError(
            f"the tile {tile.path} has {len(hashes)} bytes where {expected} are expected"
        )
    return hashes


class GrowingTiles:
    """A tree that grows at its right edge and says which tiles it fills.

    Holds the unfinished tile of each level, at most 8 KiB each.
    """

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[bytes] = []

    @classmethod
    def resume(cls, size: int, root: bytes, read: Read) -> "GrowingTiles":
        """Go on where stored tiles end.

        Raises `EvidenceError` unless they lead to ``root``: a log must not sign
        what somebody made of its tiles.
        """
        stored = StoredTree(size, read)
        if stored.root() != root:
            raise EvidenceError(
                f"the stored tiles do not lead to the root that was signed for {size} leaves"
            )
        tiles = cls()
        tiles.size = size
        tiles._edge = [stored.unfinished(level) for level in range(_levels(size))]
        return tiles

    def extend(self, leaves: Packed) -> list[tuple[Tile, bytes]]:
        """Add packed leaf hashes; the tiles that are full now."""
        filled = []
        before, level, hashes = self.size, 0, bytes(leaves)
        if len(hashes) % HASH_BYTES:
            raise EvidenceError(f"packed hashes end in the middle of one: {len(hashes)} bytes")
        self.size += len(hashes) // HASH_BYTES
        while hashes:
            if level == len(self._edge):
                self._edge.append(b"")
            hashes = self._edge[level] + hashes
            full = len(hashes) - len(hashes) % _TILE_BYTES
            self._edge[level] = hashes[full:]
            before >>= _BITS
            for number, at in enumerate(range(0, full, _TILE_BYTES), before):
                filled.append((Tile(level, number), hashes[at : at + _TILE_BYTES]))
            hashes = subtree_roots(hashes[:full], _BITS)
            level += 1
        return filled

    def unfinished(self, since: int = 0) -> list[tuple[Tile, bytes]]:
        """The partial tiles at the edge that a tree of ``since`` leaves did not have."""
        wanted = {tile for tile in tiles_between(since, self.size) if tile.width < TILE_WIDTH}
        edge = [
            (Tile(level, (self.size >> _BITS * level) // TILE_WIDTH, len(held) // HASH_BYTES), held)
            for level, held in enumerate(self._edge)
            if held
        ]
        return [(tile, hashes) for tile, hashes in edge if tile in wanted]

    def tree(self) -> Tree:
        """The tree as it is now, to go on with by itself."""
        tree = Tree()
        for level in range(len(self._edge) - 1, -1, -1):
            tree.graft(self._edge[level], _BITS * level)
        return tree

    def root(self) -> bytes:
        """The root over all leaves so far."""
        return self.tree().root()


def _levels(size: int) -> int:
    """How many levels of tiles a tree has."""
    return -(-size.bit_length() // _BITS)
