"""A rule as the register kept it (:mod:`.canonical`), read back to the same value.

What is read back has to come to the digest it was kept under, so nothing can be replayed
by a rule that means something else than it did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from datetime import date, time
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from keepuntil.domain.categories import Rule
from keepuntil.domain.periods import CALENDAR_YEAR, Period, YearStart
from keepuntil.domain.working_days import WorkingDays
from keepuntil.errors import RuleError
from keepuntil.evidence import canonical
from keepuntil.rules.canonical import VERSION, kind_of, rule_digest

_LARGEST: Final = 1 << 22
_WORKING_DAYS: Final = "working_days"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedRule:
    """One version of a rule, whole."""

    rule: Rule
    working_days: WorkingDays | None
    """The calendar that its clock names, as it was."""


def read_archived(category: str, digest: str, text: bytes) -> ArchivedRule:
    """The version of this digest. Raises RuleError when the text does not come to it again."""
    try:
        archived = _read(category, canonical.parse(text, what="a rule", max_bytes=_LARGEST))
    except (KeyError, TypeError, ValueError):
        raise _foreign(category, digest) from None
    if rule_digest(archived.rule, archived.working_days) != digest:
        raise _foreign(category, digest)
    return replace(archived, rule=replace(archived.rule, digest=digest))


def _foreign(category: str, digest: str) -> RuleError:
    return RuleError(
        f"The version {digest} of the rule {category} cannot be read by this version of Keepuntil "
        "as what it was; nothing is planned or replayed by it."
    )


def _read(category: str, document: Any) -> ArchivedRule:
    if document["v"] != VERSION:
        raise ValueError(document["v"])
    written = dict(document["rule"])
    days = written.pop(_WORKING_DAYS, None)
    written |= {"digest": "", "source": f"an earlier version of {category}"}
    return ArchivedRule(
        rule=_value(Rule, written),
        working_days=None if days is None else _value(WorkingDays, days),
    )


def _value(wanted: Any, written: Any) -> Any:
    """One value of the type ``wanted``, as :func:`.canonical.rule_document` wrote it."""
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin in (Union, UnionType):
        return _member(inner, written)
    if origin is tuple:
        if inner[-1] is Ellipsis:
            return tuple(_value(inner[0], each) for each in written)
        return tuple(_value(each, part) for each, part in zip(inner, written, strict=True))
    if origin is frozenset:
        return frozenset(_value(inner[0], each) for each in written)
    return _single(wanted, written)


def _single(wanted: Any, written: Any) -> Any:
    if wanted is Period:
        return Period.parse(written)
    if wanted is YearStart:
        return YearStart.parse(written)
    if wanted in (date, time):
        return wanted.fromisoformat(written)
    if wanted is Decimal or issubclass(wanted, Enum):
        return wanted(written)
    if isinstance(wanted, type) and is_dataclass(wanted):
        return _members(wanted, written)
    if type(written) is not wanted:
        raise TypeError(wanted)
    return written


def _member(members: tuple[Any, ...], written: Any) -> Any:
    """Of a union the member that the written ``kind`` names; where there is one only, that."""
    real = [member for member in members if member is not NoneType]
    if len(real) == 1:
        return _value(real[0], written)
    (member,) = (member for member in real if kind_of(member) == written["kind"])
    return _members(member, {name: part for name, part in written.items() if name != "kind"})


def _members(wanted: type, written: Mapping[str, Any]) -> Any:
    kind = kind_of(wanted)
    given = {name: part for name, part in written.items() if (name, part) != ("kind", kind)}
    hints = _hints(wanted)
    if not given.keys() <= hints.keys():
        raise KeyError(wanted)
    values = {name: _value(hint, given[name]) for name, hint in hints.items() if name in given}
    return wanted(**_left_out(wanted, hints, values), **values)


@cache
def _hints(wanted: type) -> dict[str, Any]:
    return get_type_hints(wanted)


def _left_out(
    wanted: Any, hints: Mapping[str, Any], values: Mapping[str, Any]
) -> dict[str, object]:
    """What stands for a key that was left out because its value says nothing."""
    lacking = [each for each in fields(wanted) if each.name not in values]
    return {each.name: _nothing(hints[each.name]) for each in lacking if each.default is MISSING}


def _nothing(wanted: Any) -> object:
    if wanted is bool:
        return False
    if wanted is YearStart:
        return CALENDAR_YEAR
    if get_origin(wanted) in (Union, UnionType) and NoneType in get_args(wanted):
        return None
    if get_origin(wanted) is tuple:
        return ()
    raise KeyError(wanted)
