"""The walk: one order, bounded memory, and nothing that is not a regular file inside."""

from __future__ import annotations

import os
import random
import socket
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files_world import FilesWorld, sorted_by_components
from keepuntil.errors import StoreMismatch, StoreUnreachable
from keepuntil.stores.files import walking
from keepuntil.stores.files.folders import open_place
from keepuntil.stores.files.walking import Odd, Walk
from store_contract import contract_rule


def walk_of(world: FilesWorld, *, window: int = walking.WINDOW) -> tuple[list[bytes], Walk]:
    unreadable: list[tuple[int, str]] = []
    with open_place(world.declaration, world.files_instance) as place:
        walk = Walk(
            place=place,
            unreadable=lambda inode, code: unreadable.append((inode, code)),
            window=window,
        )
        paths = [path for _, path, _ in walk.files()]
    assert not unreadable
    return paths, walk


def problems(world: FilesWorld) -> tuple[str, ...]:
    return world.store().describe(contract_rule(world.instance), world.instance).problems


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def warnings(world: FilesWorld) -> str:
    description = world.store().describe(contract_rule(world.instance), world.instance)
    assert description.problems == ()
    return "\n".join(description.warnings)


def test_the_order_is_by_component_and_byte_whatever_the_disk_says(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path)
    paths = ["a/z", "a.b", "a", "B", "a-/x", "ab/c/d", "ab/c.d", "ß", "z"]
    paths.remove("a")  # a folder already
    random.Random(7).shuffle(paths)
    for path in paths:
        world.write(path)
    walked, _ = walk_of(world)
    assert walked == sorted_by_components([path.encode() for path in paths])
    assert walked.index(b"a/z") < walked.index(b"a-/x") < walked.index(b"a.b")


@pytest.mark.parametrize("window", [1, 2, 7, 49, 50, 51, 1000])
def test_a_folder_larger_than_the_window_is_still_in_order_and_complete(
    tmp_path: Path, window: int
) -> None:
    world = FilesWorld(tmp_path)
    names = [f"{random.Random(n).random()}" for n in range(50)]
    for name in names:
        world.write(name)
        world.write(f"d{name}/inside")
    walked, _ = walk_of(world, window=window)
    assert walked == sorted_by_components(
        [name.encode() for name in names] + [f"d{name}/inside".encode() for name in names]
    )


def test_memory_does_not_grow_with_the_folder(tmp_path: Path) -> None:
    def peak(files: int) -> int:
        world = FilesWorld(tmp_path / str(files))
        for number in range(files):
            (world.folder / f"{number:0200d}").touch()
        tracemalloc.start()
        with open_place(world.declaration, world.files_instance) as place:
            walk = Walk(place=place, unreadable=lambda _inode, _code: None, window=100)
            assert sum(1 for _ in walk.files()) == files
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    assert peak(2_500) < 1.5 * peak(500)


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path)
    for number in range(5):
        world.write(f"a/b/{number}/c")
    before = open_descriptors()
    next(world.store().find(world.query(batch_items=1)))
    world.destroy(world.batch())
    world.store().fingerprints(world.query(), [("a/b/1/c",), ("gone/x",)])
    assert open_descriptors() == before


def test_links_of_every_kind_are_counted_and_never_followed(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path)
    outside = FilesWorld(tmp_path / "outside")
    outside.write("secret/plan.pdf")
    key = world.write("real/plan.pdf")
    (world.folder / "to_file").symlink_to(outside.folder / "secret/plan.pdf")
    (world.folder / "to_folder").symlink_to(outside.folder / "secret")
    (world.folder / "to_inside").symlink_to("real")
    (world.folder / "real/loop").symlink_to("..")
    (world.folder / "real/dangling").symlink_to("nowhere")
    (world.folder / "real/itself").symlink_to("itself")
    assert world.found_keys() == [key]
    assert "6 symbolic links" in warnings(world)
    world.destroy(world.batch())
    assert outside.keys() == {("secret/plan.pdf",)}
    assert (world.folder / "real/loop").is_symlink()


