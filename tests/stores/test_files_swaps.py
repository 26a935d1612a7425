"""Somebody moves things while a batch runs: nothing that was not approved is destroyed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from files_world import FilesWorld, outcomes_of, reason_of
from keepuntil.stores.protocol import Intent
from store_contract import DUE, UnwantedJournal

Disturb = Callable[[], object]


class DisturbingJournal:
    """Disturbs the tree between the look that the intent rests on and the first unlink."""

    def __init__(self, disturb: Disturb) -> None:
        self.disturb = disturb

    def intend(self, intent: Intent) -> None:
        self.disturb()


@pytest.fixture
def outside(tmp_path: Path) -> FilesWorld:
    """A tree beside the one that is purged, with files of the same names."""
    world = FilesWorld(tmp_path / "outside")
    for number in range(3):
        world.write(f"{number}.pdf")
    return world


@pytest.fixture
def world(tmp_path: Path) -> FilesWorld:
    world = FilesWorld(tmp_path)
    for number in range(3):
        world.write(f"a/{number}.pdf")
    return world


def replace_with_link(folder: Path, target: Path) -> None:
    folder.rename(folder.with_name("moved"))
    folder.symlink_to(target)


def test_a_folder_swapped_for_a_link_before_the_batch_leads_nowhere(
    world: FilesWorld, outside: FilesWorld
) -> None:
    batch = world.batch()
    replace_with_link(world.folder / "a", outside.folder)
    effect = world.destroy(batch, UnwantedJournal())
    assert set(outcomes_of(batch, effect).values()) == {"no_longer_due"}
    assert set(effect.reasons.values()) == {"folder_replaced"}
    assert len(outside.keys()) == 3
    assert len(list((world.folder / "moved").iterdir())) == 3


def test_a_folder_swapped_for_a_link_after_the_intent_leads_nowhere(
    world: FilesWorld, outside: FilesWorld
) -> None:
    batch = world.batch()
    swap = DisturbingJournal(lambda: replace_with_link(world.folder / "a", outside.folder))
    effect = world.destroy(batch, swap)
    assert set(outcomes_of(batch, effect).values()) == {"no_longer_due"}
    assert len(outside.keys()) == 3
    assert len(list((world.folder / "moved").iterdir())) == 3


def test_a_folder_swapped_for_a_link_just_before_an_unlink_leads_nowhere(
    world: FilesWorld, outside: FilesWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The descriptor stays with the folder it was opened on, wherever its name goes."""
    batch = world.batch()
    swapped = threading.Event()
    unlink = os.unlink

    def swap_then_unlink(name: bytes, *, dir_fd: int) -> None:
        if not swapped.is_set():
            swapped.set()
            replace_with_link(world.folder / "a", outside.folder)
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", swap_then_unlink)
    effect = world.destroy(batch)
    assert set(outcomes_of(batch, effect).values()) == {"destroyed"}
    assert len(outside.keys()) == 3
    assert list((world.folder / "moved").iterdir()) == []


def test_a_folder_swapped_for_another_real_one_is_noticed(
    world: FilesWorld, outside: FilesWorld
) -> None:
    batch = world.batch()

    def swap() -> None:
        (world.folder / "a").rename(world.folder / "moved")
        outside.folder.rename(world.folder / "a")

    effect = world.destroy(batch, DisturbingJournal(swap))
    assert set(outcomes_of(batch, effect).values()) == {"no_longer_due"}
    assert set(effect.reasons.values()) == {"changed"}
    assert len(list((world.folder / "a").iterdir())) == 3


def test_the_folder_of_the_instance_itself_swapped_is_refused_or_harmless(
    world: FilesWorld, outside: FilesWorld
) -> None:
    batch = world.batch()
    swap = DisturbingJournal(lambda: replace_with_link(world.folder, outside.folder))
    effect = world.destroy(batch, swap)
    assert set(outcomes_of(batch, effect).values()) == {"destroyed"}
    assert len(outside.keys()) == 3


def _rewritten(path: Path) -> None:
    path.write_bytes(b"%PDF of somebody else")


def _replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(b"%PDF")
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.rename(path)


