"""Two journeys of paper, and the honest record of each step at any point of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

from keepuntil.domain.consignments import (
    VENDOR,
    Consignment,
    CustodyRule,
    Destruction,
    Duty,
    ListedBox,
    Participant,
    Payload,
    Report,
    Resolution,
    Scan,
    Scans,
    State,
    Step,
    StepRecord,
    Vendor,
    VendorCertificate,
    Withdrawal,
)
from keepuntil.domain.custody import advance, opened
from keepuntil.domain.custody_people import ACCOUNTING_SIGNATORIES, ACCOUNTING_WITNESSES
from keepuntil.domain.treatments import Treatment

SHANGHAI = timezone(timedelta(hours=8))
START = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
LIST = "sha256:list"


def person(number: int, *, role: str = "clerk", department: str = "archives") -> Participant:
    return Participant(person=f"s{number:03}", role=role, department=department)


DRAFTER = person(1)
SIGNERS = tuple(person(10 + n, role=role) for n, role in enumerate(ACCOUNTING_SIGNATORIES))
PICKER = person(20)
DRIVER = person(30, role="driver", department=VENDOR)
OPERATOR = person(31, role="operator", department=VENDOR)
CLERK_AT_SHREDDER = person(32)
WITNESSES = (person(40), person(41, department="accounting"))
RESOLVERS = (person(50), person(51, department="audit"))

FIRM = Vendor(
    licence="LIC-7",
    licence_expires_on=date(2026, 12, 31),
    contract="C-2026-01",
    return_clause=True,
)

WITH_VENDOR = CustodyRule(
    signatories=ACCOUNTING_SIGNATORIES,
    witnesses=2,
    witness_departments=ACCOUNTING_WITNESSES,
    treatments=(Treatment.P4,),
    transported=True,
    zone="Asia/Shanghai",
)
IN_HOUSE = replace(WITH_VENDOR, transported=False)


def vendor_journey(rule: CustodyRule = WITH_VENDOR, vendor: Vendor | None = FIRM) -> Consignment:
    """Three whole boxes for the vendor's shredder, one of them sealed on its shelf."""
    boxes = (
        ListedBox(barcode="B1", version=1, seal="Z1", items=("a1", "a2", "a3"), whole=True),
        ListedBox(barcode="B2", version=1, seal=None, items=("b1", "b2"), whole=True),
        ListedBox(barcode="B3", version=1, seal=None, items=("c1",), whole=True),
    )
    return opened(
        consignment="V-1",
        plan_digest=LIST,
        rule=rule,
        vendor=vendor,
        boxes=boxes,
        drafted_by=DRAFTER,
    )


def weeding_journey() -> Consignment:
    """The due items of two mixed boxes, for the institution's own shredder."""
    boxes = (
        ListedBox(barcode="W1", version=1, seal="Z9", items=("m1", "m2"), whole=False),
        ListedBox(barcode="W2", version=2, seal=None, items=("n1", "n2", "n3"), whole=False),
    )
    return opened(
        consignment="W-1",
        plan_digest=LIST,
        rule=IN_HOUSE,
        vendor=None,
        boxes=boxes,
        drafted_by=DRAFTER,
    )


def record(
    consignment: Consignment, step: Step, *by: Participant, payload: Payload | None = None
) -> StepRecord:
    """A record ten minutes after the one before."""
    at = START if consignment.last_at is None else consignment.last_at + timedelta(minutes=10)
    return StepRecord(step=step, plan_digest=LIST, at=at, by=by, payload=payload)


def honest(consignment: Consignment, step: Step) -> StepRecord:
    """What honest people would record for all of the step, as things stand."""
    return record(
        consignment, step, *_people(consignment, step), payload=_payload(consignment, step)
    )


def after(opening: Consignment, *steps: Step) -> Consignment:
    """The consignment after honest steps."""
    for step in steps:
        opening = advance(opening, honest(opening, step))
    return opening


VENDOR_ROAD = (
    Step.SIGN,
    Step.PICK,
    Step.SEAL,
    Step.HAND_OVER,
    Step.RECEIVE,
    Step.COUNT,
    Step.DESTROY,
    Step.WITNESS,
    Step.CERTIFY,
    Step.RECONCILE,
)
WEEDING_ROAD = (
    Step.SIGN,
    Step.PICK,
    Step.COUNT,
    Step.DESTROY,
    Step.WITNESS,
    Step.RECONCILE,
)


def until(opening: Consignment, step: Step) -> Consignment:
    """The consignment just before a step of its own road."""
    road = WEEDING_ROAD if opening.vendor is None else VENDOR_ROAD
    return after(opening, *road[: road.index(step)])


