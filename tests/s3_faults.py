"""A proxy that stands between a store and a real S3 server and breaks things by script.

Every write can fail in two ways: refused, or done with the answer lost. A test says which
operation is to fail how, and when the script is used up everything passes again::

    with FaultProxy(server.endpoint) as proxy:
        proxy.script("DeleteObjects", refuse("SlowDown", 503), lose_answer, passed)
"""

from __future__ import annotations

import html
import http.client
import re
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

from s3_servers import Server


class Request(NamedTuple):
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def operation(self) -> str:
        """The name of the S3 operation, as far as tests need it."""
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        for word, operation in _BY_WORD.items():
            if word in query:
                return operation.get(self.method, f"{self.method} {word}")
        return _PLAIN.get((self.method, parts.path.strip("/").count("/") > 0), self.method)


class Answer(NamedTuple):
    """What the client will get; None in its place: the connection is closed instead."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    cut: bool = False
    """Send half of the body, then close."""


Action = Callable[["Request", "FaultProxy"], Answer | None]
"""What happens to a request."""

_BY_WORD: dict[str, dict[str, str]] = {
    "delete": {"POST": "DeleteObjects"},
    "versions": {"GET": "ListObjectVersions"},
    "uploads": {"GET": "ListMultipartUploads"},
    "uploadId": {"DELETE": "AbortMultipartUpload"},
    "versioning": {"GET": "GetBucketVersioning"},
    "object-lock": {"GET": "GetObjectLockConfiguration"},
    "retention": {"GET": "GetObjectRetention"},
    "legal-hold": {"GET": "GetObjectLegalHold"},
    "tagging": {"GET": "GetObjectTagging"},
    "replication": {"GET": "GetBucketReplication"},
    "lifecycle": {"GET": "GetBucketLifecycleConfiguration"},
    "list-type": {"GET": "ListObjectsV2"},
}
_PLAIN = {("DELETE", True): "DeleteObject", ("HEAD", True): "HeadObject"}


def passed(request: Request, proxy: FaultProxy) -> Answer | None:
    return proxy.forward(request)


def refuse(code: str, status: int) -> Action:
    """Answer with an error; the server never hears of the request."""

    def act(request: Request, proxy: FaultProxy) -> Answer | None:
        body = f"<Error><Code>{code}</Code><Message>loans/secret</Message></Error>".encode()
        return Answer(status, [("Content-Type", "application/xml")], body)

    return act


def lose_request(request: Request, proxy: FaultProxy) -> Answer | None:
    """Close the connection; the server never hears of the request."""
    return None


def lose_answer(request: Request, proxy: FaultProxy) -> Answer | None:
    """The server does it, the client never hears of it."""
    proxy.forward(request)
    return None


def cut_answer(request: Request, proxy: FaultProxy) -> Answer | None:
    """The server does it, the client gets half of the answer."""
    return proxy.forward(request)._replace(cut=True)


def edit(change: Callable[[bytes], bytes]) -> Action:
    """Change the body of the server's answer."""

    def act(request: Request, proxy: FaultProxy) -> Answer | None:
        answer = proxy.forward(request)
        return answer._replace(body=change(answer.body))

    return act


def errors_for(code: str, *keys: str) -> Action:
    """DeleteObjects answers 200 with errors for these keys, which the server never hears of."""

    def act(request: Request, proxy: FaultProxy) -> Answer | None:
        results = []
        for entry in re.findall(rb"<Object>(.*?)</Object>", request.body, re.DOTALL):
            named = re.sub(rb"<ETag>.*?</ETag>", b"", entry, flags=re.DOTALL)
            if _text(b"Key", entry) in keys:
                results.append(b"<Error>%b<Code>%b</Code></Error>" % (named, code.encode()))
            else:
                # The signature covers the whole body, so the others go one by one.
                proxy.delete(request, _text(b"Key", entry), _text(b"VersionId", entry))
                results.append(b"<Deleted>%b</Deleted>" % named)
        body = b"<DeleteResult>%b</DeleteResult>" % b"".join(results)
        return Answer(200, [("Content-Type", "application/xml")], body)

    return act


