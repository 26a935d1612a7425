"""Every item of an instance: candidates in key order, the rest counted. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from keepuntil.domain.decision import Due, Keep
from keepuntil.domain.items import Key
from keepuntil.errors import StoreMismatch
from keepuntil.stores.protocol import Found, Query
from keepuntil.stores.s3.connection import Connection
from keepuntil.stores.s3.declared import Declared
from keepuntil.stores.s3.judging import Judged, judge, why_not
from keepuntil.stores.s3.listing import pages, uploads, versioning_of, whole_keys
from keepuntil.stores.s3.states import KeyState, Upload

NEIGHBOURS: Final = 4
"""Kept objects a batch names for verification to look at again."""

MOST_UPLOADS: Final = 200_000
"""Unfinished uploads are in no usable order, so all of them are held while keys stream by."""


def find(connection: Connection, query: Query, declared: Declared) -> Iterator[Found]:
    """Batches of at most ``query.batch_items`` candidates. See the protocol."""
    gathering = _Gathering(query=query)
    for states in _items(connection, declared.prefix):
        mine = [state for state in states if declared.belongs(state.key)]
        for judged in judge(connection, query, declared, mine):
            gathering.add(judged)
            if len(gathering.found.keys) >= query.batch_items:
                yield gathering.take()
    last = gathering.take()
    if last.keys or last.passed_over:
        yield last


def present(connection: Connection, query: Query, declared: Declared) -> Iterator[list[Key]]:
    """The key of everything of the instance, nothing decided. See the protocol."""
    for states in _items(connection, declared.prefix):
        keys: list[Key] = [(state.key,) for state in states if declared.belongs(state.key)]
        for start in range(0, len(keys), query.batch_items):
            yield keys[start : start + query.batch_items]


def _items(connection: Connection, prefix: str) -> Iterator[list[KeyState]]:
    """Every key with everything under it, in key order."""
    pending = _pending_uploads(connection, prefix)
    names = sorted(pending, reverse=True)
    for states in whole_keys(pages(connection, prefix, versioning_of(connection))):
        merged: list[KeyState] = []
        for state in states:
            while names and names[-1] < state.key:
                merged.append(KeyState(names[-1], uploads=pending[names.pop()]))
            if names and names[-1] == state.key:
                state.uploads = pending[names.pop()]
            merged.append(state)
        yield merged
    yield [KeyState(name, uploads=pending[name]) for name in reversed(names)]


def _pending_uploads(connection: Connection, prefix: str) -> dict[str, list[Upload]]:
    pending: dict[str, list[Upload]] = {}
    for count, (key, upload) in enumerate(uploads(connection, prefix)):
        if count >= MOST_UPLOADS:
            raise StoreMismatch(
                f"Store {connection.store.name}: more than {MOST_UPLOADS:,} unfinished multipart "
                f"uploads lie in the bucket {connection.bucket}. Abort them, and add a lifecycle "
                "rule that aborts unfinished uploads."
            )
        pending.setdefault(key, []).append(upload)
    return pending


@dataclass(slots=True, kw_only=True)
class _Gathering:
    """Fills one batch after the other."""

    query: Query
    found: Found = field(default_factory=Found)
    _held: tuple[str, ...] = field(init=False)
    _last_kept: Key | None = None
    _beside_due: bool = False

    def __post_init__(self) -> None:
        self._held = self.query.binding.unanswerable

    def add(self, judged: Judged) -> None:
        """Hand out what is due, count what is not."""
        if isinstance(judged.decision, Due):
            self._hand_out(judged)
            return
        why = why_not(judged.decision)
        self.found.passed_over[why] = self.found.passed_over.get(why, 0) + 1
        if isinstance(judged.decision, Keep):
            self._note_kept((judged.state.key,))

    def take(self) -> Found:
        """The batch so far; the next begins empty."""
        found, self.found = self.found, Found()
        return found

    def _hand_out(self, judged: Judged) -> None:
        found = self.found
        found.keys.append((judged.state.key,))
        found.facts.append(judged.facts)
        found.groups.append(judged.group)
        found.marks.append(judged.state.mark)
        found.held.append(self._held)
        if self._last_kept is not None:
            self._neighbours((self._last_kept,))
            self._last_kept = None
        self._beside_due = True

    def _note_kept(self, key: Key) -> None:
        if self._beside_due:
            self._neighbours((key,))
            self._beside_due = False
        else:
            self._last_kept = key

    def _neighbours(self, keys: Iterable[Key]) -> None:
        room = NEIGHBOURS - len(self.found.neighbours)
        self.found.neighbours.extend(list(keys)[:room])
