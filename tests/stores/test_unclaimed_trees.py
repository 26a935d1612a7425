"""Objects and files that no rule claims are sampled by name and by their first bytes, bounded."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

import labelled_fields as made
import s3_servers
from files_world import FilesWorld
from keepuntil.domain.categories import FilesInstance, S3Instance, StoredInstance
from keepuntil.domain.personal_data.judging import judge
from keepuntil.domain.personal_data.kinds import Kind
from keepuntil.stores import tree_sampling
from keepuntil.stores.excerpts import HEAD
from keepuntil.stores.protocol import Sampled
from s3_servers import SERVERS


class Tree:
    """A bucket or a folder that a test fills, and the store over it."""

    def __init__(
        self, put: Callable[[str, bytes], object], store: Callable[[], Any], kind: str
    ) -> None:
        self.put, self.store, self.kind = put, store, kind

    def claim(self, under: str, pattern: str | None = None) -> StoredInstance:
        if self.kind == "s3":
            whole = None if pattern is None else under + pattern
            return S3Instance(
                id="i", store="s", prefix=under, pattern=whole, events=(), record_group=None
            )
        return FilesInstance(
            id="i",
            store="s",
            under=under.rstrip("/"),
            pattern=pattern,
            events=(),
            record_group=None,
            commit_contents=False,
        )

    def sampled(self, *claimed: StoredInstance) -> list[Sampled]:
        return list(self.store().unclaimed(claimed))

    def found(self, *claimed: StoredInstance) -> dict[str, set[Kind]]:
        return {
            each.where: kinds
            for each in self.sampled(*claimed)
            if (kinds := {s.kind for field in each.fields for s in judge(field)})
        }


@pytest.fixture(params=["files", *SERVERS])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tree]:
    if request.param == "files":
        world = FilesWorld(tmp_path)

        def put(path: str, body: bytes) -> None:
            full = world.root / path
            full.parent.mkdir(parents=True, exist_ok=True)
            full.write_bytes(body)

        yield Tree(put, world.store, "files")
        return
    with s3_servers.server(request.param).place("unversioned") as place:
        yield Tree(place.put, place.store, "s3")


def ids(seed: int, count: int = 3) -> bytes:
    random = Random(seed)
    return "\n".join(f"客户 {made.citizen_id(random)} 已核" for _ in range(count)).encode()


def test_what_no_rule_claims_is_found_and_what_one_claims_is_not(tree: Tree) -> None:
    for folder in ("loans", "old", "deep/down/below"):
        tree.put(f"{folder}/list.txt", ids(1))
    tree.put("empty/readme.txt", b"nothing about anybody")
    assert tree.found(tree.claim("loans/")) == {
        "old/": {Kind.CITIZEN_ID},
        "deep/down/below/": {Kind.CITIZEN_ID},
    }


def test_beside_a_claim_by_pattern_the_other_names_are_looked_at(tree: Tree) -> None:
    tree.put("mixed/a.pdf", b"%PDF")
    tree.put("mixed/export.csv", b"name,mail\nx,one@example.com\ny,two@example.com\n")
    assert tree.found(tree.claim("mixed/", r".*\.pdf")) == {"mixed/": {Kind.EMAIL}}
    assert tree.found(tree.claim("mixed/", r".*")) == {}


def test_a_claim_does_not_reach_a_folder_that_begins_like_it(tree: Tree) -> None:
    tree.put("loans-old/list.txt", ids(2))
    assert tree.found(tree.claim("loans/")) == {"loans-old/": {Kind.CITIZEN_ID}}


def test_a_claim_on_everything_leaves_nothing(tree: Tree) -> None:
    tree.put("a/list.txt", ids(3))
    assert tree.sampled(tree.claim("")) == []


def test_folders_that_vary_are_one_place_and_are_shown_without_what_varies(tree: Tree) -> None:
    random = Random(4)
    for number in range(30):
        tree.put(f"customers/{number:06}/{made.email(random)}.txt", b"x")
    for name in ("王小明", "李雷"):
        tree.put(f"staff/{name}/cv.txt", b"born somewhere")
    places = {each.where: each for each in tree.sampled()}
    assert set(places) == {"customers/{…}/", "staff/{…}/"}
    assert places["customers/{…}/"].items == 30
    assert tree.found()["customers/{…}/"] == {Kind.EMAIL}


def test_names_of_files_are_data_too(tree: Tree) -> None:
    random = Random(5)
    for _ in range(4):
        tree.put(f"scans/{made.citizen_id(random)}.pdf", b"%PDF-1.7")
    (only,) = tree.sampled()
    assert (only.where, only.passed_over) == ("scans/", 4)
    assert tree.found() == {"scans/": {Kind.CITIZEN_ID}}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("x.csv", "编号,手机号\n1,{0}\n2,{1}\n".encode),
        ("gbk.csv", "编号,手机号\n1,{0}\n2,{1}\n".encode),
        ("x.json", '[{{"sjhm": "{0}"}}, {{"sjhm": "{1}"}}]'.encode),
        ("x.jsonl", '{{"mobile": {0}}}\n{{"mobile": {1}}}\n{{"mob'.encode),
        ("x.log", "called {0}\ncalled {1}\n".encode),
        ("noending", "called {0}\ncalled {1}\n".encode),
        ("x.txt.gz", "called {0}\ncalled {1}\n".encode),
    ],
)
def test_text_of_many_forms_is_read(tree: Tree, name: str, body: Callable[[], bytes]) -> None:
    random = Random(6)
    text = body().decode().format(made.mobile(random), made.mobile(random))
    written = text.encode("gb18030" if name.startswith("gbk") else "utf-8")
    tree.put(f"f/{name}", gzip.compress(written) if name.endswith(".gz") else written)
    assert tree.found() == {"f/": {Kind.MOBILE}}


def test_only_the_beginning_of_a_file_is_read(tree: Tree) -> None:
    tree.put("big/dump.txt", b"filler line\n" * (HEAD // 12 + 100) + ids(7))
    assert tree.found() == {}
    (only,) = tree.sampled()
    assert sum(len(value) for field in only.fields for value in field.values) < HEAD


def test_what_is_packed_is_counted_and_not_looked_into(tree: Tree) -> None:
    tree.put("pack/a.docx", b"PK\x03\x04" + ids(8))
    tree.put("pack/b.bin", b"\0\1\2" + ids(8))
    (only,) = tree.sampled()
    assert tree.found() == {}
    assert only.passed_over == 2


def test_an_empty_file_and_a_place_of_many_files_are_no_obstacle(tree: Tree) -> None:
    tree.put("e/empty.txt", b"")
    for number in range(40):
        tree.put(
            f"many/part-{number}.json", json.dumps({"email": f"p{number}@example.cn"}).encode()
        )
    assert tree.found() == {"many/": {Kind.EMAIL}}


def test_a_tree_too_large_to_list_is_told() -> None:
    walk = tree_sampling.TreeSampling(
        tree=_Endless(), claimed=lambda _: False, wholly=lambda _: False
    )
    *_, told = walk.places()
    assert told.unread is not None
    assert "were not reached" in told.unread


class _Endless:
    """A folder in a folder, for ever."""

    def level(self, path: str) -> tree_sampling.Level:
        return tree_sampling.Level(["a/", "b/"], ["x.txt"])

    def head(self, path: str, size: int) -> bytes | None:
        return b""


def test_links_are_never_followed(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "list.txt").write_bytes(ids(10))
    (world.root / "link").symlink_to(outside)
    (world.folder / "list.txt").symlink_to(outside / "list.txt")
    os.mkfifo(world.folder / "pipe")
    assert list(world.store().unclaimed([])) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path)
    closed = world.root / "closed"
    closed.mkdir(mode=0)
    (told,) = world.store().unclaimed([])
    assert (told.where, told.unread) == ("closed/", "A folder cannot be read (permission_denied).")


def test_a_bucket_that_is_not_there_is_unreachable() -> None:
    from keepuntil.errors import StoreError

    server = s3_servers.server("moto")
    store = s3_servers.Place(server, "ku-nothing-here").store()
    with pytest.raises(StoreError):
        list(store.unclaimed([]))
