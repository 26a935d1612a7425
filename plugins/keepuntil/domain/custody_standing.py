"""How a consignment stands, for the people who go on with it: what is done, what is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from keepuntil.domain.consignments import Consignment, Duty, State, Step, Tally
from keepuntil.domain.custody import possible_steps


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxStanding:
    """One box of the list; its figures are counts of items."""

    box: str
    whole: bool
    listed: int
    withdrawn: int
    seal: str | None
    """The seal it has to show now."""
    picked: int
    sent: int
    grams: int | None
    received: int
    counted: int
    destroyed: int
    certified: int | None
    """How often the vendor's certificate names it; None: there is no certificate."""


_NOT_YET: Final[Mapping[Step, Callable[[Tally], object]]] = {
    Step.PICK: lambda tally: tally.picked,
    Step.SEAL: lambda tally: tally.seal,
    Step.HAND_OVER: lambda tally: tally.sent,
    Step.RECEIVE: lambda tally: tally.received,
    Step.COUNT: lambda tally: tally.counted,
    Step.DESTROY: lambda tally: tally.destroyed,
}
"""Where a box shows that a step was done with it."""

SIDE_STEPS: Final = (Step.REPORT, Step.WITHDRAW)
"""Steps that lead off the road, and are possible at most points of it."""


def by_box(consignment: Consignment) -> tuple[BoxStanding, ...]:
    """Every box, in the order of the list."""
    certificate = consignment.certificate
    times = None if certificate is None else Counter(certificate.boxes)
    return tuple(
        BoxStanding(
            box=box,
            whole=listed.whole,
            listed=len(listed.items),
            withdrawn=len(listed.items) - len(consignment.remaining(box)),
            seal=consignment.seal_of(box),
            picked=len(tally.picked),
            sent=len(tally.sent),
            grams=tally.grams,
            received=len(tally.received),
            counted=len(tally.counted),
            destroyed=len(tally.destroyed),
            certified=None if times is None else times[box],
        )
        for box, listed in consignment.boxes.items()
        for tally in [consignment.tallies[box]]
    )


def steps_on(consignment: Consignment) -> tuple[Step, ...]:
    """The possible steps that lead on, without those that lead off the road."""
    return tuple(step for step in possible_steps(consignment) if step not in SIDE_STEPS)


def undone_boxes(consignment: Consignment, step: Step) -> tuple[str, ...]:
    """Boxes on the journey with which a step is still to be done, in the order of the list."""
    shows = _NOT_YET[step]
    return tuple(
        box
        for box in consignment.remaining_boxes
        if not shows(consignment.tallies[box]) or (step is Step.PICK and _left(consignment, box))
    )


def items_of(consignment: Consignment, boxes: Iterable[str]) -> int:
    """How many items on the journey lie in these boxes."""
    return sum(len(consignment.remaining(box)) for box in boxes if box in consignment.boxes)


def _left(consignment: Consignment, box: str) -> bool:
    """Whether a weeded box still has something to be weeded from it."""
    return not set(consignment.remaining(box)).issubset(consignment.tallies[box].picked)


def awaited(consignment: Consignment) -> tuple[str, ...]:
    """What the next step on the road still waits for: roles to sign, boxes, or witnesses."""
    match consignment.state:
        case State.LISTED:
            signed = {each.role for each in consignment.people.get(Duty.APPROVE, ())}
            return tuple(role for role in consignment.rule.signatories if role not in signed)
        case State.DESTROYED:
            counted = consignment.persons(Duty.WITNESS)
            return tuple(sorted(counted.difference(consignment.witnessed_by)))
        case _:
            for step in steps_on(consignment):
                if step in _NOT_YET:
                    return undone_boxes(consignment, step)
            return ()
