"""Names of places as they may be shown: without what varies from record to record."""

from __future__ import annotations

import re
from typing import Final

from keepuntil.domain.personal_data.patterns import kinds_in
from keepuntil.domain.personal_data.people_names import may_name_someone

VARIES: Final = "{…}"
"""Stands where names differ from record to record, or would say something of a person."""

_NUMBERED: Final = re.compile(r"\d{3,}(?:[-_.]?\d+)*|\d{1,2}(?:[-_.]\d+)+")
_TOKEN: Final = re.compile(r"(?=[^\d]*\d)[0-9a-f]{8,}(?:-[0-9a-f]{4,}){0,4}", re.IGNORECASE)
_LONGEST: Final = 60


def masked(part: str) -> str:
    """One part of a path, without numbers, tokens and anything that could be about a person."""
    readable = part.isprintable() and len(part) <= _LONGEST
    if not readable or part.isdigit() or _TOKEN.fullmatch(part):
        return VARIES
    if kinds_in(part) or may_name_someone(part):
        return VARIES
    return _NUMBERED.sub(VARIES, part)


def masked_name(name: str) -> str:
    """A table's or column's name: shown as it is, unless an identifier stands in it."""
    return VARIES if kinds_in(name) else name
