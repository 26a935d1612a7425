"""What an account may not read or remove is said, item by item, and never guessed."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from files_world import FilesWorld, outcomes_of, reason_of
from keepuntil.domain.outcomes import Outcome
from keepuntil.errors import StoreUnreachable
from store_contract import UnwantedJournal

NOBODY = 65_534
NEW_MOUNTS = 0x0002_0000  # CLONE_NEWNS of <linux/sched.h>
MAY_NOT = 77


@pytest.fixture
def world(tmp_path: Path) -> FilesWorld:
    world = FilesWorld(tmp_path)
    for number in range(3):
        world.write(f"a/{number}.pdf")
    return world


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A temporary folder that an unprivileged account can reach."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        for path in (folder, *folder.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Without root's power to ignore permissions. Other accounts have none to lose."""
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)


def mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True)


def with_own_mounts(check: Callable[[], None]) -> None:
    """Run a check where what it mounts is seen by nobody else and gone afterwards."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting needs root on Linux")
    child = os.fork()
    if not child:
        status = 1
        try:
            unshared = ctypes.CDLL(None).unshare(NEW_MOUNTS) == 0
            if unshared:
                mount("--make-rprivate", "/")
                check()
            status = 0 if unshared else MAY_NOT
        except BaseException:  # noqa: BLE001 - a forked child must not run the rest of pytest
            traceback.print_exc()
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == MAY_NOT:
        pytest.skip("this machine does not allow mount namespaces")
    assert status == 0


def test_what_may_not_be_removed_fails_with_its_code(open_to_all: Path) -> None:
    world = FilesWorld(open_to_all)
    for path in ("free/1", "free/2", "closed/1"):
        world.write(path)
    (world.folder / "free").chmod(0o777)
    (world.folder / "closed").chmod(0o555)
    with unprivileged():
        batch = world.batch()
        effect = world.destroy(batch)
    assert outcomes_of(batch, effect) == {
        ("closed/1",): "failed",
        ("free/1",): "destroyed",
        ("free/2",): "destroyed",
    }
    assert reason_of(batch, effect, ("closed/1",)) == "permission_denied"
    assert world.keys() == {("closed/1",)}


def test_a_reader_without_any_right_to_write_finds_everything(open_to_all: Path) -> None:
    """The whole of planning and verifying works for an account that cannot change a byte."""
    world = FilesWorld(open_to_all)
    keys = [world.write(f"a/{number}") for number in range(3)]
    for path in (world.folder / "a", *(world.folder / "a").iterdir()):
        path.chmod(0o555 if path.is_dir() else 0o000)
    with unprivileged():
        batch = world.batch()
        store = world.store()
        assert batch.keys == keys
        assert store.describe(world.query().rule, world.instance).total == 3
        assert store.remains(world.query(), keys) == [1, 1, 1]
        assert None not in store.fingerprints(world.query(), keys)
        assert set(world.destroy(batch).outcomes) == {Outcome.FAILED}
    assert world.keys() == set(keys)


@pytest.mark.parametrize("mode", [0o000, 0o111, 0o444])
def test_an_unreadable_folder_is_a_problem_not_silence(open_to_all: Path, mode: int) -> None:
    world = FilesWorld(open_to_all)
    world.write("a/1")
    world.write("b/1")
    (world.folder / "a").chmod(mode)
    inode = (world.folder / "a").stat().st_ino
    with unprivileged():
        with pytest.raises(StoreUnreachable, match=f"inode {inode} cannot be read") as caught:
            world.found_keys()
        assert "archive/a" not in caught.value.sentence
        description = world.store().describe(world.query().rule, world.instance)
    assert f"inode {inode} cannot be read (permission_denied)" in description.problems[0]
    assert description.total is None


def test_a_file_whose_date_cannot_be_read_stops_the_plan(
    world: FilesWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = os.stat

    def broken(path: object, **options: Any) -> os.stat_result:
        if path == b"1.pdf":
            raise OSError(errno.EIO, "the disk is broken")
        return look(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", broken)
    with pytest.raises(StoreUnreachable, match="input_output_error"):
        world.found_keys()


def test_files_in_a_folder_that_may_not_be_searched_fail(open_to_all: Path) -> None:
    world = FilesWorld(open_to_all)
    key = world.write("a/1")
    batch = world.batch()
    (world.folder / "a").chmod(0o000)
    with unprivileged():
        effect = world.destroy(batch, UnwantedJournal())
        assert world.store().remains(world.query(), [key]) == [1]
    assert (effect.outcomes, effect.reasons) == ([Outcome.FAILED], {0: "permission_denied"})


@pytest.mark.parametrize("attribute", ["i", "a"])
@pytest.mark.parametrize("where", ["a/1.pdf", "a"])
def test_an_immutable_file_or_folder_fails_as_immutable(
    world: FilesWorld, attribute: str, where: str
) -> None:
    target = str(world.folder / where)
    if shutil.which("chattr") is None:
        pytest.skip("chattr(1) is not here")
    batch = world.batch()
    done = subprocess.run(["chattr", f"+{attribute}", target], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("this account or file system knows no immutable files")
    try:
        effect = world.destroy(batch)
    finally:
        subprocess.run(["chattr", f"-{attribute}", target], check=True)
    assert outcomes_of(batch, effect)["a/1.pdf",] == "failed"
    assert reason_of(batch, effect, ("a/1.pdf",)) == "immutable"


def test_on_a_read_only_volume_everything_fails_and_says_so(world: FilesWorld) -> None:
    def check() -> None:
        batch = world.batch()
        mount("--bind", world.folder, world.folder)
        mount("-o", "remount,ro,bind", world.folder)
        effect = world.destroy(batch)
        assert set(effect.outcomes) == {Outcome.FAILED}
        assert set(effect.reasons.values()) == {"read_only_file_system"}
        description = world.store().describe(world.query().rule, world.instance)
        assert "mounted read-only" in "".join(description.warnings)

    with_own_mounts(check)


def test_mount_points_are_counted_and_not_crossed(tmp_path: Path) -> None:
    """A volume of its own, and a folder of the same volume bound to another place."""
    world, other = FilesWorld(tmp_path), FilesWorld(tmp_path / "other")
    key = world.write("own/1")
    other.write("precious")
    for name in ("volume", "bound", ".snapshots"):
        (world.folder / name).mkdir()

    def check() -> None:
        mount("-t", "tmpfs", "none", world.folder / "volume")
        mount("-t", "tmpfs", "none", world.folder / ".snapshots")
        mount("--bind", other.folder, world.folder / "bound")
        world.write("volume/precious")
        before = len(list(Path("/proc/self/fd").iterdir()))
        assert world.found_keys() == [key]
        assert len(list(Path("/proc/self/fd").iterdir())) == before
        description = world.store().describe(world.query().rule, world.instance)
        assert description.total == 1
        assert "2 mount points" in "".join(description.warnings)
        assert "1 snapshot folders" in "".join(description.warnings)

    with_own_mounts(check)


def test_a_file_hidden_under_a_mount_is_not_absent(world: FilesWorld) -> None:
    def check() -> None:
        batch = world.batch()
        mount("-t", "tmpfs", "none", world.folder / "a")
        effect = world.destroy(batch, UnwantedJournal())
        assert set(effect.outcomes) == {Outcome.NO_LONGER_DUE}
        assert set(effect.reasons.values()) == {"folder_replaced"}
        assert world.store().remains(world.query(), batch.keys) == [1, 1, 1]

    with_own_mounts(check)


def test_a_file_that_is_a_mount_point_is_busy(world: FilesWorld) -> None:
    def check() -> None:
        batch = world.batch()
        mount("--bind", world.folder / "a/1.pdf", world.folder / "a/1.pdf")
        effect = world.destroy(batch)
        assert reason_of(batch, effect, ("a/1.pdf",)) == "busy"

    with_own_mounts(check)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.EACCES, "permission_denied"),
        (errno.EROFS, "read_only_file_system"),
        (errno.EBUSY, "busy"),
        (errno.EIO, "input_output_error"),
        (errno.ESTALE, "stale_handle"),
        (errno.ENOSPC, "no_space"),
        (errno.EUCLEAN, "euclean"),
    ],
)
def test_a_refused_unlink_fails_that_item_only(
    world: FilesWorld, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    unlink = os.unlink

    def refuse(name: bytes, *, dir_fd: int) -> None:
        if name == b"1.pdf":
            raise OSError(number, "refused")
        unlink(name, dir_fd=dir_fd)

    batch = world.batch()
    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", refuse)
        effect = world.destroy(batch)
    assert Counter(effect.outcomes) == {Outcome.DESTROYED: 2, Outcome.FAILED: 1}
    assert reason_of(batch, effect, ("a/1.pdf",)) == code
    assert (effect.parts[1], effect.counts[1]) == ("", 0)
    assert world.keys() == {("a/1.pdf",)}


def test_contents_that_cannot_be_committed_are_not_destroyed(open_to_all: Path) -> None:
    world = FilesWorld(open_to_all, commit_contents=True)
    key = world.write("a/1")
    world.path(key).chmod(0o000)
    (world.folder / "a").chmod(0o777)
    with unprivileged():
        batch = world.batch()
        effect = world.destroy(batch, UnwantedJournal())
    assert (effect.outcomes, effect.reasons) == ([Outcome.FAILED], {0: "permission_denied"})
    assert world.keys() == {key}


def test_what_nobody_can_look_at_counts_as_still_there(
    world: FilesWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = os.stat

    def broken(path: object, **options: Any) -> os.stat_result:
        if path == b"1.pdf":
            raise OSError(errno.EIO, "the disk is broken")
        return look(path, **options)  # type: ignore[arg-type]

    keys = [("a/1.pdf",), ("a/none.pdf",)]
    before = world.store().fingerprints(world.query(), keys)
    monkeypatch.setattr(os, "stat", broken)
    assert world.store().remains(world.query(), keys) == [1, 0]
    after = world.store().fingerprints(world.query(), keys)
    assert after[0] not in (None, before[0])
    assert after[1] is None
