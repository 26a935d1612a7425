"""init, import, export, boxes, vendor, wait: the register of paper, before anything moves."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keepuntil.cli.day import DAY
from keepuntil.cli.output import print_json, print_table
from keepuntil.cli.session import Session, operator

if TYPE_CHECKING:
    from keepuntil.disposal.released_boxes import BoxLine
    from keepuntil.stores.paper import ImportReport

LIST = click.Path(path_type=Path, dir_okay=False)


@click.command("init")
@click.argument("store")
@click.pass_obj
def init(session: Session, store: str) -> None:
    """Make the tables of the register STORE where they are not there yet. Repeatable."""
    from keepuntil.disposal import paper_registers

    with session.installation() as installation:
        paper_registers.prepare(installation, store)
    if session.as_json:
        print_json({"store": store})
    else:
        click.echo(f"{store} is ready. Next: keepuntil paper import {store} FILE")


@click.command("import")
@click.argument("store")
@click.argument("file", type=LIST)
@click.option("--site", help="The site (库房) of every box, where the list does not say it.")
@click.option("--series", help="The series (门类) of every item, where the list does not say it.")
@click.option(
    "--amend", is_flag=True, help="Where a line differs from the register, the line holds."
)
@click.pass_obj
def import_(
    session: Session,
    /,
    store: str,
    file: Path,
    *,
    site: str | None,
    series: str | None,
    amend: bool,
) -> None:
    """Take a list (CSV, XLSX) into the register STORE: the whole of it, or nothing.

    A list that is wrong anywhere is refused with every wrong line. So is one that says
    something else than the register, unless it is to amend: then every change is told, and
    nothing is changed about what is on its way.
    """
    from keepuntil.disposal.paper_registers import register_of
    from keepuntil.stores.paper import import_list

    stated = {key: value for key, value in (("site", site), ("series", series)) if value}
    with session.installation() as installation, register_of(installation, store) as register:
        report = import_list(
            register, file, by=operator(), at=installation.now(), stated=stated, amend=amend
        )
    if session.as_json:
        print_json(report)
    else:
        _say_imported(report)


def _say_imported(report: ImportReport) -> None:
    for warning in report.warnings:
        click.echo(warning)
    click.echo(
        f"{report.file}: {report.lines} lines; {report.boxes_added} boxes and "
        f"{report.items_added} items added, {report.amended} amended, "
        f"{report.known} items known before."
    )
    click.echo(f"SHA-256 {report.digest}")


@click.command("export")
@click.argument("store")
@click.argument("file", type=LIST)
@click.option(
    "--language",
    type=click.Choice(["zh", "en"]),
    default="zh",
    show_default=True,
    help="Of the headings.",
)
@click.pass_obj
def export(session: Session, store: str, file: Path, language: str) -> None:
    """Write what is on hand in the register STORE to FILE, .csv or .xlsx."""
    from keepuntil.disposal.paper_registers import register_of
    from keepuntil.stores.paper import Language, export_list

    with session.installation() as installation, register_of(installation, store) as register:
        try:
            lines = export_list(register, file, language=Language(language))
        except OSError as error:
            raise click.UsageError(f"{file} cannot be written: {error.strerror}.") from None
    if session.as_json:
        print_json({"file": str(file), "lines": lines})
    else:
        click.echo(f"wrote {file}: {lines} lines")


@click.command("boxes")
@click.argument("run_id", metavar="RUN")
@click.pass_obj
def boxes(session: Session, run_id: str) -> None:
    """List the boxes in which RUN has released something, and what may be done with each.

    Boxes on a journey are not among them: see `paper journeys`.
    """
    from keepuntil.disposal import box_waits
    from keepuntil.disposal.released_boxes import boxes_waiting

    with session.installation() as installation:
        lines = boxes_waiting(installation, run_id)
        waits = box_waits.waits_of(installation, run_id, [line.box for line in lines])
    if session.as_json:
        print_json(
            [
                {
                    "box": line,
                    "mixed": line.mixed,
                    "waits_until": waits.get(line.box),
                    "may": _may(line, waits.get(line.box)),
                }
                for line in lines
            ]
        )
        return
    print_table(
        ("box", "site", "shelf", "released", "of", "held by", "what may be done"),
        [
            (
                *(line.box, line.site, line.shelf, line.released, line.items),
                *(", ".join(line.held), _may(line, waits.get(line.box))),
            )
            for line in lines
        ],
        title=f"{len(lines)} boxes released by {run_id}",
        names=("box", "held by"),
    )
    if any(line.free for line in lines):
        click.echo(f"Next: keepuntil paper open {run_id} INSTANCE --by ID:ROLE:DEPARTMENT")


def _may(line: BoxLine, waits_until: date | None) -> str:
    if line.held:
        return "stays, closed, while it is held"
    if waits_until is not None:
        return f"waits until {waits_until}"
    return "weed it, or have it wait" if line.mixed else "goes as a whole"


@click.command("vendor")
@click.argument("store")
@click.argument("name")
@click.option("--licence", required=True, help="Number of its licence.")
@click.option("--expires", type=DAY, required=True, help="The last day the licence is good for.")
@click.option("--contract", required=True, help="Number of the contract with it.")
@click.option(
    "--return-clause/--no-return-clause",
    default=None,
    help="Whether the contract says that what is not destroyed comes back (PIPL 21).",
)
@click.pass_obj
def vendor(
    session: Session,
    store: str,
    name: str,
    licence: str,
    expires: date,
    contract: str,
    *,
    return_clause: bool | None,
) -> None:
    """Write down under which licence and contract the destruction firm NAME works."""
    from keepuntil.disposal import consigning
    from keepuntil.domain.consignments import Vendor

    if return_clause is None:
        raise click.UsageError(
            "Look into the contract and say either --return-clause or --no-return-clause."
        )
    papers = Vendor(
        licence=licence,
        licence_expires_on=expires,
        contract=contract,
        return_clause=return_clause,
    )
    with session.installation() as installation:
        consigning.keep_vendor(installation, store, name, papers)
    if session.as_json:
        print_json(papers)
        return
    click.echo(f"{name}: licence {licence} until {expires}, contract {contract}.")
    if not return_clause:
        click.echo("Nothing is given to it before its contract has a return-or-destroy clause.")


@click.command("wait")
@click.argument("store")
@click.argument("box")
@click.option("--until", type=DAY, required=True, help="The day until which it waits, included.")
@click.option("--reason", required=True, help="Why it is not weeded now. No names.")
@click.pass_obj
def wait(session: Session, store: str, box: str, until: date, reason: str) -> None:
    """Have a mixed BOX wait for its last item instead of being weeded."""
    from keepuntil.disposal import box_waits

    with session.installation() as installation:
        box_waits.have_wait(installation, store, box, until=until, reason=reason, person=operator())
    if session.as_json:
        print_json({"box": box, "until": until})
        return
    click.echo(
        f"Box {box} waits until {until}: what is due in it stays in it, and counts as shared"
    )
    click.echo("as soon as the run goes on (keepuntil run PLAN). Later nights look at it again.")


VERBS = (init, import_, export, boxes, vendor, wait)
