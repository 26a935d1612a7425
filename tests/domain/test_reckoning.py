"""What a record's dates come to: each answer, its reason, and what can never happen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clocks import AS_OF, FACTS, NAMES, clock, clocks, rule, sensible_facts
from keepuntil.domain import reckoning
from keepuntil.domain.clock import (
    Clock,
    Combine,
    Cutoffs,
    Endless,
    Extension,
    Fact,
    Floor,
    Reckoning,
    Trigger,
    Unreadable,
)
from keepuntil.domain.decision import Decision, Doubt, Due, Held, Keep, Undetermined, reason_code
from keepuntil.domain.explanation import in_words
from keepuntil.domain.periods import Period, StartRule, last_day
from keepuntil.domain.reckoning import cutoffs, decide, decider, reckon
from keepuntil.domain.working_days import WorkingDays

UNREADABLE = Unreadable.UNREADABLE
P5Y = Period(5)
AS_OFS = st.dates(min_value=date(2012, 1, 1), max_value=date(2045, 1, 1))


def decided(of: Clock, facts: Mapping[str, Fact], as_of: date = AS_OF, **more: Any) -> Decision:
    return decide(rule(of), facts, as_of=as_of, **more)


def day(text: str) -> date:
    return date.fromisoformat(text)


# What may happen, and when.


def test_record_is_due_the_day_after_its_last_day_and_not_before() -> None:
    facts = {"ended": day("2015-03-01")}
    assert decided(clock(), facts, day("2020-03-01")) == Keep(until=day("2020-03-01"))
    due = Due(since=day("2020-03-02"), delete_by=day("2020-05-31"), overdue=False)
    assert decided(clock(), facts, day("2020-03-02")) == due
    assert decided(clock(), facts, day("2020-05-31")) == due
    overdue = Due(since=day("2020-03-02"), delete_by=day("2020-05-31"), overdue=True)
    assert decided(clock(), facts, day("2020-06-01")) == overdue


def test_hold_wins_over_due_and_not_over_kept() -> None:
    facts = {"ended": day("2015-03-01")}
    held = decided(clock(), facts, held_by=["H-2", "H-1", "H-2"])
    assert held == Held(by=("H-1", "H-2"))
    kept = decided(clock(), facts, day("2019-01-01"), held_by=["H-1"])
    assert kept == Keep(until=day("2020-03-01"))


def test_nothing_is_due_before_the_rule_is_in_force() -> None:
    young = rule(clock(), effective_from=day("2026-07-01"))
    facts = {"ended": day("2015-03-01")}
    assert decide(young, facts, as_of=day("2026-06-30")) == Keep(until=day("2026-06-30"))
    assert isinstance(decide(young, facts, as_of=day("2026-07-01")), Due)


def test_latest_waits_for_every_trigger_that_is_not_optional() -> None:
    both = clock(triggers="card_closed deposit_closed")
    facts: dict[str, Fact] = {
        "card_closed": day("2012-02-01"),
        "deposit_closed": day("2020-08-09"),
    }
    assert decided(both, facts, day("2025-08-09")) == Keep(until=day("2025-08-09"))
    assert reason_code(decided(both, facts, day("2025-08-10"))) == "due"
    facts["deposit_closed"] = None
    assert decided(both, facts) == Undetermined(Doubt.MISSING_TRIGGER, "deposit_closed")


def test_optional_trigger_that_never_happened_does_not_wait() -> None:
    either = clock(triggers=(Trigger(event="ended"), Trigger(event="claim_closed", optional=True)))
    facts: dict[str, Fact] = {"ended": day("2012-02-01"), "claim_closed": None}
    assert reason_code(decided(either, facts)) == "overdue"
    facts["claim_closed"] = day("2024-01-01")
    assert decided(either, facts) == Keep(until=day("2029-01-01"))


def test_nothing_happened_when_all_triggers_are_optional_and_absent() -> None:
    optional = clock(
        triggers=(Trigger(event="a", optional=True), Trigger(event="b", optional=True))
    )
    assert decided(optional, {}) == Undetermined(Doubt.MISSING_TRIGGER, "a")


def test_earliest_runs_from_the_first_that_happened() -> None:
    consent = clock(
        combine=Combine.EARLIEST,
        triggers="withdrawn closed expires",
        keep_at_least="P0D",
        delete_within="P15D",
    )
    facts: dict[str, Fact] = {
        "withdrawn": day("2026-05-20"),
        "closed": None,
        "expires": day("2027-01-01"),
    }
    due = Due(since=day("2026-05-21"), delete_by=day("2026-06-05"), overdue=False)
    assert decided(consent, facts) == due
    facts["withdrawn"] = None
    assert decided(consent, facts) == Undetermined(Doubt.FUTURE_TRIGGER, "expires")
    assert decided(consent, {}) == Undetermined(Doubt.MISSING_TRIGGER, "withdrawn")


def test_all_of_lets_the_longest_end_govern() -> None:
    card = clock(
        combine=Combine.ALL_OF,
        triggers=(
            Trigger(event="closed", start=StartRule.NEXT_JANUARY_1, keep_at_least=P5Y),
            Trigger(event="closed", keep_at_least=Period(10)),
        ),
    )
    facts = {"closed": day("2016-05-20")}
    assert decided(card, facts, day("2026-05-20")) == Keep(until=day("2026-05-20"))
    assert reason_code(decided(card, facts, day("2026-05-21"))) == "due"
    # The cutoff is that of the longer of the two.
    assert cutoffs(card, day("2026-05-21")).latest == (("closed", day("2016-05-20")),)


@pytest.mark.parametrize("turned", [False, True])
def test_cutoff_of_an_event_under_two_laws_is_the_earlier(turned: bool) -> None:
    laws = [
        Trigger(event="closed", keep_at_least=P5Y),
        Trigger(event="closed", keep_at_least=Period(10)),
    ]
    both = clock(combine=Combine.ALL_OF, triggers=tuple(reversed(laws) if turned else laws))
    assert cutoffs(both, day("2026-05-21")).latest == (("closed", day("2016-05-20")),)


def test_floor_keeps_for_total_custody() -> None:
    loan = clock(start=StartRule.NEXT_JANUARY_1, floor=Floor(event="opened", period=Period(10)))
    facts: dict[str, Fact] = {"ended": day("2015-04-02"), "opened": day("2018-09-01")}
    assert decided(loan, facts) == Keep(until=day("2028-09-01"))
    facts["opened"] = None
    assert decided(loan, facts) == Undetermined(Doubt.MISSING_TRIGGER, "opened")


def test_flag_keeps_without_an_end() -> None:
    litigation = clock(extend_while=(Extension(event="litigation"),))
    facts: dict[str, Fact] = {"ended": day("2015-03-01"), "litigation": True}
    assert decided(litigation, facts) == Keep(until=None)
    facts["litigation"] = False
    assert reason_code(decided(litigation, facts)) == "overdue"
    facts["litigation"] = None
    assert decided(litigation, facts) == Undetermined(Doubt.UNKNOWN_FLAG, "litigation")
    facts["litigation"] = day("2020-01-01")
    assert decided(litigation, facts) == Undetermined(Doubt.UNREADABLE_EVENT, "litigation")


def test_extension_prolongs_only_when_it_happened() -> None:
    dispute = clock(extend_while=(Extension(event="dispute_closed", plus=Period(2)),))
    facts: dict[str, Fact] = {"ended": day("2014-07-01"), "dispute_closed": None}
    assert reason_code(decided(dispute, facts)) == "overdue"
    facts["dispute_closed"] = day("2024-07-01")
    assert decided(dispute, facts) == Keep(until=day("2026-07-01"))
    facts["dispute_closed"] = day("2026-06-02")
    assert decided(dispute, facts) == Undetermined(Doubt.FUTURE_TRIGGER, "dispute_closed")


def test_future_of_an_event_that_prolongs_is_not_believed_even_with_earliest() -> None:
    both = clock(
        combine=Combine.EARLIEST,
        triggers="closed dispute",
        extend_while=(Extension(event="dispute", plus=P5Y),),
    )
    facts = {"closed": day("2010-01-01"), "dispute": day("2027-01-01")}
    assert decided(both, facts) == Undetermined(Doubt.FUTURE_TRIGGER, "dispute")


def test_permanent_is_never_due() -> None:
    for_ever = clock(permanent=True, triggers=(), keep_at_least=None, restrict_from="purpose_ended")
    assert decided(for_ever, {}) == Keep(until=None)
    assert decided(for_ever, {"purpose_ended": day("2020-01-01")}) == Keep(None, restricted=True)
    assert reckon(rule(for_ever), {}, as_of=AS_OF).steps[0].en.startswith("Kept permanently")  # type: ignore[union-attr]
    assert cutoffs(for_ever, AS_OF) == Cutoffs(latest=(), any_trigger=True)


@pytest.mark.parametrize(
    ("value", "restricted"),
    [
        (day("2026-06-01"), True),
        (day("2026-06-02"), False),
        (True, True),
        (False, False),
        (None, False),
    ],
)
def test_record_whose_purpose_ended_is_restricted(value: Fact, restricted: bool) -> None:
    purpose = clock(restrict_from="purpose_ended")
    kept = decided(purpose, {"ended": day("2025-01-01"), "purpose_ended": value})
    assert kept == Keep(until=day("2030-01-01"), restricted=restricted)


# Maximums.


def test_maximum_alone_keeps_until_it_ends_and_no_longer() -> None:
    negative_info = clock(keep_at_least=None, keep_at_most="P5Y", delete_within=None)
    facts = {"ended": day("2021-06-01")}
    assert decided(negative_info, facts, day("2026-05-31")) == Keep(until=day("2026-05-31"))
    last = Due(since=day("2026-06-01"), delete_by=day("2026-06-01"), overdue=False)
    assert decided(negative_info, facts, day("2026-06-01")) == last
    assert reason_code(decided(negative_info, facts, day("2026-06-02"))) == "overdue"


@pytest.mark.parametrize(
    ("combine", "last"), [(Combine.EARLIEST, "2023-01-01"), (Combine.LATEST, "2024-01-01")]
)
def test_maximum_counts_from_the_trigger_that_governs(combine: Combine, last: str) -> None:
    either = clock(
        combine=combine, triggers="a b", keep_at_least="P1Y", keep_at_most="P3Y", delete_within=None
    )
    found = decided(either, {"a": day("2021-01-01"), "b": day("2020-01-01")})
    assert isinstance(found, Due)
    assert found.delete_by == day(last)


def test_delete_within_gives_a_maximum_time_to_be_kept_to() -> None:
    window = clock(keep_at_least=None, keep_at_most="P5Y", delete_within="P30D")
    due = decided(window, {"ended": day("2021-06-30")}, day("2026-06-01"))
    assert due == Due(since=day("2026-05-31"), delete_by=day("2026-06-30"), overdue=False)


def test_maximum_caps_delete_by() -> None:
    both = clock(keep_at_least="P30D", keep_at_most="P60D", delete_within="P90D")
    due = decided(both, {"ended": day("2026-05-01")})
    assert due == Due(since=day("2026-06-01"), delete_by=day("2026-06-30"), overdue=False)


def test_what_outlasts_its_maximum_is_kept_and_restricted() -> None:
    """Kept by a floor beyond its maximum: no processing meanwhile, and overdue when free."""
    torn = clock(
        keep_at_least="P1Y", keep_at_most="P2Y", floor=Floor(event="opened", period=Period(4))
    )
    facts = {"ended": day("2023-01-01"), "opened": day("2022-12-01")}
    assert decided(torn, facts) == Keep(until=day("2026-12-01"), restricted=True)
    due = decided(torn, facts, day("2026-12-02"))
    assert due == Due(since=day("2026-12-02"), delete_by=day("2025-01-01"), overdue=True)
    found = reckon(rule(torn), facts, as_of=AS_OF)
    assert isinstance(found, Reckoning)
    assert any("split by purpose" in step.en for step in found.steps)


# Working days.

GOLDEN_WEEK = WorkingDays(
    name="cn",
    years=frozenset({2026}),
    holidays=frozenset(day(f"2026-10-0{n}") for n in range(1, 8)),
    make_up_days=frozenset({day("2026-10-10")}),
)


def rolled(text: str, as_of: str, days: WorkingDays | None = GOLDEN_WEEK, **more: Any) -> Decision:
    return decided(
        clock(calendar="cn", **more), {"ended": day(text)}, day(as_of), working_days=days
    )


def test_due_day_moves_forward_to_a_working_day() -> None:
    assert rolled("2021-10-01", "2026-10-07") == Keep(until=day("2026-10-07"))
    assert rolled("2021-10-01", "2026-10-08") == Due(day("2026-10-08"), day("2027-01-06"), False)
    # A make-up Saturday is worked, the Sunday after it is not.
    assert rolled("2021-10-09", "2026-10-10") == Due(day("2026-10-10"), day("2027-01-08"), False)
    assert rolled("2021-10-10", "2026-10-11") == Keep(until=day("2026-10-11"))


def test_maximum_is_never_moved() -> None:
    due = rolled(
        "2021-10-01", "2026-10-01", keep_at_least=None, keep_at_most="P5Y", delete_within=None
    )
    assert due == Due(since=day("2026-10-01"), delete_by=day("2026-10-01"), overdue=False)
    due = rolled(
        "2026-09-01", "2026-10-05", keep_at_least="P1M", keep_at_most="P34D", delete_within=None
    )
    assert due == Due(since=day("2026-10-05"), delete_by=day("2026-10-05"), overdue=False)


@pytest.mark.parametrize("days", [GOLDEN_WEEK, None])
def test_missing_calendar_year_never_deletes(days: WorkingDays | None) -> None:
    missing = Undetermined(Doubt.CALENDAR_YEAR_MISSING, "cn")
    assert rolled("2015-10-01", "2026-10-08", days) == missing
    # What is not due anyway is not in doubt.
    assert rolled("2025-10-01", "2026-10-08", days) == Keep(until=day("2030-10-01"))


def test_year_without_a_calendar_yet_is_said_in_the_explanation() -> None:
    ruled = rule(clock(calendar="cn"))
    found = reckon(ruled, {"ended": day("2025-10-01")}, as_of=AS_OF, working_days=GOLDEN_WEEK)
    assert isinstance(found, Reckoning)
    assert found.due_on == day("2030-10-02")
    assert any("does not have the year 2030 yet" in step.en for step in found.steps)


def test_holiday_at_the_turn_of_the_year_needs_both_years() -> None:
    eve = WorkingDays(
        name="cn",
        years=frozenset({2026}),
        holidays=frozenset({day("2026-12-31")}),
        make_up_days=frozenset(),
    )
    assert rolled("2021-12-30", "2026-12-31", eve) == Undetermined(
        Doubt.CALENDAR_YEAR_MISSING, "cn"
    )


@given(st.dates(min_value=date(2020, 6, 1), max_value=date(2021, 12, 20)), st.integers(0, 400))
def test_rolling_never_makes_due_earlier_nor_passes_a_maximum(ended: date, most: int) -> None:
    """Over a year of triggers: the rolled day is worked, or it is the maximum's last day."""
    at_most = Period(5, 0, most)
    bounds = {"keep_at_most": at_most, "calendar": "cn", "delete_within": None}
    facts = {"ended": ended}
    plain = reckon(rule(clock()), facts, as_of=AS_OF)
    found = reckon(rule(clock(**bounds)), facts, as_of=AS_OF, working_days=GOLDEN_WEEK)
    assume(isinstance(plain, Reckoning) and plain.due_on.year == 2026)
    assert isinstance(plain, Reckoning)
    assert isinstance(found, Reckoning)
    assert found.due_on >= plain.due_on
    assert found.retain_until == plain.retain_until
    last = last_day(ended, StartRule.EVENT_NEXT_DAY, at_most)
    assert found.due_on in (last, plain.due_on) or GOLDEN_WEEK.is_working_day(found.due_on)
    assert found.due_on <= max(last, plain.due_on)


