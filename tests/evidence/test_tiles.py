"""Tiles are those of C2SP tlog-tiles, and proofs out of them are those of the leaves."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError
from keepuntil.evidence import keys, merkle, note, tiles
from keepuntil.evidence.merkle import HASH_BYTES, LeafHashes, Tree
from keepuntil.evidence.note import Checkpoint, Note, NoteKey
from keepuntil.evidence.tiles import Bundle, GrowingTiles, StoredTree, Tile

# Full tiles of level 1 begin at 65,536 leaves; beyond that nothing is new but time.
LARGE = [65_535, 65_536, 65_537, 66_000]
SIZES = st.one_of(
    st.integers(0, 1400), st.sampled_from([255, 256, 257, 511, 512, 513, 768, 65_537])
)
FEW = settings(max_examples=25)


def leaves_of(size: int) -> bytes:
    return b"".join(merkle.leaf_hash(b"%d" % number) for number in range(size))


ALL = leaves_of(66_000)


def cut(size: int, start: int = 0) -> bytes:
    return ALL[start * HASH_BYTES : size * HASH_BYTES]


def stored(*sizes: int) -> dict[str, bytes]:
    """The tiles a log wrote whose checkpoints had these sizes, one after another."""
    objects: dict[str, bytes] = {}
    growing = GrowingTiles()
    for size in sizes:
        before = growing.size
        for tile, hashes in [
            *growing.extend(cut(size, before)),
            *growing.unfinished(before),
        ]:
            objects[tile.path] = hashes
    return objects


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 0, 1), "tile/0/000.p/1"),
        (Tile(1, 999), "tile/1/999"),
        (Tile(2, 1000), "tile/2/x001/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(63, 1234067, 255), "tile/63/x001/x234/067.p/255"),
        (Bundle(0, 44), "tile/entries/000.p/44"),
        (Bundle(1234067), "tile/entries/x001/x234/067"),
    ],
)
def test_a_tile_lies_where_the_specification_says(tile: Tile | Bundle, path: str) -> None:
    assert tile.path == path


def test_the_tree_of_70000_leaves_has_the_tiles_the_specification_counts() -> None:
    found = list(tiles.tiles_between(0, 70_000))
    full = [sum(tile.level == level and tile.width == 256 for tile in found) for level in range(4)]
    assert full == [273, 1, 0, 0]
    assert [tile for tile in found if tile.width < 256] == [
        Tile(0, 273, 112),
        Tile(1, 1, 17),
        Tile(2, 0, 1),
    ]
    assert list(tiles.tiles_between(255, 256)) == [Tile(0, 0), Tile(1, 0, 1)]


def test_the_foreign_log_is_rebuilt_byte_for_byte_at_each_of_its_15_sizes(
    shared_dir: Path,
) -> None:
    vectors = shared_dir / "vectors"
    described = json.loads((vectors / "extracted" / "signed_note.json").read_bytes())["tessera_log"]
    log = vectors / "transparency-dev-tessera" / "testdata" / "log"
    key = signing_key(described["skey"])
    trusted = NoteKey.parse(described["vkey"])
    entries = [text.encode() for text in described["entries"]]
    growing = GrowingTiles()
    for size, entry in enumerate(entries, 1):
        assert growing.extend(merkle.leaf_hash(entry)) == []
        for tile, hashes in growing.unfinished(size - 1):
            assert (log / tile.path).read_bytes() == hashes
        (bundle,) = tiles.bundles_between(size - 1, size)
        written = tiles.encode_bundle(entries[:size])
        assert (log / bundle.path).read_bytes() == written
        assert tiles.parse_bundle(written, bundle) == entries[:size]
        text = Checkpoint(trusted.name, size, growing.root()).text
        signed = Note(text, (note.sign(text, trusted.name, key),)).encode()
        assert (log / f"checkpoint.{size}").read_bytes() == signed
    assert size == 15


def signing_key(text: str) -> keys.SigningKey:
    """The private key in the form of Go's sumdb/note."""
    from base64 import b64decode

    from cryptography.hazmat.primitives.asymmetric import ed25519

    seed = b64decode(text.split("+", 4)[4])[1:]
    private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    return keys.HeldKey(keys.verifying_key(private.public_key(), "the key"), private)


@pytest.mark.parametrize("log", ["run", "log"])
def test_the_tiles_of_the_worked_example_are_rebuilt_from_its_entries(
    shared_dir: Path, log: str
) -> None:
    folder = shared_dir / "evidence-example" / log
    checkpoint = Checkpoint.parse(Note.parse((folder / "checkpoint").read_bytes()).text)
    growing = GrowingTiles()
    written = []
    for bundle in tiles.bundles_between(0, checkpoint.size):
        entries = tiles.parse_bundle((folder / bundle.path).read_bytes(), bundle)
        written += growing.extend(b"".join(map(merkle.leaf_hash, entries)))
    assert growing.root() == checkpoint.root
    written += growing.unfinished()
    assert {tile for tile, _ in written} == set(tiles.tiles_between(0, checkpoint.size))
    for tile, hashes in written:
        assert (folder / tile.path).read_bytes() == hashes


