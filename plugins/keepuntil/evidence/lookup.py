"""Lookup tags: find a record's leaf again without keeping what record it was.

A tag is BLAKE2b (RFC 7693) over a text that names the record, keyed with a key that is
derived from the run's: whoever is given the text and holds the key finds the leaf, and
nobody else can tell one tag from noise. Tags are pseudonymous personal data all the same:
they end with the run key.
"""

import hmac
from collections.abc import Iterable, Iterator
from hashlib import blake2b, sha256
from typing import BinaryIO, Final

from keepuntil.errors import EvidenceError

TAG_BYTES: Final = 16
_PURPOSE: Final = b"keepuntil/lookup/v1"
_PIECE: Final = 1 << 16  # tags read at once: a megabyte


def lookup_key(run_key: bytes) -> bytes:
    """The key of a run's tags: HMAC-SHA-256 of their purpose under the run key."""
    return hmac.digest(run_key, _PURPOSE, sha256)


def tags(key: bytes, texts: Iterable[str]) -> bytes:
    """Packed tags of texts, in order."""
    return b"".join(
        [blake2b(text.encode("utf-8"), digest_size=TAG_BYTES, key=key).digest() for text in texts]
    )


def places(packed: BinaryIO, tag: bytes) -> Iterator[int]:
    """Every place at which a tag stands in packed tags, read from where the stream is.

    Raises `EvidenceError` when the tags end in the middle of one.
    """
    before = 0
    while piece := packed.read(_PIECE * TAG_BYTES):
        if len(piece) % TAG_BYTES:
            raise EvidenceError("the lookup tags end in the middle of one")
        at = piece.find(tag)
        while at >= 0:
            if at % TAG_BYTES == 0:
                yield before + at // TAG_BYTES
            at = piece.find(tag, at + 1)
        before += len(piece) // TAG_BYTES
