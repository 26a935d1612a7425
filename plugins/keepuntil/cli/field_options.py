"""Options for the fields of a value, and the value back: from options, from a file, from both."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import click

from keepuntil.cli.day import DAY
from keepuntil.domain.plain_documents import document_of, value_of

Value = TypeVar("Value")
Command = TypeVar("Command", bound=Callable[..., Any])


def field_options(kind: type, words: Mapping[str, str]) -> Callable[[Command], Command]:
    """Click's options for those fields of a dataclass that ``words`` explain, in that order.

    A field named ``x_y`` is given as ``--x-y``, a list by repeating its option.
    """
    hints = get_type_hints(kind)
    named = {field.name for field in fields(kind)}

    def decorate(command: Command) -> Command:
        for name in reversed([name for name in words if name in named]):
            command = _option(name, _plain(hints[name]), words[name])(command)
        return command

    return decorate


def file_option(command: Command) -> Command:
    """``--file``: a YAML file with the same fields. What is given beside it wins."""
    path = click.Path(path_type=Path, exists=True, dir_okay=False)
    return click.option("--file", "file", type=path, help="A YAML file with these fields.")(command)


def value_given(
    kind: type[Value], given: Mapping[str, Any], file: Path | None, *, where: str
) -> Value:
    """The value that file and options say together. Raises UsageError, RuleError."""
    document: dict[str, Any] = {}
    if file is not None:
        from keepuntil.rules.policy_files import content_of

        read = content_of(file)
        document = dict(read) if isinstance(read, Mapping) else {file.name: read}
    told = {name: value for name, value in given.items() if value not in (None, ())}
    return value_of(kind, document | document_of_options(told), where=where)


def document_of_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, as a plain document."""
    return {name: document_of(value) for name, value in given.items()}


def _plain(hint: Any) -> Any:
    if get_origin(hint) in {Union, types.UnionType}:
        return next(one for one in get_args(hint) if one is not type(None))
    return hint


def _option(name: str, kind: Any, words: str) -> Callable[[Command], Command]:
    spelled = f"--{name.replace('_', '-')}"
    if get_origin(kind) is tuple:
        return click.option(spelled, name, multiple=True, help=f"{words} Repeat for more.")
    if kind is bool:
        return click.option(f"{spelled}/--not-{spelled[2:]}", name, default=None, help=words)
    return click.option(spelled, name, type=_type(kind), help=words)


def _type(kind: Any) -> Any:
    if kind is date:
        return DAY
    if kind is int:
        return click.IntRange(min=0)
    if issubclass(kind, StrEnum):
        return click.Choice([one.value for one in kind])
    return str
