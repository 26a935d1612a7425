"""The deed: nothing but what was seen, made durable, committed to."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from files_world import FilesWorld
from keepuntil.domain.outcomes import Outcome
from keepuntil.stores.files import destroying
from keepuntil.stores.files.contents import digest_of
from keepuntil.stores.protocol import Intent
from store_contract import KEPT, UnwantedJournal


@pytest.fixture
def world(tmp_path: Path) -> FilesWorld:
    world = FilesWorld(tmp_path)
    for number in range(3):
        world.write(f"a/{number}.pdf")
    return world


WRITING = {
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate",
    "os.chmod", "os.chown", "os.utime", "os.setxattr", "os.removexattr",
}  # fmt: skip
_audited: list[str] = []
_auditing: list[bool] = []


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if not _auditing:
        return
    writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    opened = event == "open" and isinstance(arguments[2], int) and arguments[2] & writes
    if event in WRITING or opened:
        _audited.append(event)


def test_reading_makes_no_call_that_could_change_the_tree(world: FilesWorld) -> None:
    world.declare(commit_contents=True)
    world.write("a/kept.pdf", KEPT)
    batch, store = world.batch(), world.store()
    sys.addaudithook(_audit)
    _auditing.append(True)
    try:
        assert len(list(store.find(world.query()))) == 1
        store.describe(world.query().rule, world.instance)
        store.remains(world.query(), batch.keys)
        store.fingerprints(world.query(), batch.keys)
        assert _audited == []
        world.destroy(batch)
        assert Counter(_audited) == {"os.remove": 3}  # the audit itself is awake
    finally:
        _auditing.clear()
        _audited.clear()


def test_an_unlink_that_says_yes_and_does_nothing_is_noticed(
    world: FilesWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = world.batch()
    monkeypatch.setattr(os, "unlink", lambda _name, *, dir_fd: None)
    effect = world.destroy(batch)
    assert set(effect.outcomes) == {Outcome.FAILED}
    assert set(effect.reasons.values()) == {"still_there"}


def test_nothing_is_destroyed_before_its_removal_is_durable(
    world: FilesWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(fd: int) -> None:
        raise OSError(errno.EIO, "the disk is broken")

    batch = world.batch()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        effect = world.destroy(batch)
    assert set(effect.reasons.values()) == {"not_durable"}
    batch.earlier = Intent(present=bytearray([1] * 3), parts=["{}"] * 3, counts=[1] * 3)
    again = world.destroy(batch, UnwantedJournal())
    assert set(again.outcomes) == {Outcome.DESTROYED}


def test_absence_is_made_durable_before_it_is_said(
    world: FilesWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when a resumed attempt only finds what the first one did."""
    batch = world.batch()
    for key in batch.keys:
        world.remove(key)
    synchronised: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synchronised.append(os.fstat(fd).st_ino))
    world.destroy(batch, UnwantedJournal())
    assert synchronised == [(world.folder / "a").stat().st_ino]


def test_a_file_system_that_cannot_synchronise_folders_is_no_failure(
    world: FilesWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(fd: int) -> None:
        raise OSError(errno.EINVAL, "not supported")

    batch = world.batch()
    monkeypatch.setattr(os, "fsync", unsupported)
    assert set(world.destroy(batch).outcomes) == {Outcome.DESTROYED}


def test_more_folders_than_are_held_open_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(destroying, "FOLDERS_AT_ONCE", 4)
    world = FilesWorld(tmp_path)
    for number in range(30):
        world.write(f"{number % 15}/{number}")
    assert set(world.destroy(world.batch()).outcomes) == {Outcome.DESTROYED}
    assert world.keys() == set()


def test_empty_folders_are_left(world: FilesWorld) -> None:
    world.destroy(world.batch())
    assert (world.folder / "a").is_dir()
    assert "Empty folders are left" in world.store().facts.caveat.en


def test_the_parts_of_a_file_are_its_size_and_inode(world: FilesWorld) -> None:
    batch = world.batch()
    status = world.path(batch.keys[0]).stat()
    effect = world.destroy(batch)
    assert effect.parts[0] == f'{{"file":[[4,{status.st_ino}]]}}'
    assert effect.counts == [1, 1, 1]


def test_contents_are_committed_where_the_rule_asks(world: FilesWorld) -> None:
    world.declare(commit_contents=True)
    batch = world.batch()
    status = world.path(batch.keys[0]).stat()
    digest = hashlib.sha256(b"%PDF").hexdigest()
    effect = world.destroy(batch)
    assert effect.parts[0] == f'{{"file":[[4,{status.st_ino},"{digest}"]]}}'


def test_a_new_file_under_the_name_does_not_undo_the_destruction(
    world: FilesWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = os.unlink

    def unlink_and_write(name: bytes, *, dir_fd: int) -> None:
        unlink(name, dir_fd=dir_fd)
        (world.folder / "a" / os.fsdecode(name)).write_bytes(b"a new statement")

    batch = world.batch()
    monkeypatch.setattr(os, "unlink", unlink_and_write)
    assert set(world.destroy(batch).outcomes) == {Outcome.DESTROYED}
    assert world.store().remains(world.query(), batch.keys) == [1, 1, 1]


@pytest.mark.parametrize(
    ("disturb", "outcome", "reason"),
    [
        (lambda path: path.write_bytes(b"else"), Outcome.NO_LONGER_DUE, "changed"),
        (lambda path: (path.unlink(), path.symlink_to("/")), Outcome.NO_LONGER_DUE, "changed"),
        (lambda path: path.unlink(), Outcome.ALREADY_ABSENT, "removed_by_another"),
    ],
)
def test_contents_that_change_while_they_are_read_are_not_destroyed(
    world: FilesWorld,
    monkeypatch: pytest.MonkeyPatch,
    disturb: Callable[[Path], object],
    outcome: Outcome,
    reason: str,
) -> None:
    world.declare(commit_contents=True)
    batch = world.batch()

    def disturbed(folder: int, name: bytes) -> tuple[str, os.stat_result]:
        disturb(world.path(("a/" + os.fsdecode(name),)))
        return digest_of(folder, name)

    monkeypatch.setattr(destroying, "digest_of", disturbed)
    effect = world.destroy(batch, UnwantedJournal())
    assert set(effect.outcomes) == {outcome}
    assert set(effect.reasons.values()) == {reason}


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    """A pipe would block for ever, a device might act on being read."""
    os.mkfifo(tmp_path / "pipe")
    writer = os.open(tmp_path / "pipe", os.O_RDWR)
    os.write(writer, b"contents")
    folder = os.open(tmp_path, os.O_RDONLY)
    digest, status = digest_of(folder, b"pipe")
    assert (digest, stat.S_ISFIFO(status.st_mode)) == ("", True)
    assert os.read(writer, 20) == b"contents"
    os.close(folder)
    os.close(writer)
