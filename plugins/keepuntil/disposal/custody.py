"""Paper on its way, step by step; :mod:`.consigning` begins a journey.

    take   one step, by people: judged, signed, kept, entered into the log
    load   a journey as its signed lines tell it

Every line is signed and only ever added; a journey is what its lines replay to. Holds are
looked at again at every step until the paper is destroyed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from keepuntil.disposal import custody_lines, publishing
from keepuntil.disposal.approving import warrant
from keepuntil.disposal.findings import problem_found
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.paper_registers import register_of
from keepuntil.disposal.released_boxes import holds_in, holds_on
from keepuntil.disposal.statements import CUSTODY_STEP, custody_predicate
from keepuntil.domain import custody
from keepuntil.domain.categories import PaperInstance
from keepuntil.domain.consignments import Consignment, State, Step, StepRecord
from keepuntil.domain.reconciliation import End, ends
from keepuntil.errors import CustodyError, UsageError
from keepuntil.evidence import canonical, statement
from keepuntil.evidence.statement import Subject
from keepuntil.register import log, plans
from keepuntil.stores.paper import PaperSession, journeys, orders, shelf_states
from keepuntil.stores.paper.orders import OrderState

UNTIL_DESTROYED: Final = frozenset({Step.PICK, Step.SEAL, Step.HAND_OVER, Step.COUNT, Step.DESTROY})
"""Steps that a hold on anything still on the journey forbids."""

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""A handheld's clock may run ahead of ours by this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A consignment with the signed lines it is replayed from, and what they say."""

    consignment: Consignment
    opening: bytes
    lines: tuple[bytes, ...]
    records: tuple[StepRecord, ...]


def journeys_in(installation: Installation, store: str, plan_id: str | None) -> list[Journey]:
    """Every journey of a register, or those of a plan, by name."""
    with register_of(installation, store) as register, register.reading() as connection:
        names = journeys.names(connection, plan_id)
        return [_journey(installation, connection, name) for name in names]


def journeys_of(installation: Installation, instance: PaperInstance, plan_id: str) -> list[Journey]:
    """The journeys of a plan's paper in one instance, by name."""
    with register_of(installation, instance.store) as register, register.reading() as connection:
        names = journeys.of_plan(connection, plan_id, instance.id)
        return [_journey(installation, connection, name) for name in names]


def journey(installation: Installation, store: str, name: str) -> Journey:
    """One journey. Raises EvidenceError when a line of it was changed."""
    with register_of(installation, store) as register, register.reading() as connection:
        return _journey(installation, connection, name)


def load(installation: Installation, store: str, name: str) -> Consignment:
    """A consignment as its signed lines tell it. Raises as :func:`journey`."""
    return journey(installation, store, name).consignment


