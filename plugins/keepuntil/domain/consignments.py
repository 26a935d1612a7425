"""A consignment of boxes on its way from the shelf to the shredder, and what people record of it.

One consignment is one approved list on one journey. Everything known about it follows from
the list and the step records, in order; :mod:`.custody` says which record may follow which,
:mod:`.reconciliation` counts. The words are those of 会计档案管理办法 17-18 and of the forms
that archives sign. Persons are staff numbers or role accounts, never names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from keepuntil.domain.treatments import Treatment

VENDOR: Final = "vendor"
"""The department of everyone whom the carrier or the destruction firm employs."""


class State(StrEnum):
    """Where a consignment stands (状态)."""

    LISTED = "listed"
    SIGNED = "signed"
    PICKED = "picked"
    SEALED = "sealed"
    HANDED_OVER = "handed_over"
    RECEIVED = "received"
    COUNTED = "counted"
    DESTROYED = "destroyed"
    WITNESSED = "witnessed"
    VENDOR_CERTIFIED = "vendor_certified"
    RECONCILED = "reconciled"
    HALTED = "halted"
    """An incident is open: nothing moves before people have said what is true."""
    WITHDRAWN = "withdrawn"
    """Everything was taken off the journey; nothing of it was destroyed."""


class Step(StrEnum):
    """What people do with a consignment, and sign for (步骤)."""

    SIGN = "sign"
    PICK = "pick"
    SEAL = "seal"
    HAND_OVER = "hand_over"
    RECEIVE = "receive"
    COUNT = "count"
    DESTROY = "destroy"
    WITNESS = "witness"
    CERTIFY = "certify"
    RECONCILE = "reconcile"
    REPORT = "report"
    RESOLVE = "resolve"
    WITHDRAW = "withdraw"


class Duty(StrEnum):
    """What a person has done for a consignment; some duties exclude others."""

    DRAFT = "draft"
    APPROVE = "approve"
    CARRY = "carry"
    EXECUTE = "execute"
    WITNESS = "witness"
    CERTIFY = "certify"
    RECONCILE = "reconcile"
    REPORT = "report"
    RESOLVE = "resolve"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyRule:
    """What a rule asks of the journey of its paper."""

    signatories: tuple[str, ...]
    """Roles that sign the list, by distinct people (签署意见)."""
    witnesses: int
    """How many count before destruction and sign after it (监销人); two at the least."""
    witness_departments: tuple[str, ...]
    """Departments that have to be among the witnesses."""
    treatments: tuple[Treatment, ...]
    """Ways to destroy that are good enough, any one of them; a finer shred always is."""
    transported: bool
    """The boxes leave the records centre: they are sealed, handed over and received."""
    zone: str
    """IANA zone in which a step's day is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """The destruction firm, by its papers (承运/销毁方及资质)."""

    licence: str
    licence_expires_on: date
    """The last day the licence is good for."""
    contract: str
    return_clause: bool
    """The contract says that what is not destroyed comes back (PIPL 21)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intended:
    """Where and when the list is to be destroyed (销毁地点、计划销毁时间)."""

    place: str | None = None
    at: datetime | None = None
    """Aware; None: no time is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedBox:
    """One box as the list has it."""

    barcode: str
    version: int
    seal: str | None
    """The seal it is closed with on its shelf."""
    items: tuple[str, ...]
    """The items that are to be destroyed, by number."""
    whole: bool
    """True: the box goes as it stands. False: its due items are weeded, the rest stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the records say became of one box. Items are numbers; empty: not yet."""

    picked: tuple[str, ...] = ()
    seal: str | None = None
    """The seal put on for the journey."""
    sent: tuple[str, ...] = ()
    grams: int | None = None
    """Weight at the hand-over; None: nobody weighed it."""
    received: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    counted_by: tuple[str, ...] = ()
    destroyed: tuple[str, ...] = ()


