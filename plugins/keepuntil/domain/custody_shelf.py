"""The steps before anything is destroyed: sign, pick, seal, hand over, receive, count.

Each has the same three parts. ``judge`` refuses what cannot be entered at all and gives
the incidents that were met; ``enter`` writes a step without incidents into the tallies;
``done`` says whether all of it is done, since several people may share one step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from keepuntil.domain.civil_dates import civil_date
from keepuntil.domain.consignments import (
    Consignment,
    Duty,
    Incident,
    IncidentKind,
    ListedBox,
    Scan,
    Scans,
    StepRecord,
    Tally,
)
from keepuntil.domain.custody_words import refusal

Incidents = tuple[Incident, ...]

_DIFFERS: Final[Mapping[IncidentKind, str]] = {
    IncidentKind.ITEM_MISSING: "{} missing; look for them before anything is destroyed.",
    IncidentKind.ITEM_BEYOND_LIST: "{} not on the list; set them apart, they stay.",
    IncidentKind.ITEM_COUNTED_TWICE: "{} counted twice; see whether two carry one number.",
}


def incident(
    record: StepRecord,
    kind: IncidentKind,
    sentence: str,
    *,
    box: str | None = None,
    items: tuple[str, ...] = (),
) -> Incident:
    """A mishap that the record speaks of."""
    return Incident(
        kind=kind, step=record.step, at=record.at, box=box, items=items, sentence=sentence
    )


def lines_of(record: StepRecord) -> tuple[Scan, ...]:
    """The scanned lines of a record, one a box. Raises CustodyError where there are none."""
    if not isinstance(record.payload, Scans) or not record.payload.lines:
        raise refusal(record.step, "no box was scanned; scan the boxes and enter it again.")
    for barcode, times in Counter(line.box for line in record.payload.lines).items():
        if times > 1:
            raise refusal(
                record.step, f"box {barcode} was scanned {times} times; scan each box once."
            )
    return record.payload.lines


def refuse_payload(record: StepRecord) -> None:
    """Raise CustodyError where a step that says only who and when says something more."""
    if record.payload is not None:
        raise refusal(
            record.step, "it carries more than who signed and when; enter the rest as its own step."
        )


def judge_signing(consignment: Consignment, record: StepRecord) -> Incidents:
    refuse_payload(record)
    signed = {each.role for each in consignment.people.get(Duty.APPROVE, ())}
    for participant in record.by:
        if participant.role not in consignment.rule.signatories:
            wanted = ", ".join(consignment.rule.signatories)
            raise refusal(record.step, f"the rule asks for {wanted}, not for {participant.role!r}.")
        if participant.role in signed:
            raise refusal(record.step, f"the role {participant.role} has signed already.")
        if participant.person in consignment.persons(Duty.APPROVE):
            raise refusal(record.step, f"{participant.person} has signed in another role.")
        signed.add(participant.role)
    return ()


def signing_done(consignment: Consignment) -> bool:
    signed = {each.role for each in consignment.people.get(Duty.APPROVE, ())}
    return signed.issuperset(consignment.rule.signatories)


def refuse_unfit_vendor(consignment: Consignment, record: StepRecord) -> None:
    """Raise CustodyError when the vendor's licence has run out on the day of the step."""
    vendor = consignment.vendor
    if vendor is None:
        return
    if civil_date(record.at, zone=consignment.rule.zone) > vendor.licence_expires_on:
        raise refusal(
            record.step,
            f"the vendor's licence {vendor.licence} expired on {vendor.licence_expires_on}; "
            "have it renewed, or list the boxes for another vendor.",
        )


