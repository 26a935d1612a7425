"""register grants, refusals: what database roles may do, and who was refused what."""

from __future__ import annotations

import click

from keepuntil.cli.output import print_json, print_table
from keepuntil.cli.session import Session


@click.group()
def register() -> None:
    """The register: rights of database roles, and what was refused to whom."""


@register.command("grants")
@click.option(
    "--role",
    "roles",
    type=click.Choice(["administrator", "worker", "auditor"]),
    multiple=True,
    help="Only for this role; repeat. Default: all three.",
)
@click.option(
    "--prefix",
    default="keepuntil_",
    show_default=True,
    help="What the names of the roles in the database begin with.",
)
@click.pass_obj
def grants(session: Session, roles: tuple[str, ...], prefix: str) -> None:
    """Print the statements that give the database roles their rights in a PostgreSQL register.

    Make the roles first, then run what this prints as the tables' owner; again after
    every `keepuntil init` of a newer version. Changes nothing by itself.
    """
    from keepuntil.register.grants import DatabaseRole, statements

    wanted = [role for role in DatabaseRole if not roles or role.value in roles]
    with session.installation() as installation:
        found = statements(installation.register, wanted, prefix)
    if session.as_json:
        print_json(found)
        return
    for statement in found:
        click.echo(f"{statement};")


@register.command("refusals")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@click.pass_obj
def refusals(session: Session, limit: int) -> None:
    """List what was refused for want of an access role, the newest first."""
    from keepuntil.register import refusals as register_refusals

    with session.installation() as installation:
        found = register_refusals.newest(installation.register, limit)
    if session.as_json:
        print_json(found)
        return
    print_table(
        ("when (UTC)", "person", "right"),
        [(f"{r.refused_at:%F %T}", r.person or "nobody known", r.right) for r in found],
        title=f"{len(found)} refusals",
    )
