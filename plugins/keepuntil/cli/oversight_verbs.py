"""overdue: what is late this morning."""

from __future__ import annotations

from datetime import date

import click

from keepuntil.cli.day import DAY
from keepuntil.cli.output import print_json, print_table
from keepuntil.cli.session import Session


@click.command()
@click.option("--as-of", type=DAY, help="Default: today (UTC).")
@click.pass_context
def overdue(ctx: click.Context, as_of: date | None) -> None:
    """Say for each rule what is overdue and whether it ran. Exit code 8 when anything is wrong."""
    from keepuntil.disposal.nights import backlog

    session: Session = ctx.obj
    with session.installation() as installation:
        day = as_of or installation.now().date()
        lines = backlog(installation, day)
    if session.as_json:
        print_json(lines)
    else:
        print_table(
            ("category", "due", "overdue", "held", "nights missed", "waiting", "in custody"),
            [
                (
                    *(b.category, b.due, b.overdue, b.held, b.nights_missed),
                    *(", ".join(b.waiting), b.in_custody),
                )
                for b in lines
            ],
            title=f"Backlog on {day}",
        )
    if any(line.alarming for line in lines):
        ctx.exit(8)