def take(installation: Installation, store: str, name: str, record: StepRecord) -> Consignment:
    """Enter one step. What it found wrong is a finding, and halts the journey.

    Raises CustodyError when the step cannot be entered, ApprovalError when paper is to leave its
    shelf and the approval has run out, StoreBusy when somebody entered one
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
        register_of(installation, store) as register,
        register.writing() as connection,
    ):
        sofar = _journey(installation, connection, name)
        before, seq = sofar.consignment, len(sofar.lines)
        if record.step is Step.PICK:
            warrant(installation, journeys.source_of(connection, name)[0])
            _refuse_filled_up(connection, before)
            _refuse_opening(installation, connection, before)
        if record.step in UNTIL_DESTROYED:
            _refuse_held(installation, connection, before)
        after = custody.advance(before, record)
        key = installation.signing_key("approvals")
        line = custody_lines.seal_step(name, seq, record, key)
        journeys.add_step(connection, name, seq, line)
        _keep_books(connection, before, after)
        confirm()
    _tell_incidents(installation, before, after)
    _enter_steps(installation, name, (*sofar.lines, line), (*sofar.records, record))
    return after


def _journey(installation: Installation, connection: PaperSession, name: str) -> Journey:
    trusted = installation.key_ring.public_keys("approvals")
    opening = journeys.opening(connection, name)
    if opening is None:
        raise UsageError(f"There is no consignment '{name}'. See: keepuntil paper journeys")
    lines = journeys.steps(connection, name)
    records = tuple(
        custody_lines.open_step(each, name, seq, trusted) for seq, each in enumerate(lines)
    )
    began = custody_lines.opened(custody_lines.open_opening(opening, trusted))
    return Journey(
        consignment=custody.replay(began, records),
        opening=opening,
        lines=tuple(lines),
        records=records,
    )


def _refuse_held(
    installation: Installation, connection: PaperSession, consignment: Consignment
) -> None:
    """A hold always wins, also over a box that is on its way."""
    name = consignment.consignment
    plan_id, instance_id = journeys.source_of(connection, name)
    plan = plans.load(installation.register, plan_id).plan
    rule = installation.rule(plan.category)
    instance = next(each for each in rule.paper if each.id == instance_id)
    going = [item for box in consignment.remaining_boxes for item in consignment.remaining(box)]
    held = holds_on(installation, rule, instance, plan.as_of, going)
    for barcode in consignment.remaining_boxes:
        for item in consignment.remaining(barcode):
            if item in held:
                raise CustodyError(
                    f"Box {barcode} holds something that the hold {held[item][0]} keeps. Take it "
                    f"off the journey first: keepuntil paper withdraw {instance.store} {name}"
                )


def _refuse_opening(
    installation: Installation, connection: PaperSession, consignment: Consignment
) -> None:
    """A box to be weeded is opened; a hold on what stays in it keeps it closed."""
    plan_id, instance_id = journeys.source_of(connection, consignment.consignment)
    plan = plans.load(installation.register, plan_id).plan
    paper = installation.rule(plan.category).paper
    store = next(each.store for each in paper if each.id == instance_id)
    weeded = [box for box in consignment.remaining_boxes if not consignment.boxes[box].whole]
    contents = shelf_states.contents(connection, weeded)
    held = holds_in(installation, store, plan.as_of, contents)
    if held:
        barcode, names = next(iter(held.items()))
        raise CustodyError(
            f"Box {barcode} holds something that the hold {names[0]} keeps and stays closed. Take "
            f"it off the journey first: keepuntil paper withdraw {store} {consignment.consignment}"
        )


def _refuse_filled_up(connection: PaperSession, consignment: Consignment) -> None:
    """What was put into a box since it was listed must not go with it."""
    whole = [box for box in consignment.remaining_boxes if consignment.boxes[box].whole]
    for barcode, contents in shelf_states.contents(connection, whole).items():
        listed = set(consignment.boxes[barcode].items)
        more = sum(each.item not in listed for each in contents)
        if more:
            raise CustodyError(
                f"Box {barcode} was listed as a whole, and {more} items were put into it since. "
                f"Take it off the journey: it is mixed by now."
            )


def _keep_books(connection: PaperSession, before: Consignment, after: Consignment) -> None:
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


def _conclude(connection: PaperSession, consignment: Consignment) -> None:
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


def _enter_steps(
    installation: Installation, name: str, lines: Sequence[bytes], records: Sequence[StepRecord]
) -> None:
    """Have the log know every step, also one whose process died before it was entered.

    They are entered in their order, so what stands before one that is there is there too.
    """
    first = len(lines)
    while first and not _is_entered(installation, f"{name}/{first - 1}"):
        first -= 1
    for seq in range(first, len(lines)):
        subject = f"{name}/{seq}"
        digest = canonical.digest_of_bytes(lines[seq])
        predicate = custody_predicate(
            installation.schedule.controller,
            consignment=name,
            seq=seq,
            record=records[seq],
            line_digest=digest,
        )
        about = Subject(f"custody/{subject}", digest.removeprefix("sha256:"))
        said = statement.make([about], CUSTODY_STEP, predicate)
        publishing.state(installation, publishing.CUSTODY, subject, said)


def _is_entered(installation: Installation, subject: str) -> bool:
    return log.find(installation.register, publishing.CUSTODY, subject) is not None
