"""Reading what a stranger put together: files, members and entries, each refused in words."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from keepuntil.errors import EvidenceError
from keepuntil.evidence import leaves, merkle
from keepuntil.evidence.canonical import Json

_AT_ONCE: Final = 4096


class CountedEntries:
    """Entries as they are read: both trees over them, and their totals, in bounded memory."""

    def __init__(self, category: str) -> None:
        self._category = category
        self._leaves: list[bytes] = []
        self._intents: list[bytes] = []
        self.tree, self.intent = merkle.Tree(), merkle.Tree()
        self.outcomes: Counter[str] = Counter()
        self.parts = 0

    def add(self, number: int, entry: bytes) -> None:
        leaf = leaves.parse_entry(entry, f"entry {number}")
        if leaf.category != self._category:
            raise EvidenceError(f"Entry {number} is of another category.")
        self.outcomes[leaf.outcome] += 1
        self.parts += leaf.part_count
        self._leaves.append(merkle.leaf_hash(entry))
        self._intents.append(merkle.leaf_hash(leaves.intent_entry(leaf)))
        if len(self._leaves) >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        self.tree.extend(b"".join(self._leaves))
        self.intent.extend(b"".join(self._intents))
        self._leaves.clear()
        self._intents.clear()


def sentence_of(words: str) -> str:
    """An error of the lower floors begins small and ends without a full stop."""
    whole = words[:1].upper() + words[1:]
    return whole if whole.endswith(".") else f"{whole}."


def spki_of(pem: bytes) -> bytes:
    lines = [line for line in pem.splitlines() if line and not line.startswith(b"-----")]
    try:
        return b64decode(b"".join(lines), validate=True)
    except Base64Error:
        raise EvidenceError("The SM2 key you trust is not a public key in PEM form.") from None


def digest_of(path: Path) -> str:
    digest = sha256()
    with opened(path) as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def known_of(document: Json, name: str) -> str | None:
    value = document.get(name) if isinstance(document, dict) else None
    return value if isinstance(value, str) else None


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise EvidenceError(
            f"{path.name} cannot be read ({type(error).__name__}); the bundle is not whole."
        ) from None
    with file:
        yield file


def read_at_most(path: Path, most: int) -> bytes:
    with opened(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise EvidenceError(f"{path.name} is larger than {most} bytes.")
    return content


def object_of(document: dict[str, Json], name: str) -> dict[str, Json]:
    value = document.get(name)
    if not isinstance(value, dict):
        raise EvidenceError(f"The certificate's {name} is missing or of the wrong type.")
    return value


def word_of(document: dict[str, Json], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise EvidenceError(f"The certificate's {name} is missing or of the wrong type.")
    return value


def whole_of(document: dict[str, Json], name: str) -> int:
    value = document.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise EvidenceError(f"The certificate's {name} is missing or no whole number.")
    return value
