"""coverage: is every category settled in every form it exists in, and what is missing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from keepuntil.cli.day import DAY
from keepuntil.cli.output import json_text, print_table
from keepuntil.cli.session import Session
from keepuntil.errors import UsageError

if TYPE_CHECKING:
    from keepuntil.oversight.coverage import Coverage

UNCOVERED: Final = 14
"""The exit code when anything is missing."""


@click.command()
@click.option("--as-of", type=DAY, help="Default: today (UTC).")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["table", "json", "html", "xlsx"]),
    help="Default: table; json with --json.",
)
@click.option("--output", type=click.Path(path_type=Path), help="Write to this file.")
@click.pass_context
def coverage(ctx: click.Context, as_of: date | None, kind: str | None, output: Path | None) -> None:
    """Show every category in every form: period, trigger, method, procedure, owner, last run.

    No cell is empty: what is missing is said. Exit code 14 when anything is, for CI. The
    stores are asked what is overdue, as they are by `keepuntil overdue`; nothing is changed in
    them. What is found for today is kept in the register, for the pages.
    """
    from keepuntil.oversight import kept_coverage
    from keepuntil.oversight.coverage import cover

    session: Session = ctx.obj
    kind = kind or ("json" if session.as_json else "table")
    _refuse(kind, output)
    with session.installation() as installation:
        found = cover(installation, as_of or installation.now().date())
        if as_of is None:
            kept_coverage.remember(installation, found)
    if kind == "table":
        _print(found)
    elif output is None:
        click.echo(_text(found, kind))
    else:
        _write(found, kind, output)
    if found.gaps:
        ctx.exit(UNCOVERED)


def _refuse(kind: str, output: Path | None) -> None:
    if kind == "table" and output is not None:
        raise UsageError("A table is for the terminal: choose --format html, xlsx or json.")
    if kind == "xlsx" and output is None:
        raise UsageError("A workbook is a file: say where to write it with --output FILE.xlsx.")


def _text(found: Coverage, kind: str) -> str:
    from keepuntil.oversight.coverage_page import page

    return page(found) if kind == "html" else json_text(found)


def _write(found: Coverage, kind: str, output: Path) -> None:
    from keepuntil.oversight import coverage_workbook

    try:
        if kind == "xlsx":
            coverage_workbook.write(found, output)
        else:
            output.write_text(_text(found, kind) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}.") from None
    click.echo(f"{output} is written; {len(found.gaps)} gaps.")


def _print(found: Coverage) -> None:
    from keepuntil.oversight.cells import State
    from keepuntil.oversight.coverage import COLUMNS

    held = [row for row in found.rows if row.state is not State.ABSENT]
    print_table(
        ("category", "form", *(name.replace("_", " ") for name in COLUMNS)),
        [
            (row.category, row.form.value if row.form else "unknown", *(c.short for c in row.cells))
            for row in held
        ],
        title=f"Coverage on {found.as_of}",
        names=("category", "form"),
    )
    if not found.gaps:
        click.echo("Nothing is missing.")
        return
    print_table(
        ("gap", "where", "what is missing"),
        [(gap.code.value, gap.where, gap.sentence.en) for gap in found.gaps],
        title=f"{len(found.gaps)} gaps",
    )
