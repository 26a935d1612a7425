"""Collects cosignatures: shows each witness of a policy that the log only grew."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.response import addinfourl

from keepuntil.errors import EvidenceError
from keepuntil.evidence import note
from keepuntil.evidence.note import Checkpoint, Note, NoteKey, Signature
from keepuntil.transparency.policy import Policy, Witness
from keepuntil.transparency.witnessing import SIZE_TYPE, Submission

PATIENCE_SECONDS: Final = 15
MOST_TRIES: Final = 3
_LARGEST_ANSWER: Final = 1 << 16
_CLOCKS_DIFFER_SECONDS: Final = 600
_LONGEST_SIZE: Final = 19

Prove = Callable[[int], Sequence[bytes]]
"""From the size of an older tree to the proof that the checkpoint's tree extends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A checkpoint with every cosignature that could be had."""

    signed: bytes
    refusals: dict[str, str]
    """Witnesses that did not cosign, by their name in the policy, and why."""


def collect(policy: Policy, signed: bytes, prove: Prove, now: Callable[[], int]) -> Collected:
    """Ask each witness that has an address and has not cosigned yet.

    ``now`` gives seconds since 1970-01-01T00:00Z. Nothing is accepted that does not
    verify under the policy's own key. Raises EvidenceError when ``signed`` is no
    checkpoint; that a witness refuses or is silent is reported, not raised.
    """
    gathered = Note.parse(signed)
    checkpoint = Checkpoint.parse(gathered.text)
    refusals = {}
    for witness in policy.witnesses:
        if witness.url is None or _has_signed(gathered, witness.key):
            continue
        try:
            line = _ask(witness, checkpoint, signed, prove)
            cosignature = _accepted(witness, gathered.text, line, now())
        except EvidenceError as error:
            refusals[witness.name] = error.sentence
            continue
        gathered = Note(gathered.text, (*gathered.signatures, cosignature))
    return Collected(signed=gathered.encode(), refusals=refusals)


def _has_signed(found: Note, key: NoteKey) -> bool:
    try:
        return key in note.verify(found, [key])
    except EvidenceError:
        return False


def _ask(witness: Witness, checkpoint: Checkpoint, signed: bytes, prove: Prove) -> str:
    """The witness's lines. It may know a later or an earlier log than we think: it says so."""
    old_size = checkpoint.size
    for _ in range(MOST_TRIES):
        proof = prove(old_size) if 0 < old_size < checkpoint.size else ()
        status, kind, text = _post(witness, Submission(old_size, tuple(proof), signed).encode())
        if status == HTTPStatus.OK:
            return text
        if status != HTTPStatus.CONFLICT or kind != SIZE_TYPE:
            raise EvidenceError(f"the witness answers {status}: {_printable(text)}")
        known = _size(text)
        if known > checkpoint.size:
            raise EvidenceError(
                f"the witness has seen this log with {known} entries, more than the"
                f" {checkpoint.size} of this checkpoint: has the log lost its tail?"
            )
        if known == old_size:
            raise EvidenceError(
                f"the witness has seen another log of {known} entries under this name"
            )
        old_size = known
    raise EvidenceError("the witness changes its mind about the size it has seen")


def _size(text: str) -> int:
    stripped = text.removesuffix("\n")
    if not stripped.isascii() or not stripped.isdigit() or len(stripped) > _LONGEST_SIZE:
        raise EvidenceError("the witness does not say which size it has seen")
    return int(stripped)


def _post(witness: Witness, body: bytes) -> tuple[int, str, str]:
    request = urllib.request.Request(  # noqa: S310 - the policy allows http and https only
        f"{witness.url}/add-checkpoint", data=body, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310
            return (
                answer.status,
                answer.headers.get_content_type(),
                _text(answer.read(_LARGEST_ANSWER)),
            )
    except urllib.error.HTTPError as error:
        with error:
            return _read(error.code, error)
    except (OSError, ValueError) as error:
        raise EvidenceError(f"the witness cannot be reached ({type(error).__name__})") from None


def _read(status: int, answer: addinfourl) -> tuple[int, str, str]:
    return status, answer.headers.get_content_type(), _text(answer.read(_LARGEST_ANSWER))


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise EvidenceError("the witness answers with something that is not text") from None


def _printable(text: str) -> str:
    first = text.split("\n", 1)[0][:120]
    return first if first.isprintable() else "something unprintable"


def _accepted(witness: Witness, text: str, lines: str, now: int) -> Signature:
    """The cosignature among the lines that is really the witness's over this checkpoint."""
    answered = Note.parse(f"{text}\n{lines}".encode())
    seen_at = note.verify(answered, [witness.key])[witness.key]
    if seen_at is None or seen_at > now + _CLOCKS_DIFFER_SECONDS:
        raise EvidenceError("the witness signs for a time that has not come yet")
    return next(
        one
        for one in answered.signatures
        if (one.name, one.key_id) == (witness.key.name, witness.key.key_id)
    )
