"""Notes and checkpoints are those of C2SP, and a single bit decides."""

import json
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import keys, merkle, note
from keepuntil.evidence.note import Checkpoint, Note, NoteKey

TEXT = "evidence.bank.example\n3\n+gY/pV9V05HAuH3LCMznK/UQi+pUiGASxg7tAXX3S8o=\n"
ORIGIN = "evidence.bank.example"
LOG = keys.generate(keys.KeyKind.ED25519)
WITNESS = keys.generate(keys.KeyKind.ED25519)
LOG_KEY = NoteKey(ORIGIN, note.ED25519, LOG.public)
WITNESS_KEY = NoteKey("witness.regulator.example/w1", note.COSIGNATURE, WITNESS.public)


def signed(text: str = TEXT) -> bytes:
    return Note(text, (note.sign(text, LOG_KEY.name, LOG),)).encode()


@pytest.fixture(scope="module")
def vectors(shared_dir: Path) -> dict[str, Any]:
    file = shared_dir / "vectors" / "extracted" / "signed_note.json"
    return json.loads(file.read_text(encoding="utf-8"))


def test_notes_of_others_are_verified(vectors: dict[str, Any]) -> None:
    assert len(vectors["notes"]) == 3
    for vector in vectors["notes"]:
        key = NoteKey.parse(vector["vkey"])
        data = vector["note"].encode()
        assert note.verify(Note.parse(data), [key]) == {key: None}
        assert Note.parse(data).encode() == data
        assert key.vkey == vector["vkey"]


def test_the_checkpoint_of_a_public_log_is_read(vectors: dict[str, Any]) -> None:
    vector = vectors["notes"][2]
    data = vector["note"].encode()
    found = note.verify_checkpoint(data, "go.sum database tree", [NoteKey.parse(vector["vkey"])])
    assert found.size == 31_700_353


def test_verifier_keys_of_others_are_read_or_refused(vectors: dict[str, Any]) -> None:
    for vkey in vectors["good_vkeys"]:
        assert NoteKey.parse(vkey).vkey == vkey
    for vkey in vectors["bad_vkeys"]:
        with pytest.raises(EvidenceError, match="verifier key"):
            NoteKey.parse(vkey)


def test_a_foreign_log_is_reproduced_byte_for_byte(
    vectors: dict[str, Any], shared_dir: Path
) -> None:
    log = vectors["tessera_log"]
    seed = b64decode(log["skey"].split("+", 4)[4])[1:]
    private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    key = keys.HeldKey(keys.verifying_key(private.public_key(), "it"), private)
    name = log["vkey"].split("+")[0]
    folder = shared_dir / "vectors" / "transparency-dev-tessera" / "testdata" / "log"
    tree = merkle.Tree()
    for size, entry in enumerate(log["entries"], 1):
        tree.append(merkle.leaf_hash(entry.encode()))
        text = Checkpoint(name, size, tree.root()).text
        mine = Note(text, (note.sign(text, name, key),)).encode()
        assert mine == (folder / f"checkpoint.{size}").read_bytes()


def test_each_flipped_bit_of_a_checkpoint_is_noticed() -> None:
    data = signed()
    note.verify_checkpoint(data, ORIGIN, [LOG_KEY])
    for at in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[at // 8] ^= 1 << at % 8
        with pytest.raises(EvidenceError):
            note.verify_checkpoint(bytes(flipped), ORIGIN, [LOG_KEY])


def test_each_cut_of_a_checkpoint_is_noticed() -> None:
    data = signed()
    for end in range(len(data)):
        with pytest.raises(EvidenceError):
            note.verify_checkpoint(data[:end], ORIGIN, [LOG_KEY])
    with pytest.raises(EvidenceError):
        note.verify_checkpoint(data + b"\n", ORIGIN, [LOG_KEY])


@given(st.binary(max_size=200) | st.text(alphabet="a+ \n\u2014AA=/", max_size=60).map(str.encode))
def test_hostile_notes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    try:
        found = Note.parse(data)
    except EvidenceError:
        return
    assert found.encode() == data


@given(st.text(max_size=80))
def test_hostile_checkpoints_and_keys_are_read_or_refused_and_nothing_else(text: str) -> None:
    for read in (Checkpoint.parse, NoteKey.parse):
        try:
            read(text)
        except EvidenceError:
            continue


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60))
def test_a_text_with_empty_lines_survives_the_way_through_its_bytes(line: str) -> None:
    text = f"{line}\n\n\u2014 {line}\n\n\n{line}\n\n"
    found = Note.parse(signed(text))
    assert found.text == text
    assert note.verify(found, [LOG_KEY]) == {LOG_KEY: None}


