"""Deleting exactly what was named, and reading every answer.

A request can be refused, half done, or done with its answer lost; deleting the same
version twice harms nothing, so what is in doubt is asked for again. What is really gone
is not decided here: the caller lists again.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypedDict

from keepuntil.errors import StoreBusy, StoreUnreachable
from keepuntil.stores.s3.connection import Connection, Refused
from keepuntil.stores.s3.sentences import (
    BROKEN,
    BUSY,
    DENIED,
    LOST,
    MISSING,
    THROTTLED,
    NoAnswerError,
    NobodyThereError,
)
from keepuntil.stores.s3.states import KeyState, Version

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import DeleteObjectsOutputTypeDef, ObjectIdentifierTypeDef

MOST_KEYS: Final = 1000
"""The most one DeleteObjects request may name."""

FEWEST_KEYS: Final = 50
"""Below this the request costs more than its keys."""

REQUESTS_A_PLACE: Final = 4
"""Several small requests for each place in flight, so that all end at about the same time."""

ROUNDS_WITHOUT_PROGRESS: Final = 8
ATTEMPTS: Final = 20
FIRST_PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 10.0

CHANGED: Final = "PreconditionFailed"
"""The object is not the one that was looked at."""

NO_RESULT: Final = "no_result"
"""The answer to a request did not mention the key."""

_ASK_AGAIN: Final = BUSY | {LOST, NO_RESULT}
_OF_THE_KEY: Final = BROKEN | {NO_RESULT}
"""Answers about single keys: when they persist the item failed, not the store."""

NOT_IN_XML: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
"""XML 1.0 cannot carry some of these, and readers change others on the way (line ends)."""


class Target(NamedTuple):
    """One thing to delete: a version, a marker, an unversioned object, or an upload."""

    key: str
    version: str | None = None
    etag: str | None = None
    upload: str | None = None


Refusals = dict[Target, str]
"""Targets the server would not delete, with its code."""


def delete_all(connection: Connection, states: Collection[KeyState]) -> Refusals:
    """Delete everything under the keys; give what was refused for good. See :func:`delete`.

    Uploads go first: one that completes would become a new version. Markers go last, and
    only where all else went: a marker taken away too early shows again what it hid.
    """
    uploads = [Target(s.key, upload=upload.id) for s in states for upload in s.uploads]
    versions = [_target(s.key, version) for s in states for version in s.versions]
    markers = [Target(s.key, marker.id) for s in states for marker in s.markers]
    refusals: Refusals = {}
    for targets in (uploads, versions, markers):
        refused = {target.key for target in refusals}
        refusals |= delete(connection, [t for t in targets if t.key not in refused])
    return refusals


def _target(key: str, version: Version) -> Target:
    # Servers that know conditional deletes spare an object that was overwritten meanwhile.
    return Target(key, etag=version.etag) if version.id is None else Target(key, version.id)


def delete(connection: Connection, targets: Sequence[Target]) -> Refusals:
    """Delete them all; give the targets that were refused for good.

    Raises StoreBusy when the server stays too busy for patience, StoreError when it refuses
    everything (gone bucket, revoked credentials).
    """
    refusals: Refusals = {}
    pending, again, stalled = list(targets), Refusals(), 0
    for _ in range(ATTEMPTS if pending else 0):
        answers = _unquoted(_round(connection, pending))
        again = {target: code for target, code in answers.items() if code in _ASK_AGAIN}
        refusals.update((t, code) for t, code in answers.items() if code and t not in again)
        if not again:
            break
        stalled = stalled + 1 if len(again) == len(pending) else 0
        pending = list(again)
        if stalled >= ROUNDS_WITHOUT_PROGRESS:
            break
        pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**stalled)
        time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - spreads attempts only
    if not set(again.values()) <= _OF_THE_KEY:
        raise _too_busy(connection, again)
    return refusals | again


def _unquoted(answers: Refusals) -> Refusals:
    """Ask again with the bare ETag: servers differ in whether its quotes belong to it."""
    changed = [t for t, code in answers.items() if code == CHANGED]
    for target in changed:
        if target.etag is not None and target.etag.startswith('"'):
            del answers[target]
            answers[target._replace(etag=target.etag.strip('"'))] = NO_RESULT
    return answers


def _round(connection: Connection, targets: Sequence[Target]) -> Refusals:
    """Ask once for every target: its code, empty where the server says it is done."""
    alone = [t for t in targets if t.upload is not None or NOT_IN_XML.search(t.key)]
    together = [t for t in targets if t.upload is None and not NOT_IN_XML.search(t.key)]
    share = -(-len(together) // (REQUESTS_A_PLACE * connection.pace.limit))
    size = min(MOST_KEYS, max(FEWEST_KEYS, share))
    requests = [[target] for target in alone]
    requests += [together[start : start + size] for start in range(0, len(together), size)]
    answers: Refusals = {}
    for answer in connection.spread(lambda request: _send(connection, request), requests):
        answers.update(answer)
    return answers


def _send(connection: Connection, request: list[Target]) -> Refusals:
    with connection.pace.turn():
        sent_at = time.monotonic()
        try:
            answers = _ask(connection, request)
        except NoAnswerError as error:
            # A request the server broke over says as little of its keys as a lost answer.
            answers = dict.fromkeys(request, error.code if error.code in THROTTLED else LOST)
        except NobodyThereError:
            answers = dict.fromkeys(request, LOST)
    if not (THROTTLED | {LOST}).isdisjoint(answers.values()):
        connection.pace.throttled(sent_at)
    elif len(request) >= FEWEST_KEYS:
        connection.pace.answered((time.monotonic() - sent_at) / len(request))
    return answers


def _ask(connection: Connection, request: list[Target]) -> Refusals:
    first = request[0]
    client, bucket = connection.deleting_client, connection.bucket
    if first.upload is not None:
        return _single(
            connection.attempt(
                client.abort_multipart_upload, Bucket=bucket, Key=first.key, UploadId=first.upload
            ),
            first,
        )
    if NOT_IN_XML.search(first.key):
        answer = connection.attempt(
            client.delete_object, Bucket=bucket, Key=first.key, **_condition(first)
        )
        return _single(answer, first)
    answer_to_all = connection.attempt(
        client.delete_objects, Bucket=bucket, Delete={"Objects": [*map(_identifier, request)]}
    )
    if isinstance(answer_to_all, Refused):
        return dict.fromkeys(request, _code(answer_to_all))
    return _each(answer_to_all, request)


class _Condition(TypedDict, total=False):
    VersionId: str
    IfMatch: str


def _condition(target: Target) -> _Condition:
    condition: _Condition = {}
    if target.version is not None:
        condition["VersionId"] = target.version
    if target.etag is not None:
        condition["IfMatch"] = target.etag
    return condition


def _identifier(target: Target) -> ObjectIdentifierTypeDef:
    named: ObjectIdentifierTypeDef = {"Key": target.key}
    if target.version is not None:
        named["VersionId"] = target.version
    if target.etag is not None:
        named["ETag"] = target.etag
    return named


def _single(answer: object, target: Target) -> Refusals:
    if isinstance(answer, Refused) and answer.code not in MISSING:
        return {target: _code(answer)}
    return {target: ""}


def _code(refused: Refused) -> str:
    """The code of a refusal that may be about these keys. Raises when it is about the store."""
    if isinstance(refused.error, StoreUnreachable) and refused.code not in DENIED:
        raise refused.error
    return refused.code


def _each(answer: DeleteObjectsOutputTypeDef, request: list[Target]) -> Refusals:
    """Every key's own result. One that is in neither list has no result, whatever the status."""
    said: dict[tuple[str, str | None], str] = {}
    for done in answer.get("Deleted", []):
        said[done.get("Key", ""), done.get("VersionId") or None] = ""
    for error in answer.get("Errors", []):
        code = error.get("Code") or "Error"
        version = error.get("VersionId") or None
        said[error.get("Key", ""), version] = "" if code in MISSING else code
    # Some servers leave the version out of an error: it then counts for all of the key's.
    return {t: said.get((t.key, t.version), said.get((t.key, None)) or NO_RESULT) for t in request}


def _too_busy(connection: Connection, codes: Refusals) -> StoreBusy:
    return StoreBusy(
        f"Store {connection.store.name}: the server keeps answering "
        f"{', '.join(sorted(set(codes.values())))} to deletions. What is under way is written "
        "down; resume later."
    )
