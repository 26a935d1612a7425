"""witness init, add-log, show, serve: for a regulator or internal audit, on their own machine."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType

import click

FOLDER = click.Path(path_type=Path, file_okay=False)


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
        last = state.last(key.name)
        seen = "nothing yet" if last is None else f"{last.size} entries, root {last.root.hex()}"
        click.echo(f"{key.name}: {seen}")
    incidents = sorted((folder / "incidents").iterdir())
    for path in incidents:
        click.echo(f"INCIDENT: two histories under one signature: {path}")


@witness.command("serve")
@click.argument("folder", type=FOLDER)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=7380, show_default=True, type=click.IntRange(0, 65_535))
def serve(folder: Path, host: str, port: int) -> None:
    """Answer submissions until stopped (C2SP tlog-witness over HTTP)."""
    from keepuntil.errors import UsageError
    from keepuntil.transparency import witness_state
    from keepuntil.transparency.witness_server import WitnessServer

    state = witness_state.open_state(folder)
    try:
        server = WitnessServer(state, host, port)
    except OSError as error:
        raise UsageError(f"{host}:{port} cannot be listened on: {error.strerror}.") from None

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    with server:
        click.echo(f"{state.name} at {server.url}; it watches {len(state.logs)} logs.")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("Stopped. What was seen is kept.")
