"""notice, restrict: what the rules say to people, and to other systems."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from keepuntil.cli.day import DAY
from keepuntil.cli.output import print_json
from keepuntil.cli.session import Session, operator


@click.command()
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "html"]),
    default="text",
    show_default=True,
    help="Markdown, or one HTML page.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.pass_obj
def notice(session: Session, language: str, form: str, out: Path | None) -> None:
    """Write the part of the privacy notice that the rules know.

    For each category what it is processed for, how long it is kept or how that is determined,
    by which law, and what happens to it then.
    """
    from keepuntil.documents.privacy_notice import as_html, as_text
    from keepuntil.rules.load import load

    schedule = load(session.policies)
    render = as_html if form == "html" else as_text
    said = render(schedule.rules, schedule.controller, "en" if language == "en" else "zh")
    if out is None:
        click.echo(said, nl=False)
    else:
        out.write_text(said, encoding="utf-8")
        click.echo(f"wrote {out}")


@click.group()
def restrict() -> None:
    """What is past its purpose and kept by law alone (停止处理): lists for other systems."""


@restrict.command("list")
@click.argument("category")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="A new file, .csv or .jsonl. It names records.",
)
@click.option("--as-of", type=DAY, help="The day to decide for; default: today in the rule's zone.")
@click.option("--by", help="Who takes it; default: you. It is written down.")
@click.pass_obj
def list_restricted(
    session: Session, category: str, out: Path, as_of: date | None, by: str | None
) -> None:
    """Write the keys of what is restricted in CATEGORY, for systems that have to leave it alone.

    The file names people's records: hand it over and delete it. Log and register keep who took
    it, how many items it has, and a keyed digest.
    """
    from keepuntil.disposal.restricting import write_list

    with session.installation() as installation:
        rule = installation.rule(category)
        day = as_of or installation.today(rule)
        written = write_list(installation, rule, day, out, by=by or operator())
    click.echo("This file names people's records. Hand it over, then delete it.", err=True)
    if session.as_json:
        print_json(written)
        return
    for instance, items in written.items.items():
        click.echo(f"{instance}: {items} items")
    click.echo(f"wrote {out}: {sum(written.items.values())} items, digest {written.digest}")
