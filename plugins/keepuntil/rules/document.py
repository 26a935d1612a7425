"""Bytes of a YAML 1.2 file to a plain tree that knows where each part stands.

Only the part of YAML that reads the same to every person and every program is
taken: mappings, lists, texts, whole numbers, true and false. The rest is refused
with a sentence: anchors, aliases, merge keys, tags, several documents, keys given
twice, values left out, tabs, and bare words such as ``no`` or ``012`` that one
reader takes for a text and another for something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from keepuntil.rules.problems import Problem, quoted

LARGEST_FILE: Final = 1 << 18
DEEPEST: Final = 12

Path = tuple[str | int, ...]
Place = tuple[int, int]
"""Line and column, from 1."""


class Mapping(dict[str, object]):
    """A mapping of the file. ``path`` says where it is; ``shape`` is for the reader to set."""

    __slots__ = ("path", "shape")

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.shape = ""


class Unsaid:
    """Stands where no usable value was written; the problem has been noted already."""


UNSAID: Final = Unsaid()


@dataclass(slots=True)
class Document:
    """A file that could be read, with the place of every part and the problems met so far."""

    file: str
    content: object = UNSAID
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    spoiled: set[Path] = field(default_factory=set)
    """Parts about which a problem has been noted: whatever follows from it is not said again."""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    """What does not stop anything and should be looked at."""

    def note(self, place: Place, sentence: str) -> None:
        """Add a problem at a place."""
        self.problems.append(Problem(self.file, *place, sentence))

    def note_at(self, path: Path, sentence: str) -> None:
        """Add a problem at the value of ``path``, or of what encloses it where there is none."""
        self.note(self.place(path), sentence)

    def note_at_key(self, path: Path, sentence: str) -> None:
        """Add a problem at the key of ``path``; an entry of a list has none, so at its value."""
        self.note(self.keys.get(path) or self.place(path), sentence)

    def warn_at(self, path: Path, sentence: str) -> None:
        """Add a warning at the key of ``path``, or at its value where it has no key."""
        place = self.keys.get(path) or self.place(path)
        self.warnings.append(Problem(self.file, *place, f"warning: {sentence}"))

    def place(self, path: Path) -> Place:
        """Where the value of ``path`` stands, or what encloses it."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, (1, 1))


def read_document(data: bytes, file: str) -> Document:
    """The document of these bytes. Its ``problems`` say whether it is fit for use."""
    document = Document(file)
    text = _text(data, document)
    if text is not None:
        _parse(text, document)
    return document


_CHARACTERS: Final = {
    "\t": "a tab; indent and separate with spaces",
    "\r": "a carriage return without a line feed; end lines the same way throughout",
    "\ufeff": "a byte order mark; save the file as UTF-8 without one",
}
_UNFIT: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff0-\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def _text(data: bytes, document: Document) -> str | None:
    if len(data) > LARGEST_FILE:
        document.note((1, 1), f"The file is larger than {LARGEST_FILE // 1024} KiB.")
        return None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        document.note((1, 1), "The file is UTF-16; save it as UTF-8.")
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        document.note(_place_after(before), "The file is not UTF-8 here; save it as UTF-8.")
        return None
    text = text.replace("\r\n", "\n")
    for unfit in _UNFIT.finditer(text):
        document.note(_place_after(text[: unfit.start()]), _unfit_sentence(unfit[0]))
    return None if document.problems else text


def _unfit_sentence(character: str) -> str:
    said = _CHARACTERS.get(character, f"the invisible character U+{ord(character):04X}; remove it")
    return f"There is {said}."


def _place_after(text: str) -> Place:
    return text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1


def _parse(text: str, document: Document) -> None:
    tree = _Tree(document)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            tree.take(event)
            if tree.stopped:
                break
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        said = f" ({error.problem})" if error.problem else ""
        document.note(place, f"This is not YAML{said}; look at this line and those above it.")
    except YAMLError:
        document.note((1, 1), "The file is not YAML.")
    else:
        if not tree.documents and not document.problems:
            document.note((1, 1), "The file is empty.")
        if not tree.stopped:
            return
    # Half a file would be refused for everything that stands in the other half.
    document.content = UNSAID


_BARE_TRUTH: Final = re.compile(r"(?i)y|n|yes|no|on|off|true|false")
_WHOLE: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_NUMBER_TO_SOME: Final = re.compile(
    r"(?i)[-+]?([0-9][0-9_,]*(\.[0-9_]*)?|\.[0-9][0-9_]*)(e[-+]?[0-9]+)?"
    r"|[-+]?0[xob][0-9a-f_]+|[-+]?\.inf|\.nan"
)
_AGAIN: Final = "\n"
_NOTHING: Final = re.compile(r"|~|null|Null|NULL")


