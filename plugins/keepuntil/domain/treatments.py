"""Ways to destroy paper, and which of them is good enough where another was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final


class Treatment(StrEnum):
    """Shredding by the security levels of ISO/IEC 21964-1 (DIN 66399), pulping, incineration."""

    P1 = "P-1"
    P2 = "P-2"
    P3 = "P-3"
    P4 = "P-4"
    P5 = "P-5"
    P6 = "P-6"
    P7 = "P-7"
    PULPING = "pulping"
    INCINERATION = "incineration"


_SHREDS: Final = tuple(Treatment)[:7]

SATISFIES: Final[Mapping[Treatment, frozenset[Treatment]]] = {
    **{done: frozenset(_SHREDS[: place + 1]) for place, done in enumerate(_SHREDS)},
    Treatment.PULPING: frozenset({Treatment.PULPING}),
    Treatment.INCINERATION: frozenset({Treatment.INCINERATION}),
}
"""What each treatment may stand for. The standard ranks the size of particles only; that
pulping or burning will do instead of shredding is for the rule to say, not for a table."""


def is_enough(done: Treatment, accepted: Iterable[Treatment]) -> bool:
    """Whether what was done is at least one of the treatments a rule accepts."""
    return not SATISFIES[done].isdisjoint(accepted)
