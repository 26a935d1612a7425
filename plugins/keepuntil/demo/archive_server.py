"""The archive's server: moto's S3 over real HTTP, in a process of its own.

    python -m keepuntil.demo.archive_server STATE PORT SCALE SEED

It begins with the saved state, or fills a new bucket when there is none, and saves when
its standard input closes, which it does even when whoever started it was killed: the
archive outlives its process, as a bank's does. What it saves is a pickle that it alone
writes and reads, in the demonstration's own folder.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from keepuntil.demo import archive, scenario
from keepuntil.demo.archive_listing import list_versions

ACCOUNT: Final = "123456789012"
HOST: Final = "127.0.0.1"

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def main(state: Path, port: int, scale: scenario.Scale, seed: int) -> None:
    """Serve until standard input closes. Prints ``ready`` once requests are answered."""
    from moto.moto_server.werkzeug_app import create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    backend = _backend()
    if state.exists():
        _restore(backend, state)
    else:
        _fill(backend, scale, seed)
    application = _answering(create_backend_app("s3"), backend)
    server = make_server(
        HOST, port, application, threaded=True, request_handler=_answering_requests()
    )
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
    threading.Thread(target=_wait_for_the_end, args=(server.shutdown,), daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.serve_forever()
    _save(backend, state)


def _answering_requests() -> type[Any]:
    """What answers requests and keeps connections, as S3 does.

    Werkzeug's own closes each after one answer: a new one, with a thread of its own, costs
    more than most answers here.
    """
    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.wrappers import Response

    class Requests(MotoRequestHandler):  # type: ignore[misc]
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def run_wsgi(self) -> None:
            environ = self.make_environ()
            # Read whole, or what is left of it would be taken for the next request.
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            environ["wsgi.input"] = BytesIO(body)
            said = Response.from_app(self.server.app, environ, buffered=True)
            content = said.get_data()
            self.send_response(said.status_code)
            for name, value in said.headers:
                self.send_header(name, value)
            if "Content-Length" not in said.headers:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()

    return Requests


def _wait_for_the_end(then: Callable[[], None]) -> None:
    sys.stdin.read()
    then()


def _backend() -> Any:
    """Moto's S3 with a new bucket."""
    from moto.s3.models import s3_backends

    backend = s3_backends[ACCOUNT]["aws"]
    backend.create_bucket(archive.BUCKET, "us-east-1")
    backend.put_bucket_versioning(archive.BUCKET, "Enabled")
    backend.put_object_lock_configuration(archive.BUCKET, lock_enabled=True)
    return backend


def _answering(application: Application, backend: Any) -> Application:
    """Answers two requests itself: ListObjectVersions, at which moto is slow, and
    GetObjectRetention, which moto takes for a plain GetObject."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        query = parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8")
        bucket, _, key = path[1:].partition("/")
        if environ["REQUEST_METHOD"] != "GET" or bucket != archive.BUCKET:
            return application(environ, start_response)
        if "versions" in query and not key:
            status, body = "200 OK", list_versions(backend.get_bucket(bucket).keys, query)
        elif "retention" in query:
            version = query.get("versionId", [None])[0]
            status, body = _retention(backend.get_object(bucket, key, version_id=version))
        else:
            return application(environ, start_response)
        start_response(status, [("Content-Type", "application/xml")])
        return [body]

    return answer


def _retention(found: Any) -> tuple[str, bytes]:
    """Status and body of the answer about one version, None when there is no such one."""
    if found is None:
        return "404 Not Found", b"<Error><Code>NoSuchKey</Code></Error>"
    if found.lock_until is None:
        return "404 Not Found", b"<Error><Code>NoSuchObjectLockConfiguration</Code></Error>"
    return "200 OK", (
        f"<Retention><Mode>{found.lock_mode}</Mode>"
        f"<RetainUntilDate>{found.lock_until}</RetainUntilDate></Retention>"
    ).encode()


def _fill(backend: Any, scale: scenario.Scale, seed: int) -> None:
    for scan in archive.contents(scale, seed):
        _put(backend, scan)


def _put(backend: Any, scan: archive.Scan) -> None:
    for version in range(scan.versions):
        stored = backend.put_object(
            archive.BUCKET,
            scan.key,
            scan.body + bytes([version]),
            lock_mode="COMPLIANCE" if scan.locked_until else None,
            lock_until=scan.locked_until,
            lock_legal_status="ON" if scan.legal_hold else None,
        )
        stored.set_metadata({f"x-amz-meta-{name}": value for name, value in scan.metadata})
    if scan.deleted:
        backend.delete_object(archive.BUCKET, scan.key)
    for _ in range(scan.uploads):
        upload = backend.create_multipart_upload(
            archive.BUCKET, scan.key, {}, "STANDARD", {}, None, "", ""
        )
        backend.upload_part(archive.BUCKET, upload.id, 1, scan.body)


def _restore(backend: Any, state: Path) -> None:
    saved = pickle.loads(state.read_bytes())  # noqa: S301 - we wrote it
    bucket = backend.get_bucket(archive.BUCKET)
    for name, versions in saved["objects"].items():
        bucket.keys.setlist(name, versions)
    bucket.multiparts.update(saved["uploads"])


def _save(backend: Any, state: Path) -> None:
    """All or nothing: a crash while writing leaves the earlier state."""
    bucket = backend.get_bucket(archive.BUCKET)
    # Moto's store of versions is a dictionary that shows the newest only, to pickle too.
    objects = dict(dict.items(bucket.keys))
    fresh = state.with_suffix(".new")
    fresh.write_bytes(pickle.dumps({"objects": objects, "uploads": dict(bucket.multiparts)}))
    fresh.replace(state)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), getattr(scenario, sys.argv[3]), int(sys.argv[4]))
    os._exit(0)  # taking twelve thousand objects apart one by one serves nobody
