"""Servers that refuse, break, and answer into the void. After each fault all laws are looked at.

Every deletion is made to fail in both ways: refused, and done with the answer lost.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import pytest

from keepuntil.domain.outcomes import Outcome
from keepuntil.errors import StoreBusy, StoreError, StoreMismatch, StoreUnreachable
from keepuntil.stores.protocol import Effect
from keepuntil.stores.s3 import S3Bucket, deleting, pace
from s3_faults import (
    Action,
    Answer,
    FaultProxy,
    Request,
    comparing_etags,
    cut_answer,
    edit,
    errors_for,
    lose_answer,
    lose_request,
    passed,
    refuse,
)
from s3_questions import Journal, batch_of, destroyed, everything_due, found_keys
from s3_servers import SERVERS, Kind, Place, server

DOOMED = [f"loans/{n:03}" for n in range(12)]
NEIGHBOURS = [f"loans/{n:03}/1" for n in range(0, 12, 6)]


@dataclass
class World:
    """A bucket behind the proxy, filled, with nothing wrong yet."""

    place: Place
    proxy: FaultProxy
    bucket: S3Bucket
    journal: Journal
    before: dict[str, set[tuple[str, str]]]

    def destroy(self, *keys: str) -> Effect:
        batch = batch_of(*(keys or DOOMED))
        effect = destroyed(self.bucket, everything_due(), batch, self.journal)
        self.check(effect, *(keys or DOOMED))
        return effect

    def check(self, effect: Effect, *keys: str) -> None:
        """Every law that a fault could have broken."""
        now = self.place.parts()
        assert len(self.journal.intents) <= 1
        for i, key in enumerate(keys):
            gone = key not in now
            assert gone == (effect.outcomes[i] is Outcome.DESTROYED), (key, effect.reasons)
            if gone:
                intended = self.journal.intents[0]
                assert intended.present[i]
                assert effect.parts[i] == intended.parts[i]
                named = json.loads(effect.parts[i])
                ids = {("version" if kind == "object" else kind, i) for kind in named
                       for (i,) in named[kind]}  # fmt: skip
                if "object" not in named:
                    assert ids == self.before[key]
            else:
                assert (effect.parts[i], effect.counts[i]) == ("", 0)
                assert effect.reasons[i]
        for key in NEIGHBOURS:
            assert now[key] == self.before[key]
        assert self.proxy.used_up


@pytest.fixture(params=SERVERS)
def server_name(request: pytest.FixtureRequest) -> str:
    server(request.param)
    return str(request.param)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same loops with less patience."""
    monkeypatch.setattr(deleting, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(deleting, "ROUNDS_WITHOUT_PROGRESS", 3)
    monkeypatch.setattr(deleting, "FEWEST_KEYS", 3)


@pytest.fixture
def world(server_name: str, hurried: None) -> Iterator[World]:
    with make_world(server_name, "versioned") as world:
        yield world


@pytest.fixture(params=["versioned", "unversioned"])
def either_world(
    request: pytest.FixtureRequest, server_name: str, hurried: None
) -> Iterator[World]:
    with make_world(server_name, request.param) as world:
        yield world


class make_world:  # noqa: N801 - used as a function
    """A world of one kind of bucket."""

    def __init__(self, name: str, kind: Kind) -> None:
        self._place = server(name).place(kind)
        self._name = name

    def __enter__(self) -> World:
        place = self._place.__enter__()
        versioned = place.client.get_bucket_versioning(Bucket=place.bucket).get("Status")
        for key in DOOMED + NEIGHBOURS:
            place.put(key)
        if versioned:
            for key in DOOMED[::4]:
                place.put(key, b"2")
                place.delete(key)
        self._proxy = FaultProxy(place.server).__enter__()
        bucket = place.store(endpoint=self._proxy.endpoint)
        return World(place, self._proxy, bucket, Journal(), place.parts())

    def __exit__(self, *error: object) -> None:
        self._proxy.__exit__(None, None, None)
        self._place.__exit__(None, None, None)


BOTH_WAYS: dict[str, list[Action]] = {
    "refused with SlowDown": [refuse("SlowDown", 503)] * 3,
    "refused with an internal error": [refuse("InternalError", 500)],
    "refused with 429": [refuse("TooManyRequests", 429)],
    "connection closed before": [lose_request] * 2,
    "done, and the connection closed": [lose_answer] * 2,
    "done, and half of the answer sent": [cut_answer] * 2,
    "done, and the answer is no XML": [edit(lambda _: b"<html>proxy error")],
    "all of it in turn": [refuse("SlowDown", 503), lose_answer, lose_request, cut_answer],
}


@pytest.mark.parametrize("fault", BOTH_WAYS)
def test_whether_refused_or_done_and_unheard_the_end_is_the_same(world: World, fault: str) -> None:
    world.proxy.script("DeleteObjects", *BOTH_WAYS[fault])
    effect = world.destroy()
    assert effect.outcomes == [Outcome.DESTROYED] * len(DOOMED)
    assert len(world.journal.intents) == 1


def test_a_bucket_without_versions_is_emptied_in_spite_of_all_faults(
    server_name: str, hurried: None
) -> None:
    with make_world(server_name, "unversioned") as world:
        world.proxy.script("DeleteObjects", *BOTH_WAYS["all of it in turn"])
        assert world.destroy().outcomes == [Outcome.DESTROYED] * len(DOOMED)


@pytest.mark.parametrize("fault", [lose_request, lose_answer, refuse("SlowDown", 503)])
def test_an_upload_is_aborted_in_spite_of_faults(
    server_name: str, fault: Action, hurried: None
) -> None:
    with make_world(server_name, "versioned") as world:
        world.place.begin_upload(DOOMED[0])
        world.before = world.place.parts()
        world.proxy.script("AbortMultipartUpload", fault)
        assert world.destroy(DOOMED[0]).outcomes == [Outcome.DESTROYED]


def test_every_keys_own_result_is_read(either_world: World) -> None:
    """DeleteObjects answered 200, with an ``Errors`` list."""
    either_world.proxy.always("DeleteObjects", errors_for("AccessDenied", DOOMED[7], DOOMED[9]))
    effect = either_world.destroy()
    refused = [i for i, outcome in enumerate(effect.outcomes) if outcome is Outcome.FAILED]
    assert refused == [7, 9]
    assert {effect.reasons[i] for i in refused} == {"AccessDenied"}


def test_results_that_only_fail_for_now_are_asked_for_again(world: World) -> None:
    world.proxy.script("DeleteObjects", errors_for("InternalError", *DOOMED[:5]))
    assert world.destroy().outcomes == [Outcome.DESTROYED] * len(DOOMED)


def test_a_key_that_keeps_failing_fails_alone(world: World) -> None:
    world.proxy.always("DeleteObjects", errors_for("InternalError", DOOMED[3]))
    effect = world.destroy()
    assert effect.outcomes.count(Outcome.DESTROYED) == len(DOOMED) - 1
    assert effect.reasons == {3: "InternalError"}


def test_a_key_missing_from_the_answer_has_no_result(world: World) -> None:
    """Neither deleted nor an error: the listing decides, and it is gone."""
    cut = re.compile(rb"<Deleted>(?:(?!</Deleted>).)*loans/003<.*?</Deleted>", re.DOTALL)
    world.proxy.always("DeleteObjects", edit(lambda body: cut.sub(b"", body)))
    assert world.destroy().outcomes == [Outcome.DESTROYED] * len(DOOMED)


def test_a_server_that_says_deleted_and_does_nothing_is_not_believed(either_world: World) -> None:
    def pretend(request: Request, _: FaultProxy) -> Answer:
        done = re.sub(rb"<ETag>.*?</ETag>", b"", request.body, flags=re.DOTALL)
        entries = re.findall(rb"<Object>(.*?)</Object>", done, re.DOTALL)
        said = b"".join(b"<Deleted>%b</Deleted>" % entry for entry in entries)
        return Answer(200, [], b"<DeleteResult>%b</DeleteResult>" % said)

    either_world.proxy.always("DeleteObjects", pretend)
    effect = either_world.destroy()
    assert effect.outcomes == [Outcome.FAILED] * len(DOOMED)
    assert set(effect.reasons.values()) == {"still_there"}


def test_a_server_that_stays_too_busy_is_left_alone_and_the_intent_stands(world: World) -> None:
    world.proxy.always("DeleteObjects", refuse("SlowDown", 503))
    with pytest.raises(StoreBusy, match="SlowDown"):
        world.destroy()
    assert len(world.journal.intents) == 1
    assert world.place.parts() == world.before
    assert world.bucket.pressure() is not None


def test_nothing_is_deleted_when_the_bucket_is_revoked_under_way(world: World) -> None:
    world.proxy.always("DeleteObjects", refuse("InvalidAccessKeyId", 403))
    with pytest.raises(StoreUnreachable, match="refuses the credentials"):
        world.destroy()
    assert world.place.parts() == world.before


def test_who_may_not_delete_fails_every_item_visibly(world: World) -> None:
    world.proxy.always("DeleteObjects", refuse("AccessDenied", 403))
    effect = world.destroy()
    assert effect.outcomes == [Outcome.FAILED] * len(DOOMED)
    assert set(effect.reasons.values()) == {"AccessDenied"}


def test_a_version_written_while_its_key_is_being_destroyed_survives(server_name: str) -> None:
    with make_world(server_name, "versioned") as world:
        written: list[str] = []

        def write(request: Request) -> bool:
            if request.operation == "DeleteObjects" and not written:
                written.append(world.place.put(DOOMED[3], b"a new record"))
            return True

        world.proxy.before = write
        effect = world.destroy()
        assert effect.reasons == {3: "changed"}
        assert world.place.parts()[DOOMED[3]] == {("version", written[0])}


def test_no_marker_goes_before_what_it_hides(world: World) -> None:
    """Taken away too early it would show the record again to every application."""
    marked = [key for key, parts in world.before.items() if len(parts) > 1]
    world.destroy()
    order = [request.body.decode() for request in world.proxy.of("DeleteObjects")]
    for key in marked:
        where = {
            kind: [n for n, body in enumerate(order) for k, i in world.before[key]
                   if k == kind and f"<VersionId>{i}<" in body]
            for kind in ("version", "marker")
        }  # fmt: skip
        assert max(where["version"]) < min(where["marker"])


def test_a_marker_stays_when_what_it_hides_was_refused(world: World) -> None:
    key = DOOMED[0]
    world.proxy.always("DeleteObjects", errors_for("AccessDenied", key))
    world.destroy()
    assert world.place.parts()[key] == world.before[key]


def test_an_upload_that_completes_in_between_is_seen(server_name: str) -> None:
    """It leaves one listing before it enters the other, so uploads are listed first."""
    with make_world(server_name, "versioned") as world:
        client, bucket = world.place.client, world.place.bucket
        key = DOOMED[1]
        world.place.remove(key)
        upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        part = client.upload_part(
            Bucket=bucket, Key=key, UploadId=upload, PartNumber=1, Body=b"part"
        )
        done: list[str] = []

        def complete(request: Request) -> bool:
            if request.operation == "ListObjectVersions" and not done:
                done.append("now")
                client.complete_multipart_upload(
                    Bucket=bucket,
                    Key=key,
                    UploadId=upload,
                    MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
                )
            return True

        world.proxy.before = complete
        (remains,) = world.bucket.remains(everything_due(), [(key,)])
        assert (done, remains > 0) == (["now"], True)


@pytest.mark.parametrize("quoted", [True, False])
def test_an_object_overwritten_in_the_last_moment_is_spared_by_servers_that_can(
    hurried: None, quoted: bool
) -> None:
    """AWS and later gateways compare the ETag; some with its quotes, some without."""
    with make_world("moto", "unversioned") as world:
        listed = world.place.client.list_objects_v2(Bucket=world.place.bucket)["Contents"]
        etags = {found["Key"]: found["ETag"].strip('"') for found in listed}
        etags[DOOMED[4]] = "of another content"
        world.proxy.always("DeleteObjects", comparing_etags(etags, quoted=quoted))
        effect = world.destroy()
        assert effect.outcomes.count(Outcome.DESTROYED) == len(DOOMED) - 1
        assert effect.reasons == {4: "PreconditionFailed"}


@pytest.mark.parametrize(
    "fault", [refuse("SlowDown", 503), refuse("InternalError", 500), lose_request, cut_answer]
)
@pytest.mark.parametrize("operation", ["ListObjectVersions", "ListMultipartUploads"])
def test_reading_goes_on_after_a_fault(world: World, fault: Action, operation: str) -> None:
    world.proxy.script(operation, fault)
    keys = found_keys(world.bucket, everything_due())
    assert keys == [(key,) for key in sorted(DOOMED + NEIGHBOURS)]
    assert world.proxy.used_up


@pytest.mark.parametrize(
    ("change", "error"),
    [("truncated", "cut a listing"), ("turned round", "order of their UTF-8 bytes")],
)
def test_a_listing_that_could_hide_keys_is_refused(
    server_name: str, change: str, error: str
) -> None:
    with make_world(server_name, "versioned") as world:
        world.proxy.always("ListObjectVersions", edit(_CHANGES[change]))
        with pytest.raises(StoreMismatch, match=error):
            found_keys(world.bucket, everything_due())
        with pytest.raises(StoreMismatch, match=error):
            world.bucket.remains(everything_due(), [(key,) for key in DOOMED])


def _truncated(body: bytes) -> bytes:
    """Cut short, without saying where to go on."""
    body = body.replace(b"<IsTruncated>false", b"<IsTruncated>true")
    return re.sub(rb"<Next\w+>[^<]*</Next\w+>", b"", body)


def _turned_round(body: bytes) -> bytes:
    entries = re.findall(rb"<Version>.*?</Version>", body, re.DOTALL)
    rest = re.sub(rb"<Version>.*?</Version>", b"", body, flags=re.DOTALL)
    end = rest.rindex(b"</")
    return rest[:end] + b"".join(reversed(entries)) + rest[end:]


_CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "truncated": _truncated,
    "turned round": _turned_round,
}