def _link(path: Path) -> None:
    path.rename(path.with_name("away"))
    path.symlink_to("away")


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _touched(path: Path) -> None:
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))


def _older(path: Path) -> None:
    os.utime(path, ns=(0, path.stat().st_mtime_ns - 1))


CHANGES = [_rewritten, _replaced, _link, _pipe, _folder, _touched, _older]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("when", ["before the batch", "after the intent"])
def test_a_file_that_is_not_the_one_approved_stays(
    world: FilesWorld, change: Callable[[Path], None], when: str
) -> None:
    batch = world.batch()
    path = world.folder / "a/1.pdf"
    if when == "before the batch":
        change(path)
        effect = world.destroy(batch)
    else:
        effect = world.destroy(batch, DisturbingJournal(lambda: change(path)))
    assert outcomes_of(batch, effect) == {
        ("a/0.pdf",): "destroyed",
        ("a/1.pdf",): "no_longer_due",
        ("a/2.pdf",): "destroyed",
    }
    assert reason_of(batch, effect, ("a/1.pdf",)) == "changed"
    assert os.path.lexists(path)


@pytest.mark.parametrize("when", ["before the plan", "before the batch", "after the intent"])
def test_a_file_with_a_second_name_is_shared_and_stays(world: FilesWorld, when: str) -> None:
    path = world.folder / "a/1.pdf"
    second = world.root / "elsewhere.pdf"
    link = DisturbingJournal(lambda: second.hardlink_to(path))
    if when == "before the plan":
        second.hardlink_to(path)
    batch = world.batch()
    if when == "before the batch":
        second.hardlink_to(path)
    effect = world.destroy(batch, link if when == "after the intent" else None)
    assert outcomes_of(batch, effect)["a/1.pdf",] == "shared"
    assert reason_of(batch, effect, ("a/1.pdf",)) == "hard_links"
    assert effect.parts[batch.keys.index(("a/1.pdf",))] == ""
    assert path.exists()
    assert world.keys() == {("a/1.pdf",)}


def test_two_names_of_one_file_in_one_batch_are_both_shared(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path)
    world.write("a.pdf")
    (world.folder / "b.pdf").hardlink_to(world.folder / "a.pdf")
    batch = world.batch()
    effect = world.destroy(batch, UnwantedJournal())
    assert outcomes_of(batch, effect) == {("a.pdf",): "shared", ("b.pdf",): "shared"}


def test_a_file_removed_by_another_after_the_intent_is_not_claimed(world: FilesWorld) -> None:
    batch = world.batch()
    effect = world.destroy(batch, DisturbingJournal((world.folder / "a/1.pdf").unlink))
    assert outcomes_of(batch, effect)["a/1.pdf",] == "already_absent"
    assert reason_of(batch, effect, ("a/1.pdf",)) == "removed_by_another"


def test_a_folder_removed_by_another_after_the_intent_is_not_claimed(world: FilesWorld) -> None:
    batch = world.batch()

    def remove() -> None:
        for path in (world.folder / "a").iterdir():
            path.unlink()
        (world.folder / "a").rmdir()

    effect = world.destroy(batch, DisturbingJournal(remove))
    assert set(outcomes_of(batch, effect).values()) == {"already_absent"}


def test_a_folder_removed_before_the_batch_leaves_its_files_already_absent(
    world: FilesWorld,
) -> None:
    batch = world.batch()
    for path in (world.folder / "a").iterdir():
        path.unlink()
    (world.folder / "a").rmdir()
    effect = world.destroy(batch, UnwantedJournal())
    assert set(outcomes_of(batch, effect).values()) == {"already_absent"}
    assert world.store().remains(world.query(), batch.keys) == [0, 0, 0]


def test_an_unmounted_volume_never_makes_files_look_absent(world: FilesWorld) -> None:
    """An empty folder of the same name stands where the volume was."""
    batch = world.batch()
    world.folder.rename(world.root / "unmounted")
    world.folder.mkdir()
    with pytest.raises(Exception, match="another volume"):
        world.destroy(batch, UnwantedJournal())
    assert len(list((world.root / "unmounted/a").iterdir())) == 3


