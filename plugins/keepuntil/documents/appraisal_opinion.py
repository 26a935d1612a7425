"""The appraisal opinion (鉴定意见书): what the panel says of each group before a list is signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from keepuntil.documents.custody_words import (
    APPRAISAL,
    COLUMNS,
    DEPARTMENTS,
    FACTS,
    ROLES,
    SHARED,
    called,
)
from keepuntil.documents.dossier import columns, moment, signature, title_of
from keepuntil.documents.typesetting import Language, code_to_scan, typeset
from keepuntil.documents.words import in_language
from keepuntil.domain.categories import Text
from keepuntil.domain.periods import Period
from keepuntil.errors import EvidenceError


class Opinion(StrEnum):
    """What the panel can say of a group (会计档案管理办法 17, 19)."""

    DESTROY = "destroy"
    EXTEND = "extend"
    """Keep it until a later day, for a reason."""
    EXTRACT = "extract"
    """Take out what is unsettled and file it by itself (抽出立卷)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppraisedGroup:
    """One item, or several that one opinion is given on."""

    what: str
    """As the archive calls it: a reference, or years and boxes. Never a customer's name."""
    items: int
    retention: Period | None
    retain_until: date | None
    """The last day it has to be kept; None: not known here, to be written by hand."""
    opinion: Opinion | None = None
    """None: to be marked by hand."""
    until: date | None = None
    """Of an extension: the new last day."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelMember:
    """One place in the panel (鉴定小组)."""

    role: str
    department: str
    """Empty: whoever signs in the role may be of any."""
    person: str = ""
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraisal:
    """What a panel was asked about one list, and what it said so far."""

    number: str
    controller: str
    category: str
    title: Text
    authorities: tuple[str, ...]
    list_number: str
    list_digest: str
    groups: tuple[AppraisedGroup, ...]
    panel: tuple[PanelMember, ...]
    zone: str
    on: date


def appraisal_pages(appraisal: Appraisal, language: Language) -> bytes:
    """An unsigned PDF, to be marked and signed or as it was.

    Raises EvidenceError for an extension without a day or a reason, for an extraction
    without a reason, and where there is no group or no panel.
    """
    _refuse_unfounded(appraisal)
    return typeset(
        "appraisal_opinion",
        {
            "category": title_of(appraisal.title, language),
            "code": code_to_scan(f"keepuntil:{appraisal.number}:{appraisal.list_digest}"),
            "controller": appraisal.controller,
            "digest": appraisal.list_digest,
            "groups": {
                "columns": _columns(language),
                "rows": [_row(n, group, language) for n, group in enumerate(appraisal.groups, 1)],
            },
            "number": appraisal.number,
            "on": appraisal.on.isoformat(),
            "sentence": _sentence(appraisal, language),
            "signatures": [
                _signature(member, appraisal.zone, language) for member in appraisal.panel
            ],
            "what": _what(appraisal, language),
            "words": in_language({**SHARED, **APPRAISAL}, language),
        },
        language,
    )


def _refuse_unfounded(appraisal: Appraisal) -> None:
    if not appraisal.groups or not appraisal.panel:
        raise EvidenceError(
            f"The appraisal {appraisal.number} has no group or no panel; there is no opinion on "
            "nothing, and none by nobody."
        )
    for place, group in enumerate(appraisal.groups, start=1):
        missing = _missing(group)
        if missing:
            raise EvidenceError(
                f"Line {place} of the appraisal {appraisal.number} says {group.opinion} without "
                f"{missing}; enter it first."
            )


def _missing(group: AppraisedGroup) -> str:
    if group.opinion is Opinion.EXTEND and group.until is None:
        return "the day until which it is kept"
    if group.opinion in (Opinion.EXTEND, Opinion.EXTRACT) and not group.reason.strip():
        return "a reason"
    return ""


def _sentence(appraisal: Appraisal, language: Language) -> str:
    title, groups = title_of(appraisal.title, language), appraisal.groups
    items = sum(group.items for group in groups)
    if language == "zh":
        opening = (
            f"鉴定小组对“{title}”类别中保管期限已满的 {len(groups):,} 组、{items:,} 件进行鉴定。"
        )
    else:
        opening = (
            f"The panel appraised {items:,} items of “{title}” in {len(groups):,} groups whose "
            "retention has ended. "
        )
    return opening + _tally(groups, language)


def _tally(groups: Sequence[AppraisedGroup], language: Language) -> str:
    """What came of it, once there is an opinion on everything."""
    if any(group.opinion is None for group in groups):
        return ""
    count = {
        opinion: sum(group.items for group in groups if group.opinion is opinion)
        for opinion in Opinion
    }
    gone, longer, out = (f"{count[opinion]:,}" for opinion in Opinion)
    if language == "zh":
        return f"结论：销毁 {gone} 件，延期保管 {longer} 件，未了事项抽出立卷 {out} 件。"
    return f"Its opinion: destroy {gone}, keep {longer} longer, take out {out} as unsettled."


def _what(appraisal: Appraisal, language: Language) -> list[list[str]]:
    names = in_language(FACTS, language)
    return [
        [names["category"], appraisal.category],
        [names["authorities"], "；".join(appraisal.authorities)],
        [names["list"], appraisal.list_number],
        [names["on"], appraisal.on.isoformat()],
    ]


def _columns(language: Language) -> list[str]:
    marks = [opinion.value for opinion in Opinion]
    return columns(
        language, "number", "group", "items", "retention", "retain_until", *marks, "reason"
    )


def _row(number: int, group: AppraisedGroup, language: Language) -> dict[str, object]:
    last_day = "" if group.retain_until is None else group.retain_until.isoformat()
    period = "" if group.retention is None else group.retention.in_words(language)
    return {
        "before": [f"{number:,}", group.what, f"{group.items:,}", period, last_day],
        "marks": [group.opinion is opinion for opinion in Opinion],
        "reason": _reason(group, language),
    }


def _reason(group: AppraisedGroup, language: Language) -> str:
    if group.until is None:
        return group.reason
    return in_language(COLUMNS, language)["until"].format(group.until) + group.reason


def _signature(member: PanelMember, zone: str, language: Language) -> dict[str, str]:
    department = called(DEPARTMENTS, member.department, language)
    role = called(ROLES, member.role, language)
    given = "" if member.signed_at is None else f"{moment(member.signed_at, zone)} {zone}"
    return signature(" · ".join(filter(None, (department, role))), member.person, given)
