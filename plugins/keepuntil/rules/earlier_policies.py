"""The policies as they were: another folder, or a revision of the folder in git."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from keepuntil.errors import UsageError

_PATIENCE: Final = 60
"""Seconds; a policy folder is small."""


@contextmanager
def policies_at(reference: str, policies: Path) -> Iterator[Path]:
    """A folder with what ``reference`` names, to be read while the context lasts.

    ``reference`` is a folder, or anything git takes for a revision of the repository that
    ``policies`` lies in. Raises UsageError when it is neither, or git is not there.
    """
    if Path(reference).is_dir():
        yield Path(reference)
        return
    archive = _archive(reference, policies)
    with TemporaryDirectory(prefix="keepuntil-policies-") as scratch:
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            packed.extractall(scratch, filter="data")
        yield Path(scratch)


def _archive(reference: str, policies: Path) -> bytes:
    program = shutil.which("git")
    if program is None:
        raise UsageError(
            f"{reference!r} is no folder, and git is not installed here, so it cannot be looked "
            "up as a revision. Name the folder in which the policies lie as they were."
        )
    named = f"{reference}^{{commit}}"
    wanted = [program, "-C", str(policies), "rev-parse", "--verify", "--quiet"]
    found = _run([*wanted, "--end-of-options", named])
    revision = found.stdout.decode("ascii", "replace").strip()
    if found.returncode or not revision:
        raise UsageError(
            f"{reference!r} is neither a folder nor a revision of the git repository that "
            f"{policies} lies in."
        )
    # In a folder below the root git archives that folder alone, with paths from there.
    packed = _run([program, "-C", str(policies), "archive", "--format=tar", revision])
    if packed.returncode:
        raise UsageError(f"git has no folder {policies.name} at {reference!r}.")
    return packed.stdout


def _run(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 found above, no shell, our own arguments
            command, capture_output=True, check=False, timeout=_PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"git could not be asked ({type(error).__name__}).") from None
