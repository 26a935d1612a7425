"""Columns of intents and outcomes as bytes: a batch is one value, never an object an item."""

from __future__ import annotations

import json
import re
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from sqlalchemy import Row

from keepuntil.domain.outcomes import CODE, ORDER, Outcome, table_of
from keepuntil.errors import EvidenceError, RegisterError

COMMITMENT_BYTES = 32
_LENGTH_BYTES = 4
_COUNT_BYTES = 4
_CODE_OF_A_REASON = re.compile(r"[a-z][a-z0-9_]{0,63}(:[A-Za-z0-9_.,:+/-]{1,120})?")
UNSPECIFIED: Final = "unspecified"
_DESTROYED = table_of([Outcome.DESTROYED])


class IntentLike(Protocol):
    """What a store is about to make final, item by item (the stores' ``Intent``)."""

    @property
    def present(self) -> bytes | bytearray: ...
    @property
    def parts(self) -> Sequence[str]: ...
    @property
    def counts(self) -> Sequence[int]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentColumns:
    """An intent read again."""

    present: bytearray
    parts: list[str]
    counts: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeColumns:
    """What was observed of a batch; columns are parallel and in plan order."""

    outcomes: bytes
    """One :data:`~keepuntil.domain.outcomes.CODE` an item."""
    commitments: bytes
    """32 bytes an item."""
    part_counts: Sequence[int] = ()
    """How many parts went with each item; empty: none with any."""
    part_commitments: bytes = b""
    """32 bytes an item, zeros where it has no parts; empty together with the counts."""
    reasons: Mapping[int, str] = field(default_factory=dict)
    """Why, by place in the batch, for items that were not destroyed: stable codes."""

    def __len__(self) -> int:
        return len(self.outcomes)


def refuse_unfit(columns: OutcomeColumns, items: int) -> None:
    """Raise RegisterError unless the columns say one thing about each of the items."""
    parted = len(columns.part_counts)
    fits = (
        len(columns.outcomes) == items
        and len(columns.commitments) == items * COMMITMENT_BYTES
        and parted in (0, items)
        and len(columns.part_commitments) == parted * COMMITMENT_BYTES
        and max(columns.outcomes, default=0) < len(ORDER)
        and all(0 <= place < items for place in columns.reasons)
    )
    if not fits:
        raise RegisterError(
            f"The outcomes of a batch of {items} items are not one for each item."
            " They were not written; the batch will be looked at again when the run is resumed."
        )


def keep_destroyed(before: OutcomeColumns, after: OutcomeColumns) -> OutcomeColumns:
    """The outcomes of a later attempt, where what was destroyed stays destroyed.

    A hold placed since, or a new record under the old key, makes the later attempt say
    otherwise of an item that is gone by our hands.
    """
    destroyed = CODE[Outcome.DESTROYED]
    kept = [
        place
        for place, (old, new) in enumerate(zip(before.outcomes, after.outcomes, strict=True))
        if old == destroyed and new != destroyed
    ]
    if not kept:
        return after
    outcomes = bytearray(after.outcomes)
    counts, commitments = _parts(after)
    old_counts, old_commitments = _parts(before)
    for place in kept:
        cell = slice(place * COMMITMENT_BYTES, (place + 1) * COMMITMENT_BYTES)
        outcomes[place] = destroyed
        counts[place] = old_counts[place]
        commitments[cell] = old_commitments[cell]
    return OutcomeColumns(
        outcomes=bytes(outcomes),
        commitments=after.commitments,
        part_counts=counts if any(counts) else (),
        part_commitments=bytes(commitments) if any(counts) else b"",
        reasons={place: why for place, why in after.reasons.items() if place not in set(kept)},
    )


def _parts(columns: OutcomeColumns) -> tuple[list[int], bytearray]:
    """The two columns of parts, written out where they were left empty."""
    if len(columns.part_counts):
        return list(columns.part_counts), bytearray(columns.part_commitments)
    return [0] * len(columns), bytearray(len(columns) * COMMITMENT_BYTES)


def tallies(outcomes: bytes) -> dict[str, int]:
    """How many items came to which end; every outcome is named."""
    return {outcome.value: outcomes.count(code) for code, outcome in enumerate(ORDER)}


