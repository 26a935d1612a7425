"""One list on its way into the register, batch by batch, inside one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, insert, select

from keepuntil.domain.paper import BoxState, Item
from keepuntil.stores.paper.amending import Amending, differing
from keepuntil.stores.paper.lines import BoxWords, Line
from keepuntil.stores.paper.lists import OpenList
from keepuntil.stores.paper.remarks import ListRefused, Remarks
from keepuntil.stores.paper.said import Said
from keepuntil.stores.paper.tables import paper_box, paper_import, paper_item, paper_site

_BOX_WORDS: Final = ("site", "shelf", "seal")
_ITEM_FIELDS: Final = tuple(paper_item.c.keys())
_fields_of: Final = attrgetter(*_ITEM_FIELDS)


class Intake:
    """One list on its way into the register, inside one transaction."""

    def __init__(
        self,
        connection: Connection,
        opened: OpenList,
        problems: Remarks,
        said: Said,
        amending: Amending | None = None,
    ) -> None:
        self.lines = self.boxes_added = self.items_added = self.known = 0
        self._connection = connection
        self._digest = opened.digest
        self._problems = problems
        self._said = said
        self._amending = amending
        self._earlier = connection.execute(
            select(paper_import).where(paper_import.c.digest == opened.digest)
        ).one_or_none()

    def take(self, batch: Sequence[Line]) -> None:
        """Compare a batch with itself, with earlier ones and with the register, and add it."""
        self.lines += len(batch)
        boxes = self._boxes_of(batch)
        new_boxes = [words for words in self._introduced(batch) if self._is_new(words, boxes)]
        new_items = self._new_items(self._unrepeated(batch), boxes)
        self.boxes_added += len(new_boxes)
        self.items_added += len(new_items)
        if not self._problems.count and self._earlier is None:
            self._add_boxes([words for words, _ in new_boxes])
            self._insert(paper_item, [_row_of(item) for item in new_items])

    def close(self, by: str, at: datetime) -> None:
        """Note the list itself, or raise ListRefused."""
        if self._earlier is not None and (self.boxes_added or self.items_added):
            self._problems.add(0, self._said_before(self._earlier))
        if not self.lines and not self._problems.count:
            self._problems.add(
                0, "The list has headings and no line; nothing passes by being empty."
            )
        if self._amending is not None:
            self._amending.refuse_on_their_way(self._connection, self._problems)
        if self._problems.count:
            raise ListRefused(self._problems)
        if self._earlier is None:
            row = {
                "digest": self._digest,
                "imported_at": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
                "imported_by": by,
                "lines": self.lines,
            }
            self._insert(paper_import, [row])
        if self._amending is not None:
            self._amending.write(self._connection)
            self._amending.tell(self._connection, self._digest)

    def _said_before(self, earlier: Row[Any]) -> str:
        return (
            f"This very file was imported on {earlier.imported_at[:10]}; {self.boxes_added} boxes "
            f"and {self.items_added} items of it are no longer in the register. What has left it "
            f"does not come back with an old list; ask the archive for a new one."
        )

    def _boxes_of(self, batch: Sequence[Line]) -> dict[str, Row[Any]]:
        """The boxes of a batch that the register knows, which stay as they are until the end."""
        names = {line.box.box for line in batch}
        query = select(paper_box).where(paper_box.c.box.in_(names)).with_for_update()
        return {row.box: row for row in self._connection.execute(query)}

    def _introduced(self, batch: Sequence[Line]) -> Iterator[tuple[BoxWords, int]]:
        """Boxes that a line of the batch is the first to name; later ones have to agree."""
        for line in batch:
            words, first = self._said.box(line.box, line.number)
            if first == line.number:
                yield words, first
            for word in _differing(line.box, words):
                self._problems.add(
                    line.number, f"The {word} of the box is another one than on line {first}."
                )

    def _is_new(self, introduced: tuple[BoxWords, int], boxes: Mapping[str, Row[Any]]) -> bool:
        words, line = introduced
        known = boxes.get(words.box)
        if known is None:
            if words.site is None:
                self._problems.add(
                    line, "The box is new, and its first line has no site (库房); enter the site."
                )
            return True
        for word in _differing(words, known):
            self._problems.add(
                line, f"The {word} of the box is another one than in the register; ask which holds."
            )
        return False

    def _unrepeated(self, batch: Sequence[Line]) -> list[tuple[int, Item]]:
        """Sound items whose barcode was not named before, each with its line."""
        fresh = []
        for line in batch:
            if line.barcode is None:
                continue
            first = self._said.item(line.barcode, line.number)
            if first != line.number:
                self._problems.add(
                    line.number, f"The barcode stands on line {first} too; one barcode is one item."
                )
            elif line.item is not None:
                fresh.append((line.number, line.item))
        return fresh

    def _new_items(
        self, said: Sequence[tuple[int, Item]], boxes: Mapping[str, Row[Any]]
    ) -> list[Item]:
        """Items that the register does not know; what it knows has to be the same."""
        query = select(paper_item).where(paper_item.c.item.in_([item.item for _, item in said]))
        known = {row.item: row for row in self._connection.execute(query)}
        new = []
        for line, item in said:
            if (row := known.get(item.item)) is not None:
                self._compare(line, item, row)
            elif _is_away(boxes.get(item.box)):
                self._problems.add(line, "The box is not on its shelf and takes no items.")
            else:
                new.append(item)
        return new

    def _compare(self, line: int, item: Item, row: Row[Any]) -> None:
        other = differing(item, row)
        if not other:
            self.known += 1
        elif self._amending is None or not self._amending.may(line, item, other):
            self._problems.add(
                line,
                f"The barcode is in the register with another {', '.join(other)}; correct one.",
            )

    def _add_boxes(self, boxes: Sequence[BoxWords]) -> None:
        sites = {words.site for words in boxes}
        query = select(paper_site.c.site).where(paper_site.c.site.in_(sites))
        missing = sites - set(self._connection.scalars(query))
        self._insert(paper_site, [{"site": site} for site in sorted(filter(None, missing))])
        born = {"version": 1, "state": BoxState.SHELVED.value}
        self._insert(
            paper_box,
            [
                {"box": b.box, "site": b.site, "shelf": b.shelf, "seal": b.seal} | born
                for b in boxes
            ],
        )

    def _insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._connection.execute(insert(table), rows)


def _differing(said: BoxWords, known: BoxWords | Row[Any]) -> list[str]:
    """Words of a box that contradict; a line that says nothing contradicts nothing."""
    return [
        word
        for word in _BOX_WORDS
        if (mine := getattr(said, word)) is not None and mine != getattr(known, word)
    ]


def _is_away(box: Row[Any] | None) -> bool:
    return box is not None and box.state != BoxState.SHELVED


def _row_of(item: Item) -> dict[str, Any]:
    return dict(zip(_ITEM_FIELDS, _fields_of(item), strict=True))
