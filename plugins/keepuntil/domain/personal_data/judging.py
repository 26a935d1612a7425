"""From a field's name and a sample of its values to the kinds it holds, and how surely.

A check that chance passes often says little when few values pass it, and a form that other
things share says little when not nearly all have it. So what counts is how unlikely it is
that chance passed as many values as did; the field's name adds to that, and alone it counts
where there are no values to look at, or where they are masked or encrypted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import comb
from typing import Final

from keepuntil.domain.personal_data.checksums import is_birth
from keepuntil.domain.personal_data.kinds import Kind
from keepuntil.domain.personal_data.patterns import DETECTORS, Detector
from keepuntil.domain.personal_data.people_names import is_address, is_person
from keepuntil.domain.personal_data.words import STRONG, said_of

LEAST_CONFIDENCE: Final = 0.6
"""Below it nothing is said: who is told of everything looks at nothing."""

LONGEST_VALUE: Final = 2_000
"""Characters of one value that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column, a key of JSON, a heading of CSV, or a text (no name) with values seen in it."""

    name: str
    # They are personal data: no error, log or test report may ever print them.
    values: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One kind that a field seems to hold. Counts, no value; of values that differ, where a
    check digit decides."""

    kind: Kind
    sampled: int
    matched: int
    confidence: float

    @property
    def share(self) -> float:
        """Of the sampled values this share matched; 0 where there was none."""
        return self.matched / self.sampled if self.sampled else 0.0


def judge(seen: Field) -> tuple[Sighting, ...]:
    """The kinds that the field holds with at least :data:`LEAST_CONFIDENCE`, the surest first."""
    values = [value[:LONGEST_VALUE] for value in seen.values if value.strip()]
    names = said_of(seen.name)
    found = [*_by_check(values, names), *_by_look(values, names), *_by_name(values, names)]
    best: dict[Kind, Sighting] = {}
    for each in sorted(found, key=lambda each: -each.confidence):
        if each.confidence >= LEAST_CONFIDENCE:
            best.setdefault(each.kind, each)
    return tuple(best.values())


def _by_check(values: Sequence[str], names: Mapping[Kind, float]) -> Iterator[Sighting]:
    # A value that stands in every row has passed once, whatever the number of rows.
    different = tuple(dict.fromkeys(values))
    for detector in DETECTORS:
        seen = _seen(detector, different)
        if not seen.passed:
            continue
        weight = names.get(detector.kind, 0.0)
        certainty = _certainty(detector, seen, named=bool(weight))
        yield _sighting(detector.kind, different, len(seen.passed), certainty, weight)


@dataclass(frozen=True, slots=True)
class _Seen:
    """Of some values: how many have the shape somewhere, how many come close, what passed."""

    shaped: int
    close: int
    passed: tuple[str, ...] = field(repr=False)


def _seen(detector: Detector, values: Sequence[str]) -> _Seen:
    candidates = [[found[0] for found in detector.shape.finditer(value)] for value in values]
    shaped = [each for each in candidates if each]
    near = detector.close
    close = len(shaped) if near is None else sum(any(map(near.fullmatch, c)) for c in shaped)
    first = (next((each for each in c if detector.passes(each)), None) for c in shaped)
    return _Seen(len(shaped), close, tuple(each for each in first if each is not None))


def _certainty(detector: Detector, seen: _Seen, *, named: bool) -> float:
    """How surely it was not chance; the field's name lowers what is asked for."""
    passed = len(seen.passed)
    if passed < seen.close * detector.least_share:
        return 0.0
    if detector.head and not named and _begin_alike(seen.passed, detector.head):
        return 0.0
    luck = by_chance(seen.shaped, passed, detector.chance)
    return detector.strength * (1 - min(1.0, luck if named else _SUSPICION * luck))


_SUSPICION: Final = 30
"""Many fields are looked at, so what chance does in one of thirty of them will be seen."""


def _begin_alike(values: Sequence[str], head: int) -> bool:
    different = set(values)
    heads = {value[:head] for value in different}
    return len(different) > 1 and len(heads) <= max(1, len(different) * _DIFFERENT)


