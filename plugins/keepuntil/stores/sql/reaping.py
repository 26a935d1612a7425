"""Child rows: deleted deepest first, each counted and named by the statement that deletes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from keepuntil.domain.items import Key
from keepuntil.errors import StoreMismatch
from keepuntil.stores.sql.columnar import KeyList, named
from keepuntil.stores.sql.connection import Session
from keepuntil.stores.sql.dialects import names_of
from keepuntil.stores.sql.layout import Branch, Columns
from keepuntil.stores.sql.parts import Parts

Owners = dict[Key, int]
"""Values that child rows point at, and the place in the batch of the item they belong to."""


class RowsMoved(StoreMismatch):
    """A deleting statement counted other rows than were locked for it."""


class Reaper:
    """Deletes what hangs on the items of one batch and gathers it as their parts.

    The items' rows are locked by now, so that no row can be hung on them any more where a
    foreign key exists; where none does, :meth:`look_again` asks once more at the end.
    """

    def __init__(self, session: Session, parts: Parts) -> None:
        self._session = session
        self._parts = parts
        self._taken: dict[str, set[Key]] = defaultdict(set)
        """Rows that hang on the items by two ways are deleted by the first."""
        self._unguarded: list[tuple[Branch, KeyList]] = []

    def reap(self, branch: Branch, parent: str, owners: Owners, refs: Sequence[KeyList]) -> None:
        """Delete the rows of ``branch`` that point at ``owners``, and all that hangs on them.

        ``refs`` are the values of ``owners``, in lists that one statement may name.
        """
        for some in refs:
            if branch.children:
                self._inner(branch, parent, some, owners)
            else:
                self._leaf(branch, parent, some, owners)
        if not branch.enforced:
            self._unguarded += ((branch, some) for some in refs)

    def look_again(self) -> None:
        """Raise RowsMoved when a row was hung on an item where no foreign key refuses it."""
        for branch, refs in self._unguarded:
            among, parameters = self._session.dialect.among(branch.by, refs)
            sql = f"SELECT count(*) FROM {branch.table} WHERE {among}"
            ((late,),) = self._session.rows(sql, parameters)
            if late:
                raise RowsMoved(
                    f"Rows keep being added to {branch.label} for records that are being "
                    f"destroyed; a foreign key would refuse them. Nothing was destroyed."
                )

    def _leaf(self, branch: Branch, parent: str, refs: KeyList, owners: Owners) -> None:
        by, keys = self._deleted(branch, refs)
        self._parts.add(branch.label, self._places(branch, parent, by, owners), keys)

    def _deleted(self, branch: Branch, refs: KeyList) -> tuple[list[Key], list[Sequence[Any]]]:
        """What the deleting statement says it deleted: whose rows, and their keys by columns."""
        session, columns = self._session, (*branch.by, *branch.key)
        among, parameters = session.dialect.among(branch.by, refs)
        read = ", ".join(map(session.dialect.read_key, columns))
        delete = f"DELETE FROM {branch.table} WHERE {among}"
        if session.dialect.returning:
            found = session.columns(f"{delete} RETURNING {read}", parameters, len(columns))
        else:
            waiting = session.dialect.for_update_waiting
            select = f"SELECT {read} FROM {branch.table} WHERE {among}{waiting}"
            found = session.columns(select, parameters, len(columns))
            _compare(branch.label, len(found[0]), session.changed(delete, parameters))
        width = len(branch.by)
        return named(found[:width]), found[width:]

    def _inner(self, branch: Branch, parent: str, refs: KeyList, owners: Owners) -> None:
        """A table with children of its own: its rows are locked before theirs are deleted."""
        rows = self._locked(branch, parent, refs, owners)
        for child in branch.children:
            at = [rows.at[column.name] for column in child.refs]
            pointed_at = zip(zip(*at, strict=True), rows.places, strict=True)
            owners_below = {ref: place for ref, place in pointed_at if None not in ref}
            below = lists_of(list(owners_below), self._session.dialect.most_keys(child.by))
            self.reap(child, branch.table, owners_below, below)
        for some in lists_of(rows.keys, self._session.dialect.most_keys(branch.key)):
            among, parameters = self._session.dialect.among(branch.key, some)
            deleted = self._session.changed(f"DELETE FROM {branch.table} WHERE {among}", parameters)
            _compare(branch.label, len(some), deleted)
        self._parts.add(branch.label, rows.places, [rows.at[c.name] for c in branch.key])

    def _locked(self, branch: Branch, parent: str, refs: KeyList, owners: Owners) -> _Locked:
        session = self._session
        needed = _distinct((*branch.key, *(c for child in branch.children for c in child.refs)))
        columns = (*branch.by, *needed)
        among, parameters = session.dialect.among(branch.by, refs)
        read = ", ".join(map(session.dialect.read_key, columns))
        sql = (
            f"SELECT {read} FROM {branch.table} WHERE {among} "
            f"ORDER BY {names_of(branch.key)}{session.dialect.for_update_waiting}"
        )
        found = session.columns(sql, parameters, len(columns))
        width = len(branch.by)
        places = self._places(branch, parent, named(found[:width]), owners)
        return self._new_ones(branch, needed, found[width:], places)

    def _new_ones(
        self,
        branch: Branch,
        needed: Columns,
        values: Sequence[Sequence[Any]],
        places: Sequence[int],
    ) -> _Locked:
        """Leave out rows that were reached before by another way."""
        taken = self._taken[branch.table]
        keys = named(values[: len(branch.key)])
        new = [row for row, key in enumerate(keys) if key not in taken]
        taken.update(keys)
        return _Locked(
            keys=[keys[row] for row in new],
            places=[places[row] for row in new],
            at={
                column.name: [column_values[row] for row in new]
                for column, column_values in zip(needed, values, strict=True)
            },
        )

    def _places(self, branch: Branch, parent: str, by: Sequence[Key], owners: Owners) -> list[int]:
        """The items that rows belong to, by the values with which they point at them."""
        places = [owners.get(value) for value in by]
        if None not in places:
            return places  # type: ignore[return-value]
        strays = {value for value in by if value not in owners}
        found = {value: self._place(branch, parent, value, owners) for value in strays}
        return [
            found[value] if place is None else place
            for value, place in zip(by, places, strict=True)
        ]

    def _place(self, branch: Branch, parent: str, value: Key, owners: Owners) -> int:
        """The database's own answer, where it takes another spelling for the same value."""
        dialect = self._session.dialect
        among, parameters = dialect.among(branch.refs, KeyList([value]))
        read = ", ".join(map(dialect.read_key, branch.refs))
        for row in self._session.rows(f"SELECT {read} FROM {parent} WHERE {among}", parameters):
            if (place := owners.get(tuple(row))) is not None:
                return place
        raise StoreMismatch(
            f"Rows of {branch.label} point at a record by a value that the record does not have; "
            f"the types of the two columns differ. Nothing was destroyed."
        )


class _Locked:
    """Rows of an inner table, by columns."""

    __slots__ = ("at", "keys", "places")

    def __init__(self, keys: list[Key], places: list[int], at: dict[str, list[Any]]) -> None:
        self.keys = keys
        self.places = places
        self.at = at


def _compare(label: str, locked: int, deleted: int) -> None:
    if locked != deleted:
        raise RowsMoved(
            f"Of {locked} rows of {label} the database deleted {deleted}; a trigger or rule keeps "
            f"rows from going. Nothing was destroyed."
        )


def lists_of(keys: Sequence[Key], size: int) -> list[KeyList]:
    """The keys in lists of at most ``size``."""
    return [KeyList(keys[start : start + size]) for start in range(0, len(keys), size)]


def _distinct(columns: Columns) -> Columns:
    return tuple({column.name: column for column in columns}.values())
