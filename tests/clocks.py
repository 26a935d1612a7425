"""Rules with a given clock, and strategies for clocks and facts, for tests of the arithmetic."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from keepuntil.domain.categories import (
    ApprovalKind,
    Authority,
    Confidence,
    Disposition,
    Limits,
    Nightly,
    Obligation,
    Owner,
    Rank,
    Rule,
    Text,
)
from keepuntil.domain.clock import Clock, Combine, Extension, Fact, Floor, Trigger, Unreadable
from keepuntil.domain.periods import Period, StartRule, YearStart

AS_OF = date(2026, 6, 1)

CLOCK = Clock(
    combine=Combine.LATEST,
    triggers=(Trigger(event="ended"),),
    start=StartRule.EVENT_NEXT_DAY,
    keep_at_least=Period(5),
    keep_at_most=None,
    delete_within=Period(0, 0, 90),
    floor=None,
    extend_while=(),
    restrict_from=None,
    zone="Asia/Shanghai",
    calendar=None,
    permanent=False,
)


def clock(**changes: Any) -> Clock:
    """The plain clock with some of its fields changed; periods may be given as text."""
    for key in ("keep_at_least", "keep_at_most", "delete_within"):
        if isinstance(changes.get(key), str):
            changes[key] = Period.parse(changes[key])
    if isinstance(changes.get("triggers"), str):
        changes["triggers"] = tuple(Trigger(event=event) for event in changes["triggers"].split())
    return replace(CLOCK, **changes)


def rule(of: Clock = CLOCK, *, effective_from: date = date(1990, 1, 1)) -> Rule:
    """A rule around a clock; everything else is as good as any."""
    return Rule(
        category="loan_file",
        title=Text(zh="信贷档案", en="Loan file"),
        purpose="loan servicing",
        subjects=("borrower",),
        owner=Owner(unit="credit", contact="credit@bank.example"),
        sensitivity=None,
        effective_from=effective_from,
        review_by=date(2030, 1, 1),
        authorities=(
            Authority(
                cite="A law",
                rank=Rank.LAW,
                obligation=Obligation.KEEP,
                period=Period(5),
                confidence=Confidence.PRIMARY,
            ),
        ),
        clock=of,
        disposition=Disposition(
            approval=ApprovalKind.DUAL,
            approver_roles=("data_owner", "records_officer"),
            cooling_off=None,
            approval_expires_after=Period(0, 0, 14),
            limits=Limits(items=1000, share=Decimal("0.05")),
        ),
        nightly=Nightly(at=time(1, 30), until=None, retries=2, pool=None),
        instances=(),
        digest="sha256:0",
        source="rules/loan_file.yaml",
    )


PERIODS = st.builds(Period, st.integers(0, 12), st.integers(0, 11), st.integers(0, 40))
STARTS = st.sampled_from(StartRule)
NAMES = ("one", "two", "three")
DATES = st.dates(min_value=date(1980, 1, 1), max_value=date(2027, 12, 31))
FACTS: st.SearchStrategy[Fact] = st.one_of(
    st.none(),
    st.booleans(),
    st.just(Unreadable.UNREADABLE),
    st.dates(min_value=date(1, 1, 1), max_value=date(9999, 12, 31)),
    DATES,
    DATES,
)


@st.composite
def clocks(draw: st.DrawFn) -> Clock:
    """Every kind of clock a rule file can say."""
    combine = draw(st.sampled_from(Combine))
    own = combine is Combine.ALL_OF
    triggers = tuple(
        Trigger(
            event=draw(st.sampled_from(NAMES)) if own else name,
            optional=combine is not Combine.EARLIEST and draw(st.booleans()),
            start=draw(st.none() | STARTS) if own else None,
            keep_at_least=draw(st.none() | PERIODS) if own else None,
        )
        for name in NAMES[: draw(st.integers(1, 3))]
    )
    minimum = draw(PERIODS) if own else draw(st.none() | PERIODS)
    extensions = (Extension(event="flag"), Extension(event="dispute", plus=draw(PERIODS)))
    return clock(
        combine=combine,
        triggers=triggers,
        start=draw(STARTS),
        keep_at_least=minimum,
        keep_at_most=draw(PERIODS if minimum is None else st.none() | PERIODS),
        delete_within=draw(st.none() | PERIODS),
        floor=draw(
            st.none() | st.builds(Floor, event=st.sampled_from(["opened", "one"]), period=PERIODS)
        ),
        extend_while=tuple(each for each in extensions if draw(st.booleans())),
        restrict_from=draw(st.none() | st.just("purpose_ended")),
        fiscal_year_starts=draw(st.sampled_from([YearStart(), YearStart(4, 1)])),
    )


@st.composite
def sensible_facts(draw: st.DrawFn, of: Clock) -> dict[str, Fact]:
    """Facts of the right kinds, some of them absent where that is allowed."""
    facts: dict[str, Fact] = {}
    for event in of.events:
        if event in of.flags:
            facts[event] = draw(st.sampled_from([False, False, False, True]))
        else:
            facts[event] = draw(st.one_of(DATES, DATES, st.none()))
    return facts