@pytest.mark.parametrize("kind", ["versioned", "unversioned"])
def test_no_more_than_a_thousand_keys_go_in_one_request(
    kind: Literal["versioned", "unversioned"], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The embedded server would take more; real ones refuse 1001."""
    monkeypatch.setattr(deleting, "FEWEST_KEYS", 5000)
    monkeypatch.setattr(deleting, "MOST_KEYS", 4)
    with make_world("moto", kind) as world:
        world.destroy()
        sizes = [request.body.count(b"<Object>") for request in world.proxy.of("DeleteObjects")]
    assert max(sizes) <= 4
    assert not any(b"<Quiet>true" in request.body for request in world.proxy.requests)


def test_fewer_requests_are_in_flight_after_the_server_asked_to_slow_down() -> None:
    gate = pace.Pace()
    before = gate.limit
    gate.throttled(sent_at=float("inf"))
    assert gate.limit == before // 2
    for _ in range(100):
        gate.throttled(sent_at=float("inf"))
    assert gate.limit == 1
    for _ in range(1000):
        gate.answered(0.001)
    assert gate.limit == pace.MOST_IN_FLIGHT
    for _ in range(1000):
        gate.answered(0.1)
    assert 1 <= gate.limit <= pace.MANY_QUEUED + 1


def test_no_error_and_no_log_line_holds_a_key_or_a_secret(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The server's own messages hold keys here: the proxy plants one in each."""
    secret = world.place.server.secret
    said: list[str] = []
    with caplog.at_level(logging.INFO):
        for operation in ("ListObjectVersions", "DeleteObjects"):
            for code, status in (("AccessDenied", 403), ("SlowDown", 503), ("Odd", 400)):
                world.proxy.always(operation, refuse(code, status))
                try:
                    effect = destroyed(world.bucket, everything_due(), batch_of(*DOOMED[:2]))
                    said += effect.reasons.values()
                except StoreError as error:
                    said += traceback.format_exception(error)
            world.proxy.always(operation, passed)
    assert said
    said += [record.getMessage() for record in caplog.records if "werkzeug" not in record.name]
    assert not [line for line in said if "loans/" in line or secret in line]
