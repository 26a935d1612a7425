"""Spot checks (抽查) of certified runs: ordered, drawn, checked, closed.

    order    fix what is drawn from what, and log it
    drawn    the draw, which hangs on the first head of the log that covers the order
    record   who looked at an entry and what they saw; what was found is a finding
    close    the verdict, once every drawn entry was looked at

Nobody who destroyed or approved may check. docs/sampling.md has the algorithm to the
byte; :mod:`keepuntil.oversight.redrawing` draws again without this installation.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from keepuntil.disposal import publishing, sample_events
from keepuntil.disposal.certifying import outcomes_of
from keepuntil.disposal.findings import problem_found
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.run_tree import WORDS, leaf_columns
from keepuntil.domain import sampling
from keepuntil.domain.sampling import CheckResult, SamplePlan
from keepuntil.errors import EvidenceError, RegisterError, UsageError
from keepuntil.evidence.note import Checkpoint
from keepuntil.register import approvals, certificates, log, plans, runs, samples
from keepuntil.register.certificates import StoredCertificate
from keepuntil.register.log import LogHead
from keepuntil.register.samples import Closing, Draw, SampledEntry, StoredCheck, StoredSample

FOUND: Final = "sample_found"
"""The kind of finding of a record that its certificate says is gone."""

CONFIDENCE: Final = "95%"
TOLERABLE: Final = "1%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody asks to have drawn: a size, or what has to be discovered."""

    size: int | None = None
    confidence: str = CONFIDENCE
    tolerable: str = TOLERABLE
    acceptance: int = 0
    outcomes: tuple[str, ...] | None = sampling.GONE_OUTCOMES
    """None: entries of any outcome."""
    instances: tuple[str, ...] | None = None
    """None: entries of all instances."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A sample with all that another needs to draw it again."""

    sample: StoredSample
    draw: Draw
    certificate: StoredCertificate
    head: LogHead


def order(installation: Installation, name: str, wanted: Wanted, *, by: str) -> Drawn:
    """Fix a sample of the run or certificate ``name``, log the order, draw.

    Raises UsageError for what cannot be drawn, RegisterError, EvidenceError when the
    journal is not what was certified, and what :func:`publishing.publish` raises: then
    the order stands, and :func:`drawn` completes it.
    """
    certificate = _certificate(installation, name)
    _refuse_unlogged(installation, certificate)
    plan = plan_of(_entries(installation, certificate), wanted)
    ordered = StoredSample(
        sample_id=f"S-{uuid.uuid4().hex[:12]}",
        certificate_id=certificate.certificate_id,
        plan=plan,
        ordered_by=by,
        ordered_at=installation.now(),
    )
    samples.order(installation.register, ordered)
    return drawn(installation, ordered.sample_id)


def plan_of(entries: Iterable[SampledEntry], wanted: Wanted) -> SamplePlan:
    """The plan for what is wanted of these entries. Raises UsageError."""
    outcomes = wanted.outcomes and tuple(sorted(set(wanted.outcomes)))
    instances = wanted.instances and tuple(sorted(set(wanted.instances)))
    population = sum(1 for _ in members(entries, outcomes, instances))
    confidence = tolerable = None
    size = wanted.size
    if size is None:
        confidence = sampling.percentage(wanted.confidence)
        tolerable = sampling.percentage(wanted.tolerable)
        size = sampling.sample_size(population, confidence, tolerable, wanted.acceptance)
    _refuse_unfit(population, size, wanted.acceptance)
    return SamplePlan(
        population=population,
        size=size,
        acceptance=wanted.acceptance,
        confidence=confidence,
        tolerable=tolerable,
        outcomes=outcomes,
        instances=instances,
    )


def _refuse_unfit(population: int, size: int, acceptance: int) -> None:
    if not 0 < size <= population:
        raise UsageError(
            f"{size} of {population} entries cannot be drawn. Ask for at least one, and for no"
            " more than there are; `keepuntil cert show` says how many have which outcome."
        )
    if not 0 <= acceptance < size:
        raise UsageError(
            f"With an acceptance number of {acceptance} a sample of {size} would always be"
            " accepted. Lower it, or draw more."
        )


