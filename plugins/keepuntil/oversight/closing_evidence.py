"""What may close a finding, judged before it is entered: a sentence alone never does.

certificate   stands in the register, verifies, was not taken back, is of the category
sample        of a certificate of the category, closed, and accepted
check         what met the problem is asked again now, and does not meet it
document      a file, by title and SHA-256
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from keepuntil.disposal import correcting, nights, rechecking
from keepuntil.disposal.checking_certificates import check_bundle
from keepuntil.disposal.exporting_trust import export_trust
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.trust import read_trust
from keepuntil.domain.ledger_words import EvidenceKind
from keepuntil.domain.problems import Evidence
from keepuntil.domain.sampling import SampleVerdict
from keepuntil.errors import EvidenceError, UsageError
from keepuntil.oversight.coverage import cover
from keepuntil.oversight.gaps import Lack
from keepuntil.oversight.problem_places import category_of
from keepuntil.register import certificates, findings, plans, runs, samples
from keepuntil.register.certificates import StoredCertificate
from keepuntil.register.findings import Finding

REVOCATION: Final = correcting.KINDS[1]


def certificate(installation: Installation, number: int, name: str) -> Evidence:
    """A certificate that shows it. Raises UsageError, RegisterError, EvidenceError."""
    stored = certificates.load(installation.register, name)
    if any(one.kind == REVOCATION for one in correcting.of(installation, stored.certificate_id)):
        raise EvidenceError(f"{stored.certificate_id} was taken back and shows nothing.")
    _refuse_other_category(installation, number, stored)
    with tempfile.TemporaryDirectory() as folder:
        export_trust(installation, Path(folder))
        check_bundle(Path(stored.path), read_trust(Path(folder)))
    name = stored.certificate_id
    return Evidence(kind=EvidenceKind.CERTIFICATE, reference=name, title=name)


def sample(installation: Installation, number: int, name: str) -> Evidence:
    """A spot check that shows it. Raises UsageError, RegisterError."""
    stored = samples.load(installation.register, name)
    if stored.closing is None or stored.closing.verdict is not SampleVerdict.ACCEPTED:
        said = "is open" if stored.closing is None else f"was {stored.closing.verdict.value}"
        raise UsageError(f"The sample {stored.sample_id} {said}; only an accepted one shows it.")
    of = certificates.load(installation.register, stored.certificate_id)
    _refuse_other_category(installation, number, of)
    title = f"{stored.sample_id}: {stored.closing.verdict.value}"
    return Evidence(kind=EvidenceKind.SAMPLE, reference=stored.sample_id, title=title)


def check(installation: Installation, number: int) -> Evidence:
    """Ask again, now, whether the problem is there. Raises UsageError when it is, or nobody can."""
    found = findings.load(installation.register, number)
    passes = _CHECKS.get(found.kind)
    if passes is None:
        raise UsageError(
            f"No check can be made again for '{found.kind}'; attach a certificate, a sample or a"
            " document."
        )
    today = installation.now().date()
    if not passes(installation, found, today):
        raise UsageError(f"The check does not pass: finding {number} is still there.")
    title = f"{found.kind}: passed on {today}"
    return Evidence(kind=EvidenceKind.CHECK, reference=found.fingerprint, title=title)


def document(title: str, *, file: Path | None = None, sha256: str | None = None) -> Evidence:
    """A document kept elsewhere, by its bytes. Raises UsageError."""
    if file is not None:
        try:
            sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        except OSError as error:
            raise UsageError(f"{file.name}: cannot be read ({error.strerror}).") from None
    if sha256 is None or len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):  # noqa: PLR2004 hex digits of SHA-256
        raise UsageError("Give the document's SHA-256, 64 hexadecimal digits, or the file itself.")
    if not title.strip():
        raise UsageError("Say what the document is called.")
    reference = f"sha256:{sha256}"
    return Evidence(kind=EvidenceKind.DOCUMENT, reference=reference, title=title.strip())


def _refuse_other_category(
    installation: Installation, number: int, stored: StoredCertificate
) -> None:
    found = findings.load(installation.register, number)
    standing = findings.standing(installation.register, number)
    wanted = category_of(installation, found, standing)
    run = runs.load(installation.register, stored.run_id)
    is_of = plans.load(installation.register, run.warrant.plan_id).plan.category
    if wanted is None:
        raise UsageError(
            f"Finding {number} is of no category, so no certificate can be of it. Say of which:"
            f" keepuntil findings describe {number} --category {is_of}"
        )
    if wanted != is_of:
        raise UsageError(
            f"{stored.certificate_id} is of {is_of}, and finding {number} is about {wanted}."
        )


def _is_covered(installation: Installation, found: Finding, today: date) -> bool:
    gaps = cover(installation, today).gaps
    return found.fingerprint not in {gap.fingerprint for gap in gaps}


def _is_in_time(installation: Installation, found: Finding, today: date) -> bool:
    category = found.fingerprint.removeprefix(f"{nights.OVERDUE}/")
    line = nights.backlog_of(installation, installation.rule(category), today)
    return not line.alarming


def _is_absent(installation: Installation, found: Finding, today: date) -> bool:  # noqa: ARG001 as every check
    run_id = found.fingerprint.removeprefix(f"{rechecking.RESURRECTED}/")
    again = rechecking.recheck(installation, run_id)
    return not again.back and not again.redeclared


_CHECKS: Final[Mapping[str, Callable[[Installation, Finding, date], bool]]] = {
    **dict.fromkeys((lack.value for lack in Lack), _is_covered),
    nights.OVERDUE: _is_in_time,
    rechecking.RESURRECTED: _is_absent,
}
"""Kinds of findings whose problem can be looked for again at any time."""
