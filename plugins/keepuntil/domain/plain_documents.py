"""Frozen values as plain documents and back: for the register, for what people write in files.

A document says every field that is not None, dates as ``2026-11-26``, words as their codes.
Reading takes exactly the fields there are, and says in a sentence what is not one of them.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from keepuntil.errors import UsageError

Value = TypeVar("Value")

_WANTED = {str: "a text", int: "a whole number of at least 0", bool: "true or false"}


def document_of(value: object) -> Any:
    """The plain document of a value: mappings, lists, texts, numbers, true and false."""
    if is_dataclass(value) and not isinstance(value, type):
        said = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: document_of(part) for name, part in said if part is not None}
    if isinstance(value, tuple | list):
        return [document_of(part) for part in value]
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def value_of(kind: type[Value], document: object, *, where: str) -> Value:
    """The value of a class that a document says. Raises UsageError, which names the field."""
    return cast("Value", _read(kind, document, where))


def _read(kind: Any, document: object, where: str) -> Any:
    if get_origin(kind) in {Union, types.UnionType}:
        return _read(next(one for one in get_args(kind) if one is not type(None)), document, where)
    if get_origin(kind) is tuple:
        return _list(get_args(kind)[0], document, where)
    if is_dataclass(kind):
        return _mapping(kind, document, where)
    if issubclass(kind, StrEnum):
        return _word(kind, document, where)
    if kind is date:
        return _day(document, where)
    # bool is an int to Python, and no number to people.
    if type(document) is not kind or document == "" or (kind is int and cast("int", document) < 0):
        raise UsageError(f"'{where}' wants {_WANTED[kind]}.")
    return document


def _mapping(kind: Any, document: object, where: str) -> Any:
    if not isinstance(document, Mapping):
        raise UsageError(f"'{where}' wants keys with their values.")
    known = {field.name: field for field in fields(kind)}
    for name in document:
        if name not in known:
            raise UsageError(
                f"'{name}' is no field of '{where}'. There are: {', '.join(sorted(known))}."
            )
    for name, field in known.items():
        has_default = field.default is not MISSING or field.default_factory is not MISSING
        if name not in document and not has_default:
            raise UsageError(f"'{where}' lacks '{name}'.")
    hints = _hints(kind)
    return kind(**{name: _read(hints[name], part, name) for name, part in document.items()})


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _list(kind: Any, document: object, where: str) -> tuple[Any, ...]:
    if not isinstance(document, list | tuple):
        raise UsageError(f"'{where}' wants a list.")
    return tuple(_read(kind, part, where) for part in document)


def _word(kind: type[StrEnum], document: object, where: str) -> StrEnum:
    try:
        return kind(cast("str", document))
    except ValueError:
        words = ", ".join(one.value for one in kind)
        raise UsageError(f"'{where}' is one of: {words}.") from None


def _day(document: object, where: str) -> date:
    if type(document) is date:
        return document
    try:
        return date.fromisoformat(cast("str", document))
    except (TypeError, ValueError):
        raise UsageError(f"'{where}' wants a date like 2026-11-26.") from None
