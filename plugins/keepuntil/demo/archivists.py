"""The people of the records centre, and what honest ones record of each step.

Pure: a consignment as it stands and the moment give the record of the step. Staff numbers
are those of policies/people.yaml; the destruction firm's people have numbers of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from keepuntil.domain.consignments import (
    VENDOR,
    Consignment,
    Destruction,
    Duty,
    Participant,
    Payload,
    Resolution,
    Scan,
    Scans,
    Step,
    StepRecord,
)
from keepuntil.domain.custody_standing import steps_on
from keepuntil.domain.treatments import Treatment

GRAMS_A_FOLDER: Final = 310


def _person(person: str, role: str, department: str) -> Participant:
    return Participant(person=person, role=role, department=department)


DRAFTER: Final = _person("A1001", "archivist", "archives")
PICKER: Final = _person("A1002", "archivist", "archives")
SHREDDER: Final = _person("A1003", "archivist", "archives")
DRIVER: Final = _person("V01", "driver", VENDOR)
OPERATOR: Final = _person("V02", "operator", VENDOR)
WITNESSES: Final = (
    _person("A1004", "witness", "archives"),
    _person("C4001", "witness", "accounting"),
)
RESOLVERS: Final = (
    _person("A1010", "head_of_archives", "archives"),
    _person("U5001", "auditor", "audit"),
)
SIGNATORIES: Final[Mapping[str, Participant]] = {
    signer.role: signer
    for signer in (
        _person("G0001", "head_of_unit", "management"),
        _person("A1010", "head_of_archives", "archives"),
        _person("C4010", "head_of_accounting", "accounting"),
        _person("A1011", "archives_officer", "archives"),
        _person("C4011", "accounting_officer", "accounting"),
    )
}


def next_step(now: Consignment) -> Step:
    """The step that leads on. Where a certificate is in, it is reconciled, not replaced."""
    return steps_on(now)[-1]


def honest(now: Consignment, step: Step, at: datetime) -> StepRecord:
    """What honest people record of a step. The vendor's certificate is entered by others."""
    payload = _PAYLOADS.get(step)
    return StepRecord(
        step=step,
        plan_digest=now.plan_digest,
        at=at,
        by=_people(now, step),
        payload=None if payload is None else payload(now),
    )


def without(count: StepRecord, item: str) -> StepRecord:
    """The record of a count in which the witnesses did not find one folder."""
    if not isinstance(count.payload, Scans):
        raise TypeError("only a record of scanned boxes can miss a folder")
    lines = tuple(
        replace(line, items=tuple(each for each in line.items if each != item))
        for line in count.payload.lines
    )
    return replace(count, payload=Scans(lines=lines))


def resolution(now: Consignment, at: datetime, reason: str, item: str) -> StepRecord:
    """Two people who did not execute say that the folder stays out, and why."""
    said = Resolution(incident=now.open_incidents[0], reason=reason, items=(item,))
    return StepRecord(
        step=Step.RESOLVE, plan_digest=now.plan_digest, at=at, by=RESOLVERS, payload=said
    )


def grams_of(now: Consignment, box: str) -> int:
    """What the box weighs on the ramp."""
    return GRAMS_A_FOLDER * len(now.boxes[box].items)


def _people(now: Consignment, step: Step) -> tuple[Participant, ...]:
    signed = {each.role for each in now.people.get(Duty.APPROVE, ())}
    people: Mapping[Step, tuple[Participant, ...]] = {
        Step.SIGN: tuple(SIGNATORIES[r] for r in now.rule.signatories if r not in signed),
        Step.HAND_OVER: (PICKER, DRIVER),
        Step.RECEIVE: (OPERATOR,),
        Step.COUNT: WITNESSES,
        Step.DESTROY: (SHREDDER if now.vendor is None else OPERATOR,),
        Step.WITNESS: WITNESSES,
    }
    return people.get(step, (PICKER,))


def _picks(now: Consignment) -> Scans:
    """Whole boxes by their barcode; of the others the folders that go."""
    listed = (now.boxes[box] for box in now.remaining_boxes)
    return Scans(
        lines=tuple(
            Scan(box=box.barcode, seal=box.seal, items=() if box.whole else box.items)
            for box in listed
        )
    )


def _seals(now: Consignment) -> Scans:
    return Scans(lines=tuple(Scan(box=box, seal=f"T-{box}") for box in now.remaining_boxes))


def _on_the_ramp(now: Consignment) -> Scans:
    return Scans(
        lines=tuple(
            Scan(box=box, seal=now.seal_of(box), grams=grams_of(now, box))
            for box in now.remaining_boxes
        )
    )


def _arrivals(now: Consignment) -> Scans:
    return Scans(lines=tuple(Scan(box=box, seal=now.seal_of(box)) for box in now.remaining_boxes))


def _counts(now: Consignment) -> Scans:
    return Scans(
        lines=tuple(
            Scan(box=box, seal=now.seal_of(box), items=now.remaining(box))
            for box in now.remaining_boxes
        )
    )


def _destruction(now: Consignment) -> Destruction:
    return Destruction(boxes=now.remaining_boxes, treatment=Treatment.P5)


_PAYLOADS: Final[Mapping[Step, Callable[[Consignment], Payload]]] = {
    Step.PICK: _picks,
    Step.SEAL: _seals,
    Step.HAND_OVER: _on_the_ramp,
    Step.RECEIVE: _arrivals,
    Step.COUNT: _counts,
    Step.DESTROY: _destruction,
}
