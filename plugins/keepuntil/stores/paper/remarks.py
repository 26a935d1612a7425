"""What is said about the lines of a list: problems refuse it, warnings do not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from keepuntil.errors import StoreError

MOST_SHOWN: Final = 200
"""Sentences of each sort that are kept; the rest is counted. A list wrong in one column is
wrong on every line."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One sentence about one line of a file; no cell is quoted. Line 0: the file as a whole."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}: {self.sentence}"
            if self.line
            else (f"{self.file}: {self.sentence}")
        )


@dataclass(slots=True)
class Remarks:
    """Sentences as they come, the first of them kept and all of them counted."""

    file: str
    kept: list[Remark] = field(default_factory=list)
    count: int = 0

    def add(self, line: int, sentence: str) -> None:
        self.count += 1
        if len(self.kept) < MOST_SHOWN:
            self.kept.append(Remark(self.file, line, sentence))

    def lines(self) -> list[str]:
        """By line, as they are shown to people."""
        shown = [str(remark) for remark in sorted(self.kept, key=lambda remark: remark.line)]
        if self.count > len(self.kept):
            shown.append(f"{self.file}: and {self.count - len(self.kept)} more.")
        return shown


class ListRefused(StoreError):
    """A list with problems. Nothing of it was taken in; the sentence names every line."""

    reason = "list_refused"

    def __init__(
        self, problems: Remarks, ending: str = "nothing was imported; mend the list first."
    ) -> None:
        super().__init__("\n".join([*problems.lines(), f"{problems.file}: {ending}"]))
        self.problems = problems
