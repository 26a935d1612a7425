"""Spot checks (抽查): how many entries to look at, which ones, and what follows. Arithmetic only.

    sample_size   exact, for a finite population: hypergeometric, never approximated
    seed_of       what the draw hangs on; fixed by others than those who are checked
    draw          the same numbers for everybody who has the seed
    judge         what the checks add up to

docs/sampling.md says the same to the byte, with an example to calculate along.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256
from math import ceil, comb
from typing import Final

from keepuntil.domain.outcomes import Outcome
from keepuntil.errors import EvidenceError, UsageError
from keepuntil.evidence import canonical
from keepuntil.evidence.canonical import Json

PLAN_FORMAT: Final = "sample-plan/v1"

GONE_OUTCOMES: Final = (Outcome.ALREADY_ABSENT.value, Outcome.DESTROYED.value)
"""Entries that say a record is gone: whoever finds one of these has found a deviation."""

_PERCENT: Final = re.compile(r"([0-9]{1,2}(?:\.[0-9]{1,6})?)%?")
_ONE_SPELLING: Final = re.compile(r"(?!0%)(0|[1-9][0-9]?)(\.[0-9]{0,5}[1-9])?%")
_WORD_BITS: Final = 64
_PLAN_MEMBERS: Final = frozenset(
    {
        *("acceptance", "confidence", "format", "instances"),
        *("outcomes", "population", "size", "tolerable"),
    }
)


class CheckResult(StrEnum):
    """What a checker saw of the record behind an entry."""

    GONE = "gone"
    FOUND = "found"
    UNKNOWN = "unknown"
    """It could not be told. Never counted as gone."""


class SampleVerdict(StrEnum):
    """What a closed sample says about its population."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    INCONCLUSIVE = "inconclusive"
    """Too few deviations to reject, too much unknown to accept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePlan:
    """What is drawn from what, fixed before anybody knows the seed."""

    population: int
    """How many entries there are to draw from."""
    size: int
    """How many are drawn."""
    acceptance: int = 0
    """With more deviations than this the population is rejected; 0: a zero-defect plan."""
    confidence: str | None = None
    """Like ``95%``; None: the size was given."""
    tolerable: str | None = None
    """The rate of deviations that has to be discovered, like ``1%``; None: the size was given."""
    outcomes: tuple[str, ...] | None = None
    """Only entries of these outcomes, sorted; None: of any."""
    instances: tuple[str, ...] | None = None
    """Only entries of these instances, sorted; None: of all."""

    @property
    def document(self) -> dict[str, Json]:
        """As it is signed and as the seed is made from it."""
        return {
            "acceptance": self.acceptance,
            "confidence": self.confidence,
            "format": PLAN_FORMAT,
            "instances": None if self.instances is None else list(self.instances),
            "outcomes": None if self.outcomes is None else list(self.outcomes),
            "population": self.population,
            "size": self.size,
            "tolerable": self.tolerable,
        }

    @classmethod
    def of(cls, document: Json) -> SamplePlan:
        """Read a plan that a stranger may have written. Raises EvidenceError."""
        found = canonical.members(document, "the plan of the sample", _PLAN_MEMBERS)
        if found["format"] != PLAN_FORMAT:
            raise EvidenceError(f"the plan of the sample is not of the form {PLAN_FORMAT}")
        plan = cls(
            population=_whole(found["population"]),
            size=_whole(found["size"]),
            acceptance=_whole(found["acceptance"]),
            confidence=_rate(found["confidence"]),
            tolerable=_rate(found["tolerable"]),
            outcomes=_texts(found["outcomes"]),
            instances=_texts(found["instances"]),
        )
        if not 0 < plan.size <= plan.population:
            raise EvidenceError("the plan of the sample draws nothing, or more than there is")
        return plan


def _whole(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise EvidenceError("a count in the plan of the sample is no whole number")
    return value


def _rate(value: Json) -> str | None:
    if value is None:
        return None
    text = canonical.text(value, "a rate in the plan of the sample")
    if not _ONE_SPELLING.fullmatch(text):
        raise EvidenceError("a rate in the plan of the sample is no percentage in its one spelling")
    return text


def _texts(value: Json) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise EvidenceError("what the plan of the sample is limited to is not a list")
    return tuple(canonical.text(one, "what the plan of the sample is limited to") for one in value)


def percentage(text: str) -> str:
    """The one spelling of a percentage: ``1``, ``1%`` and ``1.00 %`` are ``1%``.

    Raises UsageError unless it is above 0 and below 100, with at most six decimals.
    """
    match = _PERCENT.fullmatch(text.replace(" ", ""))
    if match is None or not Decimal(match[1]):
        raise UsageError(
            f"'{text}' is no percentage above 0 and below 100; write it like 95% or 0.5%."
        )
    return f"{Decimal(match[1]).normalize():f}%"


def rate(text: str) -> Fraction:
    """The exact number that a percentage stands for. Raises UsageError."""
    return Fraction(percentage(text)[:-1]) / 100


def tolerable_defects(population: int, tolerable: str) -> int:
    """How many defects there are when the tolerable rate is just reached: rounded up."""
    return ceil(rate(tolerable) * population)


def sample_size(population: int, confidence: str, tolerable: str, acceptance: int = 0) -> int:
    """The smallest sample that discovers a population as bad as ``tolerable``.

    That is the smallest n for which, were D = ceil(tolerable × population) entries wrong,
    at most ``acceptance`` of n drawn without replacement would be with a probability of
    no more than 1 − ``confidence``: the hypergeometric distribution, in whole numbers.
    Raises UsageError where no sample can tell.
    """
    if population < 1:
        raise UsageError("There is nothing to draw from: no entry is as you ask.")
    defects = tolerable_defects(population, tolerable)
    if defects <= acceptance:
        raise UsageError(
            f"{tolerable} of {population} entries are {defects}, and {acceptance} would be "
            "accepted: no sample can tell. Lower the acceptance number or raise the tolerable rate."
        )
    risk = 1 - rate(confidence)

    def enough(size: int) -> bool:
        # Compared crosswise: reducing the fraction would cost more than all the rest.
        ways, of = _ways(population, defects, size, acceptance)
        return ways * risk.denominator <= of * risk.numerator

    upper = 1
    while upper < population and not enough(upper):
        upper = min(2 * upper, population)
    return _smallest(upper // 2 + 1, upper, enough)


def _smallest(lower: int, upper: int, enough: Callable[[int], bool]) -> int:
    """The smallest number of a range that is enough; the upper end is."""
    while lower < upper:
        middle = (lower + upper) // 2
        lower, upper = (lower, middle) if enough(middle) else (middle + 1, upper)
    return upper


def accepting(population: int, defects: int, size: int, acceptance: int = 0) -> Fraction:
    """The exact probability that a sample of ``size`` shows at most ``acceptance`` defects."""
    return Fraction(*_ways(population, defects, size, acceptance))


def _ways(population: int, defects: int, size: int, acceptance: int) -> tuple[int, int]:
    """In how many ways that happens, and of how many."""
    # Sample and defects may change places, and the smaller one makes the smaller numbers.
    few, many = sorted((size, defects))
    ways = sum(
        comb(many, seen) * comb(population - many, few - seen)
        for seen in range(min(acceptance, few) + 1)
    )
    return ways, comb(population, few)


def seed_document(
    certificate_digest: str, origin: str, size: int, root: bytes, plan: SamplePlan
) -> dict[str, Json]:
    """What the seed is the digest of: a certificate, a later head of the log, and the plan."""
    return {
        "certificate": certificate_digest,
        "checkpoint": {"origin": origin, "rootHash": root.hex(), "size": size},
        "plan": plan.document,
    }


def seed_of(document: dict[str, Json]) -> bytes:
    """SHA-256 over the canonical JSON of a :func:`seed_document`."""
    return sha256(canonical.encode(document)).digest()


def draw(seed: bytes, population: int, size: int) -> list[int]:
    """``size`` distinct numbers below ``population``, in the order in which they are drawn.

    A Fisher-Yates shuffle cut short: only what was moved is remembered. The first
    numbers of a draw are a draw themselves.
    """
    words = _words(seed)
    moved: dict[int, int] = {}
    drawn = []
    for place in range(size):
        other = place + _below(population - place, words)
        drawn.append(moved.get(other, other))
        moved[other] = moved.get(place, place)
    return drawn


def _words(seed: bytes) -> Iterator[int]:
    counter = 0
    while True:
        block = hmac.digest(seed, counter.to_bytes(8, "big"), "sha256")
        yield int.from_bytes(block[:8], "big")
        counter += 1


def _below(bound: int, words: Iterator[int]) -> int:
    """A number below ``bound``, each equally likely: what is too large is thrown away."""
    bits = (bound - 1).bit_length()
    if not bits:
        return 0
    while True:
        number = next(words) >> (_WORD_BITS - bits)
        if number < bound:
            return number


def deviates(outcome: str, result: CheckResult | None) -> bool:
    """Whether somebody found what its entry says is gone."""
    return result is CheckResult.FOUND and outcome in GONE_OUTCOMES


def standing(results: Iterable[CheckResult]) -> CheckResult | None:
    """What several checks of one entry come to, the oldest first; None: nobody looked.

    What was found once stays found; otherwise the newest counts.
    """
    seen = list(results)
    if CheckResult.FOUND in seen:
        return CheckResult.FOUND
    return seen[-1] if seen else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleTally:
    """What the checks of a sample come to, entry by entry."""

    results: Mapping[CheckResult, int]
    """How many entries stand at which result; every result is named."""
    deviations: int
    unchecked: tuple[int, ...]
    """Entries nobody has looked at, in the order of the draw."""


def tally(outcomes: Mapping[int, str], checks: Iterable[tuple[int, CheckResult]]) -> SampleTally:
    """Count the checks of the drawn entries, given by leaf with their outcomes."""
    seen: dict[int, list[CheckResult]] = {leaf: [] for leaf in outcomes}
    for leaf, result in checks:
        seen[leaf].append(result)
    stands = {leaf: standing(results) for leaf, results in seen.items()}
    return SampleTally(
        results={result: list(stands.values()).count(result) for result in CheckResult},
        deviations=sum(deviates(outcomes[leaf], result) for leaf, result in stands.items()),
        unchecked=tuple(leaf for leaf, result in stands.items() if result is None),
    )


def judge(acceptance: int, deviations: int, unknown: int) -> SampleVerdict:
    """Unknown entries are held to be deviations before anything is accepted."""
    if deviations > acceptance:
        return SampleVerdict.REJECTED
    if deviations + unknown > acceptance:
        return SampleVerdict.INCONCLUSIVE
    return SampleVerdict.ACCEPTED