def test_sockets_and_pipes_are_counted_and_never_touched(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path)
    key = world.write("a.pdf")
    os.mkfifo(world.folder / "pipe")
    os.utime(world.folder / "pipe", (0, 1_300_000_000))
    folder = os.open(world.folder, os.O_RDONLY)  # the name of a socket may not be long
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"/proc/self/fd/{folder}/socket")
    os.close(folder)
    assert world.found_keys() == [key]
    assert "2 sockets, pipes or devices" in warnings(world)
    world.destroy(world.batch())
    assert sorted(path.name for path in world.folder.iterdir()) == ["pipe", "socket"]


def test_a_folder_that_is_only_named_like_a_snapshot_hides_nothing(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path)
    key = world.write(".snapshots/a.pdf")
    assert world.found_keys() == [key]
    assert "snapshot" not in warnings(world)


def test_folders_nested_too_deep_are_a_problem_not_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "DEEPEST", 3)
    world = FilesWorld(tmp_path)
    world.write("1/2/a.pdf")
    assert problems(world) == ()
    world.write("1/2/3/a.pdf")
    assert "deeper_than_3_folders" in problems(world)[0]
    with pytest.raises(StoreUnreachable):
        world.found_keys()


@pytest.mark.parametrize(
    ("under", "why"),
    [
        ("missing", "does not exist"),
        ("link", "symbolic link"),
        ("file", "symbolic link or no folder"),
        ("link/below", "symbolic link"),
        ("../outside", "without '..'"),
        ("archive/../archive", "without '..'"),
        ("/etc", "not beginning with '/'"),
        ("a\0b", "below the root"),
    ],
)
def test_a_folder_not_as_declared_is_refused(tmp_path: Path, under: str, why: str) -> None:
    world = FilesWorld(tmp_path)
    (tmp_path / "outside/below").mkdir(parents=True)
    (world.root / "link").symlink_to(tmp_path / "outside")
    (world.root / "file").touch()
    world.declare(under=under)
    assert why in problems(world)[0]
    with pytest.raises((StoreMismatch, StoreUnreachable), match=why.replace(".", r"\.")):
        world.found_keys()
    with pytest.raises((StoreMismatch, StoreUnreachable)):
        world.store().remains(world.query(), [("a",)])


@pytest.mark.parametrize("root", ["", "/", "//", "relative/root", "~/x", "/a\0b"])
def test_a_root_nobody_could_mean_is_refused(tmp_path: Path, root: str) -> None:
    world = FilesWorld(tmp_path)
    world.declaration = type(world.declaration)(name="shared_folder", root=root)
    assert "must be an absolute path" in problems(world)[0]


def test_a_root_that_is_a_link_or_gone_is_refused(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path)
    world.write("a.pdf")
    world.root.rename(tmp_path / "elsewhere")
    assert "does not exist" in problems(world)[0]
    world.root.symlink_to(tmp_path / "elsewhere")
    assert "symbolic link" in problems(world)[0]


@pytest.mark.parametrize("under", ["", ".", "archive", "archive/", "./archive//"])
def test_ways_to_write_a_folder_below_the_root(tmp_path: Path, under: str) -> None:
    world = FilesWorld(tmp_path)
    world.write("a.pdf")
    world.declare(under=under)
    assert problems(world) == ()
    assert len(world.found_keys()) == 1


def test_an_empty_folder_is_said_aloud(tmp_path: Path) -> None:
    assert "is its volume mounted?" in warnings(FilesWorld(tmp_path))


def test_an_instance_of_another_kind_is_refused(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path)
    with pytest.raises(StoreMismatch):
        world.store().look_up(world.query(), ["7"])


@given(st.lists(st.binary(min_size=1, max_size=6), unique=True), st.integers(1, 5))
def test_windows_lose_and_repeat_nothing(names: list[bytes], window: int) -> None:
    """The choice of the smallest names alone, over any listing."""

    class Entry:
        def __init__(self, name: bytes) -> None:
            self.name = os.fsdecode(name)

        def is_file(self, *, follow_symlinks: bool) -> bool:
            return True

    class Listing(list[Entry]):
        def __enter__(self) -> Listing:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "scandir", lambda _fd: Listing(map(Entry, names)))
        listed = [name for name, _ in walking._sorted_entries(0, window)]
    assert listed == sorted(names)


def test_odd_entries_are_told_apart(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path)
    (world.folder / "link").symlink_to("/")
    os.mkfifo(world.folder / "pipe")
    _, walk = walk_of(world)
    assert walk.odd == {Odd.LINK: 1, Odd.SPECIAL: 1}
