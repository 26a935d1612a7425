"""Sessions of the pages' own sign-ins: kept in this process, ended by rest, by age, by people."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

IDLE: Final = timedelta(minutes=30)
"""A session nobody used for this long is over (ASVS 7.3.1)."""

LONGEST: Final = timedelta(hours=8)
"""However busy, a session ends after a working day (ASVS 7.3.2)."""

MOST: Final = 10_000
"""More are never kept: the oldest give way, so a flood of sign-ins cannot fill the memory."""


@dataclass(slots=True)
class Session:
    """One sign-in, or one under way. ``login`` is None until it has come to its end."""

    began_at: datetime
    used_at: datetime
    login: str | None = None
    under_way: dict[str, Any] = field(default_factory=dict)
    """What OpenID Connect has to remember between leaving and coming back."""


class Sessions:
    """Every live session, by the digest of what the browser holds: the memory lends nobody out."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._live: dict[str, Session] = {}

    def find(self, ticket: str | None) -> Session | None:
        """The session of a ticket, used once more; None: there is none, or it is over."""
        if ticket is None:
            return None
        now = self._now()
        with self._lock:
            session = self._live.get(_name(ticket))
            if session is None:
                return None
            if now - session.used_at > IDLE or now - session.began_at > LONGEST:
                del self._live[_name(ticket)]
                return None
            session.used_at = now
            return session

    def begin(self, login: str | None = None) -> tuple[str, Session]:
        """A new session and its ticket, which nobody has seen before (ASVS 7.2.4)."""
        ticket, now = new_ticket(), self._now()
        session = Session(began_at=now, used_at=now, login=login)
        with self._lock:
            while len(self._live) >= MOST:
                del self._live[next(iter(self._live))]
            self._live[_name(ticket)] = session
        return ticket, session

    def end(self, ticket: str | None) -> None:
        """Forget a session: its ticket is worth nothing from now on (ASVS 7.4.1)."""
        if ticket is not None:
            with self._lock:
                self._live.pop(_name(ticket), None)


def new_ticket() -> str:
    """What a browser holds: 256 bits of chance."""
    return secrets.token_urlsafe(32)


def _name(ticket: str) -> str:
    return sha256(ticket.encode("utf-8", "replace")).hexdigest()
