"""One byte form for a document, and the strict way back.

Documents are made of objects with ASCII keys, lists, strings, integers, true,
false and null. For these the sorted compact form of ``json.dumps`` is byte for
byte the JSON Canonicalization Scheme (RFC 8785): ASCII keys sort the same by
code point as by UTF-16 unit, and integers up to 2**53 - 1 need no exponent.
Floats are refused, since two writers may print the same float differently.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import NoReturn, TypeAlias

from keepuntil.errors import EvidenceError

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"

LARGEST_INTEGER = 2**53 - 1
DEEPEST = 32
LARGEST_DOCUMENT = 1 << 20
# Snowflake numbers and NUMERIC(38) keys of foreign documents still fit.
_LONGEST_INTEGER = 40
_PLAIN_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_.$-]{0,59}")


def encode(document: object) -> bytes:
    """Canonical bytes of a document; raise `EvidenceError` for a value that has none."""
    _refuse_unfit(document)
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def digest(document: object) -> str:
    """``sha256:<hex>`` over the canonical bytes of a document."""
    return digest_of_bytes(encode(document))


def digest_of_bytes(data: bytes) -> str:
    """``sha256:<hex>`` over bytes as they are."""
    return f"sha256:{sha256(data).hexdigest()}"


def _refuse_unfit(document: object) -> None:
    pending: list[tuple[str, object, int]] = [("$", document, 0)]
    while pending:
        path, value, depth = pending.pop()
        if isinstance(value, list | tuple | dict):
            if depth >= DEEPEST:
                raise EvidenceError(f"the document nests deeper than {DEEPEST} levels")
            pending.extend((inner, item, depth + 1) for inner, item in _inside(path, value))
        elif isinstance(value, str):
            _refuse_surrogates(value, path)
        elif isinstance(value, float):
            raise EvidenceError(
                f"{path} is a float; write a string, or whole numbers of a smaller unit"
            )
        elif value is not None and not isinstance(value, int):
            raise EvidenceError(
                f"{path} is of type {type(value).__name__}, which JSON does not have"
            )
        elif isinstance(value, int) and abs(value) > LARGEST_INTEGER:
            raise EvidenceError(f"{path} is an integer beyond 2**53 - 1; write it as a string")


def _inside(
    path: str, value: Sequence[object] | dict[object, object]
) -> Iterator[tuple[str, object]]:
    if not isinstance(value, dict):
        for at, item in enumerate(value):
            yield f"{path}[{at}]", item
        return
    for key, item in value.items():
        if not isinstance(key, str) or not key.isascii():
            raise EvidenceError(f"{path} has a key that is not ASCII text")
        yield f"{path}.{key}", item


def _refuse_surrogates(text: str, path: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise EvidenceError(
            f"{path} is a text with a lone surrogate, which UTF-8 cannot say"
        ) from None


def parse(
    data: bytes,
    *,
    what: str = "the document",
    max_bytes: int = LARGEST_DOCUMENT,
    max_depth: int = DEEPEST,
) -> Json:
    """Read JSON that a stranger may have written.

    Refuses, with an `EvidenceError` about ``what``: more than ``max_bytes`` bytes,
    nesting deeper than ``max_depth``, bytes that are not UTF-8, an object naming a
    key twice, floats, NaN and infinities, integers of more than 40 digits, lone
    surrogates, anything after the end. Key order, blanks and escapes are the
    writer's affair: compare with :func:`encode` where the exact bytes matter.
    """
    if len(data) > max_bytes:
        raise EvidenceError(
            f"{what} has {len(data)} bytes, more than the {max_bytes} that are read"
        )
    try:
        document: Json = _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise EvidenceError(f"{what} is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise EvidenceError(f"{what} is not JSON at character {error.pos}: {error.msg}") from None
    except RecursionError:
        raise EvidenceError(f"{what} nests deeper than {max_depth} levels") from None
    except _RefusedError as error:
        raise EvidenceError(f"{what} {error}") from None
    _refuse_depth_and_surrogates(document, what, max_depth)
    return document


class _RefusedError(Exception):
    """Raised inside the decoder, which does not know what it is reading."""


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
    raise _RefusedError(f"has an object that names {printable(twice)} twice")


def printable(name: str) -> str:
    """A stranger's word for use in a message: quoted when harmless, else left unsaid."""
    return f"'{name}'" if _PLAIN_NAME.fullmatch(name) else "a key that is not printed here"


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        raise _RefusedError(f"has an integer of more than {_LONGEST_INTEGER} digits")
    return int(text)


def _refuse_float(_text: str) -> NoReturn:
    raise _RefusedError("has a number that is not a whole number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_refuse_float,
    parse_constant=_refuse_float,
)


def _refuse_depth_and_surrogates(document: Json, what: str, max_depth: int) -> None:
    pending: list[tuple[Json, int]] = [(document, 0)]
    while pending:
        value, depth = pending.pop()
        if isinstance(value, str):
            _refuse_surrogates(value, what)
        elif isinstance(value, list | dict):
            if depth >= max_depth:
                raise EvidenceError(f"{what} nests deeper than {max_depth} levels")
            if isinstance(value, dict):
                pending.extend((key, depth) for key in value)
                value = list(value.values())
            pending.extend((item, depth + 1) for item in value)


def members(
    value: Json, what: str, required: frozenset[str], optional: frozenset[str] = frozenset()
) -> dict[str, Json]:
    """Take an object with exactly the members named; raise `EvidenceError` otherwise."""
    if not isinstance(value, dict):
        raise EvidenceError(f"{what} is not an object")
    for name in sorted(required - value.keys()):
        raise EvidenceError(f"{what} lacks the member '{name}'")
    for name in sorted(value.keys() - required - optional):
        raise EvidenceError(f"{what} has a member that does not belong there: {printable(name)}")
    return value


def text(value: Json, what: str) -> str:
    """Take a string; raise `EvidenceError` otherwise."""
    if not isinstance(value, str):
        raise EvidenceError(f"{what} is not a text")
    return value
