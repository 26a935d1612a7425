"""findings, ledger: problems in a list, one by one, and as examiners want them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keepuntil.cli.day import DAY
from keepuntil.cli.default_verb import VerbUnlessNamed
from keepuntil.cli.field_options import field_options, file_option, value_given
from keepuntil.cli.output import print_json, print_table
from keepuntil.cli.session import Session
from keepuntil.domain.ledger_words import Discovery, ProblemClass, Status
from keepuntil.domain.problems import Particulars

if TYPE_CHECKING:
    from keepuntil.disposal.installation import Installation
    from keepuntil.oversight.ledger import Case, Selection
    from keepuntil.register.ledger import Line

LIST = "list"
PARTICULARS = {
    "problem_class": "Which of the seven classes.",
    "description": "What is wrong. No personal data.",
    "manifestation": "Which entry of the notice's list it is.",
    "unit": "Which unit it is in.",
    "unit_level": "Of which level that unit is.",
    "business_line": "The business line or product.",
    "system": "The application or storehouse.",
    "category": "The data category, as in its rule.",
    "form": "electronic, scan, paper, backup or processor.",
    "sensitivity": "The level of the data, like C3.",
    "clients": "How many clients it is about.",
    "records": "How many records.",
    "occurred_from": "Since when it went on.",
    "occurred_to": "Until when.",
    "provision": "The law and article it breaches.",
    "risk": "How grave it is.",
    "leaked": "Whether data leaked.",
    "crime_suspected": "Whether a crime is suspected.",
    "fixed_at_once": "Whether it was put right on the day (立查立改).",
    "root_level": "Whose doing the cause is.",
    "root_kind": "Of what kind the cause is.",
}
BY = click.option("--by", required=True, help="Who you are: your id in people.yaml.")
NUMBER = click.argument("number", type=click.IntRange(min=1))
OUT = click.Path(path_type=Path, dir_okay=False)


def selecting(command: Any) -> Any:
    """The options that choose findings."""
    for option in (
        click.option("--as-of", type=DAY, help="What is overdue on this day; default: today."),
        click.option(
            "--language",
            type=click.Choice(["zh", "en"]),
            default="zh",
            show_default=True,
            help="Of the headings in a file.",
        ),
        click.option("--status", type=click.Choice([one.value for one in Status])),
        click.option("--unit", help="Only of this unit."),
        click.option(
            "--class", "problem_class", type=click.Choice([one.value for one in ProblemClass])
        ),
        click.option("--kind", help="Only of this kind, such as overdue."),
    ):
        command = option(command)
    return command


@click.group(cls=VerbUnlessNamed, unless_named=LIST, also_alone=True)
def findings() -> None:
    """Problems (问题): alone it lists those that are open; see also `keepuntil remedy`."""


@findings.command(LIST)
@selecting
@click.option("--closed/--all", "closed", default=None, help="Only closed ones; or all.")
@click.option("--export", type=OUT, help="Write the problem list (问题清单): .xlsx, .csv, .json.")
@click.pass_obj
def list_findings(
    session: Session,
    /,
    *,
    closed: bool | None,
    export: Path | None,
    as_of: date | None,
    language: str,
    **chosen: Any,
) -> None:
    """List findings, those that are open unless others are asked for."""
    from keepuntil.oversight.ledger_lists import Language, write_problem_list

    ctx = click.get_current_context()
    asked = ctx.get_parameter_source("closed") is not click.core.ParameterSource.DEFAULT
    wanted = _selection(chosen, closed=closed or None if asked else False)
    with session.installation() as installation:
        found = _cases(installation, as_of, wanted)
    if export is not None:
        write_problem_list(export, found, Language(language))
        click.echo(f"wrote {export}: {len(found)} problems")
    elif session.as_json:
        print_json([_line(case) for case in found])
    else:
        _print_cases(found, "findings" if asked else "open findings")


@click.command()
@selecting
@click.option("--export", type=OUT, help="Write the ledger (整改台账): .xlsx, .csv or .json.")
@click.pass_obj
def ledger(
    session: Session, /, *, export: Path | None, as_of: date | None, language: str, **chosen: Any
) -> None:
    """The ledger of remedies (整改台账): what is being done, by whom, until when, and what is late.

    Exit code 0 also when something is overdue: `keepuntil overdue` is about records.
    """
    from keepuntil.oversight.ledger import summarise
    from keepuntil.oversight.ledger_lists import Language, write_ledger

    with session.installation() as installation:
        found = _cases(installation, as_of, _selection(chosen, closed=None))
        summary = summarise(found, as_of or installation.now().date())
    with_remedy = [case for case in found if case.standing.work is not None]
    if export is not None:
        write_ledger(export, with_remedy, Language(language))
        click.echo(f"wrote {export}: {len(with_remedy)} remedies")
    elif session.as_json:
        print_json(summary)
    else:
        _print_remedies(with_remedy)


@findings.command("show")
@NUMBER
@click.pass_obj
def show(session: Session, number: int) -> None:
    """Show finding NUMBER: what is known of it, what is being done, all that happened."""
    from keepuntil.oversight import acting
    from keepuntil.oversight.ledger import case_of
    from keepuntil.register import findings as register_findings

    with session.installation() as installation:
        found = register_findings.load(installation.register, number)
        standing = register_findings.standing(installation.register, number)
        case = case_of(installation, found, standing, installation.now().date())
        history = acting.verified(installation, number)
    if session.as_json:
        # Envelopes are bytes, and stand by their digest in the log.
        print_json({"finding": case, "history": [_plain(line) for line in history]})
        return
    _print_case(case)
    print_table(
        ("", "when", "who", "what", "said"),
        [
            (line.seq, f"{line.at:%F %H:%M}", line.person or "(a check)", line.act, _details(line))
            for line in history
        ],
        title="History",
    )


@findings.command("open")
@field_options(Particulars, PARTICULARS)
@file_option
@click.option("--found-on", type=DAY, required=True, help="When it was found.")
@click.option(
    "--found-how",
    type=click.Choice([one.value for one in Discovery if one is not Discovery.SYSTEM]),
    required=True,
)
@click.option("--found-by", help="Staff number, or the authority's short name; default: --by.")
@click.option("--same-as", type=click.IntRange(min=1), help="It is this finding, found again.")
@BY
@click.pass_obj
def open_finding(
    session: Session,
    /,
    *,
    by: str,
    file: Path | None,
    found_on: date,
    found_how: str,
    found_by: str | None,
    same_as: int | None,
    **given: Any,
) -> None:
    """Enter a problem that somebody has found; the same one again is counted.

    Who found it first, and when a regulator raised it, is kept and never overwritten.
    """
    from keepuntil.domain.problems import Discovered, Opened
    from keepuntil.oversight import acting

    opened = Opened(
        particulars=value_given(Particulars, given, file, where="problem"),
        discovered=Discovered(on=found_on, how=Discovery(found_how), by=found_by or by),
    )
    with session.installation() as installation:
        number = acting.report(installation, opened, by=by, same_as=same_as)
    if session.as_json:
        print_json({"number": number})
    else:
        click.echo(f"Finding {number}. Say what will be done: keepuntil remedy set {number} …")


@findings.command("describe")
@NUMBER
@field_options(Particulars, PARTICULARS)
@file_option
@BY
@click.pass_obj
def describe(session: Session, /, number: int, *, by: str, file: Path | None, **given: Any) -> None:
    """Say more of finding NUMBER; what was said before stays in its history."""
    from keepuntil.domain.ledger import Act
    from keepuntil.oversight import acting

    said = value_given(Particulars, given, file, where="problem")
    with session.installation() as installation:
        acting.take(installation, number, Act.DESCRIBED, said, by=by)
    click.echo(f"Finding {number} is described.")


def _selection(chosen: dict[str, Any], *, closed: bool | None) -> Selection:
    from keepuntil.oversight.ledger import Selection

    status, kind = chosen["status"], chosen["problem_class"]
    return Selection(
        kind=chosen["kind"],
        problem_class=ProblemClass(kind) if kind else None,
        unit=chosen["unit"],
        status=Status(status) if status else None,
        closed=closed,
    )


def _cases(installation: Installation, as_of: date | None, wanted: Selection) -> list[Case]:
    from keepuntil.oversight.ledger import cases

    return cases(installation, as_of or installation.now().date(), wanted)


def _line(case: Case) -> dict[str, object]:
    from dataclasses import asdict

    beside = {"status": case.status, "problemClass": case.problem_class, "category": case.category}
    return asdict(case.finding) | beside


def _plain(line: Line) -> dict[str, object]:
    said = {"seq": line.seq, "act": line.act, "person": line.person, "at": line.at}
    return said | {"details": line.details, "signed": line.envelope is not None}


def _details(line: Line) -> str:
    if not isinstance(line.details, dict):
        return ""
    return "\n".join(f"{name}: {value}" for name, value in line.details.items())


def _print_cases(found: list[Case], what: str) -> None:
    print_table(
        ("no", "since", "seen", "kind", "status", "finding"),
        [
            (
                *(case.number, f"{case.finding.first_seen_at:%F}", case.finding.seen),
                *(case.finding.kind, case.status.value, case.finding.sentence_en),
            )
            for case in found
        ],
        title=f"{len(found)} {what}",
    )


def _print_remedies(found: list[Case]) -> None:
    print_table(
        ("no", "status", "owner", "unit", "last day", "done %", "goal"),
        [
            (
                *(case.number, case.status.value, work.remedy.owner, work.remedy.unit),
                *(str(work.due_on), work.percent, work.remedy.goal),
            )
            for case in found
            if (work := case.standing.work) is not None
        ],
        title=f"{len(found)} remedies",
    )


def _print_case(case: Case) -> None:
    from keepuntil.oversight.ledger_lists import (
        LEDGER_COLUMNS,
        PROBLEM_COLUMNS,
        Language,
        ledger_row,
        problem_row,
    )

    said = [(PROBLEM_COLUMNS, problem_row(case, Language.EN))]
    if case.standing.work is not None:
        said.append((LEDGER_COLUMNS, ledger_row(case, case.standing.work, Language.EN)))
    for columns, row in said:
        for field, value in row.items():
            if value:
                click.echo(f"{columns[field].zh} {columns[field].en}: {value}")
