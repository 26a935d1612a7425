"""Folders opened by descriptor: what keeps every step inside the tree that was declared.

Each component of a path is opened relative to the folder above it and never through a
symbolic link, so a folder swapped for a link between two steps leads nowhere. A path is
never handed to the system as one string.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from keepuntil.domain.categories import FilesInstance
from keepuntil.domain.stores import FilesStore
from keepuntil.errors import StoreError, StoreMismatch, StoreUnreachable

OPEN_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

ABSENT: Final = "absent"
FOLDER_REPLACED: Final = "folder_replaced"
"""A link, a mount or another kind of entry stands where the folder was."""

_CODES: Final = {
    errno.ENOENT: ABSENT,
    errno.ENOTDIR: FOLDER_REPLACED,
    errno.ELOOP: FOLDER_REPLACED,
    errno.EACCES: "permission_denied",
    errno.EPERM: "permission_denied",
    errno.EROFS: "read_only_file_system",
    errno.EBUSY: "busy",
    errno.ETXTBSY: "busy",
    errno.EIO: "input_output_error",
    errno.ESTALE: "stale_handle",
    errno.ENOSPC: "no_space",
    errno.EDQUOT: "no_space",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The open folder of an instance, and how to tell whether another folder belongs to it."""

    fd: int
    device: int
    mount: int | None
    """Kernel's number of the mount; None where the system does not say."""
    volume: str
    """Survives a restart, changes when another volume (or none) is mounted here."""

    def holds(self, fd: int) -> bool:
        """False when a mount point lies between this folder and the open one."""
        return os.fstat(fd).st_dev == self.device and mount_id(fd) == self.mount


@contextmanager
def open_place(declaration: FilesStore, instance: FilesInstance) -> Iterator[Place]:
    """Open an instance's folder.

    The root's last component and every component of ``under`` must be real folders;
    what lies above the root is the operator's and may be anything.

    Raises StoreUnreachable (missing, unreadable), StoreMismatch (a link, not a folder,
    not a path we would ever work on).
    """
    with _opened(_open_declared(declaration, _components(declaration, instance))) as place:
        yield place


@contextmanager
def open_root(declaration: FilesStore) -> Iterator[Place]:
    """Open a store's own folder. Raises as :func:`open_place` does."""
    with _opened(_open_declared(declaration, [])) as place:
        yield place


@contextmanager
def _opened(fd: int) -> Iterator[Place]:
    try:
        status = os.fstat(fd)
        identity = f"{os.statvfs(fd).f_fsid}:{status.st_ino}"
        yield Place(
            fd=fd,
            device=status.st_dev,
            mount=mount_id(fd),
            volume=hashlib.sha256(identity.encode("ascii")).hexdigest()[:8],
        )
    finally:
        os.close(fd)


def open_folder(place: Place, path: bytes) -> int | str:
    """A descriptor of the folder at ``path`` below the place, or the code of why there is none."""
    current = os.dup(place.fd)
    for name in path.split(b"/") if path else ():
        try:
            below = os.open(name, OPEN_FOLDER, dir_fd=current)
        except OSError as error:
            return failure_code(error)
        finally:
            os.close(current)
        current = below
    if place.holds(current):
        return current
    os.close(current)
    return FOLDER_REPLACED


def failure_code(error: OSError) -> str:
    """The stable word for a refusal of the operating system."""
    number = error.errno or 0
    return _CODES.get(number) or errno.errorcode.get(number, "unknown").lower()


def mount_id(fd: int) -> int | None:
    """Two folders of one device may still be two mounts: a bind mount tells only by this."""
    try:
        lines = Path(f"/proc/self/fdinfo/{fd}").read_bytes().splitlines()
    except OSError:
        return None
    return next((int(line[7:]) for line in lines if line.startswith(b"mnt_id:")), None)


def _components(declaration: FilesStore, instance: FilesInstance) -> list[str]:
    parts = [part for part in instance.under.split("/") if part not in ("", ".")]
    if ".." in parts or "\0" in instance.under or instance.under.startswith("/"):
        raise StoreMismatch(
            f"Instance {instance.id}: {instance.under!r} must name a folder below the root of "
            f"store {declaration.name}, without '..' and not beginning with '/'."
        )
    return parts


def _open_declared(declaration: FilesStore, parts: Sequence[str]) -> int:
    root = declaration.root
    if not root.startswith("/") or not root.strip("/") or "\0" in root:
        raise StoreMismatch(
            f"Store {declaration.name}: the root {root!r} must be an absolute path of a folder "
            "that is not the whole file system."
        )
    try:
        current = os.open(declaration.root.rstrip("/"), OPEN_FOLDER)
    except OSError as error:
        raise _refusal(declaration, declaration.root, error) from error
    for depth, part in enumerate(parts, start=1):
        try:
            below = os.open(part.encode(), OPEN_FOLDER, dir_fd=current)
        except OSError as error:
            where = "/".join((declaration.root.rstrip("/"), *parts[:depth]))
            raise _refusal(declaration, where, error) from error
        finally:
            os.close(current)
        current = below
    return current


def _refusal(declaration: FilesStore, where: str, error: OSError) -> StoreError:
    """The sentence for a declared folder that cannot be opened. Declared paths may be named."""
    code = failure_code(error)
    if code == ABSENT:
        return StoreUnreachable(
            f"Store {declaration.name}: the folder {where} does not exist. Mount its volume, "
            "or correct the declaration."
        )
    if code == FOLDER_REPLACED:
        return StoreMismatch(
            f"Store {declaration.name}: {where} is a symbolic link or no folder at all. Links "
            "are never followed; declare the folder itself."
        )
    if code == "permission_denied":
        return StoreUnreachable(
            f"Store {declaration.name}: {where} may not be read by the account that runs this "
            f"(user id {os.geteuid()}). Give it read and search permission."
        )
    return StoreUnreachable(f"Store {declaration.name}: {where} cannot be opened ({code}).")
