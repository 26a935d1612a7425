"""What may happen to a record on a day. Ignorance never destroys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Doubt(StrEnum):
    """Why a clock cannot be computed. Stable codes: findings and counts are kept under them."""

    MISSING_TRIGGER = "missing_trigger"
    SENTINEL_DATE = "sentinel_date"
    FUTURE_TRIGGER = "future_trigger"
    UNREADABLE_EVENT = "unreadable_event"
    UNKNOWN_FLAG = "unknown_flag"
    CALENDAR_YEAR_MISSING = "calendar_year_missing"
    NO_LINKED_RECORD = "no_linked_record"


@dataclass(frozen=True, slots=True)
class Keep:
    """Not due. ``until`` is None while a flag extends it or the category is permanent."""

    until: date | None
    restricted: bool = False
    """Kept, but no processing other than storage (停止处理)."""


@dataclass(frozen=True, slots=True)
class Held:
    """Due, but bound by one or more holds."""

    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """May be destroyed. ``overdue``: ``delete_by`` has passed."""

    since: date
    delete_by: date | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class Undetermined:
    """Not computable, therefore kept, counted and raised as a finding."""

    doubt: Doubt
    event: str


Decision = Keep | Held | Due | Undetermined


def reason_code(decision: Decision) -> str:
    """The stable word for a decision: counts, findings and logs are kept under it."""
    match decision:
        case Keep(restricted=restricted):
            return "restricted" if restricted else "kept"
        case Held():
            return "held"
        case Due(overdue=overdue):
            return "overdue" if overdue else "due"
        case Undetermined(doubt=doubt):
            return doubt.value
