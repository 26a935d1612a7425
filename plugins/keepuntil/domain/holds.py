"""Legal holds (冻结). A hold always wins; several may bind one record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from keepuntil.domain.items import Key, key_text


class HoldScope(StrEnum):
    """What a hold names its records by."""

    KEY = "key"
    """One item of one instance: ``value`` is the JSON list of its key."""
    RECORD_GROUP = "record_group"
    """Every copy of one record: ``value`` is the group."""
    PREFIX = "prefix"
    """Objects or files whose key starts with ``value``."""
    PREDICATE = "predicate"
    """Rows that satisfy the SQL condition ``value``."""
    CATEGORY = "category"
    """Everything of the category; ``value`` is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One mandate to keep. It binds from ``placed_at`` until lifted."""

    hold_id: str
    mandate: str
    """Who ordered it and under which number. No personal data."""
    owner: str
    category: str
    instance: str | None
    """None: every instance of the category that the scope can name."""
    scope: HoldScope
    value: str
    placed_at: datetime
    review_by: date | None


class Binding:
    """The holds of one instance, arranged so that a batch of items is asked quickly.

    Holds by SQL predicate cannot be answered here: the store evaluates them
    (:meth:`predicates`) in the same statement that finds or destroys.
    """

    def __init__(self, holds: Iterable[Hold], *, category: str, instance: str) -> None:
        mine = [
            hold
            for hold in sorted(holds, key=lambda h: h.hold_id)
            if hold.category == category and hold.instance in (None, instance)
        ]
        self._by_key = _grouped(mine, HoldScope.KEY)
        self._by_group = _grouped(mine, HoldScope.RECORD_GROUP)
        self._prefixes = tuple((h.value, h.hold_id) for h in mine if h.scope is HoldScope.PREFIX)
        self._everything = tuple(h.hold_id for h in mine if h.scope is HoldScope.CATEGORY)
        self.predicates: tuple[tuple[str, str], ...] = tuple(
            (h.hold_id, h.value) for h in mine if h.scope is HoldScope.PREDICATE
        )

    @property
    def unanswerable(self) -> tuple[str, ...]:
        """Holds by SQL predicate. Where nobody can ask an item whether it meets one, they bind
        every item: unknown never destroys."""
        return tuple(hold_id for hold_id, _ in self.predicates)

    @property
    def binds_nothing(self) -> bool:
        """True when no hold could apply to any item (predicates included)."""
        return not (
            self._by_key or self._by_group or self._prefixes or self._everything or self.predicates
        )

    def of(self, key: Key, group: str | None) -> tuple[str, ...]:
        """Identifiers of the holds that bind the item, predicates aside."""
        found = list(self._everything)
        if self._by_key:
            found += self._by_key.get(key_text(key), ())
        if group is not None:
            found += self._by_group.get(group, ())
        if self._prefixes and not isinstance(name := key[0], int):
            found += (hold_id for prefix, hold_id in self._prefixes if _begins(name, prefix))
        return tuple(sorted(set(found)))

    def of_many(self, keys: Sequence[Key], groups: Sequence[str | None]) -> list[tuple[str, ...]]:
        """:meth:`of` for a batch; free of cost when nothing binds."""
        if not (self._by_key or self._by_group or self._prefixes or self._everything):
            return [()] * len(keys)
        return [self.of(key, group) for key, group in zip(keys, groups, strict=True)]


def _begins(name: str | bytes, prefix: str) -> bool:
    """A file whose name is no UTF-8 lies below the prefix like any other."""
    if isinstance(name, bytes):
        return name.startswith(prefix.encode())
    return name.startswith(prefix)


def _grouped(holds: Iterable[Hold], scope: HoldScope) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for hold in holds:
        if hold.scope is scope:
            grouped.setdefault(hold.value, []).append(hold.hold_id)
    return grouped
