"""How a consignment is told: state in both languages, boxes, incidents, and what is next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import click

from keepuntil.cli.output import print_json, print_table
from keepuntil.cli.session import Session
from keepuntil.errors import CustodyError

if TYPE_CHECKING:
    from keepuntil.domain.consignments import Consignment, Step

FEW: Final = 6
"""Names that are told one by one; the rest is counted."""


def answer_step(ctx: click.Context, store: str, consignment: Consignment, step: Step) -> None:
    """Say what was entered and how the consignment stands. A halted one makes the exit code."""
    from keepuntil.domain.consignments import State, Step
    from keepuntil.domain.custody_words import STEP_WORDS

    session: Session = ctx.obj
    halted = consignment.state is State.HALTED
    if session.as_json:
        print_json(_document(consignment))
    else:
        word = STEP_WORDS[step]
        click.echo(f"Entered and signed: {word.en} ({word.zh}) of {consignment.consignment}.")
        if halted and step not in (Step.REPORT, Step.RESOLVE):
            click.echo("What it found halts the journey; it is done again once that is resolved.")
        _say_state(store, consignment)
    if halted:
        ctx.exit(CustodyError.exit_code)


def show(session: Session, store: str, consignment: Consignment) -> None:
    """Everything about a consignment."""
    if session.as_json:
        print_json(_document(consignment))
        return
    click.echo(click.style(consignment.consignment, bold=True))
    _say_papers(consignment)
    _show_people(consignment)
    _show_boxes(consignment)
    _say_state(store, consignment)


def tell_journey(consignment: Consignment) -> None:
    """A consignment in a few lines, its name whole so that it can be copied."""
    from keepuntil.domain import custody_standing

    click.echo(consignment.consignment)
    boxes, incidents = len(consignment.remaining_boxes), len(consignment.open_incidents)
    _line("state", f"{_state_words(consignment)}; {boxes} boxes, {incidents} open incidents")
    if waits := custody_standing.awaited(consignment):
        _line("awaited", some(waits))


def _state_words(consignment: Consignment) -> str:
    """The state in both languages, and where a halted one stood."""
    from keepuntil.domain.custody_words import STATE_WORDS

    word = STATE_WORDS[consignment.state]
    said = f"{word.en} {word.zh}"
    if consignment.halted_in is not None:
        before = STATE_WORDS[consignment.halted_in]
        said += f", before that {before.en} {before.zh}"
    return said


def some(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(names[:FEW])
    return f"{shown} and {len(names) - FEW} more" if len(names) > FEW else shown


def _document(consignment: Consignment) -> dict[str, object]:
    from keepuntil.domain import custody_standing
    from keepuntil.domain.custody import possible_steps

    return {
        "consignment": consignment,
        "boxes": custody_standing.by_box(consignment),
        "awaited": custody_standing.awaited(consignment),
        "open_incidents": consignment.open_incidents,
        "possible_steps": possible_steps(consignment),
    }


def _say_papers(consignment: Consignment) -> None:
    rule, vendor = consignment.rule, consignment.vendor
    _line("list", consignment.plan_digest)
    _line("signed by", ", ".join(rule.signatories))
    among = (
        f", among them {', '.join(rule.witness_departments)}" if rule.witness_departments else ""
    )
    _line("witnesses", f"{rule.witnesses}{among}")
    _line("destroyed", f"at least {' or '.join(rule.treatments)}")
    if vendor is None:
        _line("by", "the institution itself" + (", elsewhere" if rule.transported else ""))
    else:
        _line(
            "by",
            f"vendor, licence {vendor.licence} until {vendor.licence_expires_on}, "
            f"contract {vendor.contract}",
        )


def _show_people(consignment: Consignment) -> None:
    print_table(
        ("duty", "person", "role", "department"),
        [
            (duty.value, each.person, each.role, each.department)
            for duty, people in consignment.people.items()
            for each in people
        ],
        title="People",
    )


def _show_boxes(consignment: Consignment) -> None:
    from keepuntil.domain import custody_standing

    boxes = custody_standing.by_box(consignment)
    told: dict[str, list[object]] = {
        "box": [box.box for box in boxes],
        "list": [box.listed for box in boxes],
        "weeded": [None if box.whole else "yes" for box in boxes],
        "out": [box.withdrawn for box in boxes],
        "picked": [box.picked for box in boxes],
        "seal": [box.seal for box in boxes],
        "sent": [box.sent for box in boxes],
        "grams": [box.grams for box in boxes],
        "arrived": [box.received for box in boxes],
        "counted": [box.counted for box in boxes],
        "gone": [box.destroyed for box in boxes],
        "cert": [box.certified for box in boxes],
    }
    # A column in which nothing stands yet tells nothing.
    shown = {word: cells for word, cells in told.items() if any(cells)}
    print_table(
        tuple(shown),
        zip(*shown.values(), strict=True),
        title="Items box by box",
        names=("box", "seal"),
    )


def _say_state(store: str, consignment: Consignment) -> None:
    from keepuntil.domain import custody_standing

    halted = consignment.halted_in is not None
    _line(
        "state", click.style(_state_words(consignment), fg="red" if halted else "green", bold=True)
    )
    for place in consignment.open_incidents:
        _say_incident(consignment, place)
    if waits := custody_standing.awaited(consignment):
        _line("awaited", some(waits))
    _say_next(store, consignment)


def _say_incident(consignment: Consignment, place: int) -> None:
    incident = consignment.incidents[place]
    at = incident.at.astimezone(ZoneInfo(consignment.rule.zone))
    _line("incident", f"{place}  {incident.kind.value}, {at:%Y-%m-%d %H:%M}: {incident.sentence}")
    if incident.items:
        _line("", f"about {some(incident.items)}")


def _say_next(store: str, consignment: Consignment) -> None:
    from keepuntil.domain import custody_standing
    from keepuntil.domain.consignments import State, Step
    from keepuntil.domain.custody import possible_steps

    possible = possible_steps(consignment)
    # Where two steps lead on, the later one does; the other goes back to what could be better.
    *others, onward = custody_standing.steps_on(consignment) or (None,)
    if onward is not None:
        _line("next", f"keepuntil paper {verb_of(onward)} {store} {consignment.consignment}")
    aside = [*others, *(step for step in custody_standing.SIDE_STEPS if step in possible)]
    if aside:
        _line("or", ", ".join(verb_of(step) for step in aside if step is not None))
    if consignment.state is State.RECONCILED:
        run_id = consignment.consignment.rsplit(".", 2)[0]
        _line("next", f"keepuntil run {run_id.removeprefix('run.')}")
    if Step.RESOLVE in possible:
        _line("", "Two people who do not destroy say what is true now; nothing else moves.")


def verb_of(step: Step) -> str:
    """What a step is called on the command line."""
    return step.value.replace("_", "")


def _line(word: str, text: str) -> None:
    click.echo(f"{word:10}{text}")
