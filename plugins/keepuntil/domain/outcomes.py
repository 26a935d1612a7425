"""What became of each item of a plan (处置结果)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """The closed set of ends an item can have. New ones are added at the end only."""

    DESTROYED = "destroyed"
    ALREADY_ABSENT = "already_absent"
    HELD = "held"
    NO_LONGER_DUE = "no_longer_due"
    SHARED = "shared"
    FAILED = "failed"
    PENDING_EXTERNAL = "pending_external"


ORDER: Final = tuple(Outcome)
"""An item's outcome is stored as one byte: its place in this tuple."""

CODE: Final = {outcome: place for place, outcome in enumerate(ORDER)}


def codes_of(outcomes: Sequence[Outcome]) -> bytes:
    """:data:`CODE` of each; a batch that came to one end, the usual case, costs one count."""
    if outcomes and outcomes.count(outcomes[0]) == len(outcomes):
        return bytes([CODE[outcomes[0]]]) * len(outcomes)
    return bytes([CODE[outcome] for outcome in outcomes])


def table_of(wanted: Collection[Outcome]) -> bytes:
    """For :meth:`bytes.translate` of codes: 1 where the code is one of ``wanted``, else 0."""
    codes = {CODE[outcome] for outcome in wanted}
    return bytes(code in codes for code in range(256))


TERMINAL: Final = frozenset(
    {
        Outcome.DESTROYED,
        Outcome.ALREADY_ABSENT,
        Outcome.HELD,
        Outcome.NO_LONGER_DUE,
        Outcome.SHARED,
    }
)
"""Observed ends. A certificate is impossible while any item has another one."""
