"""Killed at any point, resumed, the end and its evidence are those of an uninterrupted run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest

from keepuntil.domain.decision import Keep
from keepuntil.domain.outcomes import Outcome
from keepuntil.stores.protocol import Effect, Intent
from keepuntil.stores.s3 import states
from s3_faults import FaultProxy, Request
from s3_questions import batch_of, destroyed, everything_due
from s3_servers import SERVERS, Place, instance_of, server
from s3_victim import FileJournal
from store_contract import EVENT, contract_query

TESTS = Path(__file__).resolve().parent.parent
KEYS = [f"loans/{n:03}" for n in range(20)]

Moment = Literal["before", "after"]


@dataclass(frozen=True)
class Kill:
    """SIGKILL at the n-th request of an operation, before or after the server has done it."""

    operation: str
    number: int
    moment: Moment


POINTS = [
    pytest.param(Kill("ListObjectVersions", 1, "after"), marks=pytest.mark.slow),  # looking
    Kill("AbortMultipartUpload", 1, "before"),  # the intent is written, nothing is done
    pytest.param(Kill("AbortMultipartUpload", 2, "after"), marks=pytest.mark.slow),
    pytest.param(Kill("DeleteObjects", 1, "after"), marks=pytest.mark.slow),
    Kill("DeleteObjects", 4, "before"),
    pytest.param(Kill("DeleteObjects", 9, "after"), marks=pytest.mark.slow),
    Kill("GetBucketVersioning", 2, "before"),  # all is gone, the second look is to come
]


@pytest.fixture(params=SERVERS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with server(request.param).place("versioned") as place:
        for number, key in enumerate(KEYS):
            place.put(key)
            place.put(key, b"2")
            if number % 3 == 0:
                place.delete(key)
            if number % 5 == 0:
                place.begin_upload(key)
        place.put("loans/0000")
        yield place


def kill_at(place: Place, journal: Path, point: Kill) -> None:
    """Run the batch in another process, and end that process at the point."""
    with FaultProxy(place.server) as proxy:
        victim = subprocess.Popen(
            [
                sys.executable,
                TESTS / "s3_victim.py",
                proxy.endpoint,
                place.server.credentials,
                place.bucket,
                journal,
            ],
            stdin=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": f"{TESTS.parent / 'plugins'}:{TESTS}"},
            text=True,
        )

        def watch(request: Request) -> bool:
            alive = len(proxy.of(point.operation)) < point.number
            if not alive:
                if point.moment == "after" and request.operation == point.operation:
                    proxy.forward(request)
                victim.send_signal(signal.SIGKILL)
                victim.wait()
            return alive

        proxy.before = watch
        victim.communicate("\n".join(map(json.dumps, KEYS)))
    assert victim.returncode == -signal.SIGKILL


def resume(place: Place, journal: FileJournal) -> Effect:
    bucket = place.store()
    try:
        batch = batch_of(*KEYS, earlier=journal.earlier())
        return destroyed(bucket, everything_due(), batch, journal)
    finally:
        bucket.close()


def check(place: Place, before: dict[str, set[tuple[str, str]]], effect: Effect) -> None:
    """The same as if nothing had happened: all of every item is named, once."""
    assert effect.outcomes == [Outcome.DESTROYED] * len(KEYS)
    for key, text, count in zip(KEYS, effect.parts, effect.counts, strict=True):
        parts = states.parse_parts(text)
        assert {(kind, name) for kind, names in parts.items() for name in names} == before[key]
        assert count == len(before[key])
    assert place.keys() == {"loans/0000"}


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_killed_at_any_point_it_resumes_to_the_same_end(
    place: Place, tmp_path: Path, point: Kill
) -> None:
    before = place.parts()
    kill_at(place, tmp_path / "journal", point)
    check(place, before, resume(place, FileJournal(tmp_path / "journal")))


@pytest.mark.slow
def test_killed_again_and_again_it_forgets_nothing(place: Place, tmp_path: Path) -> None:
    before = place.parts()
    for number in (2, 3, 2):
        kill_at(place, tmp_path / "journal", Kill("DeleteObjects", number, "before"))
    check(place, before, resume(place, FileJournal(tmp_path / "journal")))


def test_a_half_destroyed_item_is_finished_though_its_newest_version_is_gone(
    place: Place,
) -> None:
    """What dated it went first; the earlier decision stands, since nothing new has come."""
    key = "loans/half"
    place.put(key, Tagging="other=1")
    newest = place.put(key, b"2", Tagging="closed=2012-02-29")
    batch = batch_of(key, earlier=_intent_for(place, key))
    place.client.delete_object(Bucket=place.bucket, Key=key, VersionId=newest)
    bucket = place.store()
    effect = destroyed(bucket, contract_query(instance_of(EVENT)), batch)
    bucket.close()
    assert (effect.outcomes, effect.counts) == ([Outcome.DESTROYED], [2])


def test_an_item_written_anew_after_the_crash_is_decided_anew(place: Place) -> None:
    key = KEYS[1]
    earlier = _intent_for(place, key)
    some = next(name for kind, name in place.parts()[key] if kind == "version")
    place.client.delete_object(Bucket=place.bucket, Key=key, VersionId=some)
    new = place.put(key, b"a new record")
    query = replace(everything_due(), decide=lambda _: Keep(until=None))
    bucket = place.store()
    effect = destroyed(bucket, query, batch_of(key, earlier=earlier))
    bucket.close()
    assert (effect.outcomes, effect.reasons) == ([Outcome.NO_LONGER_DUE], {0: "kept"})
    assert ("version", new) in place.parts()[key]


def test_an_item_not_yet_begun_is_decided_anew_after_the_crash(place: Place) -> None:
    key = KEYS[1]
    query = replace(everything_due(), decide=lambda _: Keep(until=None))
    bucket = place.store()
    effect = destroyed(bucket, query, batch_of(key, earlier=_intent_for(place, key)))
    bucket.close()
    assert effect.outcomes == [Outcome.NO_LONGER_DUE]
    assert len(place.parts()[key]) == 2


def _intent_for(place: Place, key: str) -> Intent:
    parts: dict[str, frozenset[str]] = {}
    for kind, name in place.parts()[key]:
        parts[kind] = parts.get(kind, frozenset()) | {name}
    text = states.parts_text(parts)
    return Intent(present=bytearray([1]), parts=[text], counts=[states.count_of(parts)])
