"""A certified run as one folder that a stranger can check: everything, and how.

Written beside its final place and renamed, so that a bundle is whole or absent. It
follows from what the register keeps; writing it again gives the same evidence.
"""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, Final

from keepuntil.disposal import bundle, correcting, paper, publishing
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.run_tree import RunTree, leaf_columns
from keepuntil.domain.categories import Rule
from keepuntil.domain.plans import Plan
from keepuntil.errors import EvidenceError
from keepuntil.evidence import entries, leaves, sigstore
from keepuntil.evidence.envelope import Envelope
from keepuntil.evidence.keys import VerifyingKey
from keepuntil.evidence.packed_tree import PackedWriter
from keepuntil.evidence.tiles import StoredTree
from keepuntil.evidence.tlog_proof import TlogProof
from keepuntil.register import log, rule_versions
from keepuntil.register.certificates import StoredCertificate
from keepuntil.register.log import LogEntry, LogHead
from keepuntil.register.runs import Run
from keepuntil.signing import roles, sm2

INDEX_EVERY: Final = 256
"""Every so many entries their place in ``run/entries`` stands in ``run/entries.index``."""

PAPER: Final = "typst"
"""The library without which a bundle has no pages to print."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What a bundle is written from."""

    rule: Rule
    plan: Plan
    run: Run
    certificate: StoredCertificate
    head: LogHead


def scratch_of(final: Path) -> Path:
    """Where a bundle is written until it is whole."""
    return final.with_name(f".{final.name}.partial")


def write_records(installation: Installation, plan: Plan, run: Run, folder: Path) -> RunTree:
    """One leaf entry an item, the tree over them level by level, and where to find each.

    In bounded memory; what an earlier attempt left is replaced.
    """
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tree").mkdir(parents=True)
    tree = RunTree()
    with ExitStack() as files:

        def opened(name: str) -> BinaryIO:
            return files.enter_context((folder / name).open("wb"))

        entries_file, index = opened("entries"), opened("entries.index")
        levels = PackedWriter(lambda name: opened(f"tree/{name}"))
        position = 0
        for columns in leaf_columns(installation, plan, run):
            tree.count(columns)
            levels.extend(leaves.leaf_hashes(columns))
            found = list(leaves.entries(columns))
            entries_file.write(leaves.pack_entries(found))
            for entry in found:
                if tree.size % INDEX_EVERY == 0:
                    index.write(position.to_bytes(8, "big"))
                position += leaves.LENGTH_BYTES + len(entry)
                tree.size += 1
        tree.root = levels.finish().root()
    return tree


def write_bundle(installation: Installation, issued: Issued) -> Path:
    """Complete the folder that :func:`write_records` began, and put it in its place."""
    final = Path(issued.certificate.path)
    folder = scratch_of(final)
    if issued.certificate.run_checkpoint is None:
        raise EvidenceError(f"The run checkpoint of {issued.certificate.certificate_id} is lost.")
    (folder / "run" / "checkpoint").write_bytes(issued.certificate.run_checkpoint)
    _write_statements(installation, issued, folder)
    _write_context(installation, issued, folder)
    if find_spec(PAPER) is not None:
        paper.write_pages(installation, issued.rule, issued.plan, issued.certificate, folder)
    seal_folder(folder)
    shutil.rmtree(final, ignore_errors=True)
    folder.rename(final)
    return final


def _write_statements(installation: Installation, issued: Issued, folder: Path) -> None:
    """The certificate, the announcement before it, and where both stand in the log."""
    certificate = issued.certificate
    (folder / "log").mkdir(exist_ok=True)
    (folder / "log" / "checkpoint").write_bytes(issued.head.shown)
    (folder / "certificate.intoto.jsonl").write_bytes(certificate.payload)
    logged = _logged(installation, publishing.CERTIFICATE, certificate.certificate_id)
    announced = _logged(installation, publishing.INTENT, certificate.run_id)
    (folder / "intent.intoto.jsonl").write_bytes(announced.envelope)
    tree = StoredTree(issued.head.size, publishing.storage_of(installation).read)
    for name, entry in (("certificate", logged), ("intent", announced)):
        proof = TlogProof(entry.index, tuple(tree.inclusion_proof(entry.index)), issued.head.shown)
        (folder / f"{name}.tlog-proof").write_bytes(proof.encode())
    _write_sigstore(installation, issued, folder)
    sm2_key = installation.key_ring.sm2_key()
    if sm2_key is not None:
        payload = Envelope.parse(certificate.payload.strip()).payload
        (folder / "certificate.sm2.intoto.jsonl").write_bytes(sm2.seal(payload, sm2_key))
    for number, found in enumerate(correcting.of(installation, certificate.certificate_id), 1):
        (folder / "corrections").mkdir(exist_ok=True)
        path = folder / "corrections" / f"{number:03}.intoto.jsonl"
        path.write_bytes(found.envelope)


def _write_sigstore(installation: Installation, issued: Issued, folder: Path) -> None:
    """The same, as the one file that verifiers in the field read."""
    signed = Envelope.parse(issued.certificate.payload.strip())
    proof = TlogProof.parse((folder / "certificate.tlog-proof").read_bytes())
    token = issued.certificate.token
    made = sigstore.bundle(
        signed,
        key_of(installation, signed),
        log=publishing.log_keys(installation)[-1],
        proof=proof,
        tokens=() if token is None else (token,),
    )
    (folder / "certificate.sigstore.json").write_bytes(made.encode())
    if token is not None:
        (folder / "timestamps").mkdir(exist_ok=True)
        (folder / "timestamps" / "certificate-signature.tsr").write_bytes(token)


def key_of(installation: Installation, signed: Envelope) -> VerifyingKey:
    """The certificate key, of any generation, that an envelope names. Raises EvidenceError."""
    for key in installation.key_ring.public_keys("certificate"):
        if key.keyid == signed.keyid:
            return key
    raise EvidenceError("The certificate was signed by a key that this ring does not know.")


def _logged(installation: Installation, kind: str, subject: str) -> LogEntry:
    found = log.find(installation.register, kind, subject)
    if found is None:
        raise EvidenceError(f"The log lacks the {kind} {subject}.")
    entries.parse(found.entry).confirm(Envelope.parse(found.envelope.strip()))
    return found


def _write_context(installation: Installation, issued: Issued, folder: Path) -> None:
    """The rule as published, the public keys as claimed, and how to check all of it."""
    version = rule_versions.get(installation.register, issued.plan.rule_digest)
    (folder / "rule.json").write_bytes(version.canonical_json)
    keys = folder / "claimed-keys"
    keys.mkdir(exist_ok=True)
    ring = installation.key_ring
    for role in ("certificate", "run", "log", roles.SM2):
        if role in ring.keys:
            (keys / f"{role}.pub.pem").write_text(ring.current(role).pem, encoding="ascii")
    for name in (bundle.README, bundle.VERIFIER, bundle.RECEIPT_VERIFIER):
        (folder / name).write_text(bundle.text_of(name), encoding="utf-8")


def seal_folder(folder: Path) -> None:
    """SHA256SUMS over every file, each file flushed to the disk."""
    lines = []
    sums = folder / "SHA256SUMS"
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p != sums):
        with path.open("rb") as file:
            lines.append(f"{_digest(path)}  {path.relative_to(folder)}\n")
            os.fsync(file.fileno())
    sums.write_text("".join(lines), encoding="ascii")


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