def members(
    entries: Iterable[SampledEntry],
    outcomes: Sequence[str] | None,
    instances: Sequence[str] | None,
) -> Iterator[SampledEntry]:
    """The population: entries of these outcomes and instances, in the order of the tree."""
    for entry in entries:
        if outcomes is not None and entry.outcome not in outcomes:
            continue
        if instances is not None and entry.instance not in instances:
            continue
        yield entry


def draw_from(
    entries: Iterable[SampledEntry],
    plan: SamplePlan,
    certificate_digest: str,
    checkpoint: Checkpoint,
) -> Draw:
    """Draw by a plan, from entries in the order of the tree, as a head of the log decides.

    Raises EvidenceError when they are not the population of the plan.
    """
    document = sampling.seed_document(
        certificate_digest, checkpoint.origin, checkpoint.size, checkpoint.root, plan
    )
    seed = sampling.seed_of(document)
    numbers = sampling.draw(seed, plan.population, plan.size)
    wanted, found, population = set(numbers), {}, 0
    for number, entry in enumerate(members(entries, plan.outcomes, plan.instances)):
        population += 1
        if number in wanted:
            found[number] = entry
    if population != plan.population:
        raise EvidenceError(
            f"The plan of the sample counts {plan.population} entries to draw from, and there are"
            f" {population}."
        )
    return Draw(
        head_size=checkpoint.size,
        seed=seed.hex(),
        entries=tuple(found[number] for number in numbers),
    )


def drawn(installation: Installation, name: str) -> Drawn:
    """A sample with its draw, drawn now if a head of the log did not cover the order before.

    Raises RegisterError when there is none, and what :func:`order` raises.
    """
    register = installation.register
    sample = samples.load(register, name)
    certificate = certificates.load(register, sample.certificate_id)
    if sample.draw is None:
        head = _deciding_head(installation, sample.sample_id)
        entries = _entries(installation, certificate)
        made = draw_from(entries, sample.plan, certificate.digest, head.claim)
        samples.keep_draw(register, sample.sample_id, made)
        sample = samples.load(register, sample.sample_id)
    return _whole(installation, sample, certificate)


def _whole(
    installation: Installation, sample: StoredSample, certificate: StoredCertificate
) -> Drawn:
    draw = sample.draw
    head = log.head_of_size(installation.register, draw.head_size) if draw else None
    if draw is None or head is None:
        raise RegisterError(
            f"The register lacks the head of the log on which the sample {sample.sample_id} hangs;"
            " it was restored from a backup."
        )
    return Drawn(sample=sample, draw=draw, certificate=certificate, head=head)


def _deciding_head(installation: Installation, sample_id: str) -> LogHead:
    """The first head that covers the order; nobody could know it when the order was entered."""
    publishing.publish(installation)
    entered = log.find(installation.register, sample_events.ORDERED, sample_id)
    heads = log.heads(installation.register, after=entered.index) if entered else []
    if not heads:
        raise EvidenceError(
            f"No head of the log covers the order of the sample {sample_id} yet."
            " Publish the log: keepuntil log publish"
        )
    return heads[0]


def _certificate(installation: Installation, name: str) -> StoredCertificate:
    if not name.startswith("run."):
        return certificates.load(installation.register, name)
    run = runs.load(installation.register, name)
    found = certificates.of_run(installation.register, run.run_id)
    if not found:
        raise UsageError(
            f"The run {run.run_id} has no certificate; only what was certified is sampled."
        )
    return found[0]


def _refuse_unlogged(installation: Installation, certificate: StoredCertificate) -> None:
    """A draw by a head that was signed before the certificate could be known to the executor."""
    name = certificate.certificate_id
    if log.find(installation.register, publishing.CERTIFICATE, name) is None:
        raise UsageError(
            f"{name} does not stand in the log yet. Certify its run again:"
            f" keepuntil verify {certificate.run_id} --verifier NAME"
        )


