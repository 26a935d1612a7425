"""The witness over HTTP: two paths, bounded in size, time and number, plain answers.

    POST /add-checkpoint                  a submission (C2SP tlog-witness)
    GET  /<SHA-256 of origin>/checkpoint  what was cosigned last, for whoever follows the log
    GET  /                                the witness's public key

The journal says what was answered about which log, never to whom: addresses of those
who ask are personal data, and nothing here depends on them.
"""

from __future__ import annotations

import io
import re
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import BoundedSemaphore, Condition
from typing import Any, Final

from keepuntil.errors import EvidenceError
from keepuntil.transparency import witness_state
from keepuntil.transparency.witness_state import WitnessState
from keepuntil.transparency.witnessing import LARGEST_SUBMISSION, Answer, add_checkpoint

PATH: Final = "/add-checkpoint"
PATIENCE_SECONDS: Final = 20.0
MOST_CONNECTIONS: Final = 64
_SHOWN: Final = re.compile(r"/([0-9a-f]{64})/checkpoint")
_LENGTH: Final = re.compile(r"[0-9]{1,9}")
_DRAINED: Final = 1 << 20
_NOTE_TYPE: Final = "text/plain; charset=utf-8"


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness, whose folder is its own until ``server_close``.

    ``serve_forever`` until ``shutdown``, then :meth:`settle`. Raises UsageError when
    another process has the folder, OSError when the address cannot be listened on.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self,
        state: WitnessState,
        host: str,
        port: int,
        *,
        now: Callable[[], int] = lambda: int(time.time()),
        patience: float = PATIENCE_SECONDS,
        journal: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
    ) -> None:
        self.state = state
        self.now = now
        self.patience = patience
        self.journal = journal
        self._connections = BoundedSemaphore(MOST_CONNECTIONS)
        self._answering = 0
        self._settled = Condition()
        if ":" in host:
            self.address_family = socket.AF_INET6
        with ExitStack() as claim:
            claim.enter_context(witness_state.alone(state.folder))
            super().__init__((host, port), _Request)
            self._claim = claim.pop_all()

    @property
    def url(self) -> str:
        """Where it can be reached."""
        host, port = str(self.server_address[0]), self.server_address[1]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def server_bind(self) -> None:
        """Bind without asking the name service who we are: it may not answer."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def server_close(self) -> None:
        """Stop listening and leave the folder to others."""
        super().server_close()
        if hasattr(self, "_claim"):
            self._claim.close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a connection, or turn it away when there are enough."""
        if not self._connections.acquire(blocking=False):
            self.journal("turned away: too many connections")
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """One connection, in a thread of its own."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """A connection ended by itself or by a defect: one line, never a traceback."""
        self.journal(f"connection lost: {type(sys.exception()).__name__}")

    def answering(self, change: int) -> None:
        """Count submissions that are being judged."""
        with self._settled:
            self._answering += change
            self._settled.notify_all()

    def settle(self) -> None:
        """Let submissions that are being judged get their answer."""
        with self._settled:
            self._settled.wait_for(lambda: self._answering == 0, timeout=self.patience)


class _Arriving(io.RawIOBase):
    """What a connection sends until its time is up, however slowly it drips."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.until = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class _Request(BaseHTTPRequestHandler):
    server: WitnessServer
    server_version = "keepuntil-witness"
    sys_version = ""
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self._arriving = _Arriving(self.connection)
        self.rfile = io.BufferedReader(self._arriving)

    def handle_one_request(self) -> None:
        """One request, waiting for it included, has so much time and no more."""
        self._arriving.until = time.monotonic() + self.server.patience
        super().handle_one_request()

    def do_POST(self) -> None:
        """Answer a submission."""
        if self.path != PATH:
            # Its body was not read, so what follows could not be told from it.
            self.close_connection = True
            self._answer(Answer(404, "submissions go to /add-checkpoint\n"))
            return
        body = self._body()
        if isinstance(body, Answer):
            self.close_connection = True
            self._answer(body)
            return
        self.server.answering(1)
        try:
            self._answer(add_checkpoint(self.server.state, body, self.server.now))
        finally:
            self.server.answering(-1)

    def do_GET(self) -> None:
        """Show what was cosigned last, or say who this is."""
        self._answer(self._shown())

    def _shown(self) -> Answer:
        if self.path == "/":
            return Answer(200, f"{self.server.state.public.vkey}\n")
        asked = _SHOWN.fullmatch(self.path)
        if asked is None:
            return Answer(404, "there is nothing here\n")
        try:
            note = self.server.state.shown(asked[1])
        except (EvidenceError, OSError):
            return Answer(503, "this witness cannot rely on its memory\n")
        if note is None:
            return Answer(404, "nothing was cosigned for that log\n")
        return Answer(200, note.decode("utf-8"), _NOTE_TYPE)

    def _body(self) -> bytes | Answer:
        lengths = self.headers.get_all("Content-Length", [])
        if len(lengths) != 1 or "Transfer-Encoding" in self.headers:
            return Answer(411, "a request says once how long it is\n")
        if not _LENGTH.fullmatch(lengths[0]):
            return Answer(400, "the request does not say how long it is\n")
        length = int(lengths[0])
        if length > LARGEST_SUBMISSION:
            # Read on a little: a connection closed upon unread bytes loses the answer.
            self.rfile.read(min(length, _DRAINED))
            return Answer(413, f"a request has at most {LARGEST_SUBMISSION} bytes\n")
        body = self.rfile.read(length)
        return body if len(body) == length else Answer(400, "the request was cut off\n")

    def send_error(
        self,
        code: int,
        message: str | None = None,  # noqa: ARG002  may repeat what a stranger sent
        explain: str | None = None,  # noqa: ARG002  the same
    ) -> None:
        """Refuse what is not HTTP, or no method that is known here, in the same plain form."""
        self.close_connection = True
        self.request_version = self.protocol_version  # else a line without one gets no status
        self._answer(Answer(code, f"{HTTPStatus(code).phrase.lower()}\n"))

    def _answer(self, answer: Answer) -> None:
        content = answer.text.encode("utf-8")
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.connection.settimeout(self.server.patience)
        self.wfile.write(content)
        # A method or a path is whatever a stranger wrote; only known ones are repeated.
        what = PATH if getattr(self, "path", None) == PATH else "other"
        self.server.journal(f"{what} {answer.status} {answer.about}".rstrip())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its name there
        """Nothing: the journal is written with each answer, without addresses."""
