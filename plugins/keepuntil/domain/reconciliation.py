"""What left, what arrived, what was destroyed, what the vendor says: box by box, item by item.

A difference is an incident. It is never rounded, and never set off against another box's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from keepuntil.domain.consignments import Consignment, State, Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place where the records do not agree."""

    box: str | None
    """None: it is about the whole consignment."""
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Boxes, items and weight at one point of the journey."""

    boxes: int
    items: int
    grams: int | None
    """None: a box was not weighed, or was opened since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What lists and certificates state, from the records alone."""

    listed: Total
    withdrawn: Total
    picked: Total
    sent: Total
    received: Total
    counted: Total
    destroyed: Total
    certified: Total
    """Items of the boxes that the vendor's certificate names; its own weight."""


class End(StrEnum):
    """What became of an item on the journey."""

    DESTROYED = "destroyed"
    WITHDRAWN = "withdrawn"
    PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEnd:
    """An item's end. Destroyed is said only once everything was witnessed and reconciled."""

    end: End
    pending_in: State | None
    """Where the consignment stands; None: the end is final."""


def differences(consignment: Consignment) -> tuple[Difference, ...]:
    """Every disagreement between list, records and certificate; empty: it is reconciled."""
    return (
        *_box_differences(consignment),
        *_foreign_boxes(consignment),
        *_weight_difference(consignment),
    )


def totals(consignment: Consignment) -> Totals:
    """Boxes, items and weights at every point, recomputed from the tallies."""
    tallies = consignment.tallies
    listed = {box: each.items for box, each in consignment.boxes.items()}
    out = {box: _outside(consignment, box) for box in consignment.boxes}
    return Totals(
        listed=_total(consignment, listed),
        withdrawn=_total(consignment, out),
        picked=_total(consignment, {box: each.picked for box, each in tallies.items()}),
        sent=_total(consignment, {box: each.sent for box, each in tallies.items()}),
        received=_total(consignment, {box: each.received for box, each in tallies.items()}),
        counted=_total(consignment, {box: each.counted for box, each in tallies.items()}),
        destroyed=_total(consignment, {box: each.destroyed for box, each in tallies.items()}),
        certified=_certified(consignment),
    )


def ends(consignment: Consignment) -> Mapping[str, ItemEnd]:
    """What became of every item of the list, by number."""
    return {
        item: _end(consignment, item, destroyed)
        for box, listed in consignment.boxes.items()
        for destroyed in [frozenset(consignment.tallies[box].destroyed)]
        for item in listed.items
    }


def _end(consignment: Consignment, item: str, destroyed: frozenset[str]) -> ItemEnd:
    if item in consignment.withdrawn:
        return ItemEnd(end=End.WITHDRAWN, pending_in=None)
    if consignment.state is State.RECONCILED and item in destroyed:
        return ItemEnd(end=End.DESTROYED, pending_in=None)
    return ItemEnd(end=End.PENDING, pending_in=consignment.state)


def _outside(consignment: Consignment, box: str) -> tuple[str, ...]:
    return tuple(item for item in consignment.boxes[box].items if item in consignment.withdrawn)


def _box_differences(consignment: Consignment) -> Iterator[Difference]:
    certified = _times_certified(consignment)
    for box in consignment.remaining_boxes:
        expected = set(consignment.remaining(box))
        stages = _stages(consignment, consignment.tallies[box])
        seen = {name: expected.intersection(items) for name, items in stages.items()}
        times = certified[box]
        if any(items != expected for items in seen.values()) or times not in (None, 1):
            yield Difference(box=box, sentence=_box_sentence(box, seen, times))


def _stages(consignment: Consignment, tally: Tally) -> Mapping[str, tuple[str, ...]]:
    """The points of the journey this consignment passes, with what was seen there."""
    journey = {"sent": tally.sent, "received": tally.received}
    return {
        "picked": tally.picked,
        **(journey if consignment.rule.transported else {}),
        "counted": tally.counted,
        "destroyed": tally.destroyed,
    }


def _box_sentence(box: str, seen: Mapping[str, Iterable[str]], times: int | None) -> str:
    counts = ", ".join(f"{name} {len(tuple(items))}" for name, items in seen.items())
    vendor = "" if times is None else f", certified {times} times"
    return f"Box {box}: {counts}{vendor}; find out which is true before anything is certified."


def _times_certified(consignment: Consignment) -> Mapping[str, int | None]:
    """How often the vendor's certificate names each box; None: there is no vendor."""
    if consignment.vendor is None:
        return dict.fromkeys(consignment.boxes)
    stated = consignment.certificate.boxes if consignment.certificate else ()
    return {**dict.fromkeys(consignment.boxes, 0), **Counter(stated)}


def _foreign_boxes(consignment: Consignment) -> Iterator[Difference]:
    stated = consignment.certificate.boxes if consignment.certificate else ()
    for box in sorted(set(stated).difference(consignment.remaining_boxes)):
        yield Difference(
            box=box,
            sentence=f"Box {box}: the vendor certifies it, and it was not on this journey; "
            "ask the vendor what was destroyed.",
        )


def _weight_difference(consignment: Consignment) -> Iterator[Difference]:
    ours = totals(consignment).destroyed.grams
    stated = consignment.certificate.grams if consignment.certificate else None
    if ours is not None and stated is not None and ours != stated:
        yield Difference(
            box=None,
            sentence=f"Handed over were {ours} g, the vendor certifies {stated} g; "
            "ask for a corrected certificate.",
        )


def _total(consignment: Consignment, items: Mapping[str, tuple[str, ...]]) -> Total:
    present = [box for box, each in items.items() if each]
    weights = [_grams(consignment, box) for box in present]
    known = [each for each in weights if each is not None]
    return Total(
        boxes=len(present),
        items=sum(len(each) for each in items.values()),
        grams=sum(known) if len(known) == len(weights) else None,
    )


def _grams(consignment: Consignment, box: str) -> int | None:
    """A box's weight at the hand-over, while it is still what was weighed then."""
    weighed = set(consignment.tallies[box].sent)
    opened = weighed.intersection(consignment.withdrawn)
    return None if opened and opened != weighed else consignment.tallies[box].grams


def _certified(consignment: Consignment) -> Total:
    certificate = consignment.certificate
    if certificate is None:
        return Total(boxes=0, items=0, grams=None)
    boxes = set(certificate.boxes).intersection(consignment.boxes)
    return Total(
        boxes=len(certificate.boxes),
        items=sum(len(consignment.tallies[box].destroyed) for box in boxes),
        grams=certificate.grams,
    )
