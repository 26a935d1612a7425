"""What stands under one key: versions, markers, uploads; and how that is written down."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

Parts = Mapping[str, frozenset[str]]
"""Kind of part to the identifiers of the parts."""

KINDS: Final = ("object", "version", "marker", "upload")
"""The words of intents and certificates. An ``object`` is of a bucket without versions and
is named by its ETag; versions and markers by their version id, ``null`` included."""

_MARK_BYTES: Final = 16


class Version(NamedTuple):
    """One version of an object; ``id`` is None in a bucket that never had versions."""

    id: str | None
    etag: str
    size: int
    modified: datetime


class Marker(NamedTuple):
    """A delete marker: it hides versions and destroys nothing."""

    id: str
    modified: datetime


class Upload(NamedTuple):
    """An unfinished multipart upload; no listing of objects shows it."""

    id: str
    initiated: datetime


@dataclass(slots=True)
class KeyState:
    """Everything under exactly one key."""

    key: str
    versions: list[Version] = field(default_factory=list)
    """Newest first."""
    markers: list[Marker] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many parts there are."""
        return len(self.versions) + len(self.markers) + len(self.uploads)

    @property
    def written(self) -> datetime:
        """When something was last written to the key; of its marker where nothing is left."""
        times = [version.modified for version in self.versions]
        times += [upload.initiated for upload in self.uploads]
        return max(times or [marker.modified for marker in self.markers])

    @property
    def newest(self) -> Version | None:
        """The version whose tags and metadata speak for the item."""
        return max(self.versions, key=lambda version: version.modified, default=None)

    @property
    def parts(self) -> Parts:
        """What an intent says will be destroyed."""
        ids: dict[str, set[str]] = {}
        for kind, name in self._named():
            ids.setdefault(kind, set()).add(name)
        return {kind: frozenset(names) for kind, names in ids.items()}

    @property
    def mark(self) -> str:
        """A digest of the state: another version, marker, upload, or content is another mark."""
        lines = [f"v {v.id} {v.etag} {v.size} {_milliseconds(v.modified)}" for v in self.versions]
        lines += [f"m {m.id} {_milliseconds(m.modified)}" for m in self.markers]
        lines += [f"u {u.id} {_milliseconds(u.initiated)}" for u in self.uploads]
        digest = hashlib.sha256("\n".join(sorted(lines)).encode()).digest()[:_MARK_BYTES]
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    def add(self, other: KeyState) -> None:
        """Take in what another page of the listing says of the same key."""
        self.versions += other.versions
        self.markers += other.markers
        self.uploads += other.uploads

    def _named(self) -> Iterator[tuple[str, str]]:
        for version in self.versions:
            yield ("object", version.etag) if version.id is None else ("version", version.id)
        for marker in self.markers:
            yield "marker", marker.id
        for upload in self.uploads:
            yield "upload", upload.id


def parts_text(parts: Parts) -> str:
    """ASCII JSON of parts, always the same for the same parts; empty for none."""
    listed = {kind: [[name] for name in sorted(parts[kind])] for kind in KINDS if parts.get(kind)}
    return json.dumps(listed, separators=(",", ":")) if listed else ""


def parse_parts(text: str) -> Parts:
    """The parts that :func:`parts_text` wrote."""
    listed: dict[str, list[list[str]]] = json.loads(text) if text else {}
    return {kind: frozenset(name for (name,) in names) for kind, names in listed.items()}


def united(one: Parts, other: Parts) -> Parts:
    """Parts of either."""
    return {
        kind: one.get(kind, frozenset()) | other.get(kind, frozenset())
        for kind in KINDS
        if kind in one or kind in other
    }


def within(some: Parts, all_of: Parts) -> bool:
    """Whether every part of ``some`` is among ``all_of``."""
    return all(names <= all_of.get(kind, frozenset()) for kind, names in some.items())


def count_of(parts: Parts) -> int:
    """How many parts there are."""
    return sum(map(len, parts.values()))


def _milliseconds(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)
