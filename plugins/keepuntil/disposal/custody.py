"""Paper on its way: what a plan released is put on a journey, and the journey is taken in steps.

    open_consignment   boxes that may go, from the orders of a run
    take               one step, by people: judged, signed, kept, entered into the log
    load               a journey as its signed lines tell it

Every line is signed and only ever added; a journey is what its lines replay to. Holds are
looked at again at every step until the paper is destroyed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from keepuntil.disposal import custody_lines, publishing
from keepuntil.disposal.approving import current_rule
from keepuntil.disposal.custody_lines import Opening
from keepuntil.disposal.findings import problem_found
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.statements import CUSTODY_STEP, custody_predicate
from keepuntil.domain import custody
from keepuntil.domain.categories import PaperInstance, Rule
from keepuntil.domain.consignments import (
    Consignment,
    CustodyRule,
    ListedBox,
    Participant,
    State,
    Step,
    StepRecord,
    Vendor,
)
from keepuntil.domain.custody import possible_steps
from keepuntil.domain.holds import Binding
from keepuntil.domain.reconciliation import End, ends
from keepuntil.domain.stores import PaperStore
from keepuntil.errors import CustodyError, UsageError
from keepuntil.evidence import canonical, statement
from keepuntil.evidence.keys import VerifyingKey
from keepuntil.evidence.statement import Subject
from keepuntil.register import holds, log, plans, runs
from keepuntil.stores.paper import PaperRegister, journeys, open_register, orders, shelf_states
from keepuntil.stores.paper.orders import Order, OrderState
from keepuntil.stores.paper.shelf_states import Content

__all__ = [
    "BoxLine",
    "boxes_waiting",
    "load",
    "open_consignment",
    "paper_instances",
    "possible_steps",
    "take",
]

UNTIL_DESTROYED: Final = frozenset({Step.PICK, Step.SEAL, Step.HAND_OVER, Step.COUNT, Step.DESTROY})
"""Steps that a hold on anything still on the journey forbids."""

DEFAULT_SIGNATORY: Final = "owner"

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""A handheld's clock may run ahead of ours by this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxLine:
    """One box with something released in it, and what may be done with it now."""

    box: str
    site: str
    shelf: str | None
    released: int
    items: int
    held: tuple[str, ...]
    """Holds in it: the box stays where it is, closed."""

    @property
    def mixed(self) -> bool:
        """Something in it stays: weed it, or have it wait."""
        return self.released < self.items

    @property
    def free(self) -> bool:
        return not self.held


def boxes_waiting(installation: Installation, run_id: str) -> list[BoxLine]:
    """The boxes that a run has released something in and that are on no journey yet."""
    run = runs.load(installation.register, run_id)
    rule = current_rule(installation, plans.load(installation.register, run.warrant.plan_id).plan)
    found: list[BoxLine] = []
    for instance in paper_instances(rule):
        with _register_of(installation, instance) as register, register.reading() as connection:
            found += _lines(installation, rule, instance, connection, run.warrant.plan_id)
    return found


def open_consignment(
    installation: Installation,
    run_id: str,
    instance_id: str,
    *,
    drafted_by: Participant,
    vendor: Vendor | None,
    transported: bool,
    weed: Collection[str] = (),
    only: Collection[str] = (),
) -> Consignment:
    """Put released items on a journey: whole boxes, and those of ``weed`` item by item.

    ``only`` names the boxes to take; empty: every one that is free. A mixed box that is not
    to be weeded stays, and so does one with a hold in it. Raises CustodyError when nothing is
    left to carry, PlanStale when the rule changed.
    """
    run = runs.load(installation.register, run_id)
    plan = plans.load(installation.register, run.warrant.plan_id).plan
    rule = current_rule(installation, plan)
    instance = _paper_instance(rule, instance_id)
    with _register_of(installation, instance) as register, register.writing() as connection:
        lines = _lines(installation, rule, instance, connection, plan.plan_id)
        chosen = [line for line in lines if _goes(line, weed, only)]
        listed = _listed(connection, plan.plan_id, chosen)
        name = f"{run.run_id}.{instance.id}.{len(journeys.of_plan(connection, plan.plan_id)) + 1}"
        opening = Opening(
            consignment=name,
            plan_digest=plan.digest,
            rule=_custody_rule(rule, instance, transported=transported or vendor is not None),
            vendor=vendor,
            boxes=listed,
            drafted_by=drafted_by,
        )
        consignment = _opened(opening)
        sealed = custody_lines.seal_opening(opening, installation.signing_key("approvals"))
        journeys.begin(connection, name, plan.plan_id, instance.id, sealed)
        orders.assign(connection, [item for box in listed for item in box.items], name)
    return consignment


def load(installation: Installation, store: str, consignment: str) -> Consignment:
    """A journey as its signed lines tell it. Raises EvidenceError when one was changed."""
    with _register(installation, store) as register, register.reading() as connection:
        return _replayed(installation, connection, consignment)[0]


def take(installation: Installation, store: str, name: str, record: StepRecord) -> Consignment:
    """Enter one step. What it found wrong is a finding, and halts the journey.

    Raises CustodyError when the step cannot be entered, StoreBusy when somebody entered one
    at the same time.
    """
    if record.at > installation.now() + CLOCKS_DIFFER:
        raise CustodyError(
            f"The step {record.step} is dated {record.at:%Y-%m-%d %H:%M %z}, which has not come "
            f"yet; enter it when it is done."
        )
    # A hold placed from here on does not return to its owner until the step is kept.
    with (
        installation.register.fence().shared() as confirm,
        _register(installation, store) as register,
        register.writing() as connection,
    ):
        before, seq = _replayed(installation, connection, name)
        if record.step in UNTIL_DESTROYED:
            _refuse_held(installation, connection, before)
        after = custody.advance(before, record)
        key = installation.signing_key("approvals")
        journeys.add_step(connection, name, seq, custody_lines.seal_step(name, seq, record, key))
        _keep_books(connection, before, after)
        confirm()
        lines = journeys.steps(connection, name)
    _tell_incidents(installation, before, after)
    _enter_steps(installation, name, lines)
    return after


def paper_instances(rule: Rule) -> list[PaperInstance]:
    """The paper of a rule."""
    return [each for each in rule.stored_instances if isinstance(each, PaperInstance)]


def _goes(line: BoxLine, weed: Collection[str], only: Collection[str]) -> bool:
    if line.held or (only and line.box not in only):
        return False
    return not line.mixed or line.box in weed


def _lines(
    installation: Installation,
    rule: Rule,
    instance: PaperInstance,
    connection: Connection,
    plan_id: str,
) -> list[BoxLine]:
    released = _released(connection, plan_id)
    contents = shelf_states.contents(connection, list(released))
    boxes = shelf_states.boxes_of(connection, list(released))
    binding = _binding(installation, rule.category, instance.id)
    return [
        BoxLine(
            box=barcode,
            site=boxes[barcode].site,
            shelf=boxes[barcode].shelf,
            released=len(items),
            items=len(contents[barcode]),
            held=_holds_in(binding, contents[barcode]),
        )
        for barcode, items in released.items()
    ]


def _released(connection: Connection, plan_id: str) -> dict[str, list[str]]:
    """Items on no journey yet, by box, in the order of the barcodes."""
    found: dict[str, list[str]] = {}
    for order in _all_waiting(connection, plan_id):
        found.setdefault(order.box, []).append(order.item)
    return dict(sorted(found.items()))


def _all_waiting(connection: Connection, plan_id: str) -> Iterator[Order]:
    after = ""
    while page := orders.waiting_orders(connection, plan_id, after=after):
        yield from page
        after = page[-1].item


def _listed(
    connection: Connection, plan_id: str, chosen: Sequence[BoxLine]
) -> tuple[ListedBox, ...]:
    if not chosen:
        raise CustodyError(
            "No box may go: each is held, or mixed and neither weeded nor named. "
            "See why: keepuntil paper boxes"
        )
    released = _released(connection, plan_id)
    boxes = shelf_states.boxes_of(connection, [line.box for line in chosen])
    return tuple(
        ListedBox(
            barcode=line.box,
            version=boxes[line.box].version,
            seal=boxes[line.box].seal,
            items=tuple(released[line.box]),
            whole=not line.mixed,
        )
        for line in chosen
    )


def _custody_rule(rule: Rule, instance: PaperInstance, *, transported: bool) -> CustodyRule:
    approvers = rule.disposition.approver_roles or (DEFAULT_SIGNATORY,)
    return CustodyRule(
        signatories=instance.signatories or approvers,
        witnesses=instance.witnesses,
        witness_departments=instance.witness_departments,
        treatments=(instance.method,),
        transported=transported,
        zone=rule.clock.zone,
    )


def _opened(opening: Opening) -> Consignment:
    return custody.opened(
        consignment=opening.consignment,
        plan_digest=opening.plan_digest,
        rule=opening.rule,
        vendor=opening.vendor,
        boxes=opening.boxes,
        drafted_by=opening.drafted_by,
    )


def _replayed(
    installation: Installation, connection: Connection, name: str
) -> tuple[Consignment, int]:
    """The journey now, and the number of its next step."""
    trusted = _trusted(installation)
    line = journeys.opening(connection, name)
    if line is None:
        raise UsageError(f"There is no consignment '{name}'. See: keepuntil paper journeys")
    opening = custody_lines.open_opening(bytes(line), trusted)
    lines = journeys.steps(connection, name)
    records = [custody_lines.open_step(each, name, seq, trusted) for seq, each in enumerate(lines)]
    return custody.replay(_opened(opening), records), len(records)


def _trusted(installation: Installation) -> list[VerifyingKey]:
    return list(installation.key_ring.public_keys("approvals"))


def _refuse_held(
    installation: Installation, connection: Connection, consignment: Consignment
) -> None:
    """A hold always wins, also over a box that is on its way."""
    category = consignment.consignment.removeprefix("run.").partition(".")[0]
    instance = consignment.consignment.rsplit(".", 2)[1]
    binding = _binding(installation, category, instance)
    contents = shelf_states.contents(connection, consignment.remaining_boxes)
    for barcode in consignment.remaining_boxes:
        staying = set(consignment.remaining(barcode))
        going = [each for each in contents.get(barcode, ()) if each.item in staying]
        if held := _holds_in(binding, going):
            raise CustodyError(
                f"Box {barcode} holds something that the hold {held[0]} keeps. Take it off the "
                f"journey first: keepuntil paper withdraw {consignment.consignment}"
            )


def _binding(installation: Installation, category: str, instance: str) -> Binding:
    in_force = holds.in_force(installation.register, category)
    return Binding(in_force, category=category, instance=instance)


def _holds_in(binding: Binding, contents: Sequence[Content]) -> tuple[str, ...]:
    if binding.binds_nothing:
        return ()
    keys = [(each.item,) for each in contents]
    named = binding.of_many(keys, [each.record_group for each in contents])
    return tuple(sorted({hold for each in named for hold in each}))


def _keep_books(connection: Connection, before: Consignment, after: Consignment) -> None:
    """What the step makes of orders and boxes."""
    plan_items = sorted(after.withdrawn - before.withdrawn)
    orders.move(connection, plan_items, OrderState.WITHDRAWN)
    if before.state is not State.PICKED and after.state is State.PICKED:
        whole = [box for box in after.remaining_boxes if after.boxes[box].whole]
        shelf_states.take_down(connection, whole)
    if after.state is State.WITHDRAWN:
        shelf_states.put_back(connection, list(after.boxes))
    if after.state is State.RECONCILED:
        _conclude(connection, after)


def _conclude(connection: Connection, consignment: Consignment) -> None:
    said = ends(consignment)
    gone = {item for item, end in said.items() if end.end is End.DESTROYED}
    orders.move(connection, sorted(gone), OrderState.DESTROYED)
    shelf_states.settle(
        connection,
        {
            barcode: {item for item in box.items if item in gone}
            for barcode, box in consignment.boxes.items()
        },
    )


def _tell_incidents(installation: Installation, before: Consignment, after: Consignment) -> None:
    for incident in after.incidents[len(before.incidents) :]:
        where = incident.box or after.consignment
        problem_found(
            installation,
            kind=f"custody_{incident.kind}",
            subject=f"{after.consignment}/{where}",
            zh=f"{after.consignment} 在“{incident.step}”一步中止：{incident.sentence}",
            en=f"{after.consignment} was halted at {incident.step}: {incident.sentence}",
            items=len(incident.items),
        )


def _enter_steps(installation: Installation, name: str, lines: Sequence[bytes]) -> None:
    """Have the log know every step, also one whose process died before it was entered."""
    trusted = _trusted(installation)
    for seq, line in enumerate(lines):
        subject = f"{name}/{seq}"
        if log.find(installation.register, publishing.CUSTODY, subject) is not None:
            continue
        digest = canonical.digest_of_bytes(line)
        predicate = custody_predicate(
            installation.schedule.controller,
            consignment=name,
            seq=seq,
            record=custody_lines.open_step(line, name, seq, trusted),
            line_digest=digest,
        )
        about = Subject(f"custody/{subject}", digest.removeprefix("sha256:"))
        said = statement.make([about], CUSTODY_STEP, predicate)
        publishing.state(installation, publishing.CUSTODY, subject, said)


def _paper_instance(rule: Rule, name: str) -> PaperInstance:
    for instance in paper_instances(rule):
        if instance.id == name:
            return instance
    raise UsageError(f"The rule {rule.category} has no paper instance '{name}'.")


@contextmanager
def _register_of(installation: Installation, instance: PaperInstance) -> Iterator[PaperRegister]:
    with _register(installation, instance.store) as register:
        yield register


@contextmanager
def _register(installation: Installation, store: str) -> Iterator[PaperRegister]:
    declared = installation.schedule.stores.get(store)
    if not isinstance(declared, PaperStore):
        raise UsageError(f"There is no register of paper '{store}' in stores.yaml.")
    register = open_register(declared.name, installation.resolve(declared.url))
    try:
        yield register
    finally:
        register.close()
