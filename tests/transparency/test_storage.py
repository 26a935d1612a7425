"""A log's objects are whole or absent, in a folder as in a bucket."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from keepuntil.errors import EvidenceError, StoreError, StoreUnreachable, UsageError
from keepuntil.transparency import storage as storage_module
from keepuntil.transparency.bucket import BucketStorage
from keepuntil.transparency.folder import FolderStorage
from keepuntil.transparency.following import compare, follow
from keepuntil.transparency.storage import Storage, open_storage
from log_world import JUDGE, SOME, files, grow
from s3_servers import SERVERS, Place, server


@pytest.fixture(params=SERVERS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with server(request.param).place("unversioned") as made:
        yield made


def bucket_at(place: Place, prefix: str = "log", **changed: object) -> BucketStorage:
    credentials = (place.server.key, place.server.secret)
    return BucketStorage(
        str(changed.get("bucket", place.bucket)),
        prefix,
        endpoint=str(changed.get("endpoint", place.server.endpoint)),
        credentials=credentials,
    )


@pytest.fixture(params=["folder", *SERVERS])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    if request.param == "folder":
        yield FolderStorage(tmp_path / "log")
        return
    with server(request.param).place("unversioned") as made:
        yield bucket_at(made)


def test_what_is_written_is_read_and_what_is_not_there_is_none(storage: Storage) -> None:
    assert storage.read("checkpoint") is None
    for path in ("checkpoint", "tile/0/x001/x234/067.p/5", "statement/00.intoto.jsonl"):
        assert storage.read(path) is None
        storage.write(path, b"one")
        assert storage.read(path) == b"one"
        storage.write(path, b"")
        assert storage.read(path) == b""
    # A tile that became full stands beside the folder of its partial ones.
    storage.write("tile/0/000.p/5", b"partial")
    storage.write("tile/0/000", b"full")
    assert (storage.read("tile/0/000.p/5"), storage.read("tile/0/000")) == (b"partial", b"full")


def test_a_log_is_followed_wherever_it_is_shown(storage: Storage) -> None:
    older, *_ = grow(storage, SOME, 3, 20)
    assert follow(storage, JUDGE, older).checkpoint.size == 20
    assert compare(storage, JUDGE, older).checkpoint.size == 20


def test_a_bucket_holds_the_bytes_that_a_folder_holds(place: Place, tmp_path: Path) -> None:
    folder, bucket = FolderStorage(tmp_path / "log"), bucket_at(place, "logs/2026")
    grow(folder, SOME, 2, 9)
    grow(bucket, SOME, 2, 9)
    held = files(tmp_path / "log")
    assert {f"logs/2026/{path}" for path in held} == place.keys()
    assert {path: bucket.read(path) for path in held} == held


def test_a_bucket_that_is_not_there_is_said_in_a_sentence(place: Place) -> None:
    gone = bucket_at(place, bucket="no-such-bucket-of-ours")
    with pytest.raises(StoreUnreachable, match=r"s3://no-such-bucket-of-ours/log refuses"):
        gone.write("checkpoint", b"")
    with pytest.raises(StoreUnreachable, match="refuses"):
        gone.read("checkpoint")
    with pytest.raises(UsageError, match="is not of the form"):
        bucket_at(place, endpoint="not an address").read("checkpoint")


def test_a_server_that_does_not_answer_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("keepuntil.transparency.bucket._ATTEMPTS", 1)
    silent = BucketStorage("evidence", endpoint="http://127.0.0.1:9", credentials=("k", "s"))
    with pytest.raises(StoreUnreachable, match=r"cannot be reached \(EndpointConnectionError\)"):
        silent.read("checkpoint")


def test_an_object_beyond_bounds_is_not_read(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.write("checkpoint", bytes(100))
    for module in ("folder", "bucket"):
        monkeypatch.setattr(f"keepuntil.transparency.{module}.LARGEST_OBJECT", 99)
    with pytest.raises(EvidenceError, match="more than the 99"):
        storage.read("checkpoint")
    assert storage_module.LARGEST_OBJECT > 256 * (65_535 + 2)


@pytest.mark.parametrize("path", ["../outside", "tile/../../outside", "/etc/passwd", ""])
def test_nothing_outside_of_the_folder_is_read_or_written(tmp_path: Path, path: str) -> None:
    folder = FolderStorage(tmp_path / "log")
    with pytest.raises(EvidenceError, match="nowhere else"):
        folder.read(path)
    with pytest.raises(EvidenceError, match="nowhere else"):
        folder.write(path, b"")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_of_a_folder_never_sees_half_an_object(tmp_path: Path) -> None:
    folder = FolderStorage(tmp_path)
    contents = [bytes([number]) * 200_000 for number in range(2)]
    folder.write("checkpoint", contents[0])
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            for content in contents:
                folder.write("checkpoint", content)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert all(folder.read("checkpoint") in contents for _ in range(200))
    finally:
        stop.set()
        writer.join()


def test_a_crash_while_a_file_is_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = FolderStorage(tmp_path)
    folder.write("checkpoint", b"old")

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", crash)
        with pytest.raises(KeyboardInterrupt):
            folder.write("checkpoint", b"new")
    assert folder.read("checkpoint") == b"old"
    folder.write("checkpoint", b"new")
    assert files(tmp_path) == {"checkpoint": b"new"}


def test_a_file_and_the_folders_to_it_are_synced_before_write_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real: Callable[[int], None] = os.fsync

    def spy(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", spy)
    FolderStorage(tmp_path / "log").write("tile/0/000", b"hashes")
    assert synced == [tmp_path.name, "log", "tile", ".000.part", "0"]


def test_a_folder_that_may_not_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"a file where a folder should be")
    folder = FolderStorage(tmp_path / "log")
    with pytest.raises(StoreError, match="cannot be written"):
        folder.write("checkpoint", b"")
    assert folder.read("checkpoint") is None
    (tmp_path / "checkpoint").mkdir()
    with pytest.raises(StoreError, match="cannot be read: Is a directory"):
        FolderStorage(tmp_path).read("checkpoint")


def test_a_location_is_a_folder_or_a_bucket(tmp_path: Path) -> None:
    assert str(open_storage(str(tmp_path))) == str(tmp_path)
    assert str(open_storage("s3://evidence-bucket/log/2026/")) == "s3://evidence-bucket/log/2026"
    assert str(open_storage("s3://evidence-bucket")) == "s3://evidence-bucket"
    for location in ("https://example.com/log", "s3://", "s3://Bad_Name/log"):
        with pytest.raises(UsageError, match="in a folder or at s3"):
            open_storage(location)
