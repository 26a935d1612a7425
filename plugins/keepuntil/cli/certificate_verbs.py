"""cert: what was certified, whether it holds, and what is handed to whom."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keepuntil.cli.output import print_json, print_table
from keepuntil.cli.session import Session, operator

if TYPE_CHECKING:
    from keepuntil.disposal.checking_certificates import Verdict
    from keepuntil.disposal.trust import Trust
    from keepuntil.domain.items import Key

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
@click.argument("bundle", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--trust",
    "folder",
    type=FOLDER,
    help="The folder of public keys you were given: certificate*.pem, policy.txt, tsa.pem ...",
)
@click.option("--key", "certificate_key", type=KEY, help="Instead of --trust: one certificate key.")
@click.option("--run-key", type=KEY, help="With --key: the run key you trust.")
@click.pass_context
def verify(
    ctx: click.Context,
    bundle: Path,
    folder: Path | None,
    certificate_key: Path | None,
    run_key: Path | None,
) -> None:
    """Check BUNDLE, a folder or a zip archive, offline, step by step, and give a verdict.

    Give the public keys you got through another channel, not those in the bundle.
    Needs no register, no store, no network. Exit code 10: it does not hold.
    """
    from keepuntil.disposal.archives import unpacked
    from keepuntil.disposal.checking_certificates import examine

    session: Session = ctx.obj
    trust = _trust(folder, certificate_key, run_key)
    with unpacked(bundle) as place:
        verdict = examine(place, trust)
    if session.as_json:
        print_json(verdict)
    else:
        _say(verdict)
    if not verdict.holds:
        ctx.exit(10)


def _trust(folder: Path | None, certificate_key: Path | None, run_key: Path | None) -> Trust:
    from keepuntil.disposal.trust import Trust, read_trust
    from keepuntil.evidence import keys

    if (folder is None) == (certificate_key is None):
        raise click.UsageError("Say whom you trust: either --trust FOLDER or --key FILE.")
    if folder is not None:
        return read_trust(folder)
    given = [path for path in (certificate_key, run_key) if path is not None]
    read = [keys.public_key(path.read_bytes(), str(path)) for path in given]
    return Trust(certificate_keys=(read[0],), run_keys=tuple(read[1:]))


def _say(verdict: Verdict) -> None:
    for step in verdict.steps:
        mark = {
            True: click.style("  ok  ", fg="green"),
            False: click.style(" FAIL ", fg="red", bold=True),
            None: click.style("  --  ", dim=True),
        }[step.held]
        click.echo(f"{mark} {step.name:12} {step.words}")
    click.echo()
    if not verdict.holds:
        click.echo(click.style("DOES NOT HOLD  核验未通过", fg="red", bold=True))
        click.echo(verdict.reason)
        return
    ends = ", ".join(f"{count:,} {outcome}" for outcome, count in verdict.outcomes.items())
    click.echo(click.style("HOLDS  核验通过", fg="green", bold=True))
    click.echo(f"{verdict.certificate_id}: {verdict.category}, as of {verdict.as_of}: {ends}.")
    if verdict.provisional_until:
        click.echo(f"It is provisional until {verdict.provisional_until}: backups still age out.")
    for each in verdict.corrections:
        click.echo(click.style(f"CORRECTED 已更正 {each.on}", fg="yellow", bold=True))
        click.echo(f"{each.reason.get('zh')} {each.reason.get('en')}")
    skipped = [step.name for step in verdict.steps if step.held is None]
    if skipped:
        click.echo(f"Not checked, since you named nobody to believe: {', '.join(skipped)}.")


@cert.command("export")
@click.argument("certificate")
@click.argument("archive", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def export(session: Session, certificate: str, archive: Path) -> None:
    """Write the bundle of CERTIFICATE into one zip file, ARCHIVE, for whoever is to check it."""
    from keepuntil.disposal.archives import pack
    from keepuntil.register import certificates

    with session.installation() as installation:
        stored = certificates.load(installation.register, certificate)
    pack(Path(stored.path), archive)
    click.echo(f"wrote {archive}")


@cert.command("trust")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def trust(session: Session, folder: Path) -> None:
    """Write into FOLDER what verifiers need: public keys, policy, time authority. No secrets.

    Hand it over by another way than the evidence: in person, on paper, through the regulator.
    """
    from keepuntil.disposal.exporting_trust import export_trust

    with session.installation() as installation:
        for path in export_trust(installation, folder):
            click.echo(f"wrote {path}")


@cert.command("receipt")
@click.argument("certificate")
@click.option(
    "--record",
    "records",
    multiple=True,
    required=True,
    metavar="INSTANCE=KEY",
    help="A record by its instance and JSON key, like core=[17]; repeat for all of a person.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
@click.option("--pdf", is_flag=True, help="Also a page to print, beside it.")
@click.pass_obj
def receipt(
    session: Session, certificate: str, records: tuple[str, ...], out: Path, *, pdf: bool
) -> None:
    """Write a receipt: the file that shows a person that their records were destroyed.

    It discloses these records and no others. Hand it over and do not keep it: it names
    whose records they were.
    """
    from keepuntil.disposal import receipts

    named = [_named(text) for text in records]
    with session.installation() as installation:
        content = receipts.make(installation, certificate, named, by=operator())
        _write_private(out, content)
        click.echo(f"wrote {out}")
        if pdf:
            for path, pages in receipts.pages(installation, content, out):
                _write_private(path, pages)
                click.echo(f"wrote {path}")


def _named(text: str) -> tuple[str, Key]:
    from keepuntil.domain.items import parse_key

    instance, equals, key = text.partition("=")
    if not equals:
        raise click.UsageError("A record is named as INSTANCE=KEY, like core=[17].")
    return instance, parse_key(key)


def _write_private(path: Path, content: bytes) -> None:
    """For its owner's eyes: the file names a person's records."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}.") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


