"""The dated cases of the law, each through the text of a rule file."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from keepuntil.domain.categories import Rule
from keepuntil.domain.civil_dates import civil_date
from keepuntil.domain.clock import Fact, Reckoning
from keepuntil.domain.decision import Due, Keep
from keepuntil.domain.periods import ONE_DAY
from keepuntil.domain.reckoning import decide, reckon
from policies import clock_rule

PLAIN = """
triggers: {{combine: latest, events: [ended]}}
start: {start}
keep_at_least: {period}
zone: Asia/Shanghai
"""

PERSONAL_LOAN = """
triggers: {combine: latest, events: [settled]}
start: next_january_1
keep_at_least: P5Y
floor: {from: opened, period: P10Y}
zone: Asia/Shanghai
"""

CARD = """
triggers:
  combine: all_of
  events:
    - {event: closed, start: next_january_1, keep_at_least: P5Y}
    - {event: closed, start: event_next_day, keep_at_least: P10Y}
start: event_next_day
zone: Asia/Shanghai
"""

TRACEBACK = """
triggers: {combine: latest, events: [policy_ended]}
start: event_next_day
keep_at_least: P10Y
extend_while: [{event: dispute_closed, plus: P2Y}]
zone: Asia/Shanghai
"""

RELATIONS = """
triggers: {combine: latest, events: [card_closed, deposit_closed]}
start: event_next_day
keep_at_least: P10Y
zone: Asia/Shanghai
"""

NAMED = {
    "dat98_personal_loan": (PERSONAL_LOAN, ("opened", "settled")),
    "card closed": (CARD, ("closed",)),
    "traceback long policy": (TRACEBACK, ("policy_ended", "dispute_closed")),
    "two relations": (RELATIONS, ("card_closed", "deposit_closed")),
}

PERIODS = {"civil": "event_next_day", "fy": "fiscal_year_after"}

CASES = [
    ("civil_10y_plain 2015-03-01", "2025-03-01", "2025-03-02"),
    ("civil_10y_leap_trigger 2024-02-29", "2034-02-28", "2034-03-01"),
    ("civil_4y_leap_to_leap 2024-02-29", "2028-02-29", "2028-03-01"),
    ("civil_1y_from 2023-02-28", "2024-02-28", "2024-02-29"),
    ("civil_6m_from 2025-08-31", "2026-02-28", "2026-03-01"),
    ("civil_30d_from 2026-01-31", "2026-03-02", "2026-03-03"),
    ("fy_30y_voucher 2014-06-15", "2044-12-31", "2045-01-01"),
    ("fy_10y_voucher 2014-12-31", "2024-12-31", "2025-01-01"),
    ("fy_10y_voucher 2015-01-01", "2025-12-31", "2026-01-01"),
    ("fy_10y_utc_ts 2014-12-31T16:30Z", "2025-12-31", "2026-01-01"),
    ("dat98_personal_loan opened 2012-01-10 settled 2019-04-02", "2024-12-31", "2025-01-01"),
    ("dat98_personal_loan opened 2018-09-01 settled 2019-04-02", "2028-09-01", "2028-09-02"),
    ("card closed 2016-05-20: max(DA/T98 5y FY, AML 10y civil)", "2026-05-20", "2026-05-21"),
    (
        "traceback long policy ended 2014-07-01, dispute closed 2024-03-15",
        "2026-03-15",
        "2026-03-16",
    ),
    (
        "two relations: card closed 2012-02-01, deposit closed 2016-08-09",
        "2026-08-09",
        "2026-08-10",
    ),
]
"""Name (with the dates of the events), last retention day, earliest disposal day."""


def read_case(name: str) -> tuple[str, dict[str, Fact]]:
    """The clock in YAML and the facts that a case's name speaks of."""
    instants = re.findall(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}Z)?", name)
    for begins, (clock, events) in NAMED.items():
        if name.startswith(begins):
            days = (date.fromisoformat(text) for text in instants)
            return clock, dict(zip(events, days, strict=True))
    kind, amount, unit = re.match(r"(civil|fy)_(\d+)([ymd])", name).groups()  # type: ignore[union-attr]
    clock = PLAIN.format(start=PERIODS[kind], period=f"P{amount}{unit.upper()}")
    return clock, {"ended": local_day(instants[0])}


def local_day(text: str) -> date:
    if "T" not in text:
        return date.fromisoformat(text)
    instant = datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    return civil_date(instant, zone="Asia/Shanghai")


@pytest.mark.parametrize(("name", "last", "first"), CASES)
def test_dated_case_of_the_law(name: str, last: str, first: str, tmp_path: Path) -> None:
    clock, facts = read_case(name)
    rule = clock_rule(tmp_path, clock)
    check(rule, facts, date.fromisoformat(last), date.fromisoformat(first))


def test_no_dated_case_of_the_law_is_left_out(shared_dir: Path) -> None:
    text = (shared_dir / "regulation" / "test_vectors.json").read_text(encoding="utf-8")
    published = [
        (case["name"], case["last_retention_day"], case["earliest_disposal_day"])
        for case in json.loads(text)
    ]
    assert published == CASES


def check(rule: Rule, facts: dict[str, Fact], last: date, first: date) -> None:
    found = reckon(rule, facts, as_of=first)
    assert isinstance(found, Reckoning)
    assert (found.retain_until, found.due_on) == (last, first)
    assert decide(rule, facts, as_of=last) == Keep(until=last)
    assert decide(rule, facts, as_of=first - ONE_DAY) == Keep(until=last)
    assert decide(rule, facts, as_of=first) == Due(since=first, delete_by=None, overdue=False)
