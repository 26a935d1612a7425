"""The pages under Airflow's own roof: its sign-in says who is asking.

Airflow loads plugins in every process. The pages are made when the first request for one
comes, which is in the api-server and nowhere else; until then this file costs nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

    from keepuntil.pages.sessions import Session

_Message = MutableMapping[str, Any]


class MountedPages:
    """An application that makes itself when it is first asked."""

    def __init__(self) -> None:
        self._pages: FastAPI | None = None
        self._lock = threading.Lock()

    async def __call__(
        self,
        scope: _Message,
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> None:
        """Answer one request."""
        await self._made()(scope, receive, send)

    def _made(self) -> FastAPI:
        with self._lock:
            if self._pages is None:
                self._pages = _pages()
            return self._pages


def _pages() -> FastAPI:
    from keepuntil.orchestration.connections import home, policies, resolve
    from keepuntil.pages.application import application

    return application(home(), policies(), sign_in=AirflowSignIn(), resolve=resolve)


class AirflowSignIn:
    """Whoever Airflow's auth manager has signed in, by the name Airflow knows them by.

    The user *name*, as with approvals: some auth managers count users in the id, and a
    count may be somebody else's staff number.
    """

    @property
    def address(self) -> str:
        """Airflow's sign-in, which leads back to the menu."""
        from airflow.api_fastapi.app import get_auth_manager

        return str(get_auth_manager().get_url_login())

    async def login(self, request: Request, _session: Session | None) -> str | None:
        """The name of the user whose token Airflow accepts; None: nobody is signed in."""
        from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
        from fastapi import HTTPException

        try:
            user = await get_user(request, None, await bearer_scheme(request))
        except HTTPException:
            return None
        return str(user.get_name())