class _Tree:
    """Builds the tree from the parser's events, without recursion."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._open: list[tuple[Mapping | list[object], Path]] = []
        self._key: list[str | None] = []
        self.documents = 0
        self.stopped = False

    def take(self, event: Event) -> None:
        place = (event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case DocumentStartEvent():
                self._start_document(event, place)
            case MappingEndEvent() | SequenceEndEvent():
                self._open.pop()
                self._key.pop()
            case NodeEvent() if self._expects_key():
                self._take_key(event, place)
            case NodeEvent():
                self._take_value(event, place)
            case _:
                pass

    def _stop(self, place: Place, sentence: str) -> None:
        self._document.note(place, sentence)
        self.stopped = True

    def _start_document(self, event: DocumentStartEvent, place: Place) -> None:
        self.documents += 1
        if event.version or event.tags:
            self._stop(place, "There is a % directive; leave it out.")
        if self.documents > 1:
            self._stop(place, "A second document starts here; one file holds one document.")

    def _expects_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1][0], Mapping) and self._key[-1] is None

    def _take_key(self, event: NodeEvent, place: Place) -> None:
        if not isinstance(event, ScalarEvent) or event.anchor or _AGAIN in event.value:
            self._stop(place, "A key is one plain word.")
            return
        mapping, path = self._open[-1]
        key = event.value
        if key == "<<" and event.style is None:
            self._stop(place, "Merge keys (<<) are not read; write the keys out.")
        elif key in mapping:
            line = self._document.keys[(*path, key)][0]
            self._document.note(
                place, f"{quoted(key)} stands here a second time; the first is on line {line}."
            )
            # Under a name no key can have, so that its values are read but mix with nothing.
            key = f"{key}{_AGAIN}{place[0]}:{place[1]}"
        self._key[-1] = key
        self._document.keys[(*path, key)] = place

    def _take_value(self, event: NodeEvent, place: Place) -> None:
        path = self._path_of_next()
        self._document.values[path] = place
        if len(self._open) > DEEPEST:
            self._stop(place, f"The file nests deeper than {DEEPEST} levels.")
            return
        value = self._value(event, path, place)
        if not self._open:
            self._document.content = value
        else:
            self._put(path, value)
        if isinstance(event, CollectionStartEvent) and isinstance(value, Mapping | list):
            self._open.append((value, path))
            self._key.append(None)

    def _path_of_next(self) -> Path:
        if not self._open:
            return ()
        container, path = self._open[-1]
        if isinstance(container, list):
            return (*path, len(container))
        return (*path, self._key[-1] or "")

    def _put(self, path: Path, value: object) -> None:
        container = self._open[-1][0]
        if isinstance(container, list):
            container.append(value)
            return
        if _AGAIN not in str(path[-1]):
            container[str(path[-1])] = value
        self._key[-1] = None

    def _value(self, event: NodeEvent, path: Path, place: Place) -> object:
        if isinstance(event, AliasEvent):
            return self._spoil(path, place, "Aliases (*) are not read; write the value out.")
        if event.anchor:
            self._document.note(place, "Anchors (&) are not read; leave it out.")
        if isinstance(event, ScalarEvent | CollectionStartEvent) and event.ctag is not None:
            self._document.note(place, "Tags (!) are not read; leave it out.")
        match event:
            case MappingStartEvent():
                return Mapping(path)
            case SequenceStartEvent():
                return []
            case ScalarEvent(style=None):
                return self._plain(event.value, path, place)
            case ScalarEvent():
                return self._quoted(event.value, path, place)
            case _:
                return UNSAID

    def _spoil(self, path: Path, place: Place, sentence: str) -> Unsaid:
        self._document.spoiled.add(path)
        self._document.note(place, sentence)
        return UNSAID

    def _quoted(self, text: str, path: Path, place: Place) -> object:
        unfit = _UNFIT.search(text)
        if unfit is not None:
            return self._spoil(path, place, "The text hides a control or invisible character.")
        return text

    def _plain(self, text: str, path: Path, place: Place) -> object:
        if text in ("true", "false"):
            return text == "true"
        if _WHOLE.fullmatch(text):
            return int(text)
        if _NOTHING.fullmatch(text):
            where = place if text else self._document.keys.get(path, place)
            return self._spoil(path, where, "There is no value; give one, or leave the key out.")
        if _BARE_TRUTH.fullmatch(text):
            sentence = (
                f"A bare {text} is a text to some readers of YAML and {_truth(text)} to others; "
                f'write true or false, or put the text in quotes: "{text}".'
            )
            return self._spoil(path, place, sentence)
        if _NUMBER_TO_SOME.fullmatch(text):
            sentence = (
                f"A bare {quoted(text)[1:-1]} is read as different numbers by different readers of "
                "YAML; put it in quotes, or write a whole number."
            )
            return self._spoil(path, place, sentence)
        return text


def _truth(word: str) -> str:
    return "true" if word.lower() in ("y", "yes", "on", "true") else "false"
