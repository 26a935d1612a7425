"""Orders: which items the road has released to be destroyed, and how far each has come.

    ordered ─ a consignment may pick it ─ destroyed    custody said so, to the end
    ordered ─ withdrawn                                a hold came, or custody gave it back

An order is the store's own memory of a plan. It outlives the item's row, so that nobody
has to guess what became of a barcode.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from keepuntil.stores.paper.tables import paper_item, paper_order

_AT_ONCE: Final = 500
"""Barcodes named in one statement: below every database's limit."""


class OrderState(StrEnum):
    """How far an order has come. Only ``ordered`` may be picked."""

    ORDERED = "ordered"
    WITHDRAWN = "withdrawn"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One item that a plan released. An item has one at a time."""

    item: str
    plan: str
    box: str
    state: OrderState


def of_items(connection: Connection, items: Sequence[str]) -> dict[str, Order]:
    """The order of each of these items, of whatever plan; an item without one is left out."""
    found: dict[str, Order] = {}
    for some in pieces(items):
        query = select(paper_order).where(paper_order.c.item.in_(some))
        found.update((row.item, _order(row)) for row in connection.execute(query))
    return found


def place(connection: Connection, plan: str, boxes: dict[str, str]) -> None:
    """Release items, given with the box each lies in. One that was withdrawn is released anew."""
    for some in pieces(list(boxes)):
        connection.execute(delete(paper_order).where(paper_order.c.item.in_(some)))
        rows = [
            {"plan": plan, "item": item, "box": boxes[item], "state": OrderState.ORDERED.value}
            for item in some
        ]
        connection.execute(insert(paper_order), rows)


def move(connection: Connection, items: Sequence[str], state: OrderState) -> None:
    """Say how far these orders have come."""
    for some in pieces(items):
        connection.execute(
            update(paper_order).where(paper_order.c.item.in_(some)).values(state=state.value)
        )


def assign(connection: Connection, items: Sequence[str], consignment: str) -> None:
    """Put ordered items on a journey."""
    for some in pieces(items):
        connection.execute(
            update(paper_order).where(paper_order.c.item.in_(some)).values(consignment=consignment)
        )


def strike_off(connection: Connection, items: Sequence[str]) -> int:
    """Take items that custody saw destroyed out of the register; how many stood in it."""
    struck = 0
    for some in pieces(items):
        gone = connection.execute(delete(paper_item).where(paper_item.c.item.in_(some)))
        struck += gone.rowcount
    return struck


def waiting_orders(
    connection: Connection, plan: str, *, after: str = "", size: int = 1_000
) -> list[Order]:
    """A page of the orders of a plan that are on no journey yet, by barcode."""
    query = (
        select(paper_order)
        .where(
            paper_order.c.plan == plan,
            paper_order.c.state == OrderState.ORDERED.value,
            paper_order.c.consignment.is_(None),
            paper_order.c.item > after,
        )
        .order_by(paper_order.c.item)
        .limit(size)
    )
    return [_order(row) for row in connection.execute(query)]


def carried(connection: Connection, items: Sequence[str]) -> set[str]:
    """Those of the items that are on a journey now."""
    found: set[str] = set()
    for some in pieces(items):
        query = select(paper_order.c.item).where(
            paper_order.c.item.in_(some),
            paper_order.c.state == OrderState.ORDERED.value,
            paper_order.c.consignment.is_not(None),
        )
        found.update(connection.execute(query).scalars())
    return found


def _order(row: Row[Any]) -> Order:
    return Order(item=row.item, plan=row.plan, box=row.box, state=OrderState(row.state))


def pieces(items: Sequence[str]) -> Iterator[Sequence[str]]:
    """Barcodes in lists that one statement may name."""
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
