"""What a driver raises, as a sentence without a value in it.

Drivers put row values into their messages (``Key (id_no)=(110101…) is still referenced``),
so no message of theirs is ever passed on: only the kind of the fault and its code.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from sqlalchemy.exc import DBAPIError

from keepuntil.errors import StoreBusy, StoreError, StoreMismatch, StoreUnreachable


class Fault(Enum):
    """What kind of trouble a driver's error is."""

    BUSY = "busy"
    UNREACHABLE = "unreachable"
    CREDENTIALS = "credentials"
    DENIED = "denied"
    READ_ONLY = "read_only"
    UNKNOWN_NAME = "unknown_name"
    POINTED_AT = "pointed_at"
    EXPRESSION = "expression"
    OTHER = "other"


class StillPointedAt(StoreMismatch):
    """A foreign key keeps a row: a child that arrived just now, or one nobody declared."""


_STATES: Final = {
    "40001": Fault.BUSY,
    "40P01": Fault.BUSY,
    "55P03": Fault.BUSY,
    "57014": Fault.BUSY,
    "53300": Fault.BUSY,
    "53400": Fault.BUSY,
    "57P01": Fault.UNREACHABLE,
    "57P02": Fault.UNREACHABLE,
    "57P03": Fault.UNREACHABLE,
    "28000": Fault.CREDENTIALS,
    "28P01": Fault.CREDENTIALS,
    "3D000": Fault.CREDENTIALS,
    "42501": Fault.DENIED,
    "25006": Fault.READ_ONLY,
    "42P01": Fault.UNKNOWN_NAME,
    "42703": Fault.UNKNOWN_NAME,
    "3F000": Fault.UNKNOWN_NAME,
    "23503": Fault.POINTED_AT,
    "23001": Fault.POINTED_AT,
}
"""PostgreSQL 15, appendix A. Codes not listed go by their class: see :func:`_of_state`."""

_NUMBERS: Final = {
    1205: Fault.BUSY,  # lock wait timeout
    1213: Fault.BUSY,  # deadlock
    1020: Fault.BUSY,  # record changed since the snapshot
    3572: Fault.BUSY,  # NOWAIT
    1040: Fault.BUSY,  # too many connections
    1969: Fault.BUSY,  # statement timeout
    3024: Fault.BUSY,
    2002: Fault.UNREACHABLE,
    2003: Fault.UNREACHABLE,
    2006: Fault.UNREACHABLE,
    2013: Fault.UNREACHABLE,
    1053: Fault.UNREACHABLE,
    1927: Fault.UNREACHABLE,
    1044: Fault.CREDENTIALS,
    1045: Fault.CREDENTIALS,
    1049: Fault.CREDENTIALS,
    1698: Fault.CREDENTIALS,
    1142: Fault.DENIED,
    1143: Fault.DENIED,
    1227: Fault.DENIED,
    1290: Fault.READ_ONLY,
    1792: Fault.READ_ONLY,
    1146: Fault.UNKNOWN_NAME,
    1054: Fault.UNKNOWN_NAME,
    1451: Fault.POINTED_AT,
    1064: Fault.EXPRESSION,
    1305: Fault.EXPRESSION,
}
"""MariaDB's and MySQL's error numbers."""

_SQLITE: Final = {
    "SQLITE_BUSY": Fault.BUSY,
    "SQLITE_LOCKED": Fault.BUSY,
    "SQLITE_CANTOPEN": Fault.UNREACHABLE,
    "SQLITE_NOTADB": Fault.UNREACHABLE,
    "SQLITE_CORRUPT": Fault.UNREACHABLE,
    "SQLITE_IOERR": Fault.UNREACHABLE,
    "SQLITE_FULL": Fault.UNREACHABLE,
    "SQLITE_AUTH": Fault.DENIED,
    "SQLITE_PERM": Fault.DENIED,
    "SQLITE_READONLY": Fault.READ_ONLY,
    "SQLITE_CONSTRAINT_FOREIGNKEY": Fault.POINTED_AT,
    "SQLITE_CONSTRAINT_TRIGGER": Fault.POINTED_AT,
    "SQLITE_ERROR": Fault.EXPRESSION,
}

_MEANINGS: Final = {
    Fault.BUSY: (StoreBusy, "is busy: rows are locked or transactions collided; try again later"),
    Fault.UNREACHABLE: (StoreUnreachable, "cannot be reached; check its address and its server"),
    Fault.CREDENTIALS: (
        StoreUnreachable,
        "refused the credentials or has no such database; check where its reference points",
    ),
    Fault.DENIED: (StoreError, "denies its user a right that is needed; grant it or change users"),
    Fault.READ_ONLY: (StoreError, "lets this user read only, so nothing can be destroyed with it"),
    Fault.UNKNOWN_NAME: (StoreMismatch, "has no such table or column; run keepuntil check"),
    Fault.POINTED_AT: (
        StillPointedAt,
        "keeps a row that other rows still point at; declare those rows as children",
    ),
    Fault.EXPRESSION: (
        StoreMismatch,
        "does not accept a condition or expression of the rule or of a hold; run keepuntil check",
    ),
    Fault.OTHER: (StoreError, "refused a statement; look the code up in its manual"),
}


def sentence_of(store: str, error: Exception) -> StoreError:
    """The driver's error as one of ours, with a code and without its message."""
    if isinstance(error, UnicodeError):
        return StoreMismatch(
            f"The store {store} holds text that is not valid in its own encoding where the rule "
            f"reads it; mend those rows first."
        )
    fault, code = classified(error)
    kind, meaning = _MEANINGS[fault]
    return kind(f"The store {store} {meaning} ({code}).")


def classified(error: Exception) -> tuple[Fault, str]:
    """The kind of fault, and its code in the words of the database's manual."""
    original = error.orig if isinstance(error, DBAPIError) else error
    number = original.args[0] if original is not None and original.args else None
    if isinstance(number, int):
        return _NUMBERS.get(number, Fault.OTHER), f"error {number}"
    state = getattr(original, "sqlstate", None)
    if isinstance(state, str):
        return _of_state(state), f"SQLSTATE {state}"
    name = getattr(original, "sqlite_errorname", None)
    if isinstance(name, str):
        return _of_sqlite(name), name
    if hasattr(original, "pgconn"):
        return _while_connecting(str(original)), "no code"
    return Fault.UNREACHABLE, "no code"


def _of_state(state: str) -> Fault:
    if state in _STATES:
        return _STATES[state]
    by_class = {"08": Fault.UNREACHABLE, "42": Fault.EXPRESSION, "22": Fault.EXPRESSION}
    return by_class.get(state[:2], Fault.OTHER)


def _of_sqlite(name: str) -> Fault:
    parts = name.split("_")
    while len(parts) > 1:
        if (fault := _SQLITE.get("_".join(parts))) is not None:
            return fault
        parts.pop()
    return Fault.OTHER


def _while_connecting(message: str) -> Fault:
    """libpq gives no code before the session stands; its English words are the only sign."""
    refused = ("authentication", "password", "role ", "does not exist")
    return Fault.CREDENTIALS if any(word in message for word in refused) else Fault.UNREACHABLE
