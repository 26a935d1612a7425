"""A receipt for one person: finds the leaves of their records and discloses those alone.

Who asks names the records by instance and key, as the bank's own systems know them. What
they were is nowhere in Keepuntil any more; the run key, kept for this under a retention of
its own, tells again which leaf a record was and opens its commitment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from keepuntil.disposal import paper
from keepuntil.disposal.bundled_tree import BundledTree
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.receipt_secrets import ReceiptSecret, open_secret, tag_text
from keepuntil.disposal.recorded_reads import record_read
from keepuntil.disposal.recording import record_texts
from keepuntil.disposal.trust import Trust
from keepuntil.documents.receipt import receipt_pages
from keepuntil.documents.typesetting import LANGUAGES
from keepuntil.domain.items import Key, key_text
from keepuntil.errors import EvidenceError, UsageError
from keepuntil.evidence import (
    canonical,
    commitments,
    leaves,
    lookup,
    note,
    receipt,
    sigstore,
    statement,
)
from keepuntil.evidence.canonical import Json
from keepuntil.evidence.receipt import Receipted, Shown
from keepuntil.evidence.sigstore import Stamped
from keepuntil.register import certificates, runs
from keepuntil.transparency import timestamps

Named = tuple[str, Key]
"""An instance and a key in it."""


def make(
    installation: Installation, certificate: str, records: Sequence[Named], *, by: str
) -> bytes:
    """The receipt of a certificate for these records. That ``by`` asked is written down first.

    Raises UsageError when one of them is not in that run (which, it does not say: the
    place in what was asked, not the key), or no secret was kept; RegisterError.
    """
    stored = certificates.load(installation.register, certificate)
    run = runs.load(installation.register, stored.run_id)
    bundle = Path(stored.path)
    if not bundle.is_dir():
        raise UsageError(f"The bundle of {stored.certificate_id} is not at {bundle} any more.")
    category = run.warrant.category
    for instance, key in records:
        named = tag_text(instance, key_text(key))
        record_read(installation, by=by, verb="cert receipt", category=category, subject=named)
    secret = open_secret(installation, category, run.run_id)
    with BundledTree.open(bundle) as tree:
        shown = [
            _receipted(tree, secret, category, place, named)
            for place, named in enumerate(records, 1)
        ]
    return receipt.encode((bundle / "certificate.sigstore.json").read_bytes(), shown)


def check(data: bytes, trust: Trust) -> Shown:
    """What a receipt shows, to those one trusts. Raises EvidenceError, UsageError."""
    if trust.policy is None:
        raise UsageError("The folder of keys you trust has no policy.txt that names the log.")
    reason = EvidenceError("the receipt is of a log that the policy does not know")
    for log in trust.policy.logs:
        try:
            shown = receipt.verify(
                data,
                trust.certificate_keys,
                log=log.key,
                run_keys=trust.run_keys,
                stamped=_stamped(trust),
            )
        except EvidenceError as error:
            reason = error
            continue
        signed = note.verify(note.Note.parse(shown.certificate.note), trust.policy.keys)
        missing = trust.policy.missing(list(signed))
        if missing is not None:
            raise EvidenceError(f"the log is not witnessed as you ask: {missing}")
        return shown
    raise reason


def _stamped(trust: Trust) -> Stamped | None:
    authority = trust.authority
    if authority is None:
        return None
    return lambda token, signature: timestamps.verify(token, signature, authority)


def pages(installation: Installation, content: bytes, out: Path) -> Iterator[tuple[Path, bytes]]:
    """A page to print in each language beside the receipt: what it shows, its digest as a code."""
    document = canonical.parse(content, what="the receipt", max_bytes=receipt.LARGEST_RECEIPT)
    if not isinstance(document, dict):
        raise EvidenceError("The receipt cannot be read.")
    bundle = sigstore.Bundle.parse(canonical.encode(document["certificate"]))
    said = statement.parse(bundle.envelope.payload)
    records = document["records"]
    listed = [one for one in records if isinstance(one, dict)] if isinstance(records, list) else []
    shown = [_disclosed(one) for one in listed]
    for language in LANGUAGES:
        unsigned = receipt_pages(
            said.predicate, shown, canonical.digest_of_bytes(content), language
        )
        yield out.with_suffix(f".{language}.pdf"), paper.signed(installation, unsigned)


def _disclosed(record: Mapping[str, Json]) -> dict[str, Json]:
    entry = leaves.parse_entry(str(record["entry"]).encode("utf-8"))
    return {**leaves.check_record(entry, str(record["disclosure"])), "outcome": entry.outcome}


def _receipted(
    tree: BundledTree, secret: ReceiptSecret, category: str, place: int, named: Named
) -> Receipted:
    instance, key = named
    text = key_text(key)
    index = _found(secret, tag_text(instance, text))
    if index is None:
        raise UsageError(
            f"Record {place} of those named was not on the list of this run: look at the "
            "instance and the key, or at another certificate."
        )
    (record,) = record_texts(category, instance, [text])
    disclosure = commitments.record_disclosure(
        commitments.record_salt(secret.run_key, index), record
    )
    entry = tree.entry(index)
    leaves.check_record(leaves.parse_entry(entry), disclosure)
    return Receipted(disclosure=disclosure, entry=entry, proof=tree.proof(index))


def _found(secret: ReceiptSecret, text: str) -> int | None:
    (tag,) = (lookup.tags(lookup.lookup_key(secret.run_key), [text]),)
    with secret.tags() as packed:
        return next(lookup.places(packed, tag), None)
