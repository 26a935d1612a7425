"""report: what a month or a campaign came to, to sign and to hand over."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keepuntil.cli.day import DAY
from keepuntil.cli.output import print_json
from keepuntil.cli.session import Session

if TYPE_CHECKING:
    from keepuntil.documents.typesetting import Language

LANGUAGE = click.option(
    "--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True
)
OUT = click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="FILE.html, FILE.docx, FILE.pdf, or FILE.json for the figures alone.",
)


@click.group()
def report() -> None:
    """Write the report of a month or a campaign, as a page, a Word file or a PDF.

    All formats say the same figures, and name the digest of the JSON file that holds them.
    """


@report.command()
@click.option("--month", help="YYYY-MM. Default: the month of --as-of.")
@click.option("--as-of", type=DAY, help="How things stand on this day. Default: today (UTC).")
@LANGUAGE
@OUT
@click.pass_obj
def monthly(
    session: Session, month: str | None, as_of: date | None, language: Language, out: Path
) -> None:
    """What a month came to: due, destroyed, held, overdue, covered, missed, and what is ahead.

    Stores are asked what is overdue and what falls due, and nothing is changed in them.
    """
    from keepuntil.oversight.reports import writing
    from keepuntil.oversight.reports.monthly import monthly as monthly_report
    from keepuntil.oversight.reports.monthly_manuscript import manuscript
    from keepuntil.oversight.reports.months import Month

    writing.refuse_unknown(out)
    with session.installation() as installation:
        day = as_of or installation.now().date()
        wanted = Month.parse(month) if month else Month.of(day)
        found = monthly_report(installation, wanted, day)
    _tell(session, writing.write(found, manuscript, language, out), out)


@report.command()
@click.argument("name", metavar="CAMPAIGN")
@click.option("--as-of", type=DAY, help="How things stand on this day. Default: today (UTC).")
@LANGUAGE
@OUT
@click.pass_obj
def campaign(
    session: Session, name: str, as_of: date | None, language: Language, out: Path
) -> None:
    """The summary report of CAMPAIGN: scope, answers, problems, causes, remedies, next steps."""
    from keepuntil.oversight.reports import writing
    from keepuntil.oversight.reports.campaign import campaign as campaign_report
    from keepuntil.oversight.reports.campaign_manuscript import manuscript

    writing.refuse_unknown(out)
    with session.installation() as installation:
        day = as_of or installation.now().date()
        found = campaign_report(installation, name, day)
    _tell(session, writing.write(found, manuscript, language, out), out)


def _tell(session: Session, digest: str, out: Path) -> None:
    if session.as_json:
        print_json({"file": str(out), "figures": digest})
    else:
        click.echo(f"{out} is written. Its figures: {digest}")
