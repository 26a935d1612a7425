"""Re-reading: what is left of records, and whether the neighbours are as they were."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from keepuntil.domain.items import Key, key_of
from keepuntil.stores.sql.columnar import KeyList, by_column, named
from keepuntil.stores.sql.connection import Session
from keepuntil.stores.sql.layout import EVERY_ROW, Branch, Columns, Layout

Owners = dict[Key, int]


def remains(
    session: Session, layout: Layout, keys: Sequence[Key], parts: Sequence[str]
) -> list[int]:
    """For each key its row, in whatever category, and every row that hangs on it.

    Rows that hang on a child are reached through it. Where the child is gone, the intent that
    named it (``parts``) leads to them: asked are the keys that were destroyed and no others, so
    that the cost is that of the run and not of the table. Where rows point at other columns
    than the key, nothing names their values any more; there :mod:`.closure` has insisted on a
    foreign key, and every session of ours has it checked.
    """
    left = [0] * len(keys)
    for _, place, _ in _everything(session, layout, keys, whole=False):
        left[place] += 1
    below = [branch for branch in layout.branches() if branch.children]
    if not below:
        return left
    named = [json.loads(text) if text else {} for text in parts]
    for branch in below:
        gone = _named(branch, named)
        for child in branch.children:
            for place in _orphans(session, branch, child, gone):
                left[place] += 1
    return left


def _by_key(refs: Columns, key: Columns, owners: Owners) -> Owners | None:
    """Keys as the values that child rows point at; None where those are not of the key."""
    if refs == key:
        return owners
    names = [column.name for column in key]
    if any(column.name not in names for column in refs):
        return None
    at = [names.index(column.name) for column in refs]
    return {tuple(values[i] for i in at): place for values, place in owners.items()}


def _named(branch: Branch, parts: Sequence[dict[str, list[Any]]]) -> Owners:
    """The rows of a table that intents named, and whose they were."""
    return {
        key_of(listed): place
        for place, named in enumerate(parts)
        for listed in named.get(branch.label, ())
    }


def _orphans(session: Session, branch: Branch, child: Branch, gone: Owners) -> Iterator[int]:
    """Rows of ``child`` that point at rows of ``branch`` that are no longer there: whose they were.

    A row that has come since under the key of one that is gone has children of its own.
    """
    owners = _by_key(child.refs, branch.key, gone)
    if not owners:
        return
    pairs = zip(child.refs, child.by, strict=True)
    meets = " AND ".join(f"parent.{ref.sql} = this_row.{by.sql}" for ref, by in pairs)
    without = f"NOT EXISTS (SELECT 1 FROM {branch.table} AS parent WHERE {meets})"
    rows = _Rows(session, child.table, child.by, (), whole=False, condition=without)
    yield from (place for place, _, _ in rows.of(owners))


def present(session: Session, layout: Layout, size: int) -> Iterator[list[Key]]:
    """The key of every row of the table, in whatever category, as :func:`remains` counts them."""
    read = [session.dialect.read_key(column) for column in layout.key]
    sql = f"SELECT {', '.join(read)} FROM {layout.table}"
    for rows in session.stream(sql, size):
        yield named(by_column(rows, len(read)))


def fingerprints(session: Session, layout: Layout, keys: Sequence[Key]) -> list[str | None]:
    """For each key a digest of its row and of every row that hangs on it; None: no such row.

    It tells changed from unchanged and nothing else; whoever can guess a row can check the
    guess, so it is kept no longer than the comparison needs.
    """
    lines: list[list[str]] = [[] for _ in keys]
    present = [False] * len(keys)
    for label, place, values in _everything(session, layout, keys, whole=True):
        lines[place].append(f"{label}\0{values!r}")
        present[place] = present[place] or not label
    return [
        hashlib.sha256("\n".join(sorted(own)).encode("utf-8", "surrogatepass")).hexdigest()
        if is_present
        else None
        for own, is_present in zip(lines, present, strict=True)
    ]


Hanging = Iterator[tuple[str, int, tuple[Any, ...]]]
"""A child's label (``""``: the record's own row), the record's place, the row's values."""


def _everything(session: Session, layout: Layout, keys: Sequence[Key], *, whole: bool) -> Hanging:
    owners = {key: place for place, key in enumerate(keys)}
    elsewhere = tuple(c for branch in layout.children for c in branch.refs if c not in layout.key)
    rows = _Rows(session, layout.table, layout.key, elsewhere, whole=whole)
    refs: list[tuple[dict[str, Any], int]] = []
    for place, row, values in rows.of(owners):
        refs.append((row, place))
        yield "", place, values
    for branch in layout.children:
        below = _by_key(branch.refs, layout.key, owners)
        if below is None:
            below = _pointed_at(branch.refs, refs)
        yield from _hanging(session, branch, below, whole=whole)


def _hanging(session: Session, branch: Branch, owners: Owners, *, whole: bool) -> Hanging:
    needed = tuple(column for child in branch.children for column in child.refs)
    rows = _Rows(session, branch.table, branch.by, needed, whole=whole)
    refs: list[tuple[dict[str, Any], int]] = []
    for place, row, values in rows.of(owners):
        refs.append((row, place))
        yield branch.label, place, values
    for child in branch.children:
        yield from _hanging(session, child, _pointed_at(child.refs, refs), whole=whole)


def _pointed_at(columns: Columns, rows: Sequence[tuple[dict[str, Any], int]]) -> Owners:
    pairs = ((tuple(row[c.name] for c in columns), place) for row, place in rows)
    return {ref: place for ref, place in pairs if None not in ref}


class _Rows:
    """Rows of one table that point at records by ``by``: whose they are, and what they say."""

    def __init__(
        self,
        session: Session,
        table: str,
        by: Columns,
        needed: Columns,
        *,
        whole: bool,
        condition: str = EVERY_ROW,
    ) -> None:
        self._session = session
        self._by = by
        self._names = [column.name for column in (*by, *needed)]
        read = [session.dialect.read_key(column) for column in (*by, *needed)]
        if whole:
            read.append(session.dialect.whole_row("this_row"))
        self._sql = f"SELECT {', '.join(read)} FROM {table} AS this_row WHERE {condition} AND "

    def of(self, owners: Owners) -> Iterator[tuple[int, dict[str, Any], tuple[Any, ...]]]:
        """The owner's place, the named columns, the whole row. An unknown spelling of a value
        is asked for again, one owner at a time: only the database knows whose it is."""
        keys = list(owners)
        size = self._session.dialect.most_keys(self._by)
        for start in range(0, len(keys), size):
            some = keys[start : start + size]
            rows = self._asked(some)
            width = len(self._by)
            if all(tuple(row[:width]) in owners for row in rows):
                yield from (self._split(owners[tuple(row[:width])], row) for row in rows)
                continue
            for key in some:
                yield from (self._split(owners[key], row) for row in self._asked([key]))

    def _asked(self, keys: Sequence[Key]) -> Sequence[Sequence[Any]]:
        among, parameters = self._session.dialect.among(self._by, KeyList(keys))
        return self._session.rows(f"{self._sql}{among}", parameters)

    def _split(self, place: int, row: Sequence[Any]) -> tuple[int, dict[str, Any], tuple[Any, ...]]:
        named = dict(zip(self._names, row, strict=False))
        return place, named, tuple(row[len(self._names) :])
