"""A mistake, and the place where somebody can put it right."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from keepuntil.errors import RuleError

MOST_A_FILE: Final = 100
_LONGEST_QUOTE: Final = 60
_MOST_NAMED: Final = 12


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake or warning. ``line`` and ``column`` count from 1."""

    file: str
    line: int
    column: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.sentence}"


def refuse(problems: Iterable[Problem]) -> None:
    """Raise one RuleError for all the problems, if there are any."""
    found = sorted(set(problems))
    if found:
        raise RuleError("\n".join(_limited(found)))


def _limited(found: list[Problem]) -> list[str]:
    lines: list[str] = []
    counts: dict[str, int] = {}
    for problem in found:
        counts[problem.file] = counts.get(problem.file, 0) + 1
        if counts[problem.file] <= MOST_A_FILE:
            lines.append(str(problem))
    for file, count in counts.items():
        if count > MOST_A_FILE:
            lines.append(f"{file}: and {count - MOST_A_FILE} more.")
    return lines


def quoted(text: str) -> str:
    """A word of somebody's file for use in a sentence: short, printable, in quotes."""
    shown = text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"
    return "'" + "".join(c if c.isprintable() else "�" for c in shown) + "'"


def did_you_mean(word: str, known: Collection[str]) -> str:
    """ " Did you mean …?" when ``word`` is close to one of ``known``, else ""."""
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f" Did you mean '{close[0]}'?" if close else ""


def nearest(word: str, known: Collection[str]) -> str:
    """What helps somebody who wrote ``word`` for one of ``known``; begins with a blank."""
    if close := did_you_mean(word, known):
        return close
    if not known:
        return " There is none yet."
    return f" Known here: {', '.join(sorted(known))}." if len(known) <= _MOST_NAMED else ""
