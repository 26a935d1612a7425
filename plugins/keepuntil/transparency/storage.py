"""Where a log is shown: objects by path, as C2SP tlog-tiles lays them out.

    checkpoint                           the newest head; the only object that changes
    tile/<level>/<number>[.p/<width>]    hashes
    tile/entries/<number>[.p/<width>]    log entries
    statement/<digest>.intoto.jsonl      what an entry is about, by the SHA-256 it names

The last is ours: an auditor who holds the log can read what was stated, not only
that something was. Statements hold no personal data.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Protocol

from keepuntil.errors import UsageError

CHECKPOINT: Final = "checkpoint"
LARGEST_OBJECT: Final = 32 << 20
"""Bytes. The largest there can be is a full bundle of the largest entries, 16 MiB."""

_BUCKET: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")


class Storage(Protocol):
    """A place for a log. One writer at a time, any number of readers."""

    def read(self, path: str) -> bytes | None:
        """The object at a path; None: there is none.

        Raises StoreError when the place cannot be read, EvidenceError for an object
        larger than :data:`LARGEST_OBJECT`.
        """

    def write(self, path: str, content: bytes) -> None:
        """Put an object at a path, whole or not at all, durably when this returns.

        What was there is replaced. Raises StoreError.
        """

    def __str__(self) -> str:
        """The place, for messages."""


def statement_path(digest: bytes) -> str:
    """Where the envelope lies whose signed bytes have this SHA-256."""
    return f"statement/{digest.hex()}.intoto.jsonl"


def open_storage(location: str, *, endpoint: str | None = None) -> Storage:
    """The storage at a location: a folder, or ``s3://BUCKET/PREFIX``.

    A bucket is reached with the credentials of the environment, at ``endpoint``
    where it is not Amazon's. Raises UsageError for another form.
    """
    from keepuntil.transparency.bucket import BucketStorage
    from keepuntil.transparency.folder import FolderStorage

    if "://" not in location:
        return FolderStorage(Path(location))
    match = _BUCKET.fullmatch(location)
    if match is None:
        raise UsageError("A log is in a folder or at s3://BUCKET/PREFIX.")
    return BucketStorage(match[1], (match[2] or "").strip("/"), endpoint=endpoint)
