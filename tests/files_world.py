"""A folder that a test fills, looks at and disturbs with its own means."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from keepuntil.domain.categories import EventSource, FilesInstance, FromAge, StoredInstance
from keepuntil.domain.items import Key
from keepuntil.domain.stores import FilesStore
from keepuntil.stores.files import FileTree
from keepuntil.stores.protocol import Batch, Effect, Journal, Query
from store_contract import (
    DUE,
    EVENT,
    KEPT,
    WitnessJournal,
    batches_of,
    contract_query,
    contract_warrant,
)

ZONE = ZoneInfo("Asia/Shanghai")


class FilesWorld:
    """Files below ``root/archive``, dated by their time of last writing."""

    source: ClassVar[EventSource] = FromAge()

    def __init__(
        self,
        folder: Path,
        *,
        pattern: str | None = None,
        record_group: str | None = None,
        commit_contents: bool = False,
    ) -> None:
        self.root = folder / "root"
        self.folder = self.root / "archive"
        self.folder.mkdir(parents=True)
        self.declaration = FilesStore(name="shared_folder", root=str(self.root))
        self.files_instance = FilesInstance(
            id="statements",
            store="shared_folder",
            under="archive",
            pattern=pattern,
            events=((EVENT, self.source),),
            record_group=record_group,
            commit_contents=commit_contents,
        )
        self.instance: StoredInstance = self.files_instance

    def declare(self, **changes: Any) -> None:
        """Change what the rule says of the folder."""
        self.files_instance = replace(self.files_instance, **changes)
        self.instance = self.files_instance

    def store(self) -> FileTree:
        return FileTree(self.declaration)

    def query(self, **changes: Any) -> Query:
        return replace(contract_query(self.instance), **changes)

    def put(self, number: int, closed_on: date | None, *, group: str | None = None) -> Key:
        key = self.write(f"{number % 3}/{group or 'none'}-{number}.pdf")
        self.date(key, closed_on)
        return key

    def write(self, path: str | bytes, closed_on: date | None = DUE, text: bytes = b"%PDF") -> Key:
        """Add a file at any path, dated ``closed_on``."""
        key: Key = (path,)
        full = self.path(key)
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(text)
        self.date(key, closed_on)
        return key

    def path(self, key: Key) -> Path:
        (name,) = key
        assert isinstance(name, str | bytes)
        return self.folder / (name if isinstance(name, str) else os.fsdecode(name))

    def date(self, key: Key, closed_on: date | None) -> None:
        when = datetime.combine(closed_on, time(12), ZONE).timestamp() if closed_on else 0
        os.utime(self.path(key), (when, when))

    def keys(self) -> set[Key]:
        below = os.fsencode(self.folder) + b"/"
        return {
            (_text(b"/".join(filter(None, (folder.removeprefix(below), name)))),)
            for folder, _, names in os.walk(below)
            for name in names
        }

    def remove(self, key: Key) -> None:
        self.path(key).unlink()

    def postpone(self, key: Key) -> bool:
        self.date(key, KEPT)
        return True

    def alter(self, key: Key) -> None:
        path = self.path(key)
        before = path.stat()
        path.write_bytes(path.read_bytes() + b"more")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def batch(self, query: Query | None = None) -> Batch:
        """The due items, which a test expects to fit in one batch."""
        batches = batches_of(self.store(), query or self.query(batch_items=10_000))
        assert len(batches) == 1
        return batches[0]

    def destroy(
        self, batch: Batch, journal: Journal | None = None, *, query: Query | None = None
    ) -> Effect:
        return self.store().destroy(
            query or self.query(),
            batch,
            contract_warrant(),
            journal or WitnessJournal(self),
        )

    def found_keys(self) -> list[Key]:
        return [key for found in self.store().find(self.query()) for key in found.keys]


def outcomes_of(batch: Batch, effect: Effect) -> dict[Key, str]:
    return dict(zip(batch.keys, (str(o) for o in effect.outcomes), strict=True))


def reason_of(batch: Batch, effect: Effect, key: Key) -> str | None:
    return effect.reasons.get(batch.keys.index(key))


def _text(path: bytes) -> str | bytes:
    try:
        return path.decode()
    except UnicodeDecodeError:
        return path


def sorted_by_components(paths: Sequence[bytes]) -> list[bytes]:
    return sorted(paths, key=lambda path: path.split(b"/"))
