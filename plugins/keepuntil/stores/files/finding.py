"""Every file of an instance: candidates in order, the rest counted. Reads only."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from keepuntil.domain.decision import Decision, Doubt, Due, Keep, Undetermined
from keepuntil.domain.items import Key
from keepuntil.errors import StoreUnreachable
from keepuntil.stores.files.folders import ABSENT, Place, failure_code
from keepuntil.stores.files.naming import Naming, named
from keepuntil.stores.files.walking import Walk
from keepuntil.stores.protocol import Facts, Found, Query

NEIGHBOURS: Final = 4
"""Kept files a batch names for verification to look at again."""


class _Seen(NamedTuple):
    key: Key
    text: str
    group: str | None
    mark: str
    mtime_ns: int


def mark_of(place: Place, status: os.stat_result) -> str:
    """Which file this is and in what state: another volume, inode, size or time is another file."""
    return f"{place.volume}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"


@dataclass(slots=True, kw_only=True)
class Finding:
    """One pass over an instance."""

    place: Place
    query: Query
    naming: Naming
    found: Found = field(default_factory=Found)
    _last_kept: Key | None = None
    _beside_due: bool = False

    def batches(self) -> Iterator[Found]:
        """Batches of at most ``query.batch_items`` candidates, in the order of the walk.

        Raises StoreUnreachable at the first folder that cannot be read: what lies in it is
        unknown, so nobody can say what is due.
        """
        for page in self._pages():
            linked = records_of(self.query, self.naming, [seen.group for seen in page])
            for seen in page:
                self._decide(seen, linked)
                if len(self.found.keys) >= self.query.batch_items:
                    yield self.found
                    self.found = Found()
        if self.found.keys or self.found.passed_over:
            yield self.found

    def present(self) -> Iterator[list[Key]]:
        """The key of every file, nothing decided. Raises StoreUnreachable as above."""
        for page in self._pages():
            yield [seen.key for seen in page]

    def _pages(self) -> Iterator[list[_Seen]]:
        page: list[_Seen] = []
        for seen in self._files():
            page.append(seen)
            if len(page) >= self.query.batch_items:
                yield page
                page = []
        yield page

    def _files(self) -> Iterator[_Seen]:
        naming = self.naming
        for fd, path, name in Walk(place=self.place, unreadable=self._unreadable).files():
            key, text = named(path)
            if not naming.belongs(text):
                continue
            status = self._status(fd, name)
            if status is not None and stat.S_ISREG(status.st_mode):
                mark = mark_of(self.place, status)
                yield _Seen(key, text, naming.group_of(text), mark, status.st_mtime_ns)

    def _status(self, fd: int, name: bytes) -> os.stat_result | None:
        try:
            return os.stat(name, dir_fd=fd, follow_symlinks=False)
        except OSError as error:
            code = failure_code(error)
            if code != ABSENT:
                self._unreadable(os.fstat(fd).st_ino, code)
            return None

    def _unreadable(self, inode: int, code: str) -> None:
        raise StoreUnreachable(
            f"Instance {self.query.instance.id}: the folder with inode {inode} cannot be read "
            f"({code}), so what is due in it is unknown. Give read and search permission; "
            f"`find FOLDER -inum {inode}` shows which it is."
        )

    def _decide(self, seen: _Seen, linked: Mapping[str, Facts]) -> None:
        facts, decision = decided(
            self.query,
            self.naming,
            text=seen.text,
            mtime_ns=seen.mtime_ns,
            group=seen.group,
            linked=linked,
        )
        if isinstance(decision, Due):
            self._hand_out(seen, facts)
        elif isinstance(decision, Undetermined):
            self._pass_over(decision.doubt.value)
        elif isinstance(decision, Keep):
            self._pass_over("restricted" if decision.restricted else "kept")
            self._note_kept(seen.key)

    def _hand_out(self, seen: _Seen, facts: Facts) -> None:
        found = self.found
        found.keys.append(seen.key)
        found.facts.append(facts)
        found.groups.append(seen.group)
        found.marks.append(seen.mark)
        found.held.append(unanswerable(self.query))
        if self._last_kept is not None:
            self._add_neighbour(self._last_kept)
            self._last_kept = None
        self._beside_due = True

    def _note_kept(self, key: Key) -> None:
        if self._beside_due:
            self._add_neighbour(key)
            self._beside_due = False
            self._last_kept = None
        else:
            self._last_kept = key

    def _add_neighbour(self, key: Key) -> None:
        if len(self.found.neighbours) < NEIGHBOURS:
            self.found.neighbours.append(key)

    def _pass_over(self, why: str) -> None:
        self.found.passed_over[why] = self.found.passed_over.get(why, 0) + 1


def unanswerable(query: Query) -> tuple[str, ...]:
    """Holds that no file can be asked about, so they bind all of them. Where files are dated by
    a record, the record is asked instead: a held one is not looked up."""
    return query.binding.unanswerable if query.linked is None else ()


def records_of(query: Query, naming: Naming, groups: Iterable[str | None]) -> Mapping[str, Facts]:
    """The facts of the records these files belong to, asked for once each."""
    asked = [group for group in dict.fromkeys(groups) if group is not None]
    if not naming.linked or query.linked is None or not asked:
        return {}
    return query.linked(asked)


def decided(
    query: Query,
    naming: Naming,
    *,
    text: str,
    mtime_ns: int,
    group: str | None,
    linked: Mapping[str, Facts],
) -> tuple[Facts, Decision]:
    """Facts of one file and what the rule says of them.

    A file whose record is not there cannot be dated, whatever its own events say.
    """
    record = linked.get(group) if group is not None else None
    facts = naming.facts(text, mtime_ns, record)
    if naming.linked and record is None:
        return facts, Undetermined(Doubt.NO_LINKED_RECORD, "")
    return facts, query.decide(facts)