_ENOUGH: Final = 5
"""Fewer values of a kind without a check say nothing where the name says nothing."""
_DIFFERENT: Final = 0.2


def by_chance(trials: int, successes: int, chance: float) -> float:
    """How likely it is that at least so many of the trials succeed by chance alone."""
    return sum(
        comb(trials, each) * chance**each * (1 - chance) ** (trials - each)
        for each in range(successes, trials + 1)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """A kind without a check: what a value of it looks like."""

    kind: Kind
    looks: Callable[[str], bool]
    strength: float
    share: float
    """How many of the values have to look so when the name says nothing; 1.1: it has to."""
    named_share: float
    differ: float
    """How many of those have to differ: a list of branches or products repeats."""


_DATE: Final = re.compile(r"((?:19|20)\d\d)[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T].*)?")
_PASSPORT: Final = re.compile(r"(?:[DEGPSK][A-HJ-NP-Z]?\d{7,8}|[A-Z]{1,2}\d{6,8}|\d{9})")


def _is_birth_date(text: str) -> bool:
    found = _DATE.fullmatch(text.strip())
    return found is not None and is_birth(*found.groups())


def _is_passport(text: str) -> bool:
    return _PASSPORT.fullmatch(text.strip()) is not None


_ONLY_NAMED: Final = 1.1

_LOOKS: Final = (
    _Look(
        kind=Kind.PERSON_NAME,
        looks=is_person,
        strength=0.65,
        share=0.8,
        named_share=0.4,
        differ=0.3,
    ),
    _Look(
        kind=Kind.ADDRESS,
        looks=is_address,
        strength=0.75,
        share=0.5,
        named_share=0.2,
        differ=0.3,
    ),
    _Look(
        kind=Kind.PASSPORT,
        looks=_is_passport,
        strength=0.7,
        share=_ONLY_NAMED,
        named_share=0.5,
        differ=0.3,
    ),
    _Look(
        kind=Kind.BIRTH_DATE,
        looks=_is_birth_date,
        strength=0.7,
        share=_ONLY_NAMED,
        named_share=0.7,
        differ=0.0,
    ),
)


def _by_look(values: Sequence[str], names: Mapping[Kind, float]) -> Iterator[Sighting]:
    for look in _LOOKS:
        weight = names.get(look.kind, 0.0)
        matching = [value for value in values if look.looks(value)]
        enough = len(values) * (look.named_share if weight else look.share)
        few = not weight and len(matching) < _ENOUGH
        if not matching or few or len(matching) < enough:
            continue
        if weight >= STRONG or len(set(matching)) >= len(matching) * look.differ:
            yield _sighting(look.kind, values, len(matching), look.strength, weight)


_VEILED: Final = re.compile(r"[^*]*\*{2,}[^*]*|[0-9a-fA-F]{32,}|[A-Za-z0-9+/_-]{24,}={0,2}")
_NUMBERED: Final = re.compile(r"(?=(?:[^\d]*\d){5})[A-Z0-9()+ -]{6,25}")
_NUMBERS: Final = frozenset(
    (Kind.CITIZEN_ID, Kind.BANK_CARD, Kind.IBAN, Kind.US_SSN, Kind.MOBILE, Kind.PASSPORT)
)


def _by_name(values: Sequence[str], names: Mapping[Kind, float]) -> Iterator[Sighting]:
    """What only the name says: there are no values, they cannot be read, or they are numbers of
    a form that is not known here, such as those of another country."""
    unreadable = all(_VEILED.fullmatch(value.strip()) for value in values)
    numbered = len(set(values)) * 2 > len(values) and all(map(_NUMBERED.fullmatch, values))
    for kind, weight in names.items():
        if weight >= STRONG and (unreadable or (numbered and kind in _NUMBERS)):
            yield Sighting(kind=kind, sampled=len(values), matched=0, confidence=weight)


def _sighting(
    kind: Kind, values: Sequence[str], matched: int, certainty: float, weight: float
) -> Sighting:
    together = 1 - (1 - certainty) * (1 - weight) if certainty else 0.0
    return Sighting(kind=kind, sampled=len(values), matched=matched, confidence=round(together, 2))
