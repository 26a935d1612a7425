"""A small bank whose evidence goes out: a witness over HTTP, a time authority, an SM2 key."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from disposal_world import World
from keepuntil.disposal import publishing
from keepuntil.disposal.installation import Installation
from keepuntil.signing import changing, roles
from keepuntil.transparency import witness_state
from keepuntil.transparency.witness_server import WitnessServer

ORIGIN = "evidence.bank.example"
WITNESS = "w1.regulator.example"
DUE, NOT_DUE = "A000001-2016-11-21.pdf", "A000003-2019-01-01.pdf"


def published(folder: Path, *, sm2: bool = False, stamps: bool = True) -> World:
    """A bank that declares where its log lies, and who stamps the time."""
    world = World(folder).build()
    (world.policies / "evidence.yaml").write_text(
        f"log: {{origin: {ORIGIN}}}\n" + ("timestamps: {development: true}\n" if stamps else "")
    )
    more = [*(["timestamp"] if stamps else []), *([roles.SM2] if sm2 else [])]
    if more:
        changing.found(world.home / "keys", more, world.moment)
    return world


@contextmanager
def witnessed(world: World, *, port: int = 0) -> Iterator[WitnessServer]:
    """The bank's log has a witness, which answers while the block runs."""
    folder = world.folder / "witness"
    with world.open() as installation:
        (log,) = publishing.log_keys(installation)
    if not folder.exists():
        witness_state.create(folder, WITNESS)
        witness_state.add_log(folder, log.vkey)
    server = WitnessServer(witness_state.open_state(folder), "127.0.0.1", port)
    (world.policies / "witnesses.policy").write_text(
        f"log {log.vkey}\nwitness w1 {server.state.public.vkey} {server.url}\nquorum w1\n"
    )
    declared = world.policies / "evidence.yaml"
    text = declared.read_text()
    if "policy" not in text:
        declared.write_text(
            text.replace(f"origin: {ORIGIN}", f"origin: {ORIGIN}, policy: witnesses.policy")
        )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def shown(installation: Installation) -> dict[str, bytes]:
    """Every object of the published log, by path."""
    root = installation.home / "log"
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }
