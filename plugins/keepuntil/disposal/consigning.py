"""Putting released boxes on a journey.

consign            by the names that people know: vendors, boxes
open_consignment   with a vendor's papers at hand
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from keepuntil.disposal import custody_lines
from keepuntil.disposal.approving import current_rule
from keepuntil.disposal.custody_lines import Opening
from keepuntil.disposal.custody_records import refuse_strangers
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.paper_registers import register_of
from keepuntil.disposal.released_boxes import BoxLine, lines_of
from keepuntil.domain.categories import PaperInstance, Rule
from keepuntil.domain.consignments import (
    Consignment,
    CustodyRule,
    Intended,
    ListedBox,
    Participant,
    Vendor,
)
from keepuntil.errors import CustodyError, UsageError
from keepuntil.register import plans, runs
from keepuntil.stores.paper import journeys, orders, vendors
from keepuntil.stores.paper.columns import LONGEST_TEXT

DEFAULT_SIGNATORY: Final = "owner"


def consign(
    installation: Installation,
    run_id: str,
    instance: str,
    *,
    drafted_by: Participant,
    vendor: str | None,
    transported: bool,
    weed: Collection[str] = (),
    only: Collection[str] = (),
    intended: Intended | None = None,
) -> Consignment:
    """Open a consignment; see :func:`open_consignment`.

    ``vendor`` is the name under which :func:`keep_vendor` wrote its papers down. Raises
    CustodyError, UsageError.
    """
    refuse_strangers(installation, [drafted_by])
    store = store_of(installation, run_id, instance)
    firm = None if vendor is None else _vendor(installation, store, vendor)
    return open_consignment(
        installation,
        run_id,
        instance,
        drafted_by=drafted_by,
        vendor=firm,
        transported=transported,
        weed=weed,
        only=only,
        intended=intended,
    )


def open_consignment(
    installation: Installation,
    run_id: str,
    instance_id: str,
    *,
    drafted_by: Participant,
    vendor: Vendor | None,
    transported: bool,
    weed: Collection[str] = (),
    only: Collection[str] = (),
    intended: Intended | None = None,
) -> Consignment:
    """Put released items on a journey: whole boxes, and those of ``weed`` item by item.

    ``only`` names the boxes to take; empty: every one that is free. A mixed box that is not
    to be weeded stays, and so does one with a hold in it; every box named has to be one that
    can go, or nothing is opened. ``intended``: where and when it is to be destroyed. Raises
    CustodyError also when nothing is left to carry, PlanStale when the rule changed.
    """
    run = runs.load(installation.register, run_id)
    plan = plans.load(installation.register, run.warrant.plan_id).plan
    rule = current_rule(installation, plan)
    instance = _paper_instance(rule, instance_id)
    with register_of(installation, instance.store) as register, register.writing() as connection:
        lines = lines_of(installation, instance, plan, connection)
        _refuse_named(lines, weed, only)
        listed = _listed(run.run_id, [line for line in lines if _goes(line, weed, only)])
        earlier = journeys.of_plan(connection, plan.plan_id, instance.id)
        name = f"{run.run_id}.{instance.id}.{len(earlier) + 1}"
        opening = Opening(
            consignment=name,
            plan_digest=plan.digest,
            rule=_custody_rule(rule, instance, transported=transported or vendor is not None),
            vendor=vendor,
            boxes=listed,
            drafted_by=drafted_by,
            intended=intended,
        )
        consignment = custody_lines.opened(opening)
        sealed = custody_lines.seal_opening(opening, installation.signing_key("approvals"))
        journeys.begin(connection, name, plan.plan_id, instance.id, sealed)
        orders.assign(connection, [item for box in listed for item in box.items], name)
    return consignment


def keep_vendor(installation: Installation, store: str, name: str, vendor: Vendor) -> None:
    """Write a destruction firm's papers down. Raises UsageError for a text that is none."""
    for text in (name, vendor.licence, vendor.contract):
        if not text.strip() or len(text) > LONGEST_TEXT:
            raise UsageError(
                f"The vendor's name, licence and contract have 1 to {LONGEST_TEXT} characters; "
                f"enter them as they stand on its papers."
            )
    with register_of(installation, store) as register, register.writing() as connection:
        vendors.keep(connection, name, vendor)


def store_of(installation: Installation, run_id: str, instance: str) -> str:
    """The register in which a run's paper stands. Raises PlanStale, UsageError."""
    run = runs.load(installation.register, run_id)
    rule = current_rule(installation, plans.load(installation.register, run.warrant.plan_id).plan)
    return _paper_instance(rule, instance).store


def _goes(line: BoxLine, weed: Collection[str], only: Collection[str]) -> bool:
    if line.held or (only and line.box not in only):
        return False
    return not line.mixed or line.box in weed


def _listed(run_id: str, chosen: Sequence[BoxLine]) -> tuple[ListedBox, ...]:
    if not chosen:
        raise CustodyError(
            "No box may go: each is held, or mixed and neither weeded nor named. "
            f"See why: keepuntil paper boxes {run_id}"
        )
    return tuple(line.listed for line in chosen)


def _custody_rule(rule: Rule, instance: PaperInstance, *, transported: bool) -> CustodyRule:
    approvers = rule.disposition.approver_roles or (DEFAULT_SIGNATORY,)
    return CustodyRule(
        signatories=instance.signatories or approvers,
        witnesses=instance.witnesses,
        witness_departments=instance.witness_departments,
        treatments=(instance.method,),
        transported=transported,
        zone=rule.clock.zone,
    )


def _paper_instance(rule: Rule, name: str) -> PaperInstance:
    for instance in rule.paper:
        if instance.id == name:
            return instance
    raise UsageError(f"The rule {rule.category} has no paper instance '{name}'.")


def _vendor(installation: Installation, store: str, name: str) -> Vendor:
    with register_of(installation, store) as register, register.reading() as connection:
        found = vendors.of_name(connection, name)
        known = vendors.names(connection)
    if found is None:
        said = f"known are {', '.join(known)}" if known else "none is known yet"
        raise UsageError(
            f"The register {store} knows no vendor '{name}'; {said}. Write its papers down with: "
            f"keepuntil paper vendor {store} '{name}'"
        )
    return found


def _refuse_named(lines: Sequence[BoxLine], weed: Collection[str], only: Collection[str]) -> None:
    """Raise CustodyError for a box that somebody named and that cannot go."""
    known = {line.box: line for line in lines}
    for box in weed:
        _refuse_weeding(box, known.get(box))
    for box in only:
        _refuse_staying(box, known.get(box), weeded=box in weed)


def _refuse_weeding(box: str, line: BoxLine | None) -> None:
    if line is None:
        raise _not_waiting(box)
    if not line.mixed:
        raise CustodyError(
            f"Box {box} goes as a whole, everything in it is released; leave --weed {box} out."
        )
    _refuse_staying(box, line, weeded=True)


def _refuse_staying(box: str, line: BoxLine | None, *, weeded: bool) -> None:
    if line is None:
        raise _not_waiting(box)
    if line.held:
        raise CustodyError(
            f"Box {box} holds something that {', '.join(line.held)} keeps; it stays closed on its "
            f"shelf until the hold is lifted."
        )
    if line.mixed and not weeded:
        raise CustodyError(
            f"Box {box} is mixed: {line.released} of its {line.items} items are released. "
            f"Have them weeded (--weed {box}), or have the box wait (keepuntil paper wait)."
        )


def _not_waiting(box: str) -> CustodyError:
    return CustodyError(
        f"The run has released nothing in box {box}, or it is on a journey already. "
        f"See: keepuntil paper boxes"
    )
