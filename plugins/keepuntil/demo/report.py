"""How the demonstration speaks: phases with their time, one table, a few sentences."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from keepuntil.demo.afternoon import Journey
from keepuntil.demo.offline_check import Checked
from keepuntil.demo.results import Result, Verdict

_STYLES: Final[Mapping[Verdict, str]] = {
    Verdict.CERTIFIED: "green",
    Verdict.NOTHING_DUE: "cyan",
    Verdict.PENDING: "yellow",
    Verdict.REFUSED: "red",
}
_FIGURES: Final = (
    *("in scope", "due", "overdue", "destroyed"),
    *("pending", "held", "shared", "unknown"),
)


class Report:
    """Speaks to one console and remembers how long everything took."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()

    @contextmanager
    def phase(self, what: str) -> Iterator[None]:
        """Say what is being done, and afterwards how many seconds it took."""
        began = time.monotonic()
        if self._console.is_terminal:
            with self._console.status(f"{what} ..."):
                yield
        else:
            yield
        self.done(what, time.monotonic() - began)

    def done(self, what: str, seconds: float) -> None:
        """One line for something that took that long."""
        self._console.print(f"  {seconds:6.1f} s  {what}", highlight=False)

    def heading(self, text: str) -> None:
        """What comes next."""
        self._console.print(f"\n[bold]{text}[/bold]", highlight=False)

    def say(self, text: str, style: str = "") -> None:
        """One sentence, as it is: nothing in it is markup."""
        self._console.print(text, style=style, highlight=False, markup=False, soft_wrap=True)

    def table(self, results: Sequence[Result]) -> None:
        """One line a rule and place."""
        table = Table(title_justify="left", show_footer=True)
        table.add_column("rule", "sum", no_wrap=True)
        table.add_column("place")
        totals = [sum(column) for column in zip(*_lines(results), strict=True)]
        for name, total in zip(_FIGURES, totals, strict=True):
            table.add_column(name, f"{total:,}", justify="right")
        table.add_column("result")
        for result in results:
            _add(table, result)
        self._console.print(table)

    def journeys(self, journeys: Sequence[Journey]) -> None:
        """One line a consignment, as people brought it to its end."""
        table = Table(title_justify="left")
        table.add_column("consignment", no_wrap=True)
        table.add_column("shredded by")
        for column in ("boxes", "folders", "destroyed"):
            table.add_column(column, justify="right")
        table.add_column("incidents")
        table.add_column("state")
        for each in journeys:
            table.add_row(
                each.consignment,
                "firm" if each.by_vendor else "in house",
                *(f"{n:,}" for n in (each.boxes, each.items, each.destroyed)),
                ", ".join(each.incidents),
                each.state,
            )
        self._console.print(table)

    def certificates(self, checked: Sequence[Checked]) -> None:
        """One line a certificate, with what stock tools and our verifier said."""
        table = Table(title_justify="left")
        table.add_column("certificate", no_wrap=True)
        for column in ("says", "openssl", "sha256", "verify.py", "verifier"):
            table.add_column(column)
        for one in checked:
            ends = ", ".join(f"{count:,} {outcome}" for outcome, count in one.outcomes.items())
            until = f"; provisional until {one.provisional_until}" if one.provisional_until else ""
            table.add_row(
                one.certificate_id,
                ends + until,
                {True: "Verified OK", False: "FAILED", None: "not installed"}[one.openssl],
                "OK" if one.sums else "FAILED",
                "OK" if one.small else "FAILED",
                f"{one.steps} steps OK",
            )
        self._console.print(table)

    def total(self) -> None:
        """How long it all took."""
        seconds = time.monotonic() - self._began
        self.say(f"\nAll of it took {seconds // 60:.0f} min {seconds % 60:.0f} s.")


def _lines(results: Sequence[Result]) -> list[tuple[int, ...]]:
    lines = [line for result in results for line in _figures(result)]
    return lines or [(0,) * len(_FIGURES)]


def _figures(result: Result) -> list[tuple[int, ...]]:
    return [
        (
            *(line.total, line.due, line.overdue, line.destroyed, line.pending),
            *(line.held, line.shared, line.not_computable),
        )
        for line in result.lines
    ]


def _add(table: Table, result: Result) -> None:
    verdict = f"[{_STYLES[result.verdict]}]{result.verdict}[/]"
    if not result.lines:
        table.add_row(result.category, "", *[""] * len(_FIGURES), verdict)
    for line, figures in zip(result.lines, _figures(result), strict=True):
        place = f"{line.instance}@{line.store}"
        table.add_row(result.category, place, *(f"{n:,}" if n else "" for n in figures), verdict)


def shown(path: Path) -> str:
    """A path as one would type it from here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
