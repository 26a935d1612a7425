"""run, verify: destroy what was approved, have it looked at again, certify it."""

from __future__ import annotations

import click

from keepuntil.cli.output import print_json, print_table, progress
from keepuntil.cli.session import Session, operator


@click.command()
@click.argument("name", metavar="PLAN_OR_RUN")
@click.option(
    "--executor", help="Who carries it out; default: you. Never who proposed or approved."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def run(session: Session, name: str, executor: str | None, *, yes: bool) -> None:
    """Destroy exactly what a plan lists. Irreversible. Run again to resume after any stop.

    A plan that has a run may be named by it: the run's name begins with "run.".
    """
    from keepuntil.disposal import executing
    from keepuntil.register import plans, runs

    with session.installation() as installation:
        if name.startswith("run."):
            name = runs.load(installation.register, name).warrant.plan_id
        stored = plans.load(installation.register, name)
        plan = stored.plan
        if not yes:
            where = ", ".join(f"{t.due} in {t.instance} ({t.store})" for t in plan.instances)
            click.echo(f"This destroys {plan.due} items of {plan.category} for good: {where}.")
            click.confirm("Go on?", abort=True)
        run_id = executing.open_run(installation, plan.plan_id, executor=executor or operator())
        totals: dict[str, int | None] = {t.instance: t.due + t.held for t in plan.instances}
        with progress("destroying", totals) as tick:
            for phase in (0, 1):
                for shard in executing.shards(installation, run_id, phase):
                    executing.destroy_shard(
                        installation, run_id, shard, worker=operator(), progress=tick
                    )
        report = executing.close_run(installation, run_id)
    if session.as_json:
        print_json(report)
        return
    rows = [
        (instance, outcome, count)
        for instance, outcomes in report.outcomes.items()
        for outcome, count in outcomes.items()
        if count
    ]
    print_table(("instance", "outcome", "items"), rows, title=f"Run {run_id}")
    click.echo(f"Next: keepuntil verify {run_id}")


@click.command()
@click.argument("run_id")
@click.option("--verifier", help="Who verifies; never who approved or executed.")
@click.option(
    "--again", is_flag=True, help="After the certificate: is everything it covers still gone?"
)
@click.pass_obj
def verify(session: Session, run_id: str, verifier: str | None, *, again: bool) -> None:
    """Re-read every store of RUN_ID with the second credential, then certify what was seen."""
    if again:
        _verify_again(session, run_id)
    elif verifier is None:
        raise click.UsageError("Say who verifies: --verifier NAME.")
    else:
        _verify(session, run_id, verifier)


def _verify(session: Session, run_id: str, verifier: str) -> None:
    from keepuntil.disposal import certifying, nights, verifying
    from keepuntil.register import plans, runs

    with session.installation() as installation:
        verification = verifying.verify(installation, run_id, verifier=verifier)
        certificate = certifying.certify(installation, run_id)
        plan_id = runs.load(installation.register, run_id).warrant.plan_id
        plan = plans.load(installation.register, plan_id).plan
        nights.record(installation, plan, "certified")
    if session.as_json:
        print_json(certificate)
        return
    click.echo(f"Confirmed by {verifier}; expectations: {verification.docs}")
    click.echo(f"Certificate {certificate.certificate_id}: {certificate.bundle}")
    if certificate.provisional_until is not None:
        click.echo(
            f"Provisional until {certificate.provisional_until}, when the last backup ages out."
        )


def _verify_again(session: Session, run_id: str) -> None:
    from keepuntil.disposal import rechecking

    with session.installation() as installation:
        recheck = rechecking.recheck(installation, run_id)
    if session.as_json:
        print_json(recheck)
    else:
        rows = [(i.instance, i.certified_gone, i.looked_at, i.back) for i in recheck.instances]
        columns = ("instance", "certified gone", "there now", "back again")
        print_table(columns, rows, title=f"Run {recheck.run_id}, looked at again")
        if recheck.redeclared:
            click.echo(rechecking.REDECLARED)
    recheck.refuse_if_back()
    if not session.as_json:
        click.echo("Nothing that was certified gone has come back.")