def _entries(installation: Installation, certificate: StoredCertificate) -> Iterator[SampledEntry]:
    """Every entry of the certified run. Raises EvidenceError after the last unless they are."""
    run = runs.load(installation.register, certificate.run_id)
    plan = plans.load(installation.register, run.warrant.plan_id).plan
    counted: Counter[str] = Counter()
    leaf = 0
    for columns in leaf_columns(installation, plan, run):
        for code in columns.outcomes:
            yield SampledEntry(leaf=leaf, instance=columns.instance, outcome=WORDS[code])
            leaf += 1
        counted.update(WORDS[code] for code in columns.outcomes)
    if dict(counted) != outcomes_of(certificate):
        raise EvidenceError(
            f"The journal has other outcomes than {certificate.certificate_id} certifies: somebody"
            " changed it. Tell whoever guards the register."
        )


def record(
    installation: Installation,
    name: str,
    leaf: int,
    *,
    checker: str,
    result: CheckResult,
    note: str = "",
) -> StoredCheck:
    """Enter what somebody saw. Found, and certified as gone, is a finding at once.

    ``checker`` is a staff number or role account. Raises UsageError when the entry was not
    drawn, the sample is closed, or the checker destroyed or approved.
    """
    of = drawn(installation, name)
    outcomes = {entry.leaf: entry.outcome for entry in of.draw.entries}
    if leaf not in outcomes:
        raise UsageError(
            f"The entry {leaf} was not drawn for {of.sample.sample_id}."
            f" `keepuntil sample show {of.sample.sample_id}` lists those that were."
        )
    _refuse_involved(installation, of.certificate, checker)
    samples.refuse_closed(of.sample)
    if sampling.deviates(outcomes[leaf], result):
        # Before the check: a crash between the two must not lose what was found.
        _open_finding(installation, of, leaf)
    check = StoredCheck(
        sample_id=of.sample.sample_id,
        seq=0,
        leaf=leaf,
        checker=checker.strip(),
        result=result,
        note=note.strip(),
        checked_at=installation.now(),
    )
    kept = samples.add_check(installation.register, check)
    publishing.publish(installation)
    return kept


def _refuse_involved(
    installation: Installation, certificate: StoredCertificate, checker: str
) -> None:
    run = runs.load(installation.register, certificate.run_id)
    approved = approvals.of(installation.register, run.warrant.plan_digest)
    involved = {run.executor: "carried out"} | {one.person: "approved" for one, _ in approved}
    name = checker.strip()
    if not name:
        raise UsageError("Say who checked: a staff number or role account.")
    if name in involved:
        raise UsageError(
            f"{name} {involved[name]} the run {run.run_id} and may not check it."
            " Somebody else has to look."
        )


def _open_finding(installation: Installation, of: Drawn, leaf: int) -> None:
    certificate, sample = of.certificate.certificate_id, of.sample.sample_id
    problem_found(
        installation,
        kind=FOUND,
        subject=f"{certificate}/{leaf}",
        zh=f"抽查 {sample}：{certificate} 第 {leaf} 号条目证明为已销毁，但仍被发现。",
        en=f"Sample {sample}: entry {leaf} of {certificate} is certified as gone and was found.",
        items=1,
    )


def close(installation: Installation, name: str, *, by: str) -> Closing:
    """End a sample with its verdict, and log it.

    Raises UsageError when it is closed or entries were not looked at.
    """
    of = drawn(installation, name)
    samples.refuse_closed(of.sample)
    checks = samples.checks(installation.register, of.sample.sample_id)
    tally = sample_events.tally_of(of.draw, checks)
    if tally.unchecked:
        raise UsageError(
            f"{len(tally.unchecked)} of {of.sample.plan.size} entries were not checked; the next"
            f" is {tally.unchecked[0]}. What cannot be told is recorded as unknown."
        )
    verdict = sampling.judge(
        of.sample.plan.acceptance, tally.deviations, tally.results[CheckResult.UNKNOWN]
    )
    closing = Closing(verdict=verdict, by=by, at=installation.now())
    samples.close(installation.register, of.sample.sample_id, closing, len(checks))
    publishing.publish(installation)
    return closing
