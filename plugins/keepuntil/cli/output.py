"""How the command line answers: tables and progress for people, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from keepuntil.domain.plain_values import plain

Tick = Callable[[str, int], None]


def print_json(document: object) -> None:
    """One JSON document, indented, in UTF-8."""
    click.echo(json_text(document))


def json_text(document: object) -> str:
    """What :func:`print_json` prints."""
    return json.dumps(plain(document), ensure_ascii=False, indent=2)


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str,
    names: Collection[str] = (),
) -> None:
    """A table; figures stand to the right, and nothing is cut off.

    ``names`` are columns of names that people copy: they are folded last.
    """
    table = Table(title=title, title_justify="left")
    shown = [list(row) for row in rows]
    for place, column in enumerate(columns):
        figures = bool(shown) and all(isinstance(row[place], int) for row in shown)
        table.add_column(
            column,
            justify="right" if figures else "left",
            overflow="fold",
            no_wrap=column in names,
        )
    for row in shown:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    Console().print(table)


@contextmanager
def progress(title: str, totals: dict[str, int | None]) -> Iterator[Tick]:
    """A bar for each instance on a terminal; elsewhere a plain line when each is done."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from _plain_progress(title, totals)
        return
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    with bars:
        tasks = {
            name: bars.add_task(f"{title} {name}", total=total) for name, total in totals.items()
        }
        yield lambda name, done: bars.advance(tasks[name], done)


def _plain_progress(title: str, totals: dict[str, int | None]) -> Iterator[Tick]:
    seen = dict.fromkeys(totals, 0)

    def tick(name: str, done: int) -> None:
        seen[name] += done

    yield tick
    for name, count in seen.items():
        if count:
            click.echo(f"{title} {name}: {count}", err=True)
