"""An instance's declaration, resolved against the tables as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

EVERY_ROW: Final = "(1=1)"


class KeyKind(Enum):
    """How the parts of a key travel: as whole numbers, text or bytes."""

    WHOLE = "whole"
    TRUTH = "truth"
    """0 and 1."""
    TEXT = "text"
    PLAIN = "plain"
    """Dates, date-times and UUIDs, as the database writes them."""
    DECIMAL = "decimal"
    """As plain digits."""
    BYTES = "bytes"
    ANY = "any"
    """SQLite: whatever stands there, if it is a whole number, text or bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that names rows or points at them."""

    name: str
    sql: str
    """The name as it is written in a statement."""
    kind: KeyKind
    cast: str
    """Where the dialect casts arrays of keys: the type to cast to."""


Columns = tuple[Column, ...]


class EventKind(Enum):
    """What the database says an event's values are."""

    DATE = "date"
    NAIVE = "naive"
    """A date-time without a zone."""
    INSTANT = "instant"
    """A date-time with a zone, read in UTC."""
    TEXT = "text"
    """ISO 8601, read strictly; SQLite's dates too."""
    FLAG = "flag"
    """0 or 1, true or false."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of the clock, as an expression over the instance's table."""

    name: str
    sql: str
    kind: EventKind
    zone: str | None
    """What date-times without a zone mean; None where none was declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A child table and the columns by which its rows point at their parent's."""

    label: str
    """The table as the rule names it: the name in the evidence."""
    table: str
    """The table as it is written in a statement."""
    key: Columns
    by: Columns
    refs: Columns
    """The parent's columns that ``by`` points at, in the same order."""
    enforced: bool
    """A foreign key holds ``by`` to ``refs``."""
    children: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Everything that statements about one instance are made of."""

    table: str
    key: Columns
    where: str
    """The instance's own condition in parentheses; ``(1=1)`` where there is none."""
    events: tuple[Event | None, ...]
    """In the order of ``rule.clock.events``; None: not read here."""
    borrowed: tuple[bool, ...]
    """Which events come from another instance."""
    group: Column | None
    subject: Column | None
    children: tuple[Branch, ...]
    check_at_once: bool
    """Some foreign key is only checked at the commit unless told otherwise."""

    def branches(self) -> Iterator[Branch]:
        """Every branch of the tree, parents before their children."""
        waiting = list(self.children)
        while waiting:
            branch = waiting.pop(0)
            yield branch
            waiting[:0] = branch.children


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What resolving came to. ``layout`` is None as soon as there is a problem."""

    layout: Layout | None
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
