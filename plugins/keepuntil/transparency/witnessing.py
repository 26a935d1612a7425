"""A witness's judgement of one submission (C2SP tlog-witness, add-checkpoint).

    old 20852014
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
    ...

    evidence-2026.bank.example
    20852163
    ...

The witness signs only what it can show to extend what it has signed before. Answers are
a status and a text, as the protocol has them; nothing of it depends on HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from keepuntil.errors import EvidenceError
from keepuntil.evidence import base64_text, merkle, note
from keepuntil.evidence.merkle import HASH_BYTES
from keepuntil.evidence.note import Checkpoint, Note, NoteKey
from keepuntil.transparency.witness_state import Seen, WitnessState

SIZE_TYPE: Final = "text/x.tlog.size"
PLAIN_TYPE: Final = "text/plain; charset=utf-8"
# A note of sixteen signatures has to be read (C2SP signed-note), and one may have 5 kB.
LARGEST_SUBMISSION: Final = 1 << 17
MOST_HASHES: Final = 63
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to whoever submitted."""

    status: int
    text: str
    kind: str = PLAIN_TYPE
    about: str = ""
    """Which log and size, for the witness's own journal; nothing a stranger made up."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A request, read strictly."""

    old_size: int
    proof: tuple[bytes, ...]
    signed: bytes
    """The checkpoint as the log signed it."""

    def encode(self) -> bytes:
        """The body of the request."""
        hashes = [base64_text.encode(one) for one in self.proof]
        return "\n".join([f"old {self.old_size}", *hashes, "", ""]).encode("ascii") + self.signed

    @classmethod
    def parse(cls, body: bytes) -> Submission:
        """Raises `EvidenceError` where it is not as the protocol says."""
        head, divider, signed = body.partition(b"\n\n")
        if not divider or not head.isascii():
            raise EvidenceError("the request has no checkpoint after an empty line")
        first, *lines = head.decode("ascii").split("\n")
        match = _OLD.fullmatch(first)
        if match is None:
            raise EvidenceError("the request does not begin with 'old' and a size")
        if len(lines) > MOST_HASHES:
            raise EvidenceError(f"a proof has at most {MOST_HASHES} hashes")
        proof = tuple(base64_text.decode(line, "a hash of the proof") for line in lines)
        if any(len(one) != HASH_BYTES for one in proof):
            raise EvidenceError(f"a hash of the proof has not {HASH_BYTES} bytes")
        return cls(int(match[1]), proof, signed)


def add_checkpoint(state: WitnessState, body: bytes, now: Callable[[], int]) -> Answer:
    """Cosign a checkpoint, or say why not. ``now`` gives seconds since 1970-01-01T00:00Z.

    (1) The request can be read.                                                   400
    (2) The log is one that is watched.                                            404
    (3) One of its keys has signed, and none of them wrongly.                      403
    (4) The old size is not above the new one.                                     400
    (5) The old size is that of the last checkpoint signed here.                   409
    (6) The new tree is proven only to add to that one.                            422
    (7) This witness's memory and clock can be relied on.                          503
    (8) The new checkpoint is remembered, durably, before the cosignature leaves.  200
    """
    try:
        submission = Submission.parse(body)
        submitted = Note.parse(submission.signed)
        checkpoint = Checkpoint.parse(submitted.text)
    except EvidenceError as error:  # (1)
        return Answer(400, f"{error.sentence}\n")
    keys = state.keys_of(checkpoint.origin)
    if not keys:  # (2)
        return Answer(404, "this witness does not watch that log\n")
    try:
        note.verify(submitted, keys)
    except EvidenceError as error:  # (3)
        return Answer(403, f"{error.sentence}\n", about=checkpoint.origin)
    if submission.old_size > checkpoint.size:  # (4)
        return Answer(400, "the old size is above the new one\n", about=checkpoint.origin)
    signed = _only_signed_by(submitted, keys)
    with state.only(checkpoint.origin):
        answer = _judge(state, submission, signed, checkpoint, now)
    return replace(answer, about=f"{checkpoint.origin} {checkpoint.size}")


def _only_signed_by(submitted: Note, keys: Collection[NoteKey]) -> Note:
    """Strangers' signatures are passed over: they are neither kept nor shown to anybody."""
    known = {(key.name, key.key_id): None for key in keys}
    kept = {
        (one.name, one.key_id): one
        for one in submitted.signatures
        if (one.name, one.key_id) in known
    }
    return Note(submitted.text, tuple(kept.values()))


def _judge(
    state: WitnessState,
    submission: Submission,
    signed: Note,
    checkpoint: Checkpoint,
    now: Callable[[], int],
) -> Answer:
    try:
        seen = state.seen(checkpoint.origin)
        if seen is not None:
            _report_fork(state, seen, signed, checkpoint)
        size = 0 if seen is None else seen.checkpoint.size
        if submission.old_size != size:  # (5)
            return Answer(409, f"{size}\n", SIZE_TYPE)
        wrong = _inconsistency(seen, submission, checkpoint)
        if wrong is not None:  # (6)
            return Answer(422, f"{wrong}\n")
        at = now()
        if at <= 0 or (seen is not None and at < seen.at):
            # It would say of two times which tree was the largest, and contradict itself.
            return Answer(503, "this witness's clock is behind its last cosignature\n")
        cosignature = note.cosign(checkpoint.text, state.name, state.key, at)
        cosigned = Note(signed.text, (*signed.signatures, cosignature))
        state.remember(checkpoint.origin, cosigned)  # (8)
    except (EvidenceError, OSError):  # (7)
        return Answer(503, "this witness cannot rely on its memory; its operator has to look\n")
    return Answer(200, cosignature.line)


def _inconsistency(seen: Seen | None, submission: Submission, checkpoint: Checkpoint) -> str | None:
    if checkpoint.size == 0 and checkpoint.root != merkle.EMPTY_ROOT:
        return "the root of an empty log is the hash of nothing"
    if seen is None or seen.checkpoint.size == 0:
        # Everything extends nothing, so there is nothing to prove.
        return "from an empty log there is no proof; leave it out" if submission.proof else None
    try:
        merkle.verify_consistency(
            old_size=seen.checkpoint.size,
            size=checkpoint.size,
            old_root=seen.checkpoint.root,
            root=checkpoint.root,
            proof=submission.proof,
        )
    except EvidenceError as error:
        return error.sentence
    return None


def _report_fork(state: WitnessState, seen: Seen, signed: Note, checkpoint: Checkpoint) -> None:
    """Two roots of one size under one signature: no accident makes these.

    It is kept whatever the request went on to say. That it could not be kept is no reason
    to answer otherwise: the checkpoint is refused in any case.
    """
    if checkpoint.size != seen.checkpoint.size or checkpoint.root == seen.checkpoint.root:
        return
    why = f"the log signed two different trees of {checkpoint.size} entries"
    with suppress(OSError):
        state.report(seen, signed, why)