@given(SIZES, SIZES)
def test_what_changes_between_two_sizes_is_what_one_has_and_the_other_has_not(
    one: int, other: int
) -> None:
    old, new = sorted((one, other))
    before = set(tiles.tiles_between(0, old))
    after = set(tiles.tiles_between(0, new))
    changed = list(tiles.tiles_between(old, new))
    assert set(changed) == after - before
    assert len(changed) == len(set(changed))
    bundles = set(tiles.bundles_between(0, new)) - set(tiles.bundles_between(0, old))
    assert set(tiles.bundles_between(old, new)) == bundles


@FEW
@given(st.lists(SIZES, min_size=1, max_size=5))
def test_however_it_grew_a_log_has_the_tiles_and_the_root_of_its_leaves(
    sizes: list[int],
) -> None:
    sizes = sorted(sizes)
    objects = stored(*sizes)
    size = sizes[-1]
    for tile in tiles.tiles_between(0, size):
        span = 1 << 8 * tile.level
        first = tile.index * 256
        for at in {0, tile.width - 1}:
            start = (first + at) * span
            root = LeafHashes(cut(start + span, start)).root()
            assert objects[tile.path][at * 32 : at * 32 + 32] == root
        assert len(objects[tile.path]) == tile.width * 32
    root = LeafHashes(cut(size)).root()
    assert StoredTree(size, objects.get).root() == root
    assert GrowingTiles.resume(size, root, objects.get).root() == root


@given(SIZES.filter(bool), st.data())
def test_proofs_out_of_tiles_are_those_out_of_the_leaves(size: int, data: st.DataObject) -> None:
    objects = stored(size)
    reads: list[str] = []

    def read(path: str) -> bytes | None:
        reads.append(path)
        return objects.get(path)

    index = data.draw(st.integers(0, size - 1))
    old_size = data.draw(st.integers(1, size))
    leaves = LeafHashes(cut(size))
    assert StoredTree(size, read).inclusion_proof(index) == leaves.inclusion_proof(index)
    assert len(reads) == len(set(reads)) <= 6
    reads.clear()
    assert StoredTree(size, read).consistency_proof(old_size) == leaves.consistency_proof(old_size)
    assert len(reads) == len(set(reads)) <= 6
    assert StoredTree(size, read).leaf(index) == cut(index + 1, index)


