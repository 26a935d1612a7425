"""witness init, add-log, show, serve: for a regulator or internal audit, on their own machine."""

from __future__ import annotations

import re
import signal
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from keepuntil.transparency.witness_state import Seen

FOLDER = click.Path(path_type=Path, file_okay=False)
_LAST_PORT = 65_535


@click.group()
def witness() -> None:
    """Watch the logs of others: put a name to them while they only grow.

    A witness needs no installation of Keepuntil, no register and no policies: a folder of
    its own with a key and what it has seen. Whoever runs it is not who keeps the log.
    """


@witness.command("init")
@click.argument("folder", type=FOLDER)
@click.option("--name", required=True, help="The name it signs under, like w1.regulator.example.")
def init(folder: Path, name: str) -> None:
    """Make a witness in FOLDER and print its public key for the policies of others."""
    from keepuntil.transparency import witness_state

    click.echo(witness_state.create(folder, name).vkey)


@witness.command("add-log")
@click.argument("folder", type=FOLDER)
@click.argument("vkey")
def add_log(folder: Path, vkey: str) -> None:
    """Watch the log with the public key VKEY from now on."""
    from keepuntil.transparency import witness_state

    click.echo(f"{witness_state.add_log(folder, vkey).name} is watched.")


@witness.command("show")
@click.argument("folder", type=FOLDER)
def show(folder: Path) -> None:
    """Print the witness's public key and what it has seen of each log."""
    from keepuntil.transparency import witness_state

    state = witness_state.open_state(folder)
    click.echo(state.public.vkey)
    for key in state.logs:
        click.echo(f"{key.name}: {_seen(state.seen(key.name))}")
    incidents = sorted((folder / "incidents").glob("*.json"))
    for path in incidents:
        click.echo(f"INCIDENT: two histories under one signature: {path}")


def _seen(seen: Seen | None) -> str:
    if seen is None:
        return "nothing yet"
    at = datetime.fromtimestamp(seen.at, UTC)
    return f"{seen.checkpoint.size} entries at {at:%F %TZ}, root {seen.checkpoint.root.hex()}"


@witness.command("serve")
@click.argument("folder", type=FOLDER)
@click.option(
    "--listen",
    default="127.0.0.1:7380",
    show_default=True,
    metavar="HOST:PORT",
    help="Where to listen; port 0 takes a free one.",
)
def serve(folder: Path, listen: str) -> None:
    """Answer submissions until stopped (C2SP tlog-witness over HTTP)."""
    from keepuntil.errors import UsageError
    from keepuntil.transparency import witness_state
    from keepuntil.transparency.witness_server import WitnessServer

    host, port = _address(listen)
    state = witness_state.open_state(folder)
    try:
        server = WitnessServer(state, host, port)
    except OSError as error:
        raise UsageError(f"{listen} cannot be listened on: {error.strerror}.") from None

    def stop(_number: int, _frame: FrameType | None) -> None:
        # shutdown waits for the loop that this signal interrupted, so it needs its own thread.
        Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with server:
        click.echo(f"{state.name} at {server.url}; it watches {len(state.logs)} logs.")
        server.serve_forever(poll_interval=0.1)
        server.settle()
    click.echo("Stopped. What was seen is kept.")


def _address(listen: str) -> tuple[str, int]:
    host, colon, port = listen.rpartition(":")
    if not colon or not host or not re.fullmatch("[0-9]{1,5}", port) or int(port) > _LAST_PORT:
        raise click.UsageError("--listen is HOST:PORT, like 127.0.0.1:7380 or [::1]:7380.")
    return host.removeprefix("[").removesuffix("]"), int(port)
