"""One batch of paper in one transaction: release, leave, withdraw, or strike off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, select

from keepuntil.domain.decision import Due, reason_code
from keepuntil.domain.items import Key
from keepuntil.domain.outcomes import Outcome
from keepuntil.stores.paper import orders, waiting
from keepuntil.stores.paper.orders import Order, OrderState, pieces
from keepuntil.stores.paper.tables import paper_item
from keepuntil.stores.protocol import Batch, Facts, Intent, Query
from keepuntil.stores.sql.asking import NO_FACTS, Rows

PENDING: Final = "custody:{}"
ANOTHER_PLAN: Final = "released_by_another_plan"
APPROVAL_RAN_OUT: Final = "approval_ran_out"
VANISHED: Final = "struck_off_by_somebody"
NOT_IN_SERIES: Final = "not_in_category"
GROUP_CHANGED: Final = "record_group_changed"
NO_LINKED_RECORD: Final = "no_linked_record"
MIXED_BOX: Final = "mixed_box_until:{}"


@dataclass(frozen=True, slots=True)
class _Said:
    """What the register says of one item now."""

    facts: Facts
    group: str | None
    held: tuple[str, ...]
    """By predicate holds; the others are the query's binding."""


class Releasing:
    """Decides each item of a batch on its order and on what the register says of it now.

    ``sort_out`` first, then the intent is made durable, then ``write``.
    """

    def __init__(self, connection: Connection, query: Query, batch: Batch, plan: str) -> None:
        self._connection = connection
        self._query = query
        self._batch = batch
        self._plan = plan
        self._items = [str(key[0]) for key in batch.keys]
        self._orders = orders.of_items(connection, self._items)
        self._boxes = _boxes_of(connection, self._items)
        self._waits = waiting.of_boxes(connection, set(self._boxes.values()))
        self._released: list[int] = []
        self._struck: list[int] = []
        self._withdrawn: list[str] = []
        self.outcomes = [Outcome.FAILED] * len(batch.keys)
        self.reasons: dict[int, str] = {}

    def sort_out(self, says: Iterable[Rows]) -> None:
        """Give every item of the batch its outcome. Nothing is written yet."""
        said = _by_key(says)
        for place, item in enumerate(self._items):
            order = self._orders.get(item)
            if item not in self._boxes:
                self._absent(place, order)
            elif order is not None and order.state is OrderState.DESTROYED:
                self._struck.append(place)
                self.outcomes[place] = Outcome.DESTROYED
            elif (kept := self._kept(place, said.get(self._batch.keys[place]))) is not None:
                self._leave(place, item, order, *kept)
            else:
                self._release(place, order)

    def _absent(self, place: int, order: Order | None) -> None:
        """Off the register: struck off by us before, or by somebody, with or without the paper."""
        if order is None:
            self.outcomes[place] = Outcome.ALREADY_ABSENT
        elif order.state is OrderState.DESTROYED:
            self.outcomes[place] = Outcome.DESTROYED
        else:
            self.reasons[place] = PENDING.format(VANISHED)

    def _kept(self, place: int, said: _Said | None) -> tuple[Outcome, str] | None:
        """Why the item stays where it is; None: it may go."""
        if self._batch.spared[place]:
            return Outcome.HELD, ""
        if said is None or (reason := self._not_due(said)):
            return Outcome.NO_LONGER_DUE, NOT_IN_SERIES if said is None else reason
        if held := self._held(place, said):
            return Outcome.HELD, f"hold:{','.join(held)}"
        if said.group != self._batch.groups[place]:
            return Outcome.NO_LONGER_DUE, GROUP_CHANGED
        return self._waiting(self._boxes[self._items[place]])

    def _waiting(self, box: str) -> tuple[Outcome, str] | None:
        until = self._waits.get(box, date.min)
        return None if until < self._query.as_of else (Outcome.SHARED, MIXED_BOX.format(until))

    def _not_due(self, said: _Said) -> str:
        if said.facts is NO_FACTS:
            return NO_LINKED_RECORD
        decision = self._query.decide(said.facts)
        return "" if isinstance(decision, Due) else reason_code(decision)

    def _held(self, place: int, said: _Said) -> tuple[str, ...]:
        named = self._query.binding.of_many([self._batch.keys[place]], [said.group])
        return tuple(sorted({*named[0], *said.held}))

    def _leave(
        self, place: int, item: str, order: Order | None, outcome: Outcome, reason: str
    ) -> None:
        self.outcomes[place] = outcome
        if reason:
            self.reasons[place] = reason
        if order is not None and order.state is OrderState.ORDERED and order.plan == self._plan:
            self._withdrawn.append(item)

    def _release(self, place: int, order: Order | None) -> None:
        if order is not None and order.state is OrderState.ORDERED and order.plan != self._plan:
            self.reasons[place] = PENDING.format(ANOTHER_PLAN)
            return
        begins = order is None or order.state is OrderState.WITHDRAWN
        if begins and self._batch.concluding:
            self.reasons[place] = PENDING.format(APPROVAL_RAN_OUT)
            return
        self.outcomes[place] = Outcome.PENDING_EXTERNAL
        self.reasons[place] = PENDING.format(OrderState.ORDERED)
        if begins:
            self._released.append(place)

    @property
    def changes(self) -> bool:
        """Whether anything is released or struck off now; else nobody needs an intent."""
        return bool(self._released or self._struck)

    def intent(self) -> Intent:
        """What is released or struck off now, and what was struck off by us before."""
        size = len(self._items)
        present = bytearray(outcome is Outcome.DESTROYED for outcome in self.outcomes)
        for place in self._released:
            present[place] = 1
        return Intent(present=present, parts=[""] * size, counts=[0] * size)

    def write(self) -> None:
        """Write what was sorted out; the transaction's end makes it final."""
        boxes = {self._items[place]: self._boxes[self._items[place]] for place in self._released}
        orders.place(self._connection, self._plan, boxes)
        orders.move(self._connection, self._withdrawn, OrderState.WITHDRAWN)
        orders.strike_off(self._connection, [self._items[place] for place in self._struck])


def _boxes_of(connection: Connection, items: list[str]) -> dict[str, str]:
    """The box each item lies in; one that is not in the register is left out."""
    found: dict[str, str] = {}
    for some in pieces(items):
        query = select(paper_item.c.item, paper_item.c.box).where(paper_item.c.item.in_(some))
        found.update((item, box) for item, box in connection.execute(query).tuples())
    return found


def _by_key(says: Iterable[Rows]) -> Mapping[Key, _Said]:
    return {
        key: _Said(facts, group, held)
        for rows in says
        for key, facts, group, held in zip(
            rows.keys, rows.facts, rows.groups, rows.held, strict=True
        )
    }