def comparing_etags(etags: dict[str, str], *, quoted: bool) -> Action:
    """DeleteObjects of a server that deletes only what still has the ETag sent with it."""

    def act(request: Request, proxy: FaultProxy) -> Answer | None:
        results = []
        for entry in re.findall(rb"<Object>(.*?)</Object>", request.body, re.DOTALL):
            key = _text(b"Key", entry)
            etag = f'"{etags[key]}"' if quoted else etags[key]
            if html.unescape(_text(b"ETag", entry)) == etag:
                proxy.delete(request, key, "")
                results.append(f"<Deleted><Key>{key}</Key></Deleted>")
            else:
                code = "<Code>PreconditionFailed</Code>"
                results.append(f"<Error><Key>{key}</Key>{code}</Error>")
        body = f"<DeleteResult>{''.join(results)}</DeleteResult>"
        return Answer(200, [("Content-Type", "application/xml")], body.encode())

    return act


def _text(tag: bytes, entry: bytes) -> str:
    found = re.search(rb"<%b>(.*?)</%b>" % (tag, tag), entry, re.DOTALL)
    return found[1].decode() if found else ""


@dataclass
class FaultProxy:
    """Listens on a free port while in its context."""

    upstream: Server
    requests: list[Request] = field(default_factory=list)
    before: Callable[[Request], bool] = lambda _: True
    """Called with every request before it is acted on; False: nobody is there to be answered."""
    _scripts: dict[str, list[Action]] = field(default_factory=dict)
    _always: dict[str, Action] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"faults": self})
        self._server = _QuietServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def script(self, operation: str, *actions: Action) -> None:
        """The next requests of this operation, in order."""
        self._scripts.setdefault(operation, []).extend(actions)

    def always(self, operation: str, action: Action) -> None:
        self._always[operation] = action

    def of(self, operation: str) -> list[Request]:
        """The requests of one operation that were sent."""
        return [request for request in self.requests if request.operation == operation]

    @property
    def used_up(self) -> bool:
        """Whether every scripted fault has happened."""
        return not any(self._scripts.values())

    def act(self, request: Request) -> Answer | None:
        with self._lock:
            self.requests.append(request)
            waiting = self._scripts.get(request.operation)
            usual = self._always.get(request.operation, passed)
            action = waiting.pop(0) if waiting else usual
        return action(request, self) if self.before(request) else None

    def delete(self, request: Request, key: str, version: str) -> None:
        """Delete one thing of the request's bucket, by other means."""
        bucket = urlsplit(request.path).path.strip("/")
        client = self.upstream.client
        if version:
            client.delete_object(Bucket=bucket, Key=key, VersionId=version)
        else:
            client.delete_object(Bucket=bucket, Key=key)

    def forward(self, request: Request) -> Answer:
        """What the server says."""
        host = urlsplit(self.upstream.endpoint)
        connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=120)
        try:
            connection.putrequest(
                request.method, request.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in request.headers.items():
                if name.lower() not in ("connection", "expect"):
                    connection.putheader(name, value)
            connection.endheaders(request.body or None)
            answer = connection.getresponse()
            headers = [
                (name, value)
                for name, value in answer.getheaders()
                if name.lower() not in ("connection", "content-length", "transfer-encoding", "date")
            ]
            length = [(n, v) for n, v in answer.getheaders() if n.lower() == "content-length"]
            body = answer.read()
            return Answer(answer.status, headers + (length if not body else []), body)
        finally:
            connection.close()


class _QuietServer(ThreadingHTTPServer):
    """A client that was killed is no error here."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    faults: FaultProxy

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
        """Tests read no access log."""

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        body = self.rfile.read(length)
        request = Request(self.command, self.path, dict(self.headers.items()), body)
        answer = self.faults.act(request)
        if answer is None:
            self._close()
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.body or self.command != "HEAD":
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.cut:
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self._close()
        elif self.command != "HEAD":
            self.wfile.write(answer.body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any  # noqa: N815 - the base class's

    def _close(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
