"""Servers that answer badly, over a real socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress


@contextmanager
def answering(*pieces: bytes, pause: float = 0.0) -> Iterator[str]:
    """One connection after the other gets these pieces, ``pause`` seconds apart, then its end."""
    stop = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0.05)
        thread = threading.Thread(target=_answer, args=(server, pieces, pause, stop))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/stamp"
        finally:
            stop.set()
            thread.join()


def _answer(
    server: socket.socket, pieces: tuple[bytes, ...], pause: float, stop: threading.Event
) -> None:
    while not stop.is_set():
        with suppress(OSError):
            connection, _ = server.accept()
            with connection:
                connection.settimeout(1)
                connection.recv(1 << 16)
                for piece in pieces:
                    connection.sendall(piece)
                    if stop.wait(pause):
                        break
                # What was sent but never read would reset the connection under the client.
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(1 << 16):
                    pass
