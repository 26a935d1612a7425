"""What boxes hold, and where custody has brought them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from keepuntil.domain.paper import Box, BoxState
from keepuntil.stores.paper.holdings import box_of
from keepuntil.stores.paper.orders import pieces
from keepuntil.stores.paper.tables import paper_box, paper_item


@dataclass(frozen=True, slots=True)
class Content:
    """An item of a box, as a journey needs to know it."""

    item: str
    record_group: str | None
    series: str


def contents(connection: Connection, boxes: Sequence[str]) -> Mapping[str, list[Content]]:
    """Everything that lies in these boxes, of whatever series, by box and barcode."""
    found: dict[str, list[Content]] = defaultdict(list)
    columns = (
        paper_item.c.box,
        paper_item.c.item,
        paper_item.c.record_group,
        paper_item.c.series,
    )
    for some in pieces(boxes):
        query = select(*columns).where(paper_item.c.box.in_(some)).order_by(*columns[:2])
        for box, item, group, series in connection.execute(query):
            found[box].append(Content(item, group, series))
    return found


def boxes_of(connection: Connection, barcodes: Sequence[str]) -> dict[str, Box]:
    """The boxes of these barcodes."""
    found: dict[str, Box] = {}
    for some in pieces(barcodes):
        query = select(paper_box).where(paper_box.c.box.in_(some))
        found.update((row.box, box_of(row)) for row in connection.execute(query))
    return found


def take_down(connection: Connection, boxes: Collection[str]) -> None:
    """Boxes that left their shelf as a whole."""
    _set(connection, boxes, BoxState.WITHDRAWN)


def put_back(connection: Connection, boxes: Collection[str]) -> None:
    """Boxes that stand on their shelf again as they were."""
    _set(connection, boxes, BoxState.SHELVED)


def settle(connection: Connection, destroyed: Mapping[str, Collection[str]]) -> None:
    """After a journey: a box that lost everything is destroyed, another is a new version.

    ``destroyed`` gives the items that went, by box.
    """
    held = contents(connection, list(destroyed))
    for box, gone in destroyed.items():
        left = [each.item for each in held.get(box, ()) if each.item not in gone]
        if not left:
            _set(connection, [box], BoxState.DESTROYED)
        elif gone:
            connection.execute(
                update(paper_box)
                .where(paper_box.c.box == box)
                .values(state=BoxState.SHELVED.value, version=paper_box.c.version + 1, seal=None)
            )
        else:
            _set(connection, [box], BoxState.SHELVED)


def _set(connection: Connection, boxes: Collection[str], state: BoxState) -> None:
    for some in pieces(sorted(boxes)):
        connection.execute(
            update(paper_box).where(paper_box.c.box.in_(some)).values(state=state.value)
        )
