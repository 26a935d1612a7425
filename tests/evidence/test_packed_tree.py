"""A tree in packed levels is the same tree, and gives the same proofs."""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError
from keepuntil.evidence import merkle
from keepuntil.evidence.merkle import LeafHashes
from keepuntil.evidence.packed_tree import PackedWriter, tile_reader
from keepuntil.evidence.tiles import StoredTree


def leaves(count: int) -> bytes:
    return b"".join(merkle.leaf_hash(b"%d" % number) for number in range(count))


def packed(count: int, piece: int) -> tuple[dict[str, BytesIO], bytes]:
    files: dict[str, BytesIO] = {}
    writer = PackedWriter(lambda name: files.setdefault(name, BytesIO()))
    hashes = leaves(count)
    for at in range(0, len(hashes), piece * 32):
        writer.extend(hashes[at : at + piece * 32])
    return files, writer.finish().root()


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 1500), st.integers(1, 700), st.data())
def test_root_and_proofs_are_those_of_the_whole_tree(
    count: int, piece: int, data: st.DataObject
) -> None:
    files, root = packed(count, piece)
    whole = LeafHashes(leaves(count))
    assert root == whole.root()
    stored = StoredTree(count, tile_reader(files))
    index = data.draw(st.integers(0, count - 1))
    assert stored.inclusion_proof(index) == whole.inclusion_proof(index)


def test_the_levels_are_packed_hashes() -> None:
    files, _ = packed(256 * 256 + 300, 5000)
    sizes = {name: len(file.getvalue()) // 32 for name, file in files.items()}
    assert sizes == {"level-0": 65836, "level-1": 257, "level-2": 1}


def test_a_level_that_is_missing_or_cut_is_told() -> None:
    files, _ = packed(600, 100)
    without = tile_reader({"level-0": files["level-0"]})
    with pytest.raises(EvidenceError, match="lacks its tile tile/1"):
        StoredTree(600, without).inclusion_proof(599)
    cut = {**files, "level-0": BytesIO(files["level-0"].getvalue()[:-40])}
    with pytest.raises(EvidenceError, match="bytes where"):
        StoredTree(600, tile_reader(cut)).inclusion_proof(520)


@pytest.mark.parametrize("path", ["tile/0/1", "tile/0/000.p/", "../tile/0/000", "tile/entries/000"])
def test_what_is_no_tile_is_refused(path: str) -> None:
    with pytest.raises(EvidenceError, match="not the path of a tile"):
        tile_reader({})(path)
