"""Stage 6. The log learns of every governing event; witnesses see it; the world can look.

    publish     everything that happened and is not in the log yet, then the log itself
    announce    what a run is about to destroy, before it may
    enter       a statement that was signed already: a certificate, a quiet night

The register's own rows are what is logged, so nothing is lost when a process dies
between an event and its entry: the next call catches up. The order of entries is the
order of the log, and what has to be seen *before* something else is entered before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from keepuntil.disposal import ledger_events, log_keeping, sample_events
from keepuntil.disposal.findings import problem_found
from keepuntil.disposal.installation import Installation, utc_now
from keepuntil.disposal.intending import intent_statement
from keepuntil.disposal.log_keeping import Cosign, Prove, PublishedLog
from keepuntil.disposal.statements import (
    DECISION,
    HOLD_LIFTED,
    HOLD_PLACED,
    PLAN_FROZEN,
    RULE_PUBLISHED,
    decision_predicate,
    hold_predicate,
    lift_predicate,
    plan_predicate,
    rule_predicate,
)
from keepuntil.domain.holds import Hold
from keepuntil.domain.publication import LogFolder
from keepuntil.errors import EvidenceError, PlanError
from keepuntil.evidence import canonical, entries, note, statement
from keepuntil.evidence.envelope import Envelope
from keepuntil.evidence.note import NoteKey
from keepuntil.evidence.statement import Statement, Subject
from keepuntil.register import (
    approvals,
    holds,
    log,
    plans,
    rule_versions,
    runs,
    unlogged,
)
from keepuntil.register.log import LogHead
from keepuntil.signing import exporting, rotation
from keepuntil.transparency import policy as policies
from keepuntil.transparency import witness_client
from keepuntil.transparency.bucket import BucketStorage
from keepuntil.transparency.folder import FolderStorage
from keepuntil.transparency.policy import Policy
from keepuntil.transparency.storage import Storage

RULE: Final = "rule"
PLAN: Final = "plan"
DECIDED: Final = "decision"
PLACED: Final = "hold"
LIFTED: Final = "lift"
ROTATED: Final = "key"
INTENT: Final = "intent"
CERTIFICATE: Final = "certificate"
QUIET: Final = "quiet"
CORRECTED: Final = "correction"
CUSTODY: Final = "custody"

_Event = tuple[str, str, Statement]
"""Kind, subject, and what is said of it."""


def publish(installation: Installation, *, anew: bool = False) -> LogHead | None:
    """Enter what happened since, sign the log's new head, lay it out, ask the witnesses.

    Safe to repeat and to race; ``anew`` lays out everything again. A witness that refuses
    or is silent is a finding, not an error: see :func:`refuse_unwitnessed`. Raises what
    :func:`log_keeping.publish` raises.
    """
    _catch_up(installation)
    return log_keeping.publish(
        installation.register,
        published_log(installation),
        installation.now(),
        cosign=_cosign(installation),
        anew=anew,
    )


def announce(installation: Installation, run_id: str) -> int:
    """Log what a run is about to destroy; the number of the entry. Nothing may go before.

    Raises EvidenceError, RegisterError, StoreError: then the run does not begin.
    """
    earlier = log.find(installation.register, INTENT, run_id)
    if earlier is None:
        run = runs.load(installation.register, run_id)
        plan = plans.load(installation.register, run.warrant.plan_id).plan
        # Whoever reads the log in order finds rule, list and decisions before what rests on them.
        _catch_up(installation)
        index = _record(installation, INTENT, run_id, intent_statement(installation, plan, run))
    else:
        index = earlier.index
    publish(installation)
    return index


def refuse_unannounced(installation: Installation, run_id: str) -> None:
    """Raise PlanError unless a signed head of the log covers the run's announcement."""
    announced = log.find(installation.register, INTENT, run_id)
    newest = log.head(installation.register)
    if announced is None or newest is None or newest.size <= announced.index:
        raise PlanError(
            f"What the run {run_id} is about to destroy does not stand in the log yet, so nothing "
            f"is destroyed. Open it again: keepuntil run {run_id.removeprefix('run.')}"
        )


