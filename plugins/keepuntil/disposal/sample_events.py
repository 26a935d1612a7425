"""What the log holds of spot checks (抽查): the order before its draw, every look, the end.

The order is entered before the head that decides the draw is signed, so whoever orders
cannot know what will be drawn; and every order stands in the log, also one that nobody
liked. What a checker wrote stands behind a keyed digest: it may name a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from keepuntil.disposal.installation import Installation
from keepuntil.disposal.statements import SAMPLE_CHECKED, SAMPLE_CLOSED, SAMPLE_ORDERED, instant
from keepuntil.domain import sampling
from keepuntil.domain.sampling import CheckResult, SampleTally
from keepuntil.errors import RegisterError
from keepuntil.evidence import canonical, statement
from keepuntil.evidence.statement import Statement, Subject
from keepuntil.register import certificates, log, samples, unlogged
from keepuntil.register.samples import Closing, Draw, StoredCheck, StoredSample

ORDERED: Final = "sample"
CHECKED: Final = "sample_check"
CLOSED: Final = "sample_close"

Event = tuple[str, str, Statement]
"""Kind, subject, and what is said of it."""


def events(installation: Installation) -> Iterator[Event]:
    """What happened with samples and is not in the log, a kind at a time."""
    register = installation.register
    for sample_id in unlogged.samples(register, ORDERED):
        yield ORDERED, sample_id, _ordered(installation, samples.load(register, sample_id))
    for sample_id, seq in unlogged.checks(register, CHECKED):
        checks = samples.checks(register, sample_id)
        said = _checked(installation, samples.load(register, sample_id), checks[seq - 1])
        yield CHECKED, f"{sample_id}/{seq}", said
    for sample_id in unlogged.closed_samples(register, CLOSED):
        yield CLOSED, sample_id, _closed(installation, samples.load(register, sample_id))


def _ordered(installation: Installation, ordered: StoredSample) -> Statement:
    certificate = certificates.load(installation.register, ordered.certificate_id)
    subject = Subject("certificate.intoto.jsonl", certificate.digest.removeprefix("sha256:"))
    predicate = {
        "certificateId": ordered.certificate_id,
        "controller": installation.schedule.controller,
        "orderedBy": ordered.ordered_by,
        "orderedOn": instant(ordered.ordered_at),
        "plan": ordered.plan.document,
        "sampleId": ordered.sample_id,
    }
    return statement.make([subject], SAMPLE_ORDERED, predicate)


def _checked(installation: Installation, of: StoredSample, check: StoredCheck) -> Statement:
    outcomes = {entry.leaf: entry.outcome for entry in _drawn(of).entries}
    predicate = {
        "checkedBy": check.checker,
        "checkedOn": instant(check.checked_at),
        "controller": installation.schedule.controller,
        "deviates": sampling.deviates(outcomes[check.leaf], check.result),
        "leaf": check.leaf,
        "noteDigest": _note_digest(installation, check),
        "result": check.result.value,
        "sampleId": check.sample_id,
        "seq": check.seq,
    }
    return statement.make([_subject(of)], SAMPLE_CHECKED, predicate)


def _note_digest(installation: Installation, check: StoredCheck) -> str | None:
    if not check.note:
        return None
    content = {"note": check.note, "sampleId": check.sample_id, "seq": check.seq}
    return installation.register.keys.digest(
        b"keepuntil/sample-note/v1\n" + canonical.encode(content)
    )


def _closed(installation: Installation, closed: StoredSample) -> Statement:
    draw, closing = _drawn(closed), _closing(closed)
    tally = tally_of(draw, samples.checks(installation.register, closed.sample_id))
    head = log.head_of_size(installation.register, draw.head_size)
    if head is None:
        raise RegisterError(
            f"The register lacks the log's head of {draw.head_size} entries, on which the sample"
            f" {closed.sample_id} hangs; it was restored from a backup."
        )
    predicate = {
        "checkpoint": {
            "origin": head.claim.origin,
            "rootHash": head.claim.root.hex(),
            "size": head.claim.size,
        },
        "closedBy": closing.by,
        "closedOn": instant(closing.at),
        "controller": installation.schedule.controller,
        "deviations": tally.deviations,
        "leavesDigest": canonical.digest([entry.leaf for entry in draw.entries]),
        "results": {result.value: tally.results[result] for result in CheckResult},
        "sampleId": closed.sample_id,
        "verdict": closing.verdict.value,
    }
    return statement.make([_subject(closed)], SAMPLE_CLOSED, predicate)


def tally_of(draw: Draw, checks: Iterable[StoredCheck]) -> SampleTally:
    """What the checks of a draw come to."""
    outcomes = {entry.leaf: entry.outcome for entry in draw.entries}
    return sampling.tally(outcomes, ((check.leaf, check.result) for check in checks))


def _subject(of: StoredSample) -> Subject:
    """The seed is a digest over certificate, head and plan: a sample by its content."""
    return Subject(f"sample/{of.sample_id}", _drawn(of).seed)


def _drawn(of: StoredSample) -> Draw:
    if of.draw is None:
        raise RegisterError(f"Nothing was drawn for the sample {of.sample_id} yet.")
    return of.draw


def _closing(of: StoredSample) -> Closing:
    if of.closing is None:
        raise RegisterError(f"The sample {of.sample_id} is open.")
    return of.closing
