"""A document to its shape: every mistake becomes a sentence at its place."""

from __future__ import annotations

from typing import Final, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from keepuntil.rules.document import Document, Mapping, Path
from keepuntil.rules.problems import nearest, quoted
from keepuntil.rules.shape import Shape, owner_in_words
from keepuntil.rules.value_types import said

AnyShape = TypeVar("AnyShape", bound=Shape)

STORE_KINDS: Final = ("sql", "s3", "files", "paper")
LATER_KINDS: Final = ("processor",)
_SECRETS: Final = ("url", "reader", "credentials")

_WANTED: Final = {
    "string_type": "a text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "keys with their values",
    "model_type": "keys with their values",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
}


def read_shape(document: Document, kind: type[AnyShape], what: str) -> AnyShape | None:
    """The content of a document as ``kind``, or None with the mistakes noted in it.

    ``what`` names the file's content for somebody who wrote something else.
    """
    if not isinstance(document.content, Mapping):
        if not document.problems:
            hint = _colon(document.content)
            document.note((1, 1), f"Here stands {what}: keys with their values.{hint}")
        return None
    try:
        read = kind.model_validate(document.content, context=document)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            _note(document, details)
        return None
    return None if document.problems else read


def _colon(content: object) -> str:
    if isinstance(content, str) and "：" in content:
        return " A full-width colon (：) does not separate a key from its value; write ': '."
    return ""


def _note(document: Document, details: ErrorDetails) -> None:
    path = _path(details)
    spoiled = any(path[:end] in document.spoiled for end in range(1, len(path) + 1))
    # A lacking key has been noted by the shape itself, which knows what it is for.
    if spoiled or details["type"] == "missing":
        return
    if details["loc"][-1] == "[key]":
        document.note_at_key(path, _sentence(path, details))
    elif details["type"].startswith("union_tag") or path[-1:] == ("kind",):
        _note_kind(document, path, details["input"])
    else:
        document.note_at(path, _sentence(path, details))


def _path(details: ErrorDetails) -> Path:
    """The place in the file: what pydantic says, without the names of alternatives."""
    steps = (step for step in details["loc"] if not _is_alternative(step))
    return tuple(steps)


def _is_alternative(step: int | str) -> bool:
    return isinstance(step, str) and (step == "[key]" or step[:1] + step[-1:] == "<>")


def _sentence(path: Path, details: ErrorDetails) -> str:
    kind, value = details["type"], details["input"]
    if kind == "value_error":
        return str(details["ctx"]["error"])
    if kind == "too_short":
        return f"{owner_in_words(path)} is empty; name at least one."
    if path and path[-1] in _SECRETS:
        return (
            f"'{path[-1]}' says where the secret is found, and never holds it: "
            "{env: NAME}, {file: PATH} or {airflow: CONNECTION}."
        )
    wanted = _WANTED[kind].format(**details.get("ctx", {}))
    return f"{owner_in_words(path)} wants {wanted}, not {said(value)}."


def _note_kind(document: Document, path: Path, value: object) -> None:
    """Say what is wrong with ``kind``: of a store, or of an instance that has no store."""
    on_kind = path[-1:] == ("kind",)
    if not on_kind and not isinstance(value, dict):
        document.note_at(path, f"{owner_in_words(path)} wants keys with their values.")
        return
    kind = value.get("kind") if isinstance(value, dict) else value
    known = STORE_KINDS if path[:1] == ("stores",) else ("backup",)
    at = path if on_kind else (*path, "kind")
    if kind is None:
        document.note_at_key(path, f"{owner_in_words(path)} lacks 'kind': {', '.join(known)}.")
    elif kind in LATER_KINDS:
        document.note_at(at, f"Kind '{kind}' is not supported yet: leave it out for now.")
    else:
        word = kind if isinstance(kind, str) else said(kind)
        document.note_at(at, f"{quoted(word)} is not a kind here.{nearest(word, known)}")
