"""Why a record is kept, due, held or not computable: in words, with the law behind each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from keepuntil.disposal.asking import asking
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.recorded_reads import record_read
from keepuntil.domain.categories import Rule, SqlInstance
from keepuntil.domain.clock import Endless, Fact, Reckoning
from keepuntil.domain.decision import Decision, Undetermined
from keepuntil.domain.holds import HoldScope
from keepuntil.domain.reckoning import decide, reckon
from keepuntil.errors import UsageError
from keepuntil.register import holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One record under its rule on one day."""

    facts: Mapping[str, Fact]
    reckoning: Reckoning | Endless | Undetermined
    decision: Decision
    held_by: tuple[str, ...]


def explain_facts(
    installation: Installation, rule: Rule, facts: Mapping[str, Fact], as_of: date
) -> Explanation:
    """Explain a record from the events a person names; no store is asked, no hold is known."""
    return _explained(installation, rule, facts, as_of, ())


def explain_group(
    installation: Installation, rule: Rule, group: str, as_of: date, *, by: str
) -> Explanation:
    """Explain the record of a group (a file number, say) from its row. Reads only.

    That ``by`` looked is written down first.
    Raises UsageError when no instance of the rule can be asked by group, or none knows it.
    """
    record_read(installation, by=by, verb="explain", category=rule.category, subject=group)
    events = rule.clock.events
    for instance in rule.stored_instances:
        if isinstance(instance, SqlInstance) and instance.record_group is not None:
            with asking(installation, rule, instance, as_of) as (store, query):
                found = store.look_up(query, [group])
            if group in found:
                facts = dict(zip(events, found[group], strict=True))
                held_by = _holds_on(installation, rule, group)
                return _explained(installation, rule, facts, as_of, held_by)
    raise UsageError(
        f"No record of {rule.category} with this group was found. Give its record group as the "
        "table has it, or the events themselves: --fact EVENT=DATE"
    )


def _holds_on(installation: Installation, rule: Rule, group: str) -> tuple[str, ...]:
    return tuple(
        hold.hold_id
        for hold in holds.in_force(installation.register, rule.category)
        if hold.scope is HoldScope.CATEGORY
        or (hold.scope is HoldScope.RECORD_GROUP and hold.value == group)
    )


def _explained(
    installation: Installation,
    rule: Rule,
    facts: Mapping[str, Fact],
    as_of: date,
    held_by: tuple[str, ...],
) -> Explanation:
    days = installation.schedule.working_days(rule)
    return Explanation(
        facts=facts,
        reckoning=reckon(rule, facts, as_of=as_of, working_days=days),
        decision=decide(rule, facts, as_of=as_of, working_days=days, held_by=held_by),
        held_by=held_by,
    )
