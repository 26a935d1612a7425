"""What a list, a rule and a vendor have to have before a journey begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from keepuntil.domain.consignments import CustodyRule, Intended, ListedBox, Vendor
from keepuntil.domain.custody_people import FEWEST_WITNESSES
from keepuntil.errors import CustodyError


def refuse_unfit_rule(rule: CustodyRule, vendor: Vendor | None) -> None:
    """Raise CustodyError for a rule that would let a step pass by being empty."""
    if not rule.signatories or len(set(rule.signatories)) < len(rule.signatories):
        raise CustodyError("The rule names no signatories, or one twice; name each role once.")
    if rule.witnesses < FEWEST_WITNESSES:
        raise CustodyError(
            f"The rule's number of witnesses is {rule.witnesses}; "
            f"make it {FEWEST_WITNESSES} at least."
        )
    if not rule.treatments:
        raise CustodyError("The rule accepts no way to destroy; name one, such as P-5.")
    if vendor is not None and not vendor.return_clause:
        raise CustodyError(
            f"The contract {vendor.contract} has no return-or-destroy clause; "
            "nothing is listed for this vendor before it has one."
        )


def refuse_unfit_intention(intended: Intended) -> None:
    """Raise CustodyError for a blank place, or a time that could be any."""
    if intended.place is not None and not intended.place.strip():
        raise CustodyError("The place of the destruction is blank; name it, or leave it out.")
    if intended.at is not None and intended.at.utcoffset() is None:
        raise CustodyError("The planned time has no zone; give the offset, such as +08:00.")


def refuse_unfit_list(boxes: Sequence[ListedBox]) -> None:
    """Raise CustodyError for a list that is empty, or names a box, item or seal twice."""
    if not boxes:
        raise CustodyError("The list has no box; there is nothing to destroy.")
    for box in boxes:
        if not box.items:
            raise CustodyError(f"Box {box.barcode} has no item on the list; take it off the list.")
    _refuse_twice(boxes)


def _refuse_twice(boxes: Sequence[ListedBox]) -> None:
    for barcode, times in Counter(box.barcode for box in boxes).items():
        if times > 1:
            raise CustodyError(f"Box {barcode} is on the list {times} times; list it once.")
    seen: set[str] = set()
    for box in boxes:
        if len(set(box.items)) < len(box.items) or not seen.isdisjoint(box.items):
            raise CustodyError(
                f"An item of box {box.barcode} is on the list twice; list each item once."
            )
        seen.update(box.items)
