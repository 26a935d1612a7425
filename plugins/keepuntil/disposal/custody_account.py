"""What a certificate says of paper's journeys: counted again from the signed steps alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress

from keepuntil.disposal import custody, kept_lists
from keepuntil.disposal.custody import Journey
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import PaperInstance, Rule
from keepuntil.domain.consignments import Duty, VendorCertificate
from keepuntil.domain.items import Key
from keepuntil.domain.outcomes import Outcome, table_of
from keepuntil.domain.plans import Plan
from keepuntil.domain.reconciliation import End, Total, ends, totals
from keepuntil.errors import EvidenceError
from keepuntil.evidence import canonical
from keepuntil.register import journal, plans
from keepuntil.register.runs import Run


def accounts(
    installation: Installation, rule: Rule, plan: Plan, run: Run
) -> list[dict[str, object]]:
    """One account for each journey of a plan's paper.

    Raises EvidenceError unless signed steps brought every destroyed item to its end: the
    register of paper says what its orders came to, and that alone certifies nothing.
    """
    found: list[dict[str, object]] = []
    for instance in rule.paper:
        journeys = custody.journeys_of(installation, instance, plan.plan_id)
        gone = _carried_out(journeys)
        destroyed = _destroyed(installation, instance, plan, run)
        if unaccounted := sum(str(key[0]) not in gone for key in destroyed):
            raise EvidenceError(
                f"{unaccounted} items of {instance.id} count as destroyed in the run {run.run_id}, "
                f"and no signed step of custody says so. Somebody changed the register of paper "
                f"{instance.store}; there is no certificate."
            )
        found += (_account(installation, instance.id, journey) for journey in journeys)
    return found


def _carried_out(journeys: Sequence[Journey]) -> frozenset[str]:
    """Barcodes of what journeys brought to its end, by their signed lines."""
    return frozenset(
        item
        for journey in journeys
        for item, end in ends(journey.consignment).items()
        if end.end is End.DESTROYED
    )


def _destroyed(
    installation: Installation, instance: PaperInstance, plan: Plan, run: Run
) -> Iterator[Key]:
    """The items that the run says are destroyed, chunk by chunk."""
    wanted = table_of([Outcome.DESTROYED])
    for observed in journal.observed(installation.register, run.run_id, instance.id):
        chunk = plans.chunk(installation.register, plan.plan_id, instance.id, observed.seq)
        yield from compress(chunk.keys, observed.outcomes.translate(wanted))


def _account(installation: Installation, instance: str, journey: Journey) -> dict[str, object]:
    consignment = journey.consignment
    lists = kept_lists.digests(installation.home, consignment.consignment)
    counted = totals(consignment)
    points = ("listed", "withdrawn", "sent", "received", "counted", "destroyed", "certified")
    return ({"lists": lists} if lists else {}) | {
        "consignment": consignment.consignment,
        "instance": instance,
        "lastLineDigest": canonical.digest_of_bytes(journey.lines[-1]) if journey.lines else None,
        "openingDigest": canonical.digest_of_bytes(journey.opening),
        "state": consignment.state.value,
        "steps": len(journey.lines),
        "totals": {point: _total(getattr(counted, point)) for point in points},
        "treatments": [each.value for each in consignment.rule.treatments],
        "vendor": _vendor(consignment.certificate),
        "witnesses": sorted(consignment.persons(Duty.WITNESS)),
    }


def _total(total: Total) -> dict[str, int]:
    return {"boxes": total.boxes, "items": total.items}


def _vendor(certificate: VendorCertificate | None) -> dict[str, object] | None:
    if certificate is None:
        return None
    return {
        "certificate": certificate.number,
        "certificateDigest": f"sha256:{certificate.sha256}",
        "contract": certificate.vendor.contract,
        "licence": certificate.vendor.licence,
        "treatment": certificate.treatment.value,
    }
