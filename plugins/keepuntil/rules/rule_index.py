"""The little an orchestrator needs of every rule, read cheaply: a DAG file is parsed all day.

Only the top-level keys that matter are given to the YAML reader, and nothing heavy is
imported. What is read here is never enough to destroy by: a worker loads the whole rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Final

from keepuntil.rules.document import Document
from keepuntil.rules.policy_files import RULES, names_in, read_file, stem
from keepuntil.rules.problems import Problem

_NEEDED: Final = ("category", "clock", "disposition", "nightly")
_TOP_LEVEL: Final = re.compile(rb"^(?:([a-z_]+):|[^\s#])", re.MULTILINE)
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_FROM: Final = re.compile(rb"\bfrom\b")
_USUAL_RETRIES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEntry:
    """One rule, for a scheduler. Times of day are in ``zone``."""

    category: str
    source: str
    """The file, relative to the policy folder."""
    zone: str
    approval: str
    """``none``, ``owner`` or ``dual``."""
    approver_roles: tuple[str, ...]
    appraised: bool
    """Whether a panel has to sign the appraisal of each list first."""
    at: time
    until: time | None
    retries: int
    pool: str | None
    may_borrow: bool
    """Whether an instance may take its dates from another one: copies then go before their source.

    Never False when one does; sometimes True when none does.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleIndex:
    """The rules that could be read, by category, and what stopped the others."""

    entries: tuple[RuleEntry, ...]
    problems: tuple[Problem, ...]
    """Each belongs to a rule that is not in ``entries``: show it where people look."""


def rule_index(folder: Path, only: str | None = None) -> RuleIndex:
    """Every rule of a policy folder; a broken file takes away its own rule only.

    ``only`` reads the file of that category and no other.
    """
    names, others = names_in(folder, RULES)
    if only is not None:
        names = [name for name in names if stem(name) == only]
    problems = [problem for document in others for problem in document.problems]
    entries: list[RuleEntry] = []
    for name in names:
        excerpt = _Excerpt()
        document = read_file(folder, name, excerpt)
        twice = [stem(other) for other in names].count(stem(name)) > 1
        if twice:
            document.note((1, 1), f"'{stem(name)}' has two files: one rule a category.")
        entry = _entry(document, may_borrow=excerpt.may_borrow)
        if entry is not None:
            entries.append(entry)
        problems += document.problems
    if not names and not others:
        problems.append(Problem(RULES, 1, 1, "There is no rule in this folder."))
    ordered = sorted(entries, key=lambda entry: entry.category)
    return RuleIndex(entries=tuple(ordered), problems=tuple(sorted(problems)))


class _Excerpt:
    """Blanks out the top-level keys that are not needed, line by line, so that places stay.

    A file that does not begin with a plain key in its first column is left whole. On the
    way it looks for a ``from`` in the instances: reading them would double the time.
    """

    may_borrow = True

    def __call__(self, data: bytes) -> bytes:
        _, found, instances = data.partition(b"\ninstances:")
        self.may_borrow = _FROM.search(instances if found else data) is not None
        starts = [(at.start(), at[1]) for at in _TOP_LEVEL.finditer(data)]
        if not starts or any(key is None for _, key in starts):
            return data
        ends = [start for start, _ in starts[1:]] + [len(data)]
        kept = [data[: starts[0][0]]]
        for (start, key), end in zip(starts, ends, strict=True):
            part = data[start:end]
            kept.append(part if key.decode() in _NEEDED else b"\n" * part.count(b"\n"))
        return b"".join(kept)


def _entry(document: Document, *, may_borrow: bool) -> RuleEntry | None:
    """The entry of a file, or None with a problem noted: the whole rule would be refused too."""
    if document.problems:
        return None
    look = _Look(document)
    category = look.word("category")
    if category and category != stem(document.file):
        document.note_at(("category",), "The file is named like its category.")
    entry = RuleEntry(
        category=category,
        source=document.file,
        zone=look.word("clock", "zone"),
        approval=look.word("disposition", "approval"),
        approver_roles=look.words("disposition", "roles"),
        appraised=bool(look.words("disposition", "appraised_by")),
        at=look.time_of_day("nightly", "at") or time.min,
        until=look.time_of_day("nightly", "until", required=False),
        retries=look.whole("nightly", "retries", usual=_USUAL_RETRIES),
        pool=look.word("nightly", "pool", required=False) or None,
        may_borrow=may_borrow,
    )
    return None if document.problems else entry


class _Look:
    """Takes single values out of a document and notes those that are not there or not right."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def _at(self, *path: str) -> object:
        found = self._document.content
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def _note(self, path: tuple[str, ...]) -> None:
        self._document.note_at(path, f"'{'.'.join(path)}' is not as a rule needs it.")

    def word(self, *path: str, required: bool = True) -> str:
        found = self._at(*path)
        if isinstance(found, str):
            return found
        if required or found is not None:
            self._note(path)
        return ""

    def words(self, *path: str) -> tuple[str, ...]:
        found = self._at(*path) or []
        if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
            self._note(path)
            return ()
        return tuple(found)

    def time_of_day(self, *path: str, required: bool = True) -> time | None:
        text = self.word(*path, required=required)
        written = _TIME.fullmatch(text)
        if written is None:
            if text:
                self._note(path)
            return None
        return time(int(written[1]), int(written[2]))

    def whole(self, *path: str, usual: int) -> int:
        found = self._at(*path)
        if found is None:
            return usual
        if type(found) is not int:
            self._note(path)
            return usual
        return found
