"""Check a bundle offline, step by step, into a verdict with its reasons. No register, no store.

What an auditor runs. Whom to believe comes from them, through another channel.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from keepuntil.disposal.bundle_reading import (
    CountedEntries,
    digest_of,
    known_of,
    object_of,
    opened,
    read_at_most,
    sentence_of,
    spki_of,
    whole_of,
    word_of,
)
from keepuntil.disposal.statements import CORRECTION, DESTRUCTION_CERTIFICATE, DESTRUCTION_INTENT
from keepuntil.disposal.trust import Trust
from keepuntil.domain.outcomes import TERMINAL, Outcome
from keepuntil.errors import EvidenceError
from keepuntil.evidence import canonical, entries, envelope, leaves, merkle, note, statement
from keepuntil.evidence.canonical import Json
from keepuntil.evidence.keys import VerifyingKey
from keepuntil.evidence.note import COSIGNATURE
from keepuntil.evidence.statement import Statement
from keepuntil.evidence.tlog_proof import TlogProof
from keepuntil.signing import sm2
from keepuntil.transparency import timestamps

LARGEST_STATEMENT: Final = 4 << 20
MOST_CORRECTIONS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One check by its stable name: what was found, or why it was not made."""

    name: str
    held: bool | None
    """None: not made, since nobody was named whose word would count, or one before it failed."""
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What the issuer says was wrong with the certificate."""

    kind: str
    on: str
    reason: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a certificate holds, and every step that led there."""

    holds: bool
    reason: str | None
    """Why it does not hold."""
    certificate_id: str | None
    category: str | None
    as_of: str | None
    outcomes: dict[str, int]
    provisional_until: str | None
    steps: tuple[Step, ...]
    corrections: tuple[Correction, ...]


def check_bundle(bundle: Path, trust: Trust) -> Verdict:
    """The verdict on a bundle that holds. Raises EvidenceError with the reason otherwise."""
    verdict = examine(bundle, trust)
    if not verdict.holds:
        raise EvidenceError(verdict.reason or "The certificate does not hold.")
    return verdict


def examine(bundle: Path, trust: Trust) -> Verdict:
    """Check a bundle folder against those one trusts.

    files        every file is the one that SHA256SUMS lists
    signature    the envelope is signed by a certificate key
    run          it holds a destruction certificate about exactly this run
    checkpoint   the run's checkpoint names the same tree, and a run key signed it
    entries      the entries are that tree; counted, they are the totals certified
    announced    the same commitments were announced, in the same order, before the run
    reader       the second reader's counts agree
    rule         the rule beside it is the one it names
    log          announcement and certificate stand in the log, in this order, witnessed
    time         the authority saw the signature
    sm2          the SM2 envelope says the same
    corrections  nobody took it back

    Never raises for bad evidence: it says so.
    """
    return _Examination(bundle, trust).verdict()