def judge_picking(consignment: Consignment, record: StepRecord) -> Incidents:
    refuse_unfit_vendor(consignment, record)
    found: list[Incident] = []
    for line in lines_of(record):
        box = _on_the_list(consignment, record, line)
        if box.whole:
            _refuse_second_pick(consignment, record, line)
        else:
            _refuse_wrong_weeding(consignment, record, line)
        # A weeded box shows its seal once: the first pick cuts it.
        if not consignment.tallies[line.box].picked:
            shelf_seal = consignment.tallies[line.box].seal or box.seal
            found += _seal_differs(record, line, shelf_seal)
    return tuple(found)


def _on_the_list(consignment: Consignment, record: StepRecord, line: Scan) -> ListedBox:
    if line.box not in consignment.boxes:
        raise refusal(
            record.step, f"box {line.box} is not on the list; put it back where it belongs."
        )
    if not consignment.remaining(line.box):
        raise refusal(record.step, f"box {line.box} was withdrawn; put it back on its shelf.")
    return consignment.boxes[line.box]


def _refuse_second_pick(consignment: Consignment, record: StepRecord, line: Scan) -> None:
    if line.items:
        raise refusal(
            record.step, f"box {line.box} goes as a whole; take nothing out, scan the box alone."
        )
    if consignment.tallies[line.box].picked:
        raise refusal(record.step, f"box {line.box} was picked already; each box goes once.")


def _refuse_wrong_weeding(consignment: Consignment, record: StepRecord, line: Scan) -> None:
    if not line.items:
        raise refusal(record.step, f"box {line.box} stays; scan the items that are weeded from it.")
    weeded = set(consignment.tallies[line.box].picked)
    to_weed = set(consignment.remaining(line.box))
    for place, item in enumerate(line.items, start=1):
        if item in weeded:
            raise refusal(
                record.step,
                f"item {place} scanned at box {line.box} was weeded already; "
                "scan each item once, and see whether two carry one number.",
            )
        if item not in to_weed:
            raise refusal(
                record.step,
                f"item {place} scanned at box {line.box} is not to be destroyed; "
                "put it back into its box.",
            )
        weeded.add(item)


def _seal_differs(record: StepRecord, line: Scan, expected: str | None) -> Iterator[Incident]:
    if line.seal != expected:
        yield incident(
            record,
            IncidentKind.SEAL_BROKEN,
            f"Box {line.box} should bear {_seal(expected)} and bears {_seal(line.seal)}; "
            "open and count it before witnesses, then replace its seal or take it out.",
            box=line.box,
        )


def _seal(number: str | None) -> str:
    return "no seal" if number is None else f"the seal {number}"


def enter_picking(consignment: Consignment, record: StepRecord) -> Consignment:
    return consignment.with_tallies(
        {line.box: _picked(consignment, line) for line in lines_of(record)}
    )


def _picked(consignment: Consignment, line: Scan) -> Tally:
    tally = consignment.tallies[line.box]
    if consignment.boxes[line.box].whole:
        return replace(tally, picked=consignment.remaining(line.box))
    return replace(tally, picked=tally.picked + line.items, seal=None)


def picking_done(consignment: Consignment) -> bool:
    return all(_is_picked(consignment, box) for box in consignment.remaining_boxes)


def _is_picked(consignment: Consignment, box: str) -> bool:
    remaining, picked = consignment.remaining(box), consignment.tallies[box].picked
    # Whole boxes, the usual case, are compared without a set: a scanner asks after each.
    return picked == remaining or set(remaining).issubset(picked)


def judge_sealing(consignment: Consignment, record: StepRecord) -> Incidents:
    sealed = {tally.seal: box for box, tally in consignment.tallies.items()}
    for line in lines_of(record):
        _on_the_list(consignment, record, line)
        if not line.seal:
            raise refusal(record.step, f"box {line.box} has no seal number; scan its seal too.")
        if sealed.setdefault(line.seal, line.box) != line.box:
            raise refusal(
                record.step,
                f"the seal of box {line.box} is on box {sealed[line.seal]} too; "
                "use a new seal for each box.",
            )
    return ()


