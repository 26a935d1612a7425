"""Collects cosignatures: shows each witness of a policy that the log only grew."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from keepuntil.errors import EvidenceError, OutsiderUnreachable, UsageError
from keepuntil.evidence import note
from keepuntil.evidence.note import Checkpoint, Note, NoteKey, Signature
from keepuntil.transparency import posting
from keepuntil.transparency.policy import Policy, Witness
from keepuntil.transparency.witnessing import SIZE_TYPE, Submission

PATIENCE_SECONDS: Final = 15.0
PAUSE_SECONDS: Final = 1.0
MOST_TRIES: Final = 3
_LARGEST_ANSWER: Final = 1 << 16
_CLOCKS_DIFFER_SECONDS: Final = 600
_SIZE: Final = re.compile(r"(0|[1-9][0-9]{0,18})\n")
# Answers that may be another in a moment.
_PASSING: Final = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)

Prove = Callable[[int], Sequence[bytes]]
"""From the size of an older tree to the proof that the checkpoint's tree extends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A checkpoint with every cosignature that could be had."""

    signed: bytes
    cosigned: dict[str, int]
    """Witnesses that cosigned now, by their name in the policy, and for which second."""
    refusals: dict[str, str]
    """Witnesses that did not cosign, by their name in the policy, and why."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """How patient to be with one witness."""

    seconds: float
    pause: float


def collect(
    policy: Policy,
    signed: bytes,
    prove: Prove,
    now: Callable[[], int],
    *,
    seconds: float = PATIENCE_SECONDS,
    pause: float = PAUSE_SECONDS,
) -> Collected:
    """Ask each witness that has an address and has not cosigned yet.

    ``now`` gives seconds since 1970-01-01T00:00Z; each question waits ``seconds`` at most
    and is put again after ``pause`` when nobody answers. Nothing is accepted that does
    not verify under the policy's own key. Raises EvidenceError when ``signed`` is no
    checkpoint signed by a log of the policy; that a witness refuses or is silent is
    reported, not raised.
    """
    gathered = Note.parse(signed)
    checkpoint = Checkpoint.parse(gathered.text)
    note.verify(gathered, [log.key for log in policy.logs if log.key.name == checkpoint.origin])
    asking = _Asking(seconds, pause)
    cosigned: dict[str, int] = {}
    refusals: dict[str, str] = {}
    for witness in policy.witnesses:
        if witness.url is None or _has_signed(gathered, witness.key):
            continue
        try:
            lines = _ask(witness, checkpoint, signed, prove, asking)
            cosignature, at = _accepted(witness, gathered.text, lines, now())
        except EvidenceError as error:
            refusals[witness.name] = error.sentence
            continue
        cosigned[witness.name] = at
        # What claimed to be this witness's and was not would make the whole note invalid.
        others = (one for one in gathered.signatures if not _claims(one, witness.key))
        gathered = Note(gathered.text, (*others, cosignature))
    return Collected(signed=gathered.encode(), cosigned=cosigned, refusals=refusals)


def _claims(signature: Signature, key: NoteKey) -> bool:
    return (signature.name, signature.key_id) == (key.name, key.key_id)


def _has_signed(found: Note, key: NoteKey) -> bool:
    try:
        return key in note.verify(found, [key])
    except EvidenceError:
        return False


def _ask(
    witness: Witness, checkpoint: Checkpoint, signed: bytes, prove: Prove, asking: _Asking
) -> str:
    """The witness's lines. It may know a later or an earlier log than we think: it says so."""
    old_size = checkpoint.size
    for _ in range(MOST_TRIES):
        proof = prove(old_size) if 0 < old_size < checkpoint.size else ()
        body = Submission(old_size, tuple(proof), signed).encode()
        answer = _post_patiently(witness, body, asking)
        if answer.status == HTTPStatus.OK:
            return _text(answer.body)
        if answer.status != HTTPStatus.CONFLICT or answer.content_type != SIZE_TYPE:
            raise EvidenceError(_refusal(answer, old_size, checkpoint.size))
        known = _size(_text(answer.body))
        if known > checkpoint.size:
            raise EvidenceError(
                f"the witness has seen this log with {known} entries, more than the"
                f" {checkpoint.size} of this checkpoint: has the log lost its tail?"
            )
        if known == old_size:
            raise EvidenceError(
                f"the witness contradicts itself about the size {known} it has seen"
            )
        old_size = known
    raise EvidenceError("the witness changes its mind about the size it has seen")


def _refusal(answer: posting.Answer, old_size: int, size: int) -> str:
    if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY and old_size == size:
        return f"the witness has seen another log of {size} entries under this name"
    return f"the witness answers {answer.status}: {_printable(_text(answer.body))}"


def _size(text: str) -> int:
    match = _SIZE.fullmatch(text)
    if match is None:
        raise EvidenceError("the witness does not say which size it has seen")
    return int(match[1])


def _post_patiently(witness: Witness, body: bytes, asking: _Asking) -> posting.Answer:
    """Asking twice does no harm: the same checkpoint is cosigned again."""
    for _ in range(MOST_TRIES - 1):
        try:
            answer = _post(witness, body, asking.seconds)
        except OutsiderUnreachable:
            time.sleep(asking.pause)
            continue
        if answer.status not in _PASSING:
            return answer
        time.sleep(asking.pause)
    try:
        return _post(witness, body, asking.seconds)
    except OutsiderUnreachable as error:
        raise EvidenceError(f"the witness cannot be reached: {error.sentence}") from None


def _post(witness: Witness, body: bytes, seconds: float) -> posting.Answer:
    try:
        return posting.post(
            f"{witness.url}/add-checkpoint",
            body,
            content_type="text/plain",
            most=_LARGEST_ANSWER,
            seconds=seconds,
        )
    except UsageError as error:
        raise EvidenceError(f"the witness cannot be reached: {error.sentence}") from None


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise EvidenceError("the witness answers with something that is not text") from None


def _printable(text: str) -> str:
    first = text.split("\n", 1)[0][:120]
    return first if first.isprintable() else "something unprintable"


def _accepted(witness: Witness, text: str, lines: str, now: int) -> tuple[Signature, int]:
    """The cosignature among the lines that is really the witness's over this checkpoint."""
    answered = Note.parse(f"{text}\n{lines}".encode())
    if answered.text != text:
        # An empty line in the answer would make its beginning part of what is verified.
        raise EvidenceError("the witness answers with more than signatures")
    seen_at = note.verify(answered, [witness.key])[witness.key]
    if seen_at is None or seen_at > now + _CLOCKS_DIFFER_SECONDS:
        raise EvidenceError("the witness signs for a time that has not come yet")
    return next(one for one in answered.signatures if _claims(one, witness.key)), seen_at
