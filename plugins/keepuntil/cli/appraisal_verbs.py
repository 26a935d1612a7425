"""appraise: keep single items of a list, with a reason; or say what the appraisal came to."""

from __future__ import annotations

from datetime import date

import click

from keepuntil.cli.day import DAY
from keepuntil.cli.output import print_json
from keepuntil.cli.session import Session, operator


@click.command()
@click.argument("plan_id")
@click.option("--instance", help="The place of the items that are kept.")
@click.option("--keep", "kept", multiple=True, help='An item, as its JSON key: [17] or ["A-1"].')
@click.option("--extend-until", type=DAY, help="They are kept until this day.")
@click.option("--unsettled", is_flag=True, help="A claim or debt is open: they are extracted.")
@click.option("--reason", default="", help="Why. No personal data.")
@click.option("--by", help="Who decides; default: you.")
@click.pass_obj
def appraise(
    session: Session,
    /,
    plan_id: str,
    *,
    instance: str | None,
    kept: tuple[str, ...],
    extend_until: date | None,
    unsettled: bool,
    reason: str,
    by: str | None,
) -> None:
    """Keep items of the list PLAN_ID, whatever is approved: extended or extracted as unsettled.

    Without --keep: say what the appraisal came to. What is said nothing of is destroyed.
    """
    from keepuntil.disposal import appraising
    from keepuntil.disposal.appraising import Opinion
    from keepuntil.domain.items import parse_key

    with session.installation() as installation:
        if kept:
            if instance is None:
                raise click.UsageError("Say where the items are: --instance ID.")
            appraising.keep(
                installation,
                plan_id,
                instance,
                [parse_key(key) for key in kept],
                opinion=Opinion.UNSETTLED if unsettled else Opinion.EXTEND,
                reason=reason,
                by=by or operator(),
                until=extend_until,
            )
        found = appraising.appraised(installation, plan_id)
    if session.as_json:
        print_json(found)
        return
    click.echo(
        f"Of {found.listed} items on {found.plan_id}: {found.extended} extended, "
        f"{found.unsettled} unsettled, {found.destroyed} to be destroyed."
    )
