"""hold add, lift, list: a hold always lands and always wins."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from keepuntil.cli.day import DAY
from keepuntil.cli.output import print_json, print_table
from keepuntil.cli.session import Session, operator

if TYPE_CHECKING:
    from keepuntil.domain.holds import HoldScope


@click.group()
def hold() -> None:
    """Legal holds: keep records whatever their clock says."""


@hold.command("add")
@click.argument("category")
@click.option("--mandate", required=True, help="Who ordered it, under which number. No names.")
@click.option("--owner", required=True, help="Who answers for it.")
@click.option("--instance", help="Only this instance; default: all that the scope can name.")
@click.option("--key", help='One item, as its JSON key: [17] or ["loans/7.pdf"].')
@click.option("--record-group", help="Every copy of one record.")
@click.option("--prefix", help="Objects or files whose key starts with this.")
@click.option("--where", help="Rows that satisfy this SQL condition.")
@click.option("--everything", is_flag=True, help="The whole category.")
@click.option("--review-by", type=DAY, help="When somebody has to look whether it is still needed.")
@click.pass_obj
def add(
    session: Session,
    /,
    category: str,
    mandate: str,
    owner: str,
    instance: str | None,
    review_by: date | None,
    **scopes: str | bool | None,
) -> None:
    """Place a hold on records of CATEGORY.

    When this returns, nothing the hold covers is destroyed any more, whatever was
    approved before: it waits for batches that are under way.
    """
    from keepuntil.disposal import placing_holds

    scope, value = _scope(scopes)
    with session.installation() as installation:
        placed = placing_holds.place(
            installation,
            category,
            scope=scope,
            value=value,
            mandate=mandate,
            owner=owner,
            instance=instance,
            review_by=review_by,
        )
    if session.as_json:
        print_json(placed)
    else:
        click.echo(f"{placed.hold_id} is in force.")


@hold.command("lift")
@click.argument("hold_id")
@click.option("--reason", required=True, help="Why it is not needed any more.")
@click.pass_obj
def lift(session: Session, hold_id: str, reason: str) -> None:
    """Lift a hold. What it bound is due again at once if its clock has run out."""
    from keepuntil.register import holds

    with session.installation() as installation:
        holds.lift(
            installation.register, hold_id, by=operator(), reason=reason, at=installation.now()
        )
    click.echo(f"{hold_id} is lifted.")


@hold.command("list")
@click.option("--category", help="Only holds on this category.")
@click.pass_obj
def list_holds(session: Session, category: str | None) -> None:
    """List the holds in force."""
    from keepuntil.register import holds

    with session.installation() as installation:
        found = list(holds.in_force(installation.register, category))
    if session.as_json:
        print_json(found)
        return
    print_table(
        ("hold", "category", "instance", "scope", "mandate", "owner", "placed", "review by"),
        [
            (
                h.hold_id,
                h.category,
                h.instance,
                h.scope,
                h.mandate,
                h.owner,
                f"{h.placed_at:%F}",
                h.review_by,
            )
            for h in found
        ],
        title=f"{len(found)} holds in force",
    )


def _scope(scopes: dict[str, str | bool | None]) -> tuple[HoldScope, str]:
    from keepuntil.domain.holds import HoldScope

    given = [(name, value) for name, value in scopes.items() if value]
    if len(given) != 1:
        raise click.UsageError(
            "Say what is held by exactly one of "
            "--key, --record-group, --prefix, --where, --everything."
        )
    name, value = given[0]
    kinds = {
        "key": HoldScope.KEY,
        "record_group": HoldScope.RECORD_GROUP,
        "prefix": HoldScope.PREFIX,
        "where": HoldScope.PREDICATE,
        "everything": HoldScope.CATEGORY,
    }
    return kinds[name], "" if name == "everything" else str(value)
