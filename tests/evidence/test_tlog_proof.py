"""A proof is a file of c2sp.org/tlog-proof, and leads from the entry to a signed root."""

import json
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError
from keepuntil.evidence import keys, merkle, note, tiles
from keepuntil.evidence.keys import KeyKind
from keepuntil.evidence.merkle import LeafHashes
from keepuntil.evidence.note import Checkpoint, Note, NoteKey
from keepuntil.evidence.tlog_proof import TlogProof

ORIGIN = "evidence.bank.example"
LOG = keys.generate(KeyKind.ED25519)
KEY = NoteKey(ORIGIN, note.ED25519, LOG.public)
ENTRIES = [b"entry %d" % number for number in range(7)]
LEAVES = LeafHashes(b"".join(map(merkle.leaf_hash, ENTRIES)))
TEXT = Checkpoint(ORIGIN, len(ENTRIES), LEAVES.root()).text
CHECKPOINT = Note(TEXT, (note.sign(TEXT, ORIGIN, LOG),)).encode()
PROOF = TlogProof(5, tuple(LEAVES.inclusion_proof(5)), CHECKPOINT, b'["salt","record"]')


def test_the_proof_of_the_worked_example_holds_and_is_written_again_to_the_byte(
    shared_dir: Path,
) -> None:
    example = shared_dir / "evidence-example"
    data = (example / "certificate.tlog-proof").read_bytes()
    log, _run, _witness = (example / "trust" / "vkeys.txt").read_text().split()
    bundle = tiles.Bundle(0, 3)
    logged = tiles.parse_bundle((example / "log" / bundle.path).read_bytes(), bundle)
    proof = TlogProof.parse(data)
    assert proof.encode() == data
    trusted = NoteKey.parse(log)
    assert proof.verify(logged[2], trusted.name, [trusted]).size == 3
    for other in logged[:2]:
        with pytest.raises(EvidenceError, match="leads to another root"):
            proof.verify(other, trusted.name, [trusted])


def test_the_foreign_cases_of_error_are_refused_each_for_its_reason(shared_dir: Path) -> None:
    file = shared_dir / "vectors" / "extracted" / "tlog_proof.json"
    reasons = {}
    for case in json.loads(file.read_bytes())["bad"]:
        with pytest.raises(EvidenceError) as error:
            TlogProof.parse(case["proof"].encode())
        reasons[case["name"]] = error.value.sentence
    index = "the proof lacks the line 'index' with a whole number in its shortest form"
    assert reasons == {
        "extra not base64": "the extra data of the proof is not base64",
        "missing index": index,
        "nan": index,
        "negative": index,
        "hash not base64": "hash 1 of the proof is not base64",
    }


@given(st.integers(0, 6), st.none() | st.binary(max_size=100))
def test_each_entry_is_proven_and_no_other(index: int, extra: bytes | None) -> None:
    proof = TlogProof(index, tuple(LEAVES.inclusion_proof(index)), CHECKPOINT, extra)
    read = TlogProof.parse(proof.encode())
    assert read == proof
    assert read.verify(ENTRIES[index], ORIGIN, [KEY]).text == TEXT
    for other in ENTRIES[:index] + ENTRIES[index + 1 :]:
        with pytest.raises(EvidenceError):
            read.verify(other, ORIGIN, [KEY])


def test_a_checkpoint_of_nobody_or_of_another_log_proves_nothing() -> None:
    stranger = NoteKey(ORIGIN, note.ED25519, keys.generate(KeyKind.ED25519).public)
    with pytest.raises(EvidenceError, match="none of the 1 trusted keys"):
        PROOF.verify(ENTRIES[5], ORIGIN, [stranger])
    with pytest.raises(EvidenceError, match="belongs to another log"):
        PROOF.verify(ENTRIES[5], "log.other.example", [KEY])
    with pytest.raises(EvidenceError, match="note has no signature lines"):
        replace(PROOF, checkpoint=b"checkpoint\n").verify(ENTRIES[5], ORIGIN, [KEY])


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"c2sp.org/tlog-proof@v1", b"c2sp.org/tlog-proof@v2", "does not begin with"),
        (b"index 5", b"index 05", "shortest form"),
        (b"index 5", b"index +5", "shortest form"),
        (b"index 5", b"index  5", "shortest form"),
        (b"index 5", "index \u0665".encode(), "ASCII"),
        (b"index 5\n", b"index 5\r\n", "shortest form"),
        (b"index 5\n", b"", "shortest form"),
        (b"index 5\n", b"index 5\nAAAA\n", "hash 1 of the proof is not of 32 bytes"),
        (b"extra ", b"Extra ", "shortest form"),
        (b"extra ", b"extra  ", "extra data of the proof is not base64"),
        (b"index 5\n", b"index 5\n" + (b64encode(bytes(32)) + b"\n") * 64, "67 hashes"),
    ],
)
def test_another_spelling_is_refused(old: bytes, new: bytes, reason: str) -> None:
    with pytest.raises(EvidenceError, match=reason):
        TlogProof.parse(PROOF.encode().replace(old, new, 1))


def test_a_large_proof_is_not_read() -> None:
    with pytest.raises(EvidenceError, match="more than the 3000000"):
        TlogProof.parse(PROOF.encode() + bytes(3_000_000))


@given(st.binary(max_size=400))
def test_hostile_bytes_are_refused(data: bytes) -> None:
    for hostile in (data, b"c2sp.org/tlog-proof@v1\n" + data):
        with pytest.raises(EvidenceError):
            TlogProof.parse(hostile).verify(ENTRIES[5], ORIGIN, [KEY])


@given(st.integers(0, len(PROOF.encode()) * 8 - 1))
def test_a_flipped_bit_is_refused_or_stands_in_what_nobody_vouches_for(bit: int) -> None:
    data = PROOF.encode()
    flipped = (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")
    try:
        read = TlogProof.parse(flipped)
        read.verify(ENTRIES[5], ORIGIN, [KEY])
    except EvidenceError:
        return
    assert replace(read, extra=PROOF.extra) == PROOF
