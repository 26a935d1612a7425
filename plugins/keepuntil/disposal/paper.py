"""The pages of a bundle: certificate and list, in both languages, signed and time-stamped."""

from __future__ import annotations

from datetime import UTC
from functools import partial
from pathlib import Path

from keepuntil.disposal import appraisal_form, correcting, publishing, stamping
from keepuntil.disposal.findings import DOUBTS
from keepuntil.disposal.installation import Installation
from keepuntil.documents.certificate import Correction, Proof, certificate_pages
from keepuntil.documents.destruction_list import list_pages
from keepuntil.documents.pdf_signature import own_certificate, sign_pages
from keepuntil.documents.typesetting import LANGUAGES
from keepuntil.domain.categories import Rule, Text
from keepuntil.domain.plans import Plan
from keepuntil.errors import EvidenceError
from keepuntil.evidence import note, statement
from keepuntil.evidence.envelope import Envelope
from keepuntil.evidence.note import COSIGNATURE
from keepuntil.evidence.tlog_proof import TlogProof
from keepuntil.register import approvals
from keepuntil.register.certificates import StoredCertificate
from keepuntil.register.corrections import StoredCorrection


def write_pages(
    installation: Installation,
    rule: Rule,
    plan: Plan,
    certificate: StoredCertificate,
    folder: Path,
) -> None:
    """``certificate.<language>.pdf`` and ``list.<language>.pdf`` into a bundle."""
    proof = _proof(installation, certificate, folder)
    said = statement.parse(Envelope.parse(certificate.payload.strip()).payload)
    found = [_correction(one) for one in correcting.of(installation, certificate.certificate_id)]
    opinion = appraisal_form.given_number(installation, rule, plan)
    decided = [given for given, _ in approvals.of(installation.register, plan.digest)]
    for language in LANGUAGES:
        pages = certificate_pages(
            said.predicate, certificate.digest, language, proof=proof, corrections=found
        )
        (folder / f"certificate.{language}.pdf").write_bytes(signed(installation, pages))
        controller = installation.schedule.controller
        pages = list_pages(controller, rule, plan, decided, DOUBTS, opinion, language)
        (folder / f"list.{language}.pdf").write_bytes(signed(installation, pages))


def signed(installation: Installation, pages: bytes) -> bytes:
    """Pages under the certificate key, with a time stamp where an authority is declared."""
    key = installation.signing_key("certificate")
    declared = installation.schedule.publication.time_authority
    stamp = None if declared is None else partial(_stamp, installation)
    return sign_pages(pages, key, page_certificate(installation), stamp=stamp)


def page_certificate(installation: Installation) -> bytes:
    """The X.509 certificate (DER) under which pages are signed, made once for its key."""
    key = installation.signing_key("certificate")
    path = installation.home / "keys" / f"certificate.{key.public.keyid[:16]}.crt"
    if not path.exists():
        scratch = path.with_suffix(".partial")
        made = own_certificate(key, installation.schedule.controller, installation.now())
        scratch.write_bytes(made)
        scratch.rename(path)
    return path.read_bytes()


def _stamp(installation: Installation, request: bytes) -> bytes:
    answer = stamping.stamp_request(installation, request)
    if answer is None:
        raise EvidenceError("No authority stamps the time of pages.")
    return answer


def _proof(installation: Installation, certificate: StoredCertificate, folder: Path) -> Proof:
    proof = TlogProof.parse((folder / "certificate.tlog-proof").read_bytes())
    shown = note.Note.parse(proof.checkpoint)
    checkpoint = note.Checkpoint.parse(shown.text)
    signed_by = note.verify(shown, publishing.policy_of(installation).keys)
    token = certificate.token
    return Proof(
        origin=checkpoint.origin,
        index=proof.index,
        size=checkpoint.size,
        root=checkpoint.root,
        witnesses=tuple(sorted(key.name for key in signed_by if key.algorithm == COSIGNATURE)),
        stamped_at=None
        if token is None
        else stamping.stamped_at(installation, token, certificate.payload),
    )


def _correction(found: StoredCorrection) -> Correction:
    said = statement.parse(Envelope.parse(found.envelope.strip()).payload).predicate
    reason = said["reason"]
    if not isinstance(reason, dict):
        raise EvidenceError("A correction says no reason.")
    return Correction(
        kind=found.kind,
        on=f"{found.corrected_at.astimezone(UTC):%Y-%m-%d}",
        reason=Text(zh=str(reason["zh"]), en=str(reason["en"])),
    )
