"""Plans (清册): the lists, one list with everything a decision rests on, and the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from keepuntil.disposal import appraising, approving, comparing
from keepuntil.disposal.appraising import Appraised, Opinion
from keepuntil.domain.access import Right
from keepuntil.domain.categories import Rule
from keepuntil.domain.items import key_text, parse_key
from keepuntil.domain.plans import Approval, Plan, Verdict
from keepuntil.errors import KeepuntilError, PlanStale, UsageError
from keepuntil.oversight.tonight import Standing, awaited, standing_of
from keepuntil.pages.fields import day_filled
from keepuntil.pages.permissions import changes, needs
from keepuntil.pages.plan_words import DOUBTS, STATES, VERDICTS, WORDS
from keepuntil.pages.visiting import Visit
from keepuntil.register import approvals, certificates, plans, runs
from keepuntil.register.plans import PlanState, StoredPlan
from keepuntil.register.runs import RunState

PAGE: Final = 50
SAMPLE: Final = 20
"""Items of each place that are shown; the whole list is `keepuntil show` and the paper list's."""

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleItem:
    """One item as the list has it: its key identifies a record, so not everybody sees it."""

    key: str
    due_on: date
    held: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """One role that the rule asks for: who decided, or who may."""

    role: str
    given: tuple[Approval, ...]
    open: bool
    """It has yet to approve."""
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the template shows of one list."""

    listed: StoredPlan
    rule: Rule
    standing: Standing
    void: str | None
    """Why the list can be decided on no more, where the rule changed or somebody rejected it."""
    deciders: Sequence[Decider]
    cools_until: datetime | None
    """While it is approved and not begun."""
    mine: tuple[str, ...]
    """Roles in which the person may decide now."""
    taken_back_as: str | None
    """The role in which the person approved, and may still say no."""
    own_proposal: bool
    sample: Sequence[tuple[str, Sequence[SampleItem]]] | None
    """None: not this person's to see, or destroyed."""
    appraised: Appraised
    run_id: str | None
    certificate_id: str | None

    @property
    def zone(self) -> str:
        return self.rule.clock.zone


@router.get("/plans", name="plans")
def listing(
    visit: Annotated[Visit, needs(Right.READ)], after: str = "", state: str = ""
) -> HTMLResponse:
    """Every list the person may see, the newest first."""
    wanted = PlanState(state) if state in list(PlanState) else None
    found = plans.list_plans(
        visit.installation.register,
        categories=visit.categories,
        state=wanted,
        after=after or None,
        limit=PAGE + 1,
    )
    return visit.page(
        "plans.html",
        plans=found[:PAGE],
        next=found[PAGE - 1].plan.plan_id if len(found) > PAGE else None,
        state=wanted,
        rules={rule.category: rule for rule in visit.rules},
        words=WORDS,
        states=STATES,
    )


@router.get("/plans/{plan_id}", name="plan")
def plan(visit: Annotated[Visit, needs(Right.READ)], plan_id: str) -> HTMLResponse:
    """One list: what is on it, what is not and why, who has decided and who must."""
    return visit.page(
        "plan.html",
        view=_view(visit, plan_id),
        words=WORDS,
        states=STATES,
        doubts=DOUBTS,
        verdicts=VERDICTS,
    )


@router.get("/plans/{plan_id}/changes", name="changes")
def changed(visit: Annotated[Visit, needs(Right.READ)], plan_id: str) -> HTMLResponse:
    """What changed in the stores since: they are asked now, and it takes as long as they take."""
    stored, rule = _seen(visit, plan_id)
    return visit.page(
        "changes.html",
        listed=stored,
        rule=rule,
        differences=comparing.compare(visit.installation, stored.plan.plan_id),
        words=WORDS,
    )


