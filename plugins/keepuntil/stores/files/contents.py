"""What a file holds: its digest, for rules that commit to contents, and its beginning."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import Final

_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def digest_of(folder: int, name: bytes) -> tuple[str, os.stat_result]:
    """SHA-256 in hex of a regular file, and its state after the last byte was read.

    Anything else than a regular file is not read and gives an empty digest. Raises OSError.
    """
    with os.fdopen(os.open(name, _READ, dir_fd=folder), "rb", buffering=0) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return "", status
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, os.fstat(file.fileno())


def first_bytes(folder: int, name: bytes, size: int) -> bytes | None:
    """The beginning of a regular file; None for anything else, and for what may not be read."""
    try:
        descriptor = os.open(name, _READ, dir_fd=folder)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        try:
            return file.read(size) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None
        except OSError:
            return None
