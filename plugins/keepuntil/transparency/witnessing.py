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
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from keepuntil.errors import EvidenceError
from keepuntil.evidence import base64_text, merkle, note
from keepuntil.evidence.merkle import HASH_BYTES
from keepuntil.evidence.note import Checkpoint
from keepuntil.transparency.witness_state import WitnessState

SIZE_TYPE: Final = "text/x.tlog.size"
PLAIN_TYPE: Final = "text/plain; charset=utf-8"
LARGEST_SUBMISSION: Final = 1 << 16
MOST_HASHES: Final = 63
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to whoever submitted."""

    status: int
    text: str
    kind: str = PLAIN_TYPE


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

    (1) The request can be read, and its old size is not above the new one.        400
    (2) The log is one that is watched.                                            404
    (3) One of its keys has signed.                                                403
    (4) The old size is that of the last checkpoint signed here.                   409
    (5) The proof shows that the new tree only adds to that one.                   422
    (6) The new checkpoint is remembered, durably, before the cosignature leaves.  200
    """
    try:
        submission = Submission.parse(body)
        submitted = note.Note.parse(submission.signed)
        checkpoint = Checkpoint.parse(submitted.text)
    except EvidenceError as error:
        return Answer(400, f"{error.sentence}\n")
    if submission.old_size > checkpoint.size:
        return Answer(400, "the old size is above the new one\n")
    keys = state.keys_of(checkpoint.origin)
    if not keys:
        return Answer(404, "this witness does not watch that log\n")
    try:
        note.verify(submitted, keys)
    except EvidenceError as error:
        return Answer(403, f"{error.sentence}\n")
    with state.only(checkpoint.origin):
        return _judge(state, submission, checkpoint, now)


def _judge(
    state: WitnessState, submission: Submission, checkpoint: Checkpoint, now: Callable[[], int]
) -> Answer:
    last = state.last(checkpoint.origin)
    size = 0 if last is None else last.size
    if submission.old_size != size:
        _report_fork(state, last, submission, checkpoint)
        return Answer(409, f"{size}\n", SIZE_TYPE)
    if last is not None and checkpoint.size == size and checkpoint.root != last.root:
        _report_fork(state, last, submission, checkpoint)
        return Answer(409, f"{size}\n", SIZE_TYPE)
    try:
        _refuse_inconsistent(last, submission, checkpoint)
    except EvidenceError as error:
        return Answer(422, f"{error.sentence}\n")
    if last is None or checkpoint.size > size:
        state.remember(checkpoint.origin, submission.signed)
    return Answer(200, note.cosign(checkpoint.text, state.name, state.key, now()).line)


def _refuse_inconsistent(
    last: Checkpoint | None, submission: Submission, checkpoint: Checkpoint
) -> None:
    if last is None or last.size == 0:
        # Everything extends nothing, so there is nothing to prove.
        if submission.proof:
            raise EvidenceError("from an empty log there is no proof; it has to be left out")
        return
    merkle.verify_consistency(
        old_size=last.size,
        size=checkpoint.size,
        old_root=last.root,
        root=checkpoint.root,
        proof=submission.proof,
    )


def _report_fork(
    state: WitnessState, last: Checkpoint | None, submission: Submission, checkpoint: Checkpoint
) -> None:
    """Two roots of one size under one signature: no accident makes these."""
    before = state.last_note(checkpoint.origin)
    if last is None or before is None:
        return
    if checkpoint.size == last.size and checkpoint.root != last.root:
        state.report(before, submission.signed)
