"""What each night came to, also a quiet one: so that a rule that did not run is noticed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from keepuntil.disposal import publishing
from keepuntil.disposal.deciding import due_items
from keepuntil.disposal.findings import problem_found, problem_gone
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.statements import NOTHING_DUE, nothing_due_predicate
from keepuntil.domain.categories import Rule, Text
from keepuntil.domain.civil_dates import civil_date
from keepuntil.domain.periods import add
from keepuntil.domain.plans import Plan
from keepuntil.errors import PlanError
from keepuntil.evidence import envelope, statement
from keepuntil.evidence.statement import Subject
from keepuntil.register import journal, nights, plans
from keepuntil.register.plans import PlanState

OVERDUE: Final = "overdue"
"""The kind of finding of a rule that is late."""

ENDED_WELL = ("certified", "nothing_due")
WAITING: Final = "custody_waiting"
"""The kind of finding of paper that waits for people longer than its rule wants."""

MOST_NIGHTS_MISSED = 2
"""A rule runs every night; without a success for longer than this it is a finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What is wrong with one rule this morning. All zero and None: nothing."""

    category: str
    due: int
    """Due and unheld in the stores right now."""
    overdue: int
    """Of these, past ``delete_by``."""
    held: int
    nights_missed: int | None
    """Since the last night that succeeded; None: there was none yet."""
    waiting: tuple[str, ...]
    """Plans that wait for people."""
    in_custody: int
    """Items that were released to people who have not carried them out."""
    custody_late: bool
    """Longer than the rule's paper may take."""

    @property
    def alarming(self) -> bool:
        missed = self.nights_missed is None or self.nights_missed > MOST_NIGHTS_MISSED
        return missed or self.overdue > 0 or self.custody_late


def state_nothing_due(installation: Installation, plan_id: str) -> Path:
    """Sign and keep a statement that nothing was due, with what was kept and why.

    A night on which everything due is held is quiet too: there is nothing to approve.
    It is entered into the log too; repeated, it is the same statement. Raises PlanError when
    something is to be destroyed, EvidenceError when the statement on the disk was changed.
    """
    plan = plans.load(installation.register, plan_id).plan
    if plan.due:
        raise PlanError(f"{plan.due} items of the plan {plan.plan_id} are due; no quiet night.")
    rule = installation.rule(plan.category)
    folder = installation.home / "evidence" / plan.category / str(plan.as_of)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"nothing-due.{plan.plan_id.rpartition('.')[2]}.intoto.jsonl"
    if not path.exists():
        subject = Subject(f"rule/{rule.category}", rule.digest.removeprefix("sha256:"))
        predicate = nothing_due_predicate(
            installation.schedule.controller, rule=rule, plan=plan, at=installation.now()
        )
        said = statement.make([subject], NOTHING_DUE, predicate)
        line = envelope.sign(said.encoded, installation.signing_key("certificate")).encode()
        scratch = path.with_suffix(".partial")
        scratch.write_bytes(line)
        scratch.rename(path)
    publishing.enter(installation, publishing.QUIET, plan.plan_id, path.read_bytes())
    record(installation, plan, "nothing_due")
    return path


def record(installation: Installation, plan: Plan, result: str) -> None:
    """Keep that a rule's night ended well: ``certified`` or ``nothing_due``."""
    nights.record(installation.register, plan.category, plan.as_of, result, installation.now())


def backlog(installation: Installation, as_of: date) -> list[Backlog]:
    """One line a rule, counted afresh in the stores; a finding for each alarming one.

    ``as_of`` is a civil date, read in each rule's own zone. Reads stores only.
    """
    lines = [backlog_of(installation, rule, as_of) for rule in installation.schedule.rules]
    for line in lines:
        if line.alarming:
            problem_found(
                installation,
                kind=OVERDUE,
                subject=line.category,
                zh=f"{line.category}:逾期 {line.overdue} 项,{_missed(line).zh}。",
                en=f"{line.category}: {line.overdue} items are overdue; {_missed(line).en}.",
                items=line.overdue,
            )
        else:
            why = "Nothing is overdue, and the rule ran in time."
            problem_gone(installation, kind=OVERDUE, subject=line.category, why=why)
    return lines


def backlog_of(installation: Installation, rule: Rule, as_of: date) -> Backlog:
    """One rule's line, counted afresh in its stores. ``as_of`` is a date in the rule's zone."""
    due = overdue = held = 0
    for instance in rule.stored_instances:
        for decision, held_by in due_items(installation, rule, instance, as_of):
            if held_by:
                held += 1
            else:
                due += 1
                overdue += decision.overdue
    last = nights.last(installation.register, rule.category, ENDED_WELL)
    waiting = plans.list_plans(
        installation.register, category=rule.category, state=PlanState.FROZEN
    )
    in_custody, since = _custody(installation, rule)
    return Backlog(
        category=rule.category,
        due=due,
        overdue=overdue,
        held=held,
        nights_missed=None if last is None else (as_of - last.as_of).days,
        waiting=tuple(stored.plan.plan_id for stored in waiting if stored.plan.items),
        in_custody=in_custody,
        custody_late=_remind(installation, rule, as_of, in_custody, since),
    )


def _custody(installation: Installation, rule: Rule) -> tuple[int, date | None]:
    """Items in people's hands, and the civil date since when, in the rule's zone."""
    items, since = journal.waiting_since(installation.register, rule.category)
    return items, None if since is None else civil_date(since, zone=rule.clock.zone)


def _remind(
    installation: Installation, rule: Rule, as_of: date, items: int, since: date | None
) -> bool:
    """Say, by the rule's days, that paper waits; whether it has waited too long."""
    paper = rule.paper
    if not paper or since is None:
        why = "No paper of this rule waits for people."
        problem_gone(installation, kind=WAITING, subject=rule.category, why=why)
        return False
    if as_of > min(add(since, each.remind_after) for each in paper):
        problem_found(
            installation,
            kind=WAITING,
            subject=rule.category,
            zh=f"{rule.category} 有 {items} 件自 {since} 起待销毁，尚未办结。",
            en=f"{items} items of {rule.category} wait since {since} for people to carry them out.",
            items=items,
        )
    return as_of > min(add(since, each.escalate_after) for each in paper)


def _missed(line: Backlog) -> Text:
    if line.nights_missed is None:
        return Text(zh="从未成功运行", en="it has never run to the end")
    return Text(
        zh=f"距上次成功运行 {line.nights_missed} 天",
        en=f"its last night that ended well is {line.nights_missed} days ago",
    )
