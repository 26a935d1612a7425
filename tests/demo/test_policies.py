"""The demonstration's rules: they load, and they mean what the hand-written SQL means."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from keepuntil.demo import archivists, paper_twin, twin
from keepuntil.demo.home import Home
from keepuntil.demo.scenario import AS_OF
from keepuntil.domain.categories import ApprovalKind, SqlInstance
from keepuntil.domain.clock import Fact
from keepuntil.domain.decision import Due
from keepuntil.domain.reckoning import decide
from keepuntil.rules.load import load
from keepuntil.rules.schedule import Schedule

COLUMNS = {
    "personal_loan_file": "loan_id, settled_on, opened_on, litigation_open, dispute_closed_on",
    "transaction_record": "rowid, booked_at",
    "customer_identity": "customer_no, relationship_ended_on, one_off_ended_on",
    "declined_application": "application_id, coalesce(rejected_on, withdrawn_on)",
    "marketing_consent_data": "profile_id, consent_withdrawn_on, opted_out_on, consent_expired_on",
}

PAPER = {
    "accounting_voucher": ("KJ", "fiscal_year_end"),
    "insurance_policy_short": ("BX", "expired_on"),
}


@pytest.fixture(scope="module")
def schedule(small_home: Home) -> Schedule:
    return load(small_home.policies)


def test_every_rule_loads(schedule: Schedule) -> None:
    assert len(schedule.rules) == 10
    kinds = {rule.disposition.approval for rule in schedule.rules}
    assert kinds == {ApprovalKind.NONE, ApprovalKind.OWNER, ApprovalKind.DUAL}


def fact(value: object, event: str) -> Fact:
    """As the rule reads it: flags, days, and UTC moments as days in Shanghai."""
    if value is None:
        return None
    if isinstance(value, int):
        return bool(value)
    text = str(value)
    if event == "booked":
        moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("UTC"))
        if moment.year < 9999:
            moment = moment.astimezone(ZoneInfo("Asia/Shanghai"))
        return moment.date()
    return date.fromisoformat(text)


@pytest.mark.parametrize("category", sorted(COLUMNS))
def test_the_rule_and_the_sql_written_by_hand_agree_on_every_row(
    schedule: Schedule, small_bank: Path, category: str
) -> None:
    rule = schedule.rule(category)
    instance = next(i for i in rule.stored_instances if isinstance(i, SqlInstance))
    query = f"SELECT {COLUMNS[category]} FROM {instance.table} WHERE {instance.where or 1}"
    with closing(sqlite3.connect(small_bank)) as connection:
        rows = connection.execute(query).fetchall()
        by_hand = {row[0] for row in connection.execute(twin.DUE[instance.table])}
    events = rule.clock.events
    due = {
        key
        for key, *values in rows
        if isinstance(
            decide(
                rule,
                {event: fact(value, event) for event, value in zip(events, values, strict=True)},
                as_of=AS_OF,
            ),
            Due,
        )
    }
    assert due == by_hand
    assert 0 < len(due) < len(rows)


@pytest.mark.parametrize("category", sorted(PAPER))
def test_the_rule_and_the_sql_written_by_hand_agree_on_all_paper(
    schedule: Schedule, small_home: Home, category: str
) -> None:
    rule = schedule.rule(category)
    series, column = PAPER[category]
    (event,) = rule.clock.events
    query = f"SELECT item, {column}, {paper_twin.DUE[series]} FROM paper_item WHERE series = ?"
    with closing(sqlite3.connect(small_home.paper)) as register:
        folders = register.execute(query, (series,)).fetchall()
    by_hand = {item for item, _, is_due in folders if is_due}
    due = {
        item
        for item, day, _ in folders
        if isinstance(decide(rule, {event: fact(day, event)}, as_of=AS_OF), Due)
    }
    assert due == by_hand
    assert 0 < len(due) < len(folders)


def test_whoever_has_paper_in_their_hands_is_in_the_list_of_people(schedule: Schedule) -> None:
    own = {
        archivists.DRAFTER,
        archivists.PICKER,
        archivists.SHREDDER,
        *archivists.WITNESSES,
        *archivists.RESOLVERS,
        *archivists.SIGNATORIES.values(),
    }
    for each in own:
        person = schedule.person(each.person)
        assert person is not None
        assert (person.unit, each.role in person.roles) == (each.department, True)
