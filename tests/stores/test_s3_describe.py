"""What is wrong with a bucket is said before anything runs, to the person who can mend it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from keepuntil.errors import StoreError, StoreMismatch, StoreUnreachable
from keepuntil.stores.protocol import Description
from keepuntil.stores.s3 import S3Bucket
from s3_faults import Answer, FaultProxy, Request, refuse
from s3_questions import everything_due, found_keys
from s3_servers import SERVERS, Place, Server, instance_of, server
from store_contract import EVENT, contract_rule

INSTANCE = instance_of(EVENT)


@pytest.fixture(params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    server(request.param)
    return str(request.param)


@pytest.fixture
def place(name: str) -> Iterator[Place]:
    with server(name).place("versioned") as place:
        yield place


def described(store: S3Bucket) -> Description:
    try:
        return store.describe(contract_rule(INSTANCE), INSTANCE)
    finally:
        store.close()


def through(place: Place, proxy: FaultProxy) -> S3Bucket:
    return place.store(endpoint=proxy.endpoint)


def test_a_gone_bucket_is_named(place: Place) -> None:
    for ask in (described, lambda store: found_keys(store, everything_due())):
        with pytest.raises(StoreUnreachable, match="no bucket never-was at http"):
            ask(place.store(bucket="never-was"))


def test_a_server_that_is_not_there_is_named(place: Place) -> None:
    with pytest.raises(StoreUnreachable, match=r"nothing answers at http://127\.0\.0\.1:9"):
        described(place.store(endpoint="http://127.0.0.1:9"))


@pytest.mark.ceph
@pytest.mark.parametrize("credentials", ["testaccess:wrong", "nobody:wrong"])
def test_wrong_credentials_are_said_without_being_repeated(credentials: str) -> None:
    gateway: Server = server("ceph")
    key = gateway.key if credentials.startswith("testaccess") else "nobody"
    with gateway.place("versioned") as place:
        bucket = S3Bucket(place.declaration(), f"{key}:wrong")
        with pytest.raises(StoreUnreachable, match="refuses the credentials") as raised:
            described(bucket)
    assert "wrong" not in raised.value.sentence


@pytest.mark.parametrize("credentials", ["", "no-colon-SECRET", ":SECRET", "SECRET:"])
def test_credentials_of_another_form_are_refused_without_being_repeated(
    place: Place, credentials: str
) -> None:
    with pytest.raises(StoreUnreachable, match="not of the form KEY:SECRET") as raised:
        S3Bucket(place.declaration(), credentials)
    assert "SECRET:" not in raised.value.sentence.replace("KEY:SECRET", "")


@pytest.mark.parametrize(
    ("operation", "permission"),
    [
        ("ListObjectVersions", "s3:ListBucketVersions"),
        ("ListMultipartUploads", "s3:ListBucketMultipartUploads"),
    ],
)
def test_a_missing_permission_is_a_problem_with_its_name(
    place: Place, operation: str, permission: str
) -> None:
    with FaultProxy(place.server) as proxy:
        proxy.always(operation, refuse("AccessDenied", 403))
        (problem,) = described(through(place, proxy)).problems
        store = through(place, proxy)
        with pytest.raises(StoreUnreachable, match=permission):
            found_keys(store, everything_due())
        store.close()
    assert permission in problem
    assert place.bucket in problem


def test_who_may_not_see_the_versioning_status_is_asked_for_all_versions(place: Place) -> None:
    place.put("loans/1")
    place.put("loans/1", b"2")
    place.delete("loans/1")
    with FaultProxy(place.server) as proxy:
        proxy.always("GetBucketVersioning", refuse("AccessDenied", 403))
        assert any("s3:GetBucketVersioning" in w for w in described(through(place, proxy)).warnings)
        store = through(place, proxy)
        assert store.remains(everything_due(), [("loans/1",)]) == [3]
        store.close()


def test_a_server_without_versions_is_taken_for_one(place: Place) -> None:
    place.put("loans/1")
    with FaultProxy(place.server) as proxy:
        proxy.always("GetBucketVersioning", refuse("NotImplemented", 501))
        store = through(place, proxy)
        assert store.remains(everything_due(), [("loans/1",)]) == [1]
        assert not proxy.of("ListObjectVersions")
        store.close()


def test_a_server_that_cannot_list_uploads_is_refused(place: Place) -> None:
    with FaultProxy(place.server) as proxy:
        proxy.always("ListMultipartUploads", refuse("NotImplemented", 501))
        (problem,) = described(through(place, proxy)).problems
        store = through(place, proxy)
        with pytest.raises(StoreMismatch, match="does not offer ListMultipartUploads"):
            found_keys(store, everything_due())
        store.close()
    assert "does not offer ListMultipartUploads" in problem


def test_deleting_with_a_second_factor_is_a_problem(place: Place) -> None:
    def with_factor(request: Request, proxy: FaultProxy) -> Answer:
        body = (
            b"<VersioningConfiguration><Status>Enabled</Status>"
            b"<MfaDelete>Enabled</MfaDelete></VersioningConfiguration>"
        )
        return Answer(200, [], body)

    with FaultProxy(place.server) as proxy:
        proxy.always("GetBucketVersioning", with_factor)
        (problem,) = described(through(place, proxy)).problems
    assert "MFA Delete" in problem


def test_suspended_versioning_is_warned_of(place: Place) -> None:
    assert described(place.store()).warnings == ()
    place.set_versioning(enabled=False)
    (warning,) = described(place.store()).warnings
    assert "suspended" in warning


def test_object_lock_is_warned_of(name: str) -> None:
    with server(name).place("locked") as place:
        (warning,) = described(place.store()).warnings
        place.client.put_object_lock_configuration(
            Bucket=place.bucket,
            ObjectLockConfiguration={
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}},
            },
        )
        both = described(place.store()).warnings
    assert "never bypassed" in warning
    assert any("locked by default" in line for line in both)


def test_a_lifecycle_rule_of_the_bucket_is_warned_of_where_it_reaches(place: Place) -> None:
    def rule(prefix: str, days: int) -> None:
        place.client.put_bucket_lifecycle_configuration(
            Bucket=place.bucket,
            LifecycleConfiguration={
                "Rules": [
                    {
                        "ID": "tidy",
                        "Status": "Enabled",
                        "Filter": {"Prefix": prefix},
                        "Expiration": {"Days": days},
                    }
                ]
            },
        )

    rule("loans/2012/", 3650)
    (warning,) = described(place.store()).warnings
    assert "lifecycle rule tidy expires objects" in warning
    rule("", 3650)
    assert described(place.store()).warnings
    rule("cards/", 3650)
    assert described(place.store()).warnings == ()


def test_replication_is_warned_of(place: Place) -> None:
    def replicated(request: Request, proxy: FaultProxy) -> Answer:
        body = (
            b"<ReplicationConfiguration><Role>r</Role><Rule><Status>Enabled</Status>"
            b"<Destination><Bucket>arn:aws:s3:::b</Bucket></Destination></Rule>"
            b"</ReplicationConfiguration>"
        )
        return Answer(200, [], body)

    with FaultProxy(place.server) as proxy:
        proxy.always("GetBucketReplication", replicated)
        (warning,) = described(through(place, proxy)).warnings
    assert "never replicated" in warning


def test_objects_lend_no_events_and_rows_are_no_objects(place: Place) -> None:
    store = place.store()
    with pytest.raises(StoreMismatch, match="borrowed from a table"):
        store.look_up(everything_due(), ["A"])
    store.close()


def test_the_operators_word_on_recovery_is_in_the_caveat(place: Place) -> None:
    store = place.store(irrecoverable_after="PT2H")
    assert "irrecoverable PT2H after deletion" in store.facts.caveat.en
    assert "PT2H" in store.facts.caveat.zh
    store.close()


def test_closing_twice_and_using_again_is_no_error(place: Place) -> None:
    store = place.store()
    for _ in range(2):
        assert store.remains(everything_due(), [("loans/1",)]) == [0]
        store.close()
        store.close()


@pytest.mark.parametrize(
    ("code", "status", "sentence"),
    [
        ("RequestTimeTooSkewed", 403, "clocks"),
        ("ExpiredToken", 400, "refuses the credentials"),
        ("Strange", 418, "answers Strange to ListObjectVersions"),
    ],
)
def test_every_refusal_is_a_sentence(place: Place, code: str, status: int, sentence: str) -> None:
    with FaultProxy(place.server) as proxy:
        proxy.always("ListObjectVersions", refuse(code, status))
        store = through(place, proxy)
        with pytest.raises(StoreError, match=sentence):
            found_keys(store, everything_due())
        store.close()
