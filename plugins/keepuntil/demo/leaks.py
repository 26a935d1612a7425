"""Looks for the bank's people in everything the night wrote: there must be nobody."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Set
from contextlib import closing
from pathlib import Path
from typing import Final

_NUMBER: Final = re.compile(rb"[0-9]{17}[0-9X]|XX[0-9]{11}|[0-9]{16}")
_CHUNK: Final = 1 << 24
_OVERLAP: Final = 64


def secrets_of(bank: Path) -> frozenset[bytes]:
    """Identity numbers of customers and applicants, and every card number; of a whole bank."""
    query = """
        SELECT id_number FROM customer_identity UNION
        SELECT id_number FROM loan_application WHERE id_number <> '' UNION
        SELECT card_number FROM account_transaction WHERE card_number IS NOT NULL
    """
    with closing(sqlite3.connect(f"file:{bank}?mode=ro", uri=True)) as connection:
        return frozenset(str(number).encode() for (number,) in connection.execute(query))


def leaks(folders: list[Path], secrets: Set[bytes], names: Set[bytes]) -> list[str]:
    """Files below ``folders`` in which a secret number, or one of ``names``, can be read."""
    found = re.compile(b"|".join(re.escape(name) for name in sorted(names))) if names else None
    return [
        str(path)
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(_is_leak(chunk, secrets, found) for chunk in _chunks(path))
    ]


def _is_leak(chunk: bytes, secrets: Set[bytes], names: re.Pattern[bytes] | None) -> bool:
    if any(number in secrets for number in _NUMBER.findall(chunk)):
        return True
    return names is not None and names.search(chunk) is not None


def _chunks(path: Path) -> Iterator[bytes]:
    """A file in pieces that overlap, so that nothing hides at a seam."""
    tail = b""
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            yield tail + block
            tail = block[-_OVERLAP:]
