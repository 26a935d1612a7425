"""A record is committed to without being shown, and shown without doubt."""

import json
import subprocess
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import commitments

KEY = bytes(range(32))
VALUES = st.recursive(
    st.none()
    | st.integers(-(2**63), 2**63)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("ab字", max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def one_line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def b64url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def openssl_keystream(block: int, length: int) -> bytes:
    command = ["openssl", "enc", "-aes-256-ctr", "-K", KEY.hex(), "-iv", f"{block:032x}"]
    return subprocess.run(command, input=bytes(length), capture_output=True, check=True).stdout


@pytest.mark.parametrize("index", [0, 1, 77, 10_000_000, 2**62])
def test_stock_openssl_reproduces_a_salt(index: int) -> None:
    assert commitments.record_salt(KEY, index) == openssl_keystream(2 * index, 16)
    assert commitments.parts_salt(KEY, index) == openssl_keystream(2 * index + 1, 16)


@given(st.integers(0, 2**40), st.integers(0, 40), st.data())
def test_a_salt_is_the_same_alone_and_in_a_range(
    start: int, count: int, data: st.DataObject
) -> None:
    cells = commitments.salt_cells(KEY, start, count)
    assert len(cells) == count * commitments.CELL_BYTES
    if count:
        at = data.draw(st.integers(0, count - 1))
        cell = cells[at * 32 : at * 32 + 32]
        assert cell == commitments.record_salt(KEY, start + at) + commitments.parts_salt(
            KEY, start + at
        )


def test_no_two_salts_of_a_run_are_alike() -> None:
    cells = commitments.salt_cells(KEY, 0, 10_000)
    salts = {cells[at : at + 16] for at in range(0, len(cells), 16)}
    assert len(salts) == 20_000
    assert commitments.salt_cells(bytes(32), 0, 1) != cells[:32]


@pytest.mark.parametrize(("start", "count"), [(-1, 1), (0, -1), (2**63, 1), (2**63 - 1, 1)])
def test_salts_of_items_that_cannot_exist_are_refused(start: int, count: int) -> None:
    with pytest.raises(EvidenceError, match="no salts for"):
        commitments.salt_cells(KEY, start, count)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(KeyFileError, match="32 bytes, not 16"):
        commitments.salt_cells(bytes(16), 0, 1)


def test_a_disclosure_and_its_digest_have_the_form_of_rfc_9901() -> None:
    # RFC 9901 section 4.2.1 and 4.2.3: the disclosure of "family_name", and its digest.
    published = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    digest = "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
    assert b64url(commitments.commit(published)) == digest
    salt = bytes(range(16))
    mine = commitments.record_disclosure(salt, '{"category":"c","instance":"i","key":["é",1]}')
    plain = f'["{b64url(salt)}","record",{{"category":"c","instance":"i","key":["é",1]}}]'
    assert mine == b64url(plain.encode())


def test_the_disclosures_of_the_foreign_receipt_are_opened(shared_dir: Path) -> None:
    receipt = json.loads(
        (shared_dir / "evidence-example" / "receipt-CUST-000005.json").read_bytes()
    )
    for record in receipt["records"]:
        encoded = json.loads(record["entry"])["c"]
        commitment = commitments.commit(record["disclosure"])
        assert b64url(commitment) == encoded
        opened = commitments.open_disclosure(record["disclosure"], commitment, "record")
        assert isinstance(opened, dict)
        assert opened["category"] == "mobile-app-log"


@given(st.lists(VALUES, max_size=12), st.integers(0, 2**50))
def test_many_are_committed_to_as_each_would_be(values: list[object], start: int) -> None:
    texts = [one_line(value) for value in values]
    cells = commitments.salt_cells(KEY, start, len(texts))
    for bulk, salt_of, disclosure_of, label in (
        (
            commitments.commit_records,
            commitments.record_salt,
            commitments.record_disclosure,
            "record",
        ),
        (commitments.commit_parts, commitments.parts_salt, commitments.parts_disclosure, "parts"),
    ):
        packed = bulk(cells, texts)
        assert len(packed) == 32 * len(texts)
        for at, value in enumerate(values):
            disclosure = disclosure_of(salt_of(KEY, start + at), texts[at])
            assert packed[at * 32 : at * 32 + 32] == commitments.commit(disclosure)
            opened = commitments.open_disclosure(disclosure, commitments.commit(disclosure), label)
            assert opened == value


def test_an_item_without_parts_commits_to_none() -> None:
    cells = commitments.salt_cells(KEY, 0, 3)
    packed = commitments.commit_parts(cells, ["", '{"a":[1]}', ""])
    alone = commitments.commit(
        commitments.parts_disclosure(commitments.parts_salt(KEY, 1), '{"a":[1]}')
    )
    assert packed == commitments.NOTHING + alone + commitments.NOTHING
    assert commitments.commit_parts(b"", []) == b"" == commitments.commit_records(b"", [])


def test_salts_of_other_items_are_noticed_by_their_number() -> None:
    cells = commitments.salt_cells(KEY, 0, 2)
    for bulk in (commitments.commit_records, commitments.commit_parts):
        for texts in ([], ["1"], ["1"] * 3):
            with pytest.raises(EvidenceError, match=f"not the salts of {len(texts)} items"):
                bulk(cells, texts)
    with pytest.raises(EvidenceError, match="not the salts of 1 items"):
        commitments.record_disclosure(bytes(15), "1")


@pytest.mark.parametrize(
    ("text", "sentence"), [('["a\nb"]', "line break"), ('"\ud800"', "lone surrogate")]
)
def test_a_record_that_is_not_one_line_is_refused(text: str, sentence: str) -> None:
    cells = commitments.salt_cells(KEY, 0, 2)
    with pytest.raises(EvidenceError, match=sentence):
        commitments.commit_records(cells, ["1", text])


DISCLOSURE = commitments.record_disclosure(
    commitments.record_salt(KEY, 5), '{"key":["Ada Lovelace"]}'
)
COMMITMENT = commitments.commit(DISCLOSURE)


def test_each_flipped_bit_of_a_disclosure_is_noticed() -> None:
    data = DISCLOSURE.encode()
    for at in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[at // 8] ^= 1 << at % 8
        with pytest.raises(EvidenceError):
            commitments.open_disclosure(flipped.decode("latin-1"), COMMITMENT, "record")


def test_a_disclosure_opens_its_own_commitment_under_its_own_label_only() -> None:
    assert commitments.open_disclosure(DISCLOSURE, COMMITMENT, "record") == {
        "key": ["Ada Lovelace"]
    }
    with pytest.raises(EvidenceError, match="does not belong to this entry"):
        commitments.open_disclosure(DISCLOSURE, bytes(32), "record")
    with pytest.raises(EvidenceError, match="not a list of salt, 'parts' and content"):
        commitments.open_disclosure(DISCLOSURE, COMMITMENT, "parts")


SALT = b64url(bytes(16))


@pytest.mark.parametrize(
    ("plain", "sentence"),
    [
        ("{}", "not a list of salt"),
        (f'["{SALT}","record"]', "not a list of salt"),
        (f'["{SALT}","record",1,2]', "not a list of salt"),
        ('["AAAA","record",1]', "has 3 bytes, not 16"),
        ('[1,"record",1]', "the salt in the disclosure of the record is not a text"),
        (f'["{SALT}=","record",1]', "the salt in the disclosure of the record is not"),
        (f'["{SALT}","record",{{"a":1,"a":2}}]', "names 'a' twice"),
        (f'["{SALT}","record",{"[" * 40}{"]" * 40}]', "deeper than 32 levels"),
        ("", "is not JSON"),
    ],
)
def test_a_misshapen_disclosure_is_refused_with_a_sentence(plain: str, sentence: str) -> None:
    text = b64url(plain.encode())
    with pytest.raises(EvidenceError, match=sentence):
        commitments.open_disclosure(text, commitments.commit(text), "record")


def test_an_endless_disclosure_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(commitments, "LARGEST_DISCLOSURE", 10)
    with pytest.raises(EvidenceError, match="at most 10 are read"):
        commitments.open_disclosure(DISCLOSURE, COMMITMENT, "record")


def test_a_refusal_shows_nothing_of_the_record() -> None:
    for commitment, label in ((bytes(32), "record"), (COMMITMENT, "parts")):
        with pytest.raises(EvidenceError) as refused:
            commitments.open_disclosure(DISCLOSURE, commitment, label)
        assert "Ada" not in str(refused.value)


@given(st.text(max_size=60))
def test_hostile_disclosures_are_refused_and_nothing_else(text: str) -> None:
    with pytest.raises(EvidenceError):
        commitments.open_disclosure(text, bytes(32), "record")


@given(st.binary(max_size=80))
def test_hostile_disclosures_that_were_committed_to_are_refused_too(data: bytes) -> None:
    text = b64url(data)
    with pytest.raises(EvidenceError):
        commitments.open_disclosure(text, commitments.commit(text), "record")
