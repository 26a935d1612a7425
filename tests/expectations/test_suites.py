"""The completeness suite: every check fails on exactly what it forbids."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import astuple, fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepuntil.expectations.facts import InstanceFacts
from keepuntil.expectations.suites import COMPLETENESS, StoreCheck, suite_digest

EMPTY: dict[str, Any] = {
    "items_on_list": 0,
    "destroyed": 0,
    "already_absent": 0,
    "held": 0,
    "no_longer_due": 0,
    "gone_reread": 0,
    "total_after": 100,
}

BREAKING: list[tuple[str, list[dict[str, Any]]]] = [
    ("something_was_listed", [EMPTY]),
    ("something_was_listed", []),
    ("every_instance_once", [{}, {}]),
    ("counts_are_counts", [{"neighbours_seen": -1}]),
    ("every_item_has_one_outcome", [{"items_on_list": 11}]),
    ("nothing_failed", [{"failed": 1, "held": 1}]),
    ("nothing_pending", [{"pending_external": 1, "held": 1}]),
    ("every_gone_item_was_looked_for", [{"gone_reread": 6}]),
    ("gone_means_gone", [{"parts_remaining": 1}]),
    ("held_is_still_there", [{"held_missing": 1}]),
    ("neighbours_are_unchanged", [{"neighbours_changed": 1}]),
    ("nothing_due_left_behind", [{"due_left_behind": 1}]),
    ("no_more_vanished_than_accounted_for", [{"total_after": 92}]),
]


def failing(facts: list[InstanceFacts]) -> set[str]:
    """The checks that plain SQLite finds broken: no Great Expectations involved."""
    names = [field.name for field in fields(InstanceFacts)]
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE facts ({', '.join(names)})")
        marks = ", ".join("?" * len(names))
        connection.executemany(f"INSERT INTO facts VALUES ({marks})", map(astuple, facts))
        return {
            check.name
            for check in COMPLETENESS
            if connection.execute(check.sql.format(batch="facts")).fetchall()
        }


def test_sound_facts_break_nothing(sound: InstanceFacts) -> None:
    quiet = replace(sound, instance="quiet", **EMPTY)
    assert failing([sound, replace(sound, instance="scans"), quiet]) == set()


@pytest.mark.parametrize(("name", "facts"), BREAKING, ids=[name for name, _ in BREAKING])
def test_each_check_fails_on_what_it_forbids_and_no_other_does(
    sound: InstanceFacts, name: str, facts: list[dict[str, Any]]
) -> None:
    assert failing([replace(sound, **changes) for changes in facts]) == {name}


def test_every_check_has_a_case_that_breaks_it() -> None:
    assert {name for name, _ in BREAKING} == {check.name for check in COMPLETENESS}


def test_an_instance_that_grew_meanwhile_is_no_reason_for_doubt(sound: InstanceFacts) -> None:
    grown = replace(sound, total_before=100, total_after=250)
    assert failing([grown]) == set()


def test_a_store_that_cannot_count_its_items_is_judged_by_the_other_checks(
    sound: InstanceFacts,
) -> None:
    assert failing([replace(sound, total_before=None)]) == set()


def test_the_totals_are_a_hint_and_everything_else_a_verdict() -> None:
    assert [c.name for c in COMPLETENESS if not c.blocks] == ["no_more_vanished_than_accounted_for"]


@given(counts=st.lists(st.integers(min_value=0, max_value=10**9), min_size=7, max_size=7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_outcomes_that_do_not_add_up_to_the_list_never_pass(
    sound: InstanceFacts, counts: list[int]
) -> None:
    listed, destroyed, absent, held, no_longer, shared, failed = counts
    facts = replace(
        sound,
        items_on_list=listed,
        destroyed=destroyed,
        already_absent=absent,
        held=held,
        no_longer_due=no_longer,
        shared=shared,
        failed=failed,
    )
    adds_up = listed == destroyed + absent + held + no_longer + shared + failed
    assert ("every_item_has_one_outcome" not in failing([facts])) == adds_up


def test_the_digest_changes_with_every_word_of_a_check() -> None:
    digest = suite_digest(COMPLETENESS)
    for number, check in enumerate(COMPLETENESS):
        for changed in (
            replace(check, name="other"),
            replace(check, sql=check.sql + " "),
            replace(check, blocks=not check.blocks),
            replace(check, sentence=replace(check.sentence, en="other")),
            replace(check, sentence=replace(check.sentence, zh="其他")),
        ):
            suite = [*COMPLETENESS[:number], changed, *COMPLETENESS[number + 1 :]]
            assert suite_digest(suite) != digest
    assert suite_digest(COMPLETENESS[1:]) != digest


def test_the_digest_is_blind_to_the_readers_password() -> None:
    check = StoreCheck(
        name="x", sentence=COMPLETENESS[0].sentence, store="core", url="a://u:one@h/d", sql="S"
    )
    assert suite_digest([], [check]) == suite_digest([], [replace(check, url="a://u:two@h/d")])
    assert suite_digest([], [check]) != suite_digest([], [replace(check, sql="T")])