def test_signatures_of_strangers_are_passed_over_but_do_not_count() -> None:
    stranger = note.sign(TEXT, "stranger.example", WITNESS)
    both = Note(TEXT, (stranger, note.sign(TEXT, LOG_KEY.name, LOG)))
    assert note.verify(both, [LOG_KEY]) == {LOG_KEY: None}
    for trusted in ([WITNESS_KEY], []):
        with pytest.raises(EvidenceError, match=f"none of the {len(trusted)} trusted keys"):
            note.verify(both, trusted)


def test_a_false_signature_under_a_trusted_name_spoils_the_note() -> None:
    good = note.sign(TEXT, LOG_KEY.name, LOG)
    false = note.Signature(good.name, good.key_id, bytes(64))
    for several in ((good, false), (false, good)):
        with pytest.raises(EvidenceError, match="does not match"):
            note.verify(Note(TEXT, several), [LOG_KEY])
    short = note.Signature(good.name, good.key_id, b"short")
    with pytest.raises(EvidenceError, match="does not match"):
        note.verify(Note(TEXT, (short,)), [LOG_KEY])


def test_a_witness_vouches_for_the_time_too() -> None:
    seen = note.cosign(TEXT, WITNESS_KEY.name, WITNESS, 1_795_399_500)
    both = Note(TEXT, (note.sign(TEXT, LOG_KEY.name, LOG), seen))
    read = Note.parse(both.encode())
    assert note.verify(read, [LOG_KEY, WITNESS_KEY]) == {LOG_KEY: None, WITNESS_KEY: 1_795_399_500}
    later = seen.signature[:7] + bytes([seen.signature[7] ^ 1]) + seen.signature[8:]
    with pytest.raises(EvidenceError, match="does not match"):
        note.verify(Note(TEXT, (note.Signature(seen.name, seen.key_id, later),)), [WITNESS_KEY])
    with pytest.raises(EvidenceError, match="not a time and a signature"):
        note.verify(Note(TEXT, (note.Signature(seen.name, seen.key_id, b"1"),)), [WITNESS_KEY])


def test_a_cosignature_has_the_form_of_tlog_cosignature() -> None:
    seen = note.cosign(TEXT, WITNESS_KEY.name, WITNESS, 1_795_399_500)
    assert len(seen.signature) == 8 + 64
    assert int.from_bytes(seen.signature[:8], "big") == 1_795_399_500
    WITNESS.public.verify(seen.signature[8:], b"cosignature/v1\ntime 1795399500\n" + TEXT.encode())


def test_witnesses_alone_do_not_make_a_checkpoint() -> None:
    alone = Note(TEXT, (note.cosign(TEXT, WITNESS_KEY.name, WITNESS, 1),)).encode()
    with pytest.raises(EvidenceError, match="none of the 1 trusted keys"):
        note.verify_checkpoint(alone, ORIGIN, [LOG_KEY, WITNESS_KEY])


def test_a_checkpoint_of_another_log_is_refused() -> None:
    with pytest.raises(EvidenceError, match=r"belongs to another log than other\.example"):
        note.verify_checkpoint(signed(), "other.example", [LOG_KEY])


def test_cosignature_times_of_others_are_read(vectors: dict[str, Any]) -> None:
    data = b64decode(vectors["cosignature_timestamps"][0]["sig"])
    found = note.Signature("w", data[:4], data[4:])
    assert int.from_bytes(found.signature[:8], "big") == 1_727_964_367


def test_two_keys_that_cannot_be_told_apart_are_not_trusted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(note, "key_id", lambda *_: b"same")
    twins = [NoteKey("log.example", note.ED25519, key.public) for key in (LOG, WITNESS)]
    with pytest.raises(EvidenceError, match="same name and the same id"):
        note.verify(Note(TEXT, ()), twins)


def test_the_key_id_binds_name_algorithm_and_key() -> None:
    raw = LOG.public.raw
    assert LOG_KEY.key_id == sha256(b"evidence.bank.example\n\x01" + raw).digest()[:4]
    vkey = LOG_KEY.vkey
    with pytest.raises(EvidenceError, match="carries the id"):
        NoteKey.parse("other" + vkey)
    with pytest.raises(KeyFileError, match="an Ed25519 key is needed, and this one is P-256"):
        note.sign(TEXT, "a", keys.generate(keys.KeyKind.P256))


