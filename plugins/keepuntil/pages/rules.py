"""Rules: the catalogue, one rule in words with its authorities, a sample record, its versions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from keepuntil.disposal.explaining import Explanation, explain_facts
from keepuntil.domain.access import Right
from keepuntil.domain.categories import (
    ApprovalKind,
    BackupInstance,
    Confidence,
    Instance,
    Obligation,
    Rule,
    Text,
    form_of,
)
from keepuntil.domain.clock import Fact, Reckoning, Step
from keepuntil.domain.explanation import RANKS, in_words
from keepuntil.errors import AccessRefused, UsageError
from keepuntil.oversight import cells
from keepuntil.oversight.gaps import FORMS
from keepuntil.pages.charts import Mark, time_line
from keepuntil.pages.permissions import needs
from keepuntil.pages.visiting import Visit
from keepuntil.pages.words import spoken
from keepuntil.register import rule_versions
from keepuntil.register.rule_versions import RuleVersion

PAGE: Final = 50

WORDS: Final[Mapping[str, Text]] = {
    "title": Text(zh="保存期限规则", en="Retention rules"),
    "lead": Text(
        zh="每个数据类别一份规则：为何保存、保存多久、何时必须删除、存放于何处。",
        en="One rule a data category: why it is kept, how long, by when it has to be gone, "
        "where its copies live.",
    ),
    "category": Text(zh="类别", en="category"),
    "unit": Text(zh="负责部门", en="owned by"),
    "period": Text(zh="期限", en="period"),
    "approval": Text(zh="审批", en="approval"),
    "places": Text(zh="存放处", en="places"),
    "review": Text(zh="复审期限", en="review by"),
    "review_late": Text(zh="已逾期", en="late"),
    "in_words": Text(zh="这份规则说", en="What the rule says"),
    "how_long": Text(zh="保存多久", en="How long"),
    "from_when": Text(zh="从何时起", en="From when"),
    "who_decides": Text(zh="谁决定", en="Who decides"),
    "how": Text(zh="如何销毁", en="How it ends"),
    "who_answers": Text(zh="谁负责", en="Who answers for it"),
    "purpose": Text(zh="目的", en="Purpose"),
    "effective": Text(zh="生效", en="In force from"),
    "zone": Text(zh="时区", en="Days are counted in"),
    "file": Text(zh="文件", en="File"),
    "authorities": Text(zh="处置依据", en="Authorities"),
    "cite": Text(zh="依据", en="authority"),
    "rank": Text(zh="效力", en="rank"),
    "obligation": Text(zh="义务", en="obliges to"),
    "known": Text(zh="如何得知", en="known from"),
    "sample": Text(zh="一条样本记录", en="A sample record"),
    "sample_says": Text(
        zh="填入事件日期，看它保存至何时、何时可以销毁。不查询任何存储。",
        en="Fill in when its events happened and see until when it is kept. No store is asked.",
    ),
    "as_of": Text(zh="于哪一天看", en="Looked at on"),
    "is_true": Text(zh="是", en="true"),
    "reckon": Text(zh="计算", en="Reckon"),
    "line": Text(zh="样本记录的时间线", en="Time line of the sample record"),
    "kept_until": Text(zh="保存至", en="kept until"),
    "due_on": Text(zh="可销毁", en="may go"),
    "delete_by": Text(zh="最迟删除", en="gone by"),
    "verdict": Text(zh="结论", en="So"),
    "steps": Text(zh="逐步", en="Step by step"),
    "versions": Text(zh="版本历史", en="Versions"),
    "versions_says": Text(
        zh="每一份用于清册的版本都保留，并写入日志。",
        en="Every version a list was made with is kept, and stands in the log.",
    ),
    "published": Text(zh="首次使用", en="first used"),
    "version": Text(zh="版本", en="version"),
    "in_force": Text(zh="现行", en="in force"),
    "unused": Text(
        zh="现行版本尚未用于任何清册。", en="No list was made with the version in force yet."
    ),
    "document": Text(zh="规则全文（规范形式）", en="The rule, in its canonical form"),
    "plans": Text(zh="清册", en="Lists"),
}

APPROVALS: Final[Mapping[ApprovalKind, Text]] = {
    ApprovalKind.NONE: Text(zh="预先批准", en="beforehand"),
    ApprovalKind.OWNER: Text(zh="负责人", en="owner"),
    ApprovalKind.DUAL: Text(zh="双人", en="two people"),
}

OBLIGATIONS: Final[Mapping[Obligation, Text]] = {
    Obligation.KEEP: Text(zh="保存", en="keep"),
    Obligation.DELETE: Text(zh="删除", en="delete"),
}

CONFIDENCES: Final[Mapping[Confidence, Text]] = {
    Confidence.PRIMARY: Text(zh="原文", en="its own text"),
    Confidence.SECONDARY: Text(zh="转引", en="second hand"),
    Confidence.UNVERIFIED: Text(zh="未核实", en="not verified"),
}

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One rule in the catalogue."""

    rule: Rule
    period: Text
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the template shows of one rule."""

    rule: Rule
    said: Sequence[tuple[str, Text]]
    """Names of words, and what the rule says there."""
    places: Sequence[tuple[Instance, Text, Text]]
    """Each with its form and how copies in it end."""
    as_of: date
    facts: Mapping[str, Fact]
    explanation: Explanation
    decision: Step
    line: Markup | None
    versions: Sequence[RuleVersion]
    used: bool
    """A list was made with the version in force."""


@router.get("/rules", name="rules")
def catalogue(visit: Annotated[Visit, needs(Right.READ)], after: str = "") -> HTMLResponse:
    """Every rule the person may see."""
    found = [rule for rule in visit.rules if rule.category > after]
    return visit.page(
        "rules.html",
        listed=[_listed(visit, rule) for rule in found[:PAGE]],
        next=found[PAGE - 1].category if len(found) > PAGE else None,
        words=WORDS,
        approvals=APPROVALS,
    )


@router.get("/rules/{category}", name="rule")
def rule(
    visit: Annotated[Visit, needs(Right.READ)], request: Request, category: str, as_of: str = ""
) -> HTMLResponse:
    """One rule in words, and what it makes of a record whose events are in the query."""
    view = _view(visit, visit.rule(category), request.query_params, as_of)
    return visit.page(
        "rule.html",
        view=view,
        words=WORDS,
        ranks={rank: Text(zh=zh, en=en) for rank, (zh, en) in RANKS.items()},
        obligations=OBLIGATIONS,
        confidences=CONFIDENCES,
    )


@router.get("/rules/{category}/versions/{digest}", name="version")
def version(visit: Annotated[Visit, needs(Right.READ)], category: str, digest: str) -> HTMLResponse:
    """One version as it was, to the letter of its canonical form."""
    found = rule_versions.get(visit.installation.register, digest)
    visit.refuse_unseen(found.category)
    if found.category != category:
        raise AccessRefused(f"The version {digest} is of another category than {category}.")
    document = json.dumps(json.loads(found.canonical_json), ensure_ascii=False, indent=2)
    return visit.page("version.html", version=found, document=document, words=WORDS)


def _listed(visit: Visit, rule: Rule) -> Listed:
    late = rule.review_by < visit.installation.today(rule)
    return Listed(rule=rule, period=cells.period(rule.clock).words, late=late)


def _view(visit: Visit, rule: Rule, asked: Mapping[str, str], as_of: str) -> View:
    today = visit.installation.today(rule)
    day = _day(as_of) if as_of else today
    facts = _facts(rule, asked, today)
    explanation = explain_facts(visit.installation, rule, facts, day)
    versions = rule_versions.history(visit.installation.register, rule.category)
    return View(
        rule=rule,
        said=_said(rule),
        places=[
            (each, FORMS[form_of(each)], cells.method(rule, [each]).words)
            for each in rule.instances
        ],
        as_of=day,
        facts=facts,
        explanation=explanation,
        decision=in_words(explanation.decision),
        line=_line(visit, explanation),
        versions=versions,
        used=any(each.digest == rule.digest for each in versions),
    )


def _said(rule: Rule) -> Sequence[tuple[str, Text]]:
    stored = [each for each in rule.instances if not isinstance(each, BackupInstance)]
    return (
        ("how_long", cells.period(rule.clock).words),
        ("from_when", cells.trigger(rule.clock).words),
        ("who_decides", cells.procedure(rule, stored or rule.instances).words),
        ("who_answers", cells.owner(rule).words),
    )


def _facts(rule: Rule, asked: Mapping[str, str], today: date) -> dict[str, Fact]:
    """The events in the query; on the first look triggers of 1 March last year."""
    events = rule.clock.events
    if not any(event in asked for event in events):
        first = date(today.year - 1, 3, 1)
        needed = {each.event for each in rule.clock.triggers}
        if rule.clock.floor is not None:
            needed.add(rule.clock.floor.event)
        return {
            event: False if event in rule.clock.flags else first if event in needed else None
            for event in events
        }
    return {
        event: event in asked
        if event in rule.clock.flags
        else _day(asked[event])
        if asked.get(event)
        else None
        for event in events
    }


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("A day has to look like 2026-03-01.") from None


def _line(visit: Visit, explanation: Explanation) -> Markup | None:
    reckoning = explanation.reckoning
    happened = [(day, event) for event, day in explanation.facts.items() if type(day) is date]
    if not isinstance(reckoning, Reckoning) or not happened:
        return None

    def named(word: str) -> str:
        return spoken(WORDS[word], visit.language)

    marks = [Mark(on=day, name=event, kind="event") for day, event in sorted(happened)]
    marks.append(Mark(on=reckoning.retain_until, name=named("kept_until"), kind="kept"))
    if reckoning.delete_by is not None:
        marks.append(Mark(on=reckoning.delete_by, name=named("delete_by"), kind="gone"))
    return time_line(sorted(marks, key=lambda mark: mark.on), named("line"))
