"""A certificate that is found wrong is never edited: a signed correction points at it, for ever."""

from __future__ import annotations

from typing import Final

from keepuntil.disposal import publishing
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.statements import CORRECTION, correction_predicate
from keepuntil.domain.categories import Text
from keepuntil.errors import UsageError
from keepuntil.evidence import envelope, statement
from keepuntil.evidence.statement import Subject
from keepuntil.register import certificates, corrections
from keepuntil.register.corrections import StoredCorrection

KINDS: Final = ("correction", "revocation")
"""A correction says what was wrong; a revocation takes the whole certificate back."""


def correct(
    installation: Installation, name: str, *, kind: str, reason: Text, by: str
) -> StoredCorrection:
    """Sign that a certificate is wrong, and why; log it.

    The bundle shows it once it is written again: see :func:`certifying.rewrite_bundle`.
    ``reason`` is published: no personal data. Raises UsageError, RegisterError.
    """
    if kind not in KINDS:
        raise UsageError(f"A certificate gets a {' or a '.join(KINDS)}, not {kind!r}.")
    stored = certificates.load(installation.register, name)
    predicate = correction_predicate(
        installation.schedule.controller,
        certificate_id=stored.certificate_id,
        kind=kind,
        reason={"en": reason.en, "zh": reason.zh},
        by=by,
        at=installation.now(),
    )
    subject = Subject("certificate.intoto.jsonl", stored.digest.removeprefix("sha256:"))
    said = statement.make([subject], CORRECTION, predicate)
    line = envelope.sign(said.encoded, installation.signing_key("certificate")).encode()
    made = StoredCorrection(
        certificate_id=stored.certificate_id,
        kind=kind,
        envelope=line,
        corrected_at=installation.now(),
    )
    corrections.add(installation.register, made)
    publishing.enter(installation, publishing.CORRECTED, made.digest, line)
    return made


def of(installation: Installation, certificate_id: str) -> list[StoredCorrection]:
    """The corrections of a certificate, the first one first."""
    return corrections.of(installation.register, certificate_id)
