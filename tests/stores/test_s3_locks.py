"""Object Lock and legal holds of the store itself: read, reported as held, never bypassed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from keepuntil.domain.holds import Binding, Hold, HoldScope
from keepuntil.domain.outcomes import Outcome
from keepuntil.stores.s3 import S3Bucket
from s3_faults import FaultProxy, refuse
from s3_questions import Journal, batch_of, destroyed, everything_due, found_keys
from s3_servers import SERVERS, Place, server
from store_contract import CATEGORY

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(params=SERVERS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with server(request.param).place("locked") as place:
        yield place


@pytest.fixture
def bucket(place: Place) -> Iterator[S3Bucket]:
    bucket = place.store()
    yield bucket
    bucket.close()


def soon(days: float = 1) -> datetime:
    return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)


def lock(place: Place, key: str, until: datetime, mode: str = "GOVERNANCE") -> str:
    return place.put(key, ObjectLockMode=mode, ObjectLockRetainUntilDate=until)


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_a_locked_object_is_held_until_its_date(place: Place, bucket: S3Bucket, mode: str) -> None:
    until = soon(0.001) if mode == "COMPLIANCE" else soon(400)
    until = max(until, soon(0.0007))
    lock(place, "k", until, mode)
    effect = destroyed(bucket, everything_due(), batch_of("k"))
    assert effect.outcomes == [Outcome.HELD]
    assert effect.reasons == {0: f"object_lock_until:{until.astimezone(ZONE).date()}"}
    assert len(place.parts()["k"]) == 1


def test_a_legal_hold_of_the_store_is_held_without_a_date(place: Place, bucket: S3Bucket) -> None:
    place.put("k", ObjectLockLegalHoldStatus="ON")
    effect = destroyed(bucket, everything_due(), batch_of("k"))
    assert (effect.outcomes, effect.reasons) == ([Outcome.HELD], {0: "s3_legal_hold"})


def test_one_locked_version_keeps_the_whole_item(place: Place, bucket: S3Bucket) -> None:
    """The oldest of three versions, a marker and an upload: all stay, none half destroyed."""
    lock(place, "k", soon())
    place.put("k", b"2")
    place.put("k", b"3")
    place.delete("k")
    place.begin_upload("k")
    place.put("free")
    before = place.parts()["k"]
    journal = Journal()
    effect = destroyed(bucket, everything_due(), batch_of("free", "k"), journal)
    assert effect.outcomes == [Outcome.DESTROYED, Outcome.HELD]
    assert place.parts() == {"k": before}
    assert list(journal.intents[0].present) == [1, 0]


def test_the_latest_of_several_locks_says_until_when(place: Place, bucket: S3Bucket) -> None:
    for days in (3, 40, 20):
        lock(place, "k", soon(days))
    effect = destroyed(bucket, everything_due(), batch_of("k"))
    assert effect.reasons == {0: f"object_lock_until:{soon(40).astimezone(ZONE).date()}"}


def test_a_lock_that_has_ended_and_a_hold_that_was_lifted_are_none(
    place: Place, bucket: S3Bucket
) -> None:
    version = place.put("k", ObjectLockLegalHoldStatus="ON")
    place.client.put_object_legal_hold(
        Bucket=place.bucket, Key="k", VersionId=version, LegalHold={"Status": "OFF"}
    )
    assert destroyed(bucket, everything_due(), batch_of("k")).outcomes == [Outcome.DESTROYED]


def test_locks_are_no_matter_of_planning(place: Place, bucket: S3Bucket) -> None:
    lock(place, "k", soon())
    assert found_keys(bucket, everything_due()) == [("k",)]


def test_bypassing_governance_is_never_asked_for(place: Place) -> None:
    with FaultProxy(place.server) as proxy:
        bucket = place.store(endpoint=proxy.endpoint)
        lock(place, "k", soon())
        place.put("free")
        destroyed(bucket, everything_due(), batch_of("free", "k"))
        bucket.close()
        assert proxy.of("DeleteObjects")
        named = {name.lower() for request in proxy.requests for name in request.headers}
    assert "x-amz-bypass-governance-retention" not in named


def test_a_lock_placed_in_the_last_moment_is_reported_as_held(place: Place) -> None:
    """Between reading the locks and deleting: the server refuses, and the lock is read again."""
    version = place.put("k")
    until = soon()

    class LockingJournal:
        def intend(self, intent: object) -> None:
            place.client.put_object_retention(
                Bucket=place.bucket,
                Key="k",
                VersionId=version,
                Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until},
            )

    bucket = place.store()
    effect = destroyed(bucket, everything_due(), batch_of("k"), LockingJournal())
    bucket.close()
    assert effect.outcomes == [Outcome.HELD]
    assert effect.reasons == {0: f"object_lock_until:{until.astimezone(ZONE).date()}"}


@pytest.mark.parametrize("operation", ["GetObjectRetention", "GetObjectLegalHold"])
def test_who_may_not_see_locks_destroys_nothing(place: Place, operation: str) -> None:
    """HEAD leaves locks out for credentials that may not read them, which looks like none."""
    place.put("k")
    with FaultProxy(place.server) as proxy:
        proxy.always(operation, refuse("AccessDenied", 403))
        bucket = place.store(endpoint=proxy.endpoint)
        journal = Journal()
        effect = destroyed(bucket, everything_due(), batch_of("k"), journal)
        bucket.close()
    assert (effect.outcomes, effect.reasons) == ([Outcome.FAILED], {0: "lock_unreadable"})
    assert (journal.intents, place.keys()) == ([], {"k"})


def test_an_unreadable_lock_configuration_is_no_proof_of_no_locks(place: Place) -> None:
    until = soon()
    lock(place, "k", until)
    with FaultProxy(place.server) as proxy:
        proxy.always("GetObjectLockConfiguration", refuse("AccessDenied", 403))
        bucket = place.store(endpoint=proxy.endpoint)
        effect = destroyed(bucket, everything_due(), batch_of("k"))
        bucket.close()
    assert effect.outcomes == [Outcome.HELD]


def test_a_hold_by_sql_predicate_binds_every_object_of_the_category(
    place: Place, bucket: S3Bucket
) -> None:
    """No object can be asked whether it meets the condition, so none is destroyed."""
    place.put("k")
    hold = Hold(
        hold_id="H-1",
        mandate="court",
        owner="legal",
        category=CATEGORY,
        instance=None,
        scope=HoldScope.PREDICATE,
        value="borrower_id = 7",
        placed_at=datetime(2024, 1, 1, tzinfo=UTC),
        review_by=None,
    )
    query = everything_due()
    binding = Binding([hold], category=CATEGORY, instance=query.instance.id)
    query = type(query)(**{n: getattr(query, n) for n in query.__slots__} | {"binding": binding})
    (found,) = bucket.find(query)
    effect = destroyed(bucket, query, batch_of("k"))
    assert found.held == [("H-1",)]
    assert (effect.outcomes, effect.reasons) == ([Outcome.HELD], {0: "hold:H-1"})
    assert place.keys() == {"k"}
