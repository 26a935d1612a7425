"""Fifty thousand objects on a real gateway: versions, markers, uploads, locks and legal holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from keepuntil.domain.categories import FromName
from keepuntil.domain.outcomes import Outcome
from keepuntil.stores.protocol import Query
from s3_questions import Journal, destroyed
from s3_servers import Place, instance_of, server
from store_contract import EVENT, batches_of, contract_query

OBJECTS = 50_000
pytestmark = [pytest.mark.ceph, pytest.mark.slow, pytest.mark.timeout(7200)]


def kind_of(number: int) -> str:
    """What stands under a key; a tenth of them is not due yet."""
    for kind, every in (("locked", 97), ("held", 101), ("upload", 53), ("marked", 17)):
        if number % every == 0:
            return kind
    return "plain"


def key_of(number: int) -> str:
    year = 2023 if number % 10 == 0 else 2012
    return f"loans/{number % 97:02}/{year}-03-01/{number:06}.pdf"


def fill(place: Place) -> None:
    until = datetime.now(UTC) + timedelta(days=2)

    def one(number: int) -> None:
        key = key_of(number)
        match kind_of(number):
            case "locked":
                place.put(key, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)
                place.put(key, b"free version of a locked item")
            case "held":
                place.put(key, ObjectLockLegalHoldStatus="ON")
            case "marked":
                place.put(key)
                place.put(key, b"2")
                place.delete(key)
            case "upload":
                place.put(key)
                place.begin_upload(key)
            case _:
                place.put(key)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(one, range(OBJECTS)))


@pytest.fixture
def place() -> Iterator[Place]:
    with server("ceph").place("locked") as place:
        fill(place)
        yield place


def due_scans() -> Query:
    pattern = r"loans/\d\d/(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)/.*"
    return contract_query(instance_of(EVENT, FromName(pattern=pattern)), batch_items=5_000)


def test_fifty_thousand_objects_with_versions_markers_locks_holds_and_uploads(
    place: Place,
) -> None:
    before = place.parts()
    due = {key_of(n): kind_of(n) for n in range(OBJECTS) if n % 10}
    stay = {key for key, kind in due.items() if kind in ("locked", "held")}
    stay |= {key_of(n) for n in range(0, OBJECTS, 10)}
    bucket, query = place.store(), due_scans()
    batches = batches_of(bucket, query)
    assert [key[0] for batch in batches for key in batch.keys] == sorted(due)
    outcomes, reasons, parts = Counter[Outcome](), Counter[str](), 0
    for batch in batches:
        effect = destroyed(bucket, query, batch, Journal())
        outcomes.update(effect.outcomes)
        reasons.update(reason.partition(":")[0] for reason in effect.reasons.values())
        parts += sum(effect.counts)
    kinds = Counter(due.values())
    assert outcomes == {
        Outcome.DESTROYED: len(due) - kinds["locked"] - kinds["held"],
        Outcome.HELD: kinds["locked"] + kinds["held"],
    }
    assert reasons == {"object_lock_until": kinds["locked"], "s3_legal_hold": kinds["held"]}
    assert parts == sum(len(ids) for key, ids in before.items() if key not in stay)
    assert place.parts() == {key: before[key] for key in stay}
    remains = bucket.remains(query, [(key,) for key in sorted(before)])
    assert remains == [len(before[key]) if key in stay else 0 for key in sorted(before)]
    bucket.close()
