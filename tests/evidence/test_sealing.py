"""What is sealed opens for its key in its place, whole, or not at all."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import sealing
from keepuntil.evidence.sealing import SealingKey

KEY = SealingKey.fresh()
SEALED = KEY.seal(b"three items", b"plan 7, chunk 0")


@given(st.binary(max_size=300), st.binary(max_size=30))
def test_what_was_sealed_comes_back(content: bytes, place: bytes) -> None:
    sealed = KEY.seal(content, place)
    assert len(sealed) == len(content) + sealing.OVERHEAD_BYTES
    assert KEY.open(sealed, place) == content


def test_each_flipped_bit_is_noticed() -> None:
    for at in range(len(SEALED) * 8):
        flipped = bytearray(SEALED)
        flipped[at // 8] ^= 1 << at % 8
        with pytest.raises(EvidenceError, match="altered, moved, or sealed with another key"):
            KEY.open(bytes(flipped), b"plan 7, chunk 0")


def test_each_cut_is_noticed() -> None:
    for end in range(len(SEALED)):
        with pytest.raises(EvidenceError, match=r"altered|too few"):
            KEY.open(SEALED[:end], b"plan 7, chunk 0")


def test_a_chunk_does_not_open_in_another_place_or_under_another_key() -> None:
    with pytest.raises(EvidenceError, match="moved"):
        KEY.open(SEALED, b"plan 7, chunk 1")
    with pytest.raises(EvidenceError, match="another key"):
        SealingKey.fresh().open(SEALED, b"plan 7, chunk 0")


def test_the_same_content_is_never_sealed_alike() -> None:
    assert len({KEY.seal(b"same", b"") for _ in range(50)}) == 50


@given(st.binary(max_size=100), st.binary(max_size=10))
def test_hostile_bytes_are_refused_and_nothing_else(sealed: bytes, place: bytes) -> None:
    with pytest.raises(EvidenceError):
        KEY.open(sealed, place)


def test_a_wrapped_key_unwraps_for_its_purpose_only() -> None:
    data_key = SealingKey.fresh()
    wrapped = KEY.wrap(data_key, "items of plan 7")
    assert KEY.unwrap(wrapped, "items of plan 7") == data_key
    with pytest.raises(EvidenceError, match="moved"):
        KEY.unwrap(wrapped, "items of plan 8")
    with pytest.raises(EvidenceError, match="another key"):
        data_key.unwrap(wrapped, "items of plan 7")


def test_a_sealed_chunk_is_not_a_wrapped_key() -> None:
    with pytest.raises(EvidenceError, match="moved"):
        KEY.unwrap(KEY.seal(bytes(32), b"items of plan 7"), "items of plan 7")
    with pytest.raises(EvidenceError, match="has 31 bytes"):
        KEY.unwrap(KEY.seal(bytes(31), b"wrapped-key/v1\x00p"), "p")


def test_too_much_to_seal_at_once_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_LARGEST", 10)
    assert KEY.open(KEY.seal(bytes(10), b""), b"") == bytes(10)
    with pytest.raises(EvidenceError, match="at most 10 bytes"):
        KEY.seal(bytes(11), b"")
    with pytest.raises(EvidenceError, match="too few or too many"):
        KEY.open(bytes(11 + sealing.OVERHEAD_BYTES), b"")


def test_a_key_never_shows_itself() -> None:
    assert repr(SealingKey(b"s" * 32)) == "SealingKey()"
    with pytest.raises(KeyFileError, match="32 bytes, not 16"):
        SealingKey(bytes(16))


def test_a_secret_survives_the_way_through_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "installation.key"
    made = sealing.create_secret_file(path)
    assert sealing.load_secret(f"file:{path}") == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    monkeypatch.setenv("SECRET", path.read_text().strip())
    assert sealing.load_secret("env:SECRET") == made
    with pytest.raises(KeyFileError, match="never overwritten"):
        sealing.create_secret_file(path)


@pytest.mark.parametrize("content", ["", "AAAA\n", "\xff", "A" * 43, "A" * 43 + "=\n\n", "A" * 44])
def test_a_file_without_a_secret_is_refused_without_showing_it(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "installation.key"
    path.touch(mode=0o600)
    path.write_text(content, encoding="latin-1")
    with pytest.raises(KeyFileError, match=r"does not hold a secret of 32 bytes in base64$"):
        sealing.load_secret(f"file:{path}")
