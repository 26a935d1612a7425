"""What people have said of found places (``discoveries.yaml``): the shape to values."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from keepuntil.domain.discoveries import Acknowledgement
from keepuntil.rules.declarations import DiscoveriesShape
from keepuntil.rules.document import Document
from keepuntil.rules.problems import nearest, quoted
from keepuntil.rules.reading import read_shape

_ANY: Final = "*"


def discoveries_of(
    document: Document, stores: Collection[str], people: Collection[str]
) -> tuple[Acknowledgement, ...] | None:
    """The acknowledgements, in the order of the file; None when something was noted.

    ``stores`` and ``people`` are the names that may be used.
    """
    shape = read_shape(document, DiscoveriesShape, "what was said of found places")
    if shape is None:
        return None
    seen: set[str] = set()
    for at, each in enumerate(shape.discoveries):
        _check_location(document, at, each.location, stores)
        if each.location in seen:
            document.note_at(("discoveries", at, "location"), "This place is listed twice.")
        seen.add(each.location)
        if each.by not in people:
            sentence = f"There is no {quoted(each.by)} in people.yaml.{nearest(each.by, people)}"
            document.note_at(("discoveries", at, "by"), sentence)
    if document.problems:
        return None
    return tuple(Acknowledgement(**dict(each)) for each in shape.discoveries)


def _check_location(document: Document, at: int, location: str, stores: Collection[str]) -> None:
    path = ("discoveries", at, "location")
    store, slash, rest = location.partition("/")
    if not slash or not rest:
        document.note_at(path, "A location is written store/place, as `keepuntil discover` does.")
    elif store not in stores:
        document.note_at(
            path, f"There is no store {quoted(store)} in stores.yaml.{nearest(store, stores)}"
        )
    if _ANY in location[:-1]:
        document.note_at(path, "A * stands at the end of a location only.")
