"""Samples of a tree of names: object keys by their slashes, or folders. Bounded in every way.

Folders whose names differ from record to record (by numbers, or because there are hundreds)
are one place, of which a few are entered; all others are entered one by one. A place is shown
by its masked name, so that it stays the same next week and says nothing of anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from keepuntil.domain.personal_data.judging import Field
from keepuntil.domain.personal_data.masking import VARIES, masked
from keepuntil.errors import StoreError
from keepuntil.stores.excerpts import HEAD, MOST_VALUES, fields_of, pooled, spread
from keepuntil.stores.protocol import Sampled

NAMES: Final = "file name"
"""The field of what files are called."""
MOST_NAMES: Final = 5_000
"""Names of one folder that are read; a share of a million files is not listed whole."""
_MOST_LEVELS: Final = 4_000
"""Folders listed in one tree before it is said that there are more."""
_ENTERED_ALIKE: Final = 6
"""Folders that are one place: how many of them are entered."""
_MANY: Final = 200
"""More different names than this in one folder vary from record to record."""
_READ: Final = 12
"""Files of one place that are opened."""
_DEEPEST: Final = 12

Claimed = Callable[[str], bool]

_LAID_OUT: Final = (
    ".pdf", ".ofd", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".odt", ".ods", ".wps",
    ".et", ".zip", ".7z", ".rar", ".tar", ".tgz", ".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif",
    ".tiff", ".webp", ".heic", ".mp3", ".wav", ".mp4", ".avi", ".mkv", ".mov", ".parquet", ".orc",
    ".avro",
)  # fmt: skip
"""Endings of what is not opened: only its names are looked at."""


@dataclass(frozen=True, slots=True)
class Level:
    """The first names directly below a folder, in order. Folders end with a slash."""

    folders: Sequence[str]
    files: Sequence[str]


class Tree(Protocol):
    """What can be listed a level at a time and read from its beginning."""

    def level(self, path: str) -> Level:
        """The names directly below ``path`` (``""``, or ending with a slash)."""

    def head(self, path: str, size: int) -> bytes | None:
        """The first bytes of a file; None where there is no such file any more, or no right."""


@dataclass(slots=True)
class _Place:
    """Folders that are shown alike."""

    where: str
    paths: list[str]
    weight: float
    """How many folders each of the paths stands for."""


@dataclass(slots=True, kw_only=True)
class TreeSampling:
    """One walk through one tree."""

    tree: Tree
    claimed: Claimed
    """Whether some rule claims a file."""
    wholly: Claimed
    """Whether some rule claims everything below a folder."""
    _left: int = field(default=_MOST_LEVELS)

    def places(self) -> Iterator[Sampled]:
        """Every place with unclaimed files in it, parents before what lies below."""
        waiting = [_Place("", [""], 1.0)]
        while waiting:
            place = waiting.pop(0)
            if self._left < len(place.paths):
                yield _not_reached(len(waiting) + 1)
                return
            try:
                levels = [(path, self._level(path)) for path in place.paths]
            except StoreError as error:
                if not place.where:
                    raise
                yield Sampled(where=place.where, items=None, unread=error.sentence)
                continue
            sampled = self._sampled(place, levels)
            if sampled is not None:
                yield sampled
            if place.where.count("/") < _DEEPEST:
                waiting += self._below(place, levels)

    def _level(self, path: str) -> Level:
        self._left -= 1
        return self.tree.level(path)

    def _sampled(self, place: _Place, levels: Sequence[tuple[str, Level]]) -> Sampled | None:
        free = [
            path + name
            for path, level in levels
            for name in level.files
            if not self.claimed(path + name)
        ]
        if not free:
            return None
        opened = [path for path in free if not path.lower().endswith(_LAID_OUT)]
        read, closed = self._read(spread(opened, _READ))
        unopened = len(free) - len(opened) + (len(opened) if closed and not read else 0)
        return Sampled(
            where=place.where or "/",
            items=round(len(free) * place.weight),
            fields=pooled([_names(place, free), *read]),
            passed_over=round(unopened * place.weight),
        )

    def _read(self, paths: Sequence[str]) -> tuple[list[Field], int]:
        """Fields of these files, and how many of them cannot be looked into."""
        found: list[Field] = []
        closed = 0
        for path in paths:
            head = self.tree.head(path, HEAD)
            fields = None if head is None else fields_of(path, head)
            closed += fields is None
            found += fields or []
        return found, closed

    def _below(self, place: _Place, levels: Sequence[tuple[str, Level]]) -> list[_Place]:
        open_ = [
            (path, name)
            for path, level in levels
            for name in level.folders
            if not self.wholly(path + name)
        ]
        shown = {name: masked(name.rstrip("/")) for _, name in open_}
        if len(set(shown.values())) > _MANY:
            shown = dict.fromkeys(shown, VARIES)
        alike: dict[str, list[str]] = {}
        for path, name in open_:
            alike.setdefault(shown[name], []).append(path + name)
        return [
            _Place(
                where=f"{place.where}{name}/",
                paths=spread(paths, _ENTERED_ALIKE),
                weight=place.weight * max(1.0, len(paths) / _ENTERED_ALIKE),
            )
            for name, paths in alike.items()
        ]


def _names(place: _Place, files: Sequence[str]) -> Field:
    """Names are data too: those of the files, and of the folders that are not shown."""
    names = [path.rsplit("/", 1)[-1].rsplit(".", 1)[0] for path in files]
    if VARIES in place.where:
        names += [path.rstrip("/").rsplit("/", 1)[-1] for path in place.paths]
    return Field(name=NAMES, values=tuple(spread(names, MOST_VALUES)))


def _not_reached(folders: int) -> Sampled:
    return Sampled(
        where="/",
        items=None,
        unread=f"{_MOST_LEVELS} folders were listed, and {folders} or more were not reached.",
    )
