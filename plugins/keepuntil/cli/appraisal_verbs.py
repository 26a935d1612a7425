"""appraise, attest: names under what came of a list before it is approved, and after it is gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keepuntil.cli.day import DAY
from keepuntil.cli.output import print_json
from keepuntil.cli.session import Session, operator
from keepuntil.cli.signing_options import key_option, own_key, person_option, role_option

if TYPE_CHECKING:
    from keepuntil.disposal.installation import Installation


@dataclass(frozen=True, slots=True)
class _Kept:
    """The items that are to be kept, and why, as they were typed."""

    instance: str | None
    keys: tuple[str, ...]
    until: date | None
    unsettled: bool
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class _Signer:
    """Who signs, in which role, with which key; None where it was left out."""

    person: str | None
    role: str | None
    key: Path | None


@click.command()
@click.argument("plan_id")
@click.option("--instance", help="The place of the items that are kept.")
@click.option("--keep", "kept", multiple=True, help='An item, as its JSON key: [17] or ["A-1"].')
@click.option("--extend-until", type=DAY, help="They are kept until this day.")
@click.option("--unsettled", is_flag=True, help="A claim or debt is open: they are extracted.")
@click.option("--reason", default="", help="Why. No personal data.")
@person_option(required=False)
@role_option(required=False)
@key_option(required=False)
@click.option(
    "--forms",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the appraisal opinion (鉴定意见书) as it stands into this folder.",
)
@click.pass_obj
def appraise(
    session: Session,
    /,
    plan_id: str,
    *,
    instance: str | None,
    kept: tuple[str, ...],
    extend_until: date | None,
    unsettled: bool,
    reason: str,
    person: str | None,
    role: str | None,
    key: Path | None,
    forms: Path | None,
) -> None:
    """Keep items of the list PLAN_ID, whatever is approved: extended or extracted as unsettled.

    With --as, --role and --key: sign what came of it, for a rule that names a panel
    (appraised_by). What is decided afterwards voids the signatures. Without --keep: say what
    the appraisal came to. What is said nothing of is destroyed.
    """
    with session.installation() as installation:
        given = _Kept(instance, kept, extend_until, unsettled, reason, person or operator())
        _keep(installation, plan_id, given)
        if role or key or not kept:
            _sign(installation, plan_id, _Signer(person, role, key))
        written = _write(installation, plan_id, forms)
        _tell(session, installation, plan_id, written)


def _keep(installation: Installation, plan_id: str, given: _Kept) -> None:
    from keepuntil.disposal import appraising
    from keepuntil.disposal.appraising import Opinion
    from keepuntil.domain.items import parse_key

    if not given.keys:
        return
    if given.instance is None:
        raise click.UsageError("Say where the items are: --instance ID.")
    appraising.keep(
        installation,
        plan_id,
        given.instance,
        [parse_key(key) for key in given.keys],
        opinion=Opinion.UNSETTLED if given.unsettled else Opinion.EXTEND,
        reason=given.reason,
        by=given.by,
        until=given.until,
    )


def _sign(installation: Installation, plan_id: str, by: _Signer) -> None:
    from keepuntil.disposal import appraisal_panel

    if by.person is None and by.role is None and by.key is None:
        return
    if by.person is None or by.role is None or by.key is None:
        raise click.UsageError("Whoever signs says --as, --role and --key, all three.")
    appraisal_panel.sign(installation, plan_id, person=by.person, role=by.role, key=own_key(by.key))


def _write(installation: Installation, plan_id: str, folder: Path | None) -> list[Path]:
    from keepuntil.disposal import appraisal_form

    return [] if folder is None else appraisal_form.write(installation, plan_id, folder)


def _tell(session: Session, installation: Installation, plan_id: str, written: list[Path]) -> None:
    from keepuntil.disposal import appraising, approving

    found = appraising.appraised(installation, plan_id)
    lacking = approving.missing(installation, plan_id)
    if session.as_json:
        print_json({"appraised": found, "forms": written, "missing": lacking})
        return
    click.echo(
        f"Of {found.listed} items on {found.plan_id}: {found.extended} extended, "
        f"{found.unsettled} unsettled, {found.destroyed} to be destroyed."
    )
    for path in written:
        click.echo(str(path))
    for line in lacking:
        click.echo(f"missing  {line}")


@click.command()
@click.argument("run_id")
@person_option(required=True)
@key_option(required=True)
@click.pass_obj
def attest(session: Session, run_id: str, person: str, key: Path) -> None:
    """Sign as a witness (监销) what RUN_ID came to, for your department.

    For rules that name witness_departments: after the destruction, before the certificate.
    """
    from keepuntil.disposal import attesting
    from keepuntil.register import runs

    with session.installation() as installation:
        signature = attesting.attest(installation, run_id, person=person, key=own_key(key))
        run = runs.load(installation.register, run_id)
        lacking = attesting.missing(installation, installation.rule(run.warrant.category), run)
    if session.as_json:
        print_json({"signature": signature, "missing": lacking})
        return
    click.echo(f"Witnessed: {run.run_id} by {person} for {signature.department}.")
    click.echo(
        f"Still missing: {', '.join(lacking)}."
        if lacking
        else f"Next: keepuntil verify {run.run_id}"
    )
