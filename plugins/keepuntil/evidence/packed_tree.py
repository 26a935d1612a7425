"""A large tree in few files: each level of its tiles packed into one.

    level-0    leaf hashes, 32 bytes each
    level-1    the root over each 256 of level-0
    level-2    the root over each 256 of level-1, and so on

The hashes are those of C2SP tlog-tiles (:mod:`keepuntil.evidence.tiles`), in the same
order; a run of ten million records is three files instead of forty thousand. A partial
tile at the end of a level is just a shorter file.
"""

import re
from collections.abc import Callable, Mapping
from typing import BinaryIO, Final

from keepuntil.errors import EvidenceError
from keepuntil.evidence.merkle import HASH_BYTES, Packed, Tree
from keepuntil.evidence.tiles import TILE_WIDTH, GrowingTiles, Read

_TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES
_PATH: Final = re.compile(r"tile/([0-9]{1,2})/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([0-9]{1,3}))?")


def level_name(level: int) -> str:
    """The name of a level's file."""
    return f"level-{level}"


class PackedWriter:
    """Grows a tree and writes its levels; :meth:`finish` writes what is not full yet."""

    def __init__(self, open_level: Callable[[str], BinaryIO]) -> None:
        self._open = open_level
        self._files: list[BinaryIO] = []
        self._tiles = GrowingTiles()

    def extend(self, leaves: Packed) -> None:
        """Add packed leaf hashes, from left to right."""
        for tile, hashes in self._tiles.extend(leaves):
            self._level(tile.level).write(hashes)

    def finish(self) -> Tree:
        """Write the unfinished tile of each level and give the whole tree."""
        for tile, hashes in self._tiles.unfinished():
            self._level(tile.level).write(hashes)
        return self._tiles.tree()

    def _level(self, level: int) -> BinaryIO:
        while len(self._files) <= level:
            self._files.append(self._open(level_name(len(self._files))))
        return self._files[level]


def tile_reader(levels: Mapping[str, BinaryIO]) -> Read:
    """Tiles out of packed levels, for :class:`~keepuntil.evidence.tiles.StoredTree`."""

    def read(path: str) -> bytes | None:
        match = _PATH.fullmatch(path)
        if match is None:
            raise EvidenceError(f"{path[:80]!r} is not the path of a tile")
        level, numbered, width = match.groups()
        file = levels.get(level_name(int(level)))
        if file is None:
            return None
        index = int(numbered.replace("x", "").replace("/", ""))
        file.seek(index * _TILE_BYTES)
        return file.read(int(width or TILE_WIDTH) * HASH_BYTES) or None

    return read