# What nobody believes.


@pytest.mark.parametrize(
    ("value", "doubt"),
    [
        (None, Doubt.MISSING_TRIGGER),
        (day("0001-01-01"), Doubt.SENTINEL_DATE),
        (day("1899-12-30"), Doubt.SENTINEL_DATE),
        (day("1899-12-31"), Doubt.SENTINEL_DATE),
        (day("1900-01-01"), Doubt.SENTINEL_DATE),
        (day("1969-12-31"), Doubt.SENTINEL_DATE),
        (day("1970-01-01"), Doubt.SENTINEL_DATE),
        (day("9999-12-31"), Doubt.SENTINEL_DATE),
        (day("9999-12-30"), Doubt.SENTINEL_DATE),
        (day("2026-06-02"), Doubt.FUTURE_TRIGGER),
        (UNREADABLE, Doubt.UNREADABLE_EVENT),
        (True, Doubt.UNREADABLE_EVENT),
        (False, Doubt.UNREADABLE_EVENT),
        (datetime.fromisoformat("2015-01-01"), Doubt.UNREADABLE_EVENT),
    ],
)
def test_unknown_never_deletes(value: Fact, doubt: Doubt) -> None:
    assert decided(clock(), {"ended": value}) == Undetermined(doubt, "ended")
    assert reckon(rule(), {"ended": value}, as_of=AS_OF) == Undetermined(doubt, "ended")


