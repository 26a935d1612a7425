"""init, check, explain, forecast, schema: what owners need before anything is destroyed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keepuntil.cli.day import DAY
from keepuntil.cli.output import print_json, print_table
from keepuntil.cli.session import Session, operator
from keepuntil.errors import UsageError

if TYPE_CHECKING:
    from keepuntil.disposal.explaining import Explanation
    from keepuntil.domain.clock import Fact
    from keepuntil.register.forecasts import Forecast


@click.command()
@click.option(
    "--starter",
    type=click.Choice(["cn_bank", "cn_insurer", "eu", "us"]),
    help="Begin with a whole set of rules instead of one example.",
)
@click.pass_obj
def init(session: Session, *, starter: str | None) -> None:
    """Make an installation (keys, register) and, if there is none, a commented set of policies.

    With --starter the policies are those of a Chinese bank or insurer, or a smaller set of the
    EU or the US: a library to adopt from, rule by rule. No legal advice.
    """
    from keepuntil.disposal.installation import Installation
    from keepuntil.rules.init import write_starter, write_starting_point

    there = (session.policies / "rules").is_dir()
    if there and starter is not None:
        raise UsageError(
            f"There are policies in {session.policies} already; write the starter set beside them "
            f"(keepuntil --policies FOLDER init --starter {starter}) and take over what you adopt."
        )
    Installation.create(session.home)
    click.echo(f"Installation in {session.home}: keys (0600), register, evidence.")
    if there:
        click.echo(f"Policies in {session.policies} are left as they are.")
        return
    policies = session.policies
    written = write_starter(policies, starter) if starter else write_starting_point(policies)
    for path in written:
        click.echo(f"wrote {path}")


@click.command()
@click.option(
    "--stores", "ask_stores", is_flag=True, help="Compare with the stores themselves too."
)
@click.option(
    "--against",
    metavar="REF",
    help="Compare with the policies as they were: a revision in git, or another folder.",
)
@click.option("--as-of", type=DAY, help="With --against: the day; default: today, or in force.")
@click.option("--record", is_flag=True, help="With --against: keep the effect for an approval.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="en", show_default=True)
@click.pass_obj
def check(
    session: Session,
    *,
    ask_stores: bool,
    against: str | None,
    as_of: date | None,
    record: bool,
    language: str,
) -> None:
    """Check all policies: every mistake of every file at once, with line and column.

    With --stores also: missing tables and columns, undeclared children, missing
    indexes. Exit code 3 for a mistake in a file, 4 for a store that is not as declared.

    With --against also: which rules differ, in words, and what becomes due or is no longer
    due, store by store. Exit code 5 when a change makes more due than its rule's limits.
    """
    from keepuntil.cli.change_verbs import check_against
    from keepuntil.rules.load import load

    schedule = load(session.policies, today=date.today())  # noqa: DTZ011 a review is due by the calendar on the wall
    for warning in schedule.warnings:
        click.echo(f"warning  {warning}", err=True)
    valid = f"{len(schedule.rules)} rules, {len(schedule.stores)} stores: all valid."
    click.echo(valid, err=session.as_json)
    if ask_stores:
        _check_stores(session)
    if against is not None:
        check_against(session, against, as_of, language, record=record)
    elif record or as_of is not None:
        raise UsageError("--record and --as-of belong to --against REF.")


def _check_stores(session: Session) -> None:
    from keepuntil.disposal.planning import describe
    from keepuntil.errors import StoreMismatch

    problems = []
    with session.installation() as installation:
        for rule in installation.schedule.rules:
            for instance, description in describe(installation, rule).items():
                where = f"{rule.category}/{instance}"
                for warning in description.warnings:
                    click.echo(f"warning  {where}: {warning}", err=True)
                problems += [f"{where}: {problem}" for problem in description.problems]
                if not description.problems:
                    click.echo(f"ok       {where}: {description.total} items")
    if problems:
        raise StoreMismatch("\n".join(problems))


@click.command()
@click.argument("category")
@click.argument("group", required=False)
@click.option("--fact", "facts", multiple=True, help="EVENT=YYYY-MM-DD, or EVENT=true|false.")
@click.option("--as-of", type=DAY, help="The day to decide for; default: today in the rule's zone.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="en", show_default=True)
@click.pass_obj
def explain(
    session: Session,
    category: str,
    group: str | None,
    facts: tuple[str, ...],
    as_of: date | None,
    language: str,
) -> None:
    """Explain which dates apply to a record of CATEGORY, and why it may or may not go.

    GROUP is the record's group (its file number) in the store; or name its events
    yourself with --fact.
    """
    from keepuntil.disposal.explaining import explain_facts, explain_group

    with session.installation() as installation:
        rule = installation.rule(category)
        day = as_of or installation.today(rule)
        if group is not None:
            explanation = explain_group(installation, rule, group, day, by=operator())
        elif facts:
            named = dict(_fact(text, rule.clock.events) for text in facts)
            explanation = explain_facts(installation, rule, named, day)
        else:
            raise UsageError("Name the record's group, or its events with --fact EVENT=DATE.")
    if session.as_json:
        print_json(explanation)
    else:
        _tell(explanation, day, language)


def _fact(text: str, events: tuple[str, ...]) -> tuple[str, Fact]:
    event, _, value = text.partition("=")
    if event not in events:
        raise UsageError(f"{event!r} is no event of this rule; they are: {', '.join(events)}.")
    if value in ("true", "false"):
        return event, value == "true"
    try:
        return event, date.fromisoformat(value)
    except ValueError:
        raise UsageError(
            f"{value!r} is no date like 2019-04-02 and neither true nor false."
        ) from None


def _tell(explanation: Explanation, day: date, language: str) -> None:
    for step in getattr(explanation.reckoning, "steps", ()):
        click.echo(f"- {getattr(step, language)}")
    if explanation.held_by:
        click.echo(f"held by: {', '.join(explanation.held_by)}")
    click.echo(f"on {day}: {explanation.decision}")


@click.command()
@click.argument("category", required=False)
@click.option("--months", default=24, show_default=True, help="How far to look ahead.")
@click.pass_obj
def forecast(session: Session, category: str | None, months: int) -> None:
    """Say how many records of CATEGORY fall due in each month, from today's data. Reads only.

    Without CATEGORY: count every rule, two years ahead, and keep the result for the web pages.
    """
    from keepuntil.disposal import forecasting

    with session.installation() as installation:
        if category is None:
            rules = installation.schedule.rules
            found = [forecasting.remember(installation, rule) for rule in rules]
        else:
            rule = installation.rule(category)
            found = [forecasting.look_ahead(installation, rule, months)]
    if session.as_json:
        print_json(found if category is None else found[0].months)
        return
    for each in found:
        _print_forecast(each)


def _print_forecast(counted: Forecast) -> None:
    rows = [
        (instance, month, count)
        for instance, counter in counted.months.items()
        for month, count in sorted(counter.items())
    ]
    print_table(
        ("instance", "month", "falls due"), rows, title=f"{counted.category}, on {counted.as_of}"
    )


@click.command()
@click.argument(
    "kind",
    type=click.Choice(["rule", "stores", "people", "categories", "calendar"]),
    default="rule",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write to this file.")
def schema(kind: str, out: Path | None) -> None:
    """Print the JSON Schema of a policy file, for editors that complete and check."""
    import json

    from keepuntil.rules.json_schema import json_schema

    document = json_schema(kind)
    if out is None:
        print_json(document)
    else:
        out.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
