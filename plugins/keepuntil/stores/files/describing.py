"""The folder as it is, compared with what the rule says of it. Reads only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from keepuntil.domain.categories import FilesInstance, Rule
from keepuntil.domain.stores import FilesStore
from keepuntil.errors import StoreMismatch, StoreUnreachable
from keepuntil.stores.files.folders import Place, mount_id, open_place
from keepuntil.stores.files.naming import Naming, named
from keepuntil.stores.files.volumes import volume_of, warnings_of
from keepuntil.stores.files.walking import SNAPSHOT_FOLDERS, Odd, Walk
from keepuntil.stores.protocol import Description

SHOWN: Final = 5
"""Unreadable folders named one by one; the rest are counted."""

_MEANING: Final = {
    Odd.LINK: "never followed and never removed; what they point to is not covered",
    Odd.SPECIAL: "no regular files; never touched",
    Odd.MOUNT: "not crossed; what lies on those volumes needs an instance of its own",
    Odd.SNAPSHOTS: "not entered; copies in them stay until the file system ages them out",
}


def describe(declaration: FilesStore, rule: Rule, instance: FilesInstance) -> Description:
    """Count the instance's files and say what stands in the way of a truthful purge."""
    try:
        naming = Naming.of(rule, instance)
        with open_place(declaration, instance) as place:
            return _walked(place, naming, instance)
    except (StoreMismatch, StoreUnreachable) as error:
        return Description(total=None, problems=(error.sentence,), warnings=())


def _walked(place: Place, naming: Naming, instance: FilesInstance) -> Description:
    unreadable: list[tuple[int, str]] = []
    walk = Walk(place=place, unreadable=lambda inode, code: unreadable.append((inode, code)))
    files = total = 0
    for _, path, _ in walk.files():
        files += 1
        total += naming.belongs(named(path)[1])
    return Description(
        total=None if unreadable else total,
        problems=tuple(_unreadable(instance, unreadable)),
        warnings=tuple(
            f"Instance {instance.id}: {warning}."
            for warning in (
                *_oddities(walk),
                *(() if walk.odd[Odd.SNAPSHOTS] else _hidden_snapshots(place)),
                *_emptiness(files),
                *warnings_of(volume_of(mount_id(place.fd))),
            )
        ),
    )


def _unreadable(instance: FilesInstance, folders: list[tuple[int, str]]) -> Iterator[str]:
    for inode, code in folders[:SHOWN]:
        yield (
            f"Instance {instance.id}: the folder with inode {inode} cannot be read ({code}), so "
            f"what is due in it is unknown; `find FOLDER -inum {inode}` shows which it is."
        )
    if len(folders) > SHOWN:
        yield f"Instance {instance.id}: {len(folders) - SHOWN} more folders cannot be read."


def _oddities(walk: Walk) -> Iterator[str]:
    for odd, count in sorted(walk.odd.items()):
        yield f"{count} {odd.value} below the folder: {_MEANING[odd]}"


def _hidden_snapshots(place: Place) -> Iterator[str]:
    """Some filers answer to the name of their snapshot folder without ever listing it."""
    for name in sorted(SNAPSHOT_FOLDERS):
        try:
            status = os.stat(name, dir_fd=place.fd, follow_symlinks=False)
        except OSError:
            continue
        if status.st_dev != place.device:
            yield f"the file system keeps snapshots ({name.decode()}): {_MEANING[Odd.SNAPSHOTS]}"


def _emptiness(files: int) -> Iterator[str]:
    if not files:
        yield "no file at all lies below the folder; is its volume mounted?"