def enter(installation: Installation, kind: str, subject: str, line: bytes) -> int:
    """Enter a statement that the certificate key has signed; the number of its entry."""
    signed = Envelope.parse(line.strip())
    known = {key.keyid: key for key in installation.key_ring.public_keys("certificate")}
    if signed.keyid not in known:
        raise EvidenceError(f"The {kind} {subject} is signed by no certificate key of this ring.")
    entry = entries.entry(signed, known[signed.keyid])
    return log.append(installation.register, kind, subject, line, entry, installation.now())


def state(installation: Installation, kind: str, subject: str, said: Statement) -> int:
    """Sign a statement and enter it; the number of its entry. Repeated, it is the first one."""
    return _record(installation, kind, subject, said)


def refuse_unwitnessed(installation: Installation, head: LogHead) -> None:
    """Raise EvidenceError unless as many witnesses have seen this head as the policy asks."""
    policy = policy_of(installation)
    signed = note.verify(note.Note.parse(head.shown), policy.keys)
    missing = policy.missing(list(signed))
    if missing is not None:
        raise EvidenceError(
            f"The log's head of {head.size} entries is not witnessed: {missing}. "
            "Nothing is wrong with the log; try again when the witnesses answer."
        )


def published_log(installation: Installation) -> PublishedLog:
    """The log as ``evidence.yaml`` declares it, with the keys that sign for it now."""
    ring = installation.key_ring
    return PublishedLog(
        origin=installation.schedule.publication.origin,
        signers=ring.signers("log"),
        storage=storage_of(installation),
    )


def storage_of(installation: Installation) -> Storage:
    """Where the log is shown."""
    place = installation.schedule.publication.log
    if isinstance(place, LogFolder):
        return FolderStorage(Path(place.path) if place.path else installation.home / "log")
    credentials = None
    if place.credentials is not None:
        access, _, secret = installation.resolve(place.credentials).partition(":")
        credentials = (access, secret)
    return BucketStorage(
        place.bucket, place.prefix.rstrip("/"), endpoint=place.endpoint, credentials=credentials
    )


def log_keys(installation: Installation) -> list[NoteKey]:
    """Every key the log ever signed with, under its name."""
    origin = installation.schedule.publication.origin
    return exporting.log_keys(installation.key_ring, origin)


def policy_of(installation: Installation) -> Policy:
    """Who has to have seen the log; without a policy of one's own, nobody."""
    text = installation.schedule.publication.policy
    if text is not None:
        return policies.parse(text)
    lines = "".join(f"log {key.vkey}\n" for key in log_keys(installation))
    return policies.parse(f"{lines}quorum none\n")


def _cosign(installation: Installation) -> Cosign | None:
    policy = policy_of(installation)
    if not any(witness.url for witness in policy.witnesses):
        return None

    def cosign(signed: bytes, prove: Prove) -> bytes:
        # The witness's clock is compared with the real one, whatever day is being lived through.
        collected = witness_client.collect(
            policy, signed, prove, lambda: int(utc_now().timestamp())
        )
        for name, why in collected.refusals.items():
            problem_found(
                installation,
                kind="witness_refused",
                subject=name,
                zh=f"见证方 {name} 未对日志签名：{why}",
                en=f"The witness {name} did not put its name to the log: {why}.",
            )
        return collected.signed

    return cosign


def _record(installation: Installation, kind: str, subject: str, said: Statement) -> int:
    return log_keeping.record(
        installation.register,
        kind,
        subject,
        said.encoded,
        installation.signing_key("certificate"),
        installation.now(),
    )


def _catch_up(installation: Installation) -> None:
    """Enter every event that the register knows and the log does not."""
    for kind, subject, said in _events(installation):
        _record(installation, kind, subject, said)
    for digest, line in unlogged.corrections(installation.register, CORRECTED):
        enter(installation, CORRECTED, digest, line)