def destroyed_unannounced(outcomes: bytes, announced: bytes) -> int:
    """How many items were destroyed that no intent had named as present."""
    destroyed = int.from_bytes(outcomes.translate(_DESTROYED), "big")
    named = int.from_bytes(announced, "big")
    return (destroyed & ~named).bit_count()


def outcome_fields(row: Row[Any]) -> dict[str, Any]:
    """The fields of :class:`OutcomeColumns` that a row of table ``observation`` holds."""
    return {
        "outcomes": row.outcomes,
        "commitments": row.commitments,
        "part_counts": unpack_counts(row.part_counts),
        "part_commitments": row.part_commitments,
        "reasons": unpack_reasons(row.reasons),
    }


def pack_reasons(reasons: Mapping[int, str]) -> str:
    """JSON of the reasons by code.

    A reason that is not a code is not kept as it is: the effect has happened, so the
    outcome must be written, and free text may name somebody.
    """
    places: dict[str, list[int]] = {}
    for place in sorted(reasons):
        reason = reasons[place]
        code = reason if _CODE_OF_A_REASON.fullmatch(reason) else UNSPECIFIED
        places.setdefault(code, []).append(place)
    return json.dumps(places, separators=(",", ":"), sort_keys=True)


def unpack_reasons(packed: str) -> dict[int, str]:
    """The reasons by place that :func:`pack_reasons` wrote."""
    return {place: code for code, places in json.loads(packed).items() for place in places}


def pack_counts(counts: Iterable[int]) -> bytes:
    """Unsigned 32-bit little-endian numbers."""
    return _little_endian(array("I", counts)).tobytes()


def unpack_counts(packed: bytes) -> array[int]:
    """The numbers that :func:`pack_counts` wrote."""
    counts = array("I")
    counts.frombytes(packed)
    return _little_endian(counts)


def _little_endian(numbers: array[int]) -> array[int]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def pack_intent(columns: IntentLike) -> bytes:
    """Item count, presence bytes, counts, then the parts, one line an item."""
    items = len(columns.present)
    lines = "\n".join(columns.parts).encode("ascii")
    if len(columns.counts) != items or len(columns.parts) != items or not items:
        raise RegisterError("The columns of an intent differ in length or are empty.")
    if max(columns.present) > 1:
        raise RegisterError("An intent says 1 or 0 of each item, nothing else.")
    if lines.count(b"\n") != items - 1:
        raise RegisterError("The parts of an item in an intent are not JSON on one line.")
    head = items.to_bytes(_LENGTH_BYTES, "big")
    return b"".join((head, columns.present, pack_counts(columns.counts), lines))


def unpack_intent(packed: bytes) -> IntentColumns:
    """The intent that :func:`pack_intent` wrote. EvidenceError when the bytes are not one."""
    items = int.from_bytes(packed[:_LENGTH_BYTES], "big")
    counts_at = _LENGTH_BYTES + items
    lines_at = counts_at + items * _COUNT_BYTES
    parts = packed[lines_at:].decode("ascii").split("\n")
    if len(packed) < lines_at or len(parts) != items:
        raise EvidenceError("A sealed intent is damaged.")
    return IntentColumns(
        present=bytearray(packed[_LENGTH_BYTES:counts_at]),
        parts=parts,
        counts=unpack_counts(packed[counts_at:lines_at]).tolist(),
    )


def merge_intents(attempts: Sequence[IntentColumns]) -> IntentColumns:
    """What all attempts together had under their hands.

    An item counts with the last attempt that named it: an attempt after a crash no
    longer names what the one before it had already destroyed.
    """
    merged = attempts[0]
    for later in attempts[1:]:
        for place, named in enumerate(later.present):
            if named:
                merged.present[place] = named
                merged.parts[place] = later.parts[place]
                merged.counts[place] = later.counts[place]
    return merged


def pack_groups(groups: Sequence[str]) -> bytes:
    """ASCII JSON of record groups."""
    return json.dumps(list(groups), separators=(",", ":")).encode("ascii")


def unpack_groups(packed: bytes) -> list[str]:
    """The groups that :func:`pack_groups` wrote."""
    groups: list[str] = json.loads(packed)
    return groups