class _Examination:
    """The steps over one bundle; each needs what those before it found."""

    def __init__(self, bundle: Path, trust: Trust) -> None:
        self._bundle = bundle
        self._trust = trust
        self._said: dict[str, Json] = {}
        self._records: dict[str, Json] = {}
        self._statement: Statement | None = None
        self._line = b""
        self._key: VerifyingKey | None = None
        self._tree = note.Checkpoint("-", 0, merkle.EMPTY_ROOT)
        self._intent = merkle.Tree()
        self._corrections: list[Correction] = []

    def verdict(self) -> Verdict:
        steps: list[Step] = []
        reason = None
        for name, check in self._checks():
            if reason is not None:
                steps.append(Step(name=name, held=None, words="not checked any more"))
                continue
            try:
                found = check()
            except EvidenceError as error:
                reason = sentence_of(error.sentence)
                steps.append(Step(name=name, held=False, words=reason))
            else:
                steps.append(Step(name=name, held=found[0], words=found[1]))
        return self._verdict(tuple(steps), reason)

    def _verdict(self, steps: tuple[Step, ...], reason: str | None) -> Verdict:
        outcomes = self._records.get("outcomes") if reason is None else None
        return Verdict(
            holds=reason is None,
            reason=reason,
            certificate_id=known_of(self._said, "certificateId"),
            category=known_of(self._said.get("category"), "category"),
            as_of=known_of(self._said, "asOf"),
            outcomes={name: int(str(n)) for name, n in outcomes.items()}
            if isinstance(outcomes, dict)
            else {},
            provisional_until=known_of(self._said, "provisionalUntil"),
            steps=steps,
            corrections=tuple(self._corrections),
        )

    def _checks(self) -> Iterator[tuple[str, Callable[[], tuple[bool | None, str]]]]:
        yield "files", self._files
        yield "signature", self._signature
        yield "run", self._run
        yield "checkpoint", self._checkpoint
        yield "entries", self._entries
        yield "announced", self._announced
        yield "reader", self._reader
        yield "rule", self._rule
        yield "log", self._log
        yield "time", self._time
        yield "sm2", self._sm2
        yield "corrections", self._corrected

    def _files(self) -> tuple[bool, str]:
        listed = read_at_most(self._bundle / "SHA256SUMS", LARGEST_STATEMENT).decode(
            "utf-8", "replace"
        )
        count = 0
        for line in listed.splitlines():
            digest, _, name = line.partition("  ")
            if not name or ".." in Path(name).parts or Path(name).is_absolute():
                raise EvidenceError("SHA256SUMS names a file outside of the bundle.")
            if digest_of(self._bundle / name) != digest:
                raise EvidenceError(f"The file {canonical.printable(name)} is not as listed.")
            count += 1
        if not count:
            raise EvidenceError("SHA256SUMS lists no file.")
        return True, f"all {count} files are as listed"

    def _signature(self) -> tuple[bool, str]:
        self._line = read_at_most(self._bundle / "certificate.intoto.jsonl", LARGEST_STATEMENT)
        payload, self._key = envelope.verify(self._line.strip(), self._trust.certificate_keys)
        self._statement = statement.parse(payload)
        return True, f"signed by the certificate key {self._key.keyid[:16]} that you trust"

    def _run(self) -> tuple[bool, str]:
        said = self._stated()
        if said.predicate_type != DESTRUCTION_CERTIFICATE:
            raise EvidenceError(f"This is no destruction certificate but a {said.predicate_type}.")
        self._said = dict(said.predicate)
        self._records = object_of(self._said, "records")
        with opened(self._bundle / "run" / "checkpoint") as checkpoint:
            said.subject("run/checkpoint").check(checkpoint)
        return True, "it is about exactly this run"

    def _checkpoint(self) -> tuple[bool, str]:
        data = read_at_most(self._bundle / "run" / "checkpoint", 1 << 16)
        origin = word_of(self._records, "origin")
        if self._trust.run_keys:
            trusted = [note.NoteKey(origin, note.ED25519, key) for key in self._trust.run_keys]
            self._tree = note.verify_checkpoint(data, origin, trusted)
        else:
            self._tree = note.Checkpoint.parse(note.Note.parse(data).text)
        named = (whole_of(self._records, "treeSize"), word_of(self._records, "rootHash"))
        if (self._tree.size, self._tree.root.hex()) != named or self._tree.origin != origin:
            raise EvidenceError("The checkpoint names another tree than the certificate.")
        by = "signed by the run key you trust" if self._trust.run_keys else "part of what is signed"
        return True, f"the run's checkpoint names the same tree of {self._tree.size}, {by}"

    def _entries(self) -> tuple[bool, str]:
        counted = CountedEntries(word_of(object_of(self._said, "category"), "category"))
        with opened(self._bundle / "run" / "entries") as file:
            for number, entry in enumerate(leaves.read_entries(file, self._tree.size)):
                counted.add(number, entry)
        counted.flush()
        if (counted.tree.size, counted.tree.root()) != (self._tree.size, self._tree.root):
            raise EvidenceError("The entries are not the tree that was signed: some were changed.")
        certified = (
            object_of(self._records, "outcomes"),
            whole_of(self._records, "partsDestroyed"),
        )
        if (dict(counted.outcomes), counted.parts) != certified:
            raise EvidenceError("The totals of the certificate are not those of its entries.")
        open_ends = set(counted.outcomes) - {outcome.value for outcome in TERMINAL}
        if open_ends:
            raise EvidenceError(f"Items have no end: {', '.join(sorted(open_ends))}.")
        self._intent = counted.intent
        return True, f"all {self._tree.size} entries are in that tree; their totals are certified"

    def _announced(self) -> tuple[bool, str]:
        said = self._announcement()[1]
        named = object_of(dict(said.predicate), "records")
        tree = (whole_of(named, "treeSize"), word_of(named, "rootHash"))
        run = object_of(dict(said.predicate), "run")
        if word_of(run, "id") != word_of(object_of(self._said, "run"), "id"):
            raise EvidenceError("The announcement is of another run.")
        if (self._intent.size, self._intent.root().hex()) != tree:
            raise EvidenceError("Other items were announced than the certificate speaks of.")
        return True, "the very same items were announced, in the same order, before the run"

    def _announcement(self) -> tuple[bytes, Statement, VerifyingKey]:
        line = read_at_most(self._bundle / "intent.intoto.jsonl", LARGEST_STATEMENT)
        payload, key = envelope.verify(line.strip(), self._trust.certificate_keys)
        said = statement.parse(payload)
        if said.predicate_type != DESTRUCTION_INTENT:
            raise EvidenceError("What should be the announcement is something else.")
        return line, said, key

    def _reader(self) -> tuple[bool, str]:
        completeness = object_of(self._said, "completeness")
        instances = completeness.get("instances")
        if completeness.get("success") is not True or not isinstance(instances, list):
            raise EvidenceError("The certificate rests on no successful verification.")
        counted: Counter[str] = Counter()
        for facts in instances:
            if not isinstance(facts, dict):
                raise EvidenceError("The second reader's counts cannot be read.")
            counted.update({o.value: whole_of(facts, o.value) for o in Outcome})
            if whole_of(facts, "parts_remaining") or whole_of(facts, "due_left_behind"):
                raise EvidenceError("The second reader found something that should be gone.")
        if not instances or +counted != Counter(object_of(self._records, "outcomes")):
            raise EvidenceError("The second reader counted other outcomes than the certificate.")
        return True, "a second reader looked again, and its counts agree"

    def _rule(self) -> tuple[bool, str]:
        rule = read_at_most(self._bundle / "rule.json", LARGEST_STATEMENT)
        named = word_of(object_of(self._said, "category"), "ruleDigest")
        if named != canonical.digest_of_bytes(rule):
            raise EvidenceError("rule.json is not the rule the certificate names.")
        return True, "the rule beside it is the one it names"

    def _log(self) -> tuple[bool | None, str]:
        policy = self._trust.policy
        if policy is None:
            return None, "not checked: you named no policy for the log"
        line, _, key = self._announcement()
        announced, _ = self._logged("intent", line, key)
        if self._key is None:
            raise EvidenceError("The certificate's key is not known.")
        index, seen = self._logged("certificate", self._line, self._key)
        if announced >= index:
            raise EvidenceError("The certificate stands in the log before its announcement.")
        missing = policy.missing(list(seen))
        if missing is not None:
            raise EvidenceError(f"The log is not witnessed as you ask: {missing}.")
        names = sorted(one.name for one in seen if one.algorithm == COSIGNATURE)
        by = f"seen by {', '.join(names)}" if names else "no witness asked for"
        return True, f"entry {index} of the log, announced as entry {announced}; {by}"

    def _logged(
        self, name: str, line: bytes, key: VerifyingKey
    ) -> tuple[int, dict[note.NoteKey, int | None]]:
        proof = TlogProof.parse(read_at_most(self._bundle / f"{name}.tlog-proof", 1 << 20))
        entry = entries.entry(envelope.Envelope.parse(line.strip()), key)
        policy = self._trust.policy
        keys = policy.keys if policy else ()
        origins = {log.key.name for log in policy.logs} if policy else set()
        origin = note.Checkpoint.parse(note.Note.parse(proof.checkpoint).text).origin
        if origin not in origins:
            raise EvidenceError("The entry is of a log that you do not trust.")
        proof.verify(entry, origin, keys)
        return proof.index, note.verify(note.Note.parse(proof.checkpoint), keys)

    def _time(self) -> tuple[bool | None, str]:
        authority = self._trust.authority
        if authority is None:
            return None, "not checked: you named no time-stamping authority"
        path = self._bundle / "timestamps" / "certificate-signature.tsr"
        token = read_at_most(path, timestamps.LARGEST_TOKEN)
        signature = envelope.Envelope.parse(self._line.strip()).signature
        moment = timestamps.verify(token, signature, authority)
        return True, f"{authority.name} saw the signature at {moment:%Y-%m-%d %H:%M:%S} UTC"

    def _sm2(self) -> tuple[bool | None, str]:
        if not self._trust.sm2_keys:
            return None, "not checked: you named no SM2 key"
        line = read_at_most(self._bundle / "certificate.sm2.intoto.jsonl", LARGEST_STATEMENT)
        payload = sm2.open_sealed(line.strip(), [spki_of(pem) for pem in self._trust.sm2_keys])
        if payload != self._stated().encoded:
            raise EvidenceError("The SM2 envelope says something else than the certificate.")
        return True, "the SM2 envelope holds the same statement"

    def _corrected(self) -> tuple[bool, str]:
        folder = self._bundle / "corrections"
        found = sorted(folder.glob("*.intoto.jsonl"))[:MOST_CORRECTIONS] if folder.exists() else []
        self._corrections.extend(self._correction(path) for path in found)
        for each in self._corrections:
            if each.kind == "revocation":
                raise EvidenceError(
                    f"The issuer took this certificate back on {each.on}: {each.reason.get('en')}"
                )
        if self._corrections:
            return True, f"CORRECTED by the issuer: {self._corrections[-1].reason.get('en')}"
        return True, "no correction lies beside it; the issuer's log would hold any"

    def _correction(self, path: Path) -> Correction:
        payload, _ = envelope.verify(
            read_at_most(path, LARGEST_STATEMENT).strip(), self._trust.certificate_keys
        )
        said = statement.parse(payload)
        digest = canonical.digest_of_bytes(self._line).removeprefix("sha256:")
        about = said.subject("certificate.intoto.jsonl").sha256
        if said.predicate_type != CORRECTION or about != digest:
            raise EvidenceError("A correction in the bundle is about another certificate.")
        reason = object_of(dict(said.predicate), "reason")
        return Correction(
            kind=word_of(dict(said.predicate), "kind"),
            on=word_of(dict(said.predicate), "correctedOn")[:10],
            reason={name: word_of(reason, name) for name in ("zh", "en")},
        )

    def _stated(self) -> Statement:
        if self._statement is None:
            raise EvidenceError("The certificate could not be read.")
        return self._statement
