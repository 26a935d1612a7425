"""When something goes wrong on the way: report it, resolve it, take boxes off the journey.

An incident halts everything. A step that met one is not done: it is done again once two
people who did not execute have said what is true now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from keepuntil.domain.consignments import (
    Consignment,
    IncidentKind,
    Report,
    Resolution,
    StepRecord,
    Withdrawal,
)
from keepuntil.domain.custody_shelf import Incidents, incident
from keepuntil.domain.custody_words import refusal


def judge_report(consignment: Consignment, record: StepRecord) -> Incidents:
    report = record.payload
    if not isinstance(report, Report) or not report.sentence.strip():
        raise refusal(record.step, "it says nothing; say in a sentence what was seen.")
    if report.box is not None and report.box not in consignment.boxes:
        raise refusal(record.step, f"box {report.box} is not on the list; report it without a box.")
    return (incident(record, IncidentKind.REPORTED, report.sentence, box=report.box),)


def judge_resolution(consignment: Consignment, record: StepRecord) -> Incidents:
    resolution = _resolution(record)
    if resolution.incident not in consignment.open_incidents:
        places = ", ".join(map(str, consignment.open_incidents))
        raise refusal(
            record.step, f"incident {resolution.incident} is not open; open are {places}."
        )
    _refuse_unfit_changes(consignment, record, resolution)
    return ()


def _resolution(record: StepRecord) -> Resolution:
    if not isinstance(record.payload, Resolution) or not record.payload.reason.strip():
        raise refusal(record.step, "there is no reason; say what is true now and why.")
    return record.payload


def enter_resolution(consignment: Consignment, record: StepRecord) -> Consignment:
    resolution = _resolution(record)
    incidents = list(consignment.incidents)
    resolved = replace(incidents[resolution.incident], resolved=resolution.reason)
    incidents[resolution.incident] = resolved
    return _changed(replace(consignment, incidents=tuple(incidents)), resolution)


def resolution_done(consignment: Consignment) -> bool:
    return not consignment.open_incidents


def judge_withdrawal(consignment: Consignment, record: StepRecord) -> Incidents:
    withdrawal = _withdrawal(record)
    if not withdrawal.boxes and not withdrawal.items:
        raise refusal(record.step, "nothing is named; say which boxes or items stay out.")
    _refuse_unfit_changes(consignment, record, withdrawal)
    return ()


def _withdrawal(record: StepRecord) -> Withdrawal:
    if not isinstance(record.payload, Withdrawal) or not record.payload.reason.strip():
        raise refusal(record.step, "there is no reason; say why it is taken off the journey.")
    return record.payload


def enter_withdrawal(consignment: Consignment, record: StepRecord) -> Consignment:
    return _changed(consignment, _withdrawal(record))


def withdrawal_done(consignment: Consignment) -> bool:
    """Whether the whole consignment is off: nothing of it is left to destroy."""
    return not consignment.remaining_boxes


def _refuse_unfit_changes(
    consignment: Consignment, record: StepRecord, changes: Resolution | Withdrawal
) -> None:
    _refuse_unknown_boxes(consignment, record, changes)
    home = {item: box for box, each in consignment.boxes.items() for item in each.items}
    for place, item in enumerate(changes.items, start=1):
        if item not in home or item in consignment.withdrawn:
            raise refusal(record.step, f"item {place} named is not on this journey; look again.")
    touched = {*changes.boxes, *(home[item] for item in changes.items)}
    for barcode in sorted(touched):
        if consignment.tallies[barcode].destroyed:
            raise refusal(
                record.step, f"box {barcode} is destroyed; nothing can be taken out of it."
            )
    _refuse_unfit_seals(consignment, record, changes.seals)


def _refuse_unknown_boxes(
    consignment: Consignment, record: StepRecord, changes: Resolution | Withdrawal
) -> None:
    for barcode in (*changes.boxes, *(box for box, _ in changes.seals)):
        if barcode not in consignment.boxes or not consignment.remaining(barcode):
            raise refusal(record.step, f"box {barcode} is not on this journey; look again.")


def _refuse_unfit_seals(
    consignment: Consignment, record: StepRecord, seals: Iterable[tuple[str, str]]
) -> None:
    used = {tally.seal for tally in consignment.tallies.values()}
    used.update(box.seal for box in consignment.boxes.values())
    for barcode, seal in seals:
        if not seal or seal in used:
            raise refusal(
                record.step, f"the seal given for box {barcode} is not a new one; use a new seal."
            )
        used.add(seal)


def _changed(consignment: Consignment, changes: Resolution | Withdrawal) -> Consignment:
    out = {item for box in changes.boxes for item in consignment.boxes[box].items}
    sealed = {box: replace(consignment.tallies[box], seal=seal) for box, seal in changes.seals}
    return replace(
        consignment.with_tallies(sealed),
        withdrawn=consignment.withdrawn.union(out, changes.items),
    )
