"""log publish, log verify, log show: the organisation's log, kept and followed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keepuntil.cli.output import print_json, print_table
from keepuntil.cli.session import Session

if TYPE_CHECKING:
    from keepuntil.transparency.following import Followed, Judge

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
ENDPOINT = click.option("--endpoint", help="Address of the S3 server, where it is not Amazon's.")


@click.group()
def log() -> None:
    """The organisation's log: append-only, signed, to be followed by anybody."""


@log.command("publish")
@click.option("--anew", is_flag=True, help="Lay out everything again, over what is damaged.")
@click.pass_obj
def publish(session: Session, *, anew: bool) -> None:
    """Enter what happened, sign a head, show it where evidence.yaml says, ask the witnesses.

    The nights do this by themselves. Safe to repeat.
    """
    from keepuntil.disposal import publishing

    with session.installation() as installation:
        head = publishing.publish(installation, anew=anew)
        place = publishing.published_log(installation)
    if session.as_json:
        print_json({"origin": place.origin, "size": head.size if head else 0})
    elif head is None:
        click.echo("Nothing was accepted yet, so there is nothing to publish.")
    else:
        click.echo(f"{place.origin} shows {head.size} entries at {place.storage}.")


@log.command("verify")
@click.argument("storage")
@click.option("--vkey", "vkeys", multiple=True, help="A key of the log that you trust.")
@click.option(
    "--policy", "policy", type=FILE, help="Instead: a C2SP tlog-policy, with the witnesses you ask."
)
@click.option("--since", type=FILE, help="A checkpoint of this log that you hold from before.")
@click.option("--quick", is_flag=True, help="With --since: compare heads only, read no entry.")
@ENDPOINT
@click.pass_obj
def verify(
    session: Session,
    storage: str,
    vkeys: Sequence[str],
    policy: Path | None,
    since: Path | None,
    endpoint: str | None,
    *,
    quick: bool,
) -> None:
    """Check the log at STORAGE, a folder or s3://BUCKET/PREFIX.

    Give the keys you got through another channel. Keep the checkpoint you saw today:
    with --since it shows tomorrow that nothing was cut, changed or told otherwise.
    Needs no installation. Exit code 10 and the reason when the log does not hold.
    """
    from keepuntil.errors import UsageError
    from keepuntil.transparency import following
    from keepuntil.transparency.storage import open_storage

    if bool(vkeys) == (policy is not None):
        raise click.UsageError("Say whom you trust: either --policy FILE or --vkey KEY.")
    place = open_storage(storage, endpoint=endpoint)
    judge = _judge(vkeys) if policy is None else _judge_by(policy)
    older = since.read_bytes() if since is not None else None
    if not quick:
        _say(session, following.follow(place, judge, older))
    elif older is None:
        raise UsageError("--quick compares with a checkpoint you hold: name it with --since FILE.")
    else:
        _say(session, following.compare(place, judge, older))


def _judge_by(path: Path) -> Judge:
    from keepuntil.transparency import following, policy

    return following.believed_by(policy.parse(path.read_text(encoding="utf-8")))


def _judge(vkeys: Sequence[str]) -> Judge:
    from keepuntil.errors import UsageError
    from keepuntil.evidence.note import NoteKey
    from keepuntil.transparency.following import signed_by

    trusted = [NoteKey.parse(vkey) for vkey in vkeys]
    origins = {key.name for key in trusted}
    if len(origins) != 1:
        raise UsageError("The keys given are of different logs; a log is verified by its own.")
    return signed_by(origins.pop(), trusted)


def _say(session: Session, followed: Followed) -> None:
    if session.as_json:
        print_json(
            {
                "origin": followed.checkpoint.origin,
                "size": followed.checkpoint.size,
                "root": followed.checkpoint.root.hex(),
                "checks": followed.checks,
                "signers": followed.signers,
            }
        )
        return
    for check in followed.checks:
        click.echo(f"ok  {check}")
    for keyid, count in followed.signers.items():
        click.echo(f"    {count} statements are signed by the key {keyid}")
    click.echo(f"{followed.checkpoint.origin} holds: {followed.checkpoint.size} entries.")


@log.command("show")
@click.argument("storage")
@click.option("--last", type=click.IntRange(min=1), default=50, show_default=True)
@ENDPOINT
@click.pass_obj
def show(session: Session, storage: str, last: int, endpoint: str | None) -> None:
    """List the newest entries of the log at STORAGE, without judging it: see log verify."""
    from keepuntil.transparency.listing import listed
    from keepuntil.transparency.storage import open_storage

    size, entries = listed(open_storage(storage, endpoint=endpoint), last)
    if session.as_json:
        print_json({"size": size, "entries": list(entries)})
        return
    print_table(
        ("number", "statement of type", "about", "signed by key"),
        [(e.number, e.predicate_type, ", ".join(e.subjects), e.keyid[:16]) for e in entries],
        title=f"the newest of {size} entries",
    )
