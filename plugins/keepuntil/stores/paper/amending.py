"""Items that a list puts another way than the register: a date that came later, a new box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from keepuntil.domain.paper import BoxState, Item
from keepuntil.stores.paper.orders import OrderState, pieces
from keepuntil.stores.paper.remarks import Remarks
from keepuntil.stores.paper.tables import paper_amendment, paper_box, paper_item, paper_order

FIXED: Final = frozenset({"item", "series"})
"""A barcode names one item for ever, and another series would be another rule."""


class Amending:
    """What one list changes in the items that the register knows."""

    def __init__(self, warnings: Remarks) -> None:
        self._warnings = warnings
        self._changes: list[tuple[int, Item, tuple[str, ...]]] = []
        self.amended = 0

    def may(self, line: int, item: Item, fields: Sequence[str]) -> bool:
        """Note a change, where it is one that a list may make. An empty cell changes nothing."""
        if FIXED.intersection(fields):
            return False
        said = tuple(field for field in fields if _value(item, field) is not None)
        if said:
            self._changes.append((line, item, said))
            self._warnings.add(line, f"Changed what the register said: {', '.join(said)}.")
        return True

    def refuse_on_their_way(self, connection: Connection, problems: Remarks) -> None:
        """Note as a problem what is about items that were released, or boxes off their shelf."""
        released = self._released(connection)
        boxes = self._boxes_away(connection)
        for line, item, _ in self._changes:
            if item.item in released or item.box in boxes:
                problems.add(
                    line, "The item is on its way to be destroyed; nothing is changed about it."
                )

    def write(self, connection: Connection) -> None:
        """Put the items the other way. The list itself is noted by the intake."""
        for _, item, fields in self._changes:
            connection.execute(
                update(paper_item)
                .where(paper_item.c.item == item.item)
                .values({field: _value(item, field) for field in fields})
            )
        self.amended += len(self._changes)

    def tell(self, connection: Connection, digest: str) -> None:
        """Keep which items the list put another way, and in what."""
        rows = [
            {"digest": digest, "item": item.item, "fields": ",".join(fields)}
            for _, item, fields in self._changes
        ]
        if rows:
            connection.execute(insert(paper_amendment), rows)

    def _released(self, connection: Connection) -> set[str]:
        found: set[str] = set()
        for some in pieces([item.item for _, item, _ in self._changes]):
            query = select(paper_order.c.item).where(
                paper_order.c.item.in_(some), paper_order.c.state == OrderState.ORDERED.value
            )
            found.update(connection.scalars(query))
        return found

    def _boxes_away(self, connection: Connection) -> set[str]:
        found: set[str] = set()
        for some in pieces(sorted({item.box for _, item, _ in self._changes})):
            query = select(paper_box.c.box).where(
                paper_box.c.box.in_(some), paper_box.c.state != BoxState.SHELVED.value
            )
            found.update(connection.scalars(query))
        return found


def differing(item: Item, row: Row[Any]) -> list[str]:
    """Fields in which a line and the register differ."""
    said = zip(paper_item.c.keys(), row, strict=True)
    return [field for field, theirs in said if _value(item, field) != theirs]


def _value(item: Item, field: str) -> Any:
    return getattr(item, field)
