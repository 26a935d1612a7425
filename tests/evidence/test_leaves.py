"""A leaf entry has one form; columns of them, bundles and disclosures fit it."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError
from keepuntil.evidence import canonical, commitments, leaves, merkle
from keepuntil.evidence.leaves import LeafColumns, LeafEntry

WORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters='"\\', min_codepoint=0x20),
    min_size=1,
    max_size=12,
)
HASHES = st.binary(min_size=32, max_size=32)
ENTRIES = st.builds(LeafEntry, HASHES, WORDS, WORDS, WORDS, WORDS) | st.builds(
    LeafEntry, HASHES, WORDS, WORDS, WORDS, WORDS, st.integers(1, 2**53 - 1), HASHES
)
PLAIN = LeafEntry(bytes(range(32)), "core", "loan_file", "sql.delete", "destroyed")
PARTED = replace(PLAIN, part_count=2, part_commitment=bytes(32))
PLAIN_BYTES = (
    b'{"c":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","i":"core","k":"loan_file",'
    b'"m":"sql.delete","o":"destroyed","v":1}'
)
PARTED_BYTES = (
    b'{"c":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","i":"core","k":"loan_file",'
    b'"m":"sql.delete","n":2,"o":"destroyed","p":"' + b"A" * 43 + b'","v":1}'
)


def b64url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def columns(
    outcomes: bytes = b"\x00", counts: Sequence[int] = (), words: dict[int, str] | None = None
) -> LeafColumns:
    return LeafColumns(
        instance="core",
        category="loan_file",
        method="sql.delete",
        words=words or {0: "destroyed", 1: "held"},
        outcomes=outcomes,
        commitments=bytes(32 * len(outcomes)),
        part_counts=counts,
        part_commitments=bytes(32 * len(counts)),
    )


@pytest.mark.parametrize(("entry", "encoded"), [(PLAIN, PLAIN_BYTES), (PARTED, PARTED_BYTES)])
def test_the_form_is_this_one_for_ever(entry: LeafEntry, encoded: bytes) -> None:
    assert entry.encode() == encoded
    assert leaves.parse_entry(encoded) == entry


@given(ENTRIES)
def test_an_entry_is_canonical_json_and_survives_the_way_through_its_bytes(
    entry: LeafEntry,
) -> None:
    encoded = entry.encode()
    assert canonical.encode(canonical.parse(encoded)) == encoded
    assert leaves.parse_entry(encoded) == entry
    document = json.loads(encoded)
    assert document["c"] == b64url(entry.commitment)
    assert document.get("n", 0) == entry.part_count
    assert len(encoded) <= leaves.LARGEST_ENTRY


@given(
    st.lists(st.tuples(st.integers(0, 1), HASHES, st.integers(0, 3), HASHES), max_size=8),
    st.booleans(),
    st.booleans(),
)
def test_columns_render_as_each_entry_would(rows, parted: bool, pieces: bool) -> None:
    words = {0: "destroyed", 1: "held"}
    column = LeafColumns(
        instance="借据",
        category="loan_file",
        method="m",
        words=words,
        outcomes=bytes(row[0] for row in rows),
        commitments=b"".join(row[1] for row in rows),
        part_counts=[row[2] for row in rows] if parted else (),
        part_commitments=b"".join(row[3] for row in rows) if parted else b"",
    )
    expected = []
    for code, commitment, count, part in rows:
        parts = (count, part) if parted and count else (0, b"")
        expected.append(
            LeafEntry(commitment, "借据", "loan_file", "m", words[code], *parts).encode()
        )
    with pytest.MonkeyPatch.context() as patch:
        if pieces:
            patch.setattr(leaves, "_PIECE", 3)
        assert list(leaves.entries(column)) == expected
        assert leaves.leaf_hashes(column) == b"".join(map(merkle.leaf_hash, expected))


@pytest.mark.parametrize("encoded", [PLAIN_BYTES, PARTED_BYTES])
def test_each_flipped_bit_is_refused_or_says_something_else(encoded: bytes) -> None:
    original = leaves.parse_entry(encoded)
    for at in range(len(encoded) * 8):
        flipped = bytearray(encoded)
        flipped[at // 8] ^= 1 << at % 8
        try:
            found = leaves.parse_entry(bytes(flipped))
        except EvidenceError:
            continue
        assert found != original
        assert found.encode() == flipped


@pytest.mark.parametrize("encoded", [PLAIN_BYTES, PARTED_BYTES])
def test_each_cut_is_refused(encoded: bytes) -> None:
    for end in range(len(encoded)):
        with pytest.raises(EvidenceError, match="the leaf entry"):
            leaves.parse_entry(encoded[:end])


@pytest.mark.parametrize(
    ("was", "becomes", "sentence"),
    [
        (b'"v":1}', b'"v":2}', "entry 9 has version 2; this release reads version 1"),
        (b'"v":1}', b'"v":1,"w":1}', "form of a leaf entry"),
        (b'"v":1}', b'"v":1}\n', "form of a leaf entry"),
        (b'"v":1}', b'"v":01}', "form of a leaf entry"),
        (b'"v":1}', b'"v":true}', "form of a leaf entry"),
        (b'"i":"core",', b"", "form of a leaf entry"),
        (b'"i":"core"', b'"i":"core","i":"core"', "form of a leaf entry"),
        (b'"i":"core","k":"loan_file"', b'"k":"loan_file","i":"core"', "form of a leaf entry"),
        (b'"i":"core"', b'"i":""', "form of a leaf entry"),
        (b'"i":"core"', b'"i":7', "form of a leaf entry"),
        (b'"i":"core"', b'"i": "core"', "form of a leaf entry"),
        (b'"i":"core"', b'"i":"c\\u006fre"', "form of a leaf entry"),
        (b'"i":"core"', b'"i":"co\nre"', "form of a leaf entry"),
        (b'"i":"core"', b'"i":"\xff"', "a word in entry 9 is not UTF-8"),
        (b'"i":"core"', b'"i":"' + b"x" * 256 + b'"', "more than 255 characters"),
        (b'"i":"core"', b'"i":"' + b"x" * 70_000 + b'"', "form of a leaf entry"),
        (b'"n":2,', b"", "counts parts and commits to them, or does neither"),
        (b',"p":"' + b"A" * 43 + b'"', b"", "counts parts and commits to them, or does neither"),
        (b'"n":2', b'"n":0', "form of a leaf entry"),
        (b'"n":2', b'"n":-1', "form of a leaf entry"),
        (b'"n":2', b'"n":2.0', "form of a leaf entry"),
        (b'"n":2', b'"n":9007199254740992', "a number of parts that cannot be"),
        (b"Hh8", b"Hh9", "form of a leaf entry"),
        (b"Hh8", b"Hh8=", "form of a leaf entry"),
        (b"Hh8", b"Hh", "form of a leaf entry"),
        (b'"p":"A', b'"p":"/', "form of a leaf entry"),
    ],
)
def test_another_form_is_refused_with_a_sentence(was: bytes, becomes: bytes, sentence: str) -> None:
    assert PARTED_BYTES.count(was) == 1
    with pytest.raises(EvidenceError, match=sentence):
        leaves.parse_entry(PARTED_BYTES.replace(was, becomes), "entry 9")


@given(st.binary(max_size=100))
def test_hostile_entries_are_refused_and_nothing_else(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        leaves.parse_entry(data)


@given(st.binary(max_size=12), st.integers(0, len(PARTED_BYTES)), st.integers(0, 12))
def test_damaged_entries_are_refused_or_read_as_they_stand(data: bytes, at: int, cut: int) -> None:
    damaged = PARTED_BYTES[:at] + data + PARTED_BYTES[at + cut :]
    try:
        found = leaves.parse_entry(damaged)
    except EvidenceError:
        return
    assert found.encode() == damaged


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"commitments": bytes(31)}, "columns of 1 leaf entries differ"),
        ({"commitments": bytes(64)}, "columns of 1 leaf entries differ"),
        ({"part_counts": (1, 2)}, "columns of 1 leaf entries differ"),
        ({"part_counts": (1,)}, "does not belong to 1 part counts"),
        ({"part_commitments": bytes(32)}, "does not belong to 0 part counts"),
        ({"part_counts": (-1,), "part_commitments": bytes(32)}, "number of parts that cannot be"),
        (
            {"part_counts": (2**53,), "part_commitments": bytes(32)},
            "number of parts that cannot be",
        ),
        ({"outcomes": b"\x07"}, "no word for outcome code 7"),
        ({"instance": 'a"b'}, "no quotation mark"),
        ({"category": ""}, "1 to 255 characters"),
        ({"method": "a\\b"}, "backslash"),
        ({"words": {0: "a\x1fb"}}, "control character"),
        ({"words": {0: "x" * 256}}, "1 to 255 characters"),
        ({"words": {0: "\ud800"}}, "lone surrogate"),
    ],
)
def test_columns_that_do_not_fit_are_refused(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(EvidenceError, match=sentence):
        replace(columns(), **change)


def test_no_columns_give_no_entries() -> None:
    assert list(leaves.entries(columns(b""))) == []
    assert leaves.leaf_hashes(columns(b"")) == b""


KEY = bytes(32)
RECORD = '{"category":"loan_file","instance":"core","key":[7]}'
PARTS = '{"loan_note":[[1],[2]],"loan_event":[["x"]]}'
RECORD_DISCLOSURE = commitments.record_disclosure(commitments.record_salt(KEY, 0), RECORD)
PARTS_DISCLOSURE = commitments.parts_disclosure(commitments.parts_salt(KEY, 0), PARTS)
ENTRY = replace(
    PLAIN,
    commitment=commitments.commit(RECORD_DISCLOSURE),
    part_count=3,
    part_commitment=commitments.commit(PARTS_DISCLOSURE),
)


def test_an_entry_is_opened_by_its_disclosures() -> None:
    assert leaves.check_record(ENTRY, RECORD_DISCLOSURE) == json.loads(RECORD)
    assert leaves.check_parts(ENTRY, PARTS_DISCLOSURE) == json.loads(PARTS)


def test_a_record_under_another_name_than_its_entry_is_refused() -> None:
    for change in ({"category": "other"}, {"instance": "other"}):
        with pytest.raises(EvidenceError, match="of another category or instance"):
            leaves.check_record(replace(ENTRY, **change), RECORD_DISCLOSURE)
    disclosure = commitments.record_disclosure(bytes(16), "[7]")
    with pytest.raises(EvidenceError, match="not an object"):
        leaves.check_record(replace(PLAIN, commitment=commitments.commit(disclosure)), disclosure)


def test_disclosures_do_not_open_another_entry_or_each_other() -> None:
    with pytest.raises(EvidenceError, match="does not belong to this entry"):
        leaves.check_record(PLAIN, RECORD_DISCLOSURE)
    with pytest.raises(EvidenceError, match="does not belong to this entry"):
        leaves.check_parts(ENTRY, RECORD_DISCLOSURE)
    swapped = replace(ENTRY, commitment=ENTRY.part_commitment)
    with pytest.raises(EvidenceError, match="not a list of salt, 'record' and content"):
        leaves.check_record(swapped, PARTS_DISCLOSURE)


@pytest.mark.parametrize(
    "parts", ['{"a":[1,2]}', '{"a":[1,2,3,4]}', "[1,2,3]", '{"a":"xyz"}', "3", "{}"]
)
def test_parts_that_are_not_as_many_as_counted_are_refused(parts: str) -> None:
    disclosure = commitments.parts_disclosure(bytes(16), parts)
    entry = replace(ENTRY, part_commitment=commitments.commit(disclosure))
    with pytest.raises(EvidenceError, match="not lists of the 3 parts"):
        leaves.check_parts(entry, disclosure)


def test_an_entry_without_parts_discloses_none() -> None:
    with pytest.raises(EvidenceError, match="no parts were destroyed"):
        leaves.check_parts(PLAIN, PARTS_DISCLOSURE)


@given(st.lists(st.binary(max_size=300), max_size=10))
def test_a_bundle_gives_back_its_entries(entries: list[bytes]) -> None:
    bundle = leaves.pack_entries(entries)
    assert list(leaves.read_entries(BytesIO(bundle), len(entries))) == entries


def test_a_bundle_is_the_one_of_tlog_tiles(shared_dir: Path) -> None:
    folder = shared_dir / "vectors" / "transparency-dev-tessera" / "testdata" / "log"
    bundle = (folder / "tile" / "entries" / "000.p" / "3").read_bytes()
    assert leaves.pack_entries([b"one", b"two", b"three"]) == bundle
    assert list(leaves.read_entries(BytesIO(bundle), 3)) == [b"one", b"two", b"three"]


def test_the_foreign_run_tree_is_rebuilt_from_its_bundles(shared_dir: Path) -> None:
    run = shared_dir / "evidence-example" / "run"
    tree = merkle.Tree()
    for name, count in (("000", 256), ("001.p/44", 44)):
        with (run / "tile" / "entries" / name).open("rb") as bundle:
            for entry in leaves.read_entries(bundle, count):
                tree.append(merkle.leaf_hash(entry))
    size, root = (run / "checkpoint").read_text(encoding="utf-8").split("\n")[1:3]
    assert (str(tree.size), tree.root().hex()) == (
        size,
        leaves.base64_text.decode(root, "it").hex(),
    )


def test_a_bundle_that_is_cut_or_goes_on_is_refused() -> None:
    bundle = leaves.pack_entries([b"one", b"", b"three"])
    for end in range(len(bundle)):
        with pytest.raises(EvidenceError, match=r"ends (before|within) entry \d of 3"):
            list(leaves.read_entries(BytesIO(bundle[:end]), 3))
    with pytest.raises(EvidenceError, match="goes on after its 3 entries"):
        list(leaves.read_entries(BytesIO(bundle + b"\x00"), 3))
    with pytest.raises(EvidenceError, match="goes on after its 2 entries"):
        list(leaves.read_entries(BytesIO(bundle), 2))


def test_entries_in_another_order_give_another_root() -> None:
    first, second = PLAIN.encode(), PARTED.encode()
    roots = set()
    for order in ([first, second], [second, first]):
        tree = merkle.Tree()
        tree.extend(b"".join(map(merkle.leaf_hash, order)))
        roots.add(tree.root())
    assert len(roots) == 2


def test_an_entry_too_long_for_its_length_is_refused() -> None:
    assert len(leaves.pack_entries([bytes(65_535)])) == 65_537
    with pytest.raises(EvidenceError, match="65536 bytes is too long"):
        leaves.pack_entries([bytes(65_536)])


@given(st.binary(max_size=60), st.integers(-1, 5))
def test_hostile_bundles_are_read_or_refused_and_nothing_else(data: bytes, count: int) -> None:
    try:
        found = list(leaves.read_entries(BytesIO(data), count))
    except EvidenceError:
        return
    assert leaves.pack_entries(found) == data


def test_memory_stays_bounded_however_long_the_columns_are() -> None:
    rendered = leaves.entries(columns(bytes(50_000)))
    next(rendered)
    frame = rendered.gi_frame
    assert frame is not None
    assert max(len(value) for value in frame.f_locals.values() if isinstance(value, list)) <= 4096


def test_the_form_of_an_intent_is_this_one_for_ever() -> None:
    assert leaves.intent_entry(PARTED) == (
        b'{"c":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","i":"core","k":"loan_file","v":1}'
    )


@given(st.lists(HASHES, max_size=9), WORDS, WORDS)
def test_intents_hashed_by_column_are_those_the_entries_imply(
    hashes: list[bytes], instance: str, category: str
) -> None:
    packed = leaves.intent_hashes(instance, category, b"".join(hashes))
    one_by_one = [
        merkle.leaf_hash(
            leaves.intent_entry(LeafEntry(commitment, instance, category, "m", "destroyed"))
        )
        for commitment in hashes
    ]
    assert packed == b"".join(one_by_one)


def test_an_intent_with_an_impossible_word_is_refused() -> None:
    with pytest.raises(EvidenceError, match="a word of a leaf entry"):
        leaves.intent_hashes('co"re', "loan_file", bytes(32))