@given(st.integers(1, 1400), st.data())
def test_partial_tiles_may_be_gone_once_the_full_ones_are_there(
    size: int, data: st.DataObject
) -> None:
    larger = (size // 256 + 1) * 256
    objects = stored(size, larger)
    for tile in tiles.tiles_between(0, size):
        if tile.level == 0 and tile.width < 256:
            del objects[tile.path]
    index = data.draw(st.integers(0, size - 1))
    proof = StoredTree(size, objects.get).inclusion_proof(index)
    assert proof == LeafHashes(cut(size)).inclusion_proof(index)


@pytest.mark.parametrize("size", LARGE)
def test_where_level_1_is_full_proofs_are_those_out_of_the_leaves(size: int) -> None:
    objects, leaves = stored(size), LeafHashes(cut(size))
    for one in (1, 255, 256, 65_279, 65_534):
        tree = StoredTree(size, objects.get)
        assert tree.inclusion_proof(one) == leaves.inclusion_proof(one)
        assert tree.consistency_proof(one) == leaves.consistency_proof(one)


@FEW
@given(SIZES, SIZES)
def test_a_log_goes_on_from_its_stored_tiles(one: int, other: int) -> None:
    old, new = sorted((one, other))
    root = LeafHashes(cut(old)).root()
    growing = GrowingTiles.resume(old, root, stored(old).get)
    tree = growing.tree()
    tree.extend(cut(new, old))
    written = [*growing.extend(cut(new, old)), *growing.unfinished(old)]
    assert tree.root() == growing.root() == LeafHashes(cut(new)).root()
    assert {tile for tile, _ in written} == set(tiles.tiles_between(old, new))
    assert {tile.path: held for tile, held in written}.items() <= stored(old, new).items()


@given(st.integers(1, 1400), st.data())
def test_a_log_does_not_go_on_from_tiles_that_somebody_changed(
    size: int, data: st.DataObject
) -> None:
    objects = stored(size)
    # What lies at the right edge is all that the future of the log is made of.
    path = data.draw(
        st.sampled_from([t.path for t in tiles.tiles_between(0, size) if t.width < 256])
    )
    bit = data.draw(st.integers(0, len(objects[path]) * 8 - 1))
    changed = int.from_bytes(objects[path], "big") ^ 1 << bit
    objects[path] = changed.to_bytes(len(objects[path]), "big")
    with pytest.raises(EvidenceError, match="do not lead to the root"):
        GrowingTiles.resume(size, LeafHashes(cut(size)).root(), objects.get)


def test_a_missing_or_cut_tile_is_named() -> None:
    objects = stored(300)
    root = LeafHashes(cut(300)).root()
    without = {path: held for path, held in objects.items() if path != "tile/0/001.p/44"}
    with pytest.raises(EvidenceError, match=r"lacks its tile tile/0/001\.p/44"):
        StoredTree(300, without.get).root()
    objects["tile/0/001.p/44"] = objects["tile/0/001.p/44"][:-1]
    with pytest.raises(EvidenceError, match=r"tile/0/001\.p/44 has 1407 bytes where 1408"):
        GrowingTiles.resume(300, root, objects.get)
    # A full tile stands in for a partial one only when it is whole.
    without["tile/0/001"] = bytes(8191)
    with pytest.raises(EvidenceError, match="has 8191 bytes where 1408"):
        StoredTree(300, without.get).root()


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundles_of_entries_come_back_as_they_went_in(entries: list[bytes]) -> None:
    bundle = Bundle(0, len(entries))
    data = tiles.encode_bundle(entries)
    assert tiles.parse_bundle(data, bundle) == entries
    with pytest.raises(EvidenceError, match="more at"):
        tiles.parse_bundle(data + b"\0", bundle)
    with pytest.raises(EvidenceError, match="cut off"):
        tiles.parse_bundle(data[:-1], bundle)


@given(st.binary(max_size=2000), st.integers(1, 256))
def test_hostile_bundles_are_read_whole_or_refused(data: bytes, width: int) -> None:
    try:
        entries = tiles.parse_bundle(data, Bundle(7, width))
    except EvidenceError:
        return
    assert tiles.encode_bundle(entries) == data


@given(st.integers(-2, 2**64), st.dictionaries(st.text(), st.binary(max_size=64)))
def test_hostile_sizes_and_tiles_are_refused(size: int, objects: dict[str, bytes]) -> None:
    if size == 0:
        return
    with pytest.raises(EvidenceError):
        StoredTree(size, objects.get).root()


def test_an_entry_that_two_bytes_cannot_measure_is_refused() -> None:
    largest = bytes(65_535)
    assert tiles.parse_bundle(tiles.encode_bundle([largest]), Bundle(0, 1)) == [largest]
    with pytest.raises(EvidenceError, match="at most 65535 bytes, and this one has 65536"):
        tiles.encode_bundle([bytes(65_536)])
    with pytest.raises(EvidenceError, match="in the middle of one"):
        GrowingTiles().extend(bytes(33))
    with pytest.raises(EvidenceError, match="does not grow into"):
        list(tiles.tiles_between(3, 2))
    for index in (-1, 3):
        with pytest.raises(EvidenceError, match="there is no leaf"):
            StoredTree(3, stored(3).get).leaf(index)


def test_an_empty_log_has_no_tiles_and_the_empty_root() -> None:
    assert list(tiles.tiles_between(0, 0)) == []
    assert StoredTree(0, {}.get).root() == merkle.EMPTY_ROOT == Tree().root()
    assert GrowingTiles.resume(0, merkle.EMPTY_ROOT, {}.get).unfinished() == []


def test_memory_of_many_proofs_is_that_of_few_tiles() -> None:
    objects = stored(66_000)
    tree = StoredTree(66_000, objects.get)
    for index in range(0, 66_000, 256):
        tree.inclusion_proof(index)
    assert len(tree._tiles) <= 64


def test_one_of_ten_million_is_proven_out_of_few_tiles() -> None:
    """Leaves are all the same, so that every tile is known without growing the tree."""
    size, index = 10_000_000, 7_654_321
    hashes = [bytes(32)]
    for _ in range(4):
        hashes.append(merkle.subtree_roots(hashes[-1] * 256, 8))
    objects = {tile.path: hashes[tile.level] * tile.width for tile in tiles.tiles_between(0, size)}
    whole = Tree()
    whole.graft(hashes[1] * (size // 256), 8)
    whole.extend(hashes[0] * (size % 256))
    reads: list[str] = []

    def read(path: str) -> bytes | None:
        reads.append(path)
        return objects.get(path)

    proof = StoredTree(size, read).inclusion_proof(index)
    merkle.verify_inclusion(index=index, size=size, leaf=bytes(32), proof=proof, root=whole.root())
    assert len(reads) <= 6