@router.post("/plans/{plan_id}/decision", name="decide")
def decide(
    visit: Annotated[Visit, changes(Right.DECIDE)],
    plan_id: str,
    digest: Annotated[str, Form()],
    role: Annotated[str, Form(max_length=100)],
    verdict: Annotated[Verdict, Form()],
    reason: Annotated[str, Form(max_length=2000)] = "",
    accepts_exceeded: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Approve or reject: bound to the digest that was on the page."""
    stored, _ = _seen(visit, plan_id)
    with visit.acting(verdict, stored.plan.plan_id):
        _refuse_unfit(stored.plan, digest, reason)
        approving.approve(
            visit.installation,
            stored.plan.plan_id,
            person=visit.person.id,
            role=role,
            verdict=verdict,
            reason=reason.strip(),
            accepts_exceeded=accepts_exceeded == "yes",
            via="pages",
        )
    return visit.go_to("plan", plan_id=stored.plan.plan_id)


@router.post("/plans/{plan_id}/keep", name="keep")
def keep(
    visit: Annotated[Visit, changes(Right.DECIDE)],
    plan_id: str,
    instance: Annotated[str, Form(max_length=200)],
    opinion: Annotated[Opinion, Form()],
    reason: Annotated[str, Form(max_length=2000)] = "",
    until: Annotated[str, Form(max_length=10)] = "",
    item: Annotated[list[str] | None, Form()] = None,
    named: Annotated[str, Form(max_length=20_000)] = "",
) -> RedirectResponse:
    """Decide on single items: what is kept is bound by a hold, whatever is approved."""
    stored, rule = _seen(visit, plan_id)
    texts = [*(item or []), *(line.strip() for line in named.splitlines() if line.strip())]
    with visit.acting("keep", stored.plan.plan_id):
        _refuse_no_decider(visit, rule)
        appraising.keep(
            visit.installation,
            stored.plan.plan_id,
            instance,
            [parse_key(text) for text in texts],
            opinion=opinion,
            reason=reason,
            by=visit.person.id,
            until=day_filled(until),
        )
    return visit.go_to("plan", plan_id=stored.plan.plan_id)


def _seen(visit: Visit, plan_id: str) -> tuple[StoredPlan, Rule]:
    """A list and its rule. Raises PlanError, RuleError, AccessRefused."""
    stored = plans.load(visit.installation.register, plan_id)
    return stored, visit.rule(stored.plan.category)


def _refuse_unfit(plan: Plan, digest: str, reason: str) -> None:
    if digest != plan.digest:
        raise PlanStale(
            f"The list you were shown is not the list {plan.plan_id} as it is now. Look again."
        )
    if not reason.strip():
        raise UsageError("A decision says why: give a reason, without personal data.")


def _refuse_no_decider(visit: Visit, rule: Rule) -> None:
    wanted = rule.disposition.approver_roles or ("owner",)
    if set(wanted).isdisjoint(visit.person.roles):
        raise UsageError(
            f"{visit.person.id} has none of the roles that decide on lists of {rule.category}: "
            f"{', '.join(wanted)}."
        )


def _view(visit: Visit, plan_id: str) -> View:
    stored, rule = _seen(visit, plan_id)
    installation = visit.installation
    waits = awaited(installation, rule, stored)
    decisions = [each for each, _ in approvals.of(installation.register, stored.plan.digest)]
    open_roles = dict(waits.roles)
    run_id, certificate_id = _further(visit, stored)
    return View(
        listed=stored,
        rule=rule,
        standing=standing_of(rule, stored),
        void=waits.void if stored.state in approving.UNDECIDED else None,
        deciders=[
            _decider(role, decisions, open_roles) for role in _roles(rule, decisions, open_roles)
        ],
        cools_until=_cools_until(visit, stored, waits.void),
        mine=_mine(visit, stored, tuple(open_roles)),
        taken_back_as=_taken_back_as(visit, stored, decisions),
        own_proposal=visit.person.id == stored.proposed_by,
        sample=_sample(visit, stored),
        appraised=appraising.appraised(installation, stored.plan.plan_id),
        run_id=run_id,
        certificate_id=certificate_id,
    )


def _roles(
    rule: Rule, decisions: Sequence[Approval], open_roles: dict[str, tuple[str, ...]]
) -> list[str]:
    given = [each.role for each in decisions]
    return list(dict.fromkeys([*rule.disposition.approver_roles, *open_roles, *given]))


def _decider(
    role: str, decisions: Sequence[Approval], open_roles: dict[str, tuple[str, ...]]
) -> Decider:
    return Decider(
        role=role,
        given=tuple(each for each in decisions if each.role == role),
        open=role in open_roles,
        people=open_roles.get(role, ()),
    )


def _mine(visit: Visit, stored: StoredPlan, open_roles: tuple[str, ...]) -> tuple[str, ...]:
    if stored.state not in approving.UNDECIDED or not visit.may(Right.DECIDE):
        return ()
    if visit.person.id == stored.proposed_by:
        return ()
    return tuple(role for role in open_roles if role in visit.person.roles)


def _taken_back_as(visit: Visit, stored: StoredPlan, decisions: Sequence[Approval]) -> str | None:
    if stored.state not in approving.UNDECIDED or not visit.may(Right.DECIDE):
        return None
    mine = [each for each in decisions if each.person == visit.person.id]
    if any(each.verdict is Verdict.REJECT for each in mine):
        return None
    return mine[-1].role if mine else None


def _cools_until(visit: Visit, stored: StoredPlan, void: str | None) -> datetime | None:
    if stored.state is not PlanState.APPROVED or void is not None:
        return None
    ends = approving.not_before(visit.installation, stored.plan.plan_id)
    return ends if ends is not None and ends > visit.installation.now() else None


def _sample(visit: Visit, stored: StoredPlan) -> Sequence[tuple[str, Sequence[SampleItem]]] | None:
    if stored.item_list_destroyed_at is not None or not visit.may(Right.READ_ITEMS):
        return None
    return [
        (tally.instance, _first_items(visit, stored, tally.instance))
        for tally in stored.plan.instances
        if tally.chunks
    ]


def _first_items(visit: Visit, stored: StoredPlan, instance: str) -> Sequence[SampleItem]:
    first = plans.chunk(visit.installation.register, stored.plan.plan_id, instance, 0)
    columns = zip(first.keys[:SAMPLE], first.due_on, first.held, strict=False)
    return [
        SampleItem(key=key_text(key), due_on=date.fromordinal(due_on), held=held)
        for key, due_on, held in columns
    ]


def _further(visit: Visit, stored: StoredPlan) -> tuple[str | None, str | None]:
    """The run of a list and its certificate, where it has come so far."""
    if stored.state in (PlanState.FROZEN, PlanState.REJECTED, PlanState.SUPERSEDED):
        return None, None
    register = visit.installation.register
    try:
        run = runs.load(register, stored.plan.plan_id)
    except KeepuntilError:
        return None, None
    if run.state is not RunState.CERTIFIED:
        return run.run_id, None
    return run.run_id, certificates.of_run(register, run.run_id)[-1].certificate_id
