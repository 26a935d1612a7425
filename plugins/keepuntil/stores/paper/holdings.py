"""What the register holds, page by page in the order of keys.

A page begins after the last key of the one before, so each costs the same however far one
has come. ``after=None`` is the first page; one that is shorter than ``size`` is the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, true

from keepuntil.domain.paper import Box, BoxState, Item, ScanStatus, Sensitivity, Site
from keepuntil.stores.paper.orders import pieces
from keepuntil.stores.paper.tables import paper_box, paper_item, paper_site

PAGE: Final = 1_000

_ITEM_FIELDS: Final = tuple(paper_item.c.keys())
_SENSITIVITIES: Final = {level.value: level for level in Sensitivity}
_SCAN_STATUSES: Final = {status.value: status for status in ScanStatus}


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedBox:
    """A box and how many items lie in it."""

    box: Box
    items: int


def sites(connection: Connection, *, after: str | None = None, size: int = PAGE) -> list[Site]:
    """A page of the sites, by name."""
    query = select(paper_site.c.site).where(_after(paper_site.c.site, after))
    names = connection.scalars(query.order_by(paper_site.c.site).limit(size))
    return [Site(site=name) for name in names]


def boxes(
    connection: Connection, site: str, *, after: str | None = None, size: int = PAGE
) -> list[CountedBox]:
    """A page of the boxes of a site, by barcode, each with the count of its items."""
    page = (
        select(paper_box)
        .where(paper_box.c.site == site, _after(paper_box.c.box, after))
        .order_by(paper_box.c.box)
        .limit(size)
        .subquery()
    )
    count = (
        select(func.count())
        .select_from(paper_item)
        .where(paper_item.c.box == page.c.box)
        .scalar_subquery()
    )
    rows = connection.execute(select(page, count.label("items")).order_by(page.c.box))
    return [CountedBox(box=_box(row), items=row.items) for row in rows]


def items(
    connection: Connection, box: str, *, after: str | None = None, size: int = PAGE
) -> list[Item]:
    """A page of the items of a box, by barcode."""
    query = select(paper_item).where(paper_item.c.box == box, _after(paper_item.c.item, after))
    return [_item(row) for row in connection.execute(query.order_by(paper_item.c.item).limit(size))]


def items_in(connection: Connection, boxes: Sequence[str]) -> Iterator[Item]:
    """Every item of these boxes."""
    for some in pieces(boxes):
        query = select(paper_item).where(paper_item.c.box.in_(some))
        yield from map(_item, connection.execute(query.order_by(paper_item.c.item)))


def holdings(connection: Connection, *, size: int = PAGE) -> Iterator[tuple[Box, Item | None]]:
    """Every item with its box, by both barcodes; an empty box comes once, with None.

    Boxes that were destroyed are left out.
    """
    last: tuple[str, str | None] | None = None
    while page := _page_of_holdings(connection, last, size):
        yield from page
        box, item = page[-1]
        last = (box.box, None if item is None else item.item)


def _page_of_holdings(
    connection: Connection, last: tuple[str, str | None] | None, size: int
) -> list[tuple[Box, Item | None]]:
    columns = [column.label(f"item_{column.name}") for column in paper_item.c]
    query = (
        select(paper_box, *columns)
        .outerjoin(paper_item, paper_item.c.box == paper_box.c.box)
        .where(paper_box.c.state != BoxState.DESTROYED.value, _after_both(last))
        .order_by(paper_box.c.box, paper_item.c.item)
        .limit(size)
    )
    width = len(paper_box.c)
    return [
        (_box(row), None if row.item_item is None else _item(row[width:]))
        for row in connection.execute(query)
    ]


def _after(column: ColumnElement[Any], key: str | None) -> ColumnElement[bool]:
    return true() if key is None else column > key


def _after_both(last: tuple[str, str | None] | None) -> ColumnElement[bool]:
    """Written with a bound on the box alone first: not every database uses an index otherwise."""
    if last is None:
        return true()
    box, item = last
    if item is None:
        return paper_box.c.box > box
    further = or_(paper_box.c.box > box, paper_item.c.item > item)
    return and_(paper_box.c.box >= box, further)


def _box(row: Row[Any]) -> Box:
    return Box(
        box=row.box,
        site=row.site,
        shelf=row.shelf,
        seal=row.seal,
        version=row.version,
        state=BoxState(row.state),
    )


def _item(row: Any) -> Item:
    said = dict(zip(_ITEM_FIELDS, row, strict=True))
    said["sensitivity"] = _SENSITIVITIES.get(said["sensitivity"])
    said["scan_status"] = _SCAN_STATUSES[said["scan_status"]]
    return Item(**said)
