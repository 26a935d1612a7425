"""Object Lock and legal holds: read before anything of an item is destroyed, never bypassed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from keepuntil.domain.outcomes import Outcome
from keepuntil.errors import StoreError
from keepuntil.stores.s3.connection import Connection, Refused
from keepuntil.stores.s3.sentences import DENIED, MISSING, NoAnswerError
from keepuntil.stores.s3.states import KeyState

LEGAL_HOLD: Final = "s3_legal_hold"
UNREADABLE: Final = "lock_unreadable"
"""The credentials may not see whether a version is locked: nothing of its item is destroyed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Why an item may not be destroyed."""

    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _VersionLock:
    """What protects one version."""

    legal_hold: bool = False
    until: datetime | None = None
    unreadable: bool = False


_FREE: Final = _VersionLock()
_UNKNOWN: Final = _VersionLock(unreadable=True)


def locks_of(connection: Connection, states: Sequence[KeyState], zone: str) -> dict[str, Lock]:
    """Key to lock, for the items that have one. The day of a lock's end is one of ``zone``.

    Costs nothing where the bucket has no Object Lock, else one request a version.
    """
    versions = [(state.key, v.id) for state in states for v in state.versions if v.id is not None]
    if not versions or not _may_be_locked(connection):
        return {}
    if _may_not_look(connection, *versions[0]):
        return {key: _said([_UNKNOWN], zone) for key, _ in versions}
    seen = connection.spread(lambda named: _version_lock(connection, *named), versions)
    by_key: dict[str, list[_VersionLock]] = {}
    for (key, _), lock in zip(versions, seen, strict=True):
        if lock != _FREE:
            by_key.setdefault(key, []).append(lock)
    return {key: _said(locks, zone) for key, locks in by_key.items()}


def configured(connection: Connection) -> Mapping[str, object] | None:
    """The bucket's Object Lock configuration, None without one. Raises StoreError."""
    answer = connection.attempt(
        connection.client.get_object_lock_configuration, Bucket=connection.bucket
    )
    if not isinstance(answer, Refused):
        return dict(answer["ObjectLockConfiguration"])
    if answer.code in DENIED or answer.code == "NoSuchBucket":
        raise answer.error
    return None


def _may_be_locked(connection: Connection) -> bool:
    """Not being told is no proof of having no locks."""
    try:
        return configured(connection) is not None
    except StoreError:
        return True


def _may_not_look(connection: Connection, key: str, version: str) -> bool:
    """HEAD says nothing of locks to credentials that may not read them, so ask outright once.

    Only a clear no counts: the embedded server of the demonstration breaks over the question.
    """
    client, bucket = connection.deleting_client, connection.bucket
    for call in (client.get_object_retention, client.get_object_legal_hold):
        with suppress(NoAnswerError):
            answer = connection.attempt(call, Bucket=bucket, Key=key, VersionId=version)
            if isinstance(answer, Refused) and answer.code in DENIED:
                return True
    return False


def _version_lock(connection: Connection, key: str, version: str) -> _VersionLock:
    answer = connection.attempt(
        connection.client.head_object, Bucket=connection.bucket, Key=key, VersionId=version
    )
    if isinstance(answer, Refused):
        return _FREE if answer.code in MISSING else _UNKNOWN
    until = answer.get("ObjectLockRetainUntilDate")
    return _VersionLock(
        legal_hold=answer.get("ObjectLockLegalHoldStatus") == "ON",
        until=until if until is not None and until > datetime.now(UTC) else None,
    )


def _said(locks: Iterable[_VersionLock], zone: str) -> Lock:
    """The item is free when its last version is; a legal hold has no end that is known."""
    locks = list(locks)
    ends = [lock.until for lock in locks if lock.until is not None]
    if any(lock.legal_hold for lock in locks):
        return Lock(outcome=Outcome.HELD, reason=LEGAL_HOLD)
    if ends:
        day = max(ends).astimezone(ZoneInfo(zone)).date()
        return Lock(outcome=Outcome.HELD, reason=f"object_lock_until:{day}")
    return Lock(outcome=Outcome.FAILED, reason=UNREADABLE)
