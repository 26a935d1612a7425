"""From what an object says to a date: age, tags, metadata, key, the record it belongs to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.domain.categories import (
    EventSource,
    FromAge,
    FromColumn,
    FromInstance,
    FromMetadata,
    FromName,
    FromTag,
)
from keepuntil.domain.clock import Extension, Unreadable
from keepuntil.domain.outcomes import Outcome
from keepuntil.errors import StoreMismatch
from keepuntil.stores.protocol import Facts, Query
from keepuntil.stores.s3 import S3Bucket
from keepuntil.stores.s3.declared import date_in_key, written_down
from s3_questions import DUE as QUESTION_DUE
from s3_questions import batch_of, destroyed, due_until, found_keys
from s3_servers import SERVERS, Place, instance_of, server
from store_contract import DUE, EVENT, KEPT, batches_of, contract_query

SHANGHAI = "Asia/Shanghai"


@pytest.fixture
def place() -> Iterator[Place]:
    with server("moto").place("versioned") as place:
        yield place


@pytest.fixture(params=SERVERS)
def any_place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with server(request.param).place("versioned") as place:
        yield place


def fact_of(place: Place, source: EventSource) -> object:
    """The fact a store reads for one object; None also where it hands nothing out."""
    bucket, key = place.store(), "loans/1"
    query = due_until(contract_query(instance_of(EVENT, source)), date.max)
    found = [f for f in bucket.find(query) if (key,) in f.keys]
    passed = Counter[str]()
    for f in bucket.find(query):
        passed.update(f.passed_over)
    bucket.close()
    if found:
        return found[0].facts[found[0].keys.index((key,))][0]
    return "unreadable" if passed["unreadable_event"] else None


# Age


def test_age_is_the_civil_day_of_the_last_writing_in_the_rules_zone(place: Place) -> None:
    place.put("loans/1")
    place.backdate("loans/1", datetime(2012, 2, 28, 16, 0, tzinfo=UTC))
    assert fact_of(place, FromAge()) == date(2012, 2, 29)
    place.backdate("loans/1", datetime(2012, 2, 28, 15, 59, 59, tzinfo=UTC))
    assert fact_of(place, FromAge()) == date(2012, 2, 28)


def test_a_newer_version_makes_a_younger_record(place: Place) -> None:
    place.put("loans/1")
    place.put("loans/1", b"second page")
    place.backdate("loans/1", datetime(2001, 1, 1, tzinfo=UTC), datetime(2020, 6, 1, tzinfo=UTC))
    assert fact_of(place, FromAge()) == date(2020, 6, 1)


def test_a_delete_marker_makes_no_record_younger(place: Place) -> None:
    """An application's delete hides the record and writes nothing to it."""
    place.put("loans/1")
    place.delete("loans/1")
    place.backdate("loans/1", datetime(2012, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC))
    assert fact_of(place, FromAge()) == date(2012, 1, 1)


def test_where_only_a_marker_is_left_the_marker_has_an_age(place: Place) -> None:
    version = place.put("loans/1")
    place.delete("loans/1")
    place.client.delete_object(Bucket=place.bucket, Key="loans/1", VersionId=version)
    place.backdate("loans/1", datetime(2013, 5, 5, tzinfo=UTC))
    assert fact_of(place, FromAge()) == date(2013, 5, 5)


def test_an_unfinished_upload_is_as_young_as_it_was_begun(any_place: Place) -> None:
    any_place.begin_upload("loans/1")
    begun = any_place.client.list_multipart_uploads(Bucket=any_place.bucket)["Uploads"]
    assert (
        fact_of(any_place, FromAge()) == begun[0]["Initiated"].astimezone(ZoneInfo(SHANGHAI)).date()
    )


def test_an_old_record_with_a_young_upload_is_not_due(place: Place) -> None:
    """Someone is writing a new version of it; the embedded server dates every upload 2010."""
    place.put("loans/1")
    place.backdate("loans/1", datetime(1999, 1, 1, tzinfo=UTC))
    place.begin_upload("loans/1")
    assert fact_of(place, FromAge()) == date(2010, 11, 11)


