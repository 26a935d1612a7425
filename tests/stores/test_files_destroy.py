"""The deed: refused, done but unheard, decided again, committed to."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from files_world import FilesWorld, outcomes_of, reason_of
from keepuntil.domain.categories import FromInstance
from keepuntil.domain.outcomes import Outcome
from keepuntil.errors import StoreUnreachable
from keepuntil.stores.files import destroying
from keepuntil.stores.protocol import Facts, Intent
from store_contract import DUE, EVENT, KEPT, UnwantedJournal, WitnessJournal

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
        assert world.found_keys() == [key]
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


class Records:
    """The table that dates the files, as a look-up that a test can change."""

    def __init__(self, records: Mapping[str, Facts]) -> None:
        self.records = dict(records)
        self.asked: list[list[str]] = []

    def __call__(self, groups: Sequence[str]) -> Mapping[str, Facts]:
        self.asked.append(list(groups))
        return {group: self.records[group] for group in groups if group in self.records}


@pytest.fixture
def linked(tmp_path: Path) -> FilesWorld:
    world = FilesWorld(tmp_path, record_group=r"loans/(?P<file_no>[^/]+)/.*")
    world.declare(events=((EVENT, FromInstance(instance="core")),))
    for loan in range(1, 6):
        for page in range(2):
            world.write(f"loans/{loan}/{page}.tif", KEPT)
    return world


def test_files_are_dated_by_the_record_they_belong_to(linked: FilesWorld) -> None:
    records = Records({"1": (DUE,), "2": (KEPT,), "3": (DUE,), "4": (None,)})
    linked.write("loose.tif", DUE)
    found = list(linked.store().find(linked.query(linked=records, batch_items=3)))
    assert [key[0] for f in found for key in f.keys] == [
        "loans/1/0.tif", "loans/1/1.tif", "loans/3/0.tif", "loans/3/1.tif",
    ]  # fmt: skip
    assert [group for f in found for group in f.groups] == ["1", "1", "3", "3"]
    passed = Counter[str]()
    for f in found:
        passed.update(f.passed_over)
    assert passed == {"kept": 2, "missing_trigger": 2, "no_linked_record": 3}


def test_records_are_asked_for_in_pages_and_each_once_a_page(linked: FilesWorld) -> None:
    records = Records({})
    list(linked.store().find(linked.query(linked=records, batch_items=4)))
    assert records.asked == [["1", "2"], ["3", "4"], ["5"]]


def test_without_a_way_to_ask_nothing_is_due(linked: FilesWorld) -> None:
    (found,) = linked.store().find(linked.query(linked=None))
    assert (found.keys, found.passed_over) == ([], {"no_linked_record": 10})


@pytest.mark.parametrize(
    ("record", "reason"),
    [({"1": (KEPT,)}, "kept"), ({"1": (None,)}, "missing_trigger"), ({}, "no_linked_record")],
)
def test_a_record_that_changed_since_the_plan_keeps_its_files(
    linked: FilesWorld, record: Mapping[str, Facts], reason: str
) -> None:
    records = Records({"1": (DUE,), "3": (DUE,)})
    query = linked.query(linked=records, batch_items=100)
    batch = linked.batch(query)
    records.records = {"3": (DUE,), **record}
    effect = linked.destroy(batch, WitnessJournal(linked), query=query)
    assert Counter(effect.outcomes) == {Outcome.DESTROYED: 2, Outcome.NO_LONGER_DUE: 2}
    assert set(effect.reasons.values()) == {reason}
    assert linked.keys() >= {("loans/1/0.tif",), ("loans/1/1.tif",)}


def test_a_group_that_no_text_can_carry_is_no_group(linked: FilesWorld) -> None:
    linked.write(b"loans/\xff/0.tif")
    records = Records({"1": (DUE,)})
    (found,) = linked.store().find(linked.query(linked=records, batch_items=100))
    assert found.passed_over["no_linked_record"] == 9
    assert records.asked == [["1", "2", "3", "4", "5"]]
