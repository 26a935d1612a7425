"""sign, pick, seal … withdraw: the steps of a consignment, one verb each."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keepuntil.cli.day import DAY
from keepuntil.cli.paper_answers import answer_step, some
from keepuntil.cli.paper_options import (
    FILE,
    NEW_SEAL,
    RECORDINGS,
    TREATMENTS,
    machine_options,
    named_boxes,
    scan_options,
    scanned,
    step_options,
)
from keepuntil.cli.session import Session

if TYPE_CHECKING:
    from keepuntil.disposal.custody_records import Entry
    from keepuntil.domain.consignments import Participant, Payload, Scan, Step


def _entry(store: str, consignment: str, by: tuple[Participant, ...], at: datetime | None) -> Entry:
    from keepuntil.disposal.custody_records import Entry

    return Entry(store=store, consignment=consignment, by=by, at=at)


def _enter(ctx: click.Context, entry: Entry, step: Step, payload: Payload | None = None) -> None:
    from keepuntil.disposal import custody_records

    session: Session = ctx.obj
    with session.installation() as installation:
        after = custody_records.enter(installation, entry, step, payload)
    answer_step(ctx, entry.store, after, step)


def _bare(word: str, about: str) -> click.Command:
    """A step that says no more than who and when."""

    @click.command(word, help=about)
    @step_options
    @click.pass_context
    def verb(
        ctx: click.Context,
        store: str,
        consignment: str,
        by: tuple[Participant, ...],
        at: datetime | None,
    ) -> None:
        from keepuntil.domain.consignments import Step

        _enter(ctx, _entry(store, consignment, by, at), Step(word))

    return verb


def _scanning(word: str, step: str, about: str) -> click.Command:
    """A step in which boxes are scanned."""

    @click.command(word, help=about)
    @step_options
    @scan_options
    @click.pass_context
    def verb(
        ctx: click.Context,
        store: str,
        consignment: str,
        by: tuple[Participant, ...],
        at: datetime | None,
        scans: Path | None,
        boxes: tuple[Scan, ...],
    ) -> None:
        from keepuntil.domain.consignments import Step

        payload = scanned(scans, boxes)
        _enter(ctx, _entry(store, consignment, by, at), Step(step), payload)

    return verb


sign = _bare(
    "sign",
    "签署意见: those whom the rule asks for sign the list, each in the role it names.",
)
pick = _scanning(
    "pick",
    "pick",
    "下架: boxes leave their shelf. Of a weeded box the items taken out are scanned, box by box.",
)
seal = _scanning("seal", "seal", "封签: each box gets a new seal for the journey.")
handover = _scanning(
    "handover",
    "hand_over",
    "交接: two people hand all boxes over, with their seals and weights.",
)
receive = _scanning(
    "receive", "receive", "接收: all boxes have arrived, each with the seal it left with."
)
count = _scanning(
    "count",
    "count",
    "清点核对: the witnesses open the boxes and scan every item, before anything is destroyed.",
)
reconcile = _bare(
    "reconcile",
    "逐箱核对: sent, received, counted, destroyed and certified are compared, box by box.",
)


@click.command("witness")
@step_options
@RECORDINGS
@click.pass_context
def witness(
    ctx: click.Context,
    store: str,
    consignment: str,
    by: tuple[Participant, ...],
    at: datetime | None,
    recordings: tuple[Path, ...],
) -> None:
    """监销签名: those who counted sign that they saw it destroyed."""
    from keepuntil.disposal.custody_records import recorded
    from keepuntil.domain.consignments import Recordings, Step

    payload = Recordings(recordings=recorded(recordings)) if recordings else None
    _enter(ctx, _entry(store, consignment, by, at), Step.WITNESS, payload)


@click.command("destroy")
@step_options
@scan_options
@machine_options
@RECORDINGS
@click.option("--place", help="Where it was done. Default: the place that `paper open` planned.")
@click.option("--all", "everything", is_flag=True, help="Every box that is not destroyed yet.")
@click.option("--treatment", type=TREATMENTS, required=True, help="What was done, ISO/IEC 21964.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def destroy(
    ctx: click.Context,
    store: str,
    consignment: str,
    by: tuple[Participant, ...],
    at: datetime | None,
    scans: Path | None,
    boxes: tuple[Scan, ...],
    treatment: str,
    place: str | None,
    equipment: str | None,
    residue: str | None,
    recordings: tuple[Path, ...],
    *,
    everything: bool,
    yes: bool,
) -> None:
    """销毁: enter that boxes were destroyed, and how. It says first what it records."""
    from keepuntil.disposal import custody, custody_records
    from keepuntil.domain.consignments import Destruction, Step
    from keepuntil.domain.custody_standing import items_of, undone_boxes
    from keepuntil.domain.treatments import Treatment

    if everything and (scans or boxes):
        raise click.UsageError("Say which boxes: --all, or --scans FILE, or --box.")
    named = None if everything else named_boxes(scans, boxes)
    entry = _entry(store, consignment, by, at)
    session: Session = ctx.obj
    with session.installation() as installation:
        now = custody.load(installation, store, consignment)
        gone = undone_boxes(now, Step.DESTROY) if named is None else named
        click.echo(
            f"This records that {len(gone)} boxes with {items_of(now, gone)} items were destroyed "
            f"by {treatment}: {some(gone)}.",
            err=session.as_json,
        )
        if not yes:
            click.confirm("Is that what was done?", abort=True, err=session.as_json)
        payload = Destruction(
            boxes=gone,
            treatment=Treatment(treatment),
            place=place or now.intended.place,
            equipment=equipment,
            residue=residue,
            recordings=custody_records.recorded(recordings),
        )
        after = custody_records.enter(installation, entry, Step.DESTROY, payload)
    answer_step(ctx, store, after, Step.DESTROY)


@click.command("certify")
@step_options
@scan_options
@machine_options
@click.option("--file", type=FILE, required=True, help="The certificate itself, as it was sent.")
@click.option("--number", required=True, help="The certificate's number.")
@click.option("--licence", required=True, help="The licence it names.")
@click.option("--expires", type=DAY, required=True, help="The last day that licence is good for.")
@click.option("--contract", required=True, help="The contract it names.")
@click.option("--treatment", type=TREATMENTS, required=True, help="What it says was done.")
@click.option("--grams", type=click.IntRange(min=1), help="The weight it states, in all.")
@click.pass_context
def certify(
    ctx: click.Context,
    store: str,
    consignment: str,
    by: tuple[Participant, ...],
    at: datetime | None,
    scans: Path | None,
    boxes: tuple[Scan, ...],
    file: Path,
    number: str,
    licence: str,
    expires: date,
    contract: str,
    treatment: str,
    grams: int | None,
    equipment: str | None,
    residue: str | None,
) -> None:
    """登记销毁方证明: enter the vendor's certificate as it stands, box by box.

    The file is kept among the evidence, and its SHA-256 is signed with the step. Boxes are
    those that the certificate names, as often as it does.
    """
    from keepuntil.disposal import custody_records
    from keepuntil.disposal.custody_records import StatedByVendor
    from keepuntil.domain.consignments import Step
    from keepuntil.domain.treatments import Treatment

    stated = StatedByVendor(
        number=number,
        licence=licence,
        licence_expires_on=expires,
        contract=contract,
        treatment=Treatment(treatment),
        boxes=named_boxes(scans, boxes),
        grams=grams,
        equipment=equipment,
        residue=residue,
    )
    session: Session = ctx.obj
    entry = _entry(store, consignment, by, at)
    with session.installation() as installation:
        after = custody_records.enter_certificate(installation, entry, file, stated)
    answer_step(ctx, store, after, Step.CERTIFY)


@click.command("report")
@step_options
@click.option("--sentence", required=True, help="What was seen. No names.")
@click.option("--box", help="The box it is about, where it is about one.")
@click.pass_context
def report(
    ctx: click.Context,
    store: str,
    consignment: str,
    by: tuple[Participant, ...],
    at: datetime | None,
    sentence: str,
    box: str | None,
) -> None:
    """报告异常: somebody saw something wrong. The consignment is halted at once."""
    from keepuntil.domain.consignments import Report, Step

    payload = Report(sentence=sentence, box=box)
    _enter(ctx, _entry(store, consignment, by, at), Step.REPORT, payload)


@click.command("resolve")
@step_options
@click.option("--incident", type=int, required=True, help="Its number, as `paper show` has it.")
@click.option("--reason", required=True, help="What is true now, and why it may go on. No names.")
@click.option("--withdraw-box", "out", multiple=True, help="A box that stays out; repeat.")
@click.option("--withdraw-item", "items", multiple=True, help="An item that stays out; repeat.")
@click.option(
    "--new-seal", "seals", type=NEW_SEAL, multiple=True, help="A seal put on after a recount."
)
@click.pass_context
def resolve(
    ctx: click.Context,
    store: str,
    consignment: str,
    by: tuple[Participant, ...],
    at: datetime | None,
    incident: int,
    reason: str,
    out: tuple[str, ...],
    items: tuple[str, ...],
    seals: tuple[tuple[str, str], ...],
) -> None:
    """处理异常: two people who do not destroy say what is true now about one incident."""
    from keepuntil.domain.consignments import Resolution, Step

    payload = Resolution(incident=incident, reason=reason, boxes=out, items=items, seals=seals)
    _enter(ctx, _entry(store, consignment, by, at), Step.RESOLVE, payload)


@click.command("withdraw")
@step_options
@click.option("--reason", required=True, help="Why it is taken off the journey. No names.")
@click.option("--box", "out", multiple=True, help="A box that goes back; repeat.")
@click.option("--item", "items", multiple=True, help="An item that goes back; repeat.")
@click.option(
    "--new-seal", "seals", type=NEW_SEAL, multiple=True, help="A seal put on where one was cut."
)
@click.pass_context
def withdraw(
    ctx: click.Context,
    store: str,
    consignment: str,
    by: tuple[Participant, ...],
    at: datetime | None,
    reason: str,
    out: tuple[str, ...],
    items: tuple[str, ...],
    seals: tuple[tuple[str, str], ...],
) -> None:
    """撤出: take boxes or items off the journey, before they are destroyed."""
    from keepuntil.domain.consignments import Step, Withdrawal

    payload = Withdrawal(reason=reason, boxes=out, items=items, seals=seals)
    _enter(ctx, _entry(store, consignment, by, at), Step.WITHDRAW, payload)


STEPS = (
    *(sign, pick, seal, handover, receive, count, destroy),
    *(witness, certify, reconcile, report, resolve, withdraw),
)
