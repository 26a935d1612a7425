"""Base64 has one spelling here."""

from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError
from keepuntil.evidence import base64_text


@given(st.binary(max_size=200))
def test_it_writes_what_the_standard_library_writes_and_reads_it_back(data: bytes) -> None:
    assert base64_text.encode(data) == b64encode(data).decode()
    assert base64_text.url_encode(data) == urlsafe_b64encode(data).decode().rstrip("=")
    assert base64_text.decode(base64_text.encode(data), "it") == data
    assert base64_text.url_decode(base64_text.url_encode(data), "it") == data


@pytest.mark.parametrize(
    "text", ["QQ", "QQ=", "QR==", "QQ==\n", " QQ==", "Q Q==", "QQ==QQ==", "é", "-_8="]
)
def test_another_spelling_of_the_same_bytes_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError, match="the root"):
        base64_text.decode(text, "the root")


@pytest.mark.parametrize("text", ["QQ==", "QR", "Q", "QQ\n", "+/8", "\ud800", "Q=Q"])
def test_another_url_safe_spelling_of_the_same_bytes_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError, match="the salt"):
        base64_text.url_decode(text, "the salt")


@given(st.text(max_size=40))
def test_whatever_is_accepted_is_the_one_spelling(text: str) -> None:
    for decode, encode in (
        (base64_text.decode, base64_text.encode),
        (base64_text.url_decode, base64_text.url_encode),
    ):
        try:
            data = decode(text, "it")
        except EvidenceError:
            continue
        assert encode(data) == text


@given(
    st.integers(1, 40), st.integers(0, 30), st.integers(0, 20), st.randoms(use_true_random=False)
)
def test_a_column_is_encoded_as_its_values_one_by_one(width, surplus, count, random) -> None:
    cells = [random.randbytes(width + surplus) for _ in range(count)]
    column = base64_text.url_encode_column(b"".join(cells), width, width + surplus)
    assert column == [base64_text.url_encode(cell[:width]).encode() for cell in cells]
