"""The identity of one item, and its one way of being written down."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Final

from keepuntil.errors import EvidenceError

Key = tuple[int | str | bytes, ...]
"""Key columns of a row, or an object's key, or a file's path, inside one instance.

Text stays text; bytes are only for file names that are not UTF-8. Dates, decimals
and UUIDs of key columns are carried as their ISO or plain text.
"""

_WRITTEN: Final = json.JSONEncoder(separators=(",", ":")).encode
"""Made once: ``json.dumps`` with separators makes an encoder for every call."""


def key_text(key: Key) -> str:
    """ASCII JSON of a key: ``[17]``, ``["loans/7","é"]``, ``[{"base64":"/w=="}]``.

    The text goes into commitments, holds and disclosures, so it never changes.
    """
    if len(key) == 1 and type(key[0]) is int:
        return f"[{key[0]}]"
    return _WRITTEN([_part(part) for part in key])


def key_texts(keys: Sequence[Key]) -> list[str]:
    """:func:`key_text` for a batch, at half the price where keys are single whole numbers."""
    if set(map(len, keys)) == {1}:
        (numbers,) = zip(*keys, strict=True)
        if set(map(type, numbers)) == {int}:
            return [f"[{number}]" for number in numbers]
    return [key_text(key) for key in keys]


def parse_key(text: str) -> Key:
    """The key that :func:`key_text` wrote. EvidenceError when it is not one."""
    try:
        parts = json.loads(text)
    except ValueError as error:
        raise EvidenceError("A key is not JSON; write it as a list, for example [17].") from error
    return key_of(parts)


def key_of(parts: object) -> Key:
    """The key that such a JSON list stands for. EvidenceError when it is not one."""
    if not isinstance(parts, list) or not parts:
        raise EvidenceError("A key is a non-empty JSON list, for example [17].")
    return tuple(_read_part(part) for part in parts)


def _part(part: int | str | bytes) -> int | str | dict[str, str]:
    if isinstance(part, bytes):
        return {"base64": base64.b64encode(part).decode("ascii")}
    return part


def _read_part(part: object) -> int | str | bytes:
    if isinstance(part, int | str) and not isinstance(part, bool):
        return part
    if isinstance(part, dict) and set(part) == {"base64"} and isinstance(part["base64"], str):
        try:
            return base64.b64decode(part["base64"], validate=True)
        except ValueError as error:
            raise EvidenceError("A key part is not base64.") from error
    raise EvidenceError("A key holds whole numbers, texts and base64 bytes only.")