@pytest.mark.parametrize("data", [b"\x01" + bytes(31), b"\x02" + bytes(32), b"\x01", b""])
def test_a_key_of_another_length_or_algorithm_is_refused(data: bytes) -> None:
    identifier = sha256(b"log.example\n" + data).hexdigest()[:8]
    encoded = b64encode(data).decode() or "="
    with pytest.raises(EvidenceError, match=r"verifier key of log\.example"):
        NoteKey.parse(f"log.example+{identifier}+{encoded}")


def test_a_note_may_carry_as_many_signatures_as_are_read() -> None:
    line = "\u2014 n QUJDREU=\n".encode()
    assert len(Note.parse(b"a\n\n" + line * 100).signatures) == 100


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\nb", "x" * 256, "a\x01"])
def test_a_name_that_would_blur_a_line_is_refused(name: str) -> None:
    with pytest.raises(EvidenceError, match="name of a note's signer"):
        note.sign(TEXT, name, LOG)
    with pytest.raises(EvidenceError, match="name of a note's signer"):
        note.cosign(TEXT, name, WITNESS, 1)
    with pytest.raises(EvidenceError, match="name of a note's signer"):
        NoteKey(name, note.ED25519, LOG.public)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "whole lines"),
        ("\n", "not empty"),
        ("no end", "whole lines"),
        ("tab\t\n", "control character"),
        ("\ud800\n", "lone surrogate"),
    ],
)
def test_a_text_that_no_note_can_hold_is_not_signed(text: str, sentence: str) -> None:
    for make in (lambda: note.sign(text, "a", LOG), lambda: note.cosign(text, "a", LOG, 1)):
        with pytest.raises(EvidenceError, match=sentence):
            make()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"a\n", "no signature lines"),
        (b"a\n\n", "no signature lines"),
        (b"a\n\n\xe2\x80\x94 n QUJDREU=", "its end is cut off"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b"a\n\n- n QUJDREU=\n", "signature line 1"),
        (b"a\n\n\xe2\x80\x94 n QUJDREU=\nx\n", "signature line 2"),
        (b"a\n\n\xe2\x80\x94 n QUJDRA==\n", "signature 1 of the note is too short"),
        (b"a\n\n\xe2\x80\x94 n QUJDREV=\n", "signature 1 of the note is not base64"),
        (b"a\r\n\n\xe2\x80\x94 n QUJDREU=\n", "control character"),
        (b"a\n\n" + b"\xe2\x80\x94 n QUJDREU=\n" * 101, "101 signatures"),
        (b"a" * 1_000_001, "1000001 bytes"),
    ],
)
def test_a_misshapen_note_is_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(EvidenceError, match=sentence):
        Note.parse(data)


ROOT = "A" * 43 + "="


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"o\n1\n{ROOT}", "a checkpoint is lines"),
        ("o\n1\n", "a checkpoint is lines"),
        (f"\n1\n{ROOT}\n", "a checkpoint is lines"),
        (f"o\n01\n{ROOT}\n", "a checkpoint is lines"),
        (f"o\n-1\n{ROOT}\n", "a checkpoint is lines"),
        (f"o\n\u0661\n{ROOT}\n", "a checkpoint is lines"),
        (f"o\n1\n{ROOT}\n\nx\n", "a checkpoint is lines"),
        (f"o\n9999999999999999999\n{ROOT}\n", "a size that is not negative"),
        ("o\n1\nAAAA\n", "a root of 32 bytes"),
        (f"o\n1\n{ROOT[:-2]}B=\n", "root in the checkpoint is not base64"),
    ],
)
def test_a_misshapen_checkpoint_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(EvidenceError, match=sentence):
        Checkpoint.parse(text)


def test_a_checkpoint_survives_the_way_through_its_text() -> None:
    for extensions in ((), ("one", "two")):
        checkpoint = Checkpoint("o", 2**63 - 1, bytes(range(32)), extensions)
        assert Checkpoint.parse(checkpoint.text) == checkpoint
    with pytest.raises(EvidenceError, match="one line each"):
        Checkpoint("o", 1, bytes(32), ("",))
    with pytest.raises(EvidenceError, match="one line each"):
        Checkpoint("o\np", 1, bytes(32))