def test_event_that_nobody_read_is_missing() -> None:
    assert decided(clock(), {}) == Undetermined(Doubt.MISSING_TRIGGER, "ended")


@pytest.mark.parametrize("value", [day("1900-01-01"), day("9999-12-31"), UNREADABLE])
def test_every_event_of_the_clock_has_to_be_readable(value: Fact) -> None:
    """Even those that could only prolong or restrict: noise in one column is noise in the row."""
    whole = clock(
        extend_while=(Extension(event="dispute", plus=P5Y),),
        floor=Floor(event="opened", period=P5Y),
        restrict_from="purpose_ended",
    )
    good: dict[str, Fact] = dict.fromkeys(whole.events, day("2010-01-01"))
    assert reason_code(decided(whole, good)) == "overdue"
    for event in whole.events:
        assert isinstance(decided(whole, {**good, event: value}), Undetermined)


def test_first_doubt_in_the_clocks_order_is_named() -> None:
    both = clock(triggers="a b")
    assert decided(both, {"a": UNREADABLE, "b": None}) == Undetermined(Doubt.UNREADABLE_EVENT, "a")


# Reasons.


def test_reason_codes_are_pinned() -> None:
    """Findings and counts are kept under these words: a change breaks every old report."""
    assert [doubt.value for doubt in Doubt] == [
        "missing_trigger",
        "sentinel_date",
        "future_trigger",
        "unreadable_event",
        "unknown_flag",
        "calendar_year_missing",
        "no_linked_record",
    ]
    decisions: list[Decision] = [
        Keep(until=None),
        Keep(until=AS_OF, restricted=True),
        Held(by=("H",)),
        Due(AS_OF, None, overdue=False),
        Due(AS_OF, AS_OF, overdue=True),
        Undetermined(Doubt.MISSING_TRIGGER, "ended"),
    ]
    assert [reason_code(decision) for decision in decisions] == [
        "kept",
        "restricted",
        "held",
        "due",
        "overdue",
        "missing_trigger",
    ]


