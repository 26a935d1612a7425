"""The tasks that may have to wait: for people, for a cooling-off, for a window.

None of them holds a worker while it waits, and none of them takes waiting for a yes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import BaseOperator, Param
from airflow.sdk.exceptions import TaskAwaitingInput

from keepuntil.orchestration import tasks

Context = Mapping[str, Any]


class AskApproval(ApprovalOperator):
    """Ask one role to approve the night's plan, and enter the answer in the register.

    There is no default option and no timeout. An answer by somebody who may not
    decide counts for nothing: the question is asked again.
    """

    template_fields: Sequence[str] = ()

    def __init__(self, *, role: str, **kwargs: Any) -> None:
        self.role = role
        super().__init__(
            subject=f"Approve the night's plan as {role}",
            params={
                "reason": Param("", type=["null", "string"], title="理由 Reason"),
                "accepts_exceeded": Param(
                    default=False,
                    type="boolean",
                    title="超出限额，仍然同意 I accept that the plan is above its limits",
                ),
            },
            **kwargs,
        )

    def execute(self, context: Context) -> dict[str, str]:
        """Put the question. Comes back through :meth:`execute_complete`."""
        plan = context["ti"].xcom_pull(task_ids="plan")
        return self._ask(context, plan["plan_id"])

    def execute_complete(
        self, context: Context, event: dict[str, Any], plan_id: str, digest: str
    ) -> dict[str, str]:
        """Enter the answer, bound to the plan that was shown when the question was put."""
        if "error" in event:
            self.process_trigger_event_error(event)
        try:
            answer = tasks.record_answer(plan_id, digest, self.role, event)
        except tasks.NotCounted as why:
            self.log.warning("The answer does not count: %s The question stays open.", why)
            return self._ask(context, plan_id)
        if answer["verdict"] != "approve":
            self.log.info("Rejected: nothing of this plan will be destroyed.")
            self.skip(ti=context["ti"], tasks=context["task"].get_direct_relatives(upstream=False))
        return answer

    def _ask(self, context: Context, plan_id: str) -> dict[str, str]:
        request = tasks.request_approval(plan_id, self.role)
        if request is None:
            self.log.info("The role %s has approved already.", self.role)
            return {"plan_id": plan_id, "role": self.role, "verdict": "approve"}
        self.subject, self.body = request.subject, request.body
        try:
            super().execute(context)
        except TaskAwaitingInput as waiting:
            # Kept by Airflow with the open question: whatever happens to the plan task
            # meanwhile, the answer is about what was shown.
            waiting.kwargs = {"plan_id": plan_id, "digest": request.digest}
            raise
        raise AssertionError("an approval that nobody was asked for")


class AwaitAppraisal(BaseOperator):
    """Wait until the rule's panel has appraised the night's list; nobody approves before."""

    def execute(self, context: Context) -> None:
        plan_id = context["ti"].xcom_pull(task_ids="plan")["plan_id"]
        again = tasks.await_appraisal(plan_id)
        if again is not None:
            self.log.info("The list %s is not appraised; looking again at %s.", plan_id, again)
            _wait_until(self, again)

    def resume(self, context: Context, event: object = None) -> None:
        """The panel may have signed."""
        del event
        self.execute(context)


class OpenRun(BaseOperator):
    """Wait until the cooling-off is over, then turn the approved plan into a run.

    Returns the groups of shards of the first phase for the mapped tasks; the run's
    identifier is under the key ``run_id``.
    """

    def __init__(self, *, phase: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.phase = phase

    def execute(self, context: Context) -> list[list[int]]:
        plan_id = context["ti"].xcom_pull(task_ids="plan")["plan_id"]
        run_id = tasks.open_run(plan_id)
        if isinstance(run_id, datetime):
            self.log.info("Cooling off until %s.", run_id)
            _wait_until(self, run_id)
        context["ti"].xcom_push(key="run_id", value=run_id)
        return tasks.groups(run_id, self.phase)

    def resume(self, context: Context, event: object = None) -> list[list[int]]:
        """After the wait: look again, since approvals may have expired meanwhile."""
        del event
        return self.execute(context)


class DestroyShards(BaseOperator):
    """Destroy a group of shards; wait for the rule's window, and for people who carry paper."""

    def __init__(self, *, category: str, shards: list[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.category = category
        self.shards = shards

    def execute(self, context: Context) -> None:
        ti = context["ti"]
        run_id = ti.xcom_pull(task_ids="open_run", key="run_id")
        # The same name on every try: a task that was killed takes its own shards up again.
        worker = f"{ti.dag_id}/{ti.run_id}/{ti.task_id}/{ti.map_index}"
        opens = tasks.destroy(self.category, run_id, self.shards, worker)
        if opens is not None:
            self.log.info("The window is closed, or people are not done; going on at %s.", opens)
            _wait_until(self, opens)

    def resume(self, context: Context, event: object = None) -> None:
        """The window is open again, or people may be done."""
        del event
        self.execute(context)


class Certify(BaseOperator):
    """Sign the certificate, once every witness whom the rule asks for has signed."""

    def execute(self, context: Context) -> tasks.Small:
        run_id = context["ti"].xcom_pull(task_ids="open_run", key="run_id")
        certified = tasks.certify(run_id)
        if isinstance(certified, datetime):
            self.log.info("Witnesses have yet to sign %s; looking again at %s.", run_id, certified)
            _wait_until(self, certified)
        return certified

    def resume(self, context: Context, event: object = None) -> tasks.Small:
        """The witnesses may have signed."""
        del event
        return self.execute(context)


def _wait_until(operator: BaseOperator, moment: datetime) -> NoReturn:
    from airflow.providers.standard.triggers.temporal import DateTimeTrigger

    operator.defer(trigger=DateTimeTrigger(moment=moment), method_name="resume")
    raise AssertionError("a wait that did not wait")
