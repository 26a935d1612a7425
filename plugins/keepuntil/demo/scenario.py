"""What is fixed about the demonstration: the seed, the day, the sizes, what is planted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

SEED: Final = 20260301

AS_OF: Final = date(2026, 3, 1)
"""The legal day of the night. Periods that began on 29 February 2016 run out on the day
before, and so do the six months that began on 28 to 31 August 2025."""

HISTORY_FROM: Final = date(2011, 3, 1)
"""The bank's books go back fifteen years."""

SENTINELS: Final = ("1900-01-01", "9999-12-31")

ZONE: Final = "Asia/Shanghai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much of everything there is. Planted cases are there at every scale."""

    customers: int
    transactions: int
    loans: int
    applications: int
    marketing_profiles: int
    complaints: int
    scanned_loans: int
    recordings: int
    statements: int
    boxes_a_series: int
    """Of paper, with twenty folders each; there are three series."""


FULL: Final = Scale(
    customers=220_000,
    transactions=400_000,
    loans=60_000,
    applications=40_000,
    marketing_profiles=60_000,
    complaints=12_000,
    scanned_loans=3_500,
    recordings=700,
    statements=10_000,
    boxes_a_series=1_000,
)

SMALL: Final = Scale(
    customers=1_200,
    transactions=3_000,
    loans=600,
    applications=400,
    marketing_profiles=400,
    complaints=120,
    scanned_loans=120,
    recordings=80,
    statements=150,
    boxes_a_series=20,
)
"""For tests."""