@pytest.mark.parametrize("doubt", Doubt)
def test_every_decision_has_a_sentence_in_both_languages(doubt: Doubt) -> None:
    decisions: list[Decision] = [
        Undetermined(doubt, "ended"),
        Keep(until=None, restricted=True),
        Keep(until=AS_OF),
        Held(by=("H-1",)),
        Due(AS_OF, AS_OF, overdue=True),
        Due(AS_OF, None, overdue=False),
    ]
    for decision in decisions:
        words = in_words(decision)
        assert words.zh.endswith("。")
        assert words.en.endswith(".")
    assert "ended" in in_words(decisions[0]).zh


def test_explanation_names_every_step_and_authority() -> None:
    loan = clock(
        start=StartRule.NEXT_JANUARY_1,
        floor=Floor(event="opened", period=Period(10)),
        extend_while=(Extension(event="dispute", plus=Period(2)),),
        keep_at_most="P30Y",
    )
    facts = {"ended": day("2019-04-02"), "opened": day("2012-01-10"), "dispute": day("2024-01-02")}
    found = reckon(rule(loan), facts, as_of=AS_OF)
    assert isinstance(found, Reckoning)
    assert (found.retain_until, found.due_on) == (day("2026-01-02"), day("2026-01-03"))
    assert [step.en for step in found.steps] == [
        (
            "Trigger ended on 2019-04-02, counted from the next 1 January: day one is 2020-01-01; "
            "at least 5 years, the last day is 2024-12-31."
        ),
        "Total custody from opened on 2012-01-10 is never shorter than 10 years: until 2022-01-10.",
        "Prolonged by dispute on 2024-01-02 plus 2 years: until 2026-01-02.",
        "The latest of these governs: to be kept until 2026-01-02, that day included.",
        "May be destroyed from 2026-01-03 on.",
        "At most 30 years from ended on 2019-04-02: until 2049-12-31, holidays notwithstanding.",
        "Has to be gone by 2026-04-03.",
        "Authority: A law (law, 5 years).",
    ]
    assert [step.zh for step in found.steps] == [
        (
            "起算点 ended 2019-04-02，自次年1月1日起算，第一天为 2020-01-01；"
            "至少保存5年，最后一天为 2024-12-31。"
        ),
        "自 opened 2012-01-10 起总保存期不少于10年，至 2022-01-10。",
        "dispute 2024-01-02 之后延长2年，至 2026-01-02。",
        "以最晚者为准：须保存至 2026-01-02（含当日）。",
        "自 2026-01-03 起可以处置。",
        "自 ended 2019-04-02 起最长30年，至 2049-12-31，遇假日不顺延。",
        "最迟删除日为 2026-04-03。",
        "依据：A law（法律，5年）。",
    ]