def enter_sealing(consignment: Consignment, record: StepRecord) -> Consignment:
    return consignment.with_tallies(
        {
            line.box: replace(consignment.tallies[line.box], seal=line.seal)
            for line in lines_of(record)
        }
    )


def sealing_done(consignment: Consignment) -> bool:
    return all(consignment.tallies[box].seal for box in consignment.remaining_boxes)


def judge_hand_over(consignment: Consignment, record: StepRecord) -> Incidents:
    refuse_unfit_vendor(consignment, record)
    return judge_all_boxes(consignment, record)


def judge_all_boxes(consignment: Consignment, record: StepRecord) -> Incidents:
    """A hand-over or an arrival: every box once, none beyond, each with its seal."""
    lines = {line.box: line for line in lines_of(record)}
    found = [
        incident(
            record,
            IncidentKind.BOX_MISSING,
            f"Box {box} is missing; look for it, then take it out or scan all boxes again.",
            box=box,
        )
        for box in consignment.remaining_boxes
        if box not in lines
    ]
    for line in lines.values():
        found += _beyond_or_open(consignment, record, line)
    return tuple(found)


def _beyond_or_open(consignment: Consignment, record: StepRecord, line: Scan) -> Iterator[Incident]:
    if line.box not in consignment.boxes or not consignment.remaining(line.box):
        yield incident(
            record,
            IncidentKind.BOX_BEYOND_LIST,
            f"Box {line.box} does not belong to this journey; set it apart and send it back.",
            box=line.box,
        )
        return
    yield from _seal_differs(record, line, consignment.seal_of(line.box))


def enter_hand_over(consignment: Consignment, record: StepRecord) -> Consignment:
    return consignment.with_tallies(
        {line.box: _sent(consignment, line) for line in lines_of(record)}
    )


def _sent(consignment: Consignment, line: Scan) -> Tally:
    items = consignment.remaining(line.box)
    return replace(consignment.tallies[line.box], sent=items, grams=line.grams)


def enter_receipt(consignment: Consignment, record: StepRecord) -> Consignment:
    return consignment.with_tallies(
        {
            line.box: replace(
                consignment.tallies[line.box], received=consignment.remaining(line.box)
            )
            for line in lines_of(record)
        }
    )


def judge_count(consignment: Consignment, record: StepRecord) -> Incidents:
    found: list[Incident] = []
    for line in lines_of(record):
        met = tuple(_beyond_or_open(consignment, record, line))
        found += met or _items_differ(consignment, record, line)
    return tuple(found)


def _items_differ(consignment: Consignment, record: StepRecord, line: Scan) -> Iterator[Incident]:
    if consignment.tallies[line.box].counted:
        raise refusal(record.step, f"box {line.box} was counted already; count each box once.")
    expected = consignment.remaining(line.box)
    times = Counter(line.items)
    # Sets beside the tuples: an archive's box holds hundreds of leaves at times.
    known = set(expected)
    differing: Mapping[IncidentKind, tuple[str, ...]] = {
        IncidentKind.ITEM_MISSING: tuple(item for item in expected if item not in times),
        IncidentKind.ITEM_BEYOND_LIST: tuple(item for item in times if item not in known),
        IncidentKind.ITEM_COUNTED_TWICE: tuple(item for item in times if times[item] > 1),
    }
    for kind, items in differing.items():
        if items:
            yield incident(
                record,
                kind,
                f"Box {line.box}, {len(expected)} listed: {_DIFFERS[kind].format(len(items))}",
                box=line.box,
                items=items,
            )


def enter_count(consignment: Consignment, record: StepRecord) -> Consignment:
    team = tuple(each.person for each in record.by)
    return consignment.with_tallies(
        {
            line.box: replace(consignment.tallies[line.box], counted=line.items, counted_by=team)
            for line in lines_of(record)
        }
    )


def count_done(consignment: Consignment) -> bool:
    return all(consignment.tallies[box].counted for box in consignment.remaining_boxes)
