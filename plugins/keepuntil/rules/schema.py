"""The keys of a rule file. ``docs/rules.md`` has a heading for each; the text beside a key
is what somebody reads who left it out.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from keepuntil.rules.declarations import PersonId, TitleShape
from keepuntil.rules.instance_schema import InstanceEntry
from keepuntil.rules.shape import Shape, maybe, text_or_keys
from keepuntil.rules.value_types import (
    ApprovalWord,
    CombineWord,
    ConfidenceWord,
    Day,
    ExampleValue,
    FiscalYearStart,
    FormWord,
    Label,
    Line,
    Name,
    ObligationWord,
    PeriodText,
    RankWord,
    Share,
    StartWord,
    TimeOfDay,
    Zone,
)


class OwnerShape(Shape):
    unit: Line = Field(description="the unit that owns the data")
    contact: Line = Field(description="a role address of that unit, never a person's")


class EffectiveShape(Shape):
    from_: Day = Field(alias="from", description="the first day the rule is in force")
    review_by: Day = Field(description="the day by which somebody looks at the rule again")


class ConfirmationShape(Shape):
    by: PersonId = Field(description="the id in people.yaml of who holds the role dpo")
    on: Day = Field(description="the day they confirmed it")
    note: Line = Field(description="what they looked at")


class AuthorityShape(Shape):
    cite: Line = Field(description="the law, order or standard, with its article")
    rank: RankWord = Field(
        description="where it stands: law, admin_reg, dept_rule, normative, standard or institution"
    )
    obligation: ObligationWord = Field(description="what it obliges to: keep or delete")
    period: PeriodText | None = maybe("the period it names, for example P5Y")
    confidence: ConfidenceWord | None = maybe(
        "primary when the text itself was read; left out, it counts as unverified"
    )
    verified_on: Day | None = maybe("the day somebody last read it")
    necessity_memo: Line | None = maybe("number of the memo that says why keeping is necessary")
    confirmed: ConfirmationShape | None = maybe("by, on and note: the data protection officer's")


class TriggerShape(Shape):
    event: Name = Field(description="the event the period runs from")
    optional: bool = Field(default=False, description="true: absence means it never happened")
    start: StartWord | None = maybe("this trigger's own start rule, with all_of")
    keep_at_least: PeriodText | None = maybe("this trigger's own minimum, with all_of")


TriggerEntry = Annotated[
    Annotated[Name, Tag("<text>")] | Annotated[TriggerShape, Tag("<keys>")],
    Discriminator(text_or_keys),
]


class TriggersShape(Shape):
    combine: CombineWord = Field(
        description="how several triggers become one clock: latest, earliest or all_of"
    )
    events: list[TriggerEntry] = Field(min_length=1, description="the events the period runs from")


class FloorShape(Shape):
    from_: Name = Field(alias="from", description="the event total custody runs from")
    period: PeriodText = Field(description="the total custody, for example P10Y")


class ExtensionShape(Shape):
    event: Name = Field(description="the event that prolongs the keeping")
    plus: PeriodText = Field(description="how long after the event the record is still kept")


ExtensionEntry = Annotated[
    Annotated[Name, Tag("<text>")] | Annotated[ExtensionShape, Tag("<keys>")],
    Discriminator(text_or_keys),
]


class ClockShape(Shape):
    triggers: TriggersShape | None = maybe("combine and events: what the period runs from")
    start: StartWord | None = maybe(
        "which day is day one: event_next_day, year_of_event, "
        "fiscal_year_after or next_january_1; there is no default"
    )
    keep_at_least: PeriodText | None = maybe("the minimum, for example P5Y")
    keep_at_most: PeriodText | None = maybe("the maximum, for example P5Y")
    delete_within: PeriodText | None = maybe("how long after it falls due it must be gone")
    floor: FloorShape | None = maybe("from and period: the shortest total custody")
    extend_while: list[ExtensionEntry] = Field(
        default_factory=list, description="flags and events that prolong the keeping"
    )
    restrict_from: Name | None = maybe("the event from which there is no other processing")
    zone: Zone = Field(
        description="the IANA zone whose days count, for example Asia/Shanghai; there is no default"
    )
    calendar: Label | None = maybe("the working-day calendar that moves due_on forward")
    permanent: bool = Field(default=False, description="true: the category is never destroyed")
    fiscal_year_starts: FiscalYearStart | None = maybe(
        "first day of the fiscal year as MM-DD, when it is not 01-01"
    )


class LimitsShape(Shape):
    items: int = Field(ge=1, description="the most items one run may destroy without a person")
    share: Share = Field(description="the largest share of an instance it may destroy, like 5%")


class DispositionShape(Shape):
    approval: ApprovalWord = Field(
        description="who has to say yes: none, owner or dual; there is no default"
    )
    roles: list[Label] = Field(default_factory=list, description="the roles that approve")
    cooling_off: PeriodText | None = maybe("how long nothing happens after the last approval")
    expires_after: PeriodText = Field(description="how long an approval is good for, like P14D")
    limits: LimitsShape = Field(
        description="items and share: the most one run may destroy; there is no default"
    )
    appraised_by: list[Label] = Field(
        default_factory=list, description="the roles that sign the appraisal of every list"
    )
    witness_departments: list[Label] = Field(
        default_factory=list,
        description="departments that witness the destruction of electronic copies together",
    )


class NightlyShape(Shape):
    at: TimeOfDay = Field(description="the time of day it runs, in the rule's zone, like 01:30")
    until: TimeOfDay | None = maybe("no new batch starts after this time of day")
    retries: int = Field(default=2, ge=0, le=10, description="how often a failed step is retried")
    pool: Label | None = maybe("the orchestrator's pool it runs in")


class RequestsShape(Shape):
    erase: Name = Field(description="the trigger that a request for erasure sets off")


class RuleShape(Shape):
    category: Name = Field(description="the data category; the file is named like it")
    title: TitleShape = Field(description="zh and en: the category's title")
    purpose: Line = Field(description="what the data is processed for")
    subjects: list[Line] = Field(min_length=1, description="whose data it is")
    owner: OwnerShape = Field(description="unit and contact: who answers for the rule")
    sensitivity: Line | None = maybe("the level of sensitivity, such as C2")
    effective: EffectiveShape = Field(description="from and review_by")
    authorities: list[AuthorityShape] = Field(
        min_length=1,
        description="the legal bases of the rule; without one nothing may be destroyed",
    )
    clock: ClockShape = Field(description="how long the category is kept")
    disposition: DispositionShape = Field(
        description="who approves, and how much a run may destroy"
    )
    nightly: NightlyShape = Field(description="when the rule runs")
    instances: list[InstanceEntry] = Field(min_length=1, description="where copies live")
    forms: list[FormWord] = Field(
        default_factory=list,
        description="what the category is known to exist as: electronic, scan, paper, backup, "
        "processor; left out, what its instances are",
    )
    requests: RequestsShape | None = maybe("erase: the trigger that a request sets off")
    examples: list[dict[Name, ExampleValue]] = Field(
        default_factory=list, description="dates and what they must come to; checked on every load"
    )
