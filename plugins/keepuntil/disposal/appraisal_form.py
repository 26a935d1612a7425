"""The appraisal opinion (鉴定意见书) of a list, filled from the decisions that were entered.

Paper is told by years, boxes and periods, what is kept of it item by item; rows, objects and
files by their place and number only, since their keys may name somebody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final

from keepuntil.disposal import appraisal_panel, appraising
from keepuntil.disposal.appraising import Decision
from keepuntil.disposal.form_files import write_each
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.paper_items import KnownItem, known_items
from keepuntil.disposal.paper_registers import register_of
from keepuntil.documents.appraisal_opinion import (
    Appraisal,
    AppraisedGroup,
    Opinion,
    PanelMember,
    appraisal_pages,
)
from keepuntil.documents.dossier import years
from keepuntil.domain.categories import PaperInstance, Rule, StoredInstance
from keepuntil.domain.items import Key, key_text
from keepuntil.domain.plans import InstanceTally, Plan
from keepuntil.register import plans
from keepuntil.stores.paper import holdings

PANEL_BESIDE: Final = ("audit", "discipline_inspection")
"""Who appraises accounting archives beside archives and accounting (会计档案管理办法 17)."""

_ON_PAPER: Final = {
    appraising.Opinion.EXTEND: Opinion.EXTEND,
    appraising.Opinion.UNSETTLED: Opinion.EXTRACT,
}

_Decided = Iterator[tuple[Key, Decision | None]]
"""The items of a list that no other hold keeps; None: nothing was said, so it is destroyed."""


def write(installation: Installation, plan_id: str, folder: Path) -> list[Path]:
    """Write the opinion on a list in both languages. Raises PlanError when the list is gone."""
    appraisal = appraisal_of(installation, plan_id)
    return write_each(folder, {"appraisal_opinion": partial(appraisal_pages, appraisal)})


def opinion_number(plan_id: str) -> str:
    """The number of the opinion on a list (鉴定意见书编号): a list has one."""
    return f"AO-{plan_id}"


def given_number(installation: Installation, rule: Rule, plan: Plan) -> str:
    """The number of the opinion that was given on a list; empty: there is none."""
    signed = appraisal_panel.signed(installation, rule, plan)
    given = signed or appraising.decisions(installation, plan)
    return opinion_number(plan.plan_id) if given else ""


def appraisal_of(installation: Installation, plan_id: str) -> Appraisal:
    """The opinion as it stands; its marks are left to a pen while nothing was decided or signed.

    Raises PlanError when the list was destroyed after its certificate.
    """
    plan = plans.load(installation.register, plan_id).plan
    rule = installation.rule(plan.category)
    kept = appraising.decisions(installation, plan)
    panel = tuple(_panel(installation, rule, plan))
    groups = tuple(_groups(installation, rule, plan, kept))
    if not kept and not any(member.person for member in panel):
        groups = tuple(replace(group, opinion=None) for group in groups)
    return Appraisal(
        number=opinion_number(plan.plan_id),
        controller=installation.schedule.controller,
        category=rule.category,
        title=rule.title,
        authorities=tuple(authority.cite for authority in rule.authorities),
        list_number=plan.plan_id,
        list_digest=plan.digest,
        groups=groups,
        panel=panel,
        zone=rule.clock.zone,
        on=installation.today(rule),
    )


def _panel(installation: Installation, rule: Rule, plan: Plan) -> Iterator[PanelMember]:
    """The roles that the rule names, with who signed; else the departments of the order."""
    signed = {each.role: each for each in appraisal_panel.signed(installation, rule, plan)}
    for role in rule.disposition.appraised_by:
        if role in signed:
            by = signed[role]
            yield PanelMember(
                role=role, department=by.department, person=by.person, signed_at=by.signed_at
            )
        else:
            yield PanelMember(role=role, department="")
    if not rule.disposition.appraised_by:
        named = (department for each in rule.paper for department in each.witness_departments)
        beside = tuple(named) or (rule.owner.unit,)
        for department in dict.fromkeys(("archives", *beside, *PANEL_BESIDE)):
            yield PanelMember(role="", department=department)


def _groups(
    installation: Installation,
    rule: Rule,
    plan: Plan,
    kept: Mapping[tuple[str, str], Decision],
) -> Iterator[AppraisedGroup]:
    for tally in plan.instances:
        if not tally.due + tally.held:
            continue
        instance = rule.instance(tally.instance)
        decided = _decided(installation, plan, tally, kept)
        if isinstance(instance, PaperInstance):
            yield from _of_paper(installation, rule, plan, instance, dict(decided))
        else:
            yield from _of_place(rule, instance, decided)


def _decided(
    installation: Installation,
    plan: Plan,
    tally: InstanceTally,
    kept: Mapping[tuple[str, str], Decision],
) -> _Decided:
    for _, chunk in plans.chunks(installation.register, plan.plan_id, tally.instance):
        for key, held in zip(chunk.keys, chunk.held, strict=True):
            decision = kept.get((tally.instance, key_text(key))) if kept else None
            if decision is not None or not held:
                yield key, decision


def _of_place(rule: Rule, instance: StoredInstance, decided: _Decided) -> Iterator[AppraisedGroup]:
    """One line for each opinion, reason and day, in counts."""
    counts = Counter(_said(decision) for _, decision in decided)
    for (opinion, until, reason), items in sorted(counts.items(), key=str):
        yield AppraisedGroup(
            what=f"{instance.id} · {instance.store}",
            items=items,
            retention=rule.clock.keep_at_least,
            retain_until=None,
            opinion=opinion,
            until=until,
            reason=reason,
        )


def _of_paper(
    installation: Installation,
    rule: Rule,
    plan: Plan,
    instance: PaperInstance,
    decided: Mapping[Key, Decision | None],
) -> Iterator[AppraisedGroup]:
    """What goes by years, boxes and periods; what is kept, item by item."""
    barcodes = [str(key[0]) for key in decided]
    with register_of(installation, instance.store) as register, register.reading() as connection:
        found = [(each.box, each) for each in holdings.items_named(connection, barcodes)]
    known = known_items(installation, found, rule, instance, plan.as_of)
    kept = {str(key[0]): each for key, each in decided.items() if each is not None}
    yield from _going(known[item] for item in barcodes if item in known and item not in kept)
    for item, decision in kept.items():
        if item in known:
            yield _staying(known[item], decision)


def _going(known: Iterable[KnownItem]) -> Iterator[AppraisedGroup]:
    def alike(one: KnownItem) -> tuple[str, str, str]:
        line = one.line
        return years(line.year_from, line.year_to), str(line.retention), str(line.retain_until)

    for (span, _, _), group in groupby(sorted(known, key=alike), key=alike):
        members = list(group)
        boxes = sorted({one.box for one in members})
        yield AppraisedGroup(
            what=" · ".join(filter(None, (span, " – ".join(dict.fromkeys((boxes[0], boxes[-1])))))),
            items=len(members),
            retention=members[0].line.retention,
            retain_until=members[0].line.retain_until,
            opinion=Opinion.DESTROY,
        )


def _staying(known: KnownItem, decision: Decision) -> AppraisedGroup:
    line = known.line
    opinion, until, reason = _said(decision)
    return AppraisedGroup(
        what=line.reference or line.item,
        items=1,
        retention=line.retention,
        retain_until=line.retain_until,
        opinion=opinion,
        until=until,
        reason=reason,
    )


def _said(decision: Decision | None) -> tuple[Opinion, date | None, str]:
    if decision is None:
        return Opinion.DESTROY, None, ""
    return _ON_PAPER[decision.opinion], decision.until, decision.reason
