"""Starts and stops the archive's server as a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from keepuntil.errors import StoreUnreachable

SECONDS_TO_STOP: Final = 60


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether a server could listen on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@contextmanager
def serving(state: Path, port: int, scale_name: str, seed: int) -> Iterator[str]:
    """Run the archive while the block runs; gives its endpoint. Its state is saved at the end.

    Raises StoreUnreachable when the server does not come up.
    """
    module = "keepuntil.demo.archive_server"
    command = [sys.executable, "-m", module, str(state), str(port), scale_name, str(seed)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            if process.stdout is None or process.stdout.readline().strip() != "ready":
                raise StoreUnreachable(
                    f"The demonstration's S3 server did not start on port {port} of this "
                    "machine; what it wrote above says why."
                )
            yield f"http://127.0.0.1:{port}"
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    """Closing its input makes the server save and end; one that does not end is killed."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(SECONDS_TO_STOP)
    finally:
        process.kill()
