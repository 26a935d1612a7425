"""The witness over HTTP: one path, bounded requests, plain answers."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from keepuntil.transparency.witness_state import WitnessState
from keepuntil.transparency.witnessing import LARGEST_SUBMISSION, Answer, add_checkpoint

PATH: Final = "/add-checkpoint"
PATIENCE_SECONDS: Final = 20


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness. ``serve_forever`` until ``shutdown``."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, state: WitnessState, host: str, port: int) -> None:
        self.state = state
        super().__init__((host, port), _Request)

    @property
    def url(self) -> str:
        """Where it can be reached."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"


class _Request(BaseHTTPRequestHandler):
    server: WitnessServer
    server_version = "keepuntil-witness"
    sys_version = ""
    timeout = PATIENCE_SECONDS
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer a submission."""
        self.close_connection = True
        if self.path != PATH:
            self._answer(Answer(404, "there is only /add-checkpoint here\n"))
            return
        body = self._body()
        if isinstance(body, Answer):
            self._answer(body)
        else:
            self._answer(add_checkpoint(self.server.state, body, lambda: int(time.time())))

    def do_GET(self) -> None:
        """Say who this is; a person may look."""
        self.close_connection = True
        if self.path == "/":
            self._answer(Answer(200, f"{self.server.state.public.vkey}\n"))
        else:
            self._answer(Answer(404, "there is only /add-checkpoint here\n"))

    def _body(self) -> bytes | Answer:
        length = self.headers.get("Content-Length", "")
        if (
            not length.isascii()
            or not length.isdigit()
            or len(length) > len(str(LARGEST_SUBMISSION))
        ):
            return Answer(400, "the request does not say how long it is\n")
        if int(length) > LARGEST_SUBMISSION:
            return Answer(413, f"a request has at most {LARGEST_SUBMISSION} bytes\n")
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else Answer(400, "the request was cut off\n")

    def _answer(self, answer: Answer) -> None:
        content = answer.text.encode("utf-8")
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
