"""The present state of exactly these keys, by listing: as few requests as their names allow.

A listing of a prefix that ended proves what is not there; nothing else does. So keys are
looked for below the prefixes they share: where the due keys lie close together a page
holds a thousand of them; where a page of a shared prefix holds hardly any, the prefix is
split at the next character, down to a single key. No page is asked for from a made-up
place between two keys: some servers then swallow the first key that follows.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from keepuntil.stores.s3.connection import Connection
from keepuntil.stores.s3.listing import PAGE, Versioning, pages, uploads, versioning_of, whole_keys
from keepuntil.stores.s3.states import KeyState, Upload

SPARSE: Final = 10
"""A page with fewer than one wanted key in this many is not worth a second one."""

SMALLEST_PAGE: Final = 20
"""The page asked for when looking for one key: its versions, and few of its neighbours."""


def survey(
    connection: Connection, keys: Sequence[str], versioning: Versioning | None = None
) -> dict[str, KeyState]:
    """What stands under each of the keys; a key with nothing is left out. Reads only.

    ``versioning`` is asked for anew unless given.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    # Before the versions: an upload that completes in between is then seen twice, never not.
    pending = _uploads_of(connection, wanted)
    if versioning is None:
        versioning = versioning_of(connection)
    work = list(_divided(wanted, PAGE))
    found: dict[str, KeyState] = {}
    while work:
        answers = connection.spread(lambda share: _look(connection, share, versioning), work)
        work = []
        for states, left in answers:
            found.update((state.key, state) for state in states)
            work += left
    for key, unfinished in pending.items():
        found.setdefault(key, KeyState(key)).uploads = unfinished
    return found


def _divided(wanted: Sequence[str], most: int) -> Iterator[list[str]]:
    """Groups of keys with a common beginning, none of more than ``most`` unless it is one key."""
    if len(wanted) <= most:
        yield list(wanted)
        return
    for share in _split(wanted):
        yield from _divided(share, most)


def _split(wanted: Sequence[str]) -> Iterator[list[str]]:
    """The same keys by the character that follows what they have in common.

    A key that is the common beginning itself stands alone: it is the first of its prefix.
    """
    shared = len(_shared(wanted))
    for _, share in groupby(wanted, key=lambda key: key[shared : shared + 1]):
        yield list(share)


def _shared(wanted: Sequence[str]) -> str:
    """The common beginning of sorted keys: what the first and the last share, all do."""
    first, last = wanted[0], wanted[-1]
    length = next((i for i, (a, b) in enumerate(zip(first, last)) if a != b), len(first))  # noqa: B905
    return first[:length]


def _look(
    connection: Connection, wanted: list[str], versioning: Versioning
) -> tuple[list[KeyState], list[list[str]]]:
    """States of the wanted keys below their common prefix, and what is to be looked for closer."""
    prefix = _shared(wanted)
    size = min(PAGE, max(SMALLEST_PAGE, 2 * len(wanted)))
    found: list[KeyState] = []
    asked = set(wanted)
    for states in whole_keys(pages(connection, prefix, versioning, first_page=size)):
        hits = [state for state in states if state.key in asked]
        found += hits
        if not states:
            continue
        reached = states[-1].key
        if reached >= wanted[-1]:
            break
        if len(wanted) > 1 and len(hits) * SPARSE < len(states):
            ahead = wanted[bisect_right(wanted, reached) :]
            return found, list(_split(ahead)) if ahead else []
    return found, []


def _uploads_of(connection: Connection, wanted: list[str]) -> dict[str, list[Upload]]:
    pending: dict[str, list[Upload]] = {}
    for key, upload in uploads(connection, _shared(wanted)):
        place = bisect_left(wanted, key)
        if place < len(wanted) and wanted[place] == key:
            pending.setdefault(key, []).append(upload)
    return pending
