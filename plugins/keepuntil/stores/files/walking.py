"""One order for every file of a tree, in memory that does not grow with the tree.

Paths are ordered component by component, each by its bytes: ``a/z`` comes before ``a.b``,
whatever the locale. Folders are read one at a time; a folder too large to hold is read
several times, a window of its names at a time, so that nothing is ever spilled to disk.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

from keepuntil.stores.files.folders import (
    ABSENT,
    FOLDER_REPLACED,
    OPEN_FOLDER,
    Place,
    failure_code,
)

WINDOW: Final = 100_000
"""Names of one folder held at once."""

DEEPEST: Final = 200
"""Folders open at once on the way down; far below the usual limit of open files."""

SNAPSHOT_FOLDERS: Final = frozenset(
    {b".snapshot", b".snapshots", b".snap", b".zfs", b"#snapshot", b"~snapshot"}
)
"""Read-only copies that file systems show inside the tree, each as a device of its own.

A folder that merely has such a name is a folder like any other: nothing hides in it.
"""


class Odd(StrEnum):
    """What lies in a tree and is no file of ours. Never touched, always counted."""

    LINK = "symbolic links"
    SPECIAL = "sockets, pipes or devices"
    MOUNT = "mount points"
    SNAPSHOTS = "snapshot folders"


class _Kind(IntEnum):
    FILE = 0
    FOLDER = 1
    LINK = 2
    SPECIAL = 3


Unreadable = Callable[[int, str], None]
"""Told the inode number of a folder that cannot be read, and why. The name stays private."""


@dataclass(slots=True)
class _Level:
    fd: int
    prefix: bytes
    entries: Iterator[tuple[bytes, _Kind]]


@dataclass(slots=True, kw_only=True)
class Walk:
    """A walk over the regular files of a place."""

    place: Place
    unreadable: Unreadable
    window: int = WINDOW
    odd: Counter[Odd] = field(default_factory=Counter)
    folders: int = 0

    def files(self) -> Iterator[tuple[int, bytes, bytes]]:
        """For each file: its open folder, its path below the place, and its name, in order.

        The descriptor is valid until the next step.
        """
        stack = [self._level(os.dup(self.place.fd), b"")]
        try:
            while stack:
                level = stack[-1]
                for name, kind in level.entries:
                    if kind is _Kind.FILE:
                        yield level.fd, level.prefix + name, name
                    elif kind is _Kind.FOLDER:
                        below = self._enter(level, name, len(stack))
                        if below is not None:
                            stack.append(below)
                            break
                    else:
                        self.odd[Odd.LINK if kind is _Kind.LINK else Odd.SPECIAL] += 1
                else:
                    os.close(stack.pop().fd)
        finally:
            for level in stack:
                os.close(level.fd)

    def _enter(self, level: _Level, name: bytes, depth: int) -> _Level | None:
        if depth >= DEEPEST:
            self.unreadable(_inode(level.fd, name), f"deeper_than_{DEEPEST}_folders")
            return None
        try:
            fd = os.open(name, OPEN_FOLDER, dir_fd=level.fd)
        except OSError as error:
            self._not_entered(level.fd, name, failure_code(error))
            return None
        if self.place.holds(fd):
            return self._level(fd, level.prefix + name + b"/")
        os.close(fd)
        self.odd[Odd.SNAPSHOTS if name in SNAPSHOT_FOLDERS else Odd.MOUNT] += 1
        return None

    def _not_entered(self, fd: int, name: bytes, code: str) -> None:
        """Removed or swapped since its name was read: no folder any more. Else: unknown."""
        if code == FOLDER_REPLACED:
            self.odd[Odd.LINK] += 1
        elif code != ABSENT:
            self.unreadable(_inode(fd, name), code)

    def _level(self, fd: int, prefix: bytes) -> _Level:
        self.folders += 1
        return _Level(fd, prefix, self._entries(fd))

    def _entries(self, fd: int) -> Iterator[tuple[bytes, _Kind]]:
        try:
            os.stat(b".", dir_fd=fd)  # a folder that lists its names may still not be searched
            yield from _sorted_entries(fd, self.window)
        except OSError as error:
            # Not searchable, or the disk failed half-way: what is missing is unknown.
            self.unreadable(os.fstat(fd).st_ino, failure_code(error))


def first_names(fd: int, most: int) -> tuple[list[bytes], list[bytes]]:
    """Folders and regular files directly in an open folder: the first of them, in byte order.

    Raises OSError.
    """
    chosen, _ = _smallest(fd, None, most)
    return (
        [name for name, kind in chosen if kind is _Kind.FOLDER],
        [name for name, kind in chosen if kind is _Kind.FILE],
    )


def _sorted_entries(fd: int, window: int) -> Iterator[tuple[bytes, _Kind]]:
    after: bytes | None = None
    while True:
        chosen, more = _smallest(fd, after, window)
        yield from chosen
        if not more:
            return
        after = chosen[-1][0]


def _smallest(fd: int, after: bytes | None, window: int) -> tuple[list[tuple[bytes, _Kind]], bool]:
    """The first ``window`` entries beyond ``after`` in byte order, and whether more follow."""
    chosen: list[tuple[bytes, _Kind]] = []
    bound: bytes | None = None
    with os.scandir(fd) as entries:
        for entry in entries:
            name = os.fsencode(entry.name)
            if (after is not None and name <= after) or (bound is not None and name > bound):
                continue
            chosen.append((name, _kind(entry)))
            if len(chosen) > 2 * window:
                chosen.sort()
                del chosen[window:]
                bound = chosen[-1][0]
    chosen.sort()
    more = bound is not None or len(chosen) > window
    del chosen[window:]
    return chosen, more


def _kind(entry: os.DirEntry[str]) -> _Kind:
    if entry.is_file(follow_symlinks=False):
        return _Kind.FILE
    if entry.is_dir(follow_symlinks=False):
        return _Kind.FOLDER
    return _Kind.LINK if entry.is_symlink() else _Kind.SPECIAL


def _inode(fd: int, name: bytes) -> int:
    try:
        return os.stat(name, dir_fd=fd, follow_symlinks=False).st_ino
    except OSError:
        return os.fstat(fd).st_ino