class IncidentKind(StrEnum):
    """What went wrong. Stable codes: findings are kept under them."""

    SEAL_BROKEN = "seal_broken"
    BOX_MISSING = "box_missing"
    BOX_BEYOND_LIST = "box_beyond_list"
    ITEM_MISSING = "item_missing"
    ITEM_BEYOND_LIST = "item_beyond_list"
    ITEM_COUNTED_TWICE = "item_counted_twice"
    TREATMENT_TOO_WEAK = "treatment_too_weak"
    LICENCE_EXPIRED = "licence_expired"
    UNRECONCILED = "unreconciled"
    REPORTED = "reported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One mishap. It halts the consignment until two people have said what is true."""

    kind: IncidentKind
    step: Step
    at: datetime
    box: str | None
    items: tuple[str, ...]
    """The items it is about, for the people who look; never part of a sentence."""
    sentence: str
    resolved: str | None = None
    """The reason given when it was resolved; None: it is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """One person in a step, in the role and for the department they take part."""

    person: str
    role: str
    department: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One line of the scanner, or of the form that stands for it."""

    box: str
    seal: str | None = None
    items: tuple[str, ...] = ()
    """Items weeded (pick) or found in the opened box (count)."""
    grams: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scans:
    """What was scanned in a pick, seal, hand-over, receive or count."""

    lines: tuple[Scan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Destruction:
    """Which boxes went, and how."""

    boxes: tuple[str, ...]
    treatment: Treatment
    place: str | None = None
    """Where it was done; None: nobody said."""
    equipment: str | None = None
    """Number of the machine (设备编号)."""
    residue: str | None = None
    """What became of what was left (残渣处理)."""
    recordings: tuple[str, ...] = ()
    """SHA-256 of each recording, 64 lower-case hexadecimal digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recordings:
    """What was filmed while the witnesses watched (影像证据)."""

    recordings: tuple[str, ...]
    """SHA-256 of each, 64 lower-case hexadecimal digits; the files stay where they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorCertificate:
    """The destruction firm's own certificate (销毁证明), as entered from its file."""

    sha256: str
    """Of the file, 64 lower-case hexadecimal digits."""
    number: str
    vendor: Vendor
    """As the certificate states it."""
    boxes: tuple[str, ...]
    """Barcodes it says were destroyed, as often as it says so."""
    grams: int | None
    """Weight it states; None: it states none."""
    treatment: Treatment
    equipment: str | None = None
    """The machine it names."""
    residue: str | None = None
    """What it says became of what was left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A mishap that somebody saw."""

    sentence: str
    box: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What is true now about one incident, and why the journey may go on."""

    incident: int
    """Its place among the consignment's incidents, counted from 0."""
    reason: str
    boxes: tuple[str, ...] = ()
    """Boxes that stay out: they are withdrawn."""
    items: tuple[str, ...] = ()
    """Items that stay out."""
    seals: tuple[tuple[str, str], ...] = ()
    """Box and new seal, where a seal was replaced after a recount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Boxes and items taken off the journey before they are destroyed."""

    reason: str
    boxes: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    seals: tuple[tuple[str, str], ...] = ()
    """Box and new seal, where one was cut to take an item out."""


Payload = Scans | Destruction | Recordings | VendorCertificate | Report | Resolution | Withdrawal


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """What people say they did, once."""

    step: Step
    plan_digest: str
    """The list they had in their hands."""
    at: datetime
    """Aware; when the step was done."""
    by: tuple[Participant, ...]
    """In the order of their signatures."""
    payload: Payload | None = None
    """None for sign and reconcile, which say nothing beyond who and when, and for witnesses
    who add no recordings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    """Everything known about one journey. Made by :func:`.custody.opened`, then by steps."""

    consignment: str
    plan_digest: str
    rule: CustodyRule
    vendor: Vendor | None
    """None: the institution destroys by itself."""
    intended: Intended
    boxes: Mapping[str, ListedBox]
    """By barcode, in the order of the list."""
    state: State
    halted_in: State | None
    """The state to go back to when the last incident is resolved."""
    last_at: datetime | None
    people: Mapping[Duty, tuple[Participant, ...]]
    tallies: Mapping[str, Tally]
    """By barcode, of every box."""
    destroyed_at: datetime | None
    """When the last of its boxes went."""
    withdrawn: frozenset[str]
    """Numbers of the items that were taken off the journey."""
    witnessed_by: tuple[str, ...]
    certificate: VendorCertificate | None
    incidents: tuple[Incident, ...]

    def remaining(self, barcode: str) -> tuple[str, ...]:
        """The items of a box that are still on the journey; empty: the box is out."""
        items = self.boxes[barcode].items
        if not self.withdrawn:
            return items
        return tuple(item for item in items if item not in self.withdrawn)

    def seal_of(self, barcode: str) -> str | None:
        """The seal it has to show: the journey's, or its shelf's where it went as a whole."""
        box = self.boxes[barcode]
        return self.tallies[barcode].seal or (box.seal if box.whole else None)

    @property
    def remaining_boxes(self) -> tuple[str, ...]:
        """Boxes still on the journey, in the order of the list."""
        return tuple(barcode for barcode in self.boxes if self.remaining(barcode))

    @property
    def open_incidents(self) -> tuple[int, ...]:
        """Places of the incidents nobody has resolved."""
        return tuple(n for n, each in enumerate(self.incidents) if each.resolved is None)

    def persons(self, duty: Duty) -> frozenset[str]:
        return frozenset(each.person for each in self.people.get(duty, ()))

    def with_tallies(self, changed: Mapping[str, Tally]) -> Consignment:
        return replace(self, tallies={**self.tallies, **changed})
