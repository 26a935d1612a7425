"""A bundle as one zip archive, and back, without ever leaving the folder it is unpacked into."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from keepuntil.errors import EvidenceError, UsageError

MOST_FILES: Final = 2_000
LARGEST_UNPACKED: Final = 8 << 30
_FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)


def pack(bundle: Path, archive: Path) -> None:
    """Write a bundle's files into a new archive: the same bundle, the same bytes.

    Raises UsageError when there is no bundle, or the archive exists already.
    """
    if not bundle.is_dir():
        raise UsageError(f"There is no bundle at {bundle}.")
    try:
        with zipfile.ZipFile(archive, "x", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(p for p in bundle.rglob("*") if p.is_file()):
                name = f"{bundle.name}/{path.relative_to(bundle).as_posix()}"
                _add(packed, path, zipfile.ZipInfo(name, _FIRST_DAY))
    except FileExistsError:
        raise UsageError(f"{archive} exists already; name another file.") from None


def _add(packed: zipfile.ZipFile, path: Path, named: zipfile.ZipInfo) -> None:
    named.compress_type = zipfile.ZIP_DEFLATED
    named.external_attr = 0o100644 << 16
    with path.open("rb") as source, packed.open(named, "w", force_zip64=True) as target:
        while piece := source.read(1 << 20):
            target.write(piece)


@contextmanager
def unpacked(bundle: Path, largest: int | None = None) -> Iterator[Path]:
    """The folder of a bundle: itself, or a temporary one that an archive is unpacked into.

    ``largest``: bytes that an archive may unpack to; default: LARGEST_UNPACKED.

    Raises EvidenceError for an archive that is damaged, too large, or points elsewhere.
    """
    if bundle.is_dir():
        yield bundle
        return
    with tempfile.TemporaryDirectory(prefix="keepuntil-bundle-") as folder:
        try:
            with zipfile.ZipFile(bundle) as archive:
                _refuse_unfit(archive, largest or LARGEST_UNPACKED)
                archive.extractall(folder)
        except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError):
            raise EvidenceError(f"{bundle.name} is not a whole zip archive.") from None
        yield _root(Path(folder))


def _refuse_unfit(archive: zipfile.ZipFile, largest: int) -> None:
    listed = archive.infolist()
    if len(listed) > MOST_FILES or sum(one.file_size for one in listed) > largest:
        raise EvidenceError("The archive unpacks to more than a bundle can hold.")
    for one in listed:
        parts = PurePosixPath(one.filename).parts
        if one.filename.startswith("/") or ".." in parts or "\\" in one.filename:
            raise EvidenceError("The archive names a file outside of itself.")


def _root(folder: Path) -> Path:
    """Where the certificate lies: the archive may hold its files in one folder."""
    inside = list(folder.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder
