"""The files of a policy folder: which there are, and their bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from keepuntil.rules.document import LARGEST_FILE, Document, read_document
from keepuntil.rules.problems import refuse

STORES: Final = "stores.yaml"
PEOPLE: Final = "people.yaml"
CATEGORIES: Final = "categories.yaml"
EVIDENCE: Final = "evidence.yaml"
RULES: Final = "rules"
CALENDARS: Final = "calendars"

_SUFFIX: Final = ".yaml"
_NOTES: Final = ".md"


def read_file(
    folder: Path, name: str, excerpt: Callable[[bytes], bytes] = lambda data: data
) -> Document:
    """The document in ``folder/name``; a file that is not there or not readable is a problem.

    ``excerpt`` may blank out what is not needed, for readers in a hurry.
    """
    path = folder / name
    document = Document(name)
    try:
        if not path.is_file():
            document.note((1, 1), "There is no such file.")
            return document
        with path.open("rb") as stream:
            return read_document(excerpt(stream.read(LARGEST_FILE + 1)), name)
    except OSError as error:
        document.note((1, 1), f"The file cannot be read: {error.strerror}.")
        return document


def content_of(path: Path) -> object:
    """What a file says that is no part of the policies. Raises RuleError with every place."""
    document = read_file(path.parent, path.name)
    refuse(document.problems)
    return document.content


def names_in(folder: Path, below: str) -> tuple[list[str], list[Document]]:
    """Names of the YAML files below ``folder/below``, and what else lies there as documents
    with a problem: a rule whose file is named wrongly must not be forgotten.

    Hidden files and folders are not looked at: mounted volumes keep their links in them.
    """
    names, others = [], []
    for path in sorted((folder / below).rglob("*")):
        relative = path.relative_to(folder)
        if any(part.startswith(".") for part in relative.parts) or path.is_dir():
            continue
        if path.suffix == _SUFFIX:
            names.append(relative.as_posix())
        elif path.suffix != _NOTES:
            other = Document(relative.as_posix())
            other.note((1, 1), "Only .yaml files are read here: rename it or take it away.")
            others.append(other)
    return names, others


def stem(name: str) -> str:
    """What a file is called without folder and ``.yaml``."""
    return name.rsplit("/", 1)[-1].removesuffix(_SUFFIX)
