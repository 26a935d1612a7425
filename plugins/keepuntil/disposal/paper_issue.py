"""What is said of a journey once it is over: of its certificate, and to the head of the unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from keepuntil.disposal.installation import Installation
from keepuntil.documents.dossier import Dossier
from keepuntil.documents.paper_certificate import Issue
from keepuntil.documents.unit_report import Copies, UnitReport
from keepuntil.domain.backups import copies_gone_by
from keepuntil.domain.categories import Rule
from keepuntil.domain.civil_dates import civil_date
from keepuntil.domain.consignments import Step
from keepuntil.domain.plans import Plan
from keepuntil.errors import EvidenceError
from keepuntil.evidence import statement
from keepuntil.evidence.envelope import Envelope
from keepuntil.register import certificates, findings, runs

_OF_CUSTODY: Final = "custody_"
"""How the kinds of findings of a journey begin."""


def issue_of(installation: Installation, rule: Rule, dossier: Dossier) -> Issue:
    """How the paper certificate of a reconciled journey is issued: the same at every printing.

    Raises EvidenceError while the journey is not reconciled.
    """
    reconciled, gone_at = dossier.last(Step.RECONCILE), dossier.consignment.destroyed_at
    if reconciled is None or gone_at is None:
        raise EvidenceError(f"The journey {dossier.consignment.consignment} is not reconciled.")
    before = certificates.last_before(installation.register, reconciled.at)
    return Issue(
        key=installation.signing_key("certificate").public.keyid[:16],
        stamped=installation.schedule.publication.time_authority is not None,
        previous=None if before is None else before.digest,
        copies_gone_by=copies_gone_by(rule, civil_date(gone_at, zone=rule.clock.zone)),
    )


def report_of(installation: Installation, plan: Plan, dossier: Dossier) -> UnitReport | None:
    """What the head of the unit is told of a journey; None: its run is not certified yet."""
    run_id = runs.load(installation.register, plan.plan_id).run_id
    issued = certificates.of_run(installation.register, run_id)
    if not issued:
        return None
    latest = issued[-1]
    stated = statement.parse(Envelope.parse(latest.payload.strip()).payload)
    said: Mapping[str, Any] = stated.predicate
    return UnitReport(
        certificate=latest.certificate_id,
        digest=latest.digest,
        copies=tuple(_copies(each) for each in said["completeness"]["instances"]),
        backups=tuple(str(each["instance"]) for each in said["waitsFor"]),
        backups_gone_by=latest.provisional_until,
        findings=_open_findings(installation, dossier.consignment.consignment),
    )


def _copies(facts: Mapping[str, Any]) -> Copies:
    def count(name: str) -> int:
        return int(facts[name])

    listed, gone, absent = count("items_on_list"), count("destroyed"), count("already_absent")
    return Copies(
        instance=str(facts["instance"]),
        store=str(facts["store"]),
        listed=listed,
        destroyed=gone,
        absent=absent,
        kept=listed - gone - absent,
    )


def _open_findings(installation: Installation, consignment: str) -> tuple[int, ...]:
    """Findings of the journey that nobody has closed, by number."""
    return tuple(
        found.number
        for found, _ in findings.everything(installation.register)
        if found.closed_at is None
        and found.kind.startswith(_OF_CUSTODY)
        and _is_about(found.sentence_en, consignment)
    )


def _is_about(sentence: str, consignment: str) -> bool:
    """Whether a finding begins with the name of the journey, and not with a longer one."""
    return sentence.partition(" ")[0].partition("/")[0].removesuffix(":") == consignment
