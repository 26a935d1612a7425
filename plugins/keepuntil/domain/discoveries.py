"""Personal data that no rule claims, where it was found, and what people have said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from keepuntil.domain.personal_data.judging import Sighting


class Verdict(StrEnum):
    """What somebody who looked says of a place."""

    NOT_PERSONAL_DATA = "not_personal_data"
    BEING_RULED = "being_ruled"
    """It is personal data, and a rule for it is on its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """One entry of ``discoveries.yaml``."""

    location: str
    """A location, or the beginning of several with ``*`` behind it."""
    verdict: Verdict
    reason: str
    by: str
    """The person's id in people.yaml."""
    until: date
    """The last day on which it counts."""

    def covers(self, location: str) -> bool:
        """Whether it speaks of this place."""
        if self.location.endswith("*"):
            return location.startswith(self.location[:-1])
        return location == self.location


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """One place with personal data and no rule. It holds no value, and its name shows none."""

    location: str
    """``store/table.column``, ``store/prefix/``, ``store/folder/`` or ``store/series``: the same
    every week."""
    store: str
    items: int | None
    """About how many rows, objects or files; None: nobody knows without counting."""
    sightings: tuple[Sighting, ...]
    """The surest first."""
    acknowledged: Acknowledgement | None
    """What somebody says of it, in force or run out; None: nobody does."""

    def counts(self, as_of: date) -> bool:
        """Whether it is unclaimed on a day: nobody has said anything, or not for that long."""
        return self.acknowledged is None or self.acknowledged.until < as_of
