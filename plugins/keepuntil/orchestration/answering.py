"""People's answers to open approvals, given through Airflow's REST API inside this process."""

from __future__ import annotations

import _thread
import asyncio
import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any, Final

from keepuntil.errors import UsageError

LOOK_EVERY_SECONDS: Final = 0.3

MOST_ASKED: Final = 5
"""How often one question is answered before it is clear that the answer will never count."""


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

    None: there is nobody to ask. An error in answering ends what runs in the context,
    which would wait for ever, and is raised in its place. Raises UsageError when answers
    to a question count for nothing again and again.
    """
    if respond is None:
        yield
        return
    desk = _Desk(respond)
    thread = threading.Thread(target=desk.sit, name="answering", daemon=True)
    thread.start()
    try:
        with _in_turn(desk.turn):
            yield
    except KeyboardInterrupt:
        if desk.error is None:
            raise
    finally:
        desk.over.set()
        thread.join()
    if desk.error is not None:
        raise desk.error


@contextmanager
def _in_turn(turn: threading.Lock) -> Iterator[None]:
    """Answers and tasks take turns while the context is open.

    ``dag.test`` writes a task's state once more after the task has put its question: an
    answer that came in between would be undone, and the run would wait for ever.
    """
    from airflow.sdk.definitions import dag

    run_task = dag._run_task  # noqa: SLF001 - there is no public place to stand in line

    def run_in_turn(**arguments: Any) -> Any:
        with turn:
            return run_task(**arguments)

    dag._run_task = run_in_turn  # noqa: SLF001
    try:
        yield
    finally:
        dag._run_task = run_task  # noqa: SLF001


class _Desk:
    def __init__(self, respond: Respond) -> None:
        from airflow.api_fastapi.app import create_app

        self._respond = respond
        # On a new home it prints a password for each user; it also keeps them in a file there.
        with redirect_stdout(io.StringIO()):
            self._app = create_app(apps="core")
        self._asked: Counter[str] = Counter()
        self.turn = threading.Lock()
        self.over = threading.Event()
        self.error: BaseException | None = None

    def sit(self) -> None:
        try:
            asyncio.run(self._work())
        except BaseException as error:  # noqa: BLE001 - carried to the thread that waits
            self.error = error
            _thread.interrupt_main()

    async def _work(self) -> None:
        while not self.over.is_set():
            with self.turn:
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
        self._refuse_endless(instance)
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

    def _refuse_endless(self, instance: dict[str, Any]) -> None:
        self._asked[instance["id"]] += 1
        if self._asked[instance["id"]] > MOST_ASKED:
            raise UsageError(
                f"The question {instance['task_id']} of {instance['dag_id']} was answered "
                f"{MOST_ASKED} times and no answer counted; its task log says why."
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
