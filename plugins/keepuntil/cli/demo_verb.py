"""demo: a synthetic bank and one night in it."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="Where the bank is built.",
)
@click.option("--fresh", is_flag=True, help="Build the bank anew.")
@click.option("--small", is_flag=True, help="A hundredth of the bank, in seconds.")
@click.pass_context
def demo(ctx: click.Context, folder: Path, *, fresh: bool, small: bool) -> None:
    """Play one night in a synthetic bank, through Airflow: plan, approve, destroy, verify, certify.

    Every record in it is invented. Played again, it destroys nothing more and says so.
    """
    from keepuntil.demo import night

    ctx.exit(night.play(folder, fresh=fresh, scale="SMALL" if small else "FULL"))
