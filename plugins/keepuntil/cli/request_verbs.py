"""request: a person asks for erasure; what they are told, and what happens after that."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keepuntil.cli.day import DAY
from keepuntil.cli.output import print_json, print_table
from keepuntil.cli.session import Session, operator

if TYPE_CHECKING:
    from keepuntil.disposal.erasure_requests import Answered
    from keepuntil.disposal.installation import Installation

_LANGUAGE = click.option(
    "--language", type=click.Choice(["zh", "en"]), default="en", show_default=True
)
_LETTER = click.option("--letter", is_flag=True, help="Also the letter, in Chinese and English.")
_BY = click.option("--by", help="Who looks; default: you. It is written down.")


@click.group()
def request() -> None:
    """Requests of people (个人信息主体请求): answered record by record, followed up until done."""


@request.command()
@click.option(
    "--subject-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of one line: the identifier, as the rules' subject columns have it.",
)
@click.option("--subject", help="The identifier itself; others on this host may see it.")
@click.option("--received-on", type=DAY, help="The day it reached you; default: today (UTC).")
@click.option(
    "--regime",
    type=click.Choice(["pipl", "gdpr"]),
    default="pipl",
    show_default=True,
    help="By which law there is so long to answer.",
)
@_LETTER
@_LANGUAGE
@_BY
@click.pass_obj
def erase(
    session: Session,
    subject_file: Path | None,
    subject: str | None,
    received_on: date | None,
    regime: str,
    language: str,
    by: str | None,
    *,
    letter: bool,
) -> None:
    """Enter a request for erasure and answer it, place by place.

    Without --subject-file and --subject the identifier is asked for. It is kept sealed, and
    only while the request is open. Nothing is destroyed by asking.
    """
    from keepuntil.disposal import erasure_requests

    with session.installation() as installation:
        answered = erasure_requests.receive(
            installation,
            _subject(subject_file, subject),
            regime=regime,
            received_on=received_on or installation.now().date(),
            by=by or operator(),
        )
        _tell(session, installation, [answered], language, letter=letter)


def _subject(file: Path | None, subject: str | None) -> str:
    if file is not None and subject is not None:
        raise click.UsageError("Name the person by --subject-file or by --subject, not both.")
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise click.UsageError(f"{file} is not a text file that can be read.") from None
    given: str = subject or click.prompt("Identifier of the person", hide_input=True, err=True)
    return given.strip()


@request.command()
@click.option("--as-of", type=DAY, help="The day to answer for; default: today.")
@_LETTER
@_LANGUAGE
@_BY
@click.pass_obj
def due(
    session: Session, as_of: date | None, language: str, by: str | None, *, letter: bool
) -> None:
    """Look again at open requests; say those with something new, and close what is done."""
    from keepuntil.disposal import erasure_requests

    with session.installation() as installation:
        found = erasure_requests.follow_up(installation, as_of, by=by or operator())
        _tell(session, installation, found, language, letter=letter)


@request.command()
@click.argument("name", metavar="REQUEST")
@_LETTER
@_LANGUAGE
@click.pass_obj
def show(session: Session, name: str, language: str, *, letter: bool) -> None:
    """Show the last answer to REQUEST."""
    from keepuntil.disposal import erasure_requests

    with session.installation() as installation:
        answered = erasure_requests.load(installation, name)
        _tell(session, installation, [answered], language, letter=letter)


@request.command("list")
@click.option("--open", "open_only", is_flag=True, help="Only those that are open.")
@click.pass_obj
def list_requests(session: Session, *, open_only: bool) -> None:
    """List requests by the day they are to be answered by. Nobody is named."""
    from keepuntil.register import requests_made

    with session.installation() as installation:
        found = requests_made.all_of(installation.register, open_only=open_only)
    if session.as_json:
        print_json(found)
        return
    rows = [
        (
            *(one.request_id, one.kind, one.regime, one.received_on, one.answer_by),
            f"{one.closing.at:%F} {one.closing.because}" if one.closing else "",
        )
        for one in found
    ]
    columns = ("request", "kind", "by", "received", "answer by", "closed")
    print_table(columns, rows, title=f"{len(found)} requests", names=("request",))


@request.command()
@click.argument("name", metavar="REQUEST")
@click.option("--reason", required=True, help="Why, in a sentence without personal data.")
@_BY
@click.pass_obj
def close(session: Session, name: str, reason: str, by: str | None) -> None:
    """Close REQUEST for a reason of your own, such as that it was withdrawn."""
    from keepuntil.disposal import erasure_requests

    with session.installation() as installation:
        closed = erasure_requests.close(installation, name, by=by or operator(), because=reason)
    click.echo(f"closed {closed.request_id}; whose it was is forgotten.")


def _tell(
    session: Session,
    installation: Installation,
    found: list[Answered],
    language: str,
    *,
    letter: bool,
) -> None:
    from keepuntil.disposal import erasure_requests

    if session.as_json:
        print_json([{"request": one.request, "answer": one.answer} for one in found])
    else:
        for one in found:
            _tell_one(one, language)
        if not found:
            click.echo("Nothing new.")
    for one in found if letter else ():
        for path in erasure_requests.letters(installation, one):
            click.echo(f"wrote {path}", err=session.as_json)


def _tell_one(answered: Answered, language: str) -> None:
    from keepuntil.domain.requests_of_people import in_words

    request, answer = answered.request, answered.answer
    print_table(
        ("category", "instance", "records", "answer"),
        [
            (line.category, line.instance, line.records, getattr(in_words(line), language))
            for line in answer.lines
        ],
        title=f"{request.request_id}: received {request.received_on}, "
        f"to be answered by {request.answer_by}",
    )
    for each in answer.not_searched:
        click.echo(f"not searched  {each.category}/{each.instance}: it names no subject")
    for end in answer.ended:
        click.echo(f"nothing left  {end.category}: certificate {end.certificate_id}")
    if request.closing is not None:
        click.echo(f"closed        {request.closing.because}")
