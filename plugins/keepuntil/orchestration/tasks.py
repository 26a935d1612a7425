"""What the tasks of a night do. Nothing heavy is imported before a task runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from keepuntil.errors import ApprovalError, RunInterrupted, RunPending
from keepuntil.orchestration import legal_day
from keepuntil.orchestration.connections import installation

if TYPE_CHECKING:
    from keepuntil.disposal.installation import Installation
    from keepuntil.disposal.nights import Backlog

PLANNER: Final = "airflow-planner"
EXECUTOR: Final = "airflow-executor"
VERIFIER: Final = "airflow-verifier"
"""Service identities: whoever proposes a plan neither carries it out nor verifies it."""

LINKED_PHASE: Final = 0
OWN_PHASE: Final = 1

LOOK_AGAIN: Final = timedelta(hours=1)
"""How often a night that waits for people looks whether they are done; weeks, if need be."""

MOST_GROUPS: Final = 500
"""Mapped tasks a phase, below Airflow's ``core.max_map_length`` of 1024."""

Small = dict[str, str | int]
"""What a task may hand on: identifiers, digests, counts."""


def plan(category: str, instant: datetime) -> Small | None:
    """Freeze the list of one rule as of a run's instant. None: nothing is due, and that is signed;
    or what is due is the very list that has its certificate, and nothing can be added to it.

    Safe to repeat: the same data gives the same plan.
    """
    from keepuntil.disposal import nights, planning
    from keepuntil.register.plans import PlanState

    with installation() as opened:
        day = legal_day.as_of(instant, opened.rule(category).clock.zone)
        stored = planning.plan(opened, category, day, proposed_by=PLANNER)
        frozen = stored.plan
        if stored.state is PlanState.CERTIFIED:
            return None
        if not frozen.due:
            nights.state_nothing_due(opened, frozen.plan_id)
            return None
        return {
            "plan_id": frozen.plan_id,
            "digest": frozen.digest,
            "due": frozen.due,
            "held": frozen.held,
            "not_computable": frozen.undetermined,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person is asked, and the digest their answer will be bound to."""

    subject: str
    body: str
    digest: str


def await_appraisal(plan_id: str) -> datetime | None:
    """When to look again whether the rule's panel has appraised the list; None: it has."""
    from keepuntil.disposal import appraisal_panel
    from keepuntil.register import plans

    with installation() as opened:
        frozen = plans.load(opened.register, plan_id).plan
        waits = appraisal_panel.missing(opened, opened.rule(frozen.category), frozen)
        return opened.now() + LOOK_AGAIN if waits else None


def request_approval(plan_id: str, role: str) -> Request | None:
    """The question for one role; None when the role has already approved elsewhere."""
    from keepuntil.disposal import approving
    from keepuntil.orchestration.request_text import body, subject
    from keepuntil.register import plans

    with installation() as opened:
        if role not in approving.roles_missing(opened, plan_id):
            return None
        plan = plans.load(opened.register, plan_id).plan
        rule = opened.rule(plan.category)
        return Request(
            subject=subject(rule, plan, role), body=body(rule, plan, role), digest=plan.digest
        )


class NotCounted(Exception):
    """The answer counts for nothing, and why; the question stays open."""


def record_answer(plan_id: str, digest: str, role: str, event: Mapping[str, Any]) -> dict[str, str]:
    """Enter a person's answer in the register, bound to the digest they were shown.

    Raises NotCounted when nobody answered, or somebody who may not.
    """
    from keepuntil.disposal import approving
    from keepuntil.domain.plans import Verdict
    from keepuntil.register import plans

    person = _who(event)
    asked = event.get("params_input") or {}
    verdict = Verdict.APPROVE if event["chosen_options"] == ["Approve"] else Verdict.REJECT
    with installation() as opened:
        plan = plans.load(opened.register, plan_id).plan
        if plan.digest != digest:
            raise AirflowFailException(
                f"The plan {plan_id} is not the one that was shown; nothing was decided."
            )
        if verdict is Verdict.APPROVE and plan.exceeded and not _accepted(asked):
            raise NotCounted(
                f"{' '.join(plan.exceeded)} To approve all the same, tick that you accept it."
            )
        try:
            approving.approve(
                opened,
                plan_id,
                person=person,
                role=role,
                verdict=verdict,
                reason=str(asked.get("reason") or "").strip() or "answered in Airflow",
                accepts_exceeded=bool(plan.exceeded) and _accepted(asked),
                via="airflow",
            )
        except ApprovalError as error:
            raise NotCounted(error.sentence) from None
    return {"plan_id": plan_id, "role": role, "person": person, "verdict": verdict.value}


def _who(event: Mapping[str, Any]) -> str:
    """The user name that answered. Airflow's user *id* is no staff number: some auth
    managers count users there, and a count may be somebody else's number."""
    user = event.get("responded_by_user")
    if not user or event.get("timedout"):
        raise NotCounted("Nobody answered, and silence is not consent.")
    return str(user["name"])


def _accepted(asked: Mapping[str, Any]) -> bool:
    return asked.get("accepts_exceeded") is True


def open_run(plan_id: str) -> str | datetime:
    """Turn the approved plan into a run: its identifier. The same plan, the same run.

    While the plan is cooling off: the moment at which that ends.
    """
    from keepuntil.disposal import approving, executing

    with installation() as opened:
        try:
            return executing.open_run(opened, plan_id, executor=EXECUTOR)
        except ApprovalError:
            ends = approving.not_before(opened, plan_id)
            if ends is None or ends <= opened.now():
                raise
            return ends


def groups(run_id: str, phase: int) -> list[list[int]]:
    """The phase's unfinished shards, in at most :data:`MOST_GROUPS` groups for mapped tasks."""
    from keepuntil.disposal import executing

    with installation() as opened:
        return grouped(executing.shards(opened, run_id, phase))


def grouped(shards: Sequence[int]) -> list[list[int]]:
    """Consecutive shards together, as few as will keep below the limit of mapped tasks."""
    size = -(-len(shards) // MOST_GROUPS) or 1
    return [list(shards[start : start + size]) for start in range(0, len(shards), size)]


def destroy(category: str, run_id: str, shards: Sequence[int], worker: str) -> datetime | None:
    """Destroy what is left of some shards. None: all done; else when to go on: when the window
    opens again, or to look again whether people have carried out what they were given.

    Safe to repeat after any interruption: the journal knows what was done.
    """
    from keepuntil.disposal import executing

    pending = 0
    with installation() as opened:
        for number in shards:
            try:
                done = executing.destroy_shard(opened, run_id, number, worker=worker)
            except RunInterrupted:
                opens = _window_opens(opened, category)
                if opens is None:
                    raise
                return opens
            pending += done.pending
        return opened.now() + LOOK_AGAIN if pending else None


def _window_opens(opened: Installation, category: str) -> datetime | None:
    """When the rule's window opens again; None while it is open."""
    from keepuntil.disposal.stopping import in_window

    rule, now = opened.rule(category), opened.now()
    if in_window(rule, now):
        return None
    return legal_day.next_opening(now, rule.nightly.at, rule.clock.zone)


def close_run(run_id: str) -> Small:
    """Say that nothing is left to do. Fails, visibly, when any item failed."""
    from keepuntil.disposal import executing

    with installation() as opened:
        report = executing.close_run(opened, run_id)
    counts: dict[str, int] = {}
    for outcomes in report.outcomes.values():
        for outcome, count in outcomes.items():
            counts[outcome] = counts.get(outcome, 0) + count
    return {"run_id": run_id, **counts}


def verify(run_id: str) -> Small:
    """The second reader looks again. Fails when it saw something else."""
    from keepuntil.disposal import verifying

    with installation() as opened:
        seen = verifying.verify(opened, run_id, verifier=VERIFIER)
    return {"run_id": run_id, "suite": seen.suite_digest}


def certify(run_id: str) -> Small | datetime:
    """Sign what was observed, and keep that the night ended well.

    While a witness has yet to sign: when to look again.
    """
    from keepuntil.disposal import certifying, nights
    from keepuntil.register import plans, runs

    with installation() as opened:
        try:
            certificate = certifying.certify(opened, run_id)
        except RunPending:
            return opened.now() + LOOK_AGAIN
        plan_id = runs.load(opened.register, run_id).warrant.plan_id
        nights.record(opened, plans.load(opened.register, plan_id).plan, "certified")
    return {"certificate_id": certificate.certificate_id, "digest": certificate.digest}


def report_backlog(instant: datetime, zone: str) -> Small:
    """Fail, saying why, when anything is overdue or a rule did not run in its window."""
    from keepuntil.disposal import nights

    with installation() as opened:
        lines = nights.backlog(opened, legal_day.as_of(instant, zone))
    alarming = [line for line in lines if line.alarming]
    if alarming:
        raise AirflowException(" ".join(_alarm(line) for line in alarming))
    return {"rules": len(lines)}


def report_coverage(instant: datetime, zone: str) -> Small:
    """Raise a finding for everything that is not covered; the findings are the alarm.

    The matrix is kept for the pages, which ask no store.
    """
    from keepuntil.oversight import coverage, kept_coverage

    with installation() as opened:
        found = coverage.cover(opened, legal_day.as_of(instant, zone))
        kept_coverage.remember(opened, found)
        coverage.report(opened, found)
    return {"rows": len(found.rows), "gaps": len(found.gaps)}


def follow_up_requests(instant: datetime, zone: str) -> Small:
    """Answer open requests of people anew where something changed, and write their letters."""
    from keepuntil.disposal import erasure_requests

    with installation() as opened:
        day = legal_day.as_of(instant, zone)
        found = erasure_requests.follow_up(opened, day, by=VERIFIER)
        for answered in found:
            erasure_requests.letters(opened, answered)
    return {"answered": len(found)}


def report_discoveries(instant: datetime, zone: str) -> Small:
    """Look for personal data that no rule claims; fail when any is new, or a place cannot be read.

    Each place becomes a finding first, so the next run fails only for what is new then.
    """
    from keepuntil.oversight import discovery, discovery_findings

    with installation() as opened:
        found = discovery.discover(opened, legal_day.as_of(instant, zone))
        new = discovery_findings.report(opened, found)
    alarms = [discovery_findings.sentence(each).en for each in new]
    alarms += [f"{each.location}: {each.sentence}" for each in found.unread]
    if alarms:
        raise AirflowException(" ".join(alarms))
    return {"places": found.places, "unclaimed": len(found.unclaimed)}


def report_forecast() -> Small:
    """Count what falls due in the next two years, for the pages. Fails when a store is silent,
    after the others were counted."""
    from keepuntil.disposal import forecasting
    from keepuntil.errors import StoreError

    silent = []
    with installation() as opened:
        rules = opened.schedule.rules
        for rule in rules:
            try:
                forecasting.remember(opened, rule)
            except StoreError as error:
                silent.append(f"{rule.category}: {error.sentence}")
    if silent:
        raise AirflowException(" ".join(silent))
    return {"rules": len(rules)}


def _alarm(line: Backlog) -> str:
    ran = (
        "it has never run to the end"
        if line.nights_missed is None
        else f"its last night that ended well is {line.nights_missed} days ago"
    )
    waits = f"; {len(line.waiting)} plans wait for people" if line.waiting else ""
    waits += f"; {line.in_custody} items of paper are late" if line.custody_late else ""
    return f"{line.category}: {line.overdue} items are overdue; {ran}{waits}."
