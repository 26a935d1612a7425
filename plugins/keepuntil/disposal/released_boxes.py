"""The boxes that a run has released something in: what stands in them, and what may be done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from keepuntil.disposal.approving import current_rule
from keepuntil.disposal.asking import asking
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.paper_registers import register_of
from keepuntil.domain.categories import PaperInstance, Rule
from keepuntil.domain.consignments import ListedBox
from keepuntil.domain.plans import Plan
from keepuntil.register import holds, plans, runs
from keepuntil.stores.paper import PaperSession, orders, shelf_states
from keepuntil.stores.paper.orders import Order
from keepuntil.stores.paper.shelf_states import Content
from keepuntil.stores.paper.shelves import PaperShelves


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxLine:
    """One box with something released in it, and what may be done with it now."""

    box: str
    instance: str
    """The place in the rule that released it."""
    site: str
    shelf: str | None
    seal: str | None
    version: int
    going: tuple[str, ...]
    """Its items on no journey yet, by barcode."""
    items: int
    """Everything in it, of whatever series."""
    held: tuple[str, ...]
    """Holds on anything in it, of whatever category: the box stays where it is, closed."""

    @property
    def released(self) -> int:
        """How many of its items are released."""
        return len(self.going)

    @property
    def free(self) -> bool:
        return not self.held

    @property
    def mixed(self) -> bool:
        """Something in it stays: weed it, or have it wait."""
        return self.released < self.items

    @property
    def listed(self) -> ListedBox:
        """The box as a list has it."""
        return ListedBox(
            barcode=self.box,
            version=self.version,
            seal=self.seal,
            items=self.going,
            whole=not self.mixed,
        )


def boxes_waiting(installation: Installation, run_id: str) -> list[BoxLine]:
    """The boxes that a run has released something in and that are on no journey yet."""
    run = runs.load(installation.register, run_id)
    plan = plans.load(installation.register, run.warrant.plan_id).plan
    rule = current_rule(installation, plan)
    found: list[BoxLine] = []
    for instance in rule.paper:
        with register_of(installation, instance.store) as register, register.reading() as session:
            found += lines_of(installation, instance, plan, session)
    return found


def lines_of(
    installation: Installation,
    instance: PaperInstance,
    plan: Plan,
    connection: PaperSession,
) -> list[BoxLine]:
    """The same of one place, inside a transaction of its register."""
    released = _released(connection, plan.plan_id)
    contents = shelf_states.contents(connection, list(released))
    boxes = shelf_states.boxes_of(connection, list(released))
    ours = {
        box: [each.item for each in contents[box] if each.series == instance.series]
        for box in released
    }
    held = holds_in(installation, instance.store, plan.as_of, contents)
    lines = []
    for box, items in released.items():
        mine = set(ours[box])
        if going := tuple(item for item in items if item in mine):
            lines.append(
                BoxLine(
                    box=box,
                    instance=instance.id,
                    site=boxes[box].site,
                    shelf=boxes[box].shelf,
                    seal=boxes[box].seal,
                    version=boxes[box].version,
                    going=going,
                    items=len(contents[box]),
                    held=held.get(box, ()),
                )
            )
    return lines


def holds_in(
    installation: Installation,
    store: str,
    as_of: date,
    contents: Mapping[str, Sequence[Content]],
) -> Mapping[str, tuple[str, ...]]:
    """By box the holds in force on anything that lies in it, of whatever category and series."""
    box_of = {each.item: box for box, inside in contents.items() for each in inside}
    by_series: dict[str, list[str]] = defaultdict(list)
    for inside in contents.values():
        for each in inside:
            by_series[each.series].append(each.item)
    found: dict[str, set[str]] = defaultdict(set)
    for rule in installation.schedule.rules:
        for instance in rule.paper:
            if instance.store == store and instance.series in by_series:
                items = by_series[instance.series]
                for item, names in holds_on(installation, rule, instance, as_of, items).items():
                    found[box_of[item]].update(names)
    return {box: tuple(sorted(names)) for box, names in found.items()}


def holds_on(
    installation: Installation,
    rule: Rule,
    instance: PaperInstance,
    as_of: date,
    items: list[str],
) -> Mapping[str, tuple[str, ...]]:
    """The holds in force on these items, by name or by condition; free ones are left out."""
    in_force = holds.in_force(installation.register, rule.category)
    if not in_force or not items:
        return {}
    with asking(installation, rule, instance, as_of, in_force) as (store, query):
        if not isinstance(store, PaperShelves):
            raise TypeError(f"{instance.store} is no register of paper")
        return store.held(query, items)


def _released(connection: PaperSession, plan_id: str) -> dict[str, list[str]]:
    """Items on no journey yet, by box, in the order of the barcodes."""
    found: dict[str, list[str]] = {}
    for order in _all_waiting(connection, plan_id):
        found.setdefault(order.box, []).append(order.item)
    return dict(sorted(found.items()))


def _all_waiting(connection: PaperSession, plan_id: str) -> Iterator[Order]:
    after = ""
    while page := orders.waiting_orders(connection, plan_id, after=after):
        yield from page
        after = page[-1].item
