"""Who is asking. Each way answers with a login only; people.yaml says whose it is.

OpenID Connect      the organisation's own sign-in: :mod:`.openid`
Airflow             mounted there, its auth manager vouches: see the orchestration floor
local development   an account anybody at this machine may take, so only on a loopback address
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Protocol

from fastapi import Request

from keepuntil.errors import UsageError
from keepuntil.pages.openid import Provider
from keepuntil.pages.sessions import Session

LOOPBACK: Final = "localhost"


class SignIn(Protocol):
    """How an installation of the pages learns who is asking."""

    @property
    def address(self) -> str:
        """Where somebody who is not signed in is sent: an absolute path, or one below the pages."""
        ...

    async def login(self, request: Request, session: Session | None) -> str | None:
        """What signed the asker in, as people.yaml lists it; None: nobody is signed in.

        ``session`` is the live one of these pages, which only their own sign-ins use.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInHere:
    """A sign-in that ends in a session of ours: OpenID Connect and the local accounts."""

    address: str = "/sign-in"
    accounts: tuple[str, ...] = ()
    """Local development: logins that anybody at this machine may take."""
    provider: Provider | None = None
    """OpenID Connect."""

    async def login(self, _request: Request, session: Session | None) -> str | None:
        """The session's login."""
        return None if session is None else session.login


def development(accounts: Collection[str], host: str) -> SignedInHere:
    """Local accounts without a password. Raises UsageError unless only this machine can ask."""
    if not is_loopback(host):
        raise UsageError(
            f"--dev-login lets anybody who reaches {host} act as {' or '.join(accounts)}; it works "
            "on 127.0.0.1 only. Set up OpenID Connect to serve others: docs/pages.md"
        )
    return SignedInHere(accounts=tuple(accounts))


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