def lines_of(step_record: StepRecord) -> dict[str, Scan]:
    """The scanned lines of a record, by box."""
    assert isinstance(step_record.payload, Scans)
    return {line.box: line for line in step_record.payload.lines}


def scanning(step_record: StepRecord, *lines: Scan) -> StepRecord:
    """The record with these lines instead."""
    return replace(step_record, payload=Scans(lines=lines))


def destroying(consignment: Consignment, *boxes: str, treatment: Treatment) -> StepRecord:
    """An honest destruction, of these boxes and in this way instead."""
    payload = Destruction(boxes=boxes, treatment=treatment)
    return replace(honest(consignment, Step.DESTROY), payload=payload)


def seals(consignment: Consignment) -> Mapping[str, str | None]:
    return {box: consignment.seal_of(box) for box in consignment.remaining_boxes}


def _people(consignment: Consignment, step: Step) -> tuple[Participant, ...]:
    signed = {each.role for each in consignment.people.get(Duty.APPROVE, ())}
    destroyer = OPERATOR if consignment.vendor else CLERK_AT_SHREDDER
    people: Mapping[Step, tuple[Participant, ...]] = {
        Step.SIGN: tuple(each for each in SIGNERS if each.role not in signed),
        Step.HAND_OVER: (PICKER, DRIVER),
        Step.RECEIVE: (OPERATOR,),
        Step.COUNT: WITNESSES,
        Step.DESTROY: (destroyer,),
        Step.WITNESS: tuple(w for w in WITNESSES if w.person not in consignment.witnessed_by),
        Step.RESOLVE: RESOLVERS,
    }
    return people.get(step, (PICKER,))


def _payload(consignment: Consignment, step: Step) -> Payload | None:
    payloads: Mapping[Step, Callable[[Consignment], Payload]] = {
        Step.PICK: _picks,
        Step.SEAL: _new_seals,
        Step.HAND_OVER: lambda c: _scans(c, grams=1000),
        Step.RECEIVE: _scans,
        Step.COUNT: _counts,
        Step.DESTROY: _destruction,
        Step.CERTIFY: certificate,
        Step.REPORT: lambda _: Report(sentence="The crate's lid was found open."),
        Step.RESOLVE: lambda c: Resolution(incident=c.open_incidents[0], reason="Looked into."),
        Step.WITHDRAW: lambda c: Withdrawal(reason="A hold.", boxes=c.remaining_boxes[:1]),
    }
    return payloads[step](consignment) if step in payloads else None


def _picks(consignment: Consignment) -> Scans:
    lines = []
    for barcode in consignment.remaining_boxes:
        box, tally = consignment.boxes[barcode], consignment.tallies[barcode]
        left = tuple(i for i in consignment.remaining(barcode) if i not in tally.picked)
        if left:
            seal = None if tally.picked else tally.seal or box.seal
            lines.append(Scan(box=barcode, seal=seal, items=() if box.whole else left))
    return Scans(lines=tuple(lines))


def _new_seals(consignment: Consignment) -> Scans:
    return Scans(lines=tuple(Scan(box=b, seal=f"T-{b}") for b in consignment.remaining_boxes))


def _scans(consignment: Consignment, grams: int | None = None) -> Scans:
    return Scans(
        lines=tuple(Scan(box=b, seal=seal, grams=grams) for b, seal in seals(consignment).items())
    )


def _counts(consignment: Consignment) -> Scans:
    return Scans(
        lines=tuple(
            Scan(box=b, seal=seal, items=consignment.remaining(b))
            for b, seal in seals(consignment).items()
            if not consignment.tallies[b].counted
        )
    )


def _destruction(consignment: Consignment) -> Destruction:
    left = tuple(b for b in consignment.remaining_boxes if not consignment.tallies[b].destroyed)
    return Destruction(boxes=left, treatment=Treatment.P5)


def certificate(consignment: Consignment) -> VendorCertificate:
    return VendorCertificate(
        sha256="ab" * 32,
        number="DC-19",
        vendor=FIRM,
        boxes=consignment.remaining_boxes,
        grams=1000 * len(consignment.remaining_boxes),
        treatment=Treatment.P5,
    )


def in_state(state: State) -> Consignment:
    """A consignment in the state, on the vendor's road."""
    opening = vendor_journey()
    if state is State.HALTED:
        return after(opening, Step.SIGN, Step.REPORT)
    if state is State.WITHDRAWN:
        return after(opening, *[Step.WITHDRAW] * len(opening.boxes))
    for step in VENDOR_ROAD:
        if opening.state is state:
            break
        opening = after(opening, step)
    return opening
