"""What the register holds, page by page in the order of keys.

A page begins after the last key of the one before, so each costs the same however far one
has come. ``after=None`` is the first page; one that is shorter than ``size`` is the last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
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
    return [CountedBox(box=box_of(row), items=row.items) for row in rows]


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


def items_named(connection: Connection, barcodes: Sequence[str]) -> Iterator[Item]:
    """The items of these barcodes that are still in the register."""
    for some in pieces(barcodes):
        query = select(paper_item).where(paper_item.c.item.in_(some))
        yield from map(_item, connection.execute(query.order_by(paper_item.c.item)))


def holdings(connection: Connection, *, size: int = PAGE) -> Iterator[tuple[Box, Item | None]]:
    """Every item with its box, by both barcodes; an empty box comes once, with None.

    Boxes that were destroyed are left out.
    """
    after = None
    while page := _boxes_on_hand(connection, after, size):
        after = page[-1].box
        yield from _filled(page, _items_between(connection, page[0].box, after, size))


def series_held(connection: Connection, without: Collection[str]) -> Iterator[tuple[str, int]]:
    """Every series on hand but these, and how many items are in it. Steps from one to the next
    by their index, so the items of the others are not read."""
    column, after = paper_item.c.series, None
    while True:
        query = select(func.min(column)).where(_after(column, after))
        after = connection.scalar(query)
        if after is None:
            return
        if after not in without:
            counted = select(func.count()).select_from(paper_item).where(column == after)
            yield after, connection.scalar(counted) or 0


def _filled(page: Sequence[Box], found: Iterator[Item]) -> Iterator[tuple[Box, Item | None]]:
    """Both come in the order of boxes; items of boxes that are not on the page are passed over."""
    item = next(found, None)
    for box in page:
        empty = True
        while item is not None and item.box <= box.box:
            if item.box == box.box:
                yield box, item
                empty = False
            item = next(found, None)
        if empty:
            yield box, None


def _boxes_on_hand(connection: Connection, after: str | None, size: int) -> list[Box]:
    on_hand = paper_box.c.state != BoxState.DESTROYED.value
    query = select(paper_box).where(on_hand, _after(paper_box.c.box, after))
    rows = connection.execute(query.order_by(paper_box.c.box).limit(size))
    return [box_of(row) for row in rows]


def _items_between(connection: Connection, first: str, last: str, size: int) -> Iterator[Item]:
    """The items of a range of boxes. One table a query: only then does every database read
    a page from its index, instead of sorting what is left for each."""
    box, item = paper_item.c.box, paper_item.c.item
    begin = box >= first
    while True:
        query = select(paper_item).where(begin, box <= last).order_by(box, item).limit(size)
        page = [_item(row) for row in connection.execute(query)]
        yield from page
        if len(page) < size:
            return
        end = page[-1]
        # The bound on the box alone comes first, for those that use no index otherwise.
        begin = and_(box >= end.box, or_(box > end.box, item > end.item))


def _after(column: ColumnElement[Any], key: str | None) -> ColumnElement[bool]:
    return true() if key is None else column > key


def box_of(row: Row[Any]) -> Box:
    """The box of a row that has its columns."""
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
