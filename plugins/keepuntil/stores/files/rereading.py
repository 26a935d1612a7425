"""The second look: what is left under a name, and whether it is as it was. Reads only."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

from keepuntil.domain.items import Key
from keepuntil.stores.files.contents import digest_of
from keepuntil.stores.files.folders import ABSENT, Place, failure_code, open_folder
from keepuntil.stores.files.naming import path_of

T = TypeVar("T")


def remains(place: Place, keys: Sequence[Key]) -> list[int]:
    """1 where anything stands under the name, or nobody can say; 0 only where absence was seen."""
    return _asked(
        place,
        keys,
        lambda fd, name: int(_status(fd, name) != ABSENT),
        lambda code: int(code != ABSENT),
    )


def fingerprints(place: Place, keys: Sequence[Key], *, contents: bool) -> list[str | None]:
    """A digest of inode, size and time of last writing, and of the contents where asked."""

    def look(fd: int, name: bytes) -> str | None:
        status = _status(fd, name)
        if status == ABSENT:
            return None
        digest = hashlib.sha256(_state(status).encode("ascii"))
        if contents and not isinstance(status, str) and stat.S_ISREG(status.st_mode):
            digest.update(_contents(fd, name).encode("ascii"))
        return digest.hexdigest()

    return _asked(place, keys, look, lambda code: None if code == ABSENT else _unknown(code))


def _asked(
    place: Place,
    keys: Sequence[Key],
    look: Callable[[int, bytes], T],
    without_folder: Callable[[str], T],
) -> list[T]:
    """Answers in the order of the keys; neighbouring keys of one folder share one opening."""
    answers: list[T] = []
    split = (path_of(key).rpartition(b"/") for key in keys)
    for folder, paths in groupby(split, key=itemgetter(0)):
        opened = open_folder(place, folder)
        if isinstance(opened, str):
            answers += [without_folder(opened) for _ in paths]
            continue
        try:
            answers += [look(opened, name) for _, _, name in paths]
        finally:
            os.close(opened)
    return answers


def _status(fd: int, name: bytes) -> os.stat_result | str:
    try:
        return os.stat(name, dir_fd=fd, follow_symlinks=False)
    except OSError as error:
        return failure_code(error)


def _state(status: os.stat_result | str) -> str:
    if isinstance(status, str):
        return status
    kind = stat.S_IFMT(status.st_mode)
    return f"{kind}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"


def _contents(fd: int, name: bytes) -> str:
    try:
        return digest_of(fd, name)[0]
    except OSError as error:
        return failure_code(error)


def _unknown(code: str) -> str:
    return hashlib.sha256(code.encode("ascii")).hexdigest()
