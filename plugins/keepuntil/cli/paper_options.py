"""What the verbs of paper read: people, moments, boxes, seals, and the files of scanners."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from keepuntil.domain.consignments import Participant, Payload, Scan

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)

TREATMENTS = click.Choice(
    ["P-1", "P-2", "P-3", "P-4", "P-5", "P-6", "P-7", "pulping", "incineration"]
)
"""As in domain.treatments; written out so that ``--help`` stays quick."""

_MOST_PARTS = 3

Command = TypeVar("Command", bound=Callable[..., Any])


class Person(click.ParamType["Participant"]):
    """``E1001:clerk:archives``: who, in which role, for which department."""

    name = "ID:ROLE:DEPARTMENT"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Participant:
        """The participant; click shows the sentence for anything else."""
        from keepuntil.domain.consignments import Participant

        if isinstance(value, Participant):
            return value
        parts = [part.strip() for part in str(value).split(":")]
        if len(parts) != _MOST_PARTS or not all(parts):
            self.fail("Name people as ID:ROLE:DEPARTMENT, like E1001:clerk:archives.", param, ctx)
        person, role, department = parts
        return Participant(person=person, role=role, department=department)


class Moment(click.ParamType[datetime]):
    """``2026-11-23T14:05+08:00``; a time without an offset could be any."""

    name = "TIME"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The moment; click shows the sentence for anything else."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            moment = None
        if moment is None or moment.utcoffset() is None:
            self.fail("Give the time with its offset, like 2026-11-23T14:05+08:00.", param, ctx)
        return moment


class ScannedBox(click.ParamType["Scan"]):
    """``B0001``, ``B0001:Z-17`` or ``B0001:Z-17:12400``: box, seal, grams."""

    name = "BOX[:SEAL[:GRAMS]]"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Scan:
        """The scan; click shows the sentence for anything else."""
        from keepuntil.domain.consignments import Scan

        if isinstance(value, Scan):
            return value
        box, *rest = (part.strip() for part in str(value).split(":"))
        seal, grams = [*rest, "", ""][:2]
        weighed = grams.isascii() and grams.isdigit()
        if not box or len(rest) >= _MOST_PARTS or (grams and not weighed):
            self.fail("Name boxes as BOX, BOX:SEAL or BOX:SEAL:GRAMS.", param, ctx)
        return Scan(box=box, seal=seal or None, grams=int(grams) if grams else None)


class NewSeal(click.ParamType[tuple[str, str]]):
    """``B0001=Z-18``: a box and the seal put on instead."""

    name = "BOX=SEAL"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Box and seal; click shows the sentence for anything else."""
        if isinstance(value, tuple):
            return value
        box, _, seal = (part.strip() for part in str(value).partition("="))
        if not box or not seal:
            self.fail("Name the box and its new seal as BOX=SEAL.", param, ctx)
        return box, seal


PERSON, MOMENT, SCANNED_BOX, NEW_SEAL = Person(), Moment(), ScannedBox(), NewSeal()

BY = click.option(
    "--by",
    type=PERSON,
    multiple=True,
    required=True,
    help="Who does it, of which unit in people.yaml (the carrier's people: vendor); repeat.",
)
AT = click.option(
    "--at",
    type=MOMENT,
    help="When it was done, with the offset: 2026-11-23T14:05+08:00. Default: now.",
)
SCANS = click.option(
    "--scans", type=FILE, help="The scanner's CSV: columns box, seal, item, grams."
)
BOXES = click.option(
    "--box", "boxes", type=SCANNED_BOX, multiple=True, help="Instead, by hand: a box; repeat."
)


RECORDINGS = click.option(
    "--recording",
    "recordings",
    type=FILE,
    multiple=True,
    help="A film of it; its SHA-256 is signed, the file stays where it is. Repeat.",
)


def step_options(command: Command) -> Command:
    """STORE, CONSIGNMENT, who and when: what every step has."""
    for option in (
        AT,
        BY,
        click.argument("consignment"),
        click.argument("store"),
    ):
        command = option(command)
    return command


def scan_options(command: Command) -> Command:
    """Boxes from the scanner's file, or by hand."""
    return BOXES(SCANS(command))


def machine_options(command: Command) -> Command:
    """What destroyed it, and what became of what was left."""
    equipment = click.option("--equipment", help="Number of the machine (设备编号).")
    residue = click.option("--residue", help="What became of what was left (残渣处理). No names.")
    return equipment(residue(command))


def scanned(file: Path | None, by_hand: Sequence[Scan]) -> Payload:
    """What was scanned, from the one place that says it."""
    from keepuntil.domain.consignments import Scans
    from keepuntil.stores.paper.scanned import read_scans

    _refuse_both(file, by_hand)
    return Scans(lines=tuple(by_hand) if file is None else read_scans(file))


def named_boxes(file: Path | None, by_hand: Sequence[Scan]) -> tuple[str, ...]:
    """Barcodes alone, from the one place that says them."""
    from keepuntil.stores.paper.scanned import read_boxes

    _refuse_both(file, by_hand)
    return tuple(scan.box for scan in by_hand) if file is None else read_boxes(file)


def _refuse_both(file: Path | None, by_hand: Sequence[Scan]) -> None:
    if (file is None) == (not by_hand):
        raise click.UsageError("Say which boxes: either --scans FILE or --box, once a box.")
