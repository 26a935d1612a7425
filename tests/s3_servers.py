"""S3 servers to test against, over real HTTP: an embedded one always, a gateway when there is one.

``KEEPUNTIL_TEST_S3=http://127.0.0.1:7480,ACCESS,SECRET`` names a Ceph RADOS gateway or
another server that knows versions, Object Lock and every key. The embedded one (moto)
cannot take line breaks in keys, lists some characters wrongly, and believes anybody.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from keepuntil.domain.categories import EventSource, FromTag, S3Instance
from keepuntil.domain.stores import S3Store
from keepuntil.stores.s3 import S3Bucket

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

SERVERS = [pytest.param("moto"), pytest.param("ceph", marks=pytest.mark.ceph)]
"""For ``@pytest.fixture(params=SERVERS)``; :func:`server` understands the names."""

PLAIN_KEYS = [
    "a/1", "a/10", "a/1/", "a//1", "a/1 ", " a/1", "a/", "a", "a+b", "a b", "%41", "a%2Fb", "a?b",
    "a#b", "a&b", "a;b=c", "q\"'<>", "é", "e\u0301", "汉字/张三", "~", "a\\b", "x" * 900,
]  # fmt: skip
DEMANDING_KEYS = [
    *PLAIN_KEYS, "n\nl", "r\rl", "\r\n", "t\tb", "\x01c", "c\x7f", "\x85", "\u2028", "😀", "a/😀/1",
    "..", "./x", "a/../b", "/abs", "//", "/", "\ufffd", "\uffee", " ", "\n",
]  # fmt: skip

Kind = Literal["unversioned", "versioned", "suspended", "locked"]


@dataclass(frozen=True)
class Server:
    """One S3 server and the credentials of its tests."""

    name: str
    endpoint: str
    key: str
    secret: str

    @property
    def credentials(self) -> str:
        return f"{self.key}:{self.secret}"

    @cached_property
    def client(self) -> S3Client:
        return self._client(attempts=5)

    @cached_property
    def client_of_one_attempt(self) -> S3Client:
        return self._client(attempts=1)

    def _client(self, attempts: int) -> S3Client:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
            region_name="us-east-1",
            config=Config(
                s3={"addressing_style": "path"},
                max_pool_connections=32,
                retries={"mode": "standard", "total_max_attempts": attempts},
            ),
        )

    @contextmanager
    def place(self, kind: Kind) -> Iterator[Place]:
        """A new bucket of a kind; afterwards it is emptied and removed as far as locks allow."""
        name = f"ku-{uuid.uuid4().hex[:16]}"
        self.client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=kind == "locked")
        place = Place(self, name)
        if kind in ("versioned", "suspended"):
            place.set_versioning(enabled=kind == "versioned")
        yield place
        place.clear()


@dataclass(frozen=True)
class Place:
    """One bucket, looked at and changed by other means than the store's."""

    server: Server
    bucket: str

    @property
    def client(self) -> S3Client:
        return self.server.client

    def declaration(self, **changed: Any) -> S3Store:
        declared: dict[str, Any] = {
            "name": "scans",
            "bucket": self.bucket,
            "endpoint": self.server.endpoint,
            "region": None,
            "credentials": None,
            "reader": None,
            "irrecoverable_after": None,
        }
        return S3Store(**(declared | changed))

    def store(self, **changed: Any) -> S3Bucket:
        return S3Bucket(self.declaration(**changed), self.server.credentials)

    def set_versioning(self, *, enabled: bool) -> None:
        status: Literal["Enabled", "Suspended"] = "Enabled" if enabled else "Suspended"
        self.client.put_bucket_versioning(
            Bucket=self.bucket, VersioningConfiguration={"Status": status}
        )

    def put(self, key: str, body: bytes = b"scan", **more: Any) -> str:
        """Write an object; its version id."""
        written = self.client.put_object(Bucket=self.bucket, Key=key, Body=body, **more)
        return written.get("VersionId", "null")

    def delete(self, key: str) -> str:
        """What applications call deleting: on a versioned bucket it adds a marker."""
        return self.client.delete_object(Bucket=self.bucket, Key=key).get("VersionId", "")

    def begin_upload(self, key: str) -> str:
        upload = self.client.create_multipart_upload(Bucket=self.bucket, Key=key)["UploadId"]
        self.client.upload_part(
            Bucket=self.bucket, Key=key, UploadId=upload, PartNumber=1, Body=b"part"
        )
        return upload

    def parts(self) -> dict[str, set[tuple[str, str]]]:
        """Everything there is: key to kinds and identifiers."""
        found: dict[str, set[tuple[str, str]]] = {}
        for page in self.client.get_paginator("list_object_versions").paginate(Bucket=self.bucket):
            for version in page.get("Versions", []):
                found.setdefault(version["Key"], set()).add(("version", version["VersionId"]))
            for marker in page.get("DeleteMarkers", []):
                found.setdefault(marker["Key"], set()).add(("marker", marker["VersionId"]))
        uploads = self.client.get_paginator("list_multipart_uploads")
        for listed in uploads.paginate(Bucket=self.bucket):
            for upload in listed.get("Uploads", []):
                found.setdefault(upload["Key"], set()).add(("upload", upload["UploadId"]))
        return found

    def keys(self) -> set[str]:
        return set(self.parts())

    def backdate(self, key: str, *written: datetime) -> None:
        """Pretend that versions and markers of a key, oldest first, were written long ago.

        Only inside the embedded server; no S3 server lets anybody do this.
        """
        from moto.s3.models import s3_backends

        (backend,) = s3_backends["123456789012"].values()
        entries = backend.buckets[self.bucket].keys.getlist(key)
        for entry, instant in zip(entries, written, strict=True):
            entry.last_modified = instant.replace(tzinfo=None)

    def remove(self, key: str) -> None:
        """Take away everything under a key."""
        self._remove(key, self.parts().get(key, set()))

    def _remove(self, key: str, parts: set[tuple[str, str]]) -> None:
        for kind, identifier in parts:
            if kind == "upload":
                self.client.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=identifier)
            else:
                self.client.delete_object(Bucket=self.bucket, Key=key, VersionId=identifier)

    def clear(self) -> None:
        """Remove the bucket with what is in it; what is locked stays, and so does the bucket."""
        try:
            for key, parts in self.parts().items():
                self._remove(key, parts)
            self.client.delete_bucket(Bucket=self.bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"AccessDenied", "BucketNotEmpty"}:
                raise


def server(name: str) -> Server:
    """The server of a test's parameter; skips when there is none."""
    if name == "moto":
        return _moto()
    configured = os.environ.get("KEEPUNTIL_TEST_S3")
    if not configured:
        pytest.skip("KEEPUNTIL_TEST_S3=ENDPOINT,KEY,SECRET names no S3 server")
    endpoint, key, secret = configured.split(",")
    return Server("ceph", endpoint, key, secret)


def keys_for(name: str) -> list[str]:
    """Keys that are hard to carry, as far as the server takes them."""
    return DEMANDING_KEYS if name == "ceph" else PLAIN_KEYS


@cache
def _moto() -> Server:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    embedded = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    embedded.start()
    host, port = embedded.get_host_and_port()
    return Server("moto", f"http://{host}:{port}", "testing", "testing-secret")


def instance_of(
    event: str,
    source: EventSource | None = None,
    *,
    prefix: str = "loans/",
    pattern: str | None = None,
    record_group: str | None = None,
    more: Sequence[tuple[str, EventSource]] = (),
) -> S3Instance:
    return S3Instance(
        id="scans",
        store="scans",
        prefix=prefix,
        pattern=pattern,
        events=((event, source or FromTag(tag="closed")), *more),
        record_group=record_group,
    )
