"""Exactly these keys, with everything under them, and nothing beside them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from keepuntil.domain.categories import FromName
from keepuntil.domain.outcomes import Outcome
from keepuntil.errors import StoreMismatch
from keepuntil.stores.s3 import S3Bucket, listing, surveying
from keepuntil.stores.s3.deleting import NOT_IN_XML
from s3_questions import Journal, batch_of, destroyed, everything_due, found_keys
from s3_servers import SERVERS, Place, instance_of, keys_for, server
from store_contract import EVENT, batches_of, contract_query


@pytest.fixture(params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    server(request.param)
    return str(request.param)


@pytest.fixture
def place(name: str) -> Iterator[Place]:
    with server(name).place("versioned") as place:
        yield place


@pytest.fixture
def bucket(place: Place) -> Iterator[S3Bucket]:
    bucket = place.store()
    yield bucket
    bucket.close()


def test_a_listing_by_prefix_never_takes_sibling_keys(place: Place, bucket: S3Bucket) -> None:
    for key in ("a/1", "a/10", "a/1/", "a/1/x", "a/", "a", "a/0"):
        place.put(key)
    effect = destroyed(bucket, everything_due(), batch_of("a/1"))
    assert effect.outcomes == [Outcome.DESTROYED]
    assert place.keys() == {"a/10", "a/1/", "a/1/x", "a/", "a", "a/0"}


def test_every_key_that_s3_allows_is_destroyed_alone(
    name: str, place: Place, bucket: S3Bucket
) -> None:
    keys = keys_for(name)
    for key in keys:
        place.put(key)
        place.put(key, b"again")
    query, left = everything_due(), sorted(keys)
    for key in sorted(keys)[::5]:
        effect = destroyed(bucket, query, batch_of(key))
        assert effect.outcomes == [Outcome.DESTROYED], repr(key)
        assert bucket.remains(query, [(key,)]) == [0]
        left.remove(key)
    assert bucket.remains(query, [(key,) for key in left]) == [2] * len(left)


def test_every_key_that_s3_allows_is_found_in_order(
    name: str, place: Place, bucket: S3Bucket
) -> None:
    keys = keys_for(name)
    for key in keys:
        place.put(key)
    assert found_keys(bucket, everything_due()) == [(key,) for key in sorted(keys)]


@pytest.mark.parametrize("size", [1, 3])
def test_pages_of_any_size_lose_no_key(
    name: str, place: Place, bucket: S3Bucket, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page may end anywhere: inside a key's versions, on a key of odd characters, on a marker."""
    monkeypatch.setattr(listing, "PAGE", size)
    monkeypatch.setattr(surveying, "PAGE", size)
    monkeypatch.setattr(surveying, "SMALLEST_PAGE", size)
    keys = sorted(keys_for(name))
    for key in keys:
        place.put(key)
        place.put(key, b"again")
        place.delete(key)
    for key in keys[::2]:
        if not NOT_IN_XML.search(key):
            place.begin_upload(key)
    parts = place.parts()
    query = everything_due()
    assert found_keys(bucket, query) == [(key,) for key in keys]
    for some in (keys, keys[1::3]):
        assert bucket.remains(query, [(key,) for key in some]) == [len(parts[k]) for k in some]


def test_an_unfinished_upload_of_a_key_that_xml_cannot_carry_goes_too(name: str) -> None:
    if name == "moto":
        pytest.skip("the embedded server cannot list control characters in keys")
    key = "a\x01/%41"
    with server(name).place("unversioned") as place:
        place.begin_upload("a/%41")
        client = place.server.client_of_one_attempt
        with pytest.raises(ClientError):  # begun, but the answer repeats the key
            client.create_multipart_upload(Bucket=place.bucket, Key=key)
        bucket, query = place.store(), everything_due()
        assert found_keys(bucket, query) == [("a\x01/%41",), ("a/%41",)]
        effect = destroyed(bucket, query, batch_of(key))
        assert (effect.outcomes, effect.counts) == ([Outcome.DESTROYED], [1])
        assert bucket.remains(query, [(key,), ("a/%41",)]) == [0, 1]
        bucket.close()


def test_every_key_goes_at_once_from_a_bucket_without_versions(name: str) -> None:
    keys = keys_for(name)
    with server(name).place("unversioned") as place:
        for key in keys:
            place.put(key)
        bucket = place.store()
        kept = sorted(keys)[::4]
        query = everything_due()
        batch = batch_of(*(key for key in sorted(keys) if key not in kept))
        effect = destroyed(bucket, query, batch)
        assert Counter(effect.outcomes) == {Outcome.DESTROYED: len(batch.keys)}
        assert set(bucket.fingerprints(query, batch.keys)) == {None}
        assert bucket.remains(query, [(key,) for key in kept]) == [1] * len(kept)
        bucket.close()


