"""Draw a sample again from what one was given: a bundle, a head of the log, the plan.

No register, no store, no network: what an auditor runs. Whom to believe comes from
them, through another channel.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from keepuntil.disposal.bundle_reading import digest_of, opened, read_at_most
from keepuntil.disposal.checking_certificates import check_bundle
from keepuntil.disposal.trust import Trust
from keepuntil.domain import sampling
from keepuntil.domain.sampling import SamplePlan
from keepuntil.errors import EvidenceError, KeepuntilError, UsageError
from keepuntil.evidence import canonical, leaves, note
from keepuntil.evidence.canonical import Json
from keepuntil.evidence.note import Checkpoint
from keepuntil.evidence.tlog_proof import LARGEST_PROOF, TlogProof
from keepuntil.oversight.sampling import Drawn, draw_from
from keepuntil.register.samples import Draw, SampledEntry

FORMAT: Final = "sample/v1"
SAMPLE_FILE: Final = "sample.json"
CHECKPOINT_FILE: Final = "checkpoint"

_LARGEST: Final = 64 << 20
_MEMBERS: Final = frozenset(
    {"certificate", "certificateId", "checkpoint", "format", "leaves", "plan", "sampleId", "seed"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrawn:
    """A sample that came out again as it was stated."""

    sample_id: str
    certificate_id: str
    draw: Draw


def export(of: Drawn, folder: Path) -> list[Path]:
    """Write what others need to draw again: sample.json, and the head of the log as signed.

    Nothing that a checker saw is in it. Raises UsageError when the folder cannot be written.
    """
    files = {
        SAMPLE_FILE: json.dumps(document(of), ensure_ascii=False, indent=2).encode() + b"\n",
        CHECKPOINT_FILE: of.head.shown,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}.") from None
    return [folder / name for name in files]


def document(of: Drawn) -> dict[str, Json]:
    """A sample as it is handed over."""
    claim = of.head.claim
    seeded = sampling.seed_document(
        of.certificate.digest, claim.origin, claim.size, claim.root, of.sample.plan
    )
    return seeded | {
        "certificateId": of.certificate.certificate_id,
        "format": FORMAT,
        "leaves": [entry.leaf for entry in of.draw.entries],
        "sampleId": of.sample.sample_id,
        "seed": of.draw.seed,
    }


def redraw(bundle: Path, folder: Path, trust: Trust) -> Redrawn:
    """Draw again and compare.

    (1) The bundle holds, and its certificate is the one the sample is of.
    (2) The head of the log is signed by the log, and covers the certificate.
    (3) The plan's size is the one its confidence asks for, its population is there.
    (4) The same numbers come out, in the same order.

    Raises EvidenceError otherwise, UsageError when nobody is trusted for the log.
    """
    if trust.policy is None:
        raise UsageError("A draw hangs on a head of the log: name a trust folder with policy.txt.")
    verdict = check_bundle(bundle, trust)
    stated = _stated(folder)
    if stated["certificate"] != f"sha256:{digest_of(bundle / 'certificate.intoto.jsonl')}":
        raise EvidenceError("The sample is of another certificate than this bundle holds.")
    checkpoint = _head(bundle, folder, trust)
    plan = SamplePlan.of(stated["plan"])
    _refuse_other_size(plan)
    size = sum(verdict.outcomes.values())
    draw = draw_from(_entries(bundle, size), plan, str(stated["certificate"]), checkpoint)
    if [entry.leaf for entry in draw.entries] != stated["leaves"] or draw.seed != stated["seed"]:
        raise EvidenceError(
            "Another sample comes out than was stated: certificate, head of the log and plan do"
            " not lead to these entries."
        )
    return Redrawn(
        sample_id=str(stated["sampleId"]),
        certificate_id=str(verdict.certificate_id),
        draw=draw,
    )


def _stated(folder: Path) -> dict[str, Json]:
    data = read_at_most(folder / SAMPLE_FILE, _LARGEST)
    found = canonical.members(
        canonical.parse(data, what="the sample", max_bytes=_LARGEST), "the sample", _MEMBERS
    )
    if found["format"] != FORMAT:
        raise EvidenceError(f"The sample is not of the form {FORMAT}.")
    return found


def _head(bundle: Path, folder: Path, trust: Trust) -> Checkpoint:
    """The head of the log that decides, signed by the log the certificate stands in."""
    proof = TlogProof.parse(read_at_most(bundle / "certificate.tlog-proof", LARGEST_PROOF))
    origin = Checkpoint.parse(note.Note.parse(proof.checkpoint).text).origin
    signed = read_at_most(folder / CHECKPOINT_FILE, note.LARGEST_NOTE)
    head = note.verify_checkpoint(signed, origin, trust.policy.keys if trust.policy else ())
    if head.size <= proof.index:
        raise EvidenceError(
            "The head of the log is older than the certificate: whoever destroyed could know it."
        )
    return head


def _refuse_other_size(plan: SamplePlan) -> None:
    if plan.confidence is None or plan.tolerable is None:
        return
    try:
        needed = sampling.sample_size(
            plan.population, plan.confidence, plan.tolerable, plan.acceptance
        )
    except KeepuntilError as error:
        raise EvidenceError(f"The plan of the sample cannot be: {error.sentence}") from None
    if plan.size != needed:
        raise EvidenceError(
            f"To discover {plan.tolerable} with {plan.confidence} confidence {needed} of"
            f" {plan.population} entries have to be drawn, and {plan.size} were."
        )


def _entries(bundle: Path, size: int) -> Iterator[SampledEntry]:
    with opened(bundle / "run" / "entries") as file:
        for leaf, data in enumerate(leaves.read_entries(file, size)):
            entry = leaves.parse_entry(data, f"entry {leaf}")
            yield SampledEntry(leaf=leaf, instance=entry.instance, outcome=entry.outcome)
