"""The steps that end a journey: destroy, witness, enter the vendor's certificate, reconcile.

Their parts are those of :mod:`.custody_shelf`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Final

from keepuntil.domain.civil_dates import civil_date
from keepuntil.domain.consignments import (
    Consignment,
    Destruction,
    Duty,
    IncidentKind,
    Recordings,
    StepRecord,
    Vendor,
    VendorCertificate,
)
from keepuntil.domain.custody_people import lacking_witnesses
from keepuntil.domain.custody_shelf import Incidents, incident, refuse_payload
from keepuntil.domain.custody_words import refusal
from keepuntil.domain.reconciliation import differences
from keepuntil.domain.treatments import Treatment, is_enough

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def judge_destruction(consignment: Consignment, record: StepRecord) -> Incidents:
    destruction = _destruction(record)
    _refuse_unhashed(record, destruction.recordings)
    remaining = set(consignment.remaining_boxes)
    for barcode, times in Counter(destruction.boxes).items():
        if barcode not in remaining:
            raise refusal(
                record.step,
                f"box {barcode} is not on this journey; keep it apart, "
                "and report an incident if it is gone.",
            )
        if times > 1 or consignment.tallies[barcode].destroyed:
            raise refusal(record.step, f"box {barcode} was destroyed already; enter it once.")
    return _too_weak(consignment, record, destruction.treatment)


def _destruction(record: StepRecord) -> Destruction:
    if not isinstance(record.payload, Destruction) or not record.payload.boxes:
        raise refusal(record.step, "no box is named; say which boxes go, and how.")
    return record.payload


def _refuse_unhashed(record: StepRecord, recordings: tuple[str, ...]) -> None:
    if not all(_SHA256.fullmatch(each) for each in recordings):
        raise refusal(record.step, "a recording is named by the SHA-256 of its file; name it so.")


def _too_weak(consignment: Consignment, record: StepRecord, done: Treatment) -> Incidents:
    accepted = consignment.rule.treatments
    if is_enough(done, accepted):
        return ()
    sentence = (
        f"The rule asks for {' or '.join(accepted)}, and it was {done}; "
        "destroy what is left of it as the rule asks, then enter it again."
    )
    return (incident(record, IncidentKind.TREATMENT_TOO_WEAK, sentence),)


def enter_destruction(consignment: Consignment, record: StepRecord) -> Consignment:
    gone = {
        box: replace(consignment.tallies[box], destroyed=consignment.remaining(box))
        for box in _destruction(record).boxes
    }
    return replace(consignment.with_tallies(gone), destroyed_at=record.at)


def destruction_done(consignment: Consignment) -> bool:
    return all(consignment.tallies[box].destroyed for box in consignment.remaining_boxes)


def judge_witnessing(consignment: Consignment, record: StepRecord) -> Incidents:
    _refuse_unhashed(record, _recordings(record))
    counted = {person for tally in consignment.tallies.values() for person in tally.counted_by}
    for participant in record.by:
        if participant.person not in counted:
            raise refusal(
                record.step,
                f"{participant.person} did not count before the destruction; "
                "only who counted can say what was destroyed.",
            )
        if participant.person in consignment.witnessed_by:
            raise refusal(record.step, f"{participant.person} has signed already.")
    return ()


def _recordings(record: StepRecord) -> tuple[str, ...]:
    """What the witnesses add to their signatures: recordings, or nothing."""
    if isinstance(record.payload, Recordings):
        return record.payload.recordings
    refuse_payload(record)
    return ()


def enter_witnessing(consignment: Consignment, record: StepRecord) -> Consignment:
    signed = tuple(each.person for each in record.by)
    return replace(consignment, witnessed_by=consignment.witnessed_by + signed)


def witnessing_done(consignment: Consignment) -> bool:
    """Whether enough of those who counted each box have signed that it is gone."""
    teams = {consignment.tallies[box].counted_by for box in consignment.remaining_boxes}
    return all(_have_signed(consignment, team) for team in teams)


def _have_signed(consignment: Consignment, team: tuple[str, ...]) -> bool:
    signed = set(team).intersection(consignment.witnessed_by)
    people = (each for each in consignment.people[Duty.WITNESS] if each.person in signed)
    return lacking_witnesses(consignment.rule, people) is None


def judge_certificate(consignment: Consignment, record: StepRecord) -> Incidents:
    certificate = _certificate(record)
    if not _SHA256.fullmatch(certificate.sha256) or not certificate.number:
        raise refusal(
            record.step, "the certificate needs its number and the SHA-256 of its file; enter both."
        )
    _refuse_other_vendor(consignment, record, certificate.vendor)
    return _expired(consignment, record, certificate.vendor) + _too_weak(
        consignment, record, certificate.treatment
    )


def _certificate(record: StepRecord) -> VendorCertificate:
    if not isinstance(record.payload, VendorCertificate):
        raise refusal(record.step, "there is no certificate; attach the vendor's.")
    return record.payload


def _refuse_other_vendor(consignment: Consignment, record: StepRecord, stated: Vendor) -> None:
    vendor = consignment.vendor
    if vendor is None or (stated.licence, stated.contract) != (vendor.licence, vendor.contract):
        raise refusal(
            record.step,
            f"it names licence {stated.licence} and contract {stated.contract}, which are not "
            "those of this journey; attach the certificate that belongs to it.",
        )
    if not stated.return_clause:
        raise refusal(
            record.step,
            f"the contract {stated.contract} it names has no return-or-destroy clause; "
            "clear that with the vendor first.",
        )


def _expired(consignment: Consignment, record: StepRecord, stated: Vendor) -> Incidents:
    if consignment.destroyed_at is None:
        return ()
    day = civil_date(consignment.destroyed_at, zone=consignment.rule.zone)
    if day <= stated.licence_expires_on:
        return ()
    sentence = (
        f"The licence {stated.licence} expired on {stated.licence_expires_on}, before the "
        f"destruction on {day}; ask the vendor for proof of its renewal."
    )
    return (incident(record, IncidentKind.LICENCE_EXPIRED, sentence),)


def enter_certificate(consignment: Consignment, record: StepRecord) -> Consignment:
    return replace(consignment, certificate=_certificate(record))


def judge_reconciliation(consignment: Consignment, record: StepRecord) -> Incidents:
    refuse_payload(record)
    return tuple(
        incident(record, IncidentKind.UNRECONCILED, each.sentence, box=each.box)
        for each in differences(consignment)
    )
