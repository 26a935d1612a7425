"""Buckets keep the contract of every store: dated by tag, by metadata, by key, by a record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import ClassVar

import pytest

from keepuntil.domain.categories import EventSource, FromMetadata, FromName, FromTag, StoredInstance
from keepuntil.domain.items import Key
from keepuntil.stores.protocol import Store
from s3_servers import SERVERS, Kind, Place, instance_of, server
from store_contract import EVENT, KEPT, StoreContract, World


class ScansByTag:
    """Each record: two versions, a marker between them, and an unfinished upload."""

    kind: ClassVar[Kind] = "versioned"
    source: ClassVar[EventSource] = FromTag(tag="closed")

    def __init__(self, place: Place) -> None:
        self.place = place
        self.instance: StoredInstance = instance_of(
            EVENT, self.source, record_group=r"loans/(?P<g>[^/]+)/.*"
        )

    def store(self) -> Store:
        return self.place.store()

    def put(self, number: int, closed_on: date | None, *, group: str | None = None) -> Key:
        key = f"loans/{group or 'none'}/{number:04}"
        self.place.put(key, b"older")
        self.place.delete(key)
        self.write(key, closed_on)
        self.place.begin_upload(key)
        return (key,)

    def write(self, key: str, closed_on: date | None, body: bytes = b"scan") -> None:
        self.place.put(key, body, Tagging=f"closed={closed_on}" if closed_on else "other=1")

    def keys(self) -> set[Key]:
        return {(key,) for key in self.place.parts()}

    def remove(self, key: Key) -> None:
        self.place.remove(str(key[0]))

    def postpone(self, key: Key) -> bool:
        self.place.client.put_object_tagging(
            Bucket=self.place.bucket,
            Key=str(key[0]),
            Tagging={"TagSet": [{"Key": "closed", "Value": f"{KEPT}"}]},
        )
        return True

    def alter(self, key: Key) -> None:
        self.write(str(key[0]), KEPT, b"another page")


class ScansByMetadata(ScansByTag):
    """Each record: one object of a bucket that never had versions."""

    kind = "unversioned"
    source = FromMetadata(name="Closed-On")

    def put(self, number: int, closed_on: date | None, *, group: str | None = None) -> Key:
        key = f"loans/{group or 'none'}/{number:04}"
        self.write(key, closed_on)
        return (key,)

    def write(self, key: str, closed_on: date | None, body: bytes = b"scan") -> None:
        self.place.put(key, body, Metadata={"closed-on": f"{closed_on}"} if closed_on else {})

    def postpone(self, key: Key) -> bool:
        self.write(str(key[0]), KEPT)
        return True


class ScansByKey(ScansByTag):
    """Each record: a version from before versioning was suspended, and a ``null`` one."""

    kind = "suspended"
    source = FromName(pattern=r"loans/(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d)/.*")

    def put(self, number: int, closed_on: date | None, *, group: str | None = None) -> Key:
        folder = closed_on.strftime("%Y/%m/%d") if closed_on else "undated"
        key = f"loans/{folder}/{group or 'none'}-{number:04}"
        self.place.set_versioning(enabled=True)
        self.place.put(key, b"older")
        self.place.set_versioning(enabled=False)
        self.place.put(key, b"null version")
        return (key,)

    def postpone(self, key: Key) -> bool:
        return False

    def alter(self, key: Key) -> None:
        self.place.put(str(key[0]), b"another page")


@contextmanager
def _world(name: str, scans: type[ScansByTag]) -> Iterator[World]:
    with server(name).place(scans.kind) as place:
        yield scans(place)


class TestVersionedScansDatedByTag(StoreContract):
    @pytest.fixture(params=SERVERS)
    def world(self, request: pytest.FixtureRequest) -> Iterator[World]:
        with _world(request.param, ScansByTag) as world:
            yield world


class TestUnversionedScansDatedByMetadata(StoreContract):
    @pytest.fixture(params=SERVERS)
    def world(self, request: pytest.FixtureRequest) -> Iterator[World]:
        with _world(request.param, ScansByMetadata) as world:
            yield world


class TestSuspendedScansDatedByKey(StoreContract):
    @pytest.fixture(params=SERVERS)
    def world(self, request: pytest.FixtureRequest) -> Iterator[World]:
        with _world(request.param, ScansByKey) as world:
            yield world
