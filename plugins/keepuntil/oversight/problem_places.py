"""Of which class and category a finding is: as a person said, else as its check implies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Form
from keepuntil.domain.ledger import Standing
from keepuntil.domain.ledger_words import ProblemClass
from keepuntil.errors import RegisterError
from keepuntil.register import certificates, plans, runs
from keepuntil.register.findings import Finding

_CLASSES: Final[Mapping[str, ProblemClass]] = {
    "vendor_expired": ProblemClass.THIRD_PARTY,
    "custody_licence_expired": ProblemClass.THIRD_PARTY,
    "store_unclaimed": ProblemClass.STORAGE,
    "memo_missing": ProblemClass.STORAGE,
}
"""What checks find that is not about deletion itself."""


def categories(installation: Installation) -> set[str]:
    """Every category that has a rule or is listed."""
    schedule = installation.schedule
    ruled = {rule.category for rule in schedule.rules}
    return ruled | {known.category for known in schedule.known}


def class_of(finding: Finding, standing: Standing) -> ProblemClass:
    """The class; what the checks of this program meet is mostly about deletion."""
    said = standing.particulars.problem_class
    return said or _CLASSES.get(finding.kind, ProblemClass.DELETION)


def category_of(installation: Installation, finding: Finding, standing: Standing) -> str | None:
    """The category it is about; None: of none in particular."""
    if standing.particulars.category is not None:
        return standing.particulars.category
    first = _subject(finding)[0]
    if first in categories(installation):
        return first
    return _of_run_or_certificate(installation, first)


def form_of_finding(finding: Finding, standing: Standing) -> str | None:
    """The form it is about, where a gap names one."""
    if standing.particulars.form is not None:
        return standing.particulars.form
    named = _subject(finding)[1:2]
    return named[0] if named and named[0] in {form.value for form in Form} else None


def _subject(finding: Finding) -> list[str]:
    """What the fingerprint says after the kind."""
    return finding.fingerprint.removeprefix(f"{finding.kind}/").split("/")


def _of_run_or_certificate(installation: Installation, name: str) -> str | None:
    register = installation.register
    try:
        if name.startswith("DC-"):
            name = certificates.load(register, name).run_id
        if not name.startswith("run."):
            return None
        # A consignment is named after its run, and more.
        run = runs.load(register, ".".join(name.split(".")[:2]))
        return plans.load(register, run.warrant.plan_id).plan.category
    except RegisterError:
        # The finding outlived what it is about.
        return None
