"""Discovery (数据发现): personal data in the stores that no rule claims.

Every store is sampled where no rule claims anything, each sample is judged by its names, forms
and check digits, and only where, what kind, how many and how surely is kept: no value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from keepuntil.disposal.installation import Installation
from keepuntil.domain.discoveries import Acknowledgement, Discovery
from keepuntil.domain.personal_data.judging import Sighting, judge
from keepuntil.domain.personal_data.kinds import Kind
from keepuntil.errors import KeepuntilError, UsageError
from keepuntil.rules.problems import nearest, quoted
from keepuntil.stores.protocol import Sampled


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A place that could not be looked at, so that nobody can say what is in it."""

    location: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """What one look at some stores came to."""

    as_of: date
    stores: tuple[str, ...]
    places: int
    """Columns, prefixes, folders and series that no rule claims and that were looked at."""
    discoveries: tuple[Discovery, ...]
    """By location; also those that somebody has acknowledged."""
    unread: tuple[Unread, ...]
    passed_over: int
    """Files and objects that were not looked into, only at their names."""

    @property
    def unclaimed(self) -> tuple[Discovery, ...]:
        """Those that nobody has acknowledged, or not for this long."""
        return tuple(each for each in self.discoveries if each.counts(self.as_of))


def discover(installation: Installation, as_of: date, stores: Sequence[str] = ()) -> Discovered:
    """Look for personal data that no rule claims. ``stores``: only in these; empty: in all.

    Reads only, with the credential that only reads where there is one. A store that cannot
    be reached is told as unread. Raises RuleError, UsageError for a store nobody declared.
    """
    chosen = _chosen(installation, stores)
    looked = [each for store in chosen for each in _looked(installation, store)]
    found = [each for each in looked if each.sightings]
    return Discovered(
        as_of=as_of,
        stores=chosen,
        places=sum(each.unread is None for each in looked),
        discoveries=tuple(_discoveries(found, installation.schedule.acknowledged)),
        unread=tuple(
            Unread(location=each.location, sentence=each.unread)
            for each in looked
            if each.unread is not None
        ),
        passed_over=sum(each.passed_over for each in looked),
    )


def _chosen(installation: Installation, stores: Sequence[str]) -> tuple[str, ...]:
    known = installation.schedule.stores
    for name in stores:
        if name not in known:
            raise UsageError(f"There is no store {quoted(name)}.{nearest(name, known)}")
    return tuple(dict.fromkeys(stores)) or tuple(known)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """What is left of a sample once it was judged: its values are forgotten."""

    location: str
    store: str
    items: int | None = None
    passed_over: int = 0
    unread: str | None = None
    sightings: tuple[Sighting, ...] = ()


def _looked(installation: Installation, store: str) -> Iterator[_Looked]:
    instances = [
        instance
        for rule in installation.schedule.rules
        for instance in rule.stored_instances
        if instance.store == store
    ]
    try:
        with installation.store(store, reader=True) as opened:
            for sampled in opened.unclaimed(instances):
                yield _judged(store, sampled)
    except KeepuntilError as error:
        yield _Looked(location=f"{store}/", store=store, unread=error.sentence)


def _judged(store: str, sampled: Sampled) -> _Looked:
    return _Looked(
        location=f"{store}/{sampled.where.lstrip('/')}",
        store=store,
        items=sampled.items,
        passed_over=sampled.passed_over,
        unread=sampled.unread,
        sightings=_sightings(sampled),
    )


def _sightings(sampled: Sampled) -> tuple[Sighting, ...]:
    """Of each kind the surest; a series of paper is one as a whole."""
    if sampled.kind is not None:
        return (Sighting(kind=sampled.kind, sampled=0, matched=0, confidence=1.0),)
    best: dict[Kind, Sighting] = {}
    found = [each for seen in sampled.fields for each in judge(seen)]
    for each in sorted(found, key=_surest_first):
        best.setdefault(each.kind, each)
    return tuple(best.values())


def _surest_first(sighting: Sighting) -> tuple[float, int, str]:
    return (-sighting.confidence, -sighting.matched, sighting.kind)


def _discoveries(
    found: Iterable[_Looked], acknowledged: Sequence[Acknowledgement]
) -> Iterator[Discovery]:
    """One a location, in their order; places that are shown alike are one."""
    by_location: dict[str, _Looked] = {}
    for each in found:
        by_location.setdefault(each.location, each)
    for location in sorted(by_location):
        looked = by_location[location]
        yield Discovery(
            location=location,
            store=looked.store,
            items=looked.items,
            sightings=looked.sightings,
            acknowledged=_said_of(location, acknowledged),
        )


def _said_of(location: str, acknowledged: Sequence[Acknowledgement]) -> Acknowledgement | None:
    """What holds the longest of what people said of the place."""
    said = [each for each in acknowledged if each.covers(location)]
    return max(said, key=lambda each: each.until, default=None)
