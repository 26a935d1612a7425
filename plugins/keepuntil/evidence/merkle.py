"""Merkle trees of RFC 9162 section 2.1 (the same as RFC 6962): grow, prove, verify.

A tree over n leaves is grown from left to right and remembers only the roots of
its complete subtrees, one for each bit set in n. Hashes that travel together are
*packed*: 32 bytes after 32 bytes, no separators.
"""

from collections.abc import Sequence
from hashlib import sha256
from os import SEEK_END
from struct import iter_unpack
from typing import BinaryIO

from keepuntil.errors import EvidenceError

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
LARGEST_SIZE = 2**63 - 1

# Copying a hash state that has already seen the prefix beats joining bytes.
_LEAF = sha256(b"\x00")
_NODE = sha256(b"\x01")
_PIECE = 1 << 14  # leaves worked on at once: half a megabyte
_TILE_LEVEL = 8  # a tile covers 2**8 leaves, as in C2SP tlog-tiles
_TILE = 1 << _TILE_LEVEL

Packed = bytes | bytearray | memoryview


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry)."""
    state = _LEAF.copy()
    state.update(entry)
    return state.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    state = _NODE.copy()
    state.update(left + right)
    return state.digest()


def _parents(hashes: Packed) -> bytes:
    """Hash each packed pair of children into its parent."""
    copy = _NODE.copy
    parents = []
    for (pair,) in iter_unpack("64s", hashes):
        state = copy()
        state.update(pair)
        parents.append(state.digest())
    return b"".join(parents)


def subtree_roots(hashes: Packed, height: int) -> bytes:
    """Packed roots of the complete subtrees that each ``2**height`` of the hashes span.

    Raises `EvidenceError` when the last subtree is not complete.
    """
    if _count(len(hashes)) % (1 << height):
        raise EvidenceError(f"the hashes do not fill whole subtrees of {1 << height}")
    level = bytes(hashes)
    for _ in range(height):
        level = _parents(level)
    return level


class Tree:
    """A tree that grows at its right edge, in memory proportional to log n."""

    __slots__ = ("_edge", "_size")

    def __init__(self) -> None:
        self._size = 0
        # _edge[k] is the root of the complete subtree of 2**k leaves that is not
        # yet part of a larger one, or b"" where the size has no such bit.
        self._edge: list[bytes] = []

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        if len(leaf) != HASH_BYTES:
            raise EvidenceError(f"a leaf hash has {HASH_BYTES} bytes, not {len(leaf)}")
        self.extend(leaf)

    def extend(self, leaves: Packed) -> None:
        """Add packed leaf hashes, from left to right."""
        self.graft(leaves, 0)

    def graft(self, roots: Packed, level: int) -> None:
        """Add packed roots of complete subtrees of ``2**level`` leaves each.

        Raises `EvidenceError` when the tree does not end on a boundary of that level.
        """
        view = memoryview(roots)
        count = _count(len(view))
        if self._size % (1 << level):
            raise EvidenceError(
                f"a tree of {self._size} leaves cannot take whole subtrees of {1 << level}"
            )
        for start in range(0, count, _PIECE):
            self._grow(bytes(view[start * HASH_BYTES : (start + _PIECE) * HASH_BYTES]), level)
        self._size += count << level

    def _grow(self, hashes: bytes, level: int) -> None:
        edge = self._edge
        while hashes:
            edge.extend(b"" for _ in range(len(edge), level + 1))
            hashes = edge[level] + hashes
            odd = len(hashes) // HASH_BYTES & 1
            edge[level] = hashes[-HASH_BYTES:] if odd else b""
            hashes = _parents(memoryview(hashes)[: len(hashes) - odd * HASH_BYTES])
            level += 1

    def root(self) -> bytes:
        """The Merkle tree hash of all leaves so far; of no leaves, SHA-256 of nothing."""
        root = b""
        for subtree in self._edge:
            if subtree:
                root = node_hash(subtree, root) if root else subtree
        return root or EMPTY_ROOT

    def frontier(self) -> bytes:
        """What :meth:`resume` needs beside the size: packed subtree roots, largest first."""
        return b"".join(reversed(self._edge))

    @classmethod
    def resume(cls, size: int, frontier: Packed) -> "Tree":
        """Go on with a tree of ``size`` leaves where :meth:`frontier` was taken."""
        if not 0 <= size <= LARGEST_SIZE:
            raise EvidenceError(f"a tree cannot have {size} leaves")
        if len(frontier) != size.bit_count() * HASH_BYTES:
            raise EvidenceError(
                f"the frontier of {size} leaves has {size.bit_count()} hashes, each of 32 bytes"
            )
        tree = cls()
        tree._size = size
        stop = len(frontier)
        for level in range(size.bit_length()):
            held = size >> level & 1
            tree._edge.append(bytes(frontier[stop - held * HASH_BYTES : stop]))
            stop -= held * HASH_BYTES
        return tree


def _count(length: int) -> int:
    count, rest = divmod(length, HASH_BYTES)
    if rest:
        raise EvidenceError(f"packed hashes end in the middle of one: {length} bytes")
    return count


def _length(file: BinaryIO) -> int:
    file.seek(0, SEEK_END)
    return file.tell()


class LeafHashes:
    """Packed leaf hashes at rest, in memory or in a file, and the proofs they give.

    The roots of full tiles of 256 leaves are computed once, on the first proof
    (n/8 bytes of memory); every further proof reads at most one tile.
    """

    def __init__(self, source: Packed | BinaryIO) -> None:
        self._source = source
        self._tiles: bytes | None = None
        self.size = _count(len(source) if isinstance(source, Packed) else _length(source))

    def root(self, size: int | None = None) -> bytes:
        """Root over the first ``size`` leaves (all of them when not given)."""
        return self._subtree(0, self._size(size))

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Hashes from the leaf to the root (RFC 9162 section 2.1.3.1)."""
        ranges = inclusion_ranges(index, self._size(size))
        return [self._subtree(start, stop) for start, stop in ranges]

    def consistency_proof(self, old_size: int, size: int | None = None) -> list[bytes]:
        """Hashes showing that the old tree is a prefix (RFC 9162 section 2.1.4.1)."""
        ranges = consistency_ranges(old_size, self._size(size))
        return [self._subtree(start, stop) for start, stop in ranges]

    def _size(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise EvidenceError(f"there are {self.size} leaf hashes, so none of a tree of {size}")
        return size

    def _subtree(self, start: int, stop: int) -> bytes:
        """Root over leaves start..stop-1; start is a multiple of the subtree's width."""
        tree = Tree()
        full = start
        if stop - start >= _TILE:
            full = stop - stop % _TILE
            tiles = self._tile_roots()
            tree.graft(
                memoryview(tiles)[start // _TILE * HASH_BYTES : full // _TILE * HASH_BYTES],
                _TILE_LEVEL,
            )
        tree.extend(self._read(full, stop))
        return tree.root()

    def _tile_roots(self) -> bytes:
        if self._tiles is None:
            roots = []
            full = self.size - self.size % _TILE
            for start in range(0, full, _PIECE):
                piece = self._read(start, min(start + _PIECE, full))
                roots.append(subtree_roots(piece, _TILE_LEVEL))
            self._tiles = b"".join(roots)
        return self._tiles

    def _read(self, start: int, stop: int) -> bytes:
        if isinstance(self._source, Packed):
            return bytes(self._source[start * HASH_BYTES : stop * HASH_BYTES])
        self._source.seek(start * HASH_BYTES)
        hashes = self._source.read((stop - start) * HASH_BYTES)
        if len(hashes) != (stop - start) * HASH_BYTES:
            raise EvidenceError(
                f"the file of leaf hashes became shorter while it was read, before leaf {stop}"
            )
        return hashes


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The subtrees, as first leaf and one past the last, whose roots prove leaf ``index``.

    In the order of the proof: from the leaf to the root (RFC 9162 section 2.1.3.1).
    """
    low, high = 0, size
    if not 0 <= index < high:
        raise EvidenceError(f"there is no leaf {index} in a tree of {high} leaves")
    ranges = []
    while high - low > 1:
        middle = low + _left_size(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return ranges[::-1]


def consistency_ranges(old_size: int, size: int) -> list[tuple[int, int]]:
    """The subtrees whose roots prove the old tree a prefix (RFC 9162 section 2.1.4.1)."""
    low, high = 0, size
    if not 0 < old_size <= high:
        raise EvidenceError(
            f"a tree of {high} leaves cannot be proven consistent with one of {old_size}"
        )
    ranges = []
    while old_size != high:
        middle = low + _left_size(high - low)
        if old_size <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    if low:
        ranges.append((low, high))
    return ranges[::-1]


def _left_size(size: int) -> int:
    """The largest power of two smaller than ``size``."""
    return 1 << (size - 1).bit_length() - 1


def verify_inclusion(
    *, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that ``leaf`` is leaf ``index`` of the tree (RFC 9162 section 2.1.3.2).

    Raises `EvidenceError` unless the proof leads from the leaf hash to the root
    and every hash of it was needed.
    """
    if not 0 <= index < size <= LARGEST_SIZE:
        raise EvidenceError(f"there is no leaf {index} in a tree of {size} leaves")
    _refuse_lengths(leaf, root, *proof)
    position, last = index, size - 1
    reached = leaf
    for sibling in proof:
        if last == 0:
            raise EvidenceError("the inclusion proof is longer than the way to the root")
        if position & 1 or position == last:
            reached = node_hash(sibling, reached)
            position, last = _skip_missing_siblings(position, last)
        else:
            reached = node_hash(reached, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise EvidenceError("the inclusion proof ends before the root")
    if reached != root:
        raise EvidenceError(
            f"the inclusion proof of leaf {index} leads to another root than that of the tree"
        )


def _skip_missing_siblings(position: int, last: int) -> tuple[int, int]:
    """At the right edge a subtree without a sibling rises unchanged."""
    while position and not position & 1:
        position, last = position >> 1, last >> 1
    return position, last


def verify_consistency(
    *, old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the old tree is a prefix of the tree (RFC 9162 section 2.1.4.2).

    Raises `EvidenceError` otherwise, and for an old size of zero: everything is
    consistent with nothing, so such a proof would prove nothing.
    """
    if not 0 < old_size <= size <= LARGEST_SIZE:
        raise EvidenceError(
            f"a tree of {size} leaves cannot be proven consistent with one of {old_size}"
        )
    _refuse_lengths(old_root, root, *proof)
    if old_size == size:
        if proof or old_root != root:
            raise EvidenceError(f"two different trees of {size} leaves are shown as the same")
        return
    hashes = list(proof)
    if old_size & old_size - 1 == 0:
        # A complete old tree is itself a subtree of the new one.
        hashes.insert(0, old_root)
    if not hashes:
        raise EvidenceError("the consistency proof is empty")
    _climb(hashes, old_size, size, old_root, root)


def _climb(hashes: Sequence[bytes], old_size: int, size: int, old_root: bytes, root: bytes) -> None:
    position, last = old_size - 1, size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old_reached = reached = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise EvidenceError("the consistency proof is longer than the way to the root")
        if position & 1 or position == last:
            old_reached = node_hash(sibling, old_reached)
            reached = node_hash(sibling, reached)
            position, last = _skip_missing_siblings(position, last)
        else:
            reached = node_hash(reached, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise EvidenceError("the consistency proof ends before the root")
    if old_reached != old_root:
        raise EvidenceError(
            f"the consistency proof does not lead to the old root, of {old_size} leaves"
        )
    if reached != root:
        raise EvidenceError(
            f"the consistency proof does not lead to the new root, of {size} leaves"
        )


def _refuse_lengths(*hashes: bytes) -> None:
    for found in hashes:
        if len(found) != HASH_BYTES:
            raise EvidenceError(f"a hash has {len(found)} bytes where {HASH_BYTES} are expected")
