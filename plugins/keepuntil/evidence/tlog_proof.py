"""One file that proves an entry is in a log, offline (c2sp.org/tlog-proof).

c2sp.org/tlog-proof@v1
extra QUJD                                  (may be absent)
index 5
<one hash a line, base64, from the leaf to the root>

<the checkpoint, with its signatures>
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from keepuntil.errors import EvidenceError
from keepuntil.evidence import base64_text, merkle, note
from keepuntil.evidence.merkle import HASH_BYTES
from keepuntil.evidence.note import Checkpoint, NoteKey

HEADER: Final = "c2sp.org/tlog-proof@v1"
LARGEST_PROOF: Final = 3 * note.LARGEST_NOTE
_LONGEST: Final = 63  # the largest tree has 2**63 - 1 leaves
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A proof as read. Until :meth:`verify` it is only a claim."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    """The signed note, to the byte."""
    extra: bytes | None = None
    """What its writer added. Nothing vouches for it: check it against what is proven."""

    def encode(self) -> bytes:
        """The file."""
        extra = [] if self.extra is None else [f"extra {base64_text.encode(self.extra)}"]
        hashes = [base64_text.encode(one) for one in self.hashes]
        lines = [HEADER, *extra, f"index {self.index}", *hashes, "", ""]
        return "\n".join(lines).encode("ascii") + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> "TlogProof":
        """Read a proof strictly; raise `EvidenceError` where it is not as the format says.

        The checkpoint is taken as it stands; :meth:`verify` judges it.
        """
        if len(data) > LARGEST_PROOF:
            raise EvidenceError(
                f"the proof has {len(data)} bytes, more than the {LARGEST_PROOF} that are read"
            )
        head, divider, checkpoint = data.partition(b"\n\n")
        if not divider or not checkpoint:
            raise EvidenceError("the proof has no checkpoint after an empty line")
        if not head.isascii():
            raise EvidenceError("the proof has other than ASCII characters before its checkpoint")
        header, *lines = head.decode("ascii").split("\n")
        if header != HEADER:
            raise EvidenceError(f"the proof does not begin with the line {HEADER}")
        extra = _extra(lines.pop(0)) if lines and lines[0].startswith("extra ") else None
        match = _INDEX.fullmatch(lines[0]) if lines else None
        if match is None:
            raise EvidenceError(
                "the proof lacks the line 'index' with a whole number in its shortest form"
            )
        return cls(int(match[1]), _hashes(lines[1:]), checkpoint, extra)

    def verify(self, entry: bytes, origin: str, trusted: Collection[NoteKey]) -> Checkpoint:
        """The checkpoint that this proof shows the entry to be under.

        (1) A trusted key of the log ``origin`` signed the checkpoint.
        (2) The hashes lead from the entry, at this index, to the root it names.

        Raises `EvidenceError` otherwise. Whether enough witnesses cosigned is the
        caller's judgement.
        """
        checkpoint = note.verify_checkpoint(self.checkpoint, origin, trusted)
        self.lead(entry, checkpoint)
        return checkpoint

    def lead(self, entry: bytes, checkpoint: Checkpoint) -> None:
        """Raise `EvidenceError` unless the hashes lead from the entry to a checkpoint's root."""
        merkle.verify_inclusion(
            index=self.index,
            size=checkpoint.size,
            leaf=merkle.leaf_hash(entry),
            proof=self.hashes,
            root=checkpoint.root,
        )


def _extra(line: str) -> bytes:
    return base64_text.decode(line.removeprefix("extra "), "the extra data of the proof")


def _hashes(lines: list[str]) -> tuple[bytes, ...]:
    if len(lines) > _LONGEST:
        raise EvidenceError(f"the proof has {len(lines)} hashes; no tree is that high")
    hashes = tuple(
        base64_text.decode(line, f"hash {number} of the proof")
        for number, line in enumerate(lines, 1)
    )
    for number, one in enumerate(hashes, 1):
        if len(one) != HASH_BYTES:
            raise EvidenceError(f"hash {number} of the proof is not of {HASH_BYTES} bytes")
    return hashes