def test_a_version_written_after_the_plan_saves_the_record(place: Place) -> None:
    place.put("loans/1")
    place.backdate("loans/1", datetime(2012, 1, 1, tzinfo=UTC))
    query = due_until(contract_query(instance_of(EVENT, FromAge())), date(2019, 6, 29))
    bucket = place.store()
    (batch,) = batches_of(bucket, query)
    place.put("loans/1", b"the customer came back")
    effect = destroyed(bucket, query, batch)
    bucket.close()
    assert (effect.outcomes, effect.reasons) == ([Outcome.NO_LONGER_DUE], {0: "kept"})
    assert len(place.parts()["loans/1"]) == 2


# Tags and metadata


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("2012-02-29", date(2012, 2, 29)),
        (" 2012-02-29 ", date(2012, 2, 29)),
        ("2012-02-28T16:00:00Z", date(2012, 2, 29)),
        ("2012-02-29T23:59:59+08:00", date(2012, 2, 29)),
        ("2012-02-29T10:00:00", Unreadable.UNREADABLE),
        ("2011-02-29", Unreadable.UNREADABLE),
        ("29.02.2012", Unreadable.UNREADABLE),
        ("1330473600", Unreadable.UNREADABLE),
        ("", Unreadable.UNREADABLE),
        (None, None),
    ],
)
def test_a_date_is_read_or_it_is_no_reason_to_delete(text: str | None, fact: object) -> None:
    assert written_down(text, zone=SHANGHAI, flag=False) == fact


@pytest.mark.parametrize(
    ("text", "fact"),
    [("true", True), ("False", False), ("yes", Unreadable.UNREADABLE), (None, None)],
)
def test_a_flag_is_true_or_false_or_unreadable(text: str | None, fact: object) -> None:
    assert written_down(text, zone=SHANGHAI, flag=True) is fact


@given(st.text())
def test_no_text_is_misread_as_anything_but_the_date_it_says(text: str) -> None:
    fact = written_down(text, zone=SHANGHAI, flag=False)
    assert fact is Unreadable.UNREADABLE or isinstance(fact, date)
    assert not isinstance(fact, date) or f"{fact:%Y}" in text or "T" in text or "W" in text


def test_tags_of_the_newest_version_speak_for_the_record(any_place: Place) -> None:
    any_place.put("loans/1", Tagging="closed=2030-01-01")
    any_place.put("loans/1", Tagging="closed=2012-02-29")
    any_place.delete("loans/1")
    assert fact_of(any_place, FromTag(tag="closed")) == date(2012, 2, 29)


def test_metadata_of_the_newest_version_speaks_whatever_the_case_of_its_name(
    any_place: Place,
) -> None:
    any_place.put("loans/1", Metadata={"closed-on": "2030-01-01"})
    any_place.put("loans/1", Metadata={"closed-on": "2012-02-29"})
    assert fact_of(any_place, FromMetadata(name="Closed-ON")) == date(2012, 2, 29)


def test_an_item_without_a_version_has_no_tags_and_is_counted(any_place: Place) -> None:
    any_place.begin_upload("loans/1")
    assert fact_of(any_place, FromTag(tag="closed")) is None


def test_an_unreadable_tag_is_counted_and_kept(place: Place) -> None:
    place.put("loans/1", Tagging="closed=soon")
    assert fact_of(place, FromTag(tag="closed")) == "unreadable"


def test_a_flag_event_is_read_as_a_flag(place: Place) -> None:
    place.put("loans/1", Tagging="closed=2012-02-29&disputed=true")
    instance = instance_of(
        EVENT, FromTag(tag="closed"), more=[("disputed", FromTag(tag="disputed"))]
    )
    query = contract_query(instance)
    clock = replace(query.rule.clock, extend_while=(Extension(event="disputed"),))
    query = replace(query, rule=replace(query.rule, clock=clock), decide=lambda _: QUESTION_DUE)
    bucket = place.store()
    (found,) = bucket.find(query)
    bucket.close()
    assert found.facts == [(date(2012, 2, 29), True)]


# Keys


@pytest.mark.parametrize(
    ("key", "fact"),
    [
        ("loans/2012/02/29/1.pdf", date(2012, 2, 29)),
        ("loans/2012/02/1.pdf", date(2012, 2, 29)),
        ("loans/2011/1.pdf", date(2011, 12, 31)),
        ("loans/2011/02/29/1.pdf", Unreadable.UNREADABLE),
        ("loans/2011/13/1.pdf", Unreadable.UNREADABLE),
        ("loans/0000/1.pdf", Unreadable.UNREADABLE),
        ("loans/undated/1.pdf", None),
        ("cards/2012/02/29/1.pdf", None),
    ],
)
def test_a_key_names_a_day_or_it_is_no_reason_to_delete(key: str, fact: object) -> None:
    pattern = re.compile(r"loans/(?P<year>\d{4})/((?P<month>\d\d)/)?((?P<day>\d\d)/)?[^/]*")
    assert date_in_key(pattern, key) == fact


