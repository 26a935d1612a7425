"""paper: a records centre's whole road, from the list to the vendor's certificate.

Here is what concerns a consignment as a whole; its steps are in :mod:`.paper_custody_verbs`,
lists and boxes in :mod:`.paper_shelf_verbs`.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keepuntil.cli import paper_answers, paper_custody_verbs, paper_shelf_verbs
from keepuntil.cli.output import print_json
from keepuntil.cli.paper_options import MOMENT, PERSON
from keepuntil.cli.session import Session

if TYPE_CHECKING:
    from keepuntil.domain.consignments import Participant

EPILOG = """\b
A journey, in its order:
  import, plan, run      what is due is found and released, and waits
  boxes, open            boxes are put on a journey
  sign                   those whom the rule asks for sign its list
  pick                   boxes leave their shelf, or items their box
  seal, handover, receive            where they are transported
  count                  witnesses count, before anything is destroyed
  destroy, witness       it goes, and who counted signs that it went
  certify                where a vendor destroyed: its certificate
  reconcile              box by box, item by item
  run, verify            the run goes on, and is certified
Exit code 13: a step was refused, or has halted the consignment.
"""


@click.group(epilog=EPILOG)
def paper() -> None:
    """Paper: registers, boxes, and their journeys to the shredder. 纸质档案。"""


@click.command("open")
@click.argument("run_id", metavar="RUN")
@click.argument("instance")
@click.option(
    "--by", type=PERSON, required=True, help="Who drafts it; never who signs, destroys or watches."
)
@click.option("--vendor", help="The destruction firm, by its name in the register.")
@click.option(
    "--transported", is_flag=True, help="The boxes leave the records centre; with a vendor always."
)
@click.option("--weed", multiple=True, help="A mixed box whose released items go; repeat.")
@click.option("--only", multiple=True, help="Take this box and no others; repeat.")
@click.option("--place", help="Where it is to be destroyed (销毁地点).")
@click.option("--planned", type=MOMENT, help="When, with the offset: 2026-12-01T09:00+08:00.")
@click.pass_obj
def open_(
    session: Session,
    run_id: str,
    instance: str,
    by: Participant,
    vendor: str | None,
    weed: tuple[str, ...],
    only: tuple[str, ...],
    place: str | None,
    planned: datetime | None,
    *,
    transported: bool,
) -> None:
    """Put what RUN has released in INSTANCE on a journey: every box that may go as a whole.

    Mixed boxes stay unless they are named with --weed; boxes with a hold in them stay.
    """
    from keepuntil.disposal import consigning
    from keepuntil.domain.consignments import Intended

    with session.installation() as installation:
        opened = consigning.consign(
            installation,
            run_id,
            instance,
            drafted_by=by,
            vendor=vendor,
            transported=transported,
            weed=weed,
            only=only,
            intended=Intended(place=place, at=planned) if place or planned else None,
        )
        store = consigning.store_of(installation, run_id, instance)
    paper_answers.show(session, store, opened)


@click.command("show")
@click.argument("store")
@click.argument("consignment")
@click.pass_obj
def show(session: Session, store: str, consignment: str) -> None:
    """Show a consignment: its state, people and boxes, open incidents, what can be done now."""
    from keepuntil.disposal import custody

    with session.installation() as installation:
        found = custody.load(installation, store, consignment)
    paper_answers.show(session, store, found)


@click.command("journeys")
@click.argument("store")
@click.argument("run_id", metavar="[RUN]", required=False)
@click.pass_obj
def journeys(session: Session, store: str, run_id: str | None) -> None:
    """List the consignments of the register STORE, or those of RUN."""
    from keepuntil.disposal import custody
    from keepuntil.domain import custody_standing
    from keepuntil.register import runs

    with session.installation() as installation:
        plan_id = None
        if run_id is not None:
            plan_id = runs.load(installation.register, run_id).warrant.plan_id
        found = [each.consignment for each in custody.journeys_in(installation, store, plan_id)]
    if session.as_json:
        print_json(
            [
                {
                    "consignment": each.consignment,
                    "state": each.state,
                    "boxes": len(each.remaining_boxes),
                    "open_incidents": len(each.open_incidents),
                    "awaited": custody_standing.awaited(each),
                }
                for each in found
            ]
        )
        return
    if not found:
        click.echo("There is no consignment. Boxes that may go: keepuntil paper boxes RUN")
    for each in found:
        paper_answers.tell_journey(each)


@click.command("forms")
@click.argument("store")
@click.argument("consignment")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def forms(session: Session, store: str, consignment: str, folder: Path) -> None:
    """Write into FOLDER the forms that CONSIGNMENT needs as it stands, in Chinese and English.

    The appraisal opinion, the destruction list with barcodes and signatures, the hand-over form,
    the witness record, the certificate once everything is reconciled, labels, and the report to
    the head of the unit once the run is certified: PDF, A4.
    """
    from keepuntil.disposal.custody_forms import write_forms

    with session.installation() as installation:
        written = write_forms(installation, store, consignment, folder)
    if session.as_json:
        print_json(written)
        return
    for path in written:
        click.echo(path)


for _command in (
    *paper_shelf_verbs.VERBS,
    *(open_, show, journeys, forms),
    *paper_custody_verbs.STEPS,
):
    paper.add_command(_command)
