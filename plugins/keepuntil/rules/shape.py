"""What all shapes share: strict, frozen, and unknown keys are told with the nearest known one."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from keepuntil.rules.document import Document, Mapping, Path
from keepuntil.rules.problems import nearest, quoted


class Shape(BaseModel):
    """A mapping with exactly the keys named.

    Validated with a :class:`Document` as context, keys that are unknown or lacking are
    noted there, where the shape is known, and all other mistakes are found as well.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _note_unknown_and_lacking_keys(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, Mapping) or not isinstance(info.context, Document):
            return value
        if value.path in info.context.spoiled:
            return {}
        fields = {field.alias or name: field for name, field in cls.model_fields.items()}
        for key in [key for key in value if key not in fields]:
            sentence = f"{quoted(key)} is not a key here.{nearest(key, fields)}"
            info.context.note_at_key((*value.path, key), sentence)
        for key, field in fields.items():
            if field.is_required() and key not in value:
                owner = owner_in_words(value.path)
                info.context.note_at_key(value.path, f"{owner} lacks '{key}': {field.description}.")
        return {key: part for key, part in value.items() if key in fields}


def owner_in_words(path: Path) -> str:
    """How a sentence names the mapping at ``path``."""
    match path:
        case (*_, str(parent), int(at)):
            return f"Entry {at + 1} of '{parent}'"
        case (*_, last):
            return f"'{last}'"
        case _:
            return "The file"


def maybe(text: str) -> Any:
    """A key that may be left out."""
    return Field(default=None, description=text)


def text_or_keys(value: object) -> str:
    """Which of the two ways of writing an entry this is: one word, or keys in braces."""
    return "<text>" if isinstance(value, str) else "<keys>"
