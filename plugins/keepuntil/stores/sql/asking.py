"""What statements about an instance share: what is read of a row, and when it may be due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from keepuntil.domain.items import Key
from keepuntil.errors import StoreMismatch
from keepuntil.stores.protocol import Facts, Query
from keepuntil.stores.sql.columnar import named
from keepuntil.stores.sql.dialects import Dialect
from keepuntil.stores.sql.expressions import objection_to
from keepuntil.stores.sql.facts import FactReader
from keepuntil.stores.sql.incoming import Answer
from keepuntil.stores.sql.layout import Columns, Event, Layout

NO_FACTS: Final[Facts] = ()
"""Stands for the facts of a row whose source row in another instance is not there."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an instance between calls: its layout, and the events read so far."""

    layout: Layout
    reader: FactReader
    pointing: Answer
    """What pointed at its tables when the layout was learnt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is selected of each row, in this order: key, events, group, further columns, holds."""

    query: Query
    layout: Layout
    dialect: Dialect
    reader: FactReader
    holds: tuple[str, ...]
    """Conditions of predicate holds, true for every row that is not clearly free."""
    further: Columns = ()

    @classmethod
    def of(cls, query: Query, known: Known, dialect: Dialect, further: Columns = ()) -> Reading:
        """Raises StoreMismatch when a hold's predicate cannot stand in a statement."""
        return cls(
            query=query,
            layout=known.layout,
            dialect=dialect,
            reader=known.reader,
            holds=tuple(
                _binds(hold_id, predicate, dialect)
                for hold_id, predicate in query.binding.predicates
            ),
            further=further,
        )

    @property
    def events(self) -> list[Event]:
        return [event for event in self.layout.events if event is not None]

    def selected(self) -> list[str]:
        """The expressions, in the order of the sections below."""
        read = self.dialect
        group = self.layout.group
        return [
            *(read.read_key(column) for column in self.layout.key),
            *(read.read_event(event) for event in self.events),
            *((read.text_of(group),) if group is not None else ()),
            *(read.read_key(column) for column in self.further),
            *(f"CASE WHEN {hold} THEN 1 ELSE 0 END" for hold in self.holds),
        ]

    def rows(self, columns: Sequence[Sequence[Any]]) -> Rows:
        """The sections of a result given by columns, facts read."""
        size = len(columns[0])
        sections = iter(columns)
        keys = [next(sections) for _ in self.layout.key]
        events = [next(sections) for _ in self.events]
        groups = next(sections) if self.layout.group is not None else [None] * size
        further = [next(sections) for _ in self.further]
        return Rows(
            keys=named(keys),
            facts=self._facts(self.reader.read(events, size), groups),
            groups=groups,
            further=further,
            held=self._held(list(sections), size),
        )

    def _facts(self, own: list[Facts], groups: Sequence[str | None]) -> list[Facts]:
        """The row's own facts with those of its source row in another instance set in."""
        linked = self.query.linked
        if linked is None:
            return own
        sources = linked(sorted({group for group in groups if group is not None}))
        borrowed = self.layout.borrowed
        return [
            tuple(
                theirs if is_borrowed else mine
                for mine, theirs, is_borrowed in zip(facts, source, borrowed, strict=True)
            )
            if group is not None and (source := sources.get(group)) is not None
            else NO_FACTS
            for facts, group in zip(own, groups, strict=True)
        ]

    def _held(self, columns: Sequence[Sequence[int]], size: int) -> list[tuple[str, ...]]:
        if not columns:
            return [()] * size
        names = [hold_id for hold_id, _ in self.query.binding.predicates]
        return [
            tuple(name for name, binds in zip(names, row, strict=True) if binds)
            for row in zip(*columns, strict=True)
        ]


@dataclass(slots=True, kw_only=True)
class Rows:
    """Rows by columns; ``further`` holds the columns that only destroying asks for."""

    keys: list[Key]
    facts: list[Facts]
    groups: Sequence[str | None]
    further: list[Sequence[Any]]
    held: list[tuple[str, ...]]


def candidates(layout: Layout, query: Query, dialect: Dialect) -> str | None:
    """A condition that every due row satisfies, or None when nothing can be asked."""
    events = {event.name: event for event in layout.events if event is not None}
    asked = [
        dialect.not_after(events[name], cutoff) if name in events else None
        for name, cutoff in query.cutoffs.latest
    ]
    conditions = [condition for condition in asked if condition is not None]
    if not conditions or (query.cutoffs.any_trigger and len(conditions) < len(asked)):
        return None
    joined = " OR " if query.cutoffs.any_trigger else " AND "
    return f"({joined.join(conditions)})"


def _binds(hold_id: str, predicate: str, dialect: Dialect) -> str:
    """A hold binds unless its predicate is clearly false: an unknown answer keeps the row."""
    objection = objection_to(predicate)
    if objection is not None:
        raise StoreMismatch(
            f"The condition of the hold {hold_id} cannot be used: {objection}. "
            f"Nothing it may cover is destroyed until it is put right."
        )
    return f"({dialect.verbatim(predicate)}) IS NOT FALSE"