def _events(installation: Installation) -> Iterator[_Event]:
    """What happened and is not in the log, a kind at a time, each by its moment."""
    yield from _rotations(installation)
    yield from _rules(installation)
    yield from _holds(installation)
    yield from _plans(installation)
    yield from _decisions(installation)
    yield from sample_events.events(installation)
    yield from ledger_events.events(installation)


def _rotations(installation: Installation) -> Iterator[_Event]:
    controller = installation.schedule.controller
    for each in installation.key_ring.rotations():
        said = rotation.rotation_statement(controller, each)
        yield ROTATED, f"{each.role}/{said.subjects[-1].sha256}", said


def _rules(installation: Installation) -> Iterator[_Event]:
    for digest in unlogged.rules(installation.register, RULE):
        version = rule_versions.get(installation.register, digest)
        predicate = rule_predicate(
            installation.schedule.controller,
            category=version.category,
            digest=digest,
            at=version.published_at,
        )
        yield RULE, digest, _about(f"rule/{version.category}", digest, RULE_PUBLISHED, predicate)


def _plans(installation: Installation) -> Iterator[_Event]:
    for plan_id in unlogged.plans(installation.register, PLAN):
        stored = plans.load(installation.register, plan_id)
        predicate = plan_predicate(
            installation.schedule.controller,
            plan=stored.plan,
            proposed_by=stored.proposed_by,
            at=stored.frozen_at,
        )
        yield (
            PLAN,
            plan_id,
            _about(f"plan/{plan_id}", stored.plan.digest, PLAN_FROZEN, predicate),
        )


def _decisions(installation: Installation) -> Iterator[_Event]:
    for plan_digest, envelope_digest in unlogged.decisions(installation.register, DECIDED):
        for approval, line in approvals.of(installation.register, plan_digest):
            if canonical.digest_of_bytes(line) == envelope_digest:
                predicate = decision_predicate(
                    installation.schedule.controller,
                    approval=approval,
                    envelope_digest=envelope_digest,
                )
                said = _about(f"decision/{approval.role}", envelope_digest, DECISION, predicate)
                yield DECIDED, envelope_digest, said


def _holds(installation: Installation) -> Iterator[_Event]:
    register, controller = installation.register, installation.schedule.controller
    placed = set(unlogged.holds(register, PLACED))
    lifted = set(unlogged.lifts(register, LIFTED))
    for record in holds.history(register) if placed | lifted else ():
        hold = record.hold
        content = _content_digest(installation, hold)
        subject = content.partition(":")[2]
        if hold.hold_id in placed:
            predicate = hold_predicate(controller, hold=hold, content_digest=content)
            yield (
                PLACED,
                hold.hold_id,
                _about(f"hold/{hold.hold_id}", subject, HOLD_PLACED, predicate),
            )
        if hold.hold_id in lifted and record.lifted_by and record.lifted_at:
            predicate = lift_predicate(
                controller,
                hold=hold,
                by=record.lifted_by,
                at=record.lifted_at,
                content_digest=content,
            )
            yield (
                LIFTED,
                hold.hold_id,
                _about(f"hold/{hold.hold_id}", subject, HOLD_LIFTED, predicate),
            )


def _content_digest(installation: Installation, hold: Hold) -> str:
    """A keyed digest: a hold names people's records, and a short name could be guessed."""
    content = {
        "holdId": hold.hold_id,
        "mandate": hold.mandate,
        "owner": hold.owner,
        "scope": hold.scope.value,
        "value": hold.value,
    }
    return installation.register.keys.digest(b"keepuntil/hold/v1\n" + canonical.encode(content))


def _about(name: str, digest: str, kind: str, predicate: dict[str, object]) -> Statement:
    return statement.make([Subject(name, digest.partition(":")[2] or digest)], kind, predicate)
