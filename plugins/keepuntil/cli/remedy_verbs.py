"""remedy: what is done about a finding, from its plan to somebody else's acceptance."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keepuntil.cli.day import DAY
from keepuntil.cli.field_options import field_options, file_option, value_given
from keepuntil.cli.finding_verbs import BY, NUMBER
from keepuntil.cli.output import print_json
from keepuntil.cli.session import Session
from keepuntil.domain.ledger import Act, State
from keepuntil.domain.problems import (
    Accountability,
    Assigned,
    Extension,
    Feedback,
    Payload,
    Reached,
    Remedy,
    Review,
    Said,
)
from keepuntil.domain.problems import (
    milestone as read_milestone,
)
from keepuntil.errors import UsageError

if TYPE_CHECKING:
    from keepuntil.domain.ledger import Standing
    from keepuntil.domain.problems import Evidence

REMEDY = {
    "goal": "What is reached in the end.",
    "measures": "One measure.",
    "owner": "Who answers for it: an id in people.yaml.",
    "unit": "The unit that answers for it.",
    "due_on": "The last day.",
    "starts_on": "The first day.",
    "supervisor": "Who supervises it, by staff number.",
    "supervisor_unit": "The unit that supervises it.",
    "lead": "The member of the board who leads it, by role account.",
    "interim": "What limits the harm until then.",
    "policy_change": "Which policy is changed.",
    "system_change": "Which system is changed.",
    "similar_checked": "Whether the same was looked for elsewhere (举一反三).",
}
KEY = click.option(
    "--key",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Your private signing key (PEM, mode 0600).",
)
_NEXT = {
    State.OPEN: "Say what will be done: keepuntil remedy set {0} …",
    State.NOT_STARTED: "When work begins: keepuntil remedy start {0} --by ID",
    State.IN_PROGRESS: "When it is done: keepuntil remedy evidence {0} …, then remedy done {0} …",
    State.DONE: "Somebody else looks at it: keepuntil remedy accept {0} … or reject {0} …",
    State.ACCEPTED: "It is closed. A later look: keepuntil remedy review {0} …",
    State.GONE: "It is closed.",
}


@click.group()
def remedy() -> None:
    """Remedies (整改): planned, carried out, shown by evidence, accepted by a second person."""


def _take(
    session: Session, number: int, act: Act, payload: Payload | None = None, **more: Any
) -> None:
    from keepuntil.oversight import acting

    with session.installation() as installation:
        standing = acting.take(installation, number, act, payload, **more)
    _say(session, number, standing)


def _say(session: Session, number: int, standing: Standing) -> None:
    if session.as_json:
        print_json(standing)
    else:
        state = standing.state.value.replace("_", " ")
        click.echo(f"Finding {number} is {state}. {_NEXT[standing.state].format(number)}")


def _key(path: Path) -> Any:
    from keepuntil.evidence import keys

    return keys.load(f"file:{path}", keys.KeyKind.P256)


@remedy.command("set")
@NUMBER
@field_options(Remedy, REMEDY)
@click.option("--milestone", "milestones", multiple=True, metavar="NAME=DAY", help="Repeat.")
@file_option
@BY
@click.pass_obj
def set_remedy(
    session: Session,
    /,
    number: int,
    *,
    by: str,
    file: Path | None,
    milestones: tuple[str, ...],
    **given: Any,
) -> None:
    """Say what will be done about finding NUMBER, by whom and until when."""
    given["milestones"] = tuple(read_milestone(each) for each in milestones)
    said = value_given(Remedy, given, file, where="remedy")
    _take(session, number, Act.REMEDY_SET, said, by=by)


@remedy.command("assign")
@NUMBER
@click.option("--owner", required=True, help="Who answers for it now: an id in people.yaml.")
@click.option("--unit", required=True, help="Their unit.")
@BY
@click.pass_obj
def assign(session: Session, number: int, *, owner: str, unit: str, by: str) -> None:
    """Hand the remedy of finding NUMBER to somebody else."""
    _take(session, number, Act.ASSIGNED, Assigned(owner=owner, unit=unit), by=by)


@remedy.command("start")
@NUMBER
@BY
@click.pass_obj
def start(session: Session, number: int, *, by: str) -> None:
    """Say that work on finding NUMBER has begun."""
    _take(session, number, Act.STARTED, by=by)


@remedy.command("milestone")
@NUMBER
@click.argument("name")
@BY
@click.pass_obj
def milestone(session: Session, number: int, name: str, *, by: str) -> None:
    """Say that the milestone NAME of finding NUMBER is reached."""
    _take(session, number, Act.MILESTONE_REACHED, Reached(milestone=name), by=by)


@remedy.command("extend")
@NUMBER
@click.option("--until", type=DAY, required=True, help="The last day that is asked for.")
@click.option("--reason", required=True, help="Why. No personal data.")
@BY
@click.pass_obj
def extend(session: Session, number: int, *, until: date, reason: str, by: str) -> None:
    """Ask for more time for finding NUMBER; somebody else decides."""
    _take(session, number, Act.EXTENSION_ASKED, Extension(until=until, reason=reason), by=by)


@remedy.command("decide-extension")
@NUMBER
@click.option("--approve/--refuse", "approved", required=True, default=None)
@click.option("--reason", required=True, help="Why. No personal data.")
@BY
@KEY
@click.pass_obj
def decide_extension(
    session: Session, number: int, *, approved: bool, reason: str, by: str, key: Path
) -> None:
    """Give or refuse more time for finding NUMBER: not by who asked or answers for it."""
    act = Act.EXTENSION_APPROVED if approved else Act.EXTENSION_REFUSED
    _take(session, number, act, Said(words=reason), by=by, signing_key=_key(key))


@remedy.command("evidence")
@NUMBER
@click.option("--certificate", help="A certificate of the same category.")
@click.option("--sample", help="A spot check of the same category that was accepted.")
@click.option("--check", is_flag=True, help="Make the check that met it again, now.")
@click.option("--document", metavar="TITLE", help="A document, with --document-file or --sha256.")
@click.option("--document-file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--sha256", help="Of the document's bytes.")
@BY
@click.pass_obj
def evidence(session: Session, /, number: int, *, by: str, **given: Any) -> None:
    """Attach what shows that finding NUMBER is put right; a sentence alone does not."""
    from keepuntil.oversight import acting

    with session.installation() as installation:
        attached = _evidence(installation, number, given)
        standing = acting.take(installation, number, Act.EVIDENCE_ATTACHED, attached, by=by)
    _say(session, number, standing)


def _evidence(installation: Any, number: int, given: dict[str, Any]) -> Evidence:
    from keepuntil.oversight import closing_evidence

    named = [name for name in ("certificate", "sample", "check", "document") if given[name]]
    match named:
        case ["certificate"]:
            return closing_evidence.certificate(installation, number, given["certificate"])
        case ["sample"]:
            return closing_evidence.sample(installation, number, given["sample"])
        case ["check"]:
            return closing_evidence.check(installation, number)
        case ["document"]:
            place = {"file": given["document_file"], "sha256": given["sha256"]}
            return closing_evidence.document(given["document"], **place)
        case _:
            raise UsageError("Give one of --certificate, --sample, --check and --document.")


@remedy.command("done")
@NUMBER
@BY
@click.pass_obj
def done(session: Session, number: int, *, by: str) -> None:
    """Say that finding NUMBER is put right, as its evidence shows."""
    _take(session, number, Act.REPORTED_DONE, by=by)


@remedy.command("accept")
@NUMBER
@click.option("--conclusion", required=True, help="What you saw. No personal data.")
@BY
@KEY
@click.pass_obj
def accept(session: Session, number: int, *, conclusion: str, by: str, key: Path) -> None:
    """Close finding NUMBER: not by who worked on it."""
    _take(session, number, Act.ACCEPTED, Said(words=conclusion), by=by, signing_key=_key(key))


@remedy.command("reject")
@NUMBER
@click.option("--reason", required=True, help="What is missing. No personal data.")
@BY
@KEY
@click.pass_obj
def reject(session: Session, number: int, *, reason: str, by: str, key: Path) -> None:
    """Send finding NUMBER back to its owner: not by who worked on it."""
    _take(session, number, Act.REJECTED, Said(words=reason), by=by, signing_key=_key(key))


@remedy.command("review")
@NUMBER
@click.option("--on", type=DAY, required=True, help="When you looked.")
@click.option("--result", required=True, help="What you saw. No personal data.")
@BY
@click.pass_obj
def review(session: Session, number: int, *, on: date, result: str, by: str) -> None:
    """Note a later look at finding NUMBER (复查). It came back: findings open --same-as."""
    _take(session, number, Act.REVIEWED, Review(on=on, words=result), by=by)


@remedy.command("account")
@NUMBER
@click.option("--whom", required=True, help="Whom, by staff number; never a name.")
@click.option("--how", required=True, help="In which way.")
@click.option("--on", type=DAY, required=True, help="When.")
@click.option("--document", required=True, help="The number of the decision.")
@BY
@click.pass_obj
def account(session: Session, /, number: int, *, by: str, **said: Any) -> None:
    """Note for finding NUMBER that somebody was held to account (问责)."""
    _take(session, number, Act.HELD_TO_ACCOUNT, Accountability(**said), by=by)


@remedy.command("feedback")
@NUMBER
@click.option("--document", required=True, help="The number of the regulator's letter.")
@click.option("--on", type=DAY, required=True, help="Its date.")
@BY
@click.pass_obj
def feedback(session: Session, number: int, *, document: str, on: date, by: str) -> None:
    """Note what the regulator answered on finding NUMBER, by its letter."""
    _take(session, number, Act.REGULATOR_ANSWERED, Feedback(document=document, on=on), by=by)
