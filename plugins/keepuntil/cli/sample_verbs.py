"""sample: entries of a certified run for a spot check, drawn so that nobody could choose them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from keepuntil.cli.default_verb import VerbUnlessNamed
from keepuntil.cli.output import print_json, print_table
from keepuntil.cli.session import Session, operator

if TYPE_CHECKING:
    from keepuntil.oversight.sampling import Drawn
    from keepuntil.register.samples import StoredCheck

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
OUTCOMES = click.Choice(["destroyed", "already_absent", "held", "no_longer_due", "shared", "any"])
"""As in domain.outcomes, the ends a certified item can have; or all of them."""
DRAW = "draw"


@click.group(cls=VerbUnlessNamed, unless_named=DRAW)
def sample() -> None:
    """Spot checks (抽查) of certified runs: `sample RUN_OR_CERTIFICATE` draws one."""


@sample.command(DRAW)
@click.argument("run_or_certificate")
@click.option("--confidence", metavar="PERCENT", help="How sure to discover it; default: 95%.")
@click.option("--tolerable", metavar="PERCENT", help="Which rate to discover; default: 1%.")
@click.option("--size", type=click.IntRange(min=1), help="Instead: draw so many.")
@click.option(
    "--accept",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="So many deviations are accepted.",
)
@click.option(
    "--outcome",
    "outcomes",
    type=OUTCOMES,
    multiple=True,
    help="Entries that came to this end; default: destroyed and already_absent.",
)
@click.option("--instance", "instances", multiple=True, help="Entries of this place only.")
@click.option("--by", help="Who orders it; default: you.")
@click.pass_obj
def draw(
    session: Session,
    /,
    run_or_certificate: str,
    *,
    confidence: str | None,
    tolerable: str | None,
    size: int | None,
    accept: int,
    outcomes: tuple[str, ...],
    instances: tuple[str, ...],
    by: str | None,
) -> None:
    """Draw entries of a certified run.

    The plan is logged first; the head of the log that is signed after it decides what is
    drawn. Without --size as many are drawn as discover --tolerable with --confidence.
    """
    from keepuntil.domain.sampling import GONE_OUTCOMES
    from keepuntil.oversight import sampling

    if size is not None and (confidence or tolerable):
        raise click.UsageError("Give either --size or what it has to discover, not both.")
    wanted = sampling.Wanted(
        size=size,
        confidence=confidence or sampling.CONFIDENCE,
        tolerable=tolerable or sampling.TOLERABLE,
        acceptance=accept,
        outcomes=None if "any" in outcomes else outcomes or GONE_OUTCOMES,
        instances=instances or None,
    )
    with session.installation() as installation:
        drawn = sampling.order(installation, run_or_certificate, wanted, by=by or operator())
    _say(session, drawn, [])


@sample.command("show")
@click.argument("sample_id", metavar="SAMPLE")
@click.pass_obj
def show(session: Session, sample_id: str) -> None:
    """Show SAMPLE: its plan, what decided the draw, what was drawn, who looked."""
    from keepuntil.oversight import sampling
    from keepuntil.register import samples

    with session.installation() as installation:
        drawn = sampling.drawn(installation, sample_id)
        checks = samples.checks(installation.register, drawn.sample.sample_id)
    _say(session, drawn, checks)


@sample.command("record")
@click.argument("sample_id", metavar="SAMPLE")
@click.argument("leaf", type=click.IntRange(min=0))
@click.option("--checker", required=True, help="Who looked: staff number or role account.")
@click.option(
    "--result",
    type=click.Choice(["gone", "found", "unknown"]),
    required=True,
    help="What they saw; unknown: it cannot be told.",
)
@click.option("--note", default="", help="Where they looked. Kept sealed. No personal data.")
@click.pass_obj
def record(
    session: Session, sample_id: str, leaf: int, checker: str, result: str, note: str
) -> None:
    """Enter what was seen of entry LEAF of SAMPLE. Found, and certified as gone: a finding."""
    from keepuntil.domain.sampling import CheckResult
    from keepuntil.oversight import sampling

    with session.installation() as installation:
        kept = sampling.record(
            installation,
            sample_id,
            leaf,
            checker=checker,
            result=CheckResult(result),
            note=note,
        )
    if session.as_json:
        print_json(kept)
    else:
        click.echo(f"Check {kept.seq} of {kept.sample_id}: entry {leaf} {kept.result.value}.")


@sample.command("close")
@click.argument("sample_id", metavar="SAMPLE")
@click.option("--by", help="Who closes it; default: you.")
@click.pass_context
def close(ctx: click.Context, sample_id: str, by: str | None) -> None:
    """End SAMPLE with its verdict. Exit code 9: it was not accepted."""
    from keepuntil.domain.sampling import SampleVerdict
    from keepuntil.oversight import sampling

    session: Session = ctx.obj
    with session.installation() as installation:
        closing = sampling.close(installation, sample_id, by=by or operator())
    if session.as_json:
        print_json(closing)
    else:
        click.echo(f"The sample is closed: {closing.verdict.value}.")
    if closing.verdict is not SampleVerdict.ACCEPTED:
        ctx.exit(9)


@sample.command("export")
@click.argument("sample_id", metavar="SAMPLE")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def export(session: Session, sample_id: str, folder: Path) -> None:
    """Write into FOLDER what others need, beside the bundle, to draw SAMPLE again."""
    from keepuntil.oversight import redrawing, sampling

    with session.installation() as installation:
        drawn = sampling.drawn(installation, sample_id)
    for path in redrawing.export(drawn, folder):
        click.echo(f"wrote {path}")


@sample.command("redraw")
@click.argument("bundle", type=click.Path(path_type=Path, exists=True))
@click.argument("folder", type=FOLDER)
@click.option("--trust", "trusted", type=FOLDER, required=True, help="The public keys you trust.")
@click.pass_obj
def redraw(session: Session, bundle: Path, folder: Path, trusted: Path) -> None:
    """Draw again, offline, the sample in FOLDER from BUNDLE. Exit code 10: another comes out.

    Needs no register, no store, no network.
    """
    from keepuntil.disposal.archives import unpacked
    from keepuntil.disposal.trust import read_trust
    from keepuntil.oversight import redrawing

    with unpacked(bundle) as place:
        again = redrawing.redraw(place, folder, read_trust(trusted))
    if session.as_json:
        print_json(again)
        return
    leaves = ", ".join(str(entry.leaf) for entry in again.draw.entries)
    click.echo(click.style("THE SAME  抽样一致", fg="green", bold=True))
    click.echo(f"{again.sample_id} of {again.certificate_id}: {leaves}")


def _say(session: Session, drawn: Drawn, checks: list[StoredCheck]) -> None:
    if session.as_json:
        from keepuntil.oversight.redrawing import document

        print_json(
            document(drawn)
            | {
                "checks": checks,
                "closing": drawn.sample.closing,
                "entries": drawn.draw.entries,
            }
        )
        return
    plan, claim = drawn.sample.plan, drawn.head.claim
    why = f" to discover {plan.tolerable} with {plan.confidence}" if plan.confidence else ""
    click.echo(
        f"{drawn.sample.sample_id}: {plan.size} of {plan.population} entries of"
        f" {drawn.certificate.certificate_id}{why}; {plan.acceptance} deviations are accepted."
    )
    click.echo(
        f"Decided by the head of {claim.size} entries of {claim.origin}, root {claim.root.hex()}."
    )
    print_table(
        ("entry", "instance", "certified as", "checks"),
        [
            (entry.leaf, entry.instance, entry.outcome, _seen(checks, entry.leaf))
            for entry in drawn.draw.entries
        ],
        title="In the order of the draw",
    )
    if drawn.sample.closing is not None:
        closing = drawn.sample.closing
        click.echo(f"Closed by {closing.by} on {closing.at:%F}: {closing.verdict.value}.")


def _seen(checks: list[StoredCheck], leaf: int) -> str:
    return "\n".join(
        f"{check.result.value}, {check.checker}, {check.checked_at:%F}"
        + (f": {check.note}" if check.note else "")
        for check in checks
        if check.leaf == leaf
    )
