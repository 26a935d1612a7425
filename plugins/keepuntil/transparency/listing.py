"""What a log speaks of, one line an entry; read, not judged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from keepuntil.errors import EvidenceError
from keepuntil.evidence import entries as log_entries
from keepuntil.evidence import statement
from keepuntil.evidence.envelope import Envelope
from keepuntil.evidence.tiles import Read, bundles_between, parse_bundle
from keepuntil.transparency.laying import claim_of
from keepuntil.transparency.storage import CHECKPOINT, Storage, statement_path

# A stranger's words are shown where they cannot act on a terminal.
_PLAIN: Final = re.compile(r"[A-Za-z0-9_./:@+-]{1,200}")
_UNSAID: Final = "(not printed here)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One entry and its statement."""

    number: int
    predicate_type: str
    subjects: tuple[str, ...]
    statement: str
    """Hex SHA-256 of what was signed."""
    keyid: str


def listed(storage: Storage, last: int) -> tuple[int, Iterator[Listed]]:
    """How many entries a log claims to have, and the newest ``last`` of them, oldest first.

    Raises EvidenceError where an entry or its statement cannot be read, StoreError.
    """
    checkpoint = storage.read(CHECKPOINT)
    if checkpoint is None:
        raise EvidenceError(f"no log is shown at {storage}: there is no checkpoint")
    size = claim_of(checkpoint).size
    return size, _entries(storage.read, max(0, size - last), size)


def _entries(read: Read, start: int, size: int) -> Iterator[Listed]:
    for bundle in bundles_between(start, size):
        data = read(bundle.path)
        if data is None:
            raise EvidenceError(f"the log lacks its entries {bundle.path}")
        for number, entry in enumerate(parse_bundle(data, bundle), bundle.start):
            if number >= start:
                yield _one(read, number, log_entries.parse(entry))


def _one(read: Read, number: int, logged: log_entries.LoggedEntry) -> Listed:
    line = read(statement_path(logged.digest))
    if line is None:
        raise EvidenceError(f"the statement of entry {number} is missing")
    said = statement.parse(Envelope.parse(line).payload)
    return Listed(
        number=number,
        predicate_type=_plain(said.predicate_type),
        subjects=tuple(_plain(subject.name) for subject in said.subjects),
        statement=logged.digest.hex(),
        keyid=logged.key.keyid,
    )


def _plain(words: str) -> str:
    return words if _PLAIN.fullmatch(words) else _UNSAID
