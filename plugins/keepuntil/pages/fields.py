"""The fields of a value as a form shows them, and the value back from what was filled in.

The command line does the same with options (``cli/field_options.py``).
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from fastapi import Depends, Request

from keepuntil.domain.plain_documents import document_of, value_of
from keepuntil.domain.problems import Milestone, milestone
from keepuntil.errors import UsageError

Value = TypeVar("Value")
Filled = Mapping[str, str]
"""What somebody filled in, by the field's name; what was left empty is not there."""

_LONG: Final = frozenset({"description", "goal", "reason", "words", "interim"})
_WHETHER: Final = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a form."""

    name: str
    kind: str
    """``text``, ``long``, ``lines``, ``date``, ``number``, ``whether`` or ``choice``."""
    required: bool
    choices: tuple[StrEnum, ...] = ()


def fields_of(kind: type, names: tuple[str, ...] = (), *, also: str = "") -> tuple[Field, ...]:
    """The form's fields: those named, or all; ``also``: required, though the value can do without.

    The names of required fields in ``also`` are separated by spaces.
    """
    hints = get_type_hints(kind)
    wanted = [each for each in fields(kind) if not names or each.name in names]
    return tuple(
        Field(
            name=each.name,
            kind=_kind(each.name, hints[each.name]),
            required=each.default is MISSING or each.name in also.split(),
            choices=_choices(hints[each.name]),
        )
        for each in wanted
    )


async def _filled(request: Request) -> Filled:
    form = await request.form()
    texts = ((name, value.strip()) for name, value in form.items() if isinstance(value, str))
    return {name: text for name, text in texts if text}


filled = Depends(_filled)
"""A view's ``Annotated[Filled, filled]``: what came with the form."""


def value_filled(kind: type[Value], given: Filled, *, where: str) -> Value:
    """The value that a form says. Raises UsageError, which names the field."""
    hints = get_type_hints(kind)
    said = {name: _read(name, hints[name], text) for name, text in given.items() if name in hints}
    return value_of(kind, said, where=where)


def _read(name: str, hint: Any, text: str) -> Any:
    match _kind(name, hint):
        case "number":
            return int(text) if text.isdecimal() else text
        case "whether":
            return _WHETHER.get(text, text)
        case "lines":
            return [_line(hint, each) for each in text.splitlines() if each.strip()]
        case _:
            return text


def _line(hint: Any, text: str) -> Any:
    return document_of(milestone(text)) if Milestone in get_args(hint) else text.strip()


def _kind(name: str, hint: Any) -> str:
    plain = _plain(hint)
    if get_origin(plain) is tuple:
        return "lines"
    if issubclass(plain, StrEnum):
        return "choice"
    if plain is str:
        return "long" if name in _LONG else "text"
    return {date: "date", int: "number", bool: "whether"}[plain]


def _choices(hint: Any) -> tuple[StrEnum, ...]:
    plain = _plain(hint)
    is_word = isinstance(plain, type) and issubclass(plain, StrEnum)
    return tuple(plain) if is_word else ()


def _plain(hint: Any) -> Any:
    if get_origin(hint) in {Union, types.UnionType}:
        return next(one for one in get_args(hint) if one is not type(None))
    return hint


def day_filled(text: str) -> date | None:
    """A civil date, or None where nothing was filled in. Raises UsageError."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("The day has to look like 2027-03-01.") from None
