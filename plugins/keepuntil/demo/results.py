"""What a night came to, read back from the register and the certificates, rule by rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from keepuntil.demo.paper_road import DEFERRED
from keepuntil.disposal.installation import Installation
from keepuntil.domain.outcomes import Outcome
from keepuntil.domain.plans import InstanceTally, Plan
from keepuntil.register import certificates, journal, plans, runs
from keepuntil.register.runs import Run

if TYPE_CHECKING:
    from keepuntil.orchestration.night import RuleNight


class Verdict(StrEnum):
    """How one rule's night ended."""

    CERTIFIED = "certified"
    NOTHING_DUE = "nothing due"
    PENDING = "waits for people"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One place of one rule. Due is destroyed plus pending plus held plus shared."""

    instance: str
    store: str
    total: int
    due: int
    overdue: int
    not_computable: int
    destroyed: int
    pending: int
    """People have yet to carry it out, or it has to stay until they have."""
    held: int
    """By a legal hold, an object lock, or because a linked copy is not gone."""
    shared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One rule's night."""

    category: str
    verdict: Verdict
    lines: tuple[Line, ...]
    parts: int
    """Child rows, versions, markers and uploads that went with the records."""
    bundle: Path | None
    """The certificate's folder."""
    docs: Path | None
    """The second reader's page."""
    sentence: str
    """Why it was refused; empty otherwise."""

    @property
    def destroyed(self) -> int:
        return sum(line.destroyed for line in self.lines)


_MOST_RUNS: Final = 1_000
"""More than anybody plays nights."""

_NOTHING: Final[Mapping[str, Mapping[str, int]]] = {}


def read(installation: Installation, nights: Iterable[RuleNight]) -> list[Result]:
    """One result a rule, in the order the rules ran."""
    return [_result(installation, night) for night in nights]


def _result(installation: Installation, night: RuleNight) -> Result:
    if not night.succeeded:
        return _plain(night.category, Verdict.REFUSED, (), night.error or "It failed.")
    found = plans.list_plans(installation.register, category=night.category, limit=1)
    plan = found[0].plan
    if DEFERRED in night.tasks.values():
        return _plain(night.category, Verdict.PENDING, _pending_lines(installation, plan), "")
    if night.tasks.get("certify") != "success":
        lines = tuple(_line(tally, _NOTHING) for tally in plan.instances)
        return _plain(night.category, Verdict.NOTHING_DUE, lines, "")
    return _certified(installation, plan)


def _plain(category: str, verdict: Verdict, lines: tuple[Line, ...], sentence: str) -> Result:
    return Result(
        category=category,
        verdict=verdict,
        lines=lines,
        parts=0,
        bundle=None,
        docs=None,
        sentence=sentence,
    )


def _pending_lines(installation: Installation, plan: Plan) -> tuple[Line, ...]:
    """Counted so far: what has no end yet is pending."""
    totals = journal.totals(installation.register, _run_of(installation, plan).run_id)
    seen = {
        tally.instance: {o.value: n for o, n in totals[tally.instance].items()}
        for tally in plan.instances
        if totals.get(tally.instance)
    }
    lines = (_line(tally, seen) for tally in plan.instances)
    return tuple(
        replace(line, pending=line.due - line.destroyed - line.held - line.shared) for line in lines
    )


def destroyed_so_far(installation: Installation) -> int:
    """Items that all runs together have destroyed until now."""
    return sum(
        outcomes.get(Outcome.DESTROYED, 0)
        for run in runs.list_runs(installation.register, limit=_MOST_RUNS)
        for outcomes in journal.totals(installation.register, run.run_id).values()
    )


def _run_of(installation: Installation, plan: Plan) -> Run:
    return next(
        run
        for run in runs.list_runs(installation.register, category=plan.category)
        if run.warrant.plan_id == plan.plan_id
    )


def _certified(installation: Installation, plan: Plan) -> Result:
    run = _run_of(installation, plan)
    stored = certificates.of_run(installation.register, run.run_id)[-1]
    predicate = _predicate(stored.payload)
    seen = {each["instance"]: each for each in predicate["completeness"]["instances"]}
    return Result(
        category=plan.category,
        verdict=Verdict.CERTIFIED,
        lines=tuple(_line(tally, seen) for tally in plan.instances),
        parts=predicate["records"].get("partsDestroyed", 0),
        bundle=installation.home / stored.path,
        docs=installation.home / "docs" / run.run_id / "index.html",
        sentence="",
    )


def _predicate(payload: bytes) -> Any:
    from keepuntil.evidence import envelope, statement

    return statement.parse(envelope.Envelope.parse(payload.strip()).payload).predicate


def _line(tally: InstanceTally, seen: Mapping[str, Mapping[str, int]]) -> Line:
    outcomes = seen.get(tally.instance, {"held": tally.held})
    return Line(
        instance=tally.instance,
        store=tally.store,
        total=tally.total,
        due=tally.due + tally.held,
        overdue=tally.overdue,
        not_computable=sum(tally.undetermined.values()),
        destroyed=outcomes.get("destroyed", 0),
        pending=0,
        held=outcomes.get("held", 0),
        shared=outcomes.get("shared", 0),
    )
