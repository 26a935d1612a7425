"""Putting released boxes on a journey, by the names that people know: vendors, boxes."""

from __future__ import annotations

from collections.abc import Collection

from keepuntil.disposal import custody
from keepuntil.disposal.approving import current_rule
from keepuntil.disposal.custody import BoxLine
from keepuntil.disposal.custody_records import refuse_strangers
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.paper_registers import register_of
from keepuntil.domain.consignments import Consignment, Participant, Vendor
from keepuntil.errors import CustodyError, UsageError
from keepuntil.register import plans, runs
from keepuntil.stores.paper import journeys, vendors
from keepuntil.stores.paper.columns import LONGEST_TEXT


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
) -> Consignment:
    """Open a consignment; see :func:`~keepuntil.disposal.custody.open_consignment`.

    ``vendor`` is the name under which :func:`keep_vendor` wrote its papers down. Every box
    named in ``weed`` and ``only`` has to be one that can go, or nothing is opened. Raises
    CustodyError, UsageError.
    """
    refuse_strangers(installation, [drafted_by])
    store = store_of(installation, run_id, instance)
    firm = None if vendor is None else _vendor(installation, store, vendor)
    lines = {line.box: line for line in custody.boxes_waiting(installation, run_id)}
    for box in weed:
        _refuse_weeding(box, lines.get(box))
    for box in only:
        _refuse_staying(box, lines.get(box), weeded=box in weed)
    return custody.open_consignment(
        installation,
        run_id,
        instance,
        drafted_by=drafted_by,
        vendor=firm,
        transported=transported,
        weed=weed,
        only=only,
    )


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


def journeys_of(installation: Installation, store: str, run_id: str | None) -> list[Consignment]:
    """Every consignment of a register, or those of a run, as their signed lines tell them."""
    plan_id = None if run_id is None else runs.load(installation.register, run_id).warrant.plan_id
    with register_of(installation, store) as register, register.reading() as connection:
        names = journeys.names(connection, plan_id)
    return [custody.load(installation, store, name) for name in names]


def store_of(installation: Installation, run_id: str, instance: str) -> str:
    """The register in which a run's paper stands. Raises PlanStale, UsageError."""
    run = runs.load(installation.register, run_id)
    rule = current_rule(installation, plans.load(installation.register, run.warrant.plan_id).plan)
    for each in custody.paper_instances(rule):
        if each.id == instance:
            return each.store
    raise UsageError(f"The rule {rule.category} has no paper instance '{instance}'.")


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