@given(st.dates())
def test_every_day_is_read_back_from_a_key(day: date) -> None:
    pattern = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d).*", re.DOTALL)
    assert date_in_key(pattern, f"{day.isoformat()}\n.pdf") == day


# The record an object belongs to


def linked_query(records: Mapping[str, Facts], asked: list[Sequence[str]] | None = None) -> Query:
    def look_up(groups: Sequence[str]) -> Mapping[str, Facts]:
        if asked is not None:
            asked.append(groups)
        return {group: records[group] for group in groups if group in records}

    group = r"loans/(?P<file_no>[^/]+)/.*"
    instance = instance_of(EVENT, FromInstance(instance="core"), record_group=group)
    return contract_query(instance, linked=look_up)


def test_an_object_is_as_old_as_its_record(place: Place) -> None:
    for key in ("loans/A/1", "loans/A/2", "loans/B/1"):
        place.put(key)
    bucket = place.store()
    query = linked_query({"A": (DUE,), "B": (KEPT,)})
    (found,) = bucket.find(query)
    bucket.close()
    assert found.keys == [("loans/A/1",), ("loans/A/2",)]
    assert (found.groups, found.facts) == (["A", "A"], [(DUE,), (DUE,)])
    assert found.passed_over == {"kept": 1}


def test_an_object_without_its_record_is_counted_never_destroyed(place: Place) -> None:
    for key in ("loans/A/1", "loans/GONE/1", "loans/loose.pdf"):
        place.put(key)
    bucket = place.store()
    (found,) = bucket.find(linked_query({"A": (DUE,)}))
    effect = destroyed(bucket, linked_query({}), batch_of("loans/A/1", "loans/loose.pdf"))
    bucket.close()
    assert (found.keys, found.passed_over) == ([("loans/A/1",)], {"no_linked_record": 2})
    assert effect.outcomes == [Outcome.NO_LONGER_DUE] * 2
    assert set(effect.reasons.values()) == {"no_linked_record"}
    assert len(place.keys()) == 3


def test_a_record_that_changed_its_mind_saves_its_scans(place: Place) -> None:
    place.put("loans/A/1")
    bucket = place.store()
    (batch,) = batches_of(bucket, linked_query({"A": (DUE,)}))
    effect = destroyed(bucket, linked_query({"A": (KEPT,)}), batch)
    bucket.close()
    assert effect.outcomes == [Outcome.NO_LONGER_DUE]
    assert place.keys() == {"loans/A/1"}


def test_records_are_asked_for_once_a_page_not_once_an_object(place: Place) -> None:
    for number in range(30):
        place.put(f"loans/{number % 3}/{number}")
    asked: list[Sequence[str]] = []
    bucket = place.store()
    found_keys(bucket, linked_query({str(n): (DUE,) for n in range(3)}, asked))
    bucket.close()
    assert [sorted(groups) for groups in asked] == [["0", "1", "2"]]


# Declarations that ask too much


@pytest.mark.parametrize(
    ("source", "group", "sentence"),
    [
        (FromColumn(column="closed_on"), None, "read from a column"),
        (FromInstance(instance="core"), None, "has no record_group"),
        (FromTag(tag="closed"), "loans/.*", "exactly one named group"),
        (FromTag(tag="closed"), "loans/(", "no regular expression"),
        (FromName(pattern="loans/.*"), None, "needs a named group 'year'"),
    ],
)
def test_what_no_object_can_answer_is_refused_in_a_sentence(
    place: Place, source: EventSource, group: str | None, sentence: str
) -> None:
    instance = instance_of(EVENT, source, record_group=group)
    bucket: S3Bucket = place.store()
    query = contract_query(instance)
    (problem,) = bucket.describe(query.rule, instance).problems
    assert sentence in problem
    with pytest.raises(StoreMismatch, match="Instance scans"):
        list(bucket.find(query))
    bucket.close()
