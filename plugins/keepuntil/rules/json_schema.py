"""JSON Schema (2020-12) of the files people write, so that editors complete and check them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from keepuntil.rules.declarations import (
    CalendarShape,
    CategoriesShape,
    DiscoveriesShape,
    PeopleShape,
    StoresShape,
)
from keepuntil.rules.schema import RuleShape
from keepuntil.rules.shape import Shape

_SHAPES: Final[Mapping[str, tuple[type[Shape], str]]] = {
    "rule": (RuleShape, "A retention rule: one category, one file"),
    "stores": (StoresShape, "How stores are reached"),
    "people": (PeopleShape, "Who may approve, attest and witness"),
    "categories": (CategoriesShape, "Every category that is known to exist"),
    "discoveries": (DiscoveriesShape, "What people have said of found places"),
    "calendar": (CalendarShape, "Holidays and make-up working days"),
}
KINDS: Final = tuple(_SHAPES)


def json_schema(kind: str) -> dict[str, Any]:
    """The schema of one of :data:`KINDS`. KeyError for another word is a programming error."""
    shape, title = _SHAPES[kind]
    schema = shape.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": title}


def keys_of(kind: str) -> frozenset[str]:
    """Every key that may be written in such a file: each has a heading in ``docs/rules.md``."""
    schema = json_schema(kind)
    objects = [schema, *schema.get("$defs", {}).values()]
    return frozenset(key for each in objects for key in each.get("properties", {}))