def test_nor_does_it_make_a_held_file_look_destroyed_before(world: FilesWorld) -> None:
    batch = world.batch()
    batch.spared[:] = [True] * 3
    batch.earlier = Intent(present=bytearray([1, 1, 1]), parts=[""] * 3, counts=[0] * 3)
    world.folder.rename(world.root / "unmounted")
    world.folder.mkdir()
    with pytest.raises(Exception, match="another volume"):
        world.destroy(batch, UnwantedJournal())


def test_a_file_that_a_slow_attempt_of_ours_unlinks_first_was_destroyed(world: FilesWorld) -> None:
    """Its intent is written; it wakes up between our last look and our unlink."""
    batch = world.batch()
    batch.earlier = Intent(present=bytearray([1, 0, 1]), parts=[""] * 3, counts=[0] * 3)

    class Waking:
        def intend(self, intent: Intent) -> None:
            world.remove(batch.keys[0])
            world.remove(batch.keys[1])

    effect = world.destroy(batch, Waking())
    assert list(outcomes_of(batch, effect).values()) == [
        "destroyed",
        "already_absent",
        "destroyed",
    ]
    assert effect.counts == [1, 0, 1]


def test_a_file_put_under_the_name_after_a_crash_is_not_taken_for_the_old_one(
    world: FilesWorld,
) -> None:
    batch = world.batch()
    world.remove(("a/1.pdf",))
    world.write("a/1.pdf", DUE, b"a new statement")
    batch.earlier = Intent(present=bytearray([1, 1, 1]), parts=[""] * 3, counts=[0] * 3)
    effect = world.destroy(batch)
    assert outcomes_of(batch, effect)["a/1.pdf",] == "no_longer_due"
    assert world.keys() == {("a/1.pdf",)}


def test_a_path_that_now_leads_through_a_link_counts_as_still_there(
    world: FilesWorld, outside: FilesWorld
) -> None:
    keys = [("a/0.pdf",), ("a/1.pdf",)]
    before = world.store().fingerprints(world.query(), keys)
    replace_with_link(world.folder / "a", outside.folder)
    assert world.store().remains(world.query(), keys) == [1, 1]
    after = world.store().fingerprints(world.query(), keys)
    assert None not in after
    assert not set(after) & set(before)


def test_on_resume_a_folder_behind_a_link_is_neither_destroyed_nor_kept_but_failed(
    world: FilesWorld, outside: FilesWorld
) -> None:
    """The intent says it was under our hands, and nobody can look: a person has to."""
    batch = world.batch()
    batch.earlier = Intent(present=bytearray([1, 1, 0]), parts=[""] * 3, counts=[0] * 3)
    replace_with_link(world.folder / "a", outside.folder)
    effect = world.destroy(batch, UnwantedJournal())
    assert list(outcomes_of(batch, effect).values()) == ["failed", "failed", "no_longer_due"]


@contextmanager
def swapping(folder: Path, target: Path) -> Iterator[None]:
    """Swap a folder for a link and back, many times during one batch."""
    moved = folder.with_name(folder.name + ".moved")
    stop = threading.Event()

    def swap() -> None:
        while not stop.wait(0.001):
            folder.rename(moved)
            folder.symlink_to(target)
            folder.unlink()
            moved.rename(folder)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("component", ["a", "a/b"])
def test_under_a_swapping_attack_nothing_outside_is_ever_touched(
    tmp_path: Path, component: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _fd: None)  # more attempts in less time
    world = FilesWorld(tmp_path)
    outside = FilesWorld(tmp_path / "outside")
    below = "a/b/".removeprefix(component).removeprefix("/")
    for number in range(200):
        world.write(f"a/b/{number}.pdf")
        outside.write(f"{below}{number}.pdf")
    batch = world.batch()
    ended = set()
    with swapping(world.folder / component, outside.folder):
        for _ in range(30):
            ended |= set(outcomes_of(batch, world.destroy(batch)).values())
    ended |= set(outcomes_of(batch, world.destroy(batch)).values())
    assert len(outside.keys()) == 200
    assert ended <= {"destroyed", "already_absent", "no_longer_due"}
    assert world.keys() == set()
