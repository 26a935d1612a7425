"""Unlinking a batch: look, write the intent, unlink by descriptor, make it durable, look again.

POSIX has no "unlink this inode": between the last look and the unlink lie a few
microseconds in which a program with write permission to the folder could put another file
under the name. Everything slower than that is noticed, and nothing outside the opened
folder can be reached at all.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from keepuntil.domain.decision import Decision, Due, Keep, Undetermined
from keepuntil.domain.outcomes import Outcome
from keepuntil.errors import StoreMismatch
from keepuntil.stores.files.contents import digest_of
from keepuntil.stores.files.finding import decided, mark_of, records_of, unanswerable
from keepuntil.stores.files.folders import (
    ABSENT,
    FOLDER_REPLACED,
    Place,
    failure_code,
    open_folder,
)
from keepuntil.stores.files.naming import Naming, named, path_of
from keepuntil.stores.files.refusals import unlink_code
from keepuntil.stores.protocol import Batch, Effect, Intent, Journal, Query

THREADS: Final = 8
"""Unlinking waits for the kernel, not for Python: 8 threads do twice the work of one."""

FOLDERS_AT_ONCE: Final = 256
"""Folders held open between unlinking and the look after it."""

CHANGED: Final = "changed"
REMOVED_BY_ANOTHER: Final = "removed_by_another"
NOT_SYNCHRONISED: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
"""Answers of file systems where a folder cannot be synchronised by itself."""


@dataclass(slots=True, kw_only=True)
class Destruction:
    """One batch on its way. Columns are parallel to the batch."""

    place: Place
    query: Query
    naming: Naming
    batch: Batch
    commit_contents: bool
    paths: list[bytes] = field(init=False)
    names: list[bytes] = field(init=False)
    seen: list[os.stat_result | None] = field(init=False)
    """The last look at files that may be destroyed; None for all others."""
    contents: dict[int, str] = field(default_factory=dict)
    outcomes: list[Outcome] = field(init=False)
    reasons: dict[int, str] = field(default_factory=dict)
    intent: Intent = field(init=False)

    def __post_init__(self) -> None:
        size = len(self.batch.keys)
        self.paths = [path_of(key) for key in self.batch.keys]
        self.names = [path.rpartition(b"/")[2] for path in self.paths]
        self.seen = [None] * size
        self.outcomes = [Outcome.HELD] * size
        self.intent = Intent(present=bytearray(size), parts=[""] * size, counts=[0] * size)

    def run(self, journal: Journal) -> Effect:
        """Destroy what may be destroyed. Nothing is unlinked before the intent is durable.

        Raises StoreMismatch when the list was made on another volume, and whatever
        ``journal.intend`` or the look-up of linked records raises.
        """
        self._refuse_another_volume()
        folders = self._by_folder()
        with ThreadPoolExecutor(THREADS) as pool:
            reachable = [path for path in folders if self._observe(path, folders[path], pool)]
            self._decide_again()
            if self._write_intent():
                journal.intend(self.intent)
            for start in range(0, len(reachable), FOLDERS_AT_ONCE):
                self._finish(reachable[start : start + FOLDERS_AT_ONCE], folders, pool)
        return self._effect()

    def _refuse_another_volume(self) -> None:
        """An empty mount point must not make a thousand files look absent."""
        for i, mark in enumerate(self.batch.marks):
            if self._looked_at(i) and mark.partition(":")[0] != self.place.volume:
                raise StoreMismatch(
                    f"Instance {self.query.instance.id}: its folder is on another volume than "
                    "when the list was made. Mount the volume that is missing, or make a new "
                    "plan. Nothing was destroyed."
                )

    def _by_folder(self) -> dict[bytes, list[int]]:
        folders: dict[bytes, list[int]] = {}
        for i, path in enumerate(self.paths):
            if self._looked_at(i):
                folders.setdefault(path.rpartition(b"/")[0], []).append(i)
        return folders

    def _looked_at(self, i: int) -> bool:
        """Spared items are left alone, unless they may be gone by our hands already."""
        return not self._is_spared(i) or self.batch.was_ours(i)

    def _is_spared(self, i: int) -> bool:
        return self.batch.spared[i] or bool(unanswerable(self.query))

    # Look

    def _observe(self, path: bytes, items: Sequence[int], pool: ThreadPoolExecutor) -> bool:
        """Look at the files of one folder; False when there is no folder to work in."""
        fd = open_folder(self.place, path)
        if isinstance(fd, str):
            for i in items:
                self._without_folder(i, fd)
            return False
        try:
            for i in items:
                self._look(fd, i)
            if self.commit_contents:
                present = [i for i in items if self.seen[i] is not None]
                list(pool.map(partial(self._hash, fd), present))
        finally:
            os.close(fd)
        return True

    def _look(self, fd: int, i: int) -> None:
        try:
            status = os.stat(self.names[i], dir_fd=fd, follow_symlinks=False)
        except FileNotFoundError:
            self._absent(i)
        except OSError as error:
            self._end(i, Outcome.FAILED, failure_code(error))
        else:
            if not self._is_spared(i) and self._as_planned(i, status):
                self.seen[i] = status

    def _as_planned(self, i: int, status: os.stat_result) -> bool:
        """Whether this is the file that was approved, under this one name only."""
        same = stat.S_ISREG(status.st_mode) and mark_of(self.place, status) == self.batch.marks[i]
        if not same:
            self._end(i, Outcome.NO_LONGER_DUE, CHANGED)
        elif status.st_nlink > 1:
            self._end(i, Outcome.SHARED, "hard_links")
        else:
            return True
        return False

    def _absent(self, i: int) -> None:
        earlier = self.batch.earlier
        if earlier is None or not self.batch.was_ours(i):
            self._end(i, Outcome.ALREADY_ABSENT, None)
            return
        self._end(i, Outcome.DESTROYED, None)
        # Carried over, so that a second interruption forgets nothing of the first.
        self.intent.present[i] = 1
        self.intent.parts[i] = earlier.parts[i]
        self.intent.counts[i] = earlier.counts[i]

    def _without_folder(self, i: int, code: str) -> None:
        if code == ABSENT:
            self._absent(i)
        elif code == FOLDER_REPLACED and not self.batch.was_ours(i):
            self._end(i, Outcome.NO_LONGER_DUE, code)
        else:
            self._end(i, Outcome.FAILED, code)

    def _lost(self, i: int, code: str, *, replaced: str) -> None:
        """The file was seen, and went away (or its folder did) not by our doing."""
        if code == ABSENT:
            self._gone_meanwhile(i)
        elif code == FOLDER_REPLACED:
            self._end(i, Outcome.NO_LONGER_DUE, replaced)
        else:
            self._end(i, Outcome.FAILED, code)

    def _gone_meanwhile(self, i: int) -> None:
        """Somebody was faster: an earlier attempt of ours that was slow and not dead, or another.

        What that attempt wrote down it may do at any time, so it is taken to have done it.
        """
        if self.batch.was_ours(i):
            self._end(i, Outcome.DESTROYED, None)
        else:
            self._end(i, Outcome.ALREADY_ABSENT, REMOVED_BY_ANOTHER)

    def _hash(self, fd: int, i: int) -> None:
        try:
            digest, status = digest_of(fd, self.names[i])
        except OSError as error:
            self.seen[i] = None
            self._lost(i, failure_code(error), replaced=CHANGED)
            return
        self.seen[i] = status if self._as_planned(i, status) else None
        self.contents[i] = digest

    # Decide

    def _decide_again(self) -> None:
        """The rule's answer to what is there now; a linked record may have changed."""
        groups = self.batch.groups
        present = [i for i, status in enumerate(self.seen) if status is not None]
        linked = records_of(self.query, self.naming, [groups[i] for i in present])
        for i in present:
            status = self.seen[i]
            mtime_ns = status.st_mtime_ns if status is not None else 0
            _, text = named(self.paths[i])
            _, decision = decided(
                self.query,
                self.naming,
                text=text,
                mtime_ns=mtime_ns,
                group=groups[i],
                linked=linked,
            )
            if not isinstance(decision, Due):
                self.seen[i] = None
                self._end(i, Outcome.NO_LONGER_DUE, _reason(decision))

    def _write_intent(self) -> bool:
        intent = self.intent
        anything = False
        for i, status in enumerate(self.seen):
            if status is None:
                continue
            anything = True
            digest = f',"{self.contents[i]}"' if self.commit_contents else ""
            intent.present[i] = 1
            intent.parts[i] = f'{{"file":[[{status.st_size},{status.st_ino}{digest}]]}}'
            intent.counts[i] = 1
        return anything

    # Destroy

    def _finish(
        self, paths: Sequence[bytes], folders: dict[bytes, list[int]], pool: ThreadPoolExecutor
    ) -> None:
        """Unlink in inode order, then synchronise every folder once and look again.

        All unlinks come before the first synchronisation: one commit of the file system's
        journal then covers them together.
        """
        with _opened(self.place, paths) as opened:
            work: list[tuple[int, int, int]] = []
            for path, fd in opened.items():
                for i in folders[path]:
                    status = self.seen[i]
                    if status is None:
                        continue
                    if isinstance(fd, str):
                        self._lost(i, fd, replaced=FOLDER_REPLACED)
                    else:
                        work.append((status.st_ino, fd, i))
            work.sort()
            share = max(64, -(-len(work) // THREADS))
            shares = [work[start : start + share] for start in range(0, len(work), share)]
            list(pool.map(self._unlink_all, shares))
            settled = [(fd, folders[path]) for path, fd in opened.items() if isinstance(fd, int)]
            list(pool.map(self._settle, settled))

    def _unlink_all(self, share: Sequence[tuple[int, int, int]]) -> None:
        for _, fd, i in share:
            self._unlink(fd, i)

    def _unlink(self, fd: int, i: int) -> None:
        name = self.names[i]
        try:
            if not self._as_planned(i, os.stat(name, dir_fd=fd, follow_symlinks=False)):
                return
            os.unlink(name, dir_fd=fd)
        except FileNotFoundError:
            self._gone_meanwhile(i)
        except OSError as error:
            self._end(i, Outcome.FAILED, unlink_code(fd, name, error))
        else:
            self._end(i, Outcome.DESTROYED, None)

    def _settle(self, folder: tuple[int, Sequence[int]]) -> None:
        """Absence counts once a power cut could not undo it, and once it was seen."""
        fd, items = folder
        gone = [i for i in items if self.outcomes[i] in (Outcome.DESTROYED, Outcome.ALREADY_ABSENT)]
        if not gone:
            return
        if not _synchronised(fd):
            for i in gone:
                self._end(i, Outcome.FAILED, "not_durable")
            return
        for i in gone:
            self._look_again(fd, i)

    def _look_again(self, fd: int, i: int) -> None:
        try:
            status = os.stat(self.names[i], dir_fd=fd, follow_symlinks=False)
        except FileNotFoundError:
            return
        except OSError as error:
            self._end(i, Outcome.FAILED, failure_code(error))
            return
        if mark_of(self.place, status) == self.batch.marks[i]:
            self._end(i, Outcome.FAILED, "still_there")

    # Say

    def _end(self, i: int, outcome: Outcome, reason: str | None) -> None:
        self.outcomes[i] = outcome
        if reason is None:
            self.reasons.pop(i, None)
        else:
            self.reasons[i] = reason

    def _effect(self) -> Effect:
        destroyed = [outcome is Outcome.DESTROYED for outcome in self.outcomes]
        if holds := unanswerable(self.query):
            kept = (i for i, outcome in enumerate(self.outcomes) if outcome is Outcome.HELD)
            self.reasons |= dict.fromkeys(kept, f"hold:{','.join(holds)}")
        return Effect(
            outcomes=self.outcomes,
            reasons=dict(sorted(self.reasons.items())),
            parts=[p if d else "" for p, d in zip(self.intent.parts, destroyed, strict=True)],
            counts=[n if d else 0 for n, d in zip(self.intent.counts, destroyed, strict=True)],
        )


@contextmanager
def _opened(place: Place, paths: Sequence[bytes]) -> Iterator[dict[bytes, int | str]]:
    opened: dict[bytes, int | str] = {}
    try:
        for path in paths:
            opened[path] = open_folder(place, path)
        yield opened
    finally:
        for fd in opened.values():
            if isinstance(fd, int):
                os.close(fd)


def _synchronised(fd: int) -> bool:
    try:
        os.fsync(fd)
    except OSError as error:
        return error.errno in NOT_SYNCHRONISED
    return True


def _reason(decision: Decision) -> str:
    if isinstance(decision, Undetermined):
        return decision.doubt.value
    return "restricted" if isinstance(decision, Keep) and decision.restricted else "kept"