def test_explanation_of_a_flag_names_the_flag() -> None:
    litigation = clock(extend_while=(Extension(event="litigation"),))
    found = reckon(rule(litigation), {"ended": AS_OF, "litigation": True}, as_of=AS_OF)
    assert isinstance(found, Endless)
    assert found.while_event == "litigation"
    assert found.steps[0].en == "litigation is true: kept for as long as that lasts."


# What can never happen.


def satisfies(found: Cutoffs, facts: Mapping[str, Fact]) -> bool:
    met = [
        isinstance(value := facts.get(event), date) and value <= latest
        for event, latest in found.latest
    ]
    return any(met) if found.any_trigger else all(met)


@settings(max_examples=150)
@given(st.data(), AS_OFS)
def test_everything_due_satisfies_the_cutoffs(data: st.DataObject, as_of: date) -> None:
    of = data.draw(clocks())
    facts = data.draw(sensible_facts(of))
    if isinstance(decided(of, facts, as_of), Due):
        assert satisfies(cutoffs(of, as_of), facts)


@settings(max_examples=150)
@given(st.data(), AS_OFS)
def test_nothing_is_due_before_its_minimum(data: st.DataObject, as_of: date) -> None:
    of = data.draw(clocks())
    facts = data.draw(sensible_facts(of))
    assume(isinstance(decided(of, facts, as_of), Due))
    ends = []
    for trigger in of.triggers:
        period = trigger.keep_at_least or of.keep_at_least
        if isinstance(begun := facts[trigger.event], date) and begun <= as_of and period:
            start = trigger.start or of.start
            ends.append(last_day(begun, start, period, of.fiscal_year_starts))
    governs = min if of.combine is Combine.EARLIEST else max
    assert governs(ends, default=date.min) < as_of
    if of.floor is not None and isinstance(opened := facts[of.floor.event], date):
        assert last_day(opened, StartRule.EVENT_NEXT_DAY, of.floor.period) < as_of
    assert not any(facts[event] is True for event in of.flags)


