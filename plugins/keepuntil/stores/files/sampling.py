"""Files that no rule claims: listed folder by folder, a few of them read from the beginning."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from keepuntil.domain.categories import FilesInstance, StoredInstance
from keepuntil.domain.stores import FilesStore
from keepuntil.errors import StoreUnreachable
from keepuntil.stores.files.contents import first_bytes
from keepuntil.stores.files.folders import (
    ABSENT,
    FOLDER_REPLACED,
    Place,
    failure_code,
    open_folder,
    open_root,
)
from keepuntil.stores.files.walking import first_names
from keepuntil.stores.protocol import Sampled
from keepuntil.stores.tree_sampling import MOST_NAMES, Level, TreeSampling


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder tree as a :class:`~keepuntil.stores.tree_sampling.Tree`."""

    place: Place

    def level(self, path: str) -> Level:
        """Links, mounts and what was taken away meanwhile are nothing. Raises StoreUnreachable."""
        fd = open_folder(self.place, os.fsencode(path.rstrip("/")))
        if isinstance(fd, str):
            if fd in (ABSENT, FOLDER_REPLACED):
                return Level((), ())
            raise _closed(fd)
        try:
            folders, files = first_names(fd, MOST_NAMES)
        except OSError as error:
            raise _closed(failure_code(error)) from None
        finally:
            os.close(fd)
        return Level([f"{os.fsdecode(name)}/" for name in folders], list(map(os.fsdecode, files)))

    def head(self, path: str, size: int) -> bytes | None:
        above, _, name = path.rpartition("/")
        fd = open_folder(self.place, os.fsencode(above))
        if isinstance(fd, str):
            return None
        try:
            return first_bytes(fd, os.fsencode(name), size)
        finally:
            os.close(fd)


def _closed(code: str) -> StoreUnreachable:
    return StoreUnreachable(f"A folder cannot be read ({code}).")


def unclaimed(declaration: FilesStore, instances: Sequence[StoredInstance]) -> Iterator[Sampled]:
    """One sample for each place with files that none of the instances claims."""
    claims = [
        (_below(each), None if each.pattern is None else re.compile(each.pattern, re.DOTALL))
        for each in instances
        if isinstance(each, FilesInstance)
    ]

    def claimed(path: str) -> bool:
        return any(
            path.startswith(under) and (pattern is None or pattern.fullmatch(path[len(under) :]))
            for under, pattern in claims
        )

    def wholly(path: str) -> bool:
        return any(path.startswith(under) and pattern is None for under, pattern in claims)

    with open_root(declaration) as place:
        yield from TreeSampling(tree=_Folder(place), claimed=claimed, wholly=wholly).places()


def _below(instance: FilesInstance) -> str:
    parts = [part for part in instance.under.split("/") if part not in ("", ".")]
    return "".join(f"{part}/" for part in parts)