@cert.command("verify-receipt")
@click.argument("path", metavar="RECEIPT", type=KEY)
@click.option("--trust", "folder", type=FOLDER, required=True, help="The public keys you trust.")
@click.pass_obj
def verify_receipt(session: Session, path: Path, folder: Path) -> None:
    """Check RECEIPT offline and print what it discloses. Exit code 10: it does not hold."""
    from keepuntil.disposal import receipts
    from keepuntil.disposal.trust import read_trust

    shown = receipts.check(path.read_bytes(), read_trust(folder))
    documents = [{"outcome": one.entry.outcome, "record": one.content} for one in shown.records]
    if session.as_json:
        print_json(
            {"certificate": shown.statement.predicate["certificateId"], "records": documents}
        )
        return
    click.echo(click.style("HOLDS  核验通过", fg="green", bold=True))
    click.echo(f"{shown.statement.predicate['certificateId']}, log entry {shown.certificate.index}")
    for document in documents:
        click.echo(json.dumps(document, ensure_ascii=False))


@cert.command("correct")
@click.argument("certificate")
@click.option("--revoke", is_flag=True, help="Take the whole certificate back.")
@click.option("--zh", required=True, help="What is wrong, in Chinese. Published: no personal data.")
@click.option("--en", required=True, help="What is wrong, in English. Published: no personal data.")
@click.pass_obj
def correct(session: Session, certificate: str, zh: str, en: str, *, revoke: bool) -> None:
    """Say that CERTIFICATE is wrong: signed, logged, and shown by every verifier from now on.

    The certificate itself stays as it is. This cannot be undone.
    """
    from keepuntil.disposal import certifying, correcting
    from keepuntil.domain.categories import Text

    with session.installation() as installation:
        made = correcting.correct(
            installation,
            certificate,
            kind="revocation" if revoke else "correction",
            reason=Text(zh=zh, en=en),
            by=operator(),
        )
        path = certifying.rewrite_bundle(installation, made.certificate_id)
    click.echo(f"{made.certificate_id} carries a {made.kind} from now on: {path}")
