"""A receipt: one file that shows one person's records to have been destroyed, and no others'.

    {"type": "https://keepuntil.dev/DestructionReceipt/v1",
     "certificate": <Sigstore bundle of the certificate>,
     "records": [{"disclosure": ..., "entry": ..., "tlogProof": ...}, ...]}

``disclosure`` opens the commitment of ``entry`` (RFC 9901 section 4.2), ``tlogProof`` leads
from the entry to the checkpoint of the run's tree, and the certificate's statement is
about exactly that checkpoint. Whoever verifies learns the records disclosed and how large
the tree is, nothing else: hashes of neighbours are salted.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from keepuntil.errors import EvidenceError
from keepuntil.evidence import canonical, leaves, note, sigstore, statement
from keepuntil.evidence.canonical import Json
from keepuntil.evidence.keys import VerifyingKey
from keepuntil.evidence.leaves import LeafEntry
from keepuntil.evidence.note import NoteKey
from keepuntil.evidence.sigstore import Stamped, Verified
from keepuntil.evidence.statement import Statement
from keepuntil.evidence.tlog_proof import TlogProof

TYPE: Final = "https://keepuntil.dev/DestructionReceipt/v1"
LARGEST_RECEIPT: Final = 16 << 20
MOST_RECORDS: Final = 10_000
_DEEPEST: Final = 12
_MEMBERS: Final = frozenset({"type", "certificate", "records"})
_RECORD: Final = frozenset({"disclosure", "entry", "tlogProof"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipted:
    """One record of a receipt: its entry, what it discloses, and the way to the root."""

    disclosure: str
    entry: bytes
    proof: TlogProof


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record as shown to be in a certified run. Personal data: for whom it concerns."""

    content: dict[str, Json]
    entry: LeafEntry
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a receipt proves."""

    certificate: Verified
    statement: Statement
    records: tuple[Record, ...]


def encode(bundle: bytes, records: Sequence[Receipted]) -> bytes:
    """The file; ``bundle`` is the certificate's Sigstore bundle. EvidenceError when empty."""
    if not records:
        raise EvidenceError("a receipt without records would show nothing")
    document = {
        "type": TYPE,
        "certificate": json.loads(bundle),
        "records": [
            {
                "disclosure": one.disclosure,
                "entry": one.entry.decode("utf-8"),
                "tlogProof": one.proof.encode().decode("utf-8"),
            }
            for one in records
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"


def verify(
    data: bytes,
    trusted: Collection[VerifyingKey],
    *,
    log: NoteKey,
    run_keys: Collection[VerifyingKey] = (),
    stamped: Stamped | None = None,
) -> Shown:
    """Check a receipt offline against keys that came through another channel.

    (1) The certificate holds: signature, log entry, time stamps (:func:`sigstore.verify`).
    (2) Each entry leads to the checkpoint that the certificate's statement is about, to the
        byte; where run keys are given, one of them signed it.
    (3) Each disclosure is what its entry commits to.

    Raises EvidenceError with the first of these that fails.
    """
    bundle, listed = _parts(data)
    certificate = sigstore.verify(bundle, trusted, log=log, stamped=stamped)
    said = statement.parse(certificate.payload)
    records = tuple(_record(one, said, run_keys) for one in listed)
    return Shown(certificate=certificate, statement=said, records=records)


def _parts(data: bytes) -> tuple[bytes, list[Json]]:
    document = canonical.parse(
        data, what="the receipt", max_bytes=LARGEST_RECEIPT, max_depth=_DEEPEST
    )
    whole = canonical.members(document, "the receipt", _MEMBERS)
    if whole["type"] != TYPE:
        raise EvidenceError(f"the receipt is not of the type {TYPE}")
    listed = whole["records"]
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_RECORDS:
        raise EvidenceError(f"a receipt shows 1 to {MOST_RECORDS} records")
    return canonical.encode(whole["certificate"]), listed


def _record(value: Json, said: Statement, run_keys: Collection[VerifyingKey]) -> Record:
    shown = canonical.members(value, "a record of the receipt", _RECORD)
    texts = {name: canonical.text(shown[name], f"the {name} of a record") for name in _RECORD}
    entry = leaves.parse_entry(texts["entry"].encode("utf-8"), "an entry of the receipt")
    proof = TlogProof.parse(texts["tlogProof"].encode("utf-8"))
    if sha256(proof.checkpoint).hexdigest() != said.subject("run/checkpoint").sha256:
        raise EvidenceError("a record of the receipt is of another run than the certificate")
    _refuse_outside(proof, texts["entry"].encode("utf-8"), run_keys)
    content = leaves.check_record(entry, texts["disclosure"])
    return Record(content=content, entry=entry, index=proof.index)


def _refuse_outside(proof: TlogProof, entry: bytes, run_keys: Collection[VerifyingKey]) -> None:
    claimed = note.Checkpoint.parse(note.Note.parse(proof.checkpoint).text)
    if run_keys:
        keys = [NoteKey(claimed.origin, note.ED25519, key) for key in run_keys]
        proof.verify(entry, claimed.origin, keys)
    else:
        # The certificate signs the checkpoint's very bytes, so nobody else has to.
        proof.lead(entry, claimed)
