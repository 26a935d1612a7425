"""A log in a folder: each object a file, put in place by one rename.

What an attacker gains who can write here: he can damage or remove what is shown, and
whoever follows the log sees it; the register can lay it out again.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from keepuntil.errors import EvidenceError, StoreError
from keepuntil.transparency.storage import LARGEST_OBJECT


class FolderStorage:
    """Files below a folder, which is made on the first write."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __str__(self) -> str:
        return str(self._root)

    def read(self, path: str) -> bytes | None:
        """See :class:`~keepuntil.transparency.storage.Storage`."""
        place = self._place(path)
        try:
            with place.open("rb") as file:
                content = file.read(LARGEST_OBJECT + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StoreError(f"The log's file {place} cannot be read: {error.strerror}.") from None
        if len(content) > LARGEST_OBJECT:
            raise EvidenceError(
                f"the log's file {place} has more than the {LARGEST_OBJECT} bytes that are read"
            )
        return content

    def write(self, path: str, content: bytes) -> None:
        """See :class:`~keepuntil.transparency.storage.Storage`.

        A crash leaves the old file or the new one, and beside it at most one scratch
        file, which the next write to this path uses again.
        """
        place = self._place(path)
        scratch = place.with_name(f".{place.name}.part")
        try:
            self._make_folders(place.parent)
            _write_through(scratch, content)
            scratch.replace(place)
            _sync(place.parent)
        except OSError as error:
            raise StoreError(
                f"The log's file {place} cannot be written: {error.strerror}."
            ) from None

    def _place(self, path: str) -> Path:
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts:
            raise EvidenceError("a path in a log leads to below the log, and nowhere else")
        return self._root.joinpath(*parts)

    def _make_folders(self, folder: Path) -> None:
        missing = [folder] if not folder.exists() else []
        while missing and not missing[-1].parent.exists():
            missing.append(missing[-1].parent)
        for one in reversed(missing):
            one.mkdir(exist_ok=True)
            # A folder whose name is not on disk takes its files with it.
            _sync(one.parent)


def _write_through(scratch: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(scratch, flags, 0o644), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
