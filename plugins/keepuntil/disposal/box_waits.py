"""Mixed boxes that wait: which may, until when, and for what reason."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from keepuntil.disposal.approving import current_rule
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.paper_registers import register_of
from keepuntil.errors import CustodyError, UsageError
from keepuntil.register import plans, runs
from keepuntil.stores.paper import PaperSession, orders, shelf_states, waiting
from keepuntil.stores.paper.columns import LONGEST_TEXT
from keepuntil.stores.paper.orders import OrderState


def have_wait(
    installation: Installation, store: str, box: str, *, until: date, reason: str, person: str
) -> None:
    """Have a mixed box wait until a day, included; a later word replaces an earlier one.

    Its due items stay in it and count as shared from the next time the run goes on. Raises
    UsageError for a box that is not there, a day that is over or a reason that is none;
    CustodyError for a box on a journey, or one in which nothing stays.
    """
    if until <= installation.now().date():
        raise UsageError(f"{until} is no day to wait for; give one that is still to come.")
    if not reason.strip() or len(reason) > LONGEST_TEXT:
        raise UsageError(f"Say why the box waits, in 1 to {LONGEST_TEXT} characters.")
    with register_of(installation, store) as register, register.writing() as connection:
        _refuse_unfit(connection, store, box)
        waiting.wait(connection, box, until, reason, person)


def waits_of(installation: Installation, run_id: str, boxes: Collection[str]) -> dict[str, date]:
    """Until when boxes of a run wait; those that do not are left out."""
    run = runs.load(installation.register, run_id)
    rule = current_rule(installation, plans.load(installation.register, run.warrant.plan_id).plan)
    found: dict[str, date] = {}
    for store in {instance.store for instance in rule.paper}:
        with register_of(installation, store) as register, register.reading() as connection:
            found.update(waiting.of_boxes(connection, boxes))
    return found


def _refuse_unfit(connection: PaperSession, store: str, box: str) -> None:
    if not shelf_states.boxes_of(connection, [box]):
        raise UsageError(f"The register {store} has no box {box}; look at its barcode again.")
    items = [each.item for each in shelf_states.contents(connection, [box]).get(box, [])]
    if orders.carried(connection, items):
        raise CustodyError(
            f"Box {box} is on a journey; take it off first (keepuntil paper withdraw), then have "
            f"it wait."
        )
    released = orders.of_items(connection, items).values()
    if len(items) == sum(order.state is OrderState.ORDERED for order in released):
        raise CustodyError(
            f"Box {box} is not mixed: everything in it is released, so it has nothing to wait for."
        )
