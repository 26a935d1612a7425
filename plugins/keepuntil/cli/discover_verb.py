"""discover: is there personal data that no rule claims."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import click

from keepuntil.cli.coverage_verb import UNCOVERED
from keepuntil.cli.day import DAY
from keepuntil.cli.output import print_json, print_table
from keepuntil.cli.session import Session
from keepuntil.errors import StoreError

if TYPE_CHECKING:
    from keepuntil.domain.discoveries import Discovery
    from keepuntil.oversight.discovery import Discovered


@click.command()
@click.argument("stores", metavar="[STORE]...", nargs=-1)
@click.option("--as-of", type=DAY, help="The day acknowledgements have to be in force; today.")
@click.pass_context
def discover(ctx: click.Context, stores: tuple[str, ...], as_of: date | None) -> None:
    """Find personal data that no rule claims, in every STORE or in those named.

    Tables, prefixes and folders are sampled, never read whole, and judged by names, forms
    and check digits; of what is seen only where, what kind and how many is said, never a
    value. Nothing is changed. Exit code 14 when anything is unclaimed, 4 when nothing is
    but some place could not be looked at.
    """
    from keepuntil.oversight.discovery import discover as look

    session: Session = ctx.obj
    with session.installation() as installation:
        found = look(installation, as_of or installation.now().date(), stores)
    if session.as_json:
        print_json(found)
    else:
        _print(found)
    if found.unclaimed:
        ctx.exit(UNCOVERED)
    if found.unread:
        ctx.exit(StoreError.exit_code)


def _print(found: Discovered) -> None:
    unclaimed = found.unclaimed
    if unclaimed:
        print_table(
            ("location", "kind", "items, about", "sampled", "share", "confidence"),
            [row for each in unclaimed for row in _rows(each)],
            title=f"{len(unclaimed)} places with personal data and no rule on {found.as_of}",
            names=("kind",),
        )
    else:
        click.echo(f"Nothing unclaimed in {found.places} places of {len(found.stores)} stores.")
    acknowledged = len(found.discoveries) - len(unclaimed)
    if acknowledged:
        click.echo(f"{acknowledged} more places are acknowledged in discoveries.yaml.")
    if found.passed_over:
        click.echo(f"{found.passed_over} files were not looked into, only at their names.")
    for unread in found.unread:
        click.echo(f"not looked at  {unread.location}: {unread.sentence}", err=True)


def _rows(discovery: Discovery) -> Iterator[tuple[object, ...]]:
    items = "unknown" if discovery.items is None else f"{discovery.items:,}"
    for each in discovery.sightings:
        share = f"{each.share:.0%}" if each.sampled else "by name"
        yield (
            discovery.location,
            each.kind.value,
            items,
            each.sampled,
            share,
            f"{each.confidence:.0%}",
        )
