"""keys init, list, rotate: whose key signs what, since when, and where it lies."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from keepuntil.cli.output import print_json
from keepuntil.cli.session import Session
from keepuntil.errors import KeyFileError

if TYPE_CHECKING:
    from keepuntil.signing import KeyRing
    from keepuntil.signing.generations import Generation

REFERENCE = "Where the key is: file:PATH, hsm:ID?label=TOKEN, pkcs11:object=LABEL, awskms:KEY ..."


@click.group()
def keys() -> None:
    """The installation's signing keys. No two roles ever share one."""


@keys.command("init")
@click.argument("role", nargs=-1)
@click.option("--reference", help=f"{REFERENCE} For exactly one role that has no key yet.")
@click.pass_obj
def init(session: Session, role: tuple[str, ...], reference: str | None) -> None:
    """Make the first key of every role that has none, and write the ring. Changes nothing else.

    Without ROLE: certificate, approvals, run, log. The others, timestamp and sm2, are
    made when they are named. Key files from before there was a ring are taken over.
    """
    from keepuntil.disposal.installation import utc_now
    from keepuntil.signing import changing, roles

    if reference and len(role) != 1:
        raise click.UsageError("--reference is the key of exactly one role; name that role.")
    ring = changing.found(session.home / "keys", role or roles.ALWAYS, utc_now(), reference)
    _show(session, ring)


@keys.command("list")
@click.pass_obj
def list_keys(session: Session) -> None:
    """List every key each role ever had: which one counted when, and where its private half is."""
    from keepuntil.signing import KeyRing

    ring = KeyRing.read(session.home / "keys")
    if not ring.keys:
        raise KeyFileError(f"There are no keys in {ring.folder}. Make them with: keepuntil init")
    _show(session, ring)


@keys.command("rotate")
@click.argument("role")
@click.option("--reference", help=f"{REFERENCE} Default: a new key file.")
@click.option(
    "--destroy-old", is_flag=True, help="Remove the old private key file instead of keeping it."
)
@click.pass_obj
def rotate(session: Session, role: str, reference: str | None, *, destroy_old: bool) -> None:
    """Give ROLE a new key. Old evidence stays verifiable: the old public half stays in the ring.

    Both keys sign the change. Give the new public half (cert trust) to those who
    verify before they meet the first signature by it.
    """
    from keepuntil.signing import changing
    from keepuntil.signing.rotation import rotation_statement

    with session.installation() as installation:
        schedule = installation.schedule
        rotation = changing.rotate(
            session.home / "keys",
            role,
            installation.now(),
            people=schedule.public_keys,
            reference=reference,
            destroy_old=destroy_old,
        )
        ring = installation.key_ring
    if session.as_json:
        print_json(rotation_statement(schedule.controller, rotation).predicate)
        return
    old, new = ring.keys[role][-2:]
    click.echo(
        f"{role}: {new.keyid[:16]} takes the place of {old.keyid[:16]} from {new.since:%F %T %Z}."
    )
    click.echo(f"The old private half: {_whereabouts(ring, old)}.")
    click.echo("Give the new public half to those who verify: keepuntil cert trust DIR")


def _show(session: Session, ring: KeyRing) -> None:
    from keepuntil.signing import roles

    listed = [(role, each) for role in roles.ROLES for each in ring.keys.get(role, ())]
    if session.as_json:
        print_json([_document(ring, role, each) for role, each in listed])
        return
    for role, each in listed:
        time = f"{_day(each.since) or '':10} to {_day(each.until) or 'now':10}"
        algorithm = roles.kind_name(role)
        click.echo(
            f"{role:11}  {algorithm:7}  {each.keyid[:16]}  {time}  {_whereabouts(ring, each)}"
        )
    for name in ring.strays():
        click.echo(
            f"No role uses {ring.folder / name}. If an interrupted rotation left it, nothing was "
            "ever signed with it, and it can be removed.",
            err=True,
        )


def _document(ring: KeyRing, role: str, generation: Generation) -> dict[str, object]:
    from keepuntil.signing import roles

    return {
        "role": role,
        "algorithm": roles.kind_name(role),
        "keyid": generation.keyid,
        "from": generation.since,
        "until": generation.until,
        "privateHalf": _whereabouts(ring, generation),
        "publicKey": generation.pem,
    }


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%F}"


def _whereabouts(ring: KeyRing, generation: Generation) -> str:
    from keepuntil.signing.ring import own_file

    name = own_file(generation)
    if name is not None and not (ring.folder / name).exists():
        return f"missing: {name}"
    return generation.reference or "destroyed"