@settings(max_examples=150)
@given(st.data(), AS_OFS)
def test_later_event_never_makes_a_kept_record_due(data: st.DataObject, as_of: date) -> None:
    of = data.draw(clocks())
    facts = data.draw(sensible_facts(of))
    dated = {event: value for event, value in facts.items() if isinstance(value, date)}
    assume(dated)
    event = data.draw(st.sampled_from(sorted(dated)))
    moved = dated[event] + timedelta(days=data.draw(st.integers(1, 4000)))
    if isinstance(decided(of, {**facts, event: moved}, as_of), Due):
        assert isinstance(decided(of, facts, as_of), Due)


@given(st.data(), AS_OFS)
def test_due_record_stays_due(data: st.DataObject, as_of: date) -> None:
    of = data.draw(clocks())
    facts = data.draw(sensible_facts(of))
    assume(isinstance(decided(of, facts, as_of), Due))
    later = as_of + timedelta(days=data.draw(st.integers(1, 4000)))
    assert isinstance(decided(of, facts, later), Due)


@settings(max_examples=150)
@given(st.data(), AS_OFS)
def test_any_facts_at_all_have_an_answer(data: st.DataObject, as_of: date) -> None:
    of = data.draw(clocks())
    facts = {event: data.draw(FACTS) for event in (*of.events, *NAMES)}
    decision = decided(of, facts, as_of)
    assert reason_code(decision)
    if isinstance(decision, Due):
        assert decision.since <= as_of
        assert decision.overdue == (decision.delete_by is not None and decision.delete_by < as_of)
        assert UNREADABLE not in [facts[event] for event in of.events]
    found = reckon(rule(of), facts, as_of=as_of)
    assert isinstance(found, Undetermined) == isinstance(decision, Undetermined)
    if isinstance(found, Reckoning) and isinstance(decision, Keep) and decision.until:
        assert decision.until == found.due_on - timedelta(days=1)


