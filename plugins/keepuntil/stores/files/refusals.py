"""Why the operating system would not remove a file."""

from __future__ import annotations

import fcntl
import os
from typing import Final

from keepuntil.stores.files.folders import failure_code

# <linux/fs.h>: the same on x86-64 and arm64, where long is 8 bytes.
FS_IOC_GETFLAGS: Final = 0x80086601
FS_IMMUTABLE_FL: Final = 0x10
FS_APPEND_FL: Final = 0x20


def unlink_code(folder: int, name: bytes, error: OSError) -> str:
    """The stable word for a failed unlink; ``immutable`` where an attribute forbids it."""
    code = failure_code(error)
    if code == "permission_denied" and (_is_fixed(folder) or _is_fixed_file(folder, name)):
        return "immutable"
    return code


def _is_fixed_file(folder: int, name: bytes) -> bool:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(name, flags, dir_fd=folder)
    except OSError:
        return False
    try:
        return _is_fixed(fd)
    finally:
        os.close(fd)


def _is_fixed(fd: int) -> bool:
    try:
        answer = fcntl.ioctl(fd, FS_IOC_GETFLAGS, bytes(8))
    except OSError:
        return False
    return bool(int.from_bytes(answer[:4], "little") & (FS_IMMUTABLE_FL | FS_APPEND_FL))
