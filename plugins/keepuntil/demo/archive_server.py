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
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from keepuntil.demo import archive, scenario

ACCOUNT: Final = "123456789012"
HOST: Final = "127.0.0.1"
PAGE: Final = 1000

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def main(state: Path, port: int, scale: scenario.Scale, seed: int) -> None:
    """Serve until standard input closes. Prints ``ready`` once requests are answered."""
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    backend = _backend()
    if state.exists():
        _restore(backend, state)
    else:
        _fill(backend, scale, seed)
    application = _answering_retention(DomainDispatcherApplication(create_backend_app), backend)
    server = make_server(HOST, port, application, threaded=True, request_handler=MotoRequestHandler)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
    threading.Thread(target=_wait_for_the_end, args=(server.shutdown,), daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.serve_forever()
    _save(backend, state)


def _wait_for_the_end(then: Callable[[], None]) -> None:
    sys.stdin.read()
    then()


def _backend() -> Any:
    """Moto's S3, with a new bucket and a listing that is quick and in S3's order.

    Moto copies every object of the bucket for each page of a listing: twelve pages of
    twelve thousand objects take it half a minute.
    """
    from moto.s3.models import S3Backend, s3_backends

    S3Backend.list_object_versions = _list_versions
    backend = s3_backends[ACCOUNT]["aws"]
    backend.create_bucket(archive.BUCKET, "us-east-1")
    backend.put_bucket_versioning(archive.BUCKET, "Enabled")
    backend.put_object_lock_configuration(archive.BUCKET, lock_enabled=True)
    return backend


def _list_versions(
    backend: Any,
    bucket_name: str,
    delimiter: str | None = None,
    key_marker: str | None = None,
    max_keys: int | None = PAGE,
    prefix: str = "",
    version_id_marker: str | None = None,
) -> tuple[list[Any], list[str], list[Any], str | None, str | None]:
    """One page of ListObjectVersions: names in order, the newest version of each first."""
    if delimiter:
        raise NotImplementedError("The demonstration's archive lists without a delimiter.")
    page: list[Any] = []
    entries = _entries(backend.get_bucket(bucket_name).keys, prefix, key_marker, version_id_marker)
    for entry in entries:
        if len(page) == (PAGE if max_keys is None else max_keys):
            return *_split(page), page[-1].name, page[-1].version_id
        page.append(entry)
    return *_split(page), None, None


def _entries(store: Any, prefix: str, key_marker: str | None, after: str | None) -> Iterator[Any]:
    names = sorted(name for name in list(dict.keys(store)) if name.startswith(prefix))
    start = bisect_left(names, key_marker) if key_marker else 0
    for name in names[start:]:
        if name == key_marker and not after:
            continue
        newest_first = list(reversed(store.getlist(name, [])))
        for place, entry in enumerate(newest_first):
            entry.is_latest = place == 0
        if name == key_marker:
            seen = next(
                (n for n, entry in enumerate(newest_first) if entry.version_id == after), -1
            )
            newest_first = newest_first[seen + 1 :]
        yield from newest_first


def _split(page: list[Any]) -> tuple[list[Any], list[str], list[Any]]:
    from moto.s3.models import FakeDeleteMarker

    markers = [entry for entry in page if isinstance(entry, FakeDeleteMarker)]
    return [entry for entry in page if not isinstance(entry, FakeDeleteMarker)], [], markers


def _answering_retention(application: Application, backend: Any) -> Application:
    """Answers GetObjectRetention, which moto takes for a plain GetObject."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        query = parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
        if environ["REQUEST_METHOD"] != "GET" or "retention" not in query:
            return application(environ, start_response)
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8")
        key = path.removeprefix(f"/{archive.BUCKET}/")
        version = query.get("versionId", [None])[0]
        found = backend.get_object(archive.BUCKET, key, version_id=version)
        status, body = _retention(found)
        start_response(status, [("Content-Type", "application/xml")])
        return [body.encode()]

    return answer


def _retention(found: Any) -> tuple[str, str]:
    """Status and body of the answer about one version, None when there is no such one."""
    if found is None:
        return "404 Not Found", "<Error><Code>NoSuchKey</Code></Error>"
    if found.lock_until is None:
        return "404 Not Found", "<Error><Code>NoSuchObjectLockConfiguration</Code></Error>"
    return "200 OK", (
        f"<Retention><Mode>{found.lock_mode}</Mode>"
        f"<RetainUntilDate>{found.lock_until}</RetainUntilDate></Retention>"
    )


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
