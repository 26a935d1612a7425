"""Destroying one batch in one transaction: lock, decide again, delete, compare, intend, commit."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeGuard

from keepuntil.domain.decision import Due, reason_code
from keepuntil.domain.items import Key
from keepuntil.domain.outcomes import Outcome, codes_of, table_of
from keepuntil.errors import StoreBusy, StoreError
from keepuntil.stores.protocol import Batch, Effect, Facts, Intent, Journal, Query
from keepuntil.stores.sql.asking import NO_FACTS, Known, Reading, Rows, candidates
from keepuntil.stores.sql.columnar import KeyList
from keepuntil.stores.sql.connection import Database, Session
from keepuntil.stores.sql.faults import StillPointedAt
from keepuntil.stores.sql.incoming import of_sql, refuse_anew
from keepuntil.stores.sql.layout import EVERY_ROW, Branch, Columns, Layout
from keepuntil.stores.sql.parts import Parts
from keepuntil.stores.sql.reaping import Owners, Reaper, RowsMoved, lists_of

ATTEMPTS: Final = 5
"""A batch that collides with others is tried this often, whole, before it is given back."""

FIRST_PAUSE_SECONDS: Final = 0.05
"""Doubled at every attempt, and shaken so that two workers do not meet again."""

ROW_LOCKED: Final = "row_locked"
NOT_IN_CATEGORY: Final = "not_in_category"
GROUP_CHANGED: Final = "record_group_changed"
NO_LINKED_RECORD: Final = "no_linked_record"

_DESTROYED: Final = table_of([Outcome.DESTROYED])
_SUBQUERY: Final = re.compile(r"\bselect\b", re.IGNORECASE)


def destroy(
    database: Database, known: Known, query: Query, batch: Batch, journal: Journal
) -> Effect:
    """Destroy what is present, due and free of the batch, or nothing of it at all.

    Raises StoreBusy when others were in the way to the end or the commit was not
    confirmed, StoreMismatch when the rows cannot go, and what ``journal.intend`` raises.
    """
    for attempt in range(1, ATTEMPTS + 1):
        last = attempt == ATTEMPTS
        with database.writing() as session:
            work = _Work(session, known, query, batch, gives_up_locked=last)
            try:
                intent = work.prepare()
            except (StoreBusy, StillPointedAt, RowsMoved):
                if last:
                    raise
            else:
                return work.finish(intent, journal)
        _pause(attempt)
    raise AssertionError("the last attempt returns or raises")


def _pause(attempt: int) -> None:
    time.sleep(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311


@dataclass(slots=True)
class _Eligible:
    """Rows that are locked, due and free: where they stand in the batch, and their columns."""

    places: list[int] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    further: list[tuple[Any, ...]] = field(default_factory=list)
    """Columns beyond the key that children point at."""

    def add(self, place: int, key: Key, further: tuple[Any, ...]) -> None:
        self.places.append(place)
        self.keys.append(key)
        self.further.append(further)


@dataclass(slots=True)
class _Work:
    """One attempt at one batch, inside one transaction."""

    session: Session
    known: Known
    query: Query
    batch: Batch
    gives_up_locked: bool
    """Rows that others have locked become failures instead of a reason to try again."""
    outcomes: list[Outcome] = field(init=False)
    reasons: dict[int, str] = field(init=False, default_factory=dict)
    unspared: dict[Key, int] = field(init=False)
    eligible: _Eligible = field(init=False, default_factory=_Eligible)

    def __post_init__(self) -> None:
        places: Iterable[int] = range(len(self.batch.keys))
        # Whatever is not accounted for below has failed.
        self.outcomes = [Outcome.FAILED] * len(self.batch.keys)
        if any(self.batch.spared):
            places = [place for place, spared in enumerate(self.batch.spared) if not spared]
            self.outcomes = [Outcome.HELD if s else Outcome.FAILED for s in self.batch.spared]
        self.unspared = {self.batch.keys[place]: place for place in places}

    @property
    def layout(self) -> Layout:
        return self.known.layout

    def prepare(self) -> Intent:
        """Everything up to the commit. Raises StoreBusy, StillPointedAt, RowsMoved: try again."""
        parts = Parts()
        dialect = self.session.dialect
        reading = Reading.of(self.query, self.known, dialect, _further(self.layout))
        keys = list(self.unspared)
        listed = lists_of(keys, dialect.most_keys(self.layout.key))
        for some in listed:
            rows = self._locked(reading, some)
            self._sort_out(rows)
            if rows.keys != some.keys and (unseen := set(some.keys).difference(rows.keys)):
                self._account_for(KeyList(sorted(unseen, key=self.unspared.__getitem__)))
        self._look_for_what_was_ours()
        if self.eligible.keys != keys:
            listed = lists_of(self.eligible.keys, dialect.most_keys(self.layout.key))
        if self.eligible.keys:
            self._delete(reading, parts, listed)
        return self._intent(parts)

    def finish(self, intent: Intent, journal: Journal) -> Effect:
        """Make it durable that we are about to, then make it final."""
        if self.eligible.keys:
            journal.intend(intent)
            self._commit()
        return Effect(
            outcomes=self.outcomes,
            reasons=self.reasons,
            parts=intent.parts,
            counts=intent.counts,
        )

    def _locked(self, reading: Reading, keys: KeyList) -> Rows:
        """Lock those rows of the category that nobody else has locked, and read them."""
        among, parameters = self.session.dialect.among(self.layout.key, keys)
        selected = reading.selected()
        sql = (
            f"SELECT {', '.join(selected)} FROM {self.layout.table} "
            f"WHERE {among} AND {self.layout.where}{self.session.dialect.for_update}"
        )
        return reading.rows(self.session.columns(sql, parameters, len(selected)))

    def _sort_out(self, rows: Rows) -> None:
        """Decide every locked row on what it says now; rows that say the same, once."""
        reasons = {facts: self._reason_to_stay(facts) for facts in set(rows.facts)}
        places = list(map(self.unspared.get, rows.keys))
        further = list(zip(*rows.further, strict=True)) or [()] * len(rows.keys)
        if not any(reasons.values()) and self._all_go(places, rows):
            self._doom(rows.keys, places, further)
            return
        columns = zip(rows.keys, places, rows.facts, self._held(rows), further, strict=True)
        for row, (key, place, facts, held, more) in enumerate(columns):
            if place is None:
                continue  # the same to the database's collation, and yet not what was planned
            if reason := reasons[facts]:
                self._leave(place, Outcome.NO_LONGER_DUE, reason)
            elif held:
                self._leave(place, Outcome.HELD, f"hold:{','.join(held)}")
            elif rows.groups[row] != self.batch.groups[place]:
                self._leave(place, Outcome.NO_LONGER_DUE, GROUP_CHANGED)
            else:
                self.outcomes[place] = Outcome.DESTROYED
                self.eligible.add(place, key, more)

    def _all_go(self, places: Sequence[int | None], rows: Rows) -> TypeGuard[Sequence[int]]:
        """Whether nothing but its dates could keep any of these rows: the usual case, in a few
        steps for all of them instead of a few for each."""
        if None in places or not self.query.binding.binds_nothing or any(rows.held):
            return False
        planned = map(self.batch.groups.__getitem__, places)  # type: ignore[arg-type]
        return list(planned) == list(rows.groups)

    def _doom(
        self, keys: Sequence[Key], places: Sequence[int], further: Sequence[tuple[Any, ...]]
    ) -> None:
        for place in places:
            self.outcomes[place] = Outcome.DESTROYED
        self.eligible.places += places
        self.eligible.keys += keys
        self.eligible.further += further

    def _held(self, rows: Rows) -> Sequence[tuple[str, ...]]:
        """Holds on what a row says now: its record group may have changed since it was planned."""
        binding = self.query.binding
        if binding.binds_nothing:
            return rows.held
        named = binding.of_many(rows.keys, rows.groups)
        pairs = zip(named, rows.held, strict=True)
        return [tuple(sorted({*by_name, *by_predicate})) for by_name, by_predicate in pairs]

    def _reason_to_stay(self, facts: Facts) -> str:
        """Why a row that says this is not due, or nothing."""
        if facts is NO_FACTS:
            return NO_LINKED_RECORD
        decision = self.query.decide(facts)
        return "" if isinstance(decision, Due) else reason_code(decision)

    def _leave(self, place: int, outcome: Outcome, reason: str) -> None:
        self.outcomes[place] = outcome
        self.reasons[place] = reason

    def _account_for(self, keys: KeyList) -> None:
        """Rows that could not be locked: gone, of another category by now, or others' for now."""
        here = self._still_here(keys)
        for key in keys.keys:
            place = self.unspared[key]
            if key not in here:
                was_ours = self.batch.was_ours(place)
                self.outcomes[place] = Outcome.DESTROYED if was_ours else Outcome.ALREADY_ABSENT
            elif not here[key]:
                self._leave(place, Outcome.NO_LONGER_DUE, NOT_IN_CATEGORY)
            else:
                self._in_others_hands(place)

    def _in_others_hands(self, place: int) -> None:
        """Nothing can be said of a row that somebody has locked: he may be deleting it."""
        if not self.gives_up_locked:
            raise StoreBusy(
                f"Rows of instance {self.query.instance.id} are locked by others; try again later."
            )
        self._leave(place, Outcome.FAILED, ROW_LOCKED)

    def _look_for_what_was_ours(self) -> None:
        """Spared rows that an interrupted attempt had under its hands: gone, or untouched.

        They are locked to be looked at, since that attempt may not be dead but slow.
        """
        pairs = enumerate(zip(self.batch.keys, self.batch.spared, strict=True))
        ours = {key: i for i, (key, spared) in pairs if spared and self.batch.was_ours(i)}
        for some in lists_of(list(ours), self.session.dialect.most_keys(self.layout.key)):
            untouched = self._lockable(some)
            unseen = KeyList([key for key in some.keys if key not in untouched])
            here = self._still_here(unseen) if unseen.keys else {}
            for key in unseen.keys:
                if key in here:
                    self._in_others_hands(ours[key])
                else:
                    self.outcomes[ours[key]] = Outcome.DESTROYED

    def _lockable(self, keys: KeyList) -> set[Key]:
        """Which rows exist and are nobody else's for now, whatever they say."""
        dialect, key = self.session.dialect, self.layout.key
        among, parameters = dialect.among(key, keys)
        read = ", ".join(map(dialect.read_key, key))
        sql = f"SELECT {read} FROM {self.layout.table} WHERE {among}{dialect.for_update}"
        return {tuple(row) for row in self.session.rows(sql, parameters)}

    def _still_here(self, keys: KeyList) -> dict[Key, bool]:
        """Which rows exist, and whether they belong to the category. Locks nothing."""
        dialect, key = self.session.dialect, self.layout.key
        among, parameters = dialect.among(key, keys)
        read = ", ".join(map(dialect.read_key, key))
        sql = (
            f"SELECT {read}, CASE WHEN {self.layout.where} THEN 1 ELSE 0 END "
            f"FROM {self.layout.table} WHERE {among}"
        )
        return {tuple(row[:-1]): bool(row[-1]) for row in self.session.rows(sql, parameters)}

    def _delete(self, reading: Reading, parts: Parts, keys: Sequence[KeyList]) -> None:
        """Children deepest first, then the rows, under the very conditions that made them due."""
        reaper = Reaper(self.session, parts)
        for branch in self.layout.children:
            owners, refs = self._owners(branch, reading.further), keys
            if branch.refs != self.layout.key:
                refs = lists_of(list(owners), self.session.dialect.most_keys(branch.by))
            reaper.reap(branch, self.layout.table, owners, refs)
        conditions = " AND ".join(self._riding(reading))
        for some in keys:
            among, parameters = self.session.dialect.among(self.layout.key, some)
            sql = f"DELETE FROM {self.layout.table} WHERE {among} AND {conditions}"
            deleted = self.session.changed(sql, parameters)
            if deleted != len(some):
                raise RowsMoved(
                    f"Of {len(some)} rows of instance {self.query.instance.id} the database "
                    f"deleted {deleted}; a trigger or rule keeps rows from going. Nothing was "
                    f"destroyed."
                )
        reaper.look_again()
        refuse_anew(self.session, of_sql(self.query.instance), self.known.pointing)
        if self.layout.check_at_once:
            self.session.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def _riding(self, reading: Reading) -> list[str]:
        """Eligibility and holds as conditions of the deleting statement itself.

        The rows are locked, so these can only confirm what was decided. A condition that
        asks other tables cannot ride along: the children it may ask about are gone by now.
        """
        condition = candidates(self.layout, self.query, self.session.dialect)
        conditions = [self.layout.where, *(f"NOT ({hold})" for hold in reading.holds)]
        if condition is not None:
            conditions.append(condition)
        return [sql for sql in conditions if not _SUBQUERY.search(sql)] or [EVERY_ROW]

    def _owners(self, branch: Branch, further: Columns) -> Owners:
        """Which item a child belongs to, by the values that the child's columns point at."""
        eligible = self.eligible
        if branch.refs == self.layout.key:
            if len(eligible.keys) == len(self.unspared):
                return self.unspared
            return dict(zip(eligible.keys, eligible.places, strict=True))
        columns = (*self.layout.key, *further)
        names = [column.name for column in columns]
        wanted = [names.index(column.name) for column in branch.refs]
        owners: Owners = {}
        rows = zip(eligible.keys, eligible.further, eligible.places, strict=True)
        for key, more, place in rows:
            values = (*key, *more)
            ref = tuple(values[at] for at in wanted)
            if None not in ref:
                owners[ref] = place
        return owners

    def _intent(self, parts: Parts) -> Intent:
        """What is about to be final, with what an interrupted attempt made final before."""
        size = len(self.batch.keys)
        texts, counts = parts.written(size)
        present = bytearray(codes_of(self.outcomes).translate(_DESTROYED))
        intent = Intent(present=present, parts=texts, counts=counts)
        earlier = self.batch.earlier
        if earlier is not None:
            now = set(self.eligible.places)
            for place in range(size):
                if present[place] and place not in now:
                    intent.parts[place] = earlier.parts[place]
                    intent.counts[place] = earlier.counts[place]
        return intent

    def _commit(self) -> None:
        try:
            self.session.commit()
        except StoreError as error:
            said = error.sentence
        else:
            return
        raise StoreBusy(
            f"{said} The commit of a batch was not confirmed; resume the run, which will see "
            f"what became of it."
        )


def _further(layout: Layout) -> Columns:
    """Columns beyond the key that children point at, each once."""
    of_key = {column.name for column in layout.key}
    pointed_at = {
        column.name: column
        for branch in layout.children
        for column in branch.refs
        if column.name not in of_key
    }
    return tuple(pointed_at.values())
