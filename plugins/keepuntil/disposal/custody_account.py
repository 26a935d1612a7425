"""What a certificate says of paper's journeys: counted again from the signed steps alone."""

from __future__ import annotations

from keepuntil.disposal import custody
from keepuntil.disposal.custody import Journey
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Rule
from keepuntil.domain.consignments import Duty, VendorCertificate
from keepuntil.domain.plans import Plan
from keepuntil.domain.reconciliation import Total, totals
from keepuntil.evidence import canonical


def accounts(installation: Installation, rule: Rule, plan: Plan) -> list[dict[str, object]]:
    """One account for each journey of a plan's paper that carried anything to its end."""
    return [
        _account(instance.id, journey)
        for instance in rule.paper
        for journey in custody.journeys_of(installation, instance, plan.plan_id)
    ]


def _account(instance: str, journey: Journey) -> dict[str, object]:
    consignment = journey.consignment
    counted = totals(consignment)
    points = ("listed", "withdrawn", "sent", "received", "counted", "destroyed", "certified")
    return {
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
