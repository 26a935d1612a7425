"""Key files: written once, whole, for their owner only; read only when nobody else could.

A key is named by a reference: ``file:PATH``, or ``env:NAME`` for an environment
variable that holds the text of such a file. Messages name the reference, never
a byte of what it holds.
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keepuntil.errors import KeyFileError

_LARGEST = 16_384
_MODE = stat.S_IRUSR | stat.S_IWUSR
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def write_new(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 that did not exist before, durably and all at once.

    The directory is made with mode 0700 when it is missing. Raises
    `KeyFileError` when the path already exists, whatever it is, or when it
    cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _scratch(path, content) as scratch:
            # A crash before this line leaves only the scratch file; linking
            # either gives the name to a whole file or fails on a taken name.
            os.link(scratch, path, follow_symlinks=False)
        sync_directory(path.parent)
    except FileExistsError:
        raise KeyFileError(
            f"{path} already exists and is never overwritten; move it away first"
        ) from None
    except OSError as error:
        raise KeyFileError(f"{path} cannot be written: {error.strerror}") from None


def replace(path: Path, content: bytes) -> None:
    """Put a file of mode 0600 under this name, durably and all at once: the old one or the new.

    Raises `KeyFileError` when it cannot be written.
    """
    try:
        with _scratch(path, content) as scratch:
            scratch.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        raise KeyFileError(f"{path} cannot be written: {error.strerror}") from None


@contextmanager
def _scratch(path: Path, content: bytes) -> Iterator[Path]:
    """The content on disk beside its later place; gone afterwards under this name."""
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_scratch(scratch, content)
        yield scratch
    finally:
        scratch.unlink(missing_ok=True)


def _write_scratch(scratch: Path, content: bytes) -> None:
    descriptor = os.open(
        scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE
    )
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, _MODE)
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def sync_directory(directory: Path) -> None:
    """Make names given, changed or taken away in a directory durable; raise OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(reference: str) -> bytes:
    """The text behind ``file:PATH`` or ``env:NAME``; raise `KeyFileError` if it may not be used."""
    scheme, colon, place = reference.partition(":")
    if colon and place and scheme == "file":
        return read_private(place)
    if colon and place and scheme == "env":
        return _read_variable(place)
    # What was written may be the key itself, pasted in the wrong place.
    raise KeyFileError(
        "a key is referred to as file:PATH or env:NAME; what is configured is neither"
    )


def _read_variable(name: str) -> bytes:
    content = os.environb.get(os.fsencode(name), b"")
    if not content:
        raise KeyFileError(f"the environment variable {name} is to hold a key but is not set")
    if len(content) > _LARGEST:
        raise KeyFileError(f"the environment variable {name} is too long to be a key")
    return content


def read_private(place: str, largest: int = _LARGEST) -> bytes:
    """A whole file that nobody else can read; raise `KeyFileError` if it may not be used."""
    try:
        # NOFOLLOW: nobody swaps the key by pointing the name elsewhere.
        # NONBLOCK: a pipe under that name must not hang the run.
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise KeyFileError(f"the key file {place} does not exist") from None
    except ValueError:
        raise KeyFileError("the path of the key file contains a zero byte") from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise KeyFileError(
                f"{place} is a symbolic link; refer to the key file itself"
            ) from None
        raise KeyFileError(f"the key file {place} cannot be opened: {error.strerror}") from None
    try:
        _refuse_exposed(place, os.fstat(descriptor))
        content = os.read(descriptor, largest + 1)
    finally:
        os.close(descriptor)
    if len(content) > largest:
        raise KeyFileError(f"{place} is too long to be a key file")
    return content


def _refuse_exposed(place: str, found: os.stat_result) -> None:
    """Look at the open file, not at its name, which may lead elsewhere by now."""
    if not stat.S_ISREG(found.st_mode):
        raise KeyFileError(f"{place} is not a regular file")
    if found.st_mode & _OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        raise KeyFileError(
            f"{place} has mode {mode:04o} and is open to others; run: chmod 600 {place}"
        )
    if found.st_uid not in (os.geteuid(), 0):
        raise KeyFileError(
            f"{place} belongs to user {found.st_uid}, who could exchange it; it must be yours"
        )