@settings(max_examples=100)
@given(st.data(), AS_OFS)
def test_remembered_answer_is_the_answer(data: st.DataObject, as_of: date) -> None:
    of = data.draw(clocks())
    answer = decider(rule(of), as_of)
    for _ in range(5):
        values = tuple(data.draw(FACTS) for _ in of.events)
        facts = dict(zip(of.events, values, strict=True))
        assert answer(values) == answer(values) == decided(of, facts, as_of)


def test_memory_of_answers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reckoning, "MOST_REMEMBERED", 10)
    answer = decider(rule(), AS_OF)
    for n in range(100):
        answer((day("2015-01-01") + timedelta(days=n),))
    assert len(answer.__self__) <= 10  # type: ignore[attr-defined]


def test_permanent_rule_is_decided_by_the_remembering_way_too() -> None:
    for_ever = clock(permanent=True, triggers=(), keep_at_least=None)
    assert decider(rule(for_ever), AS_OF)(()) == Keep(until=None)


@pytest.mark.parametrize("as_of", [date(1, 1, 1), date(9999, 12, 31)])
def test_cutoff_can_always_be_turned_into_an_instant(as_of: date) -> None:
    for _, latest in cutoffs(clock(floor=Floor(event="opened", period=P5Y)), as_of).latest:
        assert latest >= date(1900, 1, 1)