def test_versions_markers_and_uploads_all_go_and_are_all_named(
    place: Place, bucket: S3Bucket
) -> None:
    ids = {place.put("k"), place.put("k", b"2")}
    marker = place.delete("k")
    upload = place.begin_upload("k")
    query, batch = everything_due(), batch_of("k")
    assert bucket.remains(query, batch.keys) == [4]
    effect = destroyed(bucket, query, batch)
    assert place.keys() == set()
    (parts,), (count,) = effect.parts, effect.counts
    named = json.loads(parts)
    assert {i for (i,) in named["version"]} == ids
    assert (named["marker"], named["upload"], count) == ([[marker]], [[upload]], 4)
    assert parts.isascii()


def test_verified_empty_means_no_version_marker_or_upload_is_left(
    place: Place, bucket: S3Bucket
) -> None:
    """What applications call deleted leaves everything behind a marker."""
    place.put("k")
    place.delete("k")
    place.begin_upload("u")
    query = everything_due()
    assert "Contents" not in place.client.list_objects_v2(Bucket=place.bucket)
    assert bucket.remains(query, [("k",), ("u",), ("none",)]) == [2, 1, 0]


def test_a_key_with_only_a_marker_or_only_an_upload_is_an_item(
    place: Place, bucket: S3Bucket
) -> None:
    version = place.put("2012/marker")
    place.delete("2012/marker")
    place.client.delete_object(Bucket=place.bucket, Key="2012/marker", VersionId=version)
    place.begin_upload("2012/upload")
    place.begin_upload("2012/upload")
    place.put("2012/version")
    source = FromName(pattern=r"(?P<year>2\d\d\d).*")
    query = contract_query(instance_of(EVENT, source, prefix=""))
    (batch,) = batches_of(bucket, query)
    assert [key[0] for key in batch.keys] == ["2012/marker", "2012/upload", "2012/version"]
    effect = destroyed(bucket, query, batch)
    assert effect.counts == [1, 2, 1]
    assert place.keys() == set()


def test_the_null_version_of_a_suspended_bucket_goes_too(name: str) -> None:
    with server(name).place("unversioned") as place:
        place.put("k", b"before versioning")
        place.set_versioning(enabled=True)
        numbered = place.put("k", b"numbered")
        bucket = place.store()
        effect = destroyed(bucket, everything_due(), batch_of("k"))
        bucket.close()
        assert {i for (i,) in json.loads(effect.parts[0])["version"]} == {"null", numbered}
        assert place.keys() == set()


def test_an_object_of_another_category_is_left_alone(place: Place, bucket: S3Bucket) -> None:
    place.put("loans/1.pdf")
    place.put("loans/1.txt")
    place.put("cards/1.pdf")
    source = FromName(pattern=r".*(?P<year>\d)?.*")
    instance = instance_of(EVENT, source, prefix="loans/", pattern=r".*\.pdf")
    query = replace(everything_due(), instance=instance)
    assert found_keys(bucket, query) == [("loans/1.pdf",)]
    effect = destroyed(bucket, query, batch_of("cards/1.pdf", "loans/1.pdf", "loans/1.txt"))
    assert effect.outcomes == [Outcome.NO_LONGER_DUE, Outcome.DESTROYED, Outcome.NO_LONGER_DUE]
    assert place.keys() == {"loans/1.txt", "cards/1.pdf"}


def test_a_line_break_in_a_key_takes_no_object_out_of_its_category(name: str) -> None:
    if name == "moto":
        pytest.skip("the embedded server cannot take line breaks in keys")
    with server(name).place("versioned") as place:
        place.put("loans/2012\n.pdf")
        bucket = place.store()
        source = FromName(pattern=r"loans/(?P<year>\d{4}).*")
        instance = instance_of(EVENT, source, pattern=r"loans/.*\.pdf")
        (batch,) = batches_of(bucket, contract_query(instance))
        bucket.close()
        assert batch.keys == [("loans/2012\n.pdf",)]


def test_a_record_written_anew_while_its_plan_waited_is_decided_anew(
    place: Place, bucket: S3Bucket
) -> None:
    place.put("loans/1", Tagging="closed=2012-02-29")
    query = contract_query(instance_of(EVENT))
    (batch,) = batches_of(bucket, query)
    place.put("loans/1", b"reopened", Tagging="closed=2023-11-05")
    journal = Journal()
    effect = destroyed(bucket, query, batch, journal)
    assert (effect.outcomes, effect.reasons) == ([Outcome.NO_LONGER_DUE], {0: "kept"})
    assert journal.intents == []
    assert len(place.parts()["loans/1"]) == 2


def test_a_key_that_cannot_be_an_objects_is_refused(bucket: S3Bucket) -> None:
    query = everything_due()
    for key in ((1,), ("a", "b"), (b"a",), ("",)):
        with pytest.raises(StoreMismatch, match="not the key of an object"):
            bucket.remains(query, [key])
