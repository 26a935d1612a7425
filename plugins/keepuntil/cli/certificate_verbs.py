"""cert show, cert verify, cert list: what was certified, and whether it holds."""

from __future__ import annotations

from pathlib import Path

import click

from keepuntil.cli.output import print_json, print_table
from keepuntil.cli.session import Session

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
KEY = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def cert() -> None:
    """Destruction certificates."""


@cert.command("list")
@click.pass_obj
def list_certificates(session: Session) -> None:
    """List the certificates of this installation."""
    from keepuntil.disposal.certifying import outcomes_of
    from keepuntil.register import certificates

    with session.installation() as installation:
        found = list(certificates.list_certificates(installation.register))
    if session.as_json:
        print_json(found)
        return
    print_table(
        ("certificate", "signed", "destroyed", "provisional until", "bundle"),
        [
            (
                c.certificate_id,
                f"{c.issued_at:%F %T}",
                outcomes_of(c).get("destroyed", 0),
                c.provisional_until,
                c.path,
            )
            for c in found
        ],
        title=f"{len(found)} certificates",
    )


@cert.command("show")
@click.argument("bundle", type=FOLDER)
def show(bundle: Path) -> None:
    """Print what the certificate in BUNDLE says, without judging it: see cert verify."""
    from keepuntil.evidence import canonical
    from keepuntil.evidence.envelope import Envelope

    line = (bundle / "certificate.intoto.jsonl").read_bytes()
    print_json(canonical.parse(Envelope.parse(line.strip()).payload))


@cert.command("verify")
@click.argument("bundle", type=FOLDER)
@click.option(
    "--key", "certificate_key", type=KEY, required=True, help="The certificate key you trust."
)
@click.option("--run-key", type=KEY, required=True, help="The run key you trust.")
@click.pass_obj
def verify(session: Session, bundle: Path, certificate_key: Path, run_key: Path) -> None:
    """Check BUNDLE offline: signatures, tree, every entry, every total.

    Give the public keys you got through another channel, not those in the bundle.
    Needs no register, no store, no network.
    """
    from keepuntil.disposal.checking_certificates import check_bundle
    from keepuntil.evidence import keys

    checked = check_bundle(
        bundle,
        certificate_key=keys.public_key(certificate_key.read_bytes(), str(certificate_key)),
        run_key=keys.public_key(run_key.read_bytes(), str(run_key)),
    )
    if session.as_json:
        print_json(checked)
        return
    for check in checked.checks:
        click.echo(f"ok  {check}")
    ends = ", ".join(f"{count} {outcome}" for outcome, count in checked.outcomes.items())
    click.echo(
        f"{checked.certificate_id} holds: {checked.category}, as of {checked.as_of}: {ends}."
    )
    if checked.provisional_until:
        click.echo(f"It is provisional until {checked.provisional_until}: backups still age out.")
