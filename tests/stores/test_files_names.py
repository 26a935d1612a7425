"""Names are bytes, and every byte counts."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from files_world import FilesWorld, sorted_by_components
from keepuntil.domain.holds import Binding, Hold, HoldScope
from keepuntil.domain.items import Key, key_text, parse_key
from keepuntil.domain.outcomes import Outcome
from keepuntil.errors import StoreMismatch
from keepuntil.stores.files.naming import named, path_of
from store_contract import CATEGORY


def key_of(path: bytes) -> Key:
    return named(path)[0]


AWKWARD = [
    b"line\nbreak.pdf",
    b'quote\'s "double".pdf',
    b"-rf",
    b"--help",
    b"*",
    b"$(reboot)",
    b"back\\slash",
    b" ",
    b"trailing ",
    b"...",
    b".hidden",
    b"tab\tbell\x07",
    "借据.pdf".encode(),
    "借据.pdf".encode("gb18030"),
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"n" * 255,
    "é".encode() + b".txt",
    "e\u0301".encode() + b".txt",
    b"UPPER",
    b"upper",
]

component = (
    st.binary(min_size=1, max_size=255)
    .map(lambda name: name.replace(b"\0", b"0").replace(b"/", b"-"))
    .filter(lambda name: name not in (b".", b".."))
)


def test_a_file_of_any_name_is_found_destroyed_and_gone(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path)
    due = {world.write(key_of(b"x/" + name)[0]) for name in AWKWARD}  # type: ignore[arg-type]
    assert world.keys() == due
    batch = world.batch()
    assert set(batch.keys) == due
    assert world.store().remains(world.query(), batch.keys) == [1] * len(due)
    effect = world.destroy(batch)
    assert set(effect.outcomes) == {Outcome.DESTROYED}
    assert world.keys() == set()
    assert world.store().remains(world.query(), batch.keys) == [0] * len(due)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(component, component), min_size=1, max_size=8, unique=True))
def test_any_bytes_make_a_name_and_exactly_it_is_destroyed(
    paths: list[tuple[bytes, bytes]],
) -> None:
    due, kept = paths[::2], paths[1::2]
    with tempfile.TemporaryDirectory() as folder:
        world = FilesWorld(Path(folder))
        due_keys = [key_of(b"due/" + b"/".join(path)) for path in due]
        for key in due_keys:
            world.write(key[0])  # type: ignore[arg-type]
        others = {world.write(key_of(b"due" + b"/".join(path))[0], None) for path in kept}  # type: ignore[arg-type]
        batch = world.batch()
        in_order = sorted_by_components([path_of(key) for key in due_keys])
        assert [path_of(key) for key in batch.keys] == in_order
        assert set(world.destroy(batch).outcomes) == {Outcome.DESTROYED}
        assert world.keys() == others


@given(st.binary(min_size=1, max_size=300))
def test_a_key_survives_being_written_down(path: bytes) -> None:
    key = key_of(path)
    assert parse_key(key_text(key)) == key
    assert isinstance(key[0], str) == _is_utf8(path)


@given(st.lists(component, min_size=1, max_size=5).map(b"/".join))
def test_a_path_is_read_back_from_its_key(path: bytes) -> None:
    assert path_of(key_of(path)) == path


@pytest.mark.parametrize(
    "name",
    ["..", "../x", "a/../../x", "/etc/passwd", "", "a//b", "a/./b", "a/", "a\0b", b"../\xff", 7,
     "\ud800"],
)  # fmt: skip
def test_a_key_that_could_lead_out_is_refused_and_nothing_is_destroyed(
    tmp_path: Path, name: str | bytes | int
) -> None:
    world = FilesWorld(tmp_path)
    key = world.write("a/x")
    batch = world.batch()
    batch.keys.append((name,))
    batch.marks.append(batch.marks[0])
    batch.groups.append(None)
    batch.spared.append(False)
    with pytest.raises(StoreMismatch):
        world.destroy(batch)
    assert world.keys() == {key}


def test_names_that_differ_in_case_only_are_two_files(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path)
    world.write("Loan.pdf")
    kept = world.write("loan.pdf", None)
    if len(list(world.folder.iterdir())) == 1:
        pytest.skip("this file system does not tell upper from lower case")
    batch = world.batch()
    assert batch.keys == [("Loan.pdf",)]
    world.destroy(batch)
    assert world.keys() == {kept}


def test_siblings_whose_names_begin_alike_are_not_taken_along(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path, pattern=r"loans/1/[^/]*\.pdf")
    world.write("loans/1/a.pdf")
    alike = ("loans/10/a.pdf", "loans/1.pdf", "xloans/1/a.pdf", "loans/1/a.pdf.asc")
    others = {world.write(path) for path in alike}
    world.destroy(world.batch())
    assert world.keys() == others


def test_a_line_break_in_a_name_takes_no_file_out_of_the_pattern(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path, pattern=r".*\.pdf")
    key = world.write("a\nb.pdf")
    assert world.found_keys() == [key]


def test_a_hold_by_prefix_binds_names_that_are_no_utf8() -> None:
    hold = Hold(
        hold_id="h1",
        mandate="court order 1",
        owner="legal",
        category=CATEGORY,
        instance=None,
        scope=HoldScope.PREFIX,
        value="loans/7/",
        placed_at=datetime(2024, 1, 1, tzinfo=UTC),
        review_by=None,
    )
    binding = Binding([hold], category=CATEGORY, instance="statements")
    assert binding.of((b"loans/7/\xff.pdf",), None) == ("h1",)
    assert binding.of((b"loans/70/\xff.pdf",), None) == ()


def _is_utf8(path: bytes) -> bool:
    try:
        path.decode()
    except UnicodeDecodeError:
        return False
    return True
