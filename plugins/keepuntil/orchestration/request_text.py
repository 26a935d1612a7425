"""What an approver reads before answering: counts and dates in Markdown, never a record."""

from __future__ import annotations

from collections.abc import Iterator

from keepuntil.domain.categories import Rule
from keepuntil.domain.plans import InstanceTally, Plan


def subject(rule: Rule, plan: Plan, role: str) -> str:
    """One line: what, how much, as of when, asked of whom."""
    return (
        f"{rule.title.zh} {rule.title.en}: 销毁 destroy {plan.due:,} 项 items, "
        f"{plan.as_of} ({role})"
    )


def body(rule: Rule, plan: Plan, role: str) -> str:
    """The whole question. The digest in it is what the answer is bound to."""
    return "\n".join(_lines(rule, plan, role))


def _lines(rule: Rule, plan: Plan, role: str) -> Iterator[str]:
    yield f"**{rule.title.zh} / {rule.title.en}** (`{rule.category}`), {plan.as_of}, {role}"
    yield ""
    if plan.exceeded:
        yield "> ⚠ 超出规则限额 **Above the rule's limits:**"
        yield from (f"> {sentence}" for sentence in plan.exceeded)
        yield ""
    yield (
        "| 存放处 instance | 到期 due | 逾期 overdue | 冻结 held | 不可计算 not computable "
        "| 保留 kept | 总数 total | 最早 oldest | 最近 newest |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|---|---|"
    yield from (_row(tally) for tally in plan.instances)
    yield ""
    yield from (_doubts(tally) for tally in plan.instances if tally.undetermined)
    yield f"- 清册摘要 plan digest: `{plan.digest}`"
    yield f"- 规则版本 rule version: `{plan.rule_digest}`"
    yield f"- 逐项查看 look at it item by item: `keepuntil show {plan.plan_id}`"
    yield ""
    yield "批准仅对上述摘要有效。 An approval holds for exactly this digest."


def _row(tally: InstanceTally) -> str:
    doubts = sum(tally.undetermined.values())
    return (
        f"| {tally.instance} ({tally.store}) | {tally.due:,} | {tally.overdue:,} | {tally.held:,} "
        f"| {doubts:,} | {tally.kept + tally.restricted:,} | {tally.total:,} "
        f"| {tally.oldest_due_on or '–'} | {tally.newest_due_on or '–'} |"
    )


def _doubts(tally: InstanceTally) -> str:
    counts = ", ".join(f"{doubt}: {count:,}" for doubt, count in tally.undetermined.items())
    return f"- 不可计算 not computable in {tally.instance}: {counts}"
