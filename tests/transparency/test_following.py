"""A log that lies is found out by who holds one older checkpoint, and told why."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError
from keepuntil.evidence import entries, envelope, keys, merkle, note, statement
from keepuntil.evidence.keys import KeyKind
from keepuntil.evidence.merkle import EMPTY_ROOT
from keepuntil.evidence.note import Checkpoint, NoteKey
from keepuntil.evidence.statement import Subject
from keepuntil.evidence.tiles import (
    GrowingTiles,
    StoredTree,
    Tile,
    encode_bundle,
    tiles_between,
)
from keepuntil.transparency import laying
from keepuntil.transparency.following import compare, follow, signed_by
from keepuntil.transparency.listing import listed
from keepuntil.transparency.storage import statement_path
from log_world import (
    AUTHOR,
    JUDGE,
    LOG,
    ORIGIN,
    SOME,
    InMemory,
    Stated,
    grow,
    signed,
    source,
    stated,
)

SIZES = (1, 5, 255, 256, 300)
Told = tuple[InMemory, list[bytes]]


@pytest.fixture(scope="module")
def told() -> Told:
    """A log as it was told to somebody at each of its sizes."""
    storage = InMemory()
    return storage, grow(storage, SOME, *SIZES)


def test_a_true_log_holds_from_each_of_its_checkpoints(told: Told) -> None:
    storage, checkpoints = told
    for older, size in zip(checkpoints, SIZES, strict=True):
        followed = follow(storage, JUDGE, older)
        assert followed.checkpoint.size == 300
        assert followed.signers == {AUTHOR.public.keyid: 300}
        assert f"the first {size} entries are those of the checkpoint you hold" in followed.checks
        assert compare(storage, JUDGE, older).checkpoint.size == 300
    assert len(follow(storage, JUDGE).checks) == 4


def test_a_log_whose_tail_was_cut_is_found_out(told: Told) -> None:
    # Signed by the log itself and whole in every hash: only the past speaks against it.
    cut = InMemory()
    grow(cut, SOME, 256)
    for check in (follow, compare):
        with pytest.raises(EvidenceError, match=r"the log was cut: 256 .* counts 300"):
            check(cut, JUDGE, told[1][-1])
        check(cut, JUDGE, told[1][2])
    follow(cut, JUDGE)


@pytest.mark.parametrize("changed", [0, 4, 255, 299])
def test_an_entry_changed_with_every_hash_made_anew_is_found_out(told: Told, changed: int) -> None:
    rewritten = list(SOME)
    rewritten[changed] = stated("another past")
    storage = InMemory()
    grow(storage, rewritten, 300)
    follow(storage, JUDGE)  # without an older checkpoint there is nothing to see
    for older, size in zip(told[1], SIZES, strict=True):
        if size <= changed:
            follow(storage, JUDGE, older)
            continue
        words = "the log was forked" if size == 300 else "the past was rewritten"
        with pytest.raises(EvidenceError, match=words):
            follow(storage, JUDGE, older)
        with pytest.raises(EvidenceError, match=r"forked|the past was rewritten"):
            compare(storage, JUDGE, older)


@settings(max_examples=15)
@given(st.integers(1, 40), st.integers(0, 39), st.integers(1, 12))
def test_two_stories_told_to_two_people_are_found_out(fork: int, seen: int, more: int) -> None:
    """Both stories share their first entries; who saw one holds it against the other."""
    mine, yours = InMemory(), InMemory()
    common = min(seen, fork)
    checkpoints = grow(mine, SOME, fork + 1)
    other = [*SOME[:common], *(stated(f"story {number}") for number in range(fork + more))]
    grow(yours, other, fork + more)
    with pytest.raises(EvidenceError, match=r"forked|rewritten|cut"):
        follow(yours, JUDGE, checkpoints[0])
    with pytest.raises(EvidenceError, match=r"forked|rewritten|cut"):
        compare(yours, JUDGE, checkpoints[0])


def test_an_entry_exchanged_in_place_is_named(told: Told) -> None:
    held = told[0].objects
    entry = SOME[257].entry
    other = entry.replace(b"0.0.2", b"0.0.3")
    lied = told[0].but(**{path: content.replace(entry, other) for path, content in held.items()})
    with pytest.raises(EvidenceError, match=r"an entry was changed: .* Entry 257 is the first"):
        follow(lied, JUDGE)
    # With its leaf changed as well, the tile agrees and the root does not.
    leaf, lie = merkle.leaf_hash(entry), merkle.leaf_hash(other)
    lied.write("tile/0/001.p/44", held["tile/0/001.p/44"].replace(leaf, lie))
    with pytest.raises(EvidenceError, match=r"do not lead to the root that was signed for 300"):
        follow(lied, JUDGE)
    with pytest.raises(EvidenceError, match=r"the tiles at .* do not lead to the root"):
        compare(lied, JUDGE, told[1][0])


STATEMENT = "a statement"


def path_of(name: str) -> str:
    return statement_path(entries.parse(SOME[1].entry).digest) if name == STATEMENT else name


@pytest.mark.parametrize(
    "name",
    [
        "checkpoint",
        "tile/entries/000",
        "tile/entries/001.p/44",
        STATEMENT,
        *(tile.path for tile in tiles_between(0, 300)),
    ],
)
def test_what_is_missing_or_damaged_is_named(told: Told, name: str) -> None:
    storage, checkpoints = told
    path = path_of(name)
    with pytest.raises(EvidenceError) as error:
        follow(storage.but(**{path: None}), JUDGE)
    assert path in error.value.sentence
    content = storage.objects[path]
    # The line break after a statement says nothing; all else does.
    for changed in (content[:-2], content + b"\0", bytes([content[0] ^ 1]) + content[1:], b""):
        with pytest.raises(EvidenceError):
            follow(storage.but(**{path: changed}), JUDGE, checkpoints[1])


def test_a_statement_of_somebody_else_is_not_taken_for_it(told: Told) -> None:
    path = statement_path(entries.parse(SOME[7].entry).digest)
    for line, reason in (
        (SOME[8].envelope, "another statement"),
        (stated("event 7").envelope, "under another signature"),
        (b"{}", "lacks the member"),
        (b" " * (5 << 20), "larger than a statement can be"),
    ):
        with pytest.raises(EvidenceError, match=f"entry 7 of the log: .*{reason}"):
            follow(told[0].but(**{path: line}), JUDGE)


def test_an_entry_that_is_none_is_found_though_the_log_signed_it(told: Told) -> None:
    odd = [SOME[0], replace(SOME[1], entry=SOME[1].entry + b" ")]
    tiles = GrowingTiles()
    root = laying.root_at(tiles, 2, source(odd))
    written = {tile.path: hashes for tile, hashes in unfinished_of(odd)}
    written["tile/entries/000.p/2"] = encode_bundle(one.entry for one in odd)
    written["checkpoint"] = signed(Checkpoint(ORIGIN, 2, root))
    with pytest.raises(EvidenceError, match=r"entry 1 of the log: .*canonical form"):
        follow(told[0].but(**written), JUDGE)


def unfinished_of(accepted: list[Stated]) -> list[tuple[Tile, bytes]]:
    tiles = GrowingTiles()
    tiles.extend(b"".join(merkle.leaf_hash(one.entry) for one in accepted))
    return tiles.unfinished()


def test_entries_that_were_changed_since_they_were_signed_for_are_not_laid_out() -> None:
    storage = InMemory()
    root = laying.root_at(GrowingTiles(), 3, source(SOME))
    with pytest.raises(EvidenceError, match="do not lead to the root that was signed for 3"):
        laying.lay(storage, GrowingTiles(), Checkpoint(ORIGIN, 3, root), source(SOME[1:]))
    assert storage.objects == {}


def test_partial_objects_may_be_dropped_once_the_full_ones_are_there() -> None:
    storage = InMemory()
    older = grow(storage, SOME, 100, 256)[0]
    dropped = {path: None for path in storage.objects if "/000.p/100" in path}
    assert len(dropped) == 2
    assert follow(storage.but(**dropped, checkpoint=older), JUDGE).checkpoint.size == 100


def test_a_checkpoint_of_nobody_or_of_another_log_is_not_believed(told: Told) -> None:
    storage = told[0]
    stranger = keys.generate(KeyKind.ED25519)
    claim = laying.claim_of(told[1][-1])
    of_strangers = signed(claim, stranger)
    with pytest.raises(EvidenceError, match="of the checkpoint you hold: none of the 1 trusted"):
        follow(storage, JUDGE, of_strangers)
    with pytest.raises(EvidenceError, match="of the checkpoint you hold: the note has no"):
        follow(storage, JUDGE, b"hello")
    elsewhere = replace(claim, origin="log.other.example")
    both = [NoteKey(ORIGIN, note.ED25519, LOG.public)]
    with pytest.raises(EvidenceError, match="of the checkpoint you hold"):
        follow(storage, signed_by(ORIGIN, both), signed(elsewhere, LOG))
    with pytest.raises(EvidenceError, match="none of the 1 trusted keys"):
        follow(storage.but(checkpoint=of_strangers), JUDGE)
    with pytest.raises(EvidenceError, match="there is no checkpoint"):
        follow(InMemory(), JUDGE)


def test_a_checkpoint_of_an_empty_log_says_nothing_of_the_past(told: Told) -> None:
    empty = signed(Checkpoint(ORIGIN, 0, EMPTY_ROOT))
    for check in (follow, compare):
        checks = check(told[0], JUDGE, empty).checks
        assert "says nothing of the past" in checks[1]


@given(st.binary(max_size=300), st.integers(0, 3))
def test_hostile_objects_are_refused_with_a_sentence(content: bytes, which: int) -> None:
    storage = InMemory()
    older, _ = grow(storage, SOME, 2, 3)
    path = path_of(("checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3", STATEMENT)[which])
    true = storage.objects[path]
    for hostile in (content, true + content, true[:-1] + content):
        # Blanks around a statement say nothing.
        if hostile != true and not (which == 3 and hostile.strip() == true.strip()):
            with pytest.raises(EvidenceError):
                follow(storage.but(**{path: hostile}), JUDGE, older)
    with pytest.raises(EvidenceError):
        follow(storage, JUDGE, content)


def test_proofs_for_a_witness_come_from_the_tiles_shown(told: Told) -> None:
    old, new = laying.claim_of(told[1][1]), laying.claim_of(told[1][4])
    proof = StoredTree(new.size, told[0].read).consistency_proof(old.size)
    merkle.verify_consistency(
        old_size=old.size, size=new.size, old_root=old.root, root=new.root, proof=proof
    )


def test_a_list_of_entries_names_them_and_prints_no_stranger_s_words() -> None:
    storage = InMemory()
    harmless = statement.make([Subject("plan-1", "0" * 64)], "https://bank.example/Plan/v1", {})
    hostile = statement.make([Subject("\x1b[2J", "0" * 64)], "a:[red]b", {})
    accepted = []
    for said in (harmless, hostile):
        made = envelope.sign(said.encoded, AUTHOR)
        accepted.append(Stated(made.encode(), entries.entry(made, AUTHOR.public)))
    grow(storage, accepted, 2)
    size, found = listed(storage, 5)
    first, second = found
    assert (size, first.number, second.number) == (2, 0, 1)
    assert (first.predicate_type, first.subjects) == ("https://bank.example/Plan/v1", ("plan-1",))
    unsaid = "(not printed here)"
    assert (second.predicate_type, second.subjects) == (unsaid, (unsaid,))
    assert [one.number for one in listed(storage, 1)[1]] == [1]
    with pytest.raises(EvidenceError, match="there is no checkpoint"):
        listed(InMemory(), 1)
    for path in ("tile/entries/000.p/2", statement_path(entries.parse(accepted[1].entry).digest)):
        with pytest.raises(EvidenceError, match=r"lacks its entries|is missing"):
            list(listed(storage.but(**{path: None}), 1)[1])
