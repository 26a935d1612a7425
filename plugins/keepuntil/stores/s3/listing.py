"""Listings, page by page, as the server says and not as it is hoped.

Keys are decoded here and not by botocore: Ceph encodes the keys of a page but not the
marker that leads to the next one, and a key ``%41`` would then skip everything up to
``A``. So the next page is asked for from the last key that was listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypedDict
from urllib.parse import unquote_plus

from keepuntil.errors import StoreMismatch
from keepuntil.stores.s3.connection import Connection, Refused
from keepuntil.stores.s3.sentences import DENIED, NOT_OFFERED, UnreadableAnswerError
from keepuntil.stores.s3.states import KeyState, Marker, Upload, Version

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import (
        ListMultipartUploadsOutputTypeDef,
        ListObjectsV2OutputTypeDef,
        ListObjectVersionsOutputTypeDef,
        MultipartUploadTypeDef,
    )

PAGE: Final = 1000
"""The most a server lists at once."""

Versioning = Literal["never", "enabled", "suspended", "unknown"]


class _UploadPlace(TypedDict, total=False):
    KeyMarker: str
    UploadIdMarker: str


class _LevelPlace(TypedDict, total=False):
    ContinuationToken: str


class Page(NamedTuple):
    """Part of a listing, grouped by key, in key order. The last key may go on in the next page."""

    states: Sequence[KeyState]
    last: bool


def versioning_of(connection: Connection) -> Versioning:
    """Whether the bucket keeps versions.

    Where the server will not say, all versions are asked for: that is right for every bucket.
    """
    answer = connection.attempt(connection.client.get_bucket_versioning, Bucket=connection.bucket)
    if not isinstance(answer, Refused):
        status = answer.get("Status")
        return "never" if status is None else "enabled" if status == "Enabled" else "suspended"
    if answer.code in DENIED:
        return "unknown"
    if answer.code in NOT_OFFERED:
        return "never"
    raise answer.error


def pages(
    connection: Connection, prefix: str, versioning: Versioning, *, first_page: int | None = None
) -> Iterator[Page]:
    """Everything below a prefix, uploads aside.

    Raises StoreMismatch when the server lists out of order or loses its place: absence
    could then not be told from a gap.
    """
    listed = _objects if versioning == "never" else _versions
    reached = ""
    for page in listed(connection, prefix, first_page or PAGE):
        if page.states:
            if page.states[0].key < reached:
                raise _out_of_order(connection)
            reached = page.states[-1].key
        yield page


def whole_keys(listed: Iterable[Page]) -> Iterator[list[KeyState]]:
    """Pages in which every key is complete: the last of each waits for the next page."""
    waiting: KeyState | None = None
    for page in listed:
        states = page.states
        if waiting is not None and states and states[0].key == waiting.key:
            waiting.add(states[0])
            states = states[1:]
        ready = [*states] if waiting is None else [waiting, *states]
        waiting = None if page.last or not ready else ready.pop()
        yield ready


def uploads(connection: Connection, prefix: str) -> Iterator[tuple[str, Upload]]:
    """Key and upload of every unfinished multipart upload below a prefix, in no order.

    Ceph sorts them by key and upload id run together, so no order is relied on.
    """
    reached: tuple[str, str] | None = None
    while True:
        answer, encoded = _uploads_page(connection, prefix, reached)
        found = [(_decoded(connection, u["Key"], encoded), u) for u in answer.get("Uploads", [])]
        yield from ((key, Upload(u["UploadId"], u["Initiated"])) for key, u in found)
        if not answer.get("IsTruncated"):
            return
        reached = _next_upload(connection, found, reached)


def level(connection: Connection, prefix: str, most: int) -> tuple[list[str], list[str]]:
    """The names directly below a prefix: those that lead on, each with its slash, and those of
    objects as they are now. The first ``most`` of them, in key order; a look, not a proof."""
    folders: list[str] = []
    files: list[str] = []
    place: _LevelPlace = {}
    while True:
        answer = connection.ask(
            connection.client.list_objects_v2,
            Bucket=connection.bucket,
            Prefix=prefix,
            Delimiter="/",
            MaxKeys=PAGE,
            EncodingType="url",
            **place,
        )
        encoded = answer.get("EncodingType") == "url"
        below = [
            _decoded(connection, p["Prefix"], encoded) for p in answer.get("CommonPrefixes", [])
        ]
        keys = [_decoded(connection, o["Key"], encoded) for o in answer.get("Contents", [])]
        folders += [each[len(prefix) :] for each in below]
        files += [each[len(prefix) :] for each in keys if each != prefix]
        following = answer.get("NextContinuationToken")
        if not following or len(folders) + len(files) >= most:
            return folders, files
        place = {"ContinuationToken": following}


def _versions(connection: Connection, prefix: str, size: int) -> Iterator[Page]:
    client, bucket = connection.client, connection.bucket
    answer = connection.ask(
        client.list_object_versions,
        Bucket=bucket,
        Prefix=prefix,
        MaxKeys=size,
        EncodingType="url",
    )
    while True:
        states = _grouped_versions(connection, answer)
        truncated = answer.get("IsTruncated", False)
        yield Page(states, last=not truncated)
        if not truncated:
            return
        version = answer.get("NextVersionIdMarker")
        if not states or not version:
            raise _lost_place(connection)
        answer = connection.ask(
            client.list_object_versions,
            Bucket=bucket,
            Prefix=prefix,
            MaxKeys=PAGE,
            EncodingType="url",
            KeyMarker=states[-1].key,
            VersionIdMarker=version,
        )


def _objects(connection: Connection, prefix: str, size: int) -> Iterator[Page]:
    client, bucket = connection.client, connection.bucket
    answer = connection.ask(
        client.list_objects_v2, Bucket=bucket, Prefix=prefix, MaxKeys=size, EncodingType="url"
    )
    while True:
        states = _grouped_objects(connection, answer)
        truncated = answer.get("IsTruncated", False)
        yield Page(states, last=not truncated)
        if not truncated:
            return
        if not states:
            raise _lost_place(connection)
        answer = connection.ask(
            client.list_objects_v2,
            Bucket=bucket,
            Prefix=prefix,
            MaxKeys=PAGE,
            EncodingType="url",
            StartAfter=states[-1].key,
        )


def _grouped_versions(
    connection: Connection, answer: ListObjectVersionsOutputTypeDef
) -> list[KeyState]:
    """Versions and markers come in two lists, each in key order; a key may be in both."""
    encoded = answer.get("EncodingType") == "url"
    states: dict[str, KeyState] = {}
    reached = ""
    for v in answer.get("Versions", []):
        key = _decoded(connection, v["Key"], encoded)
        if key < reached:
            raise _out_of_order(connection)
        reached = key
        state = states.get(key) or states.setdefault(key, KeyState(key))
        version = Version(v["VersionId"], v["ETag"], v.get("Size", 0), v["LastModified"])
        state.versions.append(version)
    reached = ""
    for m in answer.get("DeleteMarkers", []):
        key = _decoded(connection, m["Key"], encoded)
        if key < reached:
            raise _out_of_order(connection)
        reached = key
        state = states.get(key) or states.setdefault(key, KeyState(key))
        state.markers.append(Marker(m["VersionId"], m["LastModified"]))
    return [states[key] for key in sorted(states)]


def _grouped_objects(connection: Connection, answer: ListObjectsV2OutputTypeDef) -> list[KeyState]:
    encoded = answer.get("EncodingType") == "url"
    states: list[KeyState] = []
    for o in answer.get("Contents", []):
        key = _decoded(connection, o["Key"], encoded)
        if states and key <= states[-1].key:
            raise _out_of_order(connection)
        version = Version(None, o["ETag"], o.get("Size", 0), o["LastModified"])
        states.append(KeyState(key, [version]))
    return states


def _uploads_page(
    connection: Connection, prefix: str, reached: tuple[str, str] | None
) -> tuple[ListMultipartUploadsOutputTypeDef, bool]:
    """One page, and whether its keys are encoded.

    Plain keys first: Ceph encodes when asked to but does not say so, moto does neither.
    Only a key that XML cannot carry makes the plain answer unreadable; then every server
    that can answer at all encodes.
    """
    call = connection.client.list_multipart_uploads
    place: _UploadPlace = {}
    if reached is not None:
        place = {"KeyMarker": reached[0], "UploadIdMarker": reached[1]}
    asked = partial(call, Bucket=connection.bucket, Prefix=prefix, MaxUploads=PAGE, **place)
    try:
        answer, encoded = connection.ask(asked), False
    except UnreadableAnswerError:
        answer, encoded = connection.ask(asked, EncodingType="url"), True
    return answer, encoded


def _next_upload(
    connection: Connection,
    found: list[tuple[str, MultipartUploadTypeDef]],
    reached: tuple[str, str] | None,
) -> tuple[str, str]:
    if not found:
        raise _lost_place(connection)
    key, upload = found[-1]
    following = (key, upload["UploadId"])
    if following == reached:
        raise _lost_place(connection)
    return following


def _decoded(connection: Connection, key: str, encoded: bool) -> str:
    if not encoded or ("%" not in key and "+" not in key):
        return key
    key = key.replace("%2F", "/")  # all that most keys have to decode
    if "%" not in key and "+" not in key:
        return key
    try:
        return unquote_plus(key, errors="strict")
    except UnicodeDecodeError:
        raise StoreMismatch(
            f"Store {connection.store.name}: the bucket {connection.bucket} holds a key that is "
            "not UTF-8, which S3 does not allow. Remove or rename it with the server's own tools."
        ) from None


def _out_of_order(connection: Connection) -> StoreMismatch:
    return StoreMismatch(
        f"Store {connection.store.name}: the server does not list keys in the order of their "
        "UTF-8 bytes (directory buckets do not, for example), so a missing key could not be "
        "told from a skipped one. Use a general purpose bucket."
    )


def _lost_place(connection: Connection) -> StoreMismatch:
    return StoreMismatch(
        f"Store {connection.store.name}: the server cut a listing short without saying where to "
        "go on, so what is there cannot be known."
    )
