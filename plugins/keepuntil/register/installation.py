"""The keys that last as long as the register, wrapped by the installation's own key."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from keepuntil.errors import EvidenceError, RegisterError
from keepuntil.evidence.sealing import SealingKey
from keepuntil.register.inserting import insert_once
from keepuntil.register.tables import register_key

_DIGEST = "register digest key"
_HOLDS = "register hold key"
_NOTES = "register note key"
_REQUESTS = "register request key"
_ALL = (_DIGEST, _HOLDS, _NOTES, _REQUESTS)


@dataclass(frozen=True, slots=True)
class Installation:
    """What opens this register. Lives in memory only."""

    key: SealingKey = field(repr=False)
    """Wraps every other key. It is kept outside of the register."""
    digest_key: bytes = field(repr=False)
    """Keys the digests of item lists: equal lists have equal digests in one installation,
    and a short list cannot be guessed from its digest."""
    hold_key: SealingKey = field(repr=False)
    note_key: SealingKey = field(repr=False)
    """Seals what people write about single entries of a sample."""
    request_key: SealingKey = field(repr=False)
    """Seals whose records a request is about."""

    def digest(self, content: bytes) -> str:
        """``hmac-sha256:<hex>``: tells the same content again here, and an outsider nothing."""
        return f"hmac-sha256:{hmac.digest(self.digest_key, content, 'sha256').hex()}"


def wrapped_keys(connection: Connection) -> dict[str, bytes]:
    """The wrapped keys that stand in the register, by purpose."""
    rows = connection.execute(select(register_key.c.purpose, register_key.c.wrapped))
    return {str(row.purpose): bytes(row.wrapped) for row in rows}


def is_complete(wrapped: dict[str, bytes]) -> bool:
    """False for a register that was never opened, or not since a key came to be needed."""
    return set(_ALL) <= wrapped.keys()


def make_missing(connection: Connection, key: SealingKey) -> None:
    """Give a register the keys it lacks; the first of two processes decides."""
    for purpose in _ALL:
        wrapped = key.wrap(SealingKey.fresh(), purpose)
        insert_once(connection, register_key, {"purpose": purpose, "wrapped": wrapped})


def unlock(wrapped: dict[str, bytes], key: SealingKey) -> Installation:
    """Open the register's keys. RegisterError when the key is another installation's."""
    try:
        return Installation(
            key,
            key.unwrap(wrapped[_DIGEST], _DIGEST).key,
            key.unwrap(wrapped[_HOLDS], _HOLDS),
            key.unwrap(wrapped[_NOTES], _NOTES),
            key.unwrap(wrapped[_REQUESTS], _REQUESTS),
        )
    except EvidenceError:
        raise RegisterError(
            "The installation key is not the one this register was made with."
            " Point to the right key file; without it the lists in the register stay sealed."
        ) from None
