"""People's answers to open approvals, given through Airflow's REST API inside this process."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any, Final

LOOK_EVERY_SECONDS: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An open approval, as the person sees it under Required Actions."""

    category: str
    role: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person says, under their own name in Airflow."""

    person: str
    approve: bool
    reason: str
    accepts_exceeded: bool = False


Respond = Callable[[Question], Answer]


@contextmanager
def answering(respond: Respond | None) -> Iterator[None]:
    """Answer approvals, for as long as the context is open, in a thread of its own.

    None: there is nobody to ask. An error in it is raised when the context ends.
    """
    if respond is None:
        yield
        return
    desk = _Desk(respond)
    thread = threading.Thread(target=desk.sit, name="answering", daemon=True)
    thread.start()
    try:
        yield
    finally:
        desk.over.set()
        thread.join()
    if desk.error is not None:
        raise desk.error


class _Desk:
    def __init__(self, respond: Respond) -> None:
        from airflow.api_fastapi.app import create_app

        self._respond = respond
        # On a new home it prints a password for each user; it also keeps them in a file there.
        with redirect_stdout(io.StringIO()):
            self._app = create_app(apps="core")
        self.over = threading.Event()
        self.error: BaseException | None = None

    def sit(self) -> None:
        try:
            asyncio.run(self._work())
        except BaseException as error:  # noqa: BLE001 - carried to the thread that waits
            self.error = error

    async def _work(self) -> None:
        while not self.over.is_set():
            for asked in await self._open_questions():
                await self._answer(asked)
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _open_questions(self) -> list[dict[str, Any]]:
        path = "/api/v2/dags/~/dagRuns/~/hitlDetails?response_received=false"
        found = await self._call("GET", path, person="admin", role="admin")
        return [
            asked
            for asked in found["hitl_details"]
            if asked["task_instance"]["state"] == "awaiting_input"
        ]

    async def _answer(self, asked: dict[str, Any]) -> None:
        instance = asked["task_instance"]
        answer = self._respond(
            Question(
                category=instance["dag_id"].removeprefix("keepuntil__"),
                role=instance["task_id"].removeprefix("approve_"),
                subject=asked["subject"],
                body=asked["body"],
            )
        )
        await self._call(
            "PATCH",
            f"/api/v2/dags/{instance['dag_id']}/dagRuns/{instance['dag_run_id']}"
            f"/taskInstances/{instance['task_id']}/{instance['map_index']}/hitlDetails",
            person=answer.person,
            role="op",
            content={
                "chosen_options": ["Approve" if answer.approve else "Reject"],
                "params_input": {
                    "reason": answer.reason,
                    "accepts_exceeded": answer.accepts_exceeded,
                },
            },
        )

    async def _call(
        self, method: str, path: str, *, person: str, role: str, content: object = None
    ) -> Any:
        import httpx
        from airflow.api_fastapi.app import get_auth_manager
        from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

        token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=person, role=role))
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self._app),
            base_url="http://airflow",
            headers={"Authorization": f"Bearer {token}"},
        ) as client:
            response = await client.request(method, path, json=content)
        response.raise_for_status()
        return response.json()
