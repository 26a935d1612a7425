"""The rules with paper: the stages of their DAGs, one after the other, as far as it goes.

Under Airflow a night that has released paper is deferred, for weeks if need be, and nobody
waits with it. The demonstration has one process and one afternoon, so it takes these rules
down the road itself and comes back to them: the same functions that the tasks call, in the
tasks' order. An open run is gone on with before anything new is planned, as Airflow does,
which lets a rule have one night at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from keepuntil.demo.home import Home
from keepuntil.demo.scenario import AS_OF
from keepuntil.disposal import (
    approving,
    certifying,
    executing,
    nights,
    planning,
    verifying,
)
from keepuntil.disposal.installation import Installation
from keepuntil.domain.plans import Verdict
from keepuntil.evidence import keys
from keepuntil.evidence.keys import KeyKind
from keepuntil.register import plans, runs
from keepuntil.register.plans import PlanState
from keepuntil.register.runs import RunState

if TYPE_CHECKING:
    from keepuntil.orchestration.night import RuleNight

PLANNER: Final = "night-planner"
EXECUTOR: Final = "night-executor"
VERIFIER: Final = "night-verifier"

REASON: Final = "first night of this rule: the backlog was reviewed"
"""What the bank's people say when they approve."""

Decider = Callable[[str, str], str]
"""Who answers for a role in a category."""

DEFERRED: Final = "deferred"
"""What Airflow calls the state of a task that waits without a worker."""

_PHASES: Final = (0, 1)
_OPEN: Final = (RunState.RUNNING, RunState.INCOMPLETE)


def paper_rules(installation: Installation) -> tuple[str, ...]:
    """Categories of the rules that have paper, by their hour and name."""
    rules = sorted(installation.schedule.rules, key=lambda rule: (rule.nightly.at, rule.category))
    return tuple(rule.category for rule in rules if rule.paper)


def open_runs(installation: Installation) -> Mapping[str, str]:
    """The run that waits for people, by category."""
    found = {category: _open_run(installation, category) for category in paper_rules(installation)}
    return {category: run_id for category, run_id in found.items() if run_id is not None}


def go_on(home: Home, installation: Installation, category: str, decider: Decider) -> RuleNight:
    """Take a rule as far as it gets: to its certificate, or into people's hands."""
    run_id = _open_run(installation, category)
    if run_id is None:
        planned = planning.plan(installation, category, AS_OF, proposed_by=PLANNER)
        plan_id = planned.plan.plan_id
        if not planned.plan.due:
            nights.state_nothing_due(installation, plan_id)
            return _night(category, {"plan": "success"})
        if plans.load(installation.register, plan_id).state is PlanState.CERTIFIED:
            # Played once more, the same is due again, and had its certificate.
            return _night(category, {"certify": "success"})
        _approve(home, installation, category, plan_id, decider)
        run_id = executing.open_run(installation, plan_id, executor=EXECUTOR)
    if _pending(installation, run_id):
        return _night(category, {"open_run": "success", "destroy": DEFERRED})
    executing.close_run(installation, run_id)
    verifying.verify(installation, run_id, verifier=VERIFIER)
    certifying.certify(installation, run_id)
    plan_id = runs.load(installation.register, run_id).warrant.plan_id
    nights.record(installation, plans.load(installation.register, plan_id).plan, "certified")
    return _night(category, {"destroy": "success", "certify": "success"})


def _open_run(installation: Installation, category: str) -> str | None:
    latest = runs.list_runs(installation.register, category=category, limit=1)
    return latest[0].run_id if latest and latest[0].state in _OPEN else None


def _approve(
    home: Home, installation: Installation, category: str, plan_id: str, decider: Decider
) -> None:
    """Each role by another person, with that person's own key, as on the command line."""
    for role in approving.roles_missing(installation, plan_id):
        person = decider(role, category)
        approving.approve(
            installation,
            plan_id,
            person=person,
            role=role,
            verdict=Verdict.APPROVE,
            reason=REASON,
            accepts_exceeded=True,
            via="cli",
            signing_key=keys.load(f"file:{home.person_key(person)}", KeyKind.P256),
        )


def _pending(installation: Installation, run_id: str) -> int:
    """Destroy phase by phase; how many items of the first unfinished one wait for people.

    The rows that date the paper are not touched before all of it is gone.
    """
    for phase in _PHASES:
        pending = sum(
            executing.destroy_shard(installation, run_id, shard, worker=EXECUTOR).pending
            for shard in executing.shards(installation, run_id, phase)
        )
        if pending:
            return pending
    return 0


def _night(category: str, tasks: Mapping[str, str]) -> RuleNight:
    from keepuntil.orchestration.night import RuleNight

    return RuleNight(category=category, succeeded=True, tasks=tasks, error=None)
