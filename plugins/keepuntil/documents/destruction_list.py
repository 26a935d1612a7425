"""The destruction list (销毁清册) on paper: counts and digest, and room to sign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Final

from keepuntil.documents.predicate import phrase
from keepuntil.documents.typesetting import Language, code_to_scan, typeset
from keepuntil.documents.words import LIST, NAMES, VIA, in_language, spoken
from keepuntil.domain.categories import Rule, Text
from keepuntil.domain.plans import Approval, Plan

_COUNTS: Final = ("total", "due", "overdue", "held", "kept", "restricted")


def list_pages(
    controller: str,
    rule: Rule,
    plan: Plan,
    approvals: Sequence[Approval],
    doubts: Mapping[str, Text],
    opinion: str,
    language: Language,
) -> bytes:
    """An unsigned PDF of a frozen plan, without any of its items.

    Whoever approved stands in the signature blocks; roles that have not decided yet get
    an empty one. ``doubts`` are the words for why something cannot be computed, ``opinion`` is
    the number of the appraisal opinion (鉴定意见书编号); empty: nobody had to give one.
    """
    names = in_language(NAMES, language)
    return typeset(
        "destruction_list",
        {
            "category": spoken(rule.title, language),
            "code": code_to_scan(f"keepuntil:{plan.plan_id}:{plan.digest}"),
            "controller": controller,
            "counts": _counts(plan, names),
            "digest": plan.digest,
            "doubts": _doubts(plan, doubts, names, language),
            "number": plan.plan_id,
            "on": plan.as_of.isoformat(),
            "sentence": _sentence(rule, plan, language),
            "signatures": _signatures(rule, approvals, names, language),
            "what": _what(rule, plan, opinion, names),
            "words": in_language(LIST, language),
        },
        language,
    )


def _sentence(rule: Rule, plan: Plan, language: Language) -> str:
    title = spoken(rule.title, language)
    if language == "zh":
        return (
            f"“{title}”类别截至 {plan.as_of} 保存期满，拟销毁 {plan.due:,} 项；"
            f"另有 {plan.held:,} 项因冻结保留，{plan.undetermined:,} 项无法计算期限，一律保留。"
        )
    return (
        f"{plan.due:,} items of “{title}” have reached the end of their retention on {plan.as_of} "
        f"and are proposed for destruction. {plan.held:,} more are held and {plan.undetermined:,} "
        "cannot be computed; all of these are kept."
    )


def _what(rule: Rule, plan: Plan, opinion: str, names: Mapping[str, str]) -> list[list[str]]:
    days = [t.oldest_due_on for t in plan.instances if t.oldest_due_on]
    newest = [t.newest_due_on for t in plan.instances if t.newest_due_on]
    span = f"{min(days)} – {max(newest)}" if days and newest else names["none"]
    return [
        [names["category"], plan.category],
        [names["authorities"], "；".join(authority.cite for authority in rule.authorities)],
        [names["as_of"], plan.as_of.isoformat()],
        [names["oldest"], span],
        [names["opinion"], opinion or names["none"]],
        [names["exceeded"], " ".join(plan.exceeded) or names["none"]],
    ]


def _counts(plan: Plan, names: Mapping[str, str]) -> dict[str, object]:
    return {
        "columns": [names["place"], *(names[count] for count in _COUNTS)],
        "rows": [
            [
                f"{tally.instance} · {tally.store}",
                *(f"{getattr(tally, count):,}" for count in _COUNTS),
            ]
            for tally in plan.instances
        ],
    }


def _doubts(
    plan: Plan, doubts: Mapping[str, Text], names: Mapping[str, str], language: Language
) -> dict[str, object]:
    return {
        "columns": [names["place"], names["doubt"], names["items"]],
        "rows": [
            [tally.instance, phrase(doubts, code, language, "doubt"), f"{count:,}"]
            for tally in plan.instances
            for code, count in tally.undetermined.items()
        ],
    }


def _signatures(
    rule: Rule, approvals: Sequence[Approval], names: Mapping[str, str], language: Language
) -> list[dict[str, str]]:
    given = {approval.role: approval for approval in approvals}
    roles = [
        *rule.disposition.approver_roles,
        *(r for r in given if r not in rule.disposition.approver_roles),
    ]
    return [
        {
            "given": _given(given[role], language) if role in given else names["at"],
            "person": given[role].person if role in given else "",
            "role": role,
        }
        for role in roles
    ]


def _given(approval: Approval, language: Language) -> str:
    way = phrase(VIA, approval.via, language, "way")
    return f"{approval.decided_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC · {way}"
