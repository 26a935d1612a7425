"""Signed lines of custody only ever grow: what says nothing new is what it always was."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest

from custody_world import DRAFTER, FIRM, LIST, SHANGHAI, WITH_VENDOR, honest, until, vendor_journey
from keepuntil.disposal.custody_lines import (
    ADDED_LATER,
    Opening,
    open_opening,
    open_step,
    opened,
    seal_opening,
    seal_step,
)
from keepuntil.domain.consignments import (
    Destruction,
    Intended,
    Payload,
    Recordings,
    Step,
    StepRecord,
    VendorCertificate,
)
from keepuntil.domain.custody import advance
from keepuntil.errors import CustodyError
from keepuntil.evidence.envelope import Envelope
from keepuntil.evidence.keys import KeyKind, generate

KEY = generate(KeyKind.P256)
FILM = "ab" * 32
INTENDED = Intended(place="Room 3", at=datetime(2026, 3, 4, 9, tzinfo=SHANGHAI))
OPENING = Opening(
    consignment="V-1",
    plan_digest=LIST,
    rule=WITH_VENDOR,
    vendor=FIRM,
    boxes=tuple(vendor_journey().boxes.values()),
    drafted_by=DRAFTER,
)


def ending(step: Step) -> StepRecord:
    return honest(until(vendor_journey(), step), step)


def said_in(line: bytes) -> dict[str, object]:
    document: dict[str, object] = json.loads(Envelope.parse(line).payload)
    return document


@pytest.mark.parametrize("step", [Step.DESTROY, Step.WITNESS, Step.CERTIFY])
def test_a_step_that_says_nothing_new_has_none_of_the_new_fields(step: Step) -> None:
    document = said_in(seal_step("V-1", 6, ending(step), KEY))
    payload = document["payload"]
    assert payload is None or not set(ADDED_LATER) & set(payload)  # type: ignore[call-overload]


def test_an_opening_that_says_nothing_new_has_none_of_the_new_fields() -> None:
    line = seal_opening(OPENING, KEY)
    assert sorted(said_in(line)) == [
        *("boxes", "consignment", "drafted_by", "plan_digest", "rule", "vendor")
    ]
    assert opened(open_opening(line, [KEY.public])).intended == Intended()


def test_an_opening_tells_where_and_when_it_is_to_be_destroyed() -> None:
    line = seal_opening(replace(OPENING, intended=INTENDED), KEY)
    assert opened(open_opening(line, [KEY.public])).intended == INTENDED


def told(payload: Payload | None) -> Payload:
    match payload:
        case Destruction():
            return replace(payload, place="Room 3", equipment="M-7", recordings=(FILM,))
        case VendorCertificate():
            return replace(payload, equipment="M-7", residue="pulped")
        case _:
            return Recordings(recordings=(FILM,))


@pytest.mark.parametrize("step", [Step.DESTROY, Step.WITNESS, Step.CERTIFY])
def test_what_a_step_says_comes_back_as_it_was_signed(step: Step) -> None:
    record = ending(step)
    record = replace(record, payload=told(record.payload))
    assert open_step(seal_step("V-1", 6, record, KEY), "V-1", 6, [KEY.public]) == record


@pytest.mark.parametrize("step", [Step.DESTROY, Step.WITNESS])
def test_a_recording_that_is_not_named_by_its_digest_is_refused(step: Step) -> None:
    now = until(vendor_journey(), step)
    record = honest(now, step)
    said = told(record.payload)
    assert isinstance(said, Destruction | Recordings)
    with pytest.raises(CustodyError, match="SHA-256"):
        advance(now, replace(record, payload=replace(said, recordings=("film.mp4",))))


@pytest.mark.parametrize(
    "intended",
    [Intended(place=" "), Intended(at=datetime(2026, 3, 4, 9))],  # noqa: DTZ001
)
def test_an_intention_that_says_nothing_is_refused(intended: Intended) -> None:
    with pytest.raises(CustodyError):
        opened(replace(OPENING, intended=intended))
