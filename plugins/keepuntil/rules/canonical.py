"""A rule, or the stores it names, as a JSON-able document that means the same and no more.

Comments, order of keys and ways of writing one value do not change it. A key that was
left out is left out here, so a key that a later version adds changes no digest of today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, time
from decimal import Decimal
from typing import Any, Final

from keepuntil.domain.categories import (
    BackupInstance,
    FilesInstance,
    FromAge,
    FromColumn,
    FromExpression,
    FromInstance,
    FromMetadata,
    FromName,
    FromTag,
    PaperInstance,
    Rule,
    S3Instance,
    SqlInstance,
)
from keepuntil.domain.periods import CALENDAR_YEAR, Period, YearStart
from keepuntil.domain.stores import FilesStore, PaperStore, S3Store, SqlStore, StoreDeclaration
from keepuntil.domain.working_days import WorkingDays
from keepuntil.evidence import canonical

VERSION: Final = 1

_KINDS: Final[Mapping[type, str]] = {
    SqlInstance: "sql",
    S3Instance: "s3",
    FilesInstance: "files",
    PaperInstance: "paper",
    BackupInstance: "backup",
    FromColumn: "column",
    FromExpression: "expression",
    FromInstance: "instance",
    FromAge: "age",
    FromTag: "tag",
    FromMetadata: "metadata",
    FromName: "name",
    SqlStore: "sql",
    S3Store: "s3",
    FilesStore: "files",
    PaperStore: "paper",
}
"""The word that tells the members of a union apart. A word never changes its meaning."""


def rule_document(rule: Rule, working_days: WorkingDays | None) -> dict[str, object]:
    """The rule, with the contents of the calendar it names: a changed holiday changes due dates."""
    document = _members(rule)
    for not_meant in ("digest", "source"):
        document.pop(not_meant, None)
    if working_days is not None:
        document["working_days"] = _members(working_days)
    return {"rule": document, "v": VERSION}


def rule_digest(rule: Rule, working_days: WorkingDays | None) -> str:
    """``sha256:<hex>`` of :func:`rule_document`."""
    return canonical.digest(rule_document(rule, working_days))


def kind_of(member: type) -> str | None:
    """The word that tells a member of a union apart in a document, if it is one."""
    return _KINDS.get(member)


def stores_digest(stores: Mapping[str, StoreDeclaration]) -> str:
    """``sha256:<hex>`` over declarations of stores: where they are, never their secrets."""
    document = {name: _plain(store) for name, store in stores.items()}
    return canonical.digest({"stores": document, "v": VERSION})


def _members(value: Any) -> dict[str, object]:
    found = {each.name: getattr(value, each.name) for each in fields(value)}
    return {name: _plain(part) for name, part in found.items() if not _left_out(part)}


def _left_out(part: object) -> bool:
    return part is None or part is False or part in ((), CALENDAR_YEAR)


def _plain(value: object) -> object:
    match value:
        case tuple():
            return [_plain(part) for part in value]
        case frozenset():
            return [_plain(part) for part in sorted(value)]
        case bool() | int():
            return value
        case str():
            return str(value)
        case Period() | YearStart() | date() | time() | Decimal():
            return _text(value)
        case _:
            kind = _KINDS.get(type(value))
            return _members(value) | ({"kind": kind} if kind is not None else {})


def _text(value: Period | YearStart | date | time | Decimal) -> str:
    match value:
        case time():
            return value.strftime("%H:%M")
        case Decimal():
            return format(value.normalize(), "f")
        case _:
            return str(value)
