"""plan, show, diff, approve, reject: from what is due to a decision on exactly that list."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keepuntil.cli.day import DAY
from keepuntil.cli.output import print_json, print_table, progress
from keepuntil.cli.session import Session, operator
from keepuntil.cli.signing_options import key_option, own_key, person_option, role_option

if TYPE_CHECKING:
    from keepuntil.disposal.installation import Installation
    from keepuntil.domain.plans import Plan, Verdict


@click.command()
@click.argument("category")
@click.option("--as-of", type=DAY, help="The day to decide for; default: today in the rule's zone.")
@click.option("--proposed-by", help="Who proposes it; default: you.")
@click.pass_obj
def plan(session: Session, category: str, as_of: date | None, proposed_by: str | None) -> None:
    """Freeze the list of everything of CATEGORY that is due. Changes nothing in any store."""
    from keepuntil.disposal import planning

    with session.installation() as installation:
        rule = installation.rule(category)
        day = as_of or installation.today(rule)
        bars: dict[str, int | None] = {i.id: None for i in rule.stored_instances}
        with progress("looking through", bars) as tick:
            stored = planning.plan(
                installation, category, day, proposed_by=proposed_by or operator(), progress=tick
            )
        _print_plan(session, installation, stored.plan)


@click.command()
@click.argument("name", metavar="PLAN_OR_RUN")
@click.pass_obj
def show(session: Session, name: str) -> None:
    """Show a plan: counts, oldest and newest, limits, what was not computable, who must decide.

    Or a run, whose name begins with "run.": how many items came to which end, and why.
    """
    from keepuntil.register import plans

    with session.installation() as installation:
        if name.startswith("run."):
            _print_run(session, installation, name)
        else:
            _print_plan(session, installation, plans.load(installation.register, name).plan)


def _print_run(session: Session, installation: Installation, name: str) -> None:
    from keepuntil.register import journal, runs

    run = runs.load(installation.register, name)
    rows = [
        (instance, outcome.value, reason, count)
        for instance, ends in journal.ends(installation.register, run.run_id).items()
        for (outcome, reason), count in sorted(ends.items())
    ]
    columns = ("instance", "outcome", "reason", "items")
    if session.as_json:
        items = [dict(zip(columns, row, strict=True)) for row in rows]
        print_json({"run_id": run.run_id, "state": run.state, "ends": items})
        return
    print_table(columns, rows, title=f"{run.run_id}  ({run.state.value})")


@click.command()
@click.argument("plan_id")
@click.pass_obj
def diff(session: Session, plan_id: str) -> None:
    """Say what changed in the stores since the plan was frozen."""
    from keepuntil.disposal.comparing import compare

    with session.installation() as installation:
        differences = compare(installation, plan_id)
    if session.as_json:
        print_json(differences)
        return
    print_table(
        ("instance", "on the list", "no longer due", "newly held", "newly due"),
        [(d.instance, d.on_list, d.no_longer_due, d.newly_held, d.newly_due) for d in differences],
        title=f"{plan_id} against the stores as they are now",
    )


def _decision_options(command: click.Command) -> click.Command:
    options = (
        person_option(required=True),
        role_option(required=True),
        click.option("--reason", default="", help="Why, in a sentence without personal data."),
        key_option(required=True),
        click.argument("plan_id"),
    )
    for option in options:
        command = option(command)
    return command


@click.command()
@click.option(
    "--accept-exceeded",
    is_flag=True,
    help="You have seen that the plan is above its limits and say yes all the same.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def approve(
    session: Session,
    plan_id: str,
    person: str,
    role: str,
    reason: str,
    key: Path,
    *,
    accept_exceeded: bool,
    yes: bool,
) -> None:
    """Approve PLAN_ID: sign its digest. Change one item and your approval is void."""
    from keepuntil.domain.plans import Verdict

    with session.installation() as installation:
        plan_id = _confirm(session, installation, plan_id, yes=yes)
        _decide(
            session,
            installation,
            (plan_id, person, role, reason, key),
            Verdict.APPROVE,
            accepts_exceeded=accept_exceeded,
        )


@click.command()
@click.pass_obj
def reject(session: Session, plan_id: str, person: str, role: str, reason: str, key: Path) -> None:
    """Reject PLAN_ID: nothing on it is destroyed; the next plan lists it again."""
    from keepuntil.domain.plans import Verdict

    with session.installation() as installation:
        _decide(session, installation, (plan_id, person, role, reason, key), Verdict.REJECT)


approve = _decision_options(approve)
reject = _decision_options(reject)


def _decide(
    session: Session,
    installation: Installation,
    given: tuple[str, str, str, str, Path],
    verdict: Verdict,
    *,
    accepts_exceeded: bool = False,
) -> None:
    from keepuntil.disposal import approving
    from keepuntil.domain.plans import Verdict

    plan_id, person, role, reason, key = given
    approval = approving.approve(
        installation,
        plan_id,
        person=person,
        role=role,
        verdict=verdict,
        reason=reason,
        accepts_exceeded=accepts_exceeded,
        via="cli",
        signing_key=own_key(key),
    )
    if session.as_json:
        print_json(approval)
        return
    lacking = [] if verdict is Verdict.REJECT else approving.missing(installation, plan_id)
    click.echo(f"{verdict.value}: {plan_id} by {person} as {role}, until {approval.expires_at:%F}.")
    click.echo(
        f"Still missing: {', '.join(lacking)}." if lacking else f"Next: keepuntil run {plan_id}"
    )


def _confirm(session: Session, installation: Installation, plan_id: str, *, yes: bool) -> str:
    from keepuntil.register import plans

    found = plans.load(installation.register, plan_id).plan
    if not yes:
        _print_plan(session, installation, found)
        click.confirm(
            f"Approve the destruction of these {found.due} items, digest {found.digest}?",
            abort=True,
        )
    return found.plan_id


def _print_plan(session: Session, installation: Installation, plan: Plan) -> None:
    from keepuntil.disposal.approving import missing

    lacking = missing(installation, plan.plan_id) if plan.items else []
    if session.as_json:
        print_json({"plan": plan, "missing": lacking})
        return
    print_table(
        ("instance", "total", "due", "overdue", "held", "not computable", "kept", "oldest due"),
        [
            (
                t.instance,
                t.total,
                t.due,
                t.overdue,
                t.held,
                sum(t.undetermined.values()),
                t.kept + t.restricted,
                t.oldest_due_on,
            )
            for t in plan.instances
        ],
        title=f"{plan.plan_id}  ({plan.category}, as of {plan.as_of})",
    )
    click.echo(f"digest   {plan.digest}")
    for sentence in plan.exceeded:
        click.echo(f"limit    {sentence}")
    for line in lacking:
        click.echo(f"missing  {line}")
